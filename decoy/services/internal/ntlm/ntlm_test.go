package ntlm

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/services/internal/windows"
)

func raw(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of Microsoft's own description of the protocol (MS-NLMP 4.2.4).
func TestPublishedExample(t *testing.T) {
	p := &Proof{User: "User", Domain: "Domain", nonce: [8]byte(raw(t, "0123456789abcdef")), flags: flagKeyExchange | flagUnicode}
	p.NT = raw(t, "68cd0ab851e51c96aabc927bebef6a1c"+"01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000")
	p.key = raw(t, "c5dad2544fc9799094ce1ce90bc9d03e")
	key, ok := p.Check("Password")
	if !ok || !bytes.Equal(key, bytes.Repeat([]byte{0x55}, 16)) {
		t.Errorf("key %x, %v", key, ok)
	}
	if _, ok := p.Check("password"); ok {
		t.Error("another password is right")
	}
	kind, text := p.Hashcat()
	if want := "User::Domain:0123456789abcdef:68cd0ab851e51c96aabc927bebef6a1c:0101"; kind != "netntlmv2" || text[:len(want)] != want {
		t.Errorf("%s %s", kind, text)
	}
}

func TestFirstVersion(t *testing.T) {
	p := &Proof{User: "u", Domain: "D", LM: bytes.Repeat([]byte{1}, 24), NT: bytes.Repeat([]byte{2}, 24)}
	kind, text := p.Hashcat()
	if kind != "netntlmv1" || text != "u::D:"+hex.EncodeToString(p.LM)+":"+hex.EncodeToString(p.NT)+":0000000000000000" {
		t.Errorf("%s %s", kind, text)
	}
}

func machine(t testing.TB) *windows.Machine {
	t.Helper()
	id := decoytest.Identity()
	id.OS = "windows_server"
	h, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	return windows.MachineOf(h)
}

func TestChallengeTellsTheNames(t *testing.T) {
	m := machine(t)
	c := NewExchange(m).Challenge(append([]byte("NTLMSSP\x00\x01\x00\x00\x00"), 0x97, 0x82, 0x08, 0xe2), time.Now())
	for _, name := range []string{m.Name, m.Domain, m.DNS, m.DNSName} {
		if !bytes.Contains(c, windows.UTF16(name)) {
			t.Errorf("%q isn't in %x", name, c)
		}
	}
	if Kind(c) != 2 {
		t.Error("it is no challenge")
	}
}

func FuzzProof(f *testing.F) {
	f.Add(append([]byte("NTLMSSP\x00\x03\x00\x00\x00"), make([]byte, 80)...))
	f.Add([]byte("\x60\x10NTLMSSP\x00\x01"))
	m := machine(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		x := NewExchange(m)
		message := Find(data)
		x.Challenge(message, time.Time{})
		p, err := x.Proof(message)
		if err != nil {
			return
		}
		p.Check("x")
		if _, text := p.Hashcat(); len(text) > 20*len(data)+200 {
			t.Fatalf("%d bytes of %d", len(text), len(data))
		}
		p.Anonymous()
	})
}

// The example of Microsoft's description of what is signed and encrypted (MS-NLMP 4.2.4.4).
func TestPublishedProtection(t *testing.T) {
	p := &Proof{flags: flagSign | flagSeal | flagExtended | flagKeyExchange | flag128}
	w := p.Protect(bytes.Repeat([]byte{0x55}, 16), false)
	data := raw(t, "010000007fb38ec5c55d497600000000"+"54e50165bf1936dc996020c1811b0f06fb5f")
	if got, err := w.Unwrap(data); err != nil || windows.Text(got) != "Plaintext" {
		t.Errorf("%q, %v", windows.Text(got), err)
	}
	if _, err := w.Unwrap(data); err == nil {
		t.Error("the same message comes twice")
	}
	if (&Proof{flags: flagExtended}).Protect(make([]byte, 16), false) != nil {
		t.Error("who asks for none gets a protection")
	}
}
