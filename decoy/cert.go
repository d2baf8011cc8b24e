package decoy

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strconv"
	"strings"
	"time"
)

// ECDSAKey returns the decky's ECDSA key on the curve for a purpose. The standard library no longer takes a reader of the
// caller's to make a key, so the private scalar itself is drawn from the seed.
func (h *Host) ECDSAKey(purpose string, curve elliptic.Curve) *ecdsa.PrivateKey {
	size := (curve.Params().BitSize + 7) / 8
	for i := 0; ; i++ {
		// All but a few in 2³² scalars are below the order of the curve.
		scalar := h.Bytes("ecdsa/"+purpose+"/"+strconv.Itoa(i), size)
		if key, err := ecdsa.ParseRawPrivateKey(curve, scalar); err == nil {
			return key
		}
	}
}

// TLSCertificate returns the decky's self-signed certificate for a common name ("" is its hostname): what a distribution's
// tools would have made when the host was installed. It is the same, byte for byte, after every restart. The name must not be an intruder's
// choice (see [Once]).
func (h *Host) TLSCertificate(commonName string) (tls.Certificate, error) {
	if commonName == "" {
		commonName = h.Hostname
	}
	type result struct {
		cert tls.Certificate
		err  error
	}
	made := Once(h, "tls/"+commonName, func() result {
		cert, err := h.makeCertificate(commonName)
		return result{cert, err}
	})
	return made.cert, made.err
}

func (h *Host) makeCertificate(commonName string) (tls.Certificate, error) {
	key := h.ECDSAKey("tls/"+commonName, elliptic.P256())
	serial := h.Bytes("tls-serial/"+commonName, 16)
	serial[0] &= 0x7f // positive
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		Subject:               pkix.Name{CommonName: commonName},
		NotBefore:             h.Installed(),
		NotAfter:              h.Installed().Add(10 * 365 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(commonName); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{commonName}
		if short, _, ok := strings.Cut(commonName, "."); ok {
			template.DNSNames = append(template.DNSNames, short)
		}
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), deterministicSigner{key})
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the certificate of %s: %w", commonName, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading back the certificate of %s: %w", commonName, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// IssuedCertificate returns a certificate of the decky's for the subject, the names and the addresses, issued by a CA of its own that is called issuer: what
// software makes that runs its own CA. Like all of a decky's it is the same after every restart; none of the arguments may be an intruder's choice.
func (h *Host) IssuedCertificate(issuer string, subject pkix.Name, names []string, addresses []net.IP) (tls.Certificate, error) {
	purpose := "tls/" + issuer + "/" + subject.CommonName
	type result struct {
		cert tls.Certificate
		err  error
	}
	made := Once(h, purpose, func() result {
		serial := h.Bytes("tls-serial/"+purpose, 8)
		serial[0] &= 0x7f // positive
		year := 365 * 24 * time.Hour
		// Such certificates are renewed each year.
		since := h.Installed().Add(h.BootTime().Sub(h.Installed()) / year * year)
		ca := &x509.Certificate{SerialNumber: big.NewInt(0), Subject: pkix.Name{CommonName: issuer}, IsCA: true, BasicConstraintsValid: true}
		leaf := &x509.Certificate{
			SerialNumber: new(big.Int).SetBytes(serial), Subject: subject, NotBefore: since, NotAfter: since.Add(year), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, DNSNames: names, IPAddresses: addresses,
		}
		key := h.ECDSAKey(purpose, elliptic.P256())
		der, err := x509.CreateCertificate(nil, leaf, ca, key.Public(), deterministicSigner{h.ECDSAKey("tls-ca/"+issuer, elliptic.P256())})
		if err != nil {
			return result{err: fmt.Errorf("making the certificate of %s: %w", subject.CommonName, err)}
		}
		return result{cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}
	})
	return made.cert, made.err
}

// deterministicSigner signs as RFC 6979 says, whatever reader it is given, so that a certificate made again is the same.
type deterministicSigner struct{ *ecdsa.PrivateKey }

func (s deterministicSigner) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.PrivateKey.Sign(nil, digest, opts)
}
