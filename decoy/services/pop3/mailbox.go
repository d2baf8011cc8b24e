package pop3

import (
	"fmt"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/mail"
)

// fetch does what a command of who has logged in says, and tells whether the conversation goes on.
func (c *client) fetch(name, argument string) bool {
	switch name {
	case "STAT":
		count, size := c.total()
		totals := fmt.Sprintf("%d %d", count, size)
		return c.ok(totals, totals)
	case "LIST":
		count, size := c.total()
		return c.list(argument, fmt.Sprintf("%d messages:", count), fmt.Sprintf("%d %d", count, size), func(m *mail.Message) string { return strconv.Itoa(len(m.Raw)) })
	case "UIDL":
		return c.list(argument, "", "", c.uid)
	case "RETR", "TOP":
		return c.retrieve(name, argument)
	case "DELE":
		m, ok := c.message(argument)
		if m == nil {
			return ok
		}
		m.Deleted = true
		return c.ok("Marked to be deleted.", "")
	case "RSET":
		for _, m := range c.folder.Messages {
			m.Deleted = false
		}
		return c.ok("", "")
	case "NOOP":
		return c.ok("", "")
	}
	return c.unknown(name)
}

// total counts the messages that are not deleted, and their bytes.
func (c *client) total() (count, size int) {
	for _, m := range c.folder.Messages {
		if !m.Deleted {
			count++
			size += len(m.Raw)
		}
	}
	return count, size
}

// uid is a message's unique name, as Dovecot makes it of UID and validity, or Exchange of the UID.
func (c *client) uid(m *mail.Message) string {
	if c.Product.Exchange {
		return strconv.FormatUint(uint64(m.UID), 10)
	}
	return fmt.Sprintf("%08x%08x", m.UID, c.folder.Validity)
}

// list answers LIST and UIDL, of one message or of all after a first line in the words of either server.
func (c *client) list(argument, dovecot, exchange string, of func(*mail.Message) string) bool {
	if argument != "" {
		m, ok := c.message(argument)
		if m == nil {
			return ok
		}
		text := strings.TrimSpace(argument) + " " + of(m)
		return c.ok(text, text)
	}
	var all []string
	for i, m := range c.folder.Messages {
		if !m.Deleted {
			all = append(all, fmt.Sprintf("%d %s", i+1, of(m)))
		}
	}
	return c.lines(dovecot, exchange, all)
}

// message returns the message of that number. Where there is none it has been refused, and nil comes with whether the conversation goes on.
func (c *client) message(number string) (*mail.Message, bool) {
	number = strings.TrimSpace(number)
	n, err := strconv.ParseUint(number, 10, 31)
	switch {
	case err != nil:
		return nil, c.fail("Invalid message number: "+number, "Protocol error. 14")
	case n == 0 || n > uint64(len(c.folder.Messages)):
		return nil, c.fail(fmt.Sprintf("There's no message %d.", n), "The requested message doesn't exist.")
	}
	m := c.folder.Messages[n-1]
	if m.Deleted {
		return nil, c.fail("Message is deleted.", "The requested message is marked for deletion.")
	}
	return m, true
}

// retrieve answers RETR and TOP.
func (c *client) retrieve(name, argument string) bool {
	number, count, _ := strings.Cut(argument, " ")
	m, ok := c.message(number)
	if m == nil {
		return ok
	}
	text := strings.Split(strings.TrimSuffix(m.Raw, "\r\n"), "\r\n")
	if name == "RETR" {
		return c.lines(fmt.Sprintf("%d octets", len(m.Raw)), "", text)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(count), 10, 31)
	if err != nil {
		why := "Invalid size: " + count
		if count == "" {
			why = "Noise after message number: "
		}
		return c.fail(why, "Protocol error. 14")
	}
	head := strings.Count(m.Header(), "\r\n")
	return c.lines("", "", text[:min(uint64(head)+n, uint64(len(text)))])
}
