package redis

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The commands that look into values or change parts of them, beside the commonest ones in commands.go.

const (
	notFloat   = "ERR value is not a valid float"
	outOfRange = "ERR index out of range"
)

// atOnce is how many members one command gives of those that may come more than once.
const atOnce = 1000

// items returns what the key holds, nothing where there is none.
func (c *client) items(key string, want kind) ([]string, bool) {
	v, ok := c.value(key, want)
	if v == nil {
		return nil, ok
	}
	return v.items, ok
}

// span reads a range of indexes in n elements as GETRANGE and ZRANGE have it: from is included, to is not.
func (c *client) span(first, last string, n int) (from, to int, ok bool) {
	a, err1 := strconv.Atoi(first)
	b, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil {
		c.out.fail(notInteger)
		return 0, 0, false
	}
	if a < 0 {
		a = max(0, a+n)
	}
	if b < 0 {
		b += n
	}
	from, to = a, min(b, n-1)+1
	if from >= to {
		return 0, 0, true
	}
	return from, to, true
}

// text returns a string's value.
func (c *client) text(key string) (string, bool) {
	items, ok := c.items(key, stringKind)
	if len(items) == 0 {
		return "", ok
	}
	return items[0], ok
}

// rewrite stores a string in the place of another, whose time to live stays.
func (c *client) rewrite(key, s string) bool {
	var expires time.Time
	if v := c.space.get(c.db, key); v != nil {
		expires = v.expires
	}
	return c.put(key, s, expires)
}

func stringCommands() map[string]command {
	part := func(c *client, a []string) {
		s, ok := c.text(a[1])
		if !ok {
			return
		}
		if from, to, ok := c.span(a[2], a[3], len(s)); ok {
			c.out.bulk(s[from:to])
		}
	}
	return map[string]command{
		"getdel": {run: func(c *client, a []string) {
			v, ok := c.value(a[1], stringKind)
			get(c, a)
			if ok && v != nil {
				delete(c.space.db[c.db], a[1])
			}
		}},
		"getex":    {run: getAndExpire},
		"getrange": {run: part}, "substr": {run: part},
		"setrange": {run: setRange},
		"incrbyfloat": {run: func(c *client, a []string) {
			s, ok := c.text(a[1])
			if !ok {
				return
			}
			n, err1 := strconv.ParseFloat(cmp.Or(s, "0"), 64)
			by, err2 := strconv.ParseFloat(a[2], 64)
			if err1 != nil || err2 != nil {
				c.out.fail(notFloat)
				return
			}
			if sum := strconv.FormatFloat(n+by, 'f', -1, 64); c.rewrite(a[1], sum) {
				c.out.bulk(sum)
			}
		}},
		"psetex": {run: func(c *client, a []string) { setFor(c, a, "px") }},
		"setex":  {run: func(c *client, a []string) { setFor(c, a, "ex") }},
		"msetnx": {run: func(c *client, a []string) {
			if len(a)%2 == 0 {
				c.out.fail("ERR wrong number of arguments for 'msetnx' command")
				return
			}
			for i := 1; i < len(a); i += 2 {
				if c.space.get(c.db, a[i]) != nil {
					c.out.integer(0)
					return
				}
			}
			for i := 1; i < len(a); i += 2 {
				if !c.put(a[i], a[i+1], time.Time{}) {
					return
				}
			}
			c.out.integer(1)
		}},
		"getbit": {run: func(c *client, a []string) {
			at, err := strconv.ParseUint(a[2], 10, 32)
			if err != nil {
				c.out.fail("ERR bit offset is not an integer or out of range")
				return
			}
			if s, ok := c.text(a[1]); ok {
				c.yes(at/8 < uint64(len(s)) && s[at/8]>>(7-at%8)&1 == 1)
			}
		}},
		"setbit": {run: func(c *client, a []string) {
			at, err := strconv.ParseUint(a[2], 10, 32)
			if err != nil {
				c.out.fail("ERR bit offset is not an integer or out of range")
				return
			}
			if a[3] != "0" && a[3] != "1" {
				c.out.fail("ERR bit is not an integer or out of range")
				return
			}
			s, ok := c.text(a[1])
			if !ok {
				return
			}
			if at/8 >= maxStored {
				c.out.fail(full)
				return
			}
			b := []byte(s)
			if short := int(at/8) + 1 - len(b); short > 0 {
				b = append(b, make([]byte, short)...)
			}
			was := b[at/8]>>(7-at%8)&1 == 1
			if b[at/8] &^= 1 << (7 - at%8); a[3] == "1" {
				b[at/8] |= 1 << (7 - at%8)
			}
			if c.rewrite(a[1], string(b)) {
				c.yes(was)
			}
		}},
		"lcs": {run: func(c *client, _ []string) {
			c.out.fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
		}},
	}
}

func setFor(c *client, args []string, unit string) {
	n, err := strconv.ParseInt(args[2], 10, 64)
	if err == nil && n <= 0 {
		c.out.fail(c.badExpiry(strings.ToLower(args[0])))
		return
	}
	set(c, []string{"set", args[1], args[3], unit, args[2]})
}

func setRange(c *client, args []string) {
	at, err := strconv.Atoi(args[2])
	switch {
	case err != nil:
		c.out.fail(notInteger)
		return
	case at < 0:
		c.out.fail("ERR offset is out of range")
		return
	}
	s, ok := c.text(args[1])
	switch {
	case !ok:
	case args[3] == "":
		c.out.integer(int64(len(s)))
	case at > maxStored-len(args[3]):
		c.out.fail(full)
	default:
		b := []byte(s)
		if short := at + len(args[3]) - len(b); short > 0 {
			b = append(b, make([]byte, short)...)
		}
		copy(b[at:], args[3])
		if c.rewrite(args[1], string(b)) {
			c.out.integer(int64(len(b)))
		}
	}
}

func getAndExpire(c *client, args []string) {
	v, ok := c.value(args[1], stringKind)
	if !ok {
		return
	}
	if v == nil {
		c.out.null()
		return
	}
	switch option := strings.ToLower(strings.Join(args[2:min(len(args), 3)], "")); {
	case len(args) == 2:
	case len(args) == 3 && option == "persist":
		v.expires = time.Time{}
	case len(args) == 4:
		at, problem := c.deadline(option, args[3], "getex")
		if problem != "" {
			c.out.fail(problem)
			return
		}
		v.expires = at
	default:
		c.out.fail(syntax)
		return
	}
	c.out.bulk(v.items[0])
}

// badExpiry is the error for a time to live that can't be.
func (c *client) badExpiry(command string) string {
	if c.server.version.atLeast(6, 2) {
		return "ERR invalid expire time in '" + command + "' command"
	}
	return "ERR invalid expire time in " + command
}

// deadline reads an option of SET that says when the key goes, and what is wrong with it.
func (c *client) deadline(option, value, command string) (at time.Time, problem string) {
	n, err := strconv.ParseInt(value, 10, 64)
	if !slices.Contains([]string{"ex", "px", "exat", "pxat"}, option) || strings.HasSuffix(option, "at") && !c.server.version.atLeast(6, 2) {
		return at, syntax
	}
	if err != nil {
		return at, notInteger
	}
	if n <= 0 || n > 1<<52 {
		return at, c.badExpiry(command)
	}
	switch option {
	case "exat":
		return time.Unix(min(n, 1<<36), 0), ""
	case "pxat":
		return time.UnixMilli(min(n, 1<<46)), ""
	}
	return c.after(n, option == "ex"), ""
}

func listCommands() map[string]command {
	move := func(c *client, from, to string, first, last bool) {
		v, ok := c.value(from, listKind)
		if !ok {
			return
		}
		if v == nil {
			c.out.null()
			return
		}
		if _, ok := c.value(to, listKind); !ok {
			return
		}
		at := len(v.items) - 1
		if first {
			at = 0
		}
		item := v.items[at]
		target, ok := c.made(to, listKind, item)
		if !ok {
			return
		}
		v.items = slices.Delete(v.items, at, at+1)
		if last {
			target.items = append(target.items, item)
		} else {
			target.items = slices.Insert(target.items, 0, item)
		}
		c.tidy(from, v)
		c.out.bulk(item)
	}
	wait := func(c *client, timeout string) {
		seconds, err := strconv.ParseFloat(timeout, 64)
		switch {
		case err != nil || math.IsNaN(seconds) || seconds > math.MaxInt64/1e9:
			c.out.fail("ERR timeout is not a float or out of range")
		case seconds < 0:
			c.out.fail("ERR timeout is negative")
		case c.multi || c.executing:
			c.out.nullArray()
		default:
			c.blocked = maxBlocked
			if seconds > 0 {
				c.blocked = min(maxBlocked, time.Duration(seconds*float64(time.Second)))
			}
		}
	}
	popFirst := func(c *client, a []string) {
		for _, key := range a[1 : len(a)-1] {
			v, ok := c.value(key, listKind)
			if !ok {
				return
			}
			if v == nil {
				continue
			}
			at := 0
			if strings.EqualFold(a[0], "brpop") {
				at = len(v.items) - 1
			}
			c.out.bulks(key, v.items[at])
			v.items = slices.Delete(v.items, at, at+1)
			c.tidy(key, v)
			return
		}
		wait(c, a[len(a)-1])
	}
	side := func(c *client, s string) (left, ok bool) {
		left = strings.EqualFold(s, "left")
		if !left && !strings.EqualFold(s, "right") {
			c.out.fail(syntax)
			return false, false
		}
		return left, true
	}
	pushExisting := func(c *client, a []string) {
		if v, ok := c.value(a[1], listKind); ok && v == nil {
			c.out.integer(0)
		} else if ok {
			push(c, append([]string{strings.TrimSuffix(strings.ToLower(a[0]), "x")}, a[1:]...))
		}
	}
	return map[string]command{
		"blpop": {run: popFirst}, "brpop": {run: popFirst},
		"lpushx": {run: pushExisting}, "rpushx": {run: pushExisting},
		"rpoplpush": {run: func(c *client, a []string) { move(c, a[1], a[2], false, false) }},
		"brpoplpush": {run: func(c *client, a []string) {
			if v, ok := c.value(a[1], listKind); ok && v == nil {
				wait(c, a[3])
			} else if ok {
				move(c, a[1], a[2], false, false)
			}
		}},
		"lmove": {run: func(c *client, a []string) {
			first, ok1 := side(c, a[3])
			if !ok1 {
				return
			}
			if left, ok2 := side(c, a[4]); ok2 {
				move(c, a[1], a[2], first, !left)
			}
		}},
		"lset": {run: func(c *client, a []string) {
			v, ok := c.value(a[1], listKind)
			at, err := strconv.Atoi(a[2])
			if ok && v != nil && at < 0 {
				at += len(v.items)
			}
			switch {
			case !ok:
			case v == nil:
				c.out.fail("ERR no such key")
			case err != nil:
				c.out.fail(notInteger)
			case at < 0 || at >= len(v.items):
				c.out.fail(outOfRange)
			case !c.space.room(a[3]):
				c.out.fail(full)
			default:
				v.items[at] = a[3]
				c.out.simple("OK")
			}
		}},
		"linsert": {run: func(c *client, a []string) {
			after := strings.EqualFold(a[2], "after")
			if !after && !strings.EqualFold(a[2], "before") {
				c.out.fail(syntax)
				return
			}
			v, ok := c.value(a[1], listKind)
			if !ok || v == nil {
				if ok {
					c.out.integer(0)
				}
				return
			}
			at := slices.Index(v.items, a[3])
			if at < 0 {
				c.out.integer(-1)
				return
			}
			if !c.space.room(a[4]) {
				c.out.fail(full)
				return
			}
			if after {
				at++
			}
			v.items = slices.Insert(v.items, at, a[4])
			c.out.integer(int64(len(v.items)))
		}},
		"lrem": {run: func(c *client, a []string) {
			count, err := strconv.Atoi(a[2])
			if err != nil {
				c.out.fail(notInteger)
				return
			}
			v, ok := c.value(a[1], listKind)
			if !ok || v == nil {
				if ok {
					c.out.integer(0)
				}
				return
			}
			before, left := len(v.items), count
			if count < 0 {
				slices.Reverse(v.items)
				left = -count
			}
			v.items = slices.DeleteFunc(v.items, func(item string) bool {
				if item != a[3] || count != 0 && left == 0 {
					return false
				}
				left--
				return true
			})
			if count < 0 {
				slices.Reverse(v.items)
			}
			c.out.integer(int64(before - len(v.items)))
			c.tidy(a[1], v)
		}},
		"ltrim": {run: func(c *client, a []string) {
			v, ok := c.value(a[1], listKind)
			if !ok {
				return
			}
			n := 0
			if v != nil {
				n = len(v.items)
			}
			from, to, ok := c.span(a[2], a[3], n)
			if !ok {
				return
			}
			if v != nil {
				v.items = slices.Clone(v.items[from:to])
				c.tidy(a[1], v)
			}
			c.out.simple("OK")
		}},
		"lpos": {run: func(c *client, a []string) {
			items, ok := c.items(a[1], listKind)
			if at := slices.Index(items, a[2]); at >= 0 {
				c.out.integer(int64(at))
			} else if ok {
				c.out.null()
			}
		}},
	}
}

// members returns a set's as a map.
func (c *client) members(key string) (map[string]bool, bool) {
	items, ok := c.items(key, setKind)
	all := make(map[string]bool, len(items))
	for _, item := range items {
		all[item] = true
	}
	return all, ok
}

// combined is the union, intersection or difference of sets, by the command's beginning.
func (c *client) combined(how string, keys []string) ([]string, bool) {
	var all []string
	for i, key := range keys[:min(len(keys), maxQueued)] {
		items, ok := c.items(key, setKind)
		if !ok {
			return nil, false
		}
		if i == 0 {
			all = slices.Clone(items)
			continue
		}
		other, _ := c.members(key)
		switch how[:5] {
		case "sunio":
			for _, item := range all {
				delete(other, item)
			}
			all = append(all, slices.DeleteFunc(slices.Clone(items), func(item string) bool { return !other[item] })...)
		case "sinte":
			all = slices.DeleteFunc(all, func(item string) bool { return !other[item] })
		default:
			all = slices.DeleteFunc(all, func(item string) bool { return other[item] })
		}
	}
	return all, true
}

// random answers SRANDMEMBER and HRANDFIELD out of these.
func (c *client) random(from []string, args []string) {
	if len(args) == 0 {
		if len(from) == 0 {
			c.out.null()
		} else {
			c.out.bulk(from[rand.IntN(len(from))])
		}
		return
	}
	n, err := strconv.Atoi(args[0])
	switch {
	case err != nil:
		c.out.fail(notInteger)
	case len(from) == 0:
		c.out.array(0)
	case n >= 0:
		some := slices.Clone(from)
		rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		c.out.bulks(some[:min(n, len(some))]...)
	default:
		n = min(atOnce, max(-n, 0))
		c.out.array(n)
		for range n {
			c.out.bulk(from[rand.IntN(len(from))])
		}
	}
}

func setCommands() map[string]command {
	combine := func(c *client, a []string) {
		if all, ok := c.combined(strings.ToLower(a[0]), a[1:]); ok {
			c.out.set(len(all))
			for _, item := range all {
				c.out.bulk(item)
			}
		}
	}
	store := func(c *client, a []string) {
		all, ok := c.combined(strings.ToLower(a[0]), a[2:])
		if !ok {
			return
		}
		delete(c.space.db[c.db], a[1])
		if len(all) > 0 {
			if v, ok := c.made(a[1], setKind, all...); ok {
				v.items = all
			} else {
				return
			}
		}
		c.out.integer(int64(len(all)))
	}
	return map[string]command{
		"sunion": {run: combine}, "sinter": {run: combine}, "sdiff": {run: combine}, "sunionstore": {run: store}, "sinterstore": {run: store}, "sdiffstore": {run: store},
		"sintercard": {run: func(c *client, a []string) {
			n, err := strconv.Atoi(a[1])
			if err != nil || n < 1 {
				c.out.fail("ERR numkeys should be greater than 0")
			} else if n > len(a)-2 {
				c.out.fail("ERR Number of keys can't be greater than number of args")
			} else if all, ok := c.combined("sinter", a[2:2+n]); ok {
				c.out.integer(int64(len(all)))
			}
		}},
		"smismember": {run: func(c *client, a []string) {
			if all, ok := c.members(a[1]); ok {
				c.out.array(len(a) - 2)
				for _, item := range a[2:] {
					c.yes(all[item])
				}
			}
		}},
		"srem": {run: func(c *client, a []string) {
			v, ok := c.value(a[1], setKind)
			if !ok {
				return
			}
			gone := 0
			if v != nil {
				gone = c.without(a[1], v, a[2:])
			}
			c.out.integer(int64(gone))
		}},
		"smove": {run: func(c *client, a []string) {
			v, ok := c.value(a[1], setKind)
			if !ok {
				return
			}
			if _, ok := c.value(a[2], setKind); !ok {
				return
			}
			if v == nil || !slices.Contains(v.items, a[3]) {
				c.out.integer(0)
				return
			}
			target, ok := c.made(a[2], setKind, a[3])
			if !ok {
				return
			}
			if !slices.Contains(target.items, a[3]) {
				target.items = append(target.items, a[3])
			}
			if a[1] != a[2] {
				c.without(a[1], v, a[3:])
			}
			c.out.integer(1)
		}},
		"srandmember": {run: func(c *client, a []string) {
			if items, ok := c.items(a[1], setKind); ok {
				c.random(items, a[2:])
			}
		}},
		"spop": {run: func(c *client, a []string) {
			v, ok := c.value(a[1], setKind)
			if !ok {
				return
			}
			n := 1
			if len(a) > 2 {
				var err error
				if n, err = strconv.Atoi(a[2]); err != nil || n < 0 || len(a) > 3 {
					c.out.fail("ERR value is out of range, must be positive")
					return
				}
			}
			var some []string
			if v != nil {
				rand.Shuffle(len(v.items), func(i, j int) { v.items[i], v.items[j] = v.items[j], v.items[i] })
				some = slices.Clone(v.items[:min(n, len(v.items))])
				v.items = v.items[len(some):]
				c.tidy(a[1], v)
			}
			switch {
			case len(a) > 2:
				c.out.set(len(some))
				for _, item := range some {
					c.out.bulk(item)
				}
			case len(some) == 0:
				c.out.null()
			default:
				c.out.bulk(some[0])
			}
		}},
		"sscan": {run: func(c *client, a []string) { c.scanIn(a, setKind) }},
	}
}

// without removes members from a set and tells how many there were.
func (c *client) without(key string, v *value, members []string) int {
	gone := make(map[string]bool, len(members))
	for _, m := range members {
		gone[m] = true
	}
	before := len(v.items)
	v.items = slices.DeleteFunc(v.items, func(item string) bool { return gone[item] })
	n := before - len(v.items)
	c.tidy(key, v)
	return n
}

// scanIn answers SSCAN, HSCAN and ZSCAN: what is small comes at once.
func (c *client) scanIn(args []string, want kind) {
	pattern, _, _, ok := c.scanOptions(args[2:], args[3:], false)
	if !ok {
		return
	}
	items, ok := c.items(args[1], want)
	if !ok {
		return
	}
	step := 2
	if want == setKind {
		step = 1
	}
	var found []string
	for i := 0; i < len(items) && args[2] == "0"; i += step {
		if pattern == "*" || match(pattern, items[i]) {
			found = append(found, items[i:i+step]...)
		}
	}
	c.out.array(2)
	c.out.bulk("0")
	c.out.bulks(found...)
}

func hashCommands() map[string]command {
	add := func(c *client, a []string, sum func(old string) (string, string)) {
		v, ok := c.value(a[1], hashKind)
		if !ok {
			return
		}
		old := "0"
		if v != nil {
			if at := v.field(a[2]); at >= 0 {
				old = v.items[at+1]
			}
		}
		result, problem := sum(old)
		if problem != "" {
			c.out.fail(problem)
			return
		}
		if v, ok = c.made(a[1], hashKind, a[2], result); !ok {
			return
		}
		if at := v.field(a[2]); at >= 0 {
			v.items[at+1] = result
		} else {
			v.items = append(v.items, a[2], result)
		}
		if strings.EqualFold(a[0], "hincrby") {
			n, _ := strconv.ParseInt(result, 10, 64)
			c.out.integer(n)
		} else {
			c.out.bulk(result)
		}
	}
	return map[string]command{
		"hmget": {run: func(c *client, a []string) {
			items, ok := c.items(a[1], hashKind)
			if !ok {
				return
			}
			all := make(map[string]int, len(items)/2)
			for i := 0; i < len(items); i += 2 {
				all[items[i]] = i + 1
			}
			c.out.array(len(a) - 2)
			for _, field := range a[2:] {
				if at := all[field]; at > 0 {
					c.out.bulk(items[at])
				} else {
					c.out.null()
				}
			}
		}},
		"hsetnx": {run: func(c *client, a []string) {
			v, ok := c.value(a[1], hashKind)
			if !ok {
				return
			}
			if v != nil && v.field(a[2]) >= 0 {
				c.out.integer(0)
			} else if v, ok = c.made(a[1], hashKind, a[2], a[3]); ok {
				v.items = append(v.items, a[2], a[3])
				c.out.integer(1)
			}
		}},
		"hstrlen": {run: func(c *client, a []string) {
			c.hash(a, func(v *value, at int) {
				n := 0
				if at >= 0 {
					n = len(v.items[at+1])
				}
				c.out.integer(int64(n))
			})
		}},
		"hincrby": {run: func(c *client, a []string) {
			add(c, a, func(old string) (string, string) {
				by, err := strconv.ParseInt(a[3], 10, 64)
				if err != nil {
					return "", notInteger
				}
				n, err := strconv.ParseInt(old, 10, 64)
				if err != nil {
					return "", "ERR hash value is not an integer"
				}
				if (n+by > n) != (by > 0) && by != 0 {
					return "", "ERR increment or decrement would overflow"
				}
				return strconv.FormatInt(n+by, 10), ""
			})
		}},
		"hincrbyfloat": {run: func(c *client, a []string) {
			add(c, a, func(old string) (string, string) {
				by, err := strconv.ParseFloat(a[3], 64)
				if err != nil {
					return "", notFloat
				}
				n, err := strconv.ParseFloat(old, 64)
				if err != nil {
					return "", "ERR hash value is not a float"
				}
				return strconv.FormatFloat(n+by, 'f', -1, 64), ""
			})
		}},
		"hrandfield": {run: func(c *client, a []string) {
			items, ok := c.items(a[1], hashKind)
			if !ok {
				return
			}
			var fields []string
			for i := 0; i < len(items); i += 2 {
				fields = append(fields, items[i])
			}
			c.random(fields, a[2:])
		}},
		"hscan": {run: func(c *client, a []string) { c.scanIn(a, hashKind) }},
	}
}
