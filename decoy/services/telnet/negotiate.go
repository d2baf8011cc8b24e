package telnet

import (
	"bytes"
	"io"
)

// The bytes of RFC 854 and its options.
const (
	se = 240

	interrupt = 244

	sb   = 250
	will = 251
	wont = 252
	do   = 253
	dont = 254
	iac  = 255

	optBinary  = 0
	optEcho    = 1
	optSGA     = 3
	optTType   = 24
	optNAWS    = 31
	optSpeed   = 32
	optDisplay = 35
	optAuth    = 37
	optEnviron = 39
)

// maxSubnegotiation bounds what a client may say in one.
const maxSubnegotiation = 256

// negotiator takes the telnet commands out of what the client sends, answers them, and makes each end of line one carriage
// return. A client that knows nothing of telnet (most bots) can ignore it.
type negotiator struct {
	conn   io.ReadWriter
	resize func(columns, rows int)
	named  func(terminal string)

	state   state
	command byte
	option  []byte // of a subnegotiation, with its data
	wasCR   bool
	pending []byte // sent by the client before anybody reads
	begun   []byte // every WILL and DO that this end has sent, with its option
	asked   bool   // for the terminal's name
}

type state int

const (
	inText state = iota
	afterIAC
	afterCommand // WILL, WONT, DO, DONT: the option follows
	inOption
	inOptionAfterIAC
)

func newNegotiator(conn io.ReadWriter) *negotiator {
	return &negotiator{conn: conn, resize: func(int, int) {}, named: func(string) {}}
}

// begin sends WILL and DO, each with its option: what this end does and would like of the client.
func (n *negotiator) begin(commands ...byte) error {
	var out []byte
	for i := 0; i+1 < len(commands); i += 2 {
		out = append(out, iac, commands[i], commands[i+1])
	}
	n.begun = append(n.begun, commands...)
	_, err := n.conn.Write(out)
	return err
}

// hasBegun tells whether this end has sent the command for the option, so that the client's word on it is an answer.
func (n *negotiator) hasBegun(command, option byte) bool {
	for i := 0; i+1 < len(n.begun); i += 2 {
		if n.begun[i] == command && n.begun[i+1] == option {
			return true
		}
	}
	return false
}

// wait lets the client answer, until it does or the connection's read deadline comes.
func (n *negotiator) wait() {
	first := make([]byte, 512)
	count, _ := n.conn.Read(first)
	n.pending = first[:count]
}

// Read returns text alone.
func (n *negotiator) Read(p []byte) (int, error) {
	for {
		var count int
		var err error
		if len(n.pending) > 0 {
			count = copy(p, n.pending)
			n.pending = n.pending[count:]
		} else {
			count, err = n.conn.Read(p)
		}
		if text := n.filter(p[:count]); text > 0 || err != nil {
			return text, err
		}
	}
}

// filter moves the text of p to its beginning and returns its length.
func (n *negotiator) filter(p []byte) int {
	text := 0
	for _, c := range p {
		switch n.state {
		case inText:
			switch {
			case c == iac:
				n.state = afterIAC
			case n.wasCR && (c == '\n' || c == 0):
				n.wasCR = false // CR LF and CR NUL are one end of line
			default:
				if n.wasCR = c == '\r'; c == '\n' {
					c = '\r'
				}
				p[text] = c
				text++
			}
		case afterIAC:
			switch {
			case c == iac:
				n.state = inText
				p[text] = c
				text++
			case c == sb:
				n.state, n.option = inOption, n.option[:0]
			case c >= will && c <= dont:
				n.state, n.command = afterCommand, c
			case c == interrupt:
				n.state = inText
				p[text] = 3 // as Ctrl-C, which some clients send so
				text++
			default:
				n.state = inText
			}
		case afterCommand:
			n.state = inText
			n.answer(n.command, c)
		case inOption:
			if c == iac {
				n.state = inOptionAfterIAC
			} else if len(n.option) < maxSubnegotiation {
				n.option = append(n.option, c)
			}
		case inOptionAfterIAC:
			switch c {
			case iac:
				n.option = append(n.option, c)
				n.state = inOption
			default:
				n.state = inText
				n.learn()
			}
		}
	}
	return text
}

// answer replies to what the client says of an option, unless that is itself an answer.
func (n *negotiator) answer(command, option byte) {
	switch {
	case command == will && n.hasBegun(do, option):
		if option == optTType && !n.asked {
			n.asked = true
			n.conn.Write([]byte{iac, sb, optTType, 1, iac, se})
		}
	case command == will:
		n.conn.Write([]byte{iac, dont, option})
	case command == do && !n.hasBegun(will, option):
		n.conn.Write([]byte{iac, wont, option})
	}
}

func (n *negotiator) learn() {
	switch {
	case len(n.option) == 5 && n.option[0] == optNAWS:
		columns, rows := int(n.option[1])<<8|int(n.option[2]), int(n.option[3])<<8|int(n.option[4])
		if columns > 0 && rows > 0 {
			n.resize(min(columns, 1000), min(rows, 1000))
		}
	case len(n.option) > 2 && n.option[0] == optTType && n.option[1] == 0:
		n.named(string(n.option[2:]))
	}
}

// Write sends text.
func (n *negotiator) Write(p []byte) (int, error) {
	if bytes.IndexByte(p, iac) < 0 {
		return n.conn.Write(p)
	}
	if _, err := n.conn.Write(bytes.ReplaceAll(p, []byte{iac}, []byte{iac, iac})); err != nil {
		return 0, err
	}
	return len(p), nil
}
