package http

import (
	"crypto/ecdsa"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/windows"
)

// suites are OpenSSL's for TLS up to 1.2, as far as crypto/tls has them, in OpenSSL's order: those for a key of either kind.
var suites = map[bool][]uint16{
	true: { // on elliptic curves
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	},
	false: {
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	},
}

// TLS is how the server shakes hands: with the versions of its system, and with what its product takes of what a client offers.
func (v *Server) TLS(cert tls.Certificate) *tls.Config {
	p := v.product
	c := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: v.Protocols(), MinVersion: tls.VersionTLS12}
	switch {
	case v.host.Distro == "centos7" && v.host.OS == "linux": // OpenSSL 1.0.2
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS12
	case p.family == iis && windows.MachineOf(v.host).Build < firstWith13:
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS12
	}
	if p.family == tomcat && !v.http2 {
		c.NextProtos = nil // it knows of none
	}
	if !p.family.held() && p.family != tomcat {
		return c
	}
	_, curves := cert.PrivateKey.(*ecdsa.PrivateKey)
	list := suites[curves]
	if p.family == lighttpd && p.patch() >= 68 {
		list = list[:3] // it takes no others since then
	}
	c.CipherSuites = list
	c.GetConfigForClient = func(said *tls.ClientHelloInfo) (*tls.Config, error) { return v.chosenFor(said, c, list), nil }
	return c
}

// firstWith13 is the first build of Windows whose Schannel speaks TLS 1.3: Server 2022's.
const firstWith13 = 20348

// chosenFor is the configuration for one client, nil for the common one. crypto/tls has an order of its own for the suites that it takes, and takes a curve as the client likes it.
func (v *Server) chosenFor(said *tls.ClientHelloInfo, common *tls.Config, list []uint16) *tls.Config {
	own := common.Clone()
	own.GetConfigForClient = nil
	changed := false
	if v.product.family == apache && len(said.SupportedProtos) > 0 && !slices.ContainsFunc(said.SupportedProtos, func(one string) bool { return slices.Contains(common.NextProtos, one) }) {
		own.NextProtos, changed = nil, true // others refuse a client with whom they have no protocol in common
	}
	latest := slices.Max(append(slices.Clone(said.SupportedVersions), 0))
	if latest == tls.VersionTLS12 || latest == tls.VersionTLS13 && common.MaxVersion == tls.VersionTLS12 {
		theirs, ours := said.CipherSuites, list
		if v.product.tries { // Debian's nginx prefers its own order
			theirs, ours = list, said.CipherSuites
			if slices.Contains(said.SupportedCurves, tls.X25519) {
				own.CurvePreferences = []tls.CurveID{tls.X25519}
			}
		}
		for _, one := range theirs {
			if slices.Contains(ours, one) {
				own.CipherSuites, changed = []uint16{one}, true
				break
			}
		}
	}
	if !changed {
		return nil
	}
	return own
}

// maxUntold is how much is recorded of what is neither TLS nor HTTP.
const maxUntold = 1024

// BeginsTLS tells whether a client that begins so is answered by TLS: how much of it the server looks at is wanted. Where it is not, answered says whether anything is to be said in plain HTTP.
func (v *Server) BeginsTLS(peek func(n int) ([]byte, error)) (secure, plain bool, alert []byte, err error) {
	first, err := peek(1)
	if err != nil {
		return false, false, nil, err
	}
	const handshake, oldHello = 0x16, 0x80
	switch {
	case first[0] == handshake:
		return true, false, nil, nil
	case v.product.family == nginx && first[0]&oldHello == 0:
		return false, true, nil, nil
	case !v.product.family.held() && v.product.family != tomcat:
		return false, true, nil, nil
	}
	head, err := peek(5) // as OpenSSL does
	if err != nil {
		return false, false, nil, err
	}
	for _, method := range []string{"GET ", "POST ", "HEAD ", "PUT "} {
		if v.product.family == apache && strings.HasPrefix(string(head), method) {
			return false, true, nil, nil
		}
	}
	const alertRecord, fatal, unexpectedMessage, protocolVersion, internalError = 0x15, 2, 10, 70, 80
	switch {
	case v.product.family == tomcat:
		if strings.Trim(string(head), "ABCDEFGHIJKLMNOPQRSTUVWXYZ /") == "" {
			return false, true, nil, nil
		}
		alert = []byte{alertRecord, 3, 3, 0, 2, fatal, internalError}
	case head[0]&oldHello != 0 && head[2] == 1:
		alert = []byte{alertRecord, 3, 3, 0, 2, fatal, protocolVersion}
	case head[0] >= 0x14 && head[0] <= 0x18 && head[1] == 3:
		alert = []byte{alertRecord, 3, head[2], 0, 2, fatal, unexpectedMessage}
	}
	return false, false, alert, nil
}

// RefuseUnspoken ends a connection on which neither TLS nor HTTP is spoken.
func (v *Server) RefuseUnspoken(s *decoy.Session, conn net.Conn, alert []byte) {
	data := make([]byte, maxUntold)
	n, _ := conn.Read(data)
	s.Event("protocol_error", event.Bytes("data", data[:n]))
	if _, err := conn.Write(alert); err == nil {
		s.SetReadDeadline(time.Now().Add(lingerTime))
		linger(s, conn)
	}
}
