package redis

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"hash/fnv"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The commands on keys, and those on the server that say that there is nothing.

// maxBlocked is how long a client waits at most that asks to wait for an element: what comes then is that there was none.
const maxBlocked = time.Minute

// bucket is where a hash table of 1<<size places has the key.
func bucket(key string, size int) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return bits.RotateLeft64(h.Sum64()*0x9e3779b97f4a7c15, 29) & (1<<size - 1)
}

// tableSize is the logarithm of a hash table's size with that many keys: Redis's has room for all, and four places at least.
func tableSize(n int) int { return max(2, bits.Len(uint(max(n, 1)-1))) }

// turned is a place with its bits in reverse, by which a scan goes so that it misses nothing while the table grows.
func turned(place uint64, size int) uint64 { return bits.Reverse64(place) >> (64 - size) }

// scanOptions reads a cursor and the options after it.
func (c *client) scanOptions(cursor, options []string, typed bool) (pattern, only string, count int, ok bool) {
	pattern, count = "*", 10
	if _, err := strconv.ParseUint(cursor[0], 10, 64); err != nil {
		c.out.fail("ERR invalid cursor")
		return
	}
	for i := 0; i < len(options); i += 2 {
		if i+1 == len(options) {
			c.out.fail(syntax)
			return
		}
		switch option := strings.ToLower(options[i]); {
		case option == "match":
			pattern = options[i+1]
		case option == "type" && typed && c.server.version.atLeast(6, 0):
			only = strings.ToLower(options[i+1])
		case option == "count":
			n, err := strconv.Atoi(options[i+1])
			if err != nil {
				c.out.fail(notInteger)
				return
			}
			if n < 1 {
				c.out.fail(syntax)
				return
			}
			count = n
		default:
			c.out.fail(syntax)
			return
		}
	}
	return pattern, only, count, len(pattern) <= maxPattern
}

// scan gives the keys of as many places of the table as hold what is asked for.
func scan(c *client, args []string) {
	pattern, only, count, ok := c.scanOptions(args[1:], args[2:], true)
	if !ok {
		return
	}
	keys := c.space.keys(c.db, "*")
	size := tableSize(len(keys))
	at, _ := strconv.ParseUint(args[1], 10, 64)
	order := func(key string) uint64 { return turned(bucket(key, size), size) }
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(order(a), order(b)) })
	from := turned(at&(1<<size-1), size)
	keys = slices.DeleteFunc(keys, func(key string) bool { return order(key) < from })
	next := uint64(0)
	if len(keys) > count {
		end := count
		for end < len(keys) && order(keys[end]) == order(keys[end-1]) {
			end++
		}
		if end < len(keys) {
			next = turned(order(keys[end]), size)
			keys = keys[:end]
		}
	}
	keys = slices.DeleteFunc(keys, func(key string) bool {
		return !match(pattern, key) || only != "" && string(c.space.get(c.db, key).kind) != only
	})
	c.out.array(2)
	c.out.bulk(strconv.FormatUint(next, 10))
	c.out.bulks(keys...)
}

// expire answers the four commands that say when a key goes.
func expire(c *client, args []string) {
	n, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		c.out.fail(notInteger)
		return
	}
	name := strings.ToLower(args[0])
	if n > 1<<52 || n < -1<<52 {
		c.out.fail(c.badExpiry(name))
		return
	}
	wants := map[string]bool{}
	for _, option := range args[3:] {
		if !slices.Contains([]string{"nx", "xx", "gt", "lt"}, strings.ToLower(option)) {
			c.out.fail(fmt.Sprintf("ERR Unsupported option %.128s", option))
			return
		}
		wants[strings.ToLower(option)] = true
	}
	if wants["nx"] && len(wants) > 1 {
		c.out.fail("ERR NX and XX, GT or LT options at the same time are not compatible")
		return
	}
	if wants["gt"] && wants["lt"] {
		c.out.fail("ERR GT and LT options at the same time are not compatible")
		return
	}
	v := c.space.get(c.db, args[1])
	if v == nil {
		c.out.integer(0)
		return
	}
	at := c.after(max(n, 0), !strings.HasPrefix(name, "p"))
	switch name {
	case "expireat":
		at = time.Unix(min(max(n, 0), 1<<36), 0)
	case "pexpireat":
		at = time.UnixMilli(min(max(n, 0), 1<<46))
	}
	if forever := v.expires.IsZero(); wants["nx"] && !forever || wants["xx"] && forever || wants["gt"] && (forever || !at.After(v.expires)) || wants["lt"] && !forever && !at.Before(v.expires) {
		c.out.integer(0)
		return
	}
	v.expires = at
	c.out.integer(1)
}

// sorts answers SORT, as far as it goes without looking at other keys.
func sorts(c *client, args []string) {
	alpha, down, offset, count := false, false, 0, -1
	for i := 2; i < len(args); i++ {
		switch option := strings.ToLower(args[i]); {
		case option == "alpha":
			alpha = true
		case option == "asc", option == "desc":
			down = option == "desc"
		case option == "limit" && i+2 < len(args):
			var err1, err2 error
			offset, err1 = strconv.Atoi(args[i+1])
			count, err2 = strconv.Atoi(args[i+2])
			if err1 != nil || err2 != nil {
				c.out.fail(notInteger)
				return
			}
			i += 2
		case (option == "by" || option == "get" || option == "store") && i+1 < len(args):
			i++
		default:
			c.out.fail(syntax)
			return
		}
	}
	v := c.space.get(c.db, args[1])
	var items []string
	switch {
	case v == nil:
	case v.kind == listKind || v.kind == setKind:
		items = slices.Clone(v.items)
	case v.kind == sortedKind:
		for i := 0; i < len(v.items); i += 2 {
			items = append(items, v.items[i])
		}
	default:
		c.out.fail(wrongType)
		return
	}
	number := func(s string) float64 { n, _ := strconv.ParseFloat(s, 64); return n }
	if !alpha {
		for _, item := range items {
			if _, err := strconv.ParseFloat(item, 64); err != nil {
				c.out.fail("ERR One or more scores can't be converted into double")
				return
			}
		}
	}
	slices.SortStableFunc(items, func(a, b string) int {
		n := strings.Compare(a, b)
		if !alpha {
			n = cmp.Compare(number(a), number(b))
		}
		if down {
			return -n
		}
		return n
	})
	items = items[min(max(offset, 0), len(items)):]
	if count >= 0 {
		items = items[:min(count, len(items))]
	}
	c.out.bulks(items...)
}

func keyCommands() map[string]command {
	until := func(c *client, a []string) {
		v := c.space.get(c.db, a[1])
		switch {
		case v == nil:
			c.out.integer(-2)
		case v.expires.IsZero():
			c.out.integer(-1)
		case strings.EqualFold(a[0], "expiretime"):
			c.out.integer(v.expires.Unix())
		default:
			c.out.integer(v.expires.UnixMilli())
		}
	}
	// copied puts a key's value under another name, maybe in another database.
	copied := func(c *client, db int, from, to string, replace bool) {
		v := c.space.get(c.db, from)
		if v == nil || !replace && c.space.get(db, to) != nil {
			c.out.integer(0)
			return
		}
		if !c.space.room(append([]string{to}, v.items...)...) {
			c.out.fail(full)
			return
		}
		c.space.db[db][to] = &value{v.kind, slices.Clone(v.items), v.expires}
		c.out.integer(1)
	}
	return map[string]command{
		"expireat": {run: expire}, "pexpireat": {run: expire}, "expiretime": {run: until}, "pexpiretime": {run: until}, "touch": {run: exists}, "sort": {run: sorts}, "sort_ro": {run: sorts},
		"renamenx": {run: func(c *client, a []string) {
			if c.space.get(c.db, a[1]) != nil && c.space.get(c.db, a[2]) != nil {
				c.out.integer(0)
			} else if c.renamed(a[1], a[2]) {
				c.out.integer(1)
			}
		}},
		"copy": {run: func(c *client, a []string) {
			db, replace := c.db, false
			for i := 3; i < len(a); i++ {
				switch {
				case strings.EqualFold(a[i], "replace"):
					replace = true
				case strings.EqualFold(a[i], "db") && i+1 < len(a):
					i++
					n, err := strconv.Atoi(a[i])
					if err != nil || n < 0 || n >= databases {
						c.out.fail("ERR DB index is out of range")
						return
					}
					db = n
				default:
					c.out.fail(syntax)
					return
				}
			}
			if db == c.db && a[1] == a[2] {
				c.out.fail("ERR source and destination objects are the same")
				return
			}
			copied(c, db, a[1], a[2], replace)
		}},
		"move": {run: func(c *client, a []string) {
			n, err := strconv.Atoi(a[2])
			v := c.space.get(c.db, a[1])
			switch {
			case err != nil:
				c.out.fail(notInteger)
			case n < 0 || n >= databases:
				c.out.fail("ERR DB index is out of range")
			case n == c.db:
				c.out.fail("ERR source and destination objects are the same")
			case v == nil || c.space.get(n, a[1]) != nil:
				c.out.integer(0)
			default:
				delete(c.space.db[c.db], a[1])
				c.space.db[n][a[1]] = v
				c.out.integer(1)
			}
		}},
		"swapdb": {run: func(c *client, a []string) {
			first, err1 := strconv.Atoi(a[1])
			second, err2 := strconv.Atoi(a[2])
			switch {
			case err1 != nil:
				c.out.fail("ERR invalid first DB index")
			case err2 != nil:
				c.out.fail("ERR invalid second DB index")
			case min(first, second) < 0 || max(first, second) >= databases:
				c.out.fail("ERR DB index is out of range")
			default:
				c.space.db[first], c.space.db[second] = c.space.db[second], c.space.db[first]
				c.out.simple("OK")
			}
		}},
		"dump": {run: func(c *client, a []string) {
			if v := c.space.get(c.db, a[1]); v != nil {
				c.out.bulk(string(c.server.version.serialized(v)))
			} else {
				c.out.null()
			}
		}},
		"restore": {run: func(c *client, a []string) {
			payload := []byte(a[3])
			if n := len(payload) - 8; n < 3 || binary.LittleEndian.Uint64(payload[n:]) != checksum(payload[:n]) {
				c.out.fail("ERR DUMP payload version or checksum are wrong")
				return
			}
			c.out.fail(full)
		}},
		"migrate": {run: func(c *client, a []string) {
			// To another machine goes nothing: it seems not to answer.
			if a[3] != "" && c.space.get(c.db, a[3]) == nil {
				c.out.simple("NOKEY")
				return
			}
			c.out.fail("IOERR error or timeout writing to target instance")
		}},
	}
}

// serialized is the value as DUMP gives it: the simplest of Redis's forms, the format's version, and a checksum.
func (v version) serialized(of *value) []byte {
	text := func(b []byte, s string) []byte {
		switch n := len(s); {
		case n < 1<<6:
			b = append(b, byte(n))
		case n < 1<<14:
			b = append(b, 0x40|byte(n>>8), byte(n))
		default:
			b = binary.BigEndian.AppendUint32(append(b, 0x80), uint32(n))
		}
		return append(b, s...)
	}
	count := len(of.items)
	if of.kind == hashKind || of.kind == sortedKind {
		count /= 2
	}
	b := []byte{map[kind]byte{stringKind: 0, listKind: 1, setKind: 2, sortedKind: 3, hashKind: 4}[of.kind]}
	if of.kind != stringKind {
		b = text(b, strings.Repeat("x", count))
		b = b[:len(b)-count]
	}
	for i, item := range of.items {
		if of.kind == sortedKind && i%2 == 1 {
			b = append(append(b, byte(len(item))), item...)
		} else {
			b = text(b, item)
		}
	}
	format := byte(9)
	switch {
	case v.atLeast(7, 4):
		format = 12
	case v.atLeast(7, 2):
		format = 11
	case v.atLeast(7, 0):
		format = 10
	}
	b = append(b, format, 0)
	return binary.LittleEndian.AppendUint64(b, checksum(b))
}

var jones = crc64.MakeTable(bits.Reverse64(0xad93d23594c935a9))

// checksum is Redis's CRC-64, which turns nothing over at its ends.
func checksum(b []byte) uint64 { return ^crc64.Update(^uint64(0), jones, b) }

func serverCommands() map[string]command {
	noCluster := func(c *client, _ []string) { c.out.fail("ERR This instance has cluster support disabled") }
	noFunction := func(c *client, _ []string) { c.out.fail("ERR Function not found") }
	return map[string]command{
		"cluster": {run: func(c *client, a []string) {
			if strings.EqualFold(a[1], "help") {
				c.help("cluster")
				return
			}
			noCluster(c, a)
		}},
		"asking": {run: noCluster}, "readonly": {run: noCluster}, "readwrite": {run: noCluster},
		"failover": {run: func(c *client, _ []string) { c.out.fail("ERR FAILOVER requires connected replicas.") }},
		"wait":     {run: func(c *client, _ []string) { c.out.integer(0) }},
		"replconf": {run: func(c *client, _ []string) { c.out.simple("OK") }},
		// A replica waits for the copy, which would take its time: none comes.
		"sync": {control: true, run: func(c *client, _ []string) { c.left = true }},
		"psync": {control: true, run: func(c *client, _ []string) {
			if c.master != "" {
				c.out.fail("NOMASTERLINK Can't SYNC while not connected with my master")
				return
			}
			c.out.simple("FULLRESYNC " + c.server.host.Hex("redis-replid", 20) + " 0")
			c.left = true
		}},
		"lolwut":     {run: func(c *client, _ []string) { c.out.verbatim("Redis ver. " + c.server.version.String() + "\n") }},
		"latency":    {run: latency},
		"pubsub":     {run: pubsub},
		"function":   {run: function},
		"fcall":      {run: noFunction},
		"fcall_ro":   {run: noFunction},
		"eval_ro":    {run: eval},
		"evalsha_ro": {run: evalSHA},
		"spublish":   {run: func(c *client, _ []string) { c.out.integer(0) }},
	}
}

func latency(c *client, args []string) {
	switch strings.ToLower(args[1]) {
	case "latest", "history":
		c.out.array(0)
	case "reset":
		c.out.integer(0)
	case "histogram":
		c.out.mapping(0)
	case "graph":
		c.out.fail(fmt.Sprintf("ERR No samples available for event '%.128s'", args[2]))
	case "doctor":
		c.out.verbatim("I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n")
	default:
		c.help("latency")
	}
}

func pubsub(c *client, args []string) {
	switch strings.ToLower(args[1]) {
	case "channels", "shardchannels":
		c.out.array(0)
	case "numsub", "shardnumsub":
		names := args[2:min(len(args), 2+maxQueued)]
		c.out.array(2 * len(names))
		for _, name := range names {
			c.out.bulk(name)
			c.out.integer(0)
		}
	case "numpat":
		c.out.integer(0)
	default:
		c.help("pubsub")
	}
}

func function(c *client, args []string) {
	switch strings.ToLower(args[1]) {
	case "list":
		c.out.array(0)
	case "stats":
		c.out.mapping(2)
		c.out.bulk("running_script")
		c.out.null()
		c.out.bulk("engines")
		c.out.mapping(1)
		c.out.bulk("LUA")
		c.out.mapping(2)
		c.out.bulk("libraries_count")
		c.out.integer(0)
		c.out.bulk("functions_count")
		c.out.integer(0)
	case "flush":
		c.out.simple("OK")
	case "kill":
		c.out.fail("NOTBUSY No scripts in execution right now.")
	case "delete":
		c.out.fail("ERR Library not found")
	case "help":
		c.help("function")
	case "load":
		code := args[len(args)-1]
		switch {
		case !strings.HasPrefix(code, "#!"):
			c.out.fail("ERR Missing library metadata")
		case !strings.HasPrefix(strings.ToLower(code), "#!lua"):
			engine, _, _ := strings.Cut(strings.TrimPrefix(strings.Fields(code)[0], "#!"), " ")
			c.out.fail(fmt.Sprintf("ERR Engine '%.128s' not found", engine))
		default:
			c.out.fail(full)
		}
	default:
		c.out.fail("ERR DUMP payload version or checksum are wrong")
	}
}
