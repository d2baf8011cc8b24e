package realism

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"

	"decnet/internal/tlsprint"
)

// goTLS compares the answers to JARM's hellos with those of Go's own TLS, with a certificate of the same kind: in which order a server names its extensions is its library's.
func (p *probe) goTLS(certificate *x509.Certificate) {
	here, err := goServer(certificate)
	if err != nil {
		return
	}
	_, theirs, err := tlsprint.JARM(func() (net.Conn, error) { return p.dial() }, p.target.Hostname)
	if err != nil {
		return // it has answered before: this many connections at once may be too many for it
	}
	_, gos, err := tlsprint.JARM(here, p.target.Hostname)
	if err != nil {
		return
	}
	telling := false
	for i, theirs := range theirs {
		a, b := extensions(theirs), extensions(gos[i])
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		if !slices.Equal(a, b) {
			return
		}
		telling = telling || len(a) > 2 // of two, as in TLS 1.3, the order is everybody's
	}
	if telling {
		p.found("go-tls", High, "it speaks TLS as programs written in Go do")
	}
}

// extensions are those of a probe's answer, without the one that a protocol is chosen by: whether there is one in common is no matter of the library's.
func extensions(answer string) []string {
	list := strings.Split(answer[strings.LastIndexByte(answer, '|')+1:], "-")
	return slices.DeleteFunc(list, func(number string) bool { return number == "" || number == "0010" })
}

// goServer is a TLS server of Go's, to be spoken to without a network.
func goServer(like *x509.Certificate) (tlsprint.Dial, error) {
	var key crypto.Signer
	var err error
	if like.PublicKeyAlgorithm == x509.ECDSA {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS10}
	return func() (net.Conn, error) {
		c, s := net.Pipe()
		go func() {
			defer s.Close()
			_ = tls.Server(s, config).Handshake() // it ends when the client hangs up
		}()
		return c, nil
	}, nil
}
