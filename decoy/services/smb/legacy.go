package smb

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/windows"
)

// SMB 1 is spoken as far as the worms and scanners go that are after its holes: up to the transactions in which these are. The server seems to have
// them.

const ntlmDialect = "NT LM 0.12"

// The commands of SMB 1.
const (
	legacyClose          = 0x04
	legacyTransaction    = 0x25
	legacyEcho           = 0x2b
	legacyTransaction2   = 0x32
	legacyTreeDisconnect = 0x71
	legacyNegotiate      = 0x72
	legacySessionSetup   = 0x73
	legacyLogoff         = 0x74
	legacyTreeConnect    = 0x75
	legacyNTTransact     = 0xa0
	legacyNTTransactMore = 0xa1
	legacyNTCreate       = 0xa2
)

var legacyNames = map[byte]string{
	legacyClose: "close", legacyTransaction: "transaction", legacyEcho: "echo", legacyTransaction2: "transaction2", legacyTreeDisconnect: "tree_disconnect", legacySessionSetup: "session_setup",
	legacyLogoff: "logoff", legacyTreeConnect: "tree_connect", legacyNTTransact: "nt_transact", legacyNTTransactMore: "nt_transact_secondary", legacyNTCreate: "nt_create",
}

const (
	legacyHeader    = 32
	legacyExtended  = 1 << 11 // the login is one of SPNEGO
	legacyUnicode   = 1 << 15
	legacyCanExtend = 1 << 31
)

// The statuses of SMB 1 alone.
const (
	notImplemented status = 0xc0000002
	noResources    status = 0xc0000205
)

// legacy is a conversation in SMB 1.
type legacy struct {
	exchange *ntlm.Exchange
	in       bool
	user     uint16 // the number of the login
	tree     uint16
}

// legacyReply makes an answer to a message.
func legacyReply(q request, s status, words, content []byte, l *legacy) []byte {
	b := builder(slices.Clone(q[:legacyHeader]))
	b.Patch32(5, uint32(s))
	b[9] |= 0x80 // an answer
	clear(b[14:22])
	if l.tree != 0 {
		binary.LittleEndian.PutUint16(b[24:], l.tree)
	}
	if l.user != 0 {
		binary.LittleEndian.PutUint16(b[28:], l.user)
	}
	b.U8(byte(len(words) / 2))
	b.Bytes(words)
	b.U16(uint16(len(content)))
	b.Bytes(content)
	return b
}

// startLegacy answers the negotiation, by which SMB 1 is chosen.
func (c *conn) startLegacy(message []byte, index int) []byte {
	v := c.server
	c.legacy = &legacy{exchange: ntlm.NewExchange(v.machine)}
	extended := request(message).U16(10)&legacyExtended != 0
	can := uint32(0x0001f3fc) // Windows since 2008 R2: no raw mode
	var content builder
	challenge := 8
	if extended {
		can |= legacyCanExtend
		challenge = 0
		content.Bytes(v.guid)
		content.Bytes(ntlm.Offer())
	} else {
		content.Bytes(c.legacy.exchange.Nonce())
		content.Bytes(windows.UTF16(v.machine.Domain + "\x00" + v.machine.Name + "\x00"))
	}
	var words builder
	words.U16(uint16(index))
	words.U8(3) // each user logs in, with a challenge
	words.U16(50)
	words.U16(1)
	words.U32(16644)
	words.U32(65536)
	words.U32(0)
	words.U32(can)
	words.U64(windows.FileTime(v.host.Now().UnixNano()))
	words.U16(0)
	words.U8(byte(challenge))
	return legacyReply(message, ok, words, content, c.legacy)
}

// legacyCommand answers a message of SMB 1.
func (c *conn) legacyCommand(message []byte) (reply []byte, goOn bool) {
	if len(message) < legacyHeader+3 {
		c.strange(message)
		return nil, false
	}
	q, l := request(message), c.legacy
	command := message[4]
	words := message[legacyHeader+1:]
	words = words[:min(len(words), 2*int(message[legacyHeader]))]
	content := message[min(len(message), legacyHeader+1+len(words)+2):]
	name := legacyNames[command]
	if name == "" {
		name = fmt.Sprintf("%02x", command)
	}
	function := ""
	if at := map[byte]int{legacyTransaction: 28, legacyTransaction2: 28, legacyNTTransact: 36}[command]; at > 0 && at+2 <= len(words) {
		function = fmt.Sprintf("%04x", binary.LittleEndian.Uint16(words[at:]))
	}
	c.s.Event("smb1", event.String("request", name), event.String("function", function), event.Int("size", int64(len(message))), event.Bytes("data", message[:min(len(message), 1024)]))
	answer := func(s status, words, content []byte) ([]byte, bool) {
		return legacyReply(q, s, words, content, l), true
	}
	if command == legacySessionSetup {
		return c.legacySetup(q, words, content)
	}
	if command == legacyNegotiate || !l.in {
		return answer(accessDenied, nil, nil)
	}
	switch command {
	case legacyTreeConnect:
		return c.legacyTree(q, words, content)
	case legacyTransaction:
		// What a server without the hole calls an invalid handle here.
		return answer(noResources, nil, nil)
	case legacyTransaction2:
		return answer(notImplemented, nil, nil)
	case legacyNTTransact, legacyNTTransactMore:
		return answer(ok, nil, nil)
	case legacyEcho:
		return answer(ok, []byte{1, 0}, content)
	case legacyLogoff:
		l.in = false
		return answer(ok, []byte{0xff, 0, 0, 0}, nil)
	case legacyTreeDisconnect, legacyClose:
		return answer(ok, nil, nil)
	}
	return answer(accessDenied, nil, nil)
}

// system is what the server says that it runs on.
func (v *server) system() string {
	return fmt.Sprintf("%s %d\x00%s 6.3\x00", v.machine.Product, v.machine.Build, v.machine.Product)
}

// legacySetup answers a login, in either of its forms.
func (c *conn) legacySetup(q request, words, content []byte) ([]byte, bool) {
	l, w := c.legacy, request(words)
	var proof *ntlm.Proof
	extended := len(words) == 24
	switch {
	case extended:
		token := content[:min(len(content), int(w.U16(14)))]
		message := ntlm.Find(token)
		if ntlm.Kind(message) == 3 {
			p, err := l.exchange.Proof(message)
			if err != nil {
				return legacyReply(q, invalidParameter, nil, nil, l), false
			}
			proof = p
			break
		}
		next := ntlm.WrapSelection()
		if ntlm.Kind(message) == 1 {
			if next = l.exchange.Challenge(message, c.server.host.Now()); len(message) != len(token) {
				next = ntlm.WrapChallenge(next)
			}
		}
		l.user = 0x0800
		return legacyReply(q, moreProcessing, legacySetupWords(0, len(next)), append(next, legacyText(q, 43+len(next), c.server.system())...), l), true
	case len(words) == 26:
		lm, nt := int(w.U16(14)), int(w.U16(16))
		if lm+nt > len(content) {
			return legacyReply(q, invalidParameter, nil, nil, l), false
		}
		names := legacyTexts(q, content[lm+nt:], len(q)-len(content)+lm+nt)
		proof = l.exchange.Bare(names[0], names[1], content[:lm], content[lm:lm+nt])
	default:
		c.strange(q)
		return nil, false
	}
	flags, _, admitted := c.admit(proof, event.String("how", "smb1"))
	if !admitted {
		return legacyReply(q, logonFailure, nil, nil, l), true
	}
	l.in, l.user = true, 0x0800
	action := byte(0)
	if flags == sessionGuest {
		action = 1
	}
	if extended {
		done := ntlm.WrapDone(nil)
		return legacyReply(q, ok, legacySetupWords(action, len(done)), append(done, legacyText(q, 43+len(done), c.server.system())...), l), true
	}
	return legacyReply(q, ok, []byte{0xff, 0, 0, 0, action, 0}, legacyText(q, 41, c.server.system()+c.server.machine.Domain+"\x00"), l), true
}

// legacyText writes text as the client wants it, where at bytes come before: Unicode begins at an even one.
func legacyText(q request, at int, text string) []byte {
	if q.U16(10)&legacyUnicode == 0 {
		return []byte(text)
	}
	return append(make([]byte, at%2), windows.UTF16(text)...)
}

func legacySetupWords(action byte, token int) []byte {
	return []byte{0xff, 0, 0, 0, action, 0, byte(token), byte(token >> 8)}
}

// legacyTexts reads four texts, each with a zero at its end; at is where they are in the message, since Unicode begins at an even byte.
func legacyTexts(q request, content []byte, at int) [4]string {
	var out [4]string
	if q.U16(10)&legacyUnicode != 0 {
		content = content[min(at%2, len(content)):]
		copy(out[:], strings.Split(windows.Text(content), "\x00"))
	} else {
		copy(out[:], strings.Split(string(content), "\x00"))
	}
	return out
}

// legacyTree connects to the share that is there for everybody, or to none.
func (c *conn) legacyTree(q request, words, content []byte) ([]byte, bool) {
	l := c.legacy
	secret := int(request(words).U16(6))
	if secret > len(content) {
		return legacyReply(q, invalidParameter, nil, nil, l), false
	}
	path := legacyTexts(q, content[secret:], len(q)-len(content)+secret)[0]
	allowed := strings.HasSuffix(strings.ToUpper(path), "IPC$")
	outcome := event.Rejected
	if allowed {
		outcome = event.Accepted
	}
	c.s.Event("share", event.String("path", path), event.String(event.Outcome, outcome))
	if !allowed {
		return legacyReply(q, accessDenied, nil, nil, l), true
	}
	l.tree = 0x0800
	return legacyReply(q, ok, []byte{0xff, 0, 0, 0, 1, 0}, []byte("IPC\x00\x00\x00\x00"), l), true
}
