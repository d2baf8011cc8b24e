package decoy_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
)

func newHost(t *testing.T, id control.Identity, now time.Time) *decoy.Host {
	t.Helper()
	h, err := decoy.NewHost(id, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHostIsTheSameAfterARestartAndUnlikeOthers(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	one, other := decoytest.Identity(), decoytest.Identity()
	other.Seed = bytes.Repeat([]byte{2}, 32)
	first, again, stranger := newHost(t, one, now), newHost(t, one, now.Add(time.Hour)), newHost(t, other, now)
	if !bytes.Equal(first.Bytes("x", 32), again.Bytes("x", 32)) || first.Rand("x").Uint64() != again.Rand("x").Uint64() || first.BootTime() != again.BootTime() {
		t.Error("the host differs after a restart")
	}
	if bytes.Equal(first.Bytes("x", 32), stranger.Bytes("x", 32)) || bytes.Equal(first.Bytes("x", 32), first.Bytes("y", 32)) {
		t.Error("two hosts or two purposes have the same bytes")
	}
	cert, err := first.TLSCertificate("www.example.com")
	if err != nil {
		t.Fatal(err)
	}
	same, err := again.TLSCertificate("www.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(cert.Certificate[0], same.Certificate[0]) {
		t.Error("the certificate differs after a restart")
	}
	theirs, err := stranger.TLSCertificate("www.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if cert.Leaf.PublicKey == theirs.Leaf.PublicKey || cert.Leaf.SerialNumber.Cmp(theirs.Leaf.SerialNumber) == 0 {
		t.Error("two hosts have the same certificate")
	}
}

func TestCertificateServesTLS(t *testing.T) {
	h := newHost(t, decoytest.Identity(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	cert, err := h.TLSCertificate("www.example.com")
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	go tls.Server(there, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake()
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	client := tls.Client(here, &tls.Config{RootCAs: roots, ServerName: "www.example.com", Time: h.Now})
	defer here.Close()
	if err := client.Handshake(); err != nil {
		t.Error(err)
	}
}

func TestUptimeIsPlausibleForYears(t *testing.T) {
	id := decoytest.Identity()
	last := time.Time{}
	for now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC); now.Year() < 2030; now = now.Add(11 * 24 * time.Hour) {
		boot := newHost(t, id, now).BootTime()
		if up := now.Sub(boot); up < 0 || up > 120*24*time.Hour {
			t.Fatalf("on %v it is up for %v", now, up)
		}
		if boot.Before(last) {
			t.Fatalf("on %v the boot moves back from %v to %v", now, last, boot)
		}
		last = boot
	}
}

func TestIdentityIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*control.Identity){
		"no seed":        func(id *control.Identity) { id.Seed = nil },
		"no name":        func(id *control.Identity) { id.Name = "" },
		"not an address": func(id *control.Identity) { id.IP = "banana" },
	} {
		id := decoytest.Identity()
		spoil(&id)
		if _, err := decoy.NewHost(id, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
