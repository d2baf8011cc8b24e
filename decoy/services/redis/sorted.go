package redis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// scored is a member of a sorted set. In a value, each is two items: the member and its score as text.
type scored struct {
	member string
	score  float64
}

// sorted returns the members in order.
func (c *client) sorted(key string) ([]scored, bool) {
	items, ok := c.items(key, sortedKind)
	all := make([]scored, 0, len(items)/2)
	for i := 0; i+1 < len(items); i += 2 {
		score, _ := strconv.ParseFloat(items[i+1], 64)
		all = append(all, scored{items[i], score})
	}
	return all, ok
}

// keep stores the members of a sorted set, for which there is room already.
func (c *client) keep(key string, all []scored) {
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(a.member, b.member))
	})
	v := c.space.get(c.db, key)
	if v == nil {
		v = &value{kind: sortedKind}
		c.space.db[c.db][key] = v
	}
	v.items = make([]string, 0, 2*len(all))
	for _, m := range all {
		v.items = append(v.items, m.member, c.score(m.score))
	}
	c.tidy(key, v)
}

// score is one as the version writes it: up to 7.0 with 17 digits.
func (c *client) score(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.FormatInt(int64(f), 10)
	case c.server.version.atLeast(7, 2):
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', 17, 64)
}

// scores answers members, with their scores where they are wanted.
func (c *client) scores(all []scored, with bool) {
	if !with {
		c.out.array(len(all))
		for _, m := range all {
			c.out.bulk(m.member)
		}
		return
	}
	if c.out.proto < 3 {
		c.out.array(2 * len(all))
	} else {
		c.out.array(len(all))
	}
	for _, m := range all {
		if c.out.proto >= 3 {
			c.out.array(2)
		}
		c.out.bulk(m.member)
		c.out.double(c.score(m.score))
	}
}

// bound reads an end of a range of scores.
func bound(s string) (limit float64, open, ok bool) {
	s, open = strings.CutPrefix(s, "(")
	limit, err := strconv.ParseFloat(s, 64)
	return limit, open, err == nil && !math.IsNaN(limit)
}

// between returns the members whose score is in the range.
func (c *client) between(all []scored, low, high string) ([]scored, bool) {
	a, openA, ok1 := bound(low)
	b, openB, ok2 := bound(high)
	if !ok1 || !ok2 {
		c.out.fail("ERR min or max is not a float")
		return nil, false
	}
	return slices.DeleteFunc(slices.Clone(all), func(m scored) bool {
		return m.score < a || openA && m.score == a || m.score > b || openB && m.score == b
	}), true
}

// zrange answers ZRANGE and its older forms.
func zrange(c *client, args []string) {
	name := strings.ToLower(args[0])
	byScore, reverse := strings.HasSuffix(name, "byscore"), strings.HasPrefix(name, "zrev")
	with, offset, count := false, 0, -1
	for i := 4; i < len(args); i++ {
		switch option := strings.ToLower(args[i]); {
		case option == "withscores":
			with = true
		case option == "byscore" && name == "zrange" && c.server.version.atLeast(6, 2):
			byScore = true
		case option == "rev" && name == "zrange" && c.server.version.atLeast(6, 2):
			reverse = true
		case option == "limit" && i+2 < len(args):
			var err1, err2 error
			offset, err1 = strconv.Atoi(args[i+1])
			count, err2 = strconv.Atoi(args[i+2])
			if err1 != nil || err2 != nil {
				c.out.fail(notInteger)
				return
			}
			i += 2
		default:
			c.out.fail(syntax)
			return
		}
	}
	all, ok := c.sorted(args[1])
	if !ok {
		return
	}
	low, high := args[2], args[3]
	if byScore {
		if reverse {
			low, high = high, low
		}
		if all, ok = c.between(all, low, high); !ok {
			return
		}
	}
	if reverse {
		slices.Reverse(all)
	}
	if byScore {
		all = all[min(max(offset, 0), len(all)):]
		if count >= 0 {
			all = all[:min(count, len(all))]
		}
	} else {
		from, to, ok := c.span(low, high, len(all))
		if !ok {
			return
		}
		all = all[from:to]
	}
	c.scores(all, with)
}

func zadd(c *client, args []string) {
	options := map[string]bool{}
	at := 2
	for ; at < len(args) && slices.Contains([]string{"nx", "xx", "ch", "incr", "gt", "lt"}, strings.ToLower(args[at])); at++ {
		options[strings.ToLower(args[at])] = true
	}
	pairs := args[at:]
	switch {
	case len(pairs) == 0 || len(pairs)%2 != 0:
		c.out.fail(syntax)
		return
	case options["nx"] && options["xx"]:
		c.out.fail("ERR XX and NX options at the same time are not compatible")
		return
	case options["incr"] && len(pairs) > 2:
		c.out.fail("ERR INCR option supports a single increment-element pair")
		return
	}
	given := make([]scored, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		score, err := strconv.ParseFloat(pairs[i], 64)
		if err != nil || math.IsNaN(score) {
			c.out.fail(notFloat)
			return
		}
		given = append(given, scored{pairs[i+1], score})
	}
	all, ok := c.sorted(args[1])
	if !ok {
		return
	}
	where := make(map[string]int, len(all))
	for i, m := range all {
		where[m.member] = i
	}
	added, changed, last, done := 0, 0, 0.0, false
	for _, m := range given {
		i, have := where[m.member]
		switch {
		case have && options["nx"] || !have && options["xx"] || have && !options["incr"] && (options["gt"] && m.score <= all[i].score || options["lt"] && m.score >= all[i].score):
			continue
		case !c.space.room(m.member):
			c.out.fail(full)
			return
		case have && options["incr"]:
			m.score += all[i].score
			fallthrough
		case have:
			if all[i].score != m.score {
				changed++
			}
			all[i].score = m.score
		default:
			where[m.member] = len(all)
			all = append(all, m)
			added++
		}
		last, done = m.score, true
	}
	if len(all) > 0 {
		c.keep(args[1], all)
	}
	switch {
	case options["incr"] && !done:
		c.out.null()
	case options["incr"]:
		c.out.double(c.score(last))
	case options["ch"]:
		c.out.integer(int64(added + changed))
	default:
		c.out.integer(int64(added))
	}
}

// rank answers ZRANK and ZREVRANK.
func rank(c *client, args []string) {
	all, ok := c.sorted(args[1])
	if !ok {
		return
	}
	if strings.EqualFold(args[0], "zrevrank") {
		slices.Reverse(all)
	}
	if at := slices.IndexFunc(all, func(m scored) bool { return m.member == args[2] }); at >= 0 {
		c.out.integer(int64(at))
	} else {
		c.out.null()
	}
}

// zscore answers the scores of the members that are asked for.
func zscore(c *client, args []string) {
	all, ok := c.sorted(args[1])
	if !ok {
		return
	}
	have := make(map[string]float64, len(all))
	for _, m := range all {
		have[m.member] = m.score
	}
	if strings.EqualFold(args[0], "zmscore") {
		c.out.array(len(args) - 2)
	}
	for _, member := range args[2:] {
		if score, ok := have[member]; ok {
			c.out.double(c.score(score))
		} else {
			c.out.null()
		}
	}
}

// zpop answers ZPOPMIN and ZPOPMAX.
func zpop(c *client, args []string) {
	n := 1
	if len(args) > 2 {
		var err error
		if n, err = strconv.Atoi(args[2]); err != nil || n < 0 || len(args) > 3 {
			c.out.fail("ERR value is out of range, must be positive")
			return
		}
	}
	all, ok := c.sorted(args[1])
	if !ok {
		return
	}
	if strings.EqualFold(args[0], "zpopmax") {
		slices.Reverse(all)
	}
	some := slices.Clone(all[:min(n, len(all))])
	if len(some) > 0 {
		c.keep(args[1], all[len(some):])
	}
	if len(args) == 2 && c.out.proto >= 3 { // without a count, one pair and no list of them
		c.out.array(2 * len(some))
		for _, m := range some {
			c.out.bulk(m.member)
			c.out.double(c.score(m.score))
		}
		return
	}
	c.scores(some, true)
}

// zremove removes what a function picks out of the members in order, and tells how many.
func (c *client) zremove(key string, pick func([]scored) ([]scored, bool)) {
	all, ok := c.sorted(key)
	if !ok {
		return
	}
	picked, ok := pick(all)
	if !ok {
		return
	}
	gone := make(map[string]bool, len(picked))
	for _, m := range picked {
		gone[m.member] = true
	}
	left := slices.DeleteFunc(slices.Clone(all), func(m scored) bool { return gone[m.member] })
	if len(left) < len(all) {
		c.keep(key, left)
	}
	c.out.integer(int64(len(all) - len(left)))
}

func sortedSetCommands() map[string]command {
	return map[string]command{
		"zadd":   {run: zadd},
		"zrange": {run: zrange}, "zrevrange": {run: zrange}, "zrangebyscore": {run: zrange}, "zrevrangebyscore": {run: zrange},
		"zrank": {run: rank}, "zrevrank": {run: rank}, "zscore": {run: zscore}, "zmscore": {run: zscore},
		"zpopmin": {run: zpop}, "zpopmax": {run: zpop},
		"zcard":   {run: func(c *client, a []string) { c.count(a[1], sortedKind) }},
		"zincrby": {run: func(c *client, a []string) { zadd(c, []string{"zadd", a[1], "incr", a[2], a[3]}) }},
		"zcount": {run: func(c *client, a []string) {
			if all, ok := c.sorted(a[1]); ok {
				if some, ok := c.between(all, a[2], a[3]); ok {
					c.out.integer(int64(len(some)))
				}
			}
		}},
		"zrem": {run: func(c *client, a []string) {
			wanted := make(map[string]bool, len(a))
			for _, member := range a[2:] {
				wanted[member] = true
			}
			c.zremove(a[1], func(all []scored) ([]scored, bool) {
				return slices.DeleteFunc(slices.Clone(all), func(m scored) bool { return !wanted[m.member] }), true
			})
		}},
		"zremrangebyrank": {run: func(c *client, a []string) {
			c.zremove(a[1], func(all []scored) ([]scored, bool) {
				from, to, ok := c.span(a[2], a[3], len(all))
				return all[from:to], ok
			})
		}},
		"zremrangebyscore": {run: func(c *client, a []string) {
			c.zremove(a[1], func(all []scored) ([]scored, bool) { return c.between(all, a[2], a[3]) })
		}},
		"zscan": {run: func(c *client, a []string) { c.scanIn(a, sortedKind) }},
	}
}
