// Package tlsprint takes the fingerprints of a TLS server, as scanners do: JARM, JA3S and JA4S, and what it takes of what a client may offer. Tests hold the decoys against it, and `decnet check`
// tells Go's TLS by it.
package tlsprint

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// recordsMost is how many records an answer may have.
const recordsMost = 64

// patience is how long a server may take to answer one hello.
const patience = 30 * time.Second

// Dial connects to a server, up to where it expects the client's hello.
type Dial func() (net.Conn, error)

// Hello is what a client says first.
type Hello struct {
	Record, Version uint16 // of the record, and of the hello
	Suites          []uint16
	Compressions    []byte // nil is without
	ServerName      string
	NoSessionID     bool
	Extensions      []Extension
}

// Extension is one of a hello's, or of its answer's.
type Extension struct {
	Type uint16
	Data []byte
}

// Bytes is the hello in its record.
func (h Hello) Bytes() []byte {
	var b cryptobyte.Builder
	b.AddUint8(22)
	b.AddUint16(h.Record)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(1)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(h.Version)
			b.AddBytes(random(32))
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) {
				if !h.NoSessionID {
					b.AddBytes(random(32))
				}
			})
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, s := range h.Suites {
					b.AddUint16(s)
				}
			})
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) {
				if h.Compressions == nil {
					b.AddUint8(0)
				}
				b.AddBytes(h.Compressions)
			})
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, e := range h.Extensions {
					b.AddUint16(e.Type)
					b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.Data) })
				}
			})
		})
	})
	return b.BytesOrPanic()
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// Answer is what a server says to a hello.
type Answer struct {
	Alert      byte // that it ends by, 0 for none
	Silent     bool // it hangs up instead of an answer
	Version    uint16
	SessionID  []byte
	Suite      uint16
	Extensions []Extension
	Retry      bool // a HelloRetryRequest
	Group      uint16
	Records    []string // up to where it waits for the client
}

// Get returns the data of one of the extensions.
func (a *Answer) Get(extension uint16) ([]byte, bool) {
	i := slices.IndexFunc(a.Extensions, func(e Extension) bool { return e.Type == extension })
	if i < 0 {
		return nil, false
	}
	return a.Extensions[i].Data, true
}

// ALPN is the protocol that the server has chosen.
func (a *Answer) ALPN() string {
	if data, _ := a.Get(16); len(data) > 3 {
		return string(data[3:])
	}
	return ""
}

// Types are the extensions in the server's order, in hexadecimal.
func (a *Answer) Types() []string {
	var types []string
	for _, e := range a.Extensions {
		types = append(types, fmt.Sprintf("%04x", e.Type))
	}
	return types
}

// Ask sends a hello and reads what the server says before it waits for the client.
func Ask(dial Dial, hello []byte) (*Answer, error) {
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(hello); err != nil {
		return nil, err
	}
	return Read(conn)
}

// Read reads the answer to a hello.
func Read(conn io.Reader) (*Answer, error) {
	a := &Answer{}
	var handshake []byte
	for {
		var header [5]byte
		if _, err := io.ReadFull(conn, header[:]); err != nil {
			if len(a.Records) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
				var slow net.Error
				if errors.As(err, &slow) && slow.Timeout() {
					return nil, err
				}
				a.Silent = true
				return a, nil
			}
			return a, nil
		}
		body := make([]byte, binary.BigEndian.Uint16(header[3:]))
		if _, err := io.ReadFull(conn, body); err != nil {
			return nil, err
		}
		switch header[0] {
		case 21:
			if len(body) == 2 {
				a.Alert = body[1]
			}
			return a, nil
		case 22:
			if len(a.Records) == recordsMost {
				return nil, errors.New("an answer without end")
			}
			a.Records = append(a.Records, fmt.Sprintf("%d:%d", header[0], len(body)))
			handshake = append(handshake, body...)
			for len(handshake) >= 4 {
				size := 4 + int(handshake[1])<<16 + int(handshake[2])<<8 + int(handshake[3])
				if len(handshake) < size {
					break
				}
				switch message := handshake[:size]; message[0] {
				case 2:
					if err := a.hello(message[4:]); err != nil {
						return nil, err
					}
					if _, ok := a.Get(43); ok {
						return a, nil // the rest is encrypted
					}
				case 12:
					if len(message) > 7 && message[4] == 3 {
						a.Group = binary.BigEndian.Uint16(message[5:])
					}
				case 14:
					return a, nil
				}
				handshake = handshake[size:]
			}
		default:
			return nil, fmt.Errorf("a record of type %d", header[0])
		}
	}
}

var retryRandom = sha256.Sum256([]byte("HelloRetryRequest"))

func (a *Answer) hello(m []byte) error {
	s := cryptobyte.String(m)
	var said, id, extensions cryptobyte.String
	if !s.ReadUint16(&a.Version) || !s.ReadBytes((*[]byte)(&said), 32) || !s.ReadUint8LengthPrefixed(&id) || !s.ReadUint16(&a.Suite) || !s.Skip(1) {
		return errors.New("a hello that is none")
	}
	a.SessionID, a.Retry = id, string(said) == string(retryRandom[:])
	if s.Empty() {
		return nil
	}
	if !s.ReadUint16LengthPrefixed(&extensions) {
		return errors.New("a hello whose extensions are none")
	}
	for !extensions.Empty() {
		var e Extension
		if !extensions.ReadUint16(&e.Type) || !extensions.ReadUint16LengthPrefixed((*cryptobyte.String)(&e.Data)) {
			return errors.New("a hello whose extensions are none")
		}
		if e.Type == 51 && len(e.Data) >= 2 {
			a.Group = binary.BigEndian.Uint16(e.Data)
		}
		a.Extensions = append(a.Extensions, e)
	}
	return nil
}

// JA3S is the MD5 of the numbers of the answer.
func (a *Answer) JA3S() string {
	var types []string
	for _, e := range a.Extensions {
		types = append(types, strconv.Itoa(int(e.Type)))
	}
	sum := md5.Sum(fmt.Appendf(nil, "%d,%d,%s", a.Version, a.Suite, strings.Join(types, "-")))
	return hex.EncodeToString(sum[:])
}

// JA4S is like a JA4, of the answer.
func (a *Answer) JA4S() string {
	version := a.Version
	if data, ok := a.Get(43); ok && len(data) == 2 {
		version = binary.BigEndian.Uint16(data)
	}
	name := map[uint16]string{0x304: "13", 0x303: "12", 0x302: "11", 0x301: "10"}[version]
	alpn := "00"
	if p := a.ALPN(); p != "" {
		alpn = p[:1] + p[len(p)-1:]
	}
	sum := sha256.Sum256([]byte(strings.Join(a.Types(), ",")))
	rest := hex.EncodeToString(sum[:6])
	if len(a.Extensions) == 0 {
		rest = "000000000000"
	}
	return fmt.Sprintf("t%s%02d%s_%04x_%s", name, len(a.Extensions), alpn, a.Suite, rest)
}

func lists[T ~uint16](of ...T) []byte {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, v := range of {
			b.AddUint16(uint16(v))
		}
	})
	return b.BytesOrPanic()
}

// ServerName is the extension that names the server.
func ServerName(name string) Extension {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(0)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
	})
	return Extension{0, b.BytesOrPanic()}
}

// Groups is the extension that lists the client's groups.
func Groups(of ...uint16) Extension { return Extension{10, lists(of...)} }

// Versions is the extension that lists the client's versions.
func Versions(of ...uint16) Extension {
	data := lists(of...)
	return Extension{43, data[1:]}
}

// Schemes is the extension that lists the client's signatures.
func Schemes(of ...uint16) Extension { return Extension{13, lists(of...)} }

// Share is the extension with a key for X25519, or with none.
func Share(x25519 bool) Extension {
	if !x25519 {
		return Extension{51, []byte{0, 0}}
	}
	return Extension{51, append([]byte{0, 36, 0, 29, 0, 32}, random(32)...)}
}

// ALPN is the extension that lists the client's protocols.
func ALPN(of ...string) Extension {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, p := range of {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(p)) })
		}
	})
	return Extension{16, b.BytesOrPanic()}
}

// Modern is the hello of a client of today, whose answers are compared by JA3S and JA4S: with TLS 1.3, or up to 1.2.
func Modern(name string, with13 bool) Hello {
	h := Hello{Record: 0x301, Version: 0x303, Suites: []uint16{
		0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e, 0xc024, 0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0xc009, 0xc013, 0x0033,
		0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x00ff,
	}}
	h.Extensions = []Extension{
		ServerName(name), {11, []byte{3, 0, 1, 2}}, Groups(0x1d, 0x17, 0x1e, 0x19, 0x18), {35, nil}, ALPN("h2", "http/1.1"), {22, nil}, {23, nil},
		Schemes(0x403, 0x503, 0x603, 0x807, 0x808, 0x809, 0x80a, 0x80b, 0x804, 0x805, 0x806, 0x401, 0x501, 0x601, 0x303, 0x301, 0x302, 0x402, 0x502, 0x602),
	}
	if with13 {
		h.Extensions = append(h.Extensions, Versions(0x304, 0x303), Extension{45, []byte{1, 1}}, Share(true))
	}
	return h
}

// Taken are the suites that a server takes of all that there are, in the order in which it takes them of a list in ascending order. mend may change the hellos.
func Taken(dial Dial, name string, version uint16, mend func(*Hello)) ([]uint16, error) {
	var left []uint16
	if version == 0x304 {
		left = []uint16{0x1301, 0x1302, 0x1303, 0x1304, 0x1305}
	} else {
		for _, r := range [][2]uint16{{0x01, 0xc7}, {0xc001, 0xc0af}, {0xcca8, 0xccae}} {
			for s := r[0]; s <= r[1]; s++ {
				left = append(left, s)
			}
		}
	}
	var taken []uint16
	for {
		h := Modern(name, version == 0x304)
		h.Version, h.Suites = min(version, 0x303), left
		if version == 0x304 {
			h.Suites = append(slices.Clone(left), 0xc02f)
			for i := range h.Extensions {
				if h.Extensions[i].Type == 43 {
					h.Extensions[i] = Versions(0x304)
				}
			}
		}
		if mend != nil {
			mend(&h)
		}
		a, err := Ask(dial, h.Bytes())
		if err != nil {
			return taken, err
		}
		if a.Suite == 0 || !slices.Contains(left, a.Suite) {
			return taken, nil
		}
		taken = append(taken, a.Suite)
		left = slices.DeleteFunc(slices.Clone(left), func(s uint16) bool { return s == a.Suite })
	}
}
