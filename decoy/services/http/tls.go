package http

import (
	"crypto/tls"
	"net"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/windows"
)

// TLS is how the server shakes hands: with the versions of its system, and with what its product takes of what a client offers.
func (v *Server) TLS(cert tls.Certificate) *tlswire.Config {
	p, protocols := v.product, v.Protocols()
	profile := tlswire.Nginx
	switch p.family {
	case nginx:
		profile.ServerOrder = p.tries // as Debian configures it
		if !p.before("1.27.3") {
			profile.TooOld = 0 // it has no TLS 1.0 and 1.1 from then on, rather than no suite for them
		}
	case apache:
		profile = tlswire.Apache
	case lighttpd:
		profile = tlswire.Lighttpd
		if p.patch() < 68 { // when it began to take no others
			profile.Suites = tlswire.Apache.Suites
		}
	case iis:
		profile = windows.TLS(v.host)
	case tomcat, jetty:
		profile = tlswire.Tomcat
		if !v.http2 {
			protocols = nil // it knows of none
		}
	case cisco:
		profile, protocols = tlswire.Cisco, nil
	}
	return secure.Config(v.host, profile, cert, protocols...)
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
