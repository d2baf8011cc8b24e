package vnc

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"time"

	"decnet/decoy/event"
)

// The bounds of what a client may send.
const (
	idleTime     = 5 * time.Minute
	maxEncodings = 1024
	maxCutText   = 1 << 20
	keptCutText  = 4096
	maxKeys      = 256 // characters in one event
)

var errProtocol = errors.New("vnc: a malformed message")

// What a client asks or does.
type (
	wantsFormat    format
	wantsEncodings []int32
	wantsUpdate    struct {
		incremental bool
		x, y, w, h  int
	}
	key struct {
		down bool
		sym  uint32
	}
	pointer struct {
		buttons byte
		x, y    int
	}
	cutText string
)

// readInput reads one message.
func readInput(in io.Reader) (any, error) {
	var b [20]byte
	read := func(n int) error {
		_, err := io.ReadFull(in, b[:n])
		return err
	}
	if err := read(1); err != nil {
		return nil, err
	}
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	switch b[0] {
	case 0:
		if err := read(19); err != nil {
			return nil, err
		}
		f, ok := parseFormat([16]byte(b[3:19]))
		if !ok {
			return nil, errProtocol
		}
		return wantsFormat(f), nil
	case 2:
		if err := read(3); err != nil {
			return nil, err
		}
		n := u16(1)
		if n > maxEncodings {
			return nil, errProtocol
		}
		out := make(wantsEncodings, n)
		return out, binary.Read(in, binary.BigEndian, []int32(out))
	case 3:
		err := read(9)
		return wantsUpdate{b[0] != 0, u16(1), u16(3), u16(5), u16(7)}, err
	case 4:
		err := read(7)
		return key{b[0] != 0, binary.BigEndian.Uint32(b[3:])}, err
	case 5:
		err := read(5)
		return pointer{b[0], u16(1), u16(3)}, err
	case 6:
		if err := read(7); err != nil {
			return nil, err
		}
		n := int64(binary.BigEndian.Uint32(b[3:]))
		if n > maxCutText {
			return nil, errProtocol
		}
		kept := make([]byte, min(n, keptCutText))
		if _, err := io.ReadFull(in, kept); err != nil {
			return nil, err
		}
		_, err := io.CopyN(io.Discard, in, n-int64(len(kept)))
		return cutText(kept), err
	}
	return nil, errProtocol
}

// typing gathers keys until they make a line.
type typing struct {
	line strings.Builder
	n    int
}

// names are those of the keys that are no characters.
var names = map[uint32]string{
	0xff08: "<Backspace>", 0xff09: "<Tab>", 0xff0d: "<Return>", 0xff8d: "<Return>", 0xff1b: "<Escape>", 0xffff: "<Delete>", 0xff51: "<Left>", 0xff52: "<Up>", 0xff53: "<Right>", 0xff54: "<Down>",
	0xff50: "<Home>", 0xff57: "<End>", 0xffe3: "<Control>", 0xffe4: "<Control>", 0xffe9: "<Alt>", 0xffea: "<Alt>", 0xffeb: "<Super>", 0xffec: "<Super>", 0xffe7: "<Meta>",
}

// add takes a key and tells whether the line is complete.
func (t *typing) add(k key) bool {
	switch {
	case !k.down:
		return false
	case k.sym >= 0x20 && k.sym < 0x7f || k.sym >= 0xa0 && k.sym <= 0xff:
		t.line.WriteRune(rune(k.sym))
	case k.sym&0xff000000 == 0x01000000: // Unicode
		t.line.WriteRune(rune(k.sym & 0xffffff))
	case names[k.sym] != "":
		t.line.WriteString(names[k.sym])
	default:
		return false
	}
	t.n++
	return t.n == maxKeys || names[k.sym] == "<Return>"
}

// take returns the line and begins another.
func (t *typing) take() string {
	line := t.line.String()
	t.line.Reset()
	t.n = 0
	return line
}

// show lets the client see the desktop and records what it does there.
func (c *client) show() {
	if _, err := c.in.ReadByte(); err != nil { // whether it shares the screen
		return
	}
	first := binary.BigEndian.AppendUint16(nil, uint16(c.screen.w))
	first = binary.BigEndian.AppendUint16(first, uint16(c.screen.h))
	first = append(append(first, usual.bytes()...), text(c.desktop)...)
	if _, err := c.s.Write(first); err != nil {
		return
	}
	f, encoding := usual, int32(encodingRaw)
	var typed typing
	var clicks int64
	defer func() {
		if line := typed.take(); line != "" {
			c.s.Event("keys", event.String("keys", line))
		}
		if clicks > 0 {
			c.s.Event("clicks", event.Int(event.Count, clicks))
		}
	}()
	pressed := byte(0)
	for {
		c.s.SetReadDeadline(time.Now().Add(idleTime))
		message, err := readInput(c.in)
		if errors.Is(err, errProtocol) {
			c.s.Event("protocol_error", event.String("reason", err.Error()))
		}
		if err != nil {
			return
		}
		switch m := message.(type) {
		case wantsFormat:
			f = format(m)
		case wantsEncodings:
			encoding = encodingRaw
			for _, e := range m {
				if e == encodingRRE {
					encoding = e
				}
			}
		case wantsUpdate:
			if m.incremental {
				continue // nothing has changed
			}
			if c.screen.update(c.s, m.x, m.y, m.w, m.h, f, encoding) != nil {
				return
			}
		case key:
			if typed.add(m) {
				c.s.Event("keys", event.String("keys", typed.take()))
			}
		case pointer:
			if m.buttons&^pressed != 0 {
				clicks++
			}
			pressed = m.buttons
		case cutText:
			c.s.Event("clipboard", event.String("content", string(m)))
		}
	}
}
