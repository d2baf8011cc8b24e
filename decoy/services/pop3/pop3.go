// Package pop3 is the decoy of a server from which mail is fetched: Dovecot, or Exchange on Windows. Every login and every command is recorded. A few weak passwords open a
// small mailbox, the same as that of decoy/services/imap; what a client deletes there is only gone for that client.
package pop3

import (
	"context"
	"errors"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/mail"
)

const (
	tlsPort     = 995
	refusalTime = 2 * time.Second // until a wrong password is called wrong
	maxArgument = 512
)

func init() {
	decoy.Register("pop3", func(h *decoy.Host) (decoy.Service, error) { return service{mail.New(h)}, nil })
}

type service struct{ *mail.Server }

// client is one connection.
type client struct {
	*mail.Server
	*mail.Talk
	ctx    context.Context
	user   string // by USER
	named  bool   // a user was
	folder *mail.Folder
	bad    int
}

// ServeConn answers one client.
func (v service) ServeConn(ctx context.Context, s *decoy.Session) {
	talk, ok := mail.Begin(ctx, s, tlsPort)
	if !ok {
		return
	}
	c := &client{Server: v.Server, Talk: talk, ctx: ctx}
	if !c.ok(v.Product.Greeting, "The Microsoft Exchange POP3 service is ready.") {
		return
	}
	for {
		line, err := c.Line()
		if errors.Is(err, mail.ErrLong) {
			verb, rest, _ := strings.Cut(line[:maxArgument], " ") // behind PASS, it is a secret
			s.Event(event.CommandRun, event.String(event.Command, verb), event.String("data", rest))
			c.fail("Input buffer full, aborting", "Protocol error. 14")
			return
		}
		if errors.Is(err, mail.ErrIdle) {
			c.fail("Disconnected for inactivity.", "Connection is closed. 10")
		}
		if err != nil {
			return
		}
		name, argument, _ := strings.Cut(line, " ")
		name = strings.ToUpper(name)
		c.record(name, argument, line)
		if !c.obey(name, argument) {
			return
		}
	}
}

// record records a command, without the secret of one that logs in: that is an attempt.
func (c *client) record(name, argument, line string) {
	switch name {
	case "PASS":
		line = name
	case "AUTH", "APOP":
		first, _, _ := strings.Cut(argument, " ")
		line = strings.TrimSpace(name + " " + first)
	}
	c.Session.Event(event.CommandRun, event.String(event.Command, line))
}

// ok answers in Dovecot's words or Exchange's, and tells whether the conversation goes on.
func (c *client) ok(dovecot, exchange string) bool { return c.answer("+OK", dovecot, exchange) }

// fail refuses likewise.
func (c *client) fail(dovecot, exchange string) bool { return c.answer("-ERR", dovecot, exchange) }

func (c *client) answer(mark, dovecot, exchange string) bool {
	text := dovecot
	if c.Product.Exchange {
		text = exchange
	}
	if text != "" {
		mark += " " + text
	}
	return c.Say(mark) == nil
}

// lines answers with several lines, which it protects and ends as the protocol wants.
func (c *client) lines(dovecot, exchange string, text []string) bool {
	for i, line := range text {
		if strings.HasPrefix(line, ".") {
			text[i] = "." + line
		}
	}
	return c.ok(dovecot, exchange) && c.Say(append(text, ".")...) == nil
}

// unknown refuses what is no command here. After too many the client's welcome ends.
func (c *client) unknown(name string) bool {
	c.bad++
	dovecot, most := "Unknown command.", 3
	if c.Known && name != "" {
		dovecot, most = "Unknown command: "+name, 20
	}
	if !c.fail(dovecot, "Protocol error. 14") {
		return false
	}
	if c.bad < most || c.Product.Exchange && c.bad < 10 {
		return true
	}
	c.fail("Too many invalid bad commands.", "Connection is closed. 13")
	return false
}

// obey does what a command says and tells whether the conversation goes on.
func (c *client) obey(name, argument string) bool {
	switch name {
	case "QUIT":
		goodbye := "Logging out"
		if c.Known {
			goodbye += "."
		}
		c.ok(goodbye, "Microsoft Exchange Server POP3 server signing off.")
		return false
	case "CAPA":
		return c.lines("", "", c.capabilities())
	}
	if c.Known {
		return c.fetch(name, argument)
	}
	switch name {
	case "USER":
		c.user, c.named = argument, argument != "" || !c.Product.Exchange
		return c.ok("", "")
	case "PASS":
		if !c.named {
			c.Attempt(mail.Credentials{Secret: argument}, false)
			return c.fail("No username given.", "Command is not valid in this state.")
		}
		c.named = false
		return c.admit(mail.Credentials{User: c.user, Secret: argument})
	case "AUTH":
		return c.authenticate(argument)
	case "APOP":
		user, digest, _ := strings.Cut(argument, " ")
		c.Session.Attempt("apop", user, []byte(digest), event.Rejected, event.String("scheme", "apop"))
		return c.fail("APOP not enabled.", "Protocol error. 14")
	case "STLS":
		return c.startTLS()
	case "STAT", "LIST", "RETR", "DELE", "UIDL", "TOP", "RSET", "NOOP":
		if c.Product.Exchange {
			return c.fail("", "Command is not valid in this state.")
		}
	}
	return c.unknown(name)
}

func (c *client) capabilities() []string {
	sasl := "SASL " + strings.Join(c.Product.SASL, " ")
	starttls := []string{"STLS"}
	if c.Secured {
		starttls = nil
	}
	if c.Product.Exchange {
		return append([]string{"TOP", "UIDL", sasl, "USER"}, starttls...)
	}
	all := []string{"CAPA", "TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"}
	if c.Known {
		return all
	}
	return append(append(all, starttls...), "USER", sasl)
}

func (c *client) startTLS() bool {
	if c.Secured {
		return c.fail("TLS is already active.", "Command is not valid in this state.")
	}
	if !c.ok("Begin TLS negotiation now.", "Begin TLS negotiation.") {
		return false
	}
	c.named = false
	return c.StartTLS(c.ctx)
}

func (c *client) authenticate(argument string) bool {
	mechanism, initial, _ := strings.Cut(argument, " ")
	if mechanism == "" {
		return c.lines("", "", append([]string(nil), c.Product.SASL...))
	}
	who, err := c.Exchange(c.Server, mechanism, initial)
	switch {
	case err == nil:
		return c.admit(who)
	case errors.Is(err, mail.ErrUnsupported):
		return c.fail("[AUTH] Unsupported authentication mechanism.", "Protocol error. 19")
	case errors.Is(err, mail.ErrAborted):
		return c.fail("Authentication aborted by client.", "The AUTH protocol exchange was canceled by the client.")
	case errors.Is(err, mail.ErrInitial):
		return c.fail("[AUTH] Invalid base64 data in initial response", "Protocol error. 19")
	case errors.Is(err, mail.ErrEncoding):
		return c.fail("[AUTH] Invalid base64 in response", "Protocol error. 19")
	}
	return false
}

// admit checks the credentials.
func (c *client) admit(who mail.Credentials) bool {
	box := c.Open(who)
	c.Attempt(who, box != nil)
	if box == nil {
		c.Pause(c.ctx, refusalTime)
		return c.fail("[AUTH] Authentication failed.", "Logon failure: unknown user name or bad password.")
	}
	c.folder, c.Known, c.bad = box.Folders[0], true, 0
	return c.ok("Logged in.", "User successfully logged on.")
}
