package ldap

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/ber"
)

const (
	maxResults = 1000 // entries of one search
	maxFilter  = 512  // bytes of a filter, in the record
	maxClauses = 256  // of a filter
)

// search answers with the entries that match.
func (c *client) search(id, op ber.Node, rest []ber.Node) bool {
	finish := func(code int64, matched, text string, more ...ber.Node) bool {
		return c.send(id, ber.Of(searchDone, c.result(code, matched, text)...), more...)
	}
	if len(op.Kids) != 8 {
		finish(protocolError, "", "decoding error")
		return false
	}
	base := string(op.Kids[0].Value)
	scope, ok1 := op.Kids[1].Int()
	limit, ok2 := op.Kids[3].Int()
	namesOnly := len(op.Kids[5].Value) == 1 && op.Kids[5].Value[0] != 0
	filter := op.Kids[6]
	left := maxClauses
	if !ok1 || !ok2 || scope < 0 || scope > 3 || limit < 0 || !sound(filter, &left) {
		finish(protocolError, "", "decoding error")
		return false
	}
	var wanted []string
	for _, a := range op.Kids[7].Kids {
		wanted = append(wanted, strings.ToLower(string(a.Value)))
	}
	written := render(filter)
	c.s.Event("search", event.String("base", base), event.String("scope", [...]string{"base", "one", "sub", "children"}[scope]), event.String("filter", written[:min(len(written), maxFilter)]),
		event.String("attributes", strings.Join(wanted, " ")), event.String("user", c.user))
	if limit == 0 || limit > maxResults {
		limit = maxResults
	}
	sent := int64(0)
	give := func(e *entry) bool {
		sent++
		return c.send(id, ber.Of(searchEntry, ber.Text(ber.OctetString, e.dn), ber.Of(ber.Sequence, e.show(wanted, namesOnly, c)...)))
	}
	if base == "" && scope == 0 {
		// That of Windows has no class, and yet answers who asks for any.
		if root := c.present(); (c.active || matches(filter, root)) && !give(root) {
			return false
		}
		return finish(success, "", "")
	}
	if c.active && c.user == "" {
		return finish(operationsError, "", "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, "+c.build)
	}
	at := slices.IndexFunc(c.entries, func(e *entry) bool { return e.key == canonical(base) })
	if at < 0 {
		text := ""
		if c.active {
			text = "0000208D: NameErr: DSID-0310028B, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'" + c.base + "'\n"
		}
		matched := ""
		if strings.HasSuffix(canonical(base), canonical(c.base)) {
			matched = c.base
		}
		return finish(noSuchObject, matched, text)
	}
	root := c.entries[at].key
	for _, e := range c.entries {
		if !within(e.key, root, scope) || !matches(filter, e) {
			continue
		}
		if sent == limit {
			return finish(sizeExceeded, "", "")
		}
		if !give(e) {
			return false
		}
	}
	return finish(success, "", "", pages(rest)...)
}

// pages answers the control by which a client asks for the results in pages: this was the last one.
func pages(rest []ber.Node) []ber.Node {
	const paged = "1.2.840.113556.1.4.319"
	for _, n := range rest {
		if n.Tag != controls {
			continue
		}
		for _, control := range n.Kids {
			if len(control.Kids) > 0 && string(control.Kids[0].Value) == paged {
				value := ber.Of(ber.Sequence, ber.Number(ber.Integer, 0), ber.Text(ber.OctetString, "")).Encode()
				return []ber.Node{ber.Of(controls, ber.Of(ber.Sequence, ber.Text(ber.OctetString, paged), ber.Bytes(ber.OctetString, value)))}
			}
		}
	}
	return nil
}

// within tells whether the entry lies in the scope of the base.
func within(key, base string, scope int64) bool {
	below := strings.HasSuffix(key, ","+base)
	switch scope {
	case 0:
		return key == base
	case 1:
		return below && !strings.Contains(strings.TrimSuffix(key, ","+base), ",")
	case 2:
		return key == base || below
	}
	return below
}

// compare tells whether an entry has a value.
func (c *client) compare(id, op ber.Node) bool {
	const compareResponse = 0x6f
	code := int64(noSuchObject)
	if len(op.Kids) == 2 && len(op.Kids[1].Kids) == 2 {
		name, attribute, value := string(op.Kids[0].Value), string(op.Kids[1].Kids[0].Value), string(op.Kids[1].Kids[1].Value)
		c.s.Event("compare", event.String("dn", name), event.String("attribute", attribute), event.String("data", value))
		for _, e := range c.entries {
			if e.key != canonical(name) {
				continue
			}
			code = noSuchAttribute
			if a := e.attribute(attribute); a != nil && !a.secret {
				code = compareFalse
				if slices.ContainsFunc(a.values, func(v string) bool { return strings.EqualFold(v, value) }) {
					code = compareTrue
				}
			}
		}
	}
	if c.active && c.user == "" {
		code = operationsError
	}
	return c.send(id, ber.Of(compareResponse, c.result(code, "", "")...))
}

// The clauses of a filter.
const (
	and         = 0xa0
	or          = 0xa1
	not         = 0xa2
	equal       = 0xa3
	substrings  = 0xa4
	atLeast     = 0xa5
	atMost      = 0xa6
	present     = 0x87
	like        = 0xa8
	extensible  = 0xa9
	bitAnd      = "1.2.840.113556.1.4.803"
	bitOr       = "1.2.840.113556.1.4.804"
	matchesRule = 0x81
	ofAttribute = 0x82
	theValue    = 0x83
)

// sound tells whether the filter is one, of at most so many clauses.
func sound(f ber.Node, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	switch f.Tag {
	case and, or:
		for _, kid := range f.Kids {
			if !sound(kid, left) {
				return false
			}
		}
		return true
	case not:
		return len(f.Kids) == 1 && sound(f.Kids[0], left)
	case equal, atLeast, atMost, like:
		return len(f.Kids) == 2 && f.Kids[0].Tag == ber.OctetString && f.Kids[1].Tag == ber.OctetString
	case substrings:
		return len(f.Kids) == 2 && f.Kids[1].Tag == ber.Sequence
	case present:
		return true
	case extensible:
		return len(f.Kids) >= 2
	}
	return false
}

// matches tells whether the filter, which is sound, lets the entry through.
func matches(f ber.Node, e *entry) bool {
	switch f.Tag {
	case and:
		return !slices.ContainsFunc(f.Kids, func(kid ber.Node) bool { return !matches(kid, e) })
	case or:
		return slices.ContainsFunc(f.Kids, func(kid ber.Node) bool { return matches(kid, e) })
	case not:
		return !matches(f.Kids[0], e)
	case present:
		return e.attribute(string(f.Value)) != nil
	case extensible:
		return matchesBits(f, e)
	}
	a := e.attribute(string(f.Kids[0].Value))
	if a == nil || a.secret {
		return false
	}
	want := strings.ToLower(string(f.Kids[1].Value))
	return slices.ContainsFunc(a.values, func(v string) bool {
		v = strings.ToLower(v)
		switch f.Tag {
		case substrings:
			return matchesParts(f.Kids[1].Kids, v)
		case atLeast:
			return compareValues(v, want) >= 0
		case atMost:
			return compareValues(v, want) <= 0
		}
		return v == want || strings.Contains(v, "=") && canonical(v) == canonical(want)
	})
}

// compareValues compares numbers as such, all else as text.
func compareValues(a, b string) int {
	x, err1 := strconv.ParseInt(a, 10, 64)
	y, err2 := strconv.ParseInt(b, 10, 64)
	if err1 == nil && err2 == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}

// matchesParts tells whether the value has the parts, in their order.
func matchesParts(parts []ber.Node, value string) bool {
	const first, last = 0x80, 0x82
	for _, part := range parts {
		want := strings.ToLower(string(part.Value))
		switch part.Tag {
		case first:
			if !strings.HasPrefix(value, want) {
				return false
			}
			value = value[len(want):]
		case last:
			return strings.HasSuffix(value, want)
		default:
			_, after, found := strings.Cut(value, want)
			if !found {
				return false
			}
			value = after
		}
	}
	return true
}

// matchesBits tells whether a number has bits set: how Active Directory is asked for accounts of a kind.
func matchesBits(f ber.Node, e *entry) bool {
	var rule, attribute, value string
	for _, kid := range f.Kids {
		switch kid.Tag {
		case matchesRule:
			rule = string(kid.Value)
		case ofAttribute:
			attribute = string(kid.Value)
		case theValue:
			value = string(kid.Value)
		}
	}
	a := e.attribute(attribute)
	bits, err := strconv.ParseInt(value, 10, 64)
	if a == nil || err != nil || a.secret {
		return false
	}
	has, err := strconv.ParseInt(a.values[0], 10, 64)
	return err == nil && (rule == bitAnd && has&bits == bits || rule == bitOr && has&bits != 0)
}

// render writes a filter, which is sound, as people do.
func render(f ber.Node) string {
	var b strings.Builder
	b.WriteByte('(')
	switch f.Tag {
	case and, or, not:
		b.WriteString(map[byte]string{and: "&", or: "|", not: "!"}[f.Tag])
		for _, kid := range f.Kids {
			b.WriteString(render(kid))
		}
	case present:
		b.WriteString(string(f.Value) + "=*")
	case substrings:
		b.WriteString(string(f.Kids[0].Value) + "=")
		for i, part := range f.Kids[1].Kids {
			if i > 0 || part.Tag != 0x80 {
				b.WriteByte('*')
			}
			b.Write(part.Value)
			if i == len(f.Kids[1].Kids)-1 && part.Tag != 0x82 {
				b.WriteByte('*')
			}
		}
	case extensible:
		for _, kid := range f.Kids {
			b.Write(kid.Value)
			b.WriteByte(':')
		}
	default:
		b.WriteString(string(f.Kids[0].Value) + map[byte]string{equal: "=", atLeast: ">=", atMost: "<=", like: "~="}[f.Tag] + string(f.Kids[1].Value))
	}
	b.WriteByte(')')
	return b.String()
}
