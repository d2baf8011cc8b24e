package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	selfSignedLife = 5 * 365 * 24 * time.Hour
	// reread is how often the certificate's file is looked at: who renews it restarts nothing.
	reread = time.Minute
)

// TLS is how the server is to speak TLS; nil: not at all. A certificate of its own is made at the first start, and its fingerprint told to w at each.
func (c *Config) TLS(w io.Writer) (*tls.Config, error) {
	cert, key := c.TLSCert, c.TLSKey
	if c.TLSSelfSigned {
		cert, key = filepath.Join(c.Data, "tls.crt"), filepath.Join(c.Data, "tls.key")
		host, _, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return nil, fmt.Errorf("read --listen: %w", err)
		}
		if err := selfSign(cert, key, host); err != nil {
			return nil, err
		}
	}
	if cert == "" {
		return nil, nil
	}
	pair := &keyPair{cert: cert, key: key}
	now, err := pair.get(nil)
	switch {
	case err != nil && c.TLSSelfSigned:
		return nil, fmt.Errorf("--tls-self-signed, with %s and %s: %w", cert, key, err)
	case err != nil:
		return nil, fmt.Errorf("--tls-cert and --tls-key: %w", err)
	}
	if c.TLSSelfSigned {
		sum := sha256.Sum256(now.Certificate[0])
		if _, err := fmt.Fprintf(w, "decnet: the certificate is this server's own (%s), SHA-256 %s\n", cert, strings.ToUpper(fmt.Sprintf("% x", sum[:]))); err != nil {
			return nil, err
		}
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get, NextProtos: []string{"http/1.1"}}, nil // a WebSocket begins as HTTP/1.1
}

// keyPair is a certificate in files, which may be replaced while the server runs.
type keyPair struct {
	cert, key string

	mu   sync.Mutex
	read time.Time
	pair *tls.Certificate
}

func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.pair != nil && time.Since(k.read) < reread {
		return k.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(k.cert, k.key)
	if err != nil {
		if k.pair != nil {
			return k.pair, nil // half replaced: the old one is good for another while
		}
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	k.pair, k.read = &pair, time.Now()
	return k.pair, nil
}

// selfSign makes a certificate that vouches for itself, where there is none.
func selfSign(cert, key, host string) error {
	if _, err := os.Stat(cert); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "decnet"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(selfSignedLife),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, // so that it can be given to a client as its only authority
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = append(template.IPAddresses, ip)
	} else if host != "" {
		template.DNSNames = append(template.DNSNames, host)
	}
	if name, err := os.Hostname(); err == nil {
		template.DNSNames = append(template.DNSNames, name)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(key), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	// The key first: a certificate without one would stop the next start.
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600); err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	if err := os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil { //nolint:gosec // clients are to have it
		return fmt.Errorf("write the certificate: %w", err)
	}
	return nil
}
