// Package secure puts TLS on a decoy's connection with the decky's own certificate and records what the client reveals in its
// hello: a scanner's or a bot's TLS library is often easier to recognise than what it says afterwards.
package secure

import (
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
)

const handshakeTime = 30 * time.Second

// Handshake answers a client that begins TLS on conn, which carries s, with the decky's certificate for the common name ("" is its hostname).
// protos are the application protocols offered, none for no ALPN. It records one `tls` event, also of a handshake that fails. The returned
// connection is not to be closed: s is.
func Handshake(ctx context.Context, s *decoy.Session, conn net.Conn, commonName string, protos ...string) (*tls.Conn, error) {
	cert, err := s.Host().TLSCertificate(commonName)
	if err != nil {
		return nil, fmt.Errorf("taking the decky's certificate: %w", err)
	}
	return HandshakeAs(ctx, s, conn, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: protos, MinVersion: tls.VersionTLS12})
}

// curves are those of the libraries that the pretended products are built on: the hybrids with ML-KEM, which crypto/tls prefers, are newer than they are.
var curves = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// HandshakeAs is [Handshake] with the certificate, the protocols and the versions of a product's own, and what its config.GetConfigForClient chooses for each client. The
// config is the handshake's from here on. Who a client's certificate is for is recorded too.
func HandshakeAs(ctx context.Context, s *decoy.Session, conn net.Conn, config *tls.Config) (*tls.Conn, error) {
	hello := Hello{Transport: 't'}
	if config.CurvePreferences == nil {
		config.CurvePreferences = curves
	}
	choose := config.GetConfigForClient
	config.GetConfigForClient = func(said *tls.ClientHelloInfo) (*tls.Config, error) {
		hello.Take(said) // which only looks
		if choose == nil {
			return nil, nil
		}
		return choose(said)
	}
	server := tls.Server(conn, config)
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	err := server.HandshakeContext(ctx)
	hello.Record(s, server.ConnectionState(), err)
	if err != nil {
		return nil, fmt.Errorf("shaking hands: %w", err)
	}
	return server, nil
}

// Hello is what a client says first.
type Hello struct {
	Transport byte // as in a JA4: t for TCP, q for QUIC
	mu        sync.Mutex
	said      tls.ClientHelloInfo
}

// Take is a GetConfigForClient that only looks.
func (h *Hello) Take(said *tls.ClientHelloInfo) (*tls.Config, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = *said
	return nil, nil
}

// Record records the `tls` event of a handshake that led to the state, or failed.
func (h *Hello) Record(s *decoy.Session, state tls.ConnectionState, failure error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fields := []event.Field{
		event.String("sni", h.said.ServerName),
		event.String("alpn", strings.Join(h.said.SupportedProtos, ",")),
		event.String("client_versions", versions(h.said.SupportedVersions)),
		event.String("client_ciphers", ciphers(h.said.CipherSuites)),
	}
	if h.said.CipherSuites != nil {
		fields = append(fields, event.String("ja3", fingerprint(&h.said)), event.String("ja4", ja4(&h.said, h.Transport)))
	}
	if failure != nil {
		s.Event("tls", append(fields, event.String("failure", failure.Error()))...)
		return
	}
	if len(state.PeerCertificates) > 0 {
		fields = append(fields, event.String("client_certificate", state.PeerCertificates[0].Subject.String()))
	}
	s.Event("tls", append(fields,
		event.String("tls_version", tls.VersionName(state.Version)),
		event.String("cipher", tls.CipherSuiteName(state.CipherSuite)))...)
}

func versions(of []uint16) string {
	names := make([]string, len(of))
	for i, v := range of {
		names[i] = tls.VersionName(v)
	}
	return strings.Join(names, ",")
}

// fingerprint is the client's JA3: the MD5 of the numbers of what its hello offers.
func fingerprint(h *tls.ClientHelloInfo) string {
	// Since TLS 1.3 the hello's own version stays that of 1.2; before, it is the highest that the client knows.
	version := min(slices.Max(append(slices.Clone(h.SupportedVersions), 0)), tls.VersionTLS12)
	sum := md5.Sum([]byte(strings.Join([]string{
		strconv.Itoa(int(version)), numbers(h.CipherSuites), numbers(h.Extensions), numbers(h.SupportedCurves), numbers(h.SupportedPoints),
	}, ",")))
	return hex.EncodeToString(sum[:])
}

// numbers writes a list as JA3 does: in the client's order, without GREASE, which some clients draw anew each time.
func numbers[T ~uint8 | ~uint16](of []T) string {
	var all []string
	for _, n := range of {
		if v := uint16(n); !isGREASE(v) {
			all = append(all, strconv.Itoa(int(v)))
		}
	}
	return strings.Join(all, "-")
}

// ciphers are written as numbers in the client's order, as fingerprints take them.
func ciphers(of []uint16) string {
	numbers := make([]string, len(of))
	for i, c := range of {
		numbers[i] = fmt.Sprintf("%04x", c)
	}
	return strings.Join(numbers, ",")
}
