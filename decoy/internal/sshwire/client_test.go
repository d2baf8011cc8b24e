package sshwire

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/curve25519"
)

// rawClient is the other end of a server, down to the packet.
type rawClient struct {
	*transport
	t      *testing.T
	server *kexInitMsg
	pad    []byte // of the server's KEXINIT
	hello  string // its identification
}

// dialServer connects to a server of its own.
func dialServer(t *testing.T, config *ServerConfig) net.Conn {
	t.Helper()
	return dialTo(t, func(theirs net.Conn) { serveOne(theirs, config) })
}

func dialTo(t *testing.T, serve func(net.Conn)) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(theirs)
	}()
	ours.SetDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() {
		ours.Close()
		<-done
	})
	return ours
}

// dialRaw connects to a server as the product, and exchanges keys by curve25519 with the cipher, MAC and compression. markers are further names of key exchanges.
func dialRaw(t *testing.T, config *ServerConfig, cipher, mac, compression string, markers ...string) *rawClient {
	t.Helper()
	return dialRawTo(t, dialServer(t, config), cipher, mac, compression, markers...)
}

func dialRawTo(t *testing.T, ours net.Conn, cipher, mac, compression string, markers ...string) *rawClient {
	t.Helper()
	c := &rawClient{t: t}
	var line [1]byte
	for !strings.HasSuffix(c.hello, "\n") {
		if _, err := io.ReadFull(ours, line[:]); err != nil {
			t.Fatal(err)
		}
		c.hello += string(line[:])
	}
	const version = "SSH-2.0-raw"
	if _, err := io.WriteString(ours, version+"\r\n"); err != nil {
		t.Fatal(err)
	}
	c.transport = newTransport(ours, rand.Reader, true)
	head, err := c.bufReader.Peek(5)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := c.bufReader.Peek(4 + int(head[2])<<8 + int(head[3]))
	if err != nil {
		t.Fatal(err)
	}
	c.pad = slices.Clone(whole[len(whole)-int(head[4]):])
	serverInit := c.read()
	c.server = &kexInitMsg{}
	if err := Unmarshal(serverInit, c.server); err != nil {
		t.Fatal(err)
	}
	init := &kexInitMsg{
		KexAlgos: append([]string{"curve25519-sha256"}, markers...), ServerHostKeyAlgos: []string{"ecdsa-sha2-nistp256"},
		CiphersClientServer: []string{cipher}, CiphersServerClient: []string{cipher}, MACsClientServer: []string{mac}, MACsServerClient: []string{mac},
		CompressionClientServer: []string{compression}, CompressionServerClient: []string{compression},
	}
	clientInit := Marshal(init)
	c.write(slices.Clone(clientInit))

	var private [32]byte
	rand.Read(private[:])
	public, err := curve25519.X25519(private[:], curve25519.Basepoint)
	if err != nil {
		t.Fatal(err)
	}
	c.write(Marshal(&kexECDHInitMsg{public}))
	var reply kexECDHReplyMsg
	if err := Unmarshal(c.read(), &reply); err != nil {
		t.Fatal(err)
	}
	secret, err := curve25519.X25519(private[:], reply.EphemeralPubKey)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	(&handshakeMagics{[]byte(version), []byte(strings.TrimRight(c.hello, "\r\n")), clientInit, serverInit}).write(h)
	for _, field := range [][]byte{reply.HostKey, public, reply.EphemeralPubKey} {
		writeString(h, field)
	}
	k, _, ok := parseInt(append([]byte{0, 0, 0, 33, 0}, secret...))
	if !ok {
		t.Fatal("the secret is no number")
	}
	result := &kexResult{K: make([]byte, intLength(k)), Hash: crypto.SHA256}
	marshalInt(result.K, k)
	h.Write(result.K)
	result.H = h.Sum(nil)
	result.SessionID = result.H
	algs := DirectionAlgorithms{Cipher: cipher, MAC: mac}
	if err := c.prepareKeyChange(&NegotiatedAlgorithms{Read: algs, Write: algs}, result); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(markers, kexStrictClient) {
		c.strictMode = true
	}
	c.expect(msgNewKeys)
	c.write([]byte{msgNewKeys})
	c.setInitialKEXDone()
	return c
}

func (c *rawClient) read() []byte {
	c.t.Helper()
	p, err := c.readPacket()
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (c *rawClient) write(p []byte) {
	c.t.Helper()
	if err := c.writePacket(p); err != nil {
		c.t.Fatal(err)
	}
}

func (c *rawClient) expect(kind byte) []byte {
	c.t.Helper()
	p := c.read()
	if p[0] != kind {
		c.t.Fatalf("a packet of type %d, not %d: %q", p[0], kind, p)
	}
	return p
}

func (c *rawClient) try(password string) {
	c.write(Marshal(&userAuthRequestMsg{User: "root", Service: serviceSSH, Method: "password", Payload: appendString([]byte{0}, password)}))
}

// login gets in; a failure before it shows the product's methods.
func (c *rawClient) login() {
	c.t.Helper()
	c.write(Marshal(&serviceRequestMsg{serviceUserAuth}))
	c.expect(msgServiceAccept)
	c.try("secret")
	c.expect(msgUserAuthSuccess)
}

func TestEveryOfferedAlgorithmIsThere(t *testing.T) {
	for _, banner := range banners {
		p := ProductOf(banner)
		for _, name := range p.KeyExchanges {
			if kexAlgoMap[name] == nil && name != strict && name != "ext-info-s" && name != "kexguess2@matt.ucc.asn.au" {
				t.Errorf("%s: %s", banner, name)
			}
		}
		for _, name := range p.Ciphers {
			if cipherModes[name] == nil {
				t.Errorf("%s: %s", banner, name)
			}
		}
		for _, name := range p.MACs {
			if macModes[name] == nil {
				t.Errorf("%s: %s", banner, name)
			}
		}
	}
}

func TestCiphersOfOldProducts(t *testing.T) {
	for name, banner := range map[string]string{"3des-ctr": "dropbear_2018.76", "blowfish-cbc": "OpenSSH_7.4", "cast128-cbc": "OpenSSH_7.4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialRaw(t, configOf(banner), name, "hmac-sha2-256", "none").login()
		})
	}
}

// umacVectors are those of RFC 4418, the appendix.
func TestUMAC(t *testing.T) {
	for text, want := range map[string]string{
		"": "6e155fad26900be1", strings.Repeat("a", 3): "44b5cb542f220104", strings.Repeat("a", 1<<10): "26bf2f5d60118bd9", strings.Repeat("a", 1<<15): "27f8ef643b0d118d",
		strings.Repeat("a", 1<<20): "a4477e87e9f55853", "abc": "d4d7b9f6bd4fbfcf", strings.Repeat("abc", 500): "d4cf26ddefd5c01a",
	} {
		u := newUMAC([]byte("abcdefghijklmnop"), 8)
		copy(u.nonce[:], "bcde")
		io.WriteString(u, "fghi"+text)
		if got := u.Sum(nil); string(got) != string(unhex(want)) {
			t.Errorf("%.9q, %d bytes: %x, want %s", text, len(text), got, want)
		}
	}
}

func unhex(s string) []byte {
	out := make([]byte, len(s)/2)
	for i := range out {
		out[i] = byte(strings.IndexByte("0123456789abcdef", s[2*i])<<4 | strings.IndexByte("0123456789abcdef", s[2*i+1]))
	}
	return out
}

func TestEXTINFOIsTheProducts(t *testing.T) {
	for banner, want := range map[string][]string{
		"OpenSSH_9.2p1 Debian-2+deb12u5": {
			"server-sig-algs", "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com," +
				"webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-dss,ssh-rsa,rsa-sha2-256,rsa-sha2-512", "publickey-hostbound@openssh.com", "0",
		},
		"OpenSSH_7.4":                      {"server-sig-algs", "rsa-sha2-256,rsa-sha2-512"},
		"OpenSSH_8.2p1 Ubuntu-4ubuntu0.11": nil,
		"dropbear_2018.76":                 nil,
	} {
		t.Run(banner, func(t *testing.T) {
			t.Parallel()
			markers := []string{"ext-info-c"}
			if strings.Contains(banner, "8.2p1") { // who does not ask is told nothing
				markers = nil
			}
			c := dialRaw(t, configOf(banner), "aes128-ctr", "hmac-sha2-256", "none", markers...)
			if want != nil {
				var info extInfoMsg
				if err := Unmarshal(c.expect(msgExtInfo), &info); err != nil {
					t.Fatal(err)
				}
				if got := extInfoOf(want); info.NumExtensions != got.NumExtensions || !bytes.Equal(info.Payload, got.Payload) {
					t.Errorf("EXT_INFO says %q", info.Payload)
				}
			}
			c.login()
		})
	}
}

// TestNewClientsMayTellTheirExtensions is what OpenSSH's clients do from 9.6 on once they have seen ext-info-s.
func TestNewClientsMayTellTheirExtensions(t *testing.T) {
	c := dialRaw(t, configOf("OpenSSH_9.6"), "aes128-ctr", "umac-128@openssh.com", "none", "ext-info-c", kexStrictClient)
	c.expect(msgExtInfo)
	c.write(Marshal(extInfoOf([]string{"ext-info-in-auth@openssh.com", "0"})))
	c.write(Marshal(&serviceRequestMsg{serviceUserAuth}))
	c.expect(msgServiceAccept)
	c.try("wrong")
	if again := c.expect(msgExtInfo); !bytes.Contains(again, []byte("server-sig-algs")) || bytes.Contains(again, []byte("ping")) {
		t.Errorf("the second EXT_INFO says %q", again)
	}
	var failure userAuthFailureMsg
	if err := Unmarshal(c.expect(msgUserAuthFailure), &failure); err != nil || strings.Join(failure.Methods, ",") != "publickey,password,keyboard-interactive" {
		t.Errorf("%v, %v", failure.Methods, err)
	}
	c.try("secret")
	c.expect(msgUserAuthSuccess)
}

func TestTooManyFailures(t *testing.T) {
	for banner, words := range map[string]string{"OpenSSH_9.2p1 Debian-2+deb12u2": "Too many authentication failures", "dropbear_2020.81": ""} {
		config := configOf(banner)
		config.MaxAuthTries = config.Product.MaxAuthTries
		c := dialRaw(t, config, "aes256-ctr", "hmac-sha1", "none")
		c.write(Marshal(&serviceRequestMsg{serviceUserAuth}))
		c.expect(msgServiceAccept)
		for range config.MaxAuthTries - 1 {
			c.try("wrong")
			c.expect(msgUserAuthFailure)
		}
		c.try("wrong")
		_, err := c.readPacket()
		var disconnect *disconnectMsg
		if errors.As(err, &disconnect) != (words != "") || disconnect != nil && (disconnect.Reason != 2 || disconnect.Message != words) {
			t.Errorf("%s: %v", banner, err)
		}
	}
}

// TestOpenSSHSaysWhyItHangsUp has what Debian's sshd says to a client that breaks the rules.
func TestOpenSSHSaysWhyItHangsUp(t *testing.T) {
	request := func(user string) []byte {
		return Marshal(&userAuthRequestMsg{User: user, Service: serviceSSH, Method: "none"})
	}
	for want, packets := range map[string][][]byte{
		"bad service request foo":       {Marshal(&serviceRequestMsg{"foo"})},
		"Invalid ssh2 packet type: 200": {Marshal(&serviceRequestMsg{serviceUserAuth}), {200, 1}},
		"Change of username or service not allowed: (x,ssh-connection) -> (y,ssh-connection)": {Marshal(&serviceRequestMsg{serviceUserAuth}), request("x"), request("y")},
	} {
		c := dialRaw(t, configOf("OpenSSH_9.2p1 Debian-2+deb12u5"), "aes256-ctr", "hmac-sha1", "none")
		for _, p := range packets {
			c.write(p)
		}
		var err error
		for err == nil {
			_, err = c.readPacket()
		}
		var disconnect *disconnectMsg
		if !errors.As(err, &disconnect) || disconnect.Reason != 2 || disconnect.Message != want {
			t.Errorf("%v, not %s", err, want)
		}
	}
}

// TestAFailureTakesItsTime is sshd's: no sooner than after five milliseconds, which hides whether there is such an account.
func TestAFailureTakesItsTime(t *testing.T) {
	c := dialRaw(t, configOf("OpenSSH_9.2p1 Debian-2+deb12u5"), "aes256-ctr", "hmac-sha1", "none")
	c.write(Marshal(&serviceRequestMsg{serviceUserAuth}))
	c.expect(msgServiceAccept)
	began := time.Now()
	c.try("wrong")
	c.expect(msgUserAuthFailure)
	if took := time.Since(began); took < 5*time.Millisecond {
		t.Errorf("a failure takes %v", took)
	}
}

func TestPaddingBeforeThereAreKeys(t *testing.T) {
	for banner, random := range map[string]bool{"OpenSSH_9.2p1 Debian-2+deb12u2": false, "dropbear_2020.81": true} {
		c := dialRaw(t, configOf(banner), "aes256-ctr", "hmac-sha1", "none")
		if len(c.pad) > 11 || bytes.Equal(c.pad, make([]byte, len(c.pad))) == random {
			t.Errorf("%s pads its KEXINIT with %x", banner, c.pad)
		}
	}
}

func TestIdentifications(t *testing.T) {
	const invalid = "Invalid SSH identification string.\r\n"
	for _, c := range []struct{ banner, sent, want string }{
		{"OpenSSH_9.2p1 Debian-2+deb12u2", "GET / HTTP/1.0\r\n", invalid},
		{"OpenSSH_9.2p1 Debian-2+deb12u2", "\r\n", invalid},
		{"OpenSSH_9.2p1 Debian-2+deb12u2", "SSH-2.0\n", invalid},
		{"OpenSSH_9.2p1 Debian-2+deb12u2", "SSH-2.0-x\rx", invalid},
		{"OpenSSH_9.2p1 Debian-2+deb12u2", "SSH-2.0-\x00", invalid},
		{"OpenSSH_9.2p1 Debian-2+deb12u2", strings.Repeat("x", maxIdentification+1), invalid},
		{"OpenSSH_9.2p1 Debian-2+deb12u2", "SSH-1.5-x\r\n", "Protocol major versions differ.\r\n"},
		{"OpenSSH_9.2p1 Debian-2+deb12u2", "SSH-3.0-x\r\n", "Protocol major versions differ.\r\n"},
		{"OpenSSH_7.4", "x\n", "Protocol mismatch.\n"},
		{"dropbear_2020.81", "x\n", ""},
		{"dropbear_2020.81", "SSH-1.5-x\n", ""},
	} {
		ours := dialServer(t, configOf(c.banner))
		hello := make([]byte, len("SSH-2.0-"+c.banner+"\r\n"))
		if _, err := io.ReadFull(ours, hello); err != nil || string(hello) != "SSH-2.0-"+c.banner+"\r\n" {
			t.Fatalf("%q, %v", hello, err)
		}
		io.WriteString(ours, c.sent)
		if got, _ := io.ReadAll(ours); string(got) != c.want {
			t.Errorf("%s: to %.20q it says %q", c.banner, c.sent, got)
		}
	}
}

func TestHelloSaysWhatIsSaidFirst(t *testing.T) {
	for banner, eager := range map[string]bool{"OpenSSH_9.6": false, "dropbear_2019.78": true} {
		config := configOf(banner)
		hello, err := config.Hello()
		if err != nil {
			t.Fatal(err)
		}
		line := "SSH-2.0-" + banner + "\r\n"
		rest, ok := strings.CutPrefix(string(hello), line)
		if !ok || (len(rest) > 0) != eager {
			t.Errorf("%s: %q", banner, hello)
		}
		if !eager {
			continue
		}
		c := dialRaw(t, config, "aes128-ctr", "hmac-sha1", "none")
		if string(c.server.Cookie[:]) != rest[6:22] {
			t.Error("the packet that is sent later is another one")
		}
	}
}

func TestInflateAndDeflate(t *testing.T) {
	random := make([]byte, 5000)
	rand.Read(random)
	packets := [][]byte{[]byte("x"), bytes.Repeat([]byte("abcd"), 5000), random, []byte(strings.Repeat("the quick brown fox ", 300)), append(bytes.Repeat([]byte{0}, 600), random...), random}
	// What zlib makes, of which each level has its own kinds of blocks, cut anywhere.
	for _, level := range []int{0, 1, 6, 9, zlib.HuffmanOnly} {
		var whole, want bytes.Buffer
		w, _ := zlib.NewWriterLevel(&whole, level)
		for _, p := range packets {
			w.Write(p)
			w.Flush()
			want.Write(p)
		}
		var z inflater
		var got []byte
		for piece := range slices.Chunk(whole.Bytes(), 37) {
			out, err := z.packet(slices.Clone(piece))
			if err != nil {
				t.Fatalf("level %d: %v", level, err)
			}
			got = append(got, out...)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("level %d: other than what was compressed", level)
		}
	}
	var d deflater
	var z inflater
	r, w := io.Pipe()
	go func() {
		for _, p := range packets {
			out := d.packet(slices.Clone(p))
			if back, err := z.packet(slices.Clone(out)); err != nil || !bytes.Equal(back, p) {
				t.Errorf("%.20q: %v", p, err)
			}
			w.Write(out)
		}
		w.Close()
	}()
	theirs, err := zlib.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(theirs); !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.Equal(got, bytes.Join(packets, nil)) {
		t.Errorf("the standard library reads %d bytes, %v", len(got), err)
	}
	if n := len((&deflater{}).packet(packets[1])); n > 400 {
		t.Errorf("a repetition takes %d bytes", n)
	}
}

// TestABombEndsTheConnection logs in with compression and sends a packet that would become a gigabyte.
func TestABombEndsTheConnection(t *testing.T) {
	var bomb bytes.Buffer
	w, _ := zlib.NewWriterLevel(&bomb, 9)
	for range 200 {
		w.Write(make([]byte, 1<<20))
	}
	w.Flush()
	var z inflater
	if _, err := z.packet(slices.Clone(bomb.Bytes()[:maxPacket/2])); !errors.Is(err, errBomb) || cap(z.out)+cap(z.in) > 256<<10 {
		t.Errorf("%v, with %d bytes of memory", err, cap(z.out))
	}
	c := dialRaw(t, configOf("OpenSSH_9.2p1 Debian-2+deb12u2"), "aes128-ctr", "hmac-sha2-256", "zlib@openssh.com")
	c.login()
	c.write(bomb.Bytes()[:maxPacket/2])
	if _, err := c.readPacket(); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a bomb: %v", err)
	}
}

func FuzzInflate(f *testing.F) {
	var d deflater
	f.Add([]byte("\x78\x9c"), d.packet([]byte("hello hello hello")))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var z inflater
		for _, p := range [][]byte{a, b} {
			out, err := z.packet(slices.Clone(p))
			if err != nil {
				return
			}
			if len(out) > maxInflated+maxMatch || len(z.in)-z.at > len(a)+len(b) {
				t.Errorf("%d bytes from %d", len(out), len(p))
			}
		}
	})
}
