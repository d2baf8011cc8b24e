// Package imap is the decoy of a server of mailboxes: Dovecot, or Exchange on Windows. Every login and every command is recorded. A few weak passwords open a small
// mailbox, of which each client may change its own copy; what it stores there is recorded and forgotten.
package imap

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/mail"
)

const tlsPort = 993

func init() {
	decoy.Register("imap", func(h *decoy.Host) (decoy.Service, error) { return service{mail.New(h)}, nil })
}

type service struct{ *mail.Server }

// client is one connection.
type client struct {
	*mail.Server
	*mail.Talk
	ctx      context.Context
	box      *mail.Mailbox // nil before the login
	folder   *mail.Folder  // the selected one, or nil
	readOnly bool
	asked    bool // for the capabilities: the client will not look for them in another answer
	bad      int  // commands in a row that were none
}

// ServeConn answers one client.
func (v service) ServeConn(ctx context.Context, s *decoy.Session) {
	talk, ok := mail.Begin(ctx, s, tlsPort)
	if !ok {
		return
	}
	c := &client{Server: v.Server, Talk: talk, ctx: ctx}
	if c.Say(c.greeting()) != nil {
		return
	}
	for {
		cmd, err := readCommand(c, c.Known)
		switch {
		case errors.Is(err, mail.ErrIdle):
			c.Say("* BYE Disconnected for inactivity.")
			return
		case errors.Is(err, mail.ErrLong):
			c.record(cmd)
			c.Say("* BYE Input buffer full, aborting")
			return
		case err != nil && !errors.Is(err, errSyntax):
			if cmd.raw != "" {
				c.record(cmd)
			}
			return
		}
		if err != nil {
			c.record(cmd)
			if !c.malformed(cmd) {
				return
			}
			continue
		}
		c.record(cmd)
		if !c.obey(cmd) {
			return
		}
	}
}

func (c *client) line() (string, error) { return c.Line() }

func (c *client) literal(n, keep int64, wait bool) ([]byte, error) {
	if wait {
		if err := c.Say("+ " + c.word("OK", "Ready for additional command text.")); err != nil {
			return nil, err
		}
	}
	return c.Take(n, keep)
}

// record records a command, without the secret of one that logs in: that is an attempt.
func (c *client) record(cmd command) {
	text := cmd.raw
	switch cmd.name {
	case "LOGIN":
		text = "LOGIN " + cmd.text(0)
	case "AUTHENTICATE":
		text = "AUTHENTICATE " + cmd.text(0)
	case "":
		text = cmd.tag
	}
	c.Session.Event(event.CommandRun, event.String(event.Command, text))
}

// word chooses between Dovecot's word and Exchange's.
func (c *client) word(dovecot, exchange string) string {
	if c.Product.Exchange {
		return exchange
	}
	return dovecot
}

func (c *client) greeting() string {
	if c.Product.Exchange {
		return "* OK The Microsoft Exchange IMAP4 service is ready."
	}
	return "* OK [CAPABILITY " + c.capability() + "] " + c.Product.Greeting
}

// capability lists what the server can do at this point.
func (c *client) capability() string {
	p := c.Product
	var offers, tls []string
	if !c.Secured {
		tls = []string{"STARTTLS"}
	}
	for _, name := range p.SASL {
		offers = append(offers, "AUTH="+name)
	}
	if p.Exchange {
		offers = append(offers, tls...)
	} else {
		offers = append(tls, offers...)
	}
	switch {
	case p.Exchange:
		return "IMAP4 IMAP4rev1 " + strings.Join(offers, " ") + " UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+"
	case p.Old && !c.Known:
		return "IMAP4rev1 LITERAL+ SASL-IR LOGIN-REFERRALS ID ENABLE IDLE " + strings.Join(offers, " ")
	case !c.Known:
		return "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ " + strings.Join(offers, " ")
	case p.Old:
		return "IMAP4rev1 LITERAL+ SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE " +
			"UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY SPECIAL-USE"
	}
	newer := ""
	if p.Recent {
		newer = "PREVIEW STATUS=SIZE SAVEDATE "
	}
	return "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE " +
		"UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE SNIPPET=FUZZY PREVIEW=FUZZY " +
		newer + "LITERAL+ NOTIFY SPECIAL-USE"
}

// malformed answers what is no command, and tells whether the conversation goes on.
func (c *client) malformed(cmd command) bool {
	tag := cmd.tag
	if cmd.name == "" || tag == "" {
		tag = c.word(cmd.tag, "*")
		if tag == "" {
			tag = "*"
		}
	}
	return c.refuse(tag, cmd.name, "Unknown command")
}

// refuse answers a command that can't be obeyed, and tells whether the conversation goes on. Of too many in a row the client's welcome ends.
func (c *client) refuse(tag, name, why string) bool {
	c.bad++
	most := 20
	if !c.Known {
		most = 3
	}
	p := c.Product
	if p.Exchange {
		most = 10
	}
	if c.bad >= most {
		c.Say(c.word("* BYE Too many invalid IMAP commands.", "* BYE Connection is closed. 13"))
		return false
	}
	switch {
	case p.Exchange:
		return c.Say(tag+" BAD Command Error. 12") == nil
	case !c.Known:
		return c.Say(tag+" BAD Error in IMAP command received by server.") == nil
	case name == "":
		return c.Say(tag+" BAD Error in IMAP command: Invalid command name"+took()+".") == nil
	}
	return c.Say(tag+" BAD Error in IMAP command "+name+": "+why+took()+".") == nil
}

// took is how long a command took, as Dovecot tells its clients.
func took() string { return fmt.Sprintf(" (0.%03d + 0.000 secs)", 1+rand.IntN(8)/7) }

// done answers that a command, with the name as Dovecot writes it, is completed.
func (c *client) done(tag, name string) bool {
	if c.Product.Exchange {
		return c.Say(tag+" OK "+strings.ToUpper(name)+" completed.") == nil
	}
	return c.Say(tag+" OK "+name+" completed"+took()+".") == nil
}

// no answers that a command failed.
func (c *client) no(tag, why string) bool {
	if !c.Product.Exchange {
		why += took() + "."
	}
	return c.Say(tag+" NO "+why) == nil
}

// obey does what a command says and tells whether the conversation goes on.
func (c *client) obey(cmd command) bool {
	switch cmd.name {
	case "CAPABILITY":
		c.bad, c.asked = 0, true
		c.Say("* CAPABILITY " + c.capability())
		if c.Known || c.Product.Exchange {
			return c.done(cmd.tag, "Capability")
		}
		return c.Say(cmd.tag+" OK Pre-login capabilities listed, post-login capabilities have more.") == nil
	case "LOGOUT":
		c.Say("* BYE " + c.word("Logging out", "Microsoft Exchange Server IMAP4 server signing off."))
		if c.Known {
			c.done(cmd.tag, "Logout")
		} else {
			c.Say(cmd.tag + " OK " + c.word("Logout completed.", "LOGOUT completed."))
		}
		return false
	case "NOOP":
		c.bad = 0
		if c.Known || c.Product.Exchange {
			return c.done(cmd.tag, "NOOP")
		}
		return c.Say(cmd.tag+" OK NOOP completed.") == nil
	case "ID":
		return c.id(cmd)
	}
	if c.Known {
		run, ok := commands[cmd.name]
		if !ok {
			return c.refuse(cmd.tag, cmd.name, "Unknown command")
		}
		return run(c, cmd)
	}
	switch cmd.name {
	case "LOGIN":
		if len(cmd.args) != 2 || cmd.args[0].isList || cmd.args[1].isList {
			return c.refuse(cmd.tag, cmd.name, "")
		}
		return c.admit(cmd, mail.Credentials{User: cmd.text(0), Secret: cmd.text(1)})
	case "AUTHENTICATE":
		return c.authenticate(cmd)
	case "STARTTLS":
		return c.startTLS(cmd)
	case "ENABLE":
		if !c.Product.Exchange {
			return c.Say("* ENABLED", cmd.tag+" OK ENABLE ignored in non-authenticated state.") == nil
		}
	}
	if _, known := commands[cmd.name]; known && c.Product.Exchange {
		return c.Say(cmd.tag+" BAD Command received in Invalid state.") == nil
	}
	return c.refuse(cmd.tag, cmd.name, "")
}

func (c *client) id(cmd command) bool {
	if c.Product.Exchange {
		return c.refuse(cmd.tag, cmd.name, "")
	}
	c.bad = 0
	c.Say(`* ID ("name" "Dovecot")`)
	if c.Known {
		return c.done(cmd.tag, "ID")
	}
	return c.Say(cmd.tag+" OK ID completed.") == nil
}

func (c *client) startTLS(cmd command) bool {
	if c.Secured {
		return c.Say(cmd.tag+" BAD "+c.word("TLS is already active.", "Command received in Invalid state.")) == nil
	}
	if c.Say(cmd.tag+" OK Begin TLS negotiation now.") != nil {
		return false
	}
	return c.StartTLS(c.ctx)
}

func (c *client) authenticate(cmd command) bool {
	if len(cmd.args) == 0 {
		return c.refuse(cmd.tag, cmd.name, "")
	}
	who, err := c.Exchange(c.Server, cmd.text(0), cmd.text(1))
	switch {
	case err == nil:
		return c.admit(cmd, who)
	case errors.Is(err, mail.ErrUnsupported):
		return c.Say(cmd.tag+" NO "+c.word("[ALERT] Unsupported authentication mechanism.", "AUTHENTICATE failed.")) == nil
	case errors.Is(err, mail.ErrAborted):
		return c.Say(cmd.tag+c.word(" BAD Authentication aborted by client.", " BAD The AUTH protocol exchange was canceled by the client.")) == nil
	case errors.Is(err, mail.ErrInitial):
		return c.Say(cmd.tag+c.word(" BAD Invalid base64 data in initial response", " NO AUTHENTICATE failed.")) == nil
	case errors.Is(err, mail.ErrEncoding):
		return c.Say(cmd.tag+" NO "+c.word("[ALERT] Invalid base64 in response", "AUTHENTICATE failed.")) == nil
	}
	return false
}

// admit checks the credentials.
func (c *client) admit(cmd command, who mail.Credentials) bool {
	box := c.Open(who)
	c.Attempt(who, box != nil)
	if box == nil {
		c.Pause(c.ctx, refusalTime)
		return c.Say(cmd.tag+" NO "+c.word("[AUTHENTICATIONFAILED] Authentication failed.", cmd.name+" failed.")) == nil
	}
	c.box, c.Known, c.bad = box, true, 0
	if c.Product.Exchange {
		return c.Say(cmd.tag+" OK "+cmd.name+" completed.") == nil
	}
	if c.asked {
		return c.Say("* CAPABILITY "+c.capability(), cmd.tag+" OK Logged in") == nil
	}
	return c.Say(cmd.tag+" OK [CAPABILITY "+c.capability()+"] Logged in") == nil
}

// refusalTime is how long both servers let a wrong password wait.
const refusalTime = 2 * time.Second
