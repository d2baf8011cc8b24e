package smtp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"
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
	last       byte
	sum        hash.Hash
	keep       int
	head       []byte
}

func (m *message) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	if len(p) > 0 {
		m.last = p[len(p)-1]
	}
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
		return c.unreadable("FROM:", p.badSender, p.badFrom)
	}
	if refusal := c.form(addr, "sender", parameters, []string{"SIZE", "BODY", "RET", "ENVID", "SMTPUTF8", "AUTH"}); refusal != "" {
		return refusal
	}
	for _, parameter := range parameters {
		if text, is := strings.CutPrefix(strings.ToUpper(parameter), "SIZE="); is {
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
	addr, parameters, ok := address(c.argument, "TO:")
	if !ok || addr == "" {
		return c.unreadable("TO:", p.badRecipient, p.badTo)
	}
	known := []string{"NOTIFY", "ORCPT"}
	if p.optionTo {
		known = nil
	}
	if refusal := c.form(addr, "recipient", parameters, known); refusal != "" {
		return refusal
	}
	if _, behind, route := strings.Cut(addr, ":"); route && addr[0] == '@' {
		addr = behind
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

// unreadable tells who has sent no address what is wrong with it: with its brackets, or with the command.
func (c *client) unreadable(keyword, command, inBrackets string) string {
	rest, ok := strings.CutPrefix(strings.ToUpper(c.argument), keyword)
	switch {
	case c.product.noOperand == "":
	case !ok: // it is then no command at all
		return c.product.unknown
	case strings.TrimSpace(rest) == "":
		return c.product.noOperand
	}
	if ok && strings.HasPrefix(strings.TrimSpace(rest), "<") && inBrackets != "" {
		return inBrackets
	}
	return command
}

// form tells what is wrong with an address or with what stands behind it; "" is nothing.
func (c *client) form(addr, role string, parameters, known []string) string {
	p := &c.product
	braces := strings.NewReplacer("{", "{open}", "}", "{close}")
	values := strings.NewReplacer("{address}", "<"+braces.Replace(addr)+">", "{role}", role, "{options}", braces.Replace(strings.Join(parameters, " ")))
	_, domain, whole := strings.Cut(addr, "@")
	switch {
	case addr == "":
	case p.needDomain != "" && !whole && !strings.EqualFold(addr, "postmaster"):
		return values.Replace(p.needDomain)
	case p.noLiterals != "" && strings.HasPrefix(domain, "["):
		return values.Replace(p.noLiterals)
	}
	for _, parameter := range parameters {
		name, value, _ := strings.Cut(strings.ToUpper(parameter), "=")
		if p.option != "" && (!slices.Contains(known, name) || name == "BODY" && value != "7BIT" && value != "8BITMIME") {
			return strings.Replace(values.Replace(p.option), "{option}", braces.Replace(parameter), 1)
		}
	}
	return ""
}

// refusal tells why mail to the address is not taken; "" is that it is.
func (c *client) refusal(addr string) string {
	p := &c.product
	name, domain, _ := strings.Cut(strings.ToLower(addr), "@")
	local := domain == "" || domain == c.domain || domain == strings.ToLower(c.host.Hostname) || domain == strings.ToLower(c.name) || domain == "localhost" || domain == "["+c.host.IP+"]"
	switch {
	case c.logged, c.relay:
		return ""
	case strings.ContainsAny(name, "%!@") && (p.restricted != "" || p.plus):
		return cmp.Or(p.restricted, p.relay)
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
func (c *client) data(ctx context.Context) bool {
	p := &c.product
	switch {
	case c.mail == nil:
		return c.tell(ctx, cmp.Or(p.noMessage, p.noSender))
	case c.chunking && p.chunkThenData != "":
		return c.tell(ctx, p.chunkThenData)
	case len(c.mail.recipients) == 0:
		return c.tell(ctx, p.noRecipient)
	}
	if c.say(p.begin) != nil {
		return false
	}
	c.s.SetReadDeadline(time.Now().Add(dataTime))
	err := copyData(c.mail, c.in, p.strictEnd)
	return c.finish(err == nil, p.queued) && err == nil
}

// piece takes a piece of a message.
func (c *client) piece(ctx context.Context) bool {
	p := &c.product
	text, last, _ := strings.Cut(c.argument, " ")
	size, err := strconv.ParseInt(text, 10, 64)
	if err != nil || size < 0 {
		bad := cmp.Or(p.chunkBad, "501 5.5.4 Syntax: BDAT count [LAST]")
		return c.tell(ctx, bad) && !strings.HasPrefix(bad, "521")
	}
	c.s.SetReadDeadline(time.Now().Add(dataTime))
	if c.mail == nil || len(c.mail.recipients) == 0 {
		if _, err := io.CopyN(io.Discard, c.in, size); err != nil {
			return false
		}
		return c.tell(ctx, p.noRecipient)
	}
	c.chunking = true
	if _, err := io.CopyN(c.mail, c.in, size); err != nil {
		c.finish(false, "")
		return false
	}
	c.chunk = size
	if !strings.EqualFold(strings.TrimSpace(last), "LAST") {
		return c.say(cmp.Or(p.chunked, "250 2.0.0 Ok: {chunk} bytes")) == nil
	}
	if c.total = c.mail.size; c.total > 0 && c.mail.last != '\n' { // the line is ended for who has not
		c.total += 2
	}
	return c.finish(true, cmp.Or(p.chunkedLast, p.queued))
}

// finish records the message, and answers the client if it is whole.
func (c *client) finish(whole bool, queued string) bool {
	p, m := &c.product, c.mail
	c.mail, c.chunking, c.id = nil, false, p.queueID()
	outcome, reply := event.Accepted, queued
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
