package smtp

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/evidence"
)

// How much of a message is kept: its beginning, for the subject and the event; a relay, which has no other purpose, keeps pieces of it too.
const (
	keptHead  = 8 << 10
	headShown = 2 << 10
	dataTime  = 10 * time.Minute
)

// message is a message as far as it has come. It is measured, and its beginning kept.
type message struct {
	from       string
	recipients []string
	size       int64
	sum        hash.Hash
	keep       int
	head       []byte
}

func (m *message) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	m.head = append(m.head, p[:min(len(p), m.keep-len(m.head))]...)
	return m.sum.Write(p)
}

func (c *client) from() string {
	p := &c.product
	if c.helo == "" && p.noHello != "" {
		return p.noHello
	}
	if c.mail != nil {
		return p.twice
	}
	addr, parameters, ok := address(c.argument, "FROM:")
	if !ok {
		return p.badSender
	}
	for _, parameter := range parameters {
		if text, is := strings.CutPrefix(parameter, "SIZE="); is {
			if size, err := strconv.ParseInt(text, 10, 64); err == nil && size > p.size {
				return p.tooBig
			}
		}
	}
	c.mail = &message{from: addr, sum: sha256.New(), keep: keptHead}
	if c.relay {
		c.mail.keep = evidence.Kept
	}
	return p.sender
}

func (c *client) to() string {
	p := &c.product
	if c.mail == nil {
		return p.noSender
	}
	addr, _, ok := address(c.argument, "TO:")
	if !ok || addr == "" {
		return p.badRecipient
	}
	c.addressee = addr
	refusal := c.refusal(addr)
	outcome := event.Accepted
	if refusal != "" {
		outcome = event.Rejected
	}
	c.s.Event("recipient", event.String("from", c.mail.from), event.String("to", addr), event.String(event.Outcome, outcome))
	switch {
	case refusal != "":
		return refusal
	case len(c.mail.recipients) == maxRecipients:
		return "452 4.5.3 Error: too many recipients"
	}
	c.mail.recipients = append(c.mail.recipients, addr)
	return p.recipient
}

// refusal tells why mail to the address is not taken; "" is that it is.
func (c *client) refusal(addr string) string {
	p := &c.product
	_, domain, _ := strings.Cut(strings.ToLower(addr), "@")
	local := domain == "" || domain == c.domain || domain == strings.ToLower(c.host.Hostname) || domain == strings.ToLower(c.name) || domain == "localhost" || domain == "["+c.host.IP+"]"
	switch {
	case c.logged, c.relay:
		return ""
	case c.s.CatalogPort() == submissionPort && p.submission != "":
		return p.submission
	case local && c.hasUser(addr), !local && c.open:
		return ""
	case local:
		return p.noUser
	}
	return p.relay
}

// data takes a message up to its final dot.
func (c *client) data() bool {
	p := &c.product
	if c.mail == nil {
		return c.say(cmp.Or(p.noMessage, p.noSender)) == nil
	}
	if len(c.mail.recipients) == 0 {
		return c.say(p.noRecipient) == nil
	}
	if c.say(p.begin) != nil {
		return false
	}
	c.s.SetReadDeadline(time.Now().Add(dataTime))
	err := copyData(c.mail, c.in)
	return c.finish(err == nil) && err == nil
}

// chunk takes a piece of a message.
func (c *client) chunk() bool {
	p := &c.product
	text, last, _ := strings.Cut(c.argument, " ")
	size, err := strconv.ParseInt(text, 10, 64)
	if err != nil || size < 0 {
		return c.say("501 5.5.4 Syntax: BDAT count [LAST]") == nil
	}
	c.s.SetReadDeadline(time.Now().Add(dataTime))
	if c.mail == nil || len(c.mail.recipients) == 0 {
		if _, err := io.CopyN(io.Discard, c.in, size); err != nil {
			return false
		}
		return c.say(p.noRecipient) == nil
	}
	if _, err := io.CopyN(c.mail, c.in, size); err != nil {
		c.finish(false)
		return false
	}
	if !strings.EqualFold(strings.TrimSpace(last), "LAST") {
		return c.say("250 2.0.0 Ok: "+text+" bytes") == nil
	}
	return c.finish(true)
}

// finish records the message, and answers the client if it is whole.
func (c *client) finish(whole bool) bool {
	p, m := &c.product, c.mail
	c.mail, c.id = nil, p.queueID()
	outcome, reply := event.Accepted, p.queued
	switch {
	case !whole:
		outcome = "incomplete"
	case m.size > p.size:
		outcome, reply = event.Rejected, p.tooBig
	}
	shown := m.head[:min(len(m.head), headShown)]
	if c.relay {
		shown = m.head[:min(len(m.head), event.MaxValue)]
	}
	c.s.Event("mail",
		event.String("from", m.from),
		event.String("to", clip(strings.Join(m.recipients, ","), 2048)),
		event.Int("recipients", int64(len(m.recipients))),
		event.String("subject", clip(subject(m.head), 512)),
		event.Int("size", m.size),
		event.String("sha256", hex.EncodeToString(m.sum.Sum(nil))),
		event.String(event.Outcome, outcome),
		event.String("queue_id", c.id),
		event.Bytes("content", shown))
	if c.relay {
		evidence.Parts(c.s, "mail_part", event.String("queue_id", c.id), m.head, len(shown))
	}
	return whole && c.say(reply) == nil
}

func clip(s string, n int) string { return s[:min(len(s), n)] }
