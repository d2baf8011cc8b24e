package ldap

import (
	"cmp"
	"encoding/binary"
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
	sent, last := int64(0), 0
	give := func(e *entry) bool {
		sent++
		return c.send(id, ber.Of(searchEntry, ber.Text(ber.OctetString, e.dn), ber.Of(ber.Sequence, e.show(wanted, namesOnly, c)...)))
	}
	if base == "" && scope == 0 {
		// That of Windows has no class, and yet answers who asks for any.
		if root := c.present(); (c.active || matches(filter, root) == yes) && !give(root) {
			return false
		}
		return finish(success, "", "")
	}
	if c.active && c.user == "" {
		return finish(operationsError, "", "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, "+c.build)
	}
	if text, code := c.critical(rest); code != success {
		return finish(code, "", text)
	}
	if !c.active && canonical(base) == "cn=subschema" {
		if e := subentry(c.host.Installed()); scope == 0 && matches(filter, e) == yes && !give(e) {
			return false
		}
		return finish(success, "", "")
	}
	if !c.active && !c.validName(base) {
		return finish(invalidDN, "", "invalid DN")
	}
	if port := c.s.CatalogPort(); base == "" && c.active && (port == forestPort || port == forestTLS) {
		base = c.base // to the global catalog, nothing is the whole forest
	}
	at := slices.IndexFunc(c.entries, func(e *entry) bool { return e.key == canonical(base) })
	if at < 0 {
		text := ""
		if c.active {
			text = "0000208D: NameErr: DSID-0310028B, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'" + c.base + "'\n"
		}
		return finish(noSuchObject, c.above(base), text)
	}
	root := c.entries[at].key
	page, from, paging := pageOf(rest)
	for i, e := range c.entries {
		if i < from || !within(e.key, root, scope) || matches(filter, e) != yes {
			continue
		}
		if paging && sent == page && page > 0 {
			return finish(success, "", "", pages(last)...)
		}
		last = i + 1
		if sent == limit {
			return finish(sizeExceeded, "", "")
		}
		if !give(e) {
			return false
		}
	}
	if paging {
		return finish(success, "", "", pages(0)...)
	}
	return finish(success, "", "")
}

// above is the name of the entry closest above one that there isn't.
func (c *client) above(name string) string {
	for key := canonical(name); ; {
		_, rest, found := strings.Cut(key, ",")
		if !found {
			return ""
		}
		if at := slices.IndexFunc(c.entries, func(e *entry) bool { return e.key == rest }); at >= 0 {
			return c.entries[at].dn
		}
		key = rest
	}
}

const paged = "1.2.840.113556.1.4.319"

// each goes through the controls of a request.
func each(rest []ber.Node, do func(oid string, critical bool, value []byte)) {
	for _, n := range rest {
		if n.Tag != controls {
			continue
		}
		for _, control := range n.Kids {
			if len(control.Kids) == 0 {
				continue
			}
			critical, value := false, []byte(nil)
			for _, kid := range control.Kids[1:] {
				switch kid.Tag {
				case ber.Boolean:
					critical = len(kid.Value) == 1 && kid.Value[0] != 0
				case ber.OctetString:
					value = kid.Value
				}
			}
			do(string(control.Kids[0].Value), critical, value)
		}
	}
}

// critical refuses a control that must be obeyed and is not known.
func (c *client) critical(rest []ber.Node) (text string, code int64) {
	each(rest, func(oid string, critical bool, _ []byte) {
		known := c.root.attribute("supportedControl")
		if critical && !slices.Contains(known.values, oid) {
			text, code = "critical extension is not recognized", unavailableExtension
			if c.active {
				text = "00002040: SvcErr: DSID-031401E3, problem 5010 (UNAVAIL_EXTENSION), data 0\n"
			}
		}
	})
	return text, code
}

// pageOf reads the control by which a client asks for the results in pages: how many, and after which entry.
func pageOf(rest []ber.Node) (size int64, from int, paging bool) {
	each(rest, func(oid string, _ bool, value []byte) {
		n, _, err := ber.Parse(value)
		if oid != paged || err != nil || len(n.Kids) != 2 {
			return
		}
		paging = true
		size, _ = n.Kids[0].Int()
		if len(n.Kids[1].Value) == 8 {
			from = int(binary.LittleEndian.Uint64(n.Kids[1].Value) & 0xffff)
		}
	})
	return size, from, paging
}

// pages is the control that answers: its cookie is the number of the last entry, as OpenLDAP's is; none is the end.
func pages(last int) []ber.Node {
	var cookie []byte
	if last > 0 {
		cookie = binary.LittleEndian.AppendUint64(nil, uint64(last))
	}
	value := ber.Of(ber.Sequence, ber.Number(ber.Integer, 0), ber.Bytes(ber.OctetString, cookie)).Encode()
	return []ber.Node{ber.Of(controls, ber.Of(ber.Sequence, ber.Text(ber.OctetString, paged), ber.Bytes(ber.OctetString, value)))}
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
	code, matched, text := int64(noSuchObject), "", ""
	if len(op.Kids) == 2 && len(op.Kids[1].Kids) == 2 {
		name, attribute, value := string(op.Kids[0].Value), string(op.Kids[1].Kids[0].Value), string(op.Kids[1].Kids[1].Value)
		c.s.Event("compare", event.String("dn", name), event.String("attribute", attribute), event.String("data", value))
		at := slices.IndexFunc(c.entries, func(e *entry) bool { return e.key == canonical(name) })
		switch {
		case !c.active && !c.validName(name):
			code, text = invalidDN, "invalid DN"
		case !c.active && !c.knows(attribute):
			code = undefinedType
		case at < 0:
			matched = c.above(name)
		default:
			code = noSuchAttribute
			if a := c.entries[at].attribute(attribute); a != nil && a.secret {
				code = noRights
			} else if a != nil {
				code = compareFalse
				if slices.ContainsFunc(a.values, func(v string) bool { return strings.EqualFold(v, value) }) {
					code = compareTrue
				}
			}
		}
	}
	if c.active && c.user == "" {
		code, matched = operationsError, ""
	}
	return c.send(id, ber.Of(compareResponse, c.result(code, matched, text)...))
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

// verdict is what a filter says of an entry: of an attribute that there is not, or that may not be seen, neither yes nor no.
type verdict int

const (
	no verdict = iota
	unknown
	yes
)

func verdictOf(v bool) verdict {
	if v {
		return yes
	}
	return no
}

// matches tells whether the filter, which is sound, lets the entry through.
func matches(f ber.Node, e *entry) verdict {
	switch f.Tag {
	case and:
		v := yes
		for _, kid := range f.Kids {
			if v = min(v, matches(kid, e)); v == no {
				break
			}
		}
		return v
	case or:
		v := no
		for _, kid := range f.Kids {
			if v = max(v, matches(kid, e)); v == yes {
				break
			}
		}
		return v
	case not:
		return yes - matches(f.Kids[0], e)
	case present:
		a := e.attribute(string(f.Value))
		switch {
		case a != nil && a.secret, a == nil && !e.defined(string(f.Value)):
			return unknown
		}
		return verdictOf(a != nil)
	case extensible:
		return matchesRules(f, e)
	}
	name := string(f.Kids[0].Value)
	a := e.attribute(name)
	if a == nil && e.defined(name) {
		return no
	}
	if a == nil || a.secret {
		return unknown
	}
	want := strings.ToLower(string(f.Kids[1].Value))
	if strings.EqualFold(name, "objectClass") && f.Tag == equal {
		return verdictOf(slices.Contains(inherited(a.values), want))
	}
	return verdictOf(slices.ContainsFunc(a.values, func(v string) bool {
		v = strings.ToLower(v)
		switch f.Tag {
		case substrings:
			return matchesParts(f.Kids[1].Kids, v)
		case atLeast:
			return compareValues(v, want) >= 0
		case atMost:
			return compareValues(v, want) <= 0
		case like:
			return hasWord(v, want)
		}
		return v == want || strings.Contains(v, "=") && (canonical(v) == canonical(want) || strings.EqualFold(a.name, "objectCategory") && ofCategory(v, want))
	}))
}

// hasWord tells whether a word of the text, or all of it, is the one that is wanted. It looks at the text once, as a client may ask two hundred times.
func hasWord(text, word string) bool {
	const between = " @.-_"
	for from := 0; word != ""; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		at += from
		end := at + len(word)
		if (at == 0 || strings.IndexByte(between, text[at-1]) >= 0) && (end == len(text) || strings.IndexByte(between, text[end]) >= 0) {
			return true
		}
		from = end
	}
	return text == word
}

// ofCategory tells whether the category, which is a name in the schema, is of the class: a client may give that alone.
func ofCategory(category, class string) bool {
	if class == "user" {
		class = "person"
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(category, "cn="), ",")
	return strings.ReplaceAll(name, "-", "") == class
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

// matchesRules is a clause with a rule of its own: whether a number has bits set, which is how Active Directory is asked for accounts of a kind, or equality, maybe with a part of the entry's name.
func matchesRules(f ber.Node, e *entry) verdict {
	const ofName = 0x84
	var rule, attribute, value string
	inName := false
	for _, kid := range f.Kids {
		switch kid.Tag {
		case matchesRule:
			rule = string(kid.Value)
		case ofAttribute:
			attribute = string(kid.Value)
		case theValue:
			value = string(kid.Value)
		case ofName:
			inName = len(kid.Value) == 1 && kid.Value[0] != 0
		}
	}
	a := e.attribute(attribute)
	if a != nil && a.secret || a == nil && !e.defined(attribute) {
		return unknown
	}
	if rule != bitAnd && rule != bitOr {
		part := strings.ToLower(attribute + "=" + value)
		if inName && slices.Contains(strings.Split(e.key, ","), part) {
			return yes
		}
		return verdictOf(a != nil && slices.ContainsFunc(a.values, func(v string) bool { return strings.EqualFold(v, value) }))
	}
	bits, err := strconv.ParseInt(value, 10, 64)
	if a == nil || err != nil {
		return no
	}
	has, err := strconv.ParseInt(a.values[0], 10, 64)
	return verdictOf(err == nil && (rule == bitAnd && has&bits == bits || rule == bitOr && has&bits != 0))
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
