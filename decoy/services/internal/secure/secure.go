// Package secure puts TLS on a decoy's connection with the decky's own certificate and records what the client reveals in its
// hello: a scanner's or a bot's TLS library is often easier to recognise than what it says afterwards.
package secure

import (
	"bufio"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
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
	"decnet/decoy/internal/tlswire"
)

const handshakeTime = 30 * time.Second

// Handshake answers a client that begins TLS on conn, which carries s, as the product would, with the decky's certificate for the common name ("" is its hostname).
// protos are the application protocols offered, none for no ALPN. It records one `tls` event, also of a handshake that fails. The returned
// connection is not to be closed: s is.
func Handshake(ctx context.Context, s *decoy.Session, conn net.Conn, product tlswire.Profile, commonName string, protos ...string) (*tlswire.Conn, error) {
	cert, err := Certificate(s.Host(), commonName)
	if err != nil {
		return nil, fmt.Errorf("taking the decky's certificate: %w", err)
	}
	return HandshakeAs(ctx, s, conn, Config(s.Host(), product, cert, protos...))
}

// Certificate is what is made for a host or by a product when it is installed: self-signed, and on an RSA key, as nearly all of those are. The common name "" is the host's, which
// its products share as Debian's do.
func Certificate(h *decoy.Host, commonName string) (tls.Certificate, error) {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: cmp.Or(commonName, h.Hostname)}, NotBefore: h.Installed(), NotAfter: h.Installed().AddDate(10, 0, 0), BasicConstraintsValid: true,
	}
	if !strings.Contains(commonName, "_") { // a host's
		template.DNSNames = []string{template.Subject.CommonName}
	}
	return h.RSACertificate(cmp.Or(commonName, "snakeoil"), template)
}

// Config is that of the product on the host, with the certificate.
func Config(h *decoy.Host, product tlswire.Profile, cert tls.Certificate, protos ...string) *tlswire.Config {
	profile := &product
	if h.OS == "linux" {
		profile = product.On(h.Distro)
	}
	c := &tlswire.Config{Profile: profile, Certificate: cert, Names: []string{h.Hostname}, NextProtos: protos}
	if cert.Leaf != nil {
		c.Names = append(append(c.Names, cert.Leaf.Subject.CommonName), cert.Leaf.DNSNames...)
	}
	if profile.Tickets || profile.Resumes || profile.Tickets13 > 0 {
		c.Sessions = decoy.Once(h, "tls-sessions/"+profile.Name, tlswire.NewSessions)
	}
	return c
}

// HandshakeAs is [Handshake] with what a product has of its own. The config is the handshake's from here on. Who a client's certificate is for is recorded too.
func HandshakeAs(ctx context.Context, s *decoy.Session, conn net.Conn, config *tlswire.Config) (*tlswire.Conn, error) {
	hello := Hello{Transport: 't'}
	config.Told = func(said *tls.ClientHelloInfo) { _, _ = hello.Take(said) }
	server := tlswire.Server(conn, config)
	if err := shake(ctx, s, &hello, server); err != nil {
		return nil, err
	}
	return server, nil
}

// Early records what a client has sent in the clear behind what begins TLS, so that it would count as protected, and tells whether it has.
func Early(s *decoy.Session, in *bufio.Reader) bool {
	n := in.Buffered()
	if n == 0 {
		return false
	}
	early, _ := in.Peek(n)
	s.Event("protocol_error", event.String("reason", "data before TLS"), event.Bytes("data", early))
	return true
}

// HandshakeGo is for the products that are written in Go: their TLS is crypto/tls itself.
func HandshakeGo(ctx context.Context, s *decoy.Session, conn net.Conn, config *tls.Config) (*tls.Conn, error) {
	hello := Hello{Transport: 't'}
	if config.CurvePreferences == nil {
		config.CurvePreferences = curves
	}
	config.GetConfigForClient = hello.Take
	server := tls.Server(conn, config)
	if err := shake(ctx, s, &hello, server); err != nil {
		return nil, err
	}
	return server, nil
}

// curves are those of the releases of Go that the products are built with: the hybrids with ML-KEM are newer.
var curves = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// shake shakes hands in the time that there is for it, and records it.
func shake(ctx context.Context, s *decoy.Session, hello *Hello, server interface {
	HandshakeContext(ctx context.Context) error
	ConnectionState() tls.ConnectionState
}) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	err := server.HandshakeContext(ctx)
	hello.Record(s, server.ConnectionState(), err)
	hello.said = tls.ClientHelloInfo{} // a connection is not to hold it
	if err != nil {
		return fmt.Errorf("shaking hands: %w", err)
	}
	return nil
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
		fields = append(fields, event.String("failure", failure.Error()))
	}
	if len(state.PeerCertificates) > 0 {
		fields = append(fields, event.String("client_certificate", state.PeerCertificates[0].Subject.String()))
	}
	if failure != nil {
		s.Event("tls", fields...)
		return
	}
	s.Event("tls", append(fields,
		event.String("tls_version", tls.VersionName(state.Version)),
		event.String("cipher", tlswire.SuiteName(state.CipherSuite)))...)
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
