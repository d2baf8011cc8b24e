package imap

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/services/internal/mail"
)

// macros are the names for several items.
var macros = map[string][]string{
	"FAST": {"FLAGS", "INTERNALDATE", "RFC822.SIZE"},
	"ALL":  {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"},
	"FULL": {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"},
}

const maxItems = 32

func (c *client) fetch(cmd command, byUID bool) bool {
	if len(cmd.args) == 0 {
		return c.refuse(cmd.tag, cmd.name, "Invalid arguments")
	}
	chosen, ok := c.chosen(cmd.text(0), byUID)
	if !ok {
		return c.refuse(cmd.tag, cmd.name, "Invalid messageset")
	}
	if len(cmd.args) < 2 {
		return c.refuse(cmd.tag, cmd.name, "Missing parameters")
	}
	var items []string
	given := cmd.args[1].list
	if !cmd.args[1].isList {
		given = cmd.args[1:]
	}
	for _, v := range given {
		name := strings.ToUpper(v.text)
		if macro := macros[name]; macro != nil {
			items = append(items, macro...)
		} else {
			items = append(items, name)
		}
	}
	if byUID && !slices.Contains(items, "UID") {
		items = append([]string{"UID"}, items...)
	}
	if len(items) > maxItems {
		return c.refuse(cmd.tag, cmd.name, "Too many parameters")
	}
	for _, i := range chosen {
		m := c.folder.Messages[i]
		was := m.Seen
		var parts []string
		for _, item := range items {
			text, opens, ok := itemOf(m, item)
			if !ok {
				return c.refuse(cmd.tag, cmd.name, "Unknown parameter: "+item)
			}
			if opens && !c.readOnly {
				m.Seen = true
			}
			parts = append(parts, text)
		}
		if m.Seen && !was && !slices.Contains(items, "FLAGS") {
			parts = append([]string{"FLAGS " + flagsOf(m)}, parts...)
		}
		if c.Say(fmt.Sprintf("* %d FETCH (%s)", i+1, strings.Join(parts, " "))) != nil {
			return false
		}
	}
	return c.done(cmd.tag, "Fetch")
}

// itemOf returns one item of a message with its name, and whether taking it means that the message was read.
func itemOf(m *mail.Message, item string) (text string, opens, ok bool) {
	switch item {
	case "FLAGS":
		return "FLAGS " + flagsOf(m), false, true
	case "UID":
		return fmt.Sprint("UID ", m.UID), false, true
	case "INTERNALDATE":
		return `INTERNALDATE "` + m.Arrived.Format("02-Jan-2006 15:04:05 -0700") + `"`, false, true
	case "RFC822.SIZE":
		return fmt.Sprint("RFC822.SIZE ", len(m.Raw)), false, true
	case "ENVELOPE":
		return "ENVELOPE " + envelope(m), false, true
	case "BODY":
		return "BODY " + structure(m, ""), false, true
	case "BODYSTRUCTURE":
		return "BODYSTRUCTURE " + structure(m, " NIL NIL NIL NIL"), false, true
	case "RFC822":
		return "RFC822 " + literal(m.Raw), true, true
	case "RFC822.HEADER":
		return "RFC822.HEADER " + literal(m.Header()), false, true
	case "RFC822.TEXT":
		return "RFC822.TEXT " + literal(m.Body()), true, true
	}
	rest, isBody := strings.CutPrefix(item, "BODY")
	rest, peeks := strings.CutPrefix(rest, ".PEEK")
	inner, partial, closed := strings.Cut(rest, "]")
	section, opened := strings.CutPrefix(inner, "[")
	if !isBody || !opened || !closed {
		return "", false, false
	}
	content, ok := sectionOf(m, section)
	if !ok {
		return "", false, false
	}
	from := ""
	if partial != "" {
		if content, from, ok = cut(content, partial); !ok {
			return "", false, false
		}
	}
	return "BODY[" + section + "]" + from + " " + literal(content), !peeks, true
}

// sectionOf returns a part of the message, which has but one.
func sectionOf(m *mail.Message, section string) (string, bool) {
	name, fields, _ := strings.Cut(section, " ")
	switch name {
	case "":
		return m.Raw, true
	case "HEADER":
		return m.Header(), true
	case "TEXT", "1":
		return m.Body(), true
	case "MIME", "1.MIME":
		return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", true
	case "HEADER.FIELDS", "HEADER.FIELDS.NOT":
		wanted := strings.Fields(strings.Trim(fields, "()"))
		var out strings.Builder
		keeps := false
		for line := range strings.SplitAfterSeq(strings.TrimSuffix(m.Header(), "\r\n"), "\r\n") {
			if !strings.HasPrefix(line, "\t") { // else it belongs to the field before
				key, _, _ := strings.Cut(line, ":")
				keeps = slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(strings.Trim(w, `"`), key) }) == (name == "HEADER.FIELDS")
			}
			if keeps {
				out.WriteString(line)
			}
		}
		return out.String() + "\r\n", true
	}
	return "", false
}

// cut takes the bytes that <first.count> names.
func cut(content, partial string) (part, from string, ok bool) {
	first, count, ok := strings.Cut(strings.Trim(partial, "<>"), ".")
	a, err := strconv.ParseUint(first, 10, 32)
	n, err2 := strconv.ParseUint(count, 10, 32)
	if !ok || err != nil || err2 != nil {
		return "", "", false
	}
	size := uint64(len(content))
	a = min(a, size)
	return content[a:min(a+n, size)], "<" + first + ">", true
}

func literal(s string) string { return fmt.Sprintf("{%d}\r\n%s", len(s), s) }

func quote(s string) string {
	if s == "" {
		return "NIL"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// structure describes the only part.
func structure(m *mail.Message, extension string) string {
	return fmt.Sprintf(`("text" "plain" ("charset" "utf-8") NIL NIL "8bit" %d %d%s)`, len(m.Body()), strings.Count(m.Body(), "\n"), extension)
}

func envelope(m *mail.Message) string {
	from, to := addresses(m.Field("From")), addresses(m.Field("To"))
	return "(" + strings.Join([]string{quote(m.Field("Date")), quote(m.Field("Subject")), from, from, from, to, "NIL", "NIL", quote(m.Field("In-Reply-To")), quote(m.Field("Message-ID"))}, " ") + ")"
}

// addresses writes a field that holds one, in the form in which the mailbox's messages have it.
func addresses(field string) string {
	called, address, ok := strings.Cut(strings.TrimSuffix(field, ">"), " <")
	if !ok {
		return "NIL"
	}
	local, domain, _ := strings.Cut(address, "@")
	return "((" + quote(called) + " NIL " + quote(local) + " " + quote(domain) + "))"
}

// search answers SEARCH, and SORT and THREAD: messages lie in the order in which they came, and each is a thread of its own.
func (c *client) search(cmd command, byUID bool) bool {
	keys, reverse := cmd.args, false
	switch {
	case cmd.name != "SEARCH":
		if len(keys) < 3 || keys[0].isList != (cmd.name == "SORT") {
			return c.refuse(cmd.tag, cmd.name, "Missing or invalid arguments")
		}
		reverse = keys[0].isList && len(keys[0].list) > 0 && strings.EqualFold(keys[0].list[0].text, "REVERSE")
		keys = keys[2:]
	case len(keys) > 1 && strings.EqualFold(keys[0].text, "CHARSET"):
		keys = keys[2:]
	}
	if len(keys) == 0 {
		return c.refuse(cmd.tag, cmd.name, "Missing search parameters")
	}
	var found []string
	for i, m := range c.folder.Messages {
		q := query{c, m, uint32(i + 1), keys}
		holds := true
		for len(q.keys) > 0 {
			one, ok := q.next(0)
			if !ok {
				return c.refuse(cmd.tag, cmd.name, "Unknown argument "+strings.ToUpper(q.name()))
			}
			holds = holds && one
		}
		if holds && byUID {
			found = append(found, fmt.Sprint(m.UID))
		} else if holds {
			found = append(found, fmt.Sprint(i+1))
		}
	}
	if reverse {
		slices.Reverse(found)
	}
	list := " " + strings.Join(found, " ")
	if cmd.name == "THREAD" {
		list = " (" + strings.Join(found, ")(") + ")"
	}
	if len(found) == 0 {
		list = ""
	}
	c.Say("* " + cmd.name + list)
	return c.done(cmd.tag, capital(cmd.name))
}

// query is the search keys that are still to be asked of one message.
type query struct {
	c      *client
	m      *mail.Message
	number uint32
	keys   []value
}

func (q *query) name() string {
	if len(q.keys) == 0 {
		return ""
	}
	return q.keys[0].text
}

// take returns the next word, or "" where there is none.
func (q *query) take() string {
	if len(q.keys) == 0 {
		return ""
	}
	text := q.keys[0].text
	q.keys = q.keys[1:]
	return text
}

// next asks one key, and tells whether it holds and whether it is one.
func (q *query) next(depth int) (holds, ok bool) {
	if len(q.keys) == 0 || depth > maxDepth {
		return false, false
	}
	if q.keys[0].isList {
		inner := query{q.c, q.m, q.number, q.keys[0].list}
		holds = true
		for len(inner.keys) > 0 {
			one, ok := inner.next(depth + 1)
			if !ok {
				return false, false
			}
			holds = holds && one
		}
		q.keys = q.keys[1:]
		return holds, true
	}
	m, messages := q.m, q.c.folder.Messages
	key := strings.ToUpper(q.name())
	contains := func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(q.take()))
	}
	if which, isSet := parseSet(key); isSet {
		q.take()
		return which.has(q.number, uint32(len(messages))), true
	}
	switch key {
	case "ALL", "UNDRAFT", "UNFLAGGED", "OLD", "UNKEYWORD":
		holds = true
	case "RECENT", "NEW", "DRAFT", "FLAGGED", "KEYWORD":
	case "SEEN":
		holds = m.Seen
	case "UNSEEN":
		holds = !m.Seen
	case "DELETED":
		holds = m.Deleted
	case "UNDELETED":
		holds = !m.Deleted
	case "ANSWERED":
		holds = m.Answered
	case "UNANSWERED":
		holds = !m.Answered
	case "FROM", "TO", "SUBJECT", "CC", "BCC", "BODY", "TEXT", "HEADER", "UID", "SINCE", "BEFORE", "ON", "SENTSINCE", "SENTBEFORE", "SENTON", "LARGER", "SMALLER", "NOT", "OR":
	default:
		return false, false
	}
	q.take()
	switch key {
	case "FROM", "TO", "SUBJECT", "CC", "BCC":
		holds = contains(m.Field(key))
	case "BODY":
		holds = contains(m.Body())
	case "TEXT":
		holds = contains(m.Raw)
	case "HEADER":
		holds = contains(m.Field(q.take()))
	case "KEYWORD", "UNKEYWORD":
		q.take()
	case "UID":
		which, isSet := parseSet(q.take())
		return isSet && which.has(m.UID, messages[len(messages)-1].UID), isSet
	case "SINCE", "BEFORE", "ON", "SENTSINCE", "SENTBEFORE", "SENTON":
		day, err := time.Parse("2-Jan-2006", q.take())
		if err != nil {
			return false, false
		}
		own := m.Arrived.Truncate(24 * time.Hour)
		switch strings.TrimPrefix(key, "SENT") {
		case "SINCE":
			holds = !own.Before(day)
		case "BEFORE":
			holds = own.Before(day)
		default:
			holds = own.Equal(day)
		}
	case "LARGER", "SMALLER":
		n, err := strconv.Atoi(q.take())
		if err != nil {
			return false, false
		}
		holds = len(m.Raw) > n == (key == "LARGER") && len(m.Raw) != n
	case "NOT":
		one, ok := q.next(depth + 1)
		return !one, ok
	case "OR":
		one, ok := q.next(depth + 1)
		if !ok {
			return false, false
		}
		two, ok := q.next(depth + 1)
		return one || two, ok
	}
	return holds, true
}
