// Package smtp is the decoy of a mail server: Postfix, Exim or Exchange. Logins are recorded and so is every message that it takes; none goes
// anywhere. Most deckies refuse to relay, as a server should; some seem to be open, and learn what a spammer would send.
package smtp

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/windows"
)

const (
	submissionPort = 587
	commandTime    = 5 * time.Minute
	maxRecipients  = 100
)

func init() {
	decoy.Register("smtp", func(h *decoy.Host) (decoy.Service, error) { return newServer(h, "smtp"), nil })
}

// NewRelay makes the decky's mail server as one that takes every message, whoever it is for, and seems to pass it on.
func NewRelay(h *decoy.Host) decoy.Service {
	v := newServer(h, "smtp_relay")
	v.relay = true
	return v
}

type server struct {
	host    *decoy.Host
	product product
	name    string   // of its host, as it greets
	domain  string   // whose mail it takes
	users   []string // who have a mailbox
	open    bool     // to relay
	relay   bool     // take everything, and keep more of it
	user    string   // of the weak login; "" is none
	secret  string
}

// newServer makes the server that the decky has as that service.
func newServer(h *decoy.Host, service string) *server {
	v := &server{host: h, product: productOf(h, service)}
	r := h.Rand("smtp")
	v.name = h.Hostname
	if m := windows.MachineOf(h); m.Real {
		v.name = m.DNSName // whole, as Windows's other services tell it
	}
	v.domain = strings.ToLower(v.name)
	if _, parent, ok := strings.Cut(v.domain, "."); ok {
		v.domain = parent
	}
	all := []string{"info", "sales", "office", "support", "admin", "backup", "webmaster", "hr", "billing"}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	v.users = append([]string{"postmaster", "root"}, all[:2+r.IntN(4)]...)
	v.open = r.IntN(4) == 0
	if r.IntN(3) == 0 {
		v.user = v.users[2]
		v.secret = []string{v.user, v.user + "123", "123456", "password"}[r.IntN(4)]
	}
	return v
}

// client is one connection.
type client struct {
	*server
	s         *decoy.Session
	conn      net.Conn // the session, or TLS on it
	in        *bufio.Reader
	secured   bool
	logged    bool
	extended  bool // EHLO it was
	chunking  bool // a piece of the message has come by BDAT
	syntax    int  // errors of form or order
	idle      int  // commands that bring no message on
	helo      string
	mail      *message
	commands  int
	unknown   int
	argument  string // of the command being answered
	command   string
	text      string // the whole of it
	addressee string
	chunk     int64 // the bytes of the last piece, and of the whole message
	total     int64
	id        string
}

// MaxConnections is what the product takes at once.
func (v *server) MaxConnections() int { return v.product.most }

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &client{server: v, s: s}
	c.over(s)
	if s.Crowded() {
		c.say(v.product.crowded)
		return
	}
	if c.say(v.product.banner) != nil {
		return
	}
	for {
		line, err := c.line()
		if errors.Is(err, bufio.ErrBufferFull) {
			verb, rest, _ := strings.Cut(line[:256], " ") // behind AUTH, it is a secret
			c.s.Event(event.CommandRun, event.String(event.Command, verb), event.String("data", rest))
			c.say(cmp.Or(v.product.tooLong, "500 5.5.2 Error: line too long"))
			return
		}
		if err != nil {
			return
		}
		if v.product.trims {
			line = strings.TrimLeft(line, " \t")
		}
		c.command, c.argument = parse(line)
		c.text = strings.TrimRight(line, "\r\n")
		c.commands++
		text := c.command
		if mechanism, _, _ := strings.Cut(c.argument, " "); c.command == "AUTH" || c.command == "X-EXPS" {
			text += " " + mechanism // what follows is recorded as a secret
		} else if c.argument != "" {
			text += " " + c.argument
		}
		s.Event(event.CommandRun, event.String(event.Command, text))
		if !c.obey(ctx) {
			return
		}
	}
}

// over lets the conversation go on over conn. What was read ahead is forgotten: a client that sent it before TLS began must not be believed.
func (c *client) over(conn net.Conn) {
	c.conn, c.in = conn, bufio.NewReaderSize(conn, maxLine)
}

func (c *client) line() (string, error) {
	c.s.SetReadDeadline(time.Now().Add(commandTime))
	line, err := c.in.ReadSlice('\n')
	return string(line), err
}

// say sends a reply; each line of it ends as the protocol wants.
func (c *client) say(text string) error {
	_, err := io.WriteString(c.conn, strings.ReplaceAll(c.fill(text), "\n", "\r\n")+"\r\n")
	return err
}

// fill puts the values in their places. What the client has sent can't hold a newline: it came in one line.
func (c *client) fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	sender := ""
	if c.mail != nil {
		sender = c.mail.from
	}
	user, _, _ := strings.Cut(strings.Trim(c.argument, "<>"), "@")
	return strings.NewReplacer("{open}", "{", "{close}", "}", "{line}", c.text, "{sender}", sender, "{user}", user, "{host}", c.name, "{peer}", c.s.Peer().Addr().Unmap().String(), "{helo}", c.helo, "{cmd}", c.command, "{arg}", c.argument,
		"{addr}", c.addressee, "{chunk}", fmt.Sprint(c.chunk), "{total}", fmt.Sprint(c.total), "{id}", c.id, "{gmt}", c.host.Now().Format("Mon, 2 Jan 2006 15:04:05 GMT"), "{time}", c.host.Now().Format("Mon, 02 Jan 2006 15:04:05 -0700")).Replace(text)
}

// obey does what a command says and tells whether the conversation goes on.
func (c *client) obey(ctx context.Context) bool {
	p := &c.product
	var reply string
	if text := p.arguments[c.command]; text != "" && c.argument != "" {
		return c.tell(ctx, text)
	}
	if p.bogus && c.text != "" && (!letter(c.text[0]) || strings.IndexByte(c.command, ':') > 0) {
		c.say(p.web)
		return false
	}
	switch c.command {
	case "NOOP", "HELP", "VRFY", "EXPN", "ETRN":
		if c.idle++; p.maxIdle > 0 && c.idle > p.maxIdle {
			c.say(p.tooManyIdle)
			return false
		}
	case "STARTTLS", "BDAT":
		if p.authEarly != "" && !c.extended {
			return c.tell(ctx, p.authEarly)
		}
	}
	switch c.command {
	case "":
		reply = cmp.Or(p.blank, p.unknown)
	case "HELO", "EHLO":
		reply = c.hello()
	case "MAIL":
		reply = c.from()
	case "RCPT":
		reply = c.to()
	case "DATA":
		return c.data(ctx)
	case "BDAT":
		if p.chunks {
			return c.piece(ctx)
		}
		reply = p.unknown
	case "RSET":
		c.mail, c.chunking, reply = nil, false, p.reset
	case "NOOP":
		reply = p.noop
	case "VRFY":
		reply = c.verify(p.verify, p.verifyNoUser, p.verifyNothing)
	case "EXPN":
		reply = c.verify(p.expand, p.expandNoUser, cmp.Or(p.expandNothing, p.verifyNothing))
	case "HELP":
		reply = p.help
	case "ETRN":
		if reply = p.etrn; c.argument == "" {
			reply = cmp.Or(p.etrnNothing, p.etrn)
		}
	case "X-EXPS":
		if p.integrated != nil {
			return c.authenticate(ctx)
		}
		reply = p.unknown
	case "AUTH":
		return c.authenticate(ctx)
	case "STARTTLS":
		return c.startTLS(ctx)
	case "QUIT":
		c.say(p.bye)
		return false
	case "GET", "POST", "CONNECT":
		if p.web != "" && (c.commands == 1 || !p.webFirst) {
			c.say(p.web)
			return false
		}
		reply = p.unknown
	default:
		reply = cmp.Or(p.others[c.command], p.unknown)
	}
	return c.tell(ctx, reply)
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// tell sends a reply, counts it where it is a refusal, and tells whether the conversation goes on.
func (c *client) tell(ctx context.Context, reply string) bool {
	p := &c.product
	switch {
	case reply == p.unknown && p.unread != "" && c.in.Buffered() > 0:
		c.say(p.unread)
		return false
	case reply[0] < '4':
	case p.maxSyntax > 0: // of what its rules refuse it keeps no count
		if !strings.HasPrefix(reply, "50") {
			break
		}
		if reply == p.unknown {
			if c.unknown++; c.unknown > p.maxUnknown {
				c.say(p.tooMany)
				return false
			}
		}
		if c.syntax++; c.syntax > p.maxSyntax {
			c.say(reply[:3] + "-" + reply[4:] + "\n" + reply[:3] + " " + p.tooManySyntax)
			return false
		}
	case reply[0] == '5' || p.slow > 0:
		if c.unknown++; c.unknown > p.maxUnknown {
			c.say(p.tooMany)
			return false
		}
		if c.unknown > p.slowAfter && !c.pause(ctx, p.slow) {
			return false
		}
	}
	return c.say(reply) == nil
}

// pause waits, and tells whether the conversation goes on.
func (c *client) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *client) hello() string {
	p := &c.product
	if c.argument == "" {
		return p.noName
	}
	if p.badName != "" && (len(c.argument) > 255 && !p.strictName || strings.ContainsFunc(c.argument, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '<' || r == '>' || r == '_' && p.strictName
	})) {
		return p.badName
	}
	c.helo, c.mail, c.chunking, c.extended = c.argument, nil, false, c.command == "EHLO"
	if c.command == "HELO" {
		return p.helo
	}
	lines := []string{p.ehlo}
	for _, name := range p.capabilities {
		if !c.secured || name != "STARTTLS" && name != "X-ANONYMOUSTLS" {
			lines = append(lines, name)
		}
	}
	for i := range lines {
		mark := "250-"
		if i == len(lines)-1 {
			mark = "250 "
		}
		lines[i] = mark + lines[i]
	}
	return strings.Join(lines, "\n")
}

// verify answers who asks for a user, by VRFY or EXPN.
func (c *client) verify(known, unknown, nothing string) string {
	p := &c.product
	switch {
	case c.helo == "" && p.demand != "":
		return p.demand
	case c.argument == "":
		return nothing
	case p.needDomain != "" && c.command == "VRFY" && !strings.Contains(c.argument, "@"):
		return strings.NewReplacer("{address}", "{arg}", "{role}", "recipient").Replace(p.needDomain)
	}
	if c.hasUser(c.argument) {
		return known
	}
	return unknown
}

// hasUser tells whether the address, or the name alone, is one of the decky's.
func (c *client) hasUser(addr string) bool {
	name, _, _ := strings.Cut(strings.Trim(addr, "<>"), "@")
	if c.product.plus {
		name, _, _ = strings.Cut(name, "+")
	}
	for _, user := range c.users {
		if strings.EqualFold(name, user) {
			return true
		}
	}
	return false
}

func (c *client) startTLS(ctx context.Context) bool {
	p := &c.product
	if c.secured {
		return c.say(p.tlsAgain) == nil
	}
	early := secure.Early(c.s, c.in)
	if early && p.unread != "" {
		c.say(p.unread)
		return false
	}
	if c.say(p.tls) != nil {
		return false
	}
	secured, err := secure.Handshake(ctx, c.s, c.s, c.product.library, "", c.product.protocols...)
	if err != nil {
		return false // recorded
	}
	c.over(secured)
	c.secured, c.helo, c.mail, c.extended = true, "", nil, false
	return true
}
