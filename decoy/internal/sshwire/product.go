package sshwire

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// Product is the wire of one build of an SSH server.
type Product struct {
	// KeyExchanges and the others are the offer, in order; KeyExchanges has the markers (ext-info-s, kex-strict-s-v00@openssh.com) that the build has.
	KeyExchanges, HostKeys, Ciphers, MACs, Compressions []string
	// ExtInfo is what EXT_INFO says to a client that asks for it, name and value in turn; none sends none.
	ExtInfo []string
	// ExtInfoInAuth are the server-sig-algs that are said once more to a client that knows of ext-info-in-auth@openssh.com; "" are none.
	ExtInfoInAuth string
	// AuthMethods are those of which a failure says that they can continue.
	AuthMethods []string
	// MaxAuthTries is how often one may fail, and TooMany the reason in the DISCONNECT that follows; without one the connection is closed.
	MaxAuthTries int
	TooMany      string
	// Explains says why in a DISCONNECT when the client breaks the rules, and takes at least five milliseconds to refuse, as OpenSSH does.
	Explains bool
	// LineEnd is that of the identification, and Invalid and WrongMajor are said to who identifies themselves by something else, or by another major version.
	LineEnd, Invalid, WrongMajor string
	// Lenient takes whatever begins as an identification.
	Lenient bool
	// Eager sends its KEXINIT with its identification, without waiting for the client's.
	Eager bool
	// RandomPadding says that packets before the first keys are padded with random bytes, not zeros.
	RandomPadding bool
	// Window is that of a channel, and MaxPacket the most that a packet may bring. LateWindow says that the window is 0 until something runs in the channel.
	Window, MaxPacket uint32
	LateWindow        bool
	// EarlyEOF says that a channel's end of output comes before the status of what ran in it.
	EarlyEOF bool
	// AnnouncesHostKeys sends hostkeys-00@openssh.com once somebody has logged in.
	AnnouncesHostKeys bool
}

// Offers tells whether the product lists the authentication method.
func (p *Product) Offers(method string) bool {
	return slices.Contains(p.AuthMethods, method)
}

// HASSH is the string whose MD5 is known as the server's HASSH.
func (p *Product) HASSH() string {
	lists := []string{}
	for _, names := range [][]string{p.KeyExchanges, p.Ciphers, p.MACs, p.Compressions} {
		lists = append(lists, strings.Join(names, ","))
	}
	return strings.Join(lists, ";")
}

// SetDefaults is upstream's name for what a configuration lacks.
func (c *Config) SetDefaults() {
	if c.Rand == nil {
		c.Rand = cryptoRand
	}
}

// offer is the KEXINIT, the first or a later one.
func (c *Config) offer(first bool) *kexInitMsg {
	p := c.Product
	msg := &kexInitMsg{
		KexAlgos: p.KeyExchanges, ServerHostKeyAlgos: p.HostKeys,
		CiphersClientServer: p.Ciphers, CiphersServerClient: p.Ciphers,
		MACsClientServer: p.MACs, MACsServerClient: p.MACs,
		CompressionClientServer: p.Compressions, CompressionServerClient: p.Compressions,
	}
	if first && c.cookie != nil {
		msg.Cookie = *c.cookie
	} else {
		io.ReadFull(c.Rand, msg.Cookie[:])
	}
	return msg
}

// Hello is what the server says before it has heard anything: its identification and, from some, the first KEXINIT. What it returns is said by the caller, who swallows
// as many bytes of what NewServerConn then writes.
func (c *ServerConfig) Hello() ([]byte, error) {
	c.SetDefaults()
	hello := []byte(c.ServerVersion + c.Product.LineEnd)
	if !c.Product.Eager {
		return hello, nil
	}
	c.cookie = new([16]byte)
	io.ReadFull(c.Rand, c.cookie[:])
	var packet bytes.Buffer
	plain := &streamPacketCipher{cipher: noneCipher{}}
	if err := plain.writeCipherPacket(0, &packet, c.Rand, Marshal(c.offer(true))); err != nil {
		return nil, err
	}
	return append(hello, packet.Bytes()...), nil
}

// maxIdentification is how long OpenSSH lets an identification be.
const maxIdentification = 8192

var errIdentification = errors.New("ssh: not an identification of version 2.0")

// identify sends the server's identification and reads the client's, one byte at a time, as what follows it is another's.
func (p *Product) identify(conn io.ReadWriter, config *ServerConfig) ([]byte, error) {
	if _, err := io.WriteString(conn, config.ServerVersion+p.LineEnd); err != nil {
		return nil, err
	}
	refuse := func(words string) ([]byte, error) {
		io.WriteString(conn, words)
		return nil, errIdentification
	}
	var line []byte
	var b [1]byte
	ending := false
	for {
		if _, err := io.ReadFull(conn, b[:]); err != nil {
			return nil, err
		}
		if b[0] == '\n' {
			break
		}
		if b[0] == '\r' {
			ending = true
			continue
		}
		if (ending || b[0] == 0) && !p.Lenient || len(line) == maxIdentification {
			return refuse(p.Invalid)
		}
		line = append(line, b[0])
	}
	rest, ok := bytes.CutPrefix(line, []byte("SSH-"))
	if !ok {
		return refuse(p.Invalid)
	}
	version, software, ok := bytes.Cut(rest, []byte("-"))
	major, minor, dotted := bytes.Cut(version, []byte("."))
	switch {
	case !ok || !dotted || len(software) == 0 && !p.Lenient || !digits(major) || !digits(minor):
		return refuse(p.Invalid)
	case string(major) == "2" || string(version) == "1.99":
		return line, nil
	}
	return refuse(p.WrongMajor)
}

func digits(b []byte) bool {
	return len(b) > 0 && len(b) < 10 && len(bytes.Trim(b, "0123456789")) == 0
}

// extInfo is the EXT_INFO after the first NEWKEYS; nil is none.
func (p *Product) extInfo() *extInfoMsg { return extInfoOf(p.ExtInfo) }

func (p *Product) extInfoInAuth() *extInfoMsg {
	return extInfoOf([]string{"server-sig-algs", p.ExtInfoInAuth})
}

func extInfoOf(pairs []string) *extInfoMsg {
	if len(pairs) == 0 {
		return nil
	}
	msg := &extInfoMsg{NumExtensions: uint32(len(pairs) / 2)}
	for _, text := range pairs {
		msg.Payload = appendString(msg.Payload, text)
	}
	return msg
}

// disconnect tells the client why the server hangs up, where the product does.
func (p *Product) disconnect(conn packetConn, why string) {
	if p.Explains {
		conn.writePacket(Marshal(&disconnectMsg{Reason: 2, Message: why}))
	}
}

// refuse hangs up on who sends a packet of the types for private use, of which only ping@openssh.com means something, to some.
func (p *Product) refuse(conn packetConn, kind byte) error {
	if kind < msgPing || kind == msgPing && slices.Contains(p.ExtInfo, "ping@openssh.com") {
		return nil
	}
	p.disconnect(conn, fmt.Sprintf("Invalid ssh2 packet type: %d", kind))
	return errors.New("ssh: a packet of an unknown type")
}

// deliver hands a packet to who reads, as long as somebody does.
func (t *handshakeTransport) deliver(p []byte) error {
	select {
	case t.incoming <- p:
		return nil
	case <-t.gone:
		return net.ErrClosed
	}
}

func (t *handshakeTransport) loggedIn() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.userAuthComplete
}

// maxStranger is the longest packet that is taken before somebody has logged in, which every implementation must take (RFC 4253, 6.1). Sshd takes those of a quarter of a megabyte, but no hundred
// connections of them fit into a decky.
const maxStranger = 35000

func (t *handshakeTransport) tooLong(p []byte) error {
	if len(p) <= maxStranger || t.loggedIn() {
		return nil
	}
	return errors.New("ssh: a packet is too long for who has not logged in")
}

// tooSoon answers a KEXINIT that is not the first and comes before anybody has logged in, as sshd does: it would cost the server more than who sends it.
func (t *handshakeTransport) tooSoon() (bool, error) {
	conn, ok := t.conn.(*transport)
	if !ok || t.loggedIn() {
		return false, nil
	}
	return true, t.writePacket(binary.BigEndian.AppendUint32([]byte{msgUnimplemented}, conn.reader.seqNum-1))
}

// settle waits until a failure has taken as long as each one does for the user: from 5 to 9.2 ms, doubled until it is more than it has taken already.
func (c *ServerConfig) settle(began time.Time, user string) {
	if !c.Product.Explains {
		return
	}
	sum := sha256.Sum256(append(c.hostKeys[0].PublicKey().Marshal(), user...))
	least := 5*time.Millisecond + 4200*time.Microsecond*time.Duration(sum[0])/256
	took := time.Since(began)
	if took > time.Second { // what PAM has taken hides as much
		return
	}
	for least < took {
		least *= 2
	}
	time.Sleep(least - took)
}

// readServiceRequest returns the first packet after the key exchange that is no EXT_INFO, and whether the client is to be told its server-sig-algs again.
func readServiceRequest(conn packetConn, p *Product) (packet []byte, again bool, err error) {
	packet, err = conn.readPacket()
	if err != nil || packet[0] != msgExtInfo {
		return packet, false, err
	}
	var info extInfoMsg
	if err := Unmarshal(packet, &info); err != nil {
		return nil, false, err
	}
	rest := info.Payload
	for range min(info.NumExtensions, 64) {
		name, after, ok := parseString(rest)
		if !ok {
			return nil, false, parseError(msgExtInfo)
		}
		if _, rest, ok = parseString(after); !ok {
			return nil, false, parseError(msgExtInfo)
		}
		again = again || string(name) == "ext-info-in-auth@openssh.com" && p.ExtInfoInAuth != ""
	}
	packet, err = conn.readPacket()
	return packet, again, err
}

// methodHostBound is publickey with the server's host key in what is signed.
const methodHostBound = "publickey-hostbound-v00@openssh.com"

func (p *Product) hostBound() bool {
	return slices.Contains(p.ExtInfo, "publickey-hostbound@openssh.com")
}

func (c *ServerConfig) hasHostKey(blob []byte) bool {
	return slices.ContainsFunc(c.hostKeys, func(k Signer) bool { return bytes.Equal(k.PublicKey().Marshal(), blob) })
}

// KeyboardInteractiveChallenge asks the client for answers.
type KeyboardInteractiveChallenge func(name, instruction string, questions []string, echos []bool) (answers []string, err error)

// multiple is that to which a packet is padded.
func (s *streamPacketCipher) multiple() int {
	if s.mac == nil { // before the first keys
		return 8
	}
	return packetSizeMultiple
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// padding is what the next packet is padded with.
func (t *transport) padding() io.Reader {
	if stream, ok := t.writer.packetCipher.(*streamPacketCipher); ok && stream.mac == nil && t.zeroPadding {
		return zeros{}
	}
	return t.rand
}

// firstWindow is what the confirmation of a channel says.
func (ch *channel) firstWindow() uint32 {
	if ch.mux.product.LateWindow {
		return 0
	}
	return ch.myWindow
}

// Begin tells the client that the channel has begun to take input, where it does not from its opening on.
func Begin(c Channel) error {
	ch, ok := c.(*channel)
	if !ok || !ch.mux.product.LateWindow {
		return nil
	}
	return ch.sendMessage(windowAdjustMsg{PeersID: ch.remoteId, AdditionalBytes: ch.fullWindow})
}
