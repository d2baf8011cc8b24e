package redis

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const maxQueued = 256 // commands of one MULTI

// command is how one is answered. A stranger may use it before AUTH; control commands are not queued by MULTI; subscribed ones are allowed to a subscriber.
type command struct {
	stranger   bool
	control    bool
	subscribed bool
	writes     bool
	run        func(c *client, args []string)
}

// commands are all of them, by name.
func commands() map[string]command { return allCommands() }

// allCommands is filled by init because some of them look into it.
var allCommands func() map[string]command

const (
	wrongType  = "WRONGTYPE Operation against a key holding the wrong kind of value"
	notInteger = "ERR value is not an integer or out of range"
	syntax     = "ERR syntax error"
	full       = "OOM command not allowed when used memory > 'maxmemory'."
)

func init() { allCommands = sync.OnceValue(makeCommands) }

func makeCommands() map[string]command {
	ok := func(c *client, _ []string) { c.out.simple("OK") }
	commands := map[string]command{
		"append": {run: appendTo},
		"decr":   {run: func(c *client, a []string) { c.add(a[1], "-1") }},
		"decrby": {run: func(c *client, a []string) { c.add(a[1], "-"+a[2]) }},
		"get":    {run: get},
		"getset": {run: getSet},
		"incr":   {run: func(c *client, a []string) { c.add(a[1], "1") }},
		"incrby": {run: func(c *client, a []string) { c.add(a[1], a[2]) }},
		"mget":   {run: mget},
		"mset":   {run: mset},
		"set":    {run: set},
		"setnx":  {run: setnx},
		"strlen": {run: func(c *client, a []string) { c.count(a[1], stringKind) }},

		"lindex": {run: lindex},
		"llen":   {run: func(c *client, a []string) { c.count(a[1], listKind) }},
		"lpop":   {run: pop},
		"lpush":  {run: push},
		"lrange": {run: lrange},
		"rpop":   {run: pop},
		"rpush":  {run: push},

		"sadd":      {run: sadd},
		"scard":     {run: func(c *client, a []string) { c.count(a[1], setKind) }},
		"sismember": {run: sismember},
		"smembers":  {run: smembers},

		"hdel":    {run: hdel},
		"hexists": {run: func(c *client, a []string) { c.hash(a, func(_ *value, at int) { c.yes(at >= 0) }) }},
		"hget":    {run: hget},
		"hgetall": {run: hgetall},
		"hkeys":   {run: func(c *client, a []string) { hashHalf(c, a, 0) }},
		"hlen":    {run: func(c *client, a []string) { c.count(a[1], hashKind) }},
		"hmset":   {run: hset},
		"hset":    {run: hset},
		"hvals":   {run: func(c *client, a []string) { hashHalf(c, a, 1) }},

		"del":       {run: del},
		"exists":    {run: exists},
		"expire":    {run: expire},
		"keys":      {run: func(c *client, a []string) { c.out.bulks(c.shuffled(c.space.keys(c.db, a[1]))...) }},
		"object":    {run: object},
		"persist":   {run: persist},
		"pexpire":   {run: expire},
		"pttl":      {run: ttl},
		"randomkey": {run: randomKey},
		"rename":    {run: rename},
		"scan":      {run: scan},
		"ttl":       {run: ttl},
		"type":      {run: typeOf},
		"unlink":    {run: del},

		"auth":         {stranger: true, run: auth},
		"client":       {run: clientCommand},
		"echo":         {run: func(c *client, a []string) { c.out.bulk(a[1]) }},
		"hello":        {stranger: true, run: hello},
		"ping":         {subscribed: true, run: ping},
		"quit":         {stranger: true, control: true, subscribed: true, run: func(c *client, _ []string) { c.out.simple("OK"); c.left = true }},
		"reset":        {stranger: true, control: true, subscribed: true, run: reset},
		"select":       {run: selectDB},
		"psubscribe":   {subscribed: true, run: subscribe},
		"publish":      {run: func(c *client, _ []string) { c.out.integer(0) }},
		"punsubscribe": {subscribed: true, run: unsubscribe},
		"subscribe":    {subscribed: true, run: subscribe},
		"ssubscribe":   {subscribed: true, run: subscribe},
		"sunsubscribe": {subscribed: true, run: unsubscribe},
		"unsubscribe":  {subscribed: true, run: unsubscribe},

		"discard": {control: true, run: discard},
		"exec":    {control: true, run: execute},
		"multi":   {control: true, run: multi},
		"unwatch": {run: ok},
		"watch":   {control: true, run: watch},

		"eval":    {run: eval},
		"evalsha": {run: evalSHA},
		"script":  {run: script},

		"acl":          {run: acl},
		"bgrewriteaof": {run: func(c *client, _ []string) { c.out.simple("Background append only file rewriting started") }},
		"bgsave":       {run: backgroundSave},
		"command":      {run: commandCommand},
		"config":       {run: config},
		"dbsize":       {run: func(c *client, _ []string) { c.out.integer(int64(len(c.space.keys(c.db, "*")))) }},
		"debug":        {run: debug},
		"flushall":     {run: flush},
		"flushdb":      {run: flush},
		"info":         {run: info},
		"lastsave":     {run: func(c *client, _ []string) { c.out.integer(c.server.lastSave().Unix()) }},
		"memory":       {run: memory},
		"module":       {run: module},
		"monitor":      {run: ok},
		"replicaof":    {run: replicaOf},
		"role":         {run: role},
		"save":         {run: ok},
		"shutdown":     {run: shutdown},
		"slaveof":      {run: replicaOf},
		"slowlog":      {run: slowlog},
		"time":         {run: timeNow},
	}
	for _, more := range []map[string]command{stringCommands(), listCommands(), setCommands(), hashCommands(), sortedSetCommands(), keyCommands(), serverCommands()} {
		maps.Copy(commands, more)
	}
	for name, d := range table() {
		if cmd, ok := commands[name]; ok {
			cmd.writes = d.has("write")
			commands[name] = cmd
		} else if !strings.Contains(name, "|") {
			commands[name] = command{writes: d.has("write"), run: unkept}
		}
	}
	return commands
}

// unkept answers for the kinds of values that aren't kept here: reads find no key, and writes no memory.
func unkept(c *client, args []string) {
	d := table()[strings.ToLower(args[0])]
	if first := d.keys[0]; first > 0 && first < len(args) {
		if v := c.space.get(c.db, args[first]); v != nil && (v.kind != stringKind || d.group != "bitmap") {
			c.out.fail(wrongType)
			return
		}
	}
	switch {
	case d.has("denyoom"):
		c.out.fail(full)
	case (d.has("write") && !strings.HasSuffix(d.name, "mpop")) || strings.HasSuffix(d.name, "len") || strings.HasSuffix(d.name, "count") || strings.HasSuffix(d.name, "pos"):
		c.out.integer(0)
	case strings.HasPrefix(d.name, "xgroup"), strings.HasPrefix(d.name, "xinfo"):
		c.out.fail("ERR no such key")
	case d.name == "xread" || d.name == "xreadgroup" || strings.HasSuffix(d.name, "mpop"):
		c.out.nullArray()
	default:
		c.out.array(0)
	}
}

func (c *client) yes(b bool) {
	if b {
		c.out.integer(1)
	} else {
		c.out.integer(0)
	}
}

// value returns the key's value, nil if there is none. Where it is of another kind it answers so, and ok is false.
func (c *client) value(key string, want kind) (v *value, ok bool) {
	v = c.space.get(c.db, key)
	if v != nil && v.kind != want {
		c.out.fail(wrongType)
		return nil, false
	}
	return v, true
}

// made is value for a command that writes these items to the key: it makes the key where there is none, and refuses what there is no room
// for.
func (c *client) made(key string, want kind, items ...string) (v *value, ok bool) {
	v, ok = c.value(key, want)
	if !ok {
		return nil, false
	}
	if !c.space.room(append([]string{key}, items...)...) {
		c.out.fail(full)
		return nil, false
	}
	if v == nil {
		v = &value{kind: want}
		c.space.db[c.db][key] = v
	}
	return v, true
}

// count answers how long the value is.
func (c *client) count(key string, want kind) {
	v, ok := c.value(key, want)
	if !ok {
		return
	}
	n := 0
	if v != nil {
		switch n = len(v.items); want {
		case stringKind:
			n = len(v.items[0])
		case hashKind, sortedKind:
			n /= 2
		}
	}
	c.out.integer(int64(n))
}

func get(c *client, args []string) {
	if v, ok := c.value(args[1], stringKind); ok && v != nil {
		c.out.bulk(v.items[0])
	} else if ok {
		c.out.null()
	}
}

func mget(c *client, args []string) {
	c.out.array(len(args) - 1)
	for _, key := range args[1:] {
		if v := c.space.get(c.db, key); v != nil && v.kind == stringKind {
			c.out.bulk(v.items[0])
		} else {
			c.out.null()
		}
	}
}

// put stores a string; it tells whether there was room.
func (c *client) put(key, s string, expires time.Time) bool {
	if !c.space.room(key, s) {
		c.out.fail(full)
		return false
	}
	c.space.db[c.db][key] = &value{stringKind, []string{s}, expires}
	return true
}

func set(c *client, args []string) {
	var expires time.Time
	var onlyNew, onlyOld, keep, old bool
	for i := 3; i < len(args); i++ {
		switch option := strings.ToLower(args[i]); {
		case option == "nx" && !onlyOld:
			onlyNew = true
		case option == "xx" && !onlyNew:
			onlyOld = true
		case option == "keepttl" && expires.IsZero() && c.server.version.atLeast(6, 0):
			keep = true
		case option == "get" && c.server.version.atLeast(6, 2):
			old = true
		case i+1 < len(args) && expires.IsZero() && !keep:
			i++
			at, problem := c.deadline(option, args[i], "set")
			if problem != "" {
				c.out.fail(problem)
				return
			}
			expires = at
		default:
			c.out.fail(syntax)
			return
		}
	}
	if old && onlyNew && !c.server.version.atLeast(7, 0) {
		c.out.fail(syntax)
		return
	}
	v := c.space.get(c.db, args[1])
	if old && v != nil && v.kind != stringKind {
		c.out.fail(wrongType)
		return
	}
	write := !(onlyNew && v != nil || onlyOld && v == nil)
	if keep && v != nil {
		expires = v.expires
	}
	if write && !c.put(args[1], args[2], expires) {
		return
	}
	switch {
	case old && v != nil:
		c.out.bulk(v.items[0])
	case old || !write:
		c.out.null()
	default:
		c.out.simple("OK")
	}
}

func getSet(c *client, args []string) {
	v, ok := c.value(args[1], stringKind)
	if !ok || !c.put(args[1], args[2], time.Time{}) {
		return
	}
	if v == nil {
		c.out.null()
	} else {
		c.out.bulk(v.items[0])
	}
}

// after returns the time in n seconds or milliseconds, at most in some ten thousand years.
func (c *client) after(n int64, seconds bool) time.Time {
	if seconds {
		return c.space.now().Add(time.Duration(min(n, 1<<33)) * time.Second)
	}
	return c.space.now().Add(time.Duration(min(n, 1<<43)) * time.Millisecond)
}

func setnx(c *client, args []string) {
	if c.space.get(c.db, args[1]) != nil {
		c.out.integer(0)
	} else if c.put(args[1], args[2], time.Time{}) {
		c.out.integer(1)
	}
}

func mset(c *client, args []string) {
	if len(args)%2 == 0 {
		c.out.fail("ERR wrong number of arguments for 'mset' command")
		return
	}
	for i := 1; i < len(args); i += 2 {
		if !c.put(args[i], args[i+1], time.Time{}) {
			return
		}
	}
	c.out.simple("OK")
}

func appendTo(c *client, args []string) {
	v, ok := c.made(args[1], stringKind, args[2])
	if !ok {
		return
	}
	if len(v.items) == 0 {
		v.items = []string{""}
	}
	v.items[0] += args[2]
	c.out.integer(int64(len(v.items[0])))
}

// add changes a number that is kept as a string.
func (c *client) add(key, by string) {
	change, err := strconv.ParseInt(strings.TrimPrefix(by, "--"), 10, 64)
	if err != nil {
		c.out.fail(notInteger)
		return
	}
	v, ok := c.made(key, stringKind)
	if !ok {
		return
	}
	if len(v.items) == 0 {
		v.items = []string{"0"}
	}
	n, err := strconv.ParseInt(v.items[0], 10, 64)
	if err != nil {
		c.out.fail(notInteger)
		return
	}
	if sum := n + change; (sum > n) == (change > 0) {
		v.items[0] = strconv.FormatInt(sum, 10)
		c.out.integer(sum)
	} else {
		c.out.fail("ERR increment or decrement would overflow")
	}
}

func push(c *client, args []string) {
	v, ok := c.made(args[1], listKind, args[2:]...)
	if !ok {
		return
	}
	added := slices.Clone(args[2:])
	if strings.EqualFold(args[0], "lpush") {
		slices.Reverse(added)
		v.items = append(added, v.items...)
	} else {
		v.items = append(v.items, added...)
	}
	c.out.integer(int64(len(v.items)))
}

func pop(c *client, args []string) {
	n := 1
	if len(args) > 2 {
		var err error
		if n, err = strconv.Atoi(args[2]); err != nil || n < 0 {
			c.out.fail("ERR value is out of range, must be positive")
			return
		}
	}
	v, ok := c.value(args[1], listKind)
	switch {
	case !ok:
		return
	case v == nil && len(args) > 2:
		c.out.nullArray()
		return
	case v == nil:
		c.out.null()
		return
	}
	n = min(n, len(v.items))
	taken := slices.Clone(v.items[:n])
	if strings.EqualFold(args[0], "rpop") {
		taken = slices.Clone(v.items[len(v.items)-n:])
		slices.Reverse(taken)
		v.items = v.items[:len(v.items)-n]
	} else {
		v.items = v.items[n:]
	}
	c.tidy(args[1], v)
	if len(args) > 2 {
		c.out.bulks(taken...)
	} else {
		c.out.bulk(taken[0])
	}
}

// tidy removes a key whose value has become empty.
func (c *client) tidy(key string, v *value) {
	if len(v.items) == 0 {
		delete(c.space.db[c.db], key)
	}
}

func lindex(c *client, args []string) {
	v, ok := c.value(args[1], listKind)
	if !ok {
		return
	}
	at, err := strconv.Atoi(args[2])
	if err != nil {
		c.out.fail(notInteger)
		return
	}
	if v != nil && at < 0 {
		at += len(v.items)
	}
	if v == nil || at < 0 || at >= len(v.items) {
		c.out.null()
		return
	}
	c.out.bulk(v.items[at])
}

func lrange(c *client, args []string) {
	from, err1 := strconv.Atoi(args[2])
	to, err2 := strconv.Atoi(args[3])
	if err1 != nil || err2 != nil {
		c.out.fail(notInteger)
		return
	}
	v, ok := c.value(args[1], listKind)
	if !ok {
		return
	}
	if v == nil {
		c.out.array(0)
		return
	}
	if from < 0 {
		from = max(0, from+len(v.items))
	}
	if to < 0 {
		to += len(v.items)
	}
	to = min(to, len(v.items)-1)
	if from > to {
		c.out.array(0)
		return
	}
	c.out.bulks(v.items[from : to+1]...)
}

func sadd(c *client, args []string) {
	v, ok := c.made(args[1], setKind, args[2:]...)
	if !ok {
		return
	}
	have := make(map[string]bool, len(v.items))
	for _, item := range v.items {
		have[item] = true
	}
	before := len(v.items)
	for _, item := range args[2:] {
		if !have[item] {
			have[item] = true
			v.items = append(v.items, item)
		}
	}
	c.out.integer(int64(len(v.items) - before))
}

func smembers(c *client, args []string) {
	v, ok := c.value(args[1], setKind)
	if !ok {
		return
	}
	if v == nil {
		c.out.set(0)
		return
	}
	c.out.set(len(v.items))
	for _, item := range v.items {
		c.out.bulk(item)
	}
}

func sismember(c *client, args []string) {
	if v, ok := c.value(args[1], setKind); ok {
		c.yes(v != nil && slices.Contains(v.items, args[2]))
	}
}

// hash looks the field args[2] of the hash args[1] up for f; at is -1 where there is none.
func (c *client) hash(args []string, f func(v *value, at int)) {
	v, ok := c.value(args[1], hashKind)
	if !ok {
		return
	}
	if v == nil {
		f(nil, -1)
		return
	}
	f(v, v.field(args[2]))
}

func hget(c *client, args []string) {
	c.hash(args, func(v *value, at int) {
		if at < 0 {
			c.out.null()
		} else {
			c.out.bulk(v.items[at+1])
		}
	})
}

func hgetall(c *client, args []string) {
	v, ok := c.value(args[1], hashKind)
	if !ok {
		return
	}
	if v == nil {
		c.out.mapping(0)
		return
	}
	c.out.mapping(len(v.items) / 2)
	for _, item := range v.items {
		c.out.bulk(item)
	}
}

// hashHalf answers all fields (0) or all values (1).
func hashHalf(c *client, args []string, which int) {
	v, ok := c.value(args[1], hashKind)
	if !ok {
		return
	}
	var half []string
	for i := which; v != nil && i < len(v.items); i += 2 {
		half = append(half, v.items[i])
	}
	c.out.bulks(half...)
}

func hset(c *client, args []string) {
	if len(args)%2 != 0 {
		c.out.fail("ERR wrong number of arguments for '" + strings.ToLower(args[0]) + "' command")
		return
	}
	v, ok := c.made(args[1], hashKind, args[2:]...)
	if !ok {
		return
	}
	added := 0
	at := make(map[string]int, len(v.items)/2)
	for i := 0; i < len(v.items); i += 2 {
		at[v.items[i]] = i
	}
	for i := 2; i < len(args); i += 2 {
		if j, have := at[args[i]]; have {
			v.items[j+1] = args[i+1]
			continue
		}
		at[args[i]] = len(v.items)
		v.items = append(v.items, args[i], args[i+1])
		added++
	}
	if strings.EqualFold(args[0], "hmset") {
		c.out.simple("OK")
	} else {
		c.out.integer(int64(added))
	}
}

func hdel(c *client, args []string) {
	v, ok := c.value(args[1], hashKind)
	if !ok {
		return
	}
	gone := 0
	for _, name := range args[2:min(len(args), 2+maxQueued)] {
		if v == nil {
			break
		}
		if at := v.field(name); at >= 0 {
			v.items = slices.Delete(v.items, at, at+2)
			gone++
		}
	}
	if v != nil {
		c.tidy(args[1], v)
	}
	c.out.integer(int64(gone))
}

func del(c *client, args []string) {
	gone := 0
	for _, key := range args[1:] {
		if c.space.get(c.db, key) != nil {
			delete(c.space.db[c.db], key)
			gone++
		}
	}
	c.out.integer(int64(gone))
}

func exists(c *client, args []string) {
	n := 0
	for _, key := range args[1:] {
		if c.space.get(c.db, key) != nil {
			n++
		}
	}
	c.out.integer(int64(n))
}

func persist(c *client, args []string) {
	v := c.space.get(c.db, args[1])
	had := v != nil && !v.expires.IsZero()
	if had {
		v.expires = time.Time{}
	}
	c.yes(had)
}

func ttl(c *client, args []string) {
	v := c.space.get(c.db, args[1])
	switch {
	case v == nil:
		c.out.integer(-2)
	case v.expires.IsZero():
		c.out.integer(-1)
	case strings.EqualFold(args[0], "ttl"):
		c.out.integer(int64(v.expires.Sub(c.space.now()).Round(time.Second) / time.Second))
	default:
		c.out.integer(v.expires.Sub(c.space.now()).Milliseconds())
	}
}

func typeOf(c *client, args []string) {
	if v := c.space.get(c.db, args[1]); v != nil {
		c.out.simple(string(v.kind))
	} else {
		c.out.simple("none")
	}
}

func rename(c *client, args []string) {
	if c.renamed(args[1], args[2]) {
		c.out.simple("OK")
	}
}

// renamed gives a key another name, or refuses.
func (c *client) renamed(from, to string) bool {
	v := c.space.get(c.db, from)
	switch {
	case v == nil:
		c.out.fail("ERR no such key")
		return false
	case !c.space.room(to):
		c.out.fail(full)
		return false
	}
	delete(c.space.db[c.db], from)
	c.space.db[c.db][to] = v
	return true
}

func randomKey(c *client, _ []string) {
	if keys := c.space.keys(c.db, "*"); len(keys) > 0 {
		c.out.bulk(keys[rand.IntN(len(keys))])
	} else {
		c.out.null()
	}
}

func flush(c *client, args []string) {
	for i := range c.space.db {
		if i == c.db || strings.EqualFold(args[0], "flushall") {
			clear(c.space.db[i])
		}
	}
	if strings.EqualFold(args[0], "flushall") {
		c.space.stored = 0 // nothing of it is left but what is no key's
		for name, value := range c.config {
			c.space.stored += len(name) + len(value) + entryCost
		}
		for _, text := range c.scripts {
			c.space.stored += len(text) + entryCost
		}
	}
	c.out.simple("OK")
}

func selectDB(c *client, args []string) {
	n, err := strconv.Atoi(args[1])
	switch {
	case err != nil && c.server.version.atLeast(7, 0):
		c.out.fail(notInteger)
	case err != nil:
		c.out.fail("ERR invalid DB index")
	case n < 0 || n >= databases:
		c.out.fail("ERR DB index is out of range")
	default:
		c.db = n
		c.out.simple("OK")
	}
}

func object(c *client, args []string) {
	if strings.EqualFold(args[1], "help") {
		c.help("object")
		return
	}
	v := c.space.get(c.db, args[2])
	if v == nil {
		c.out.null()
		return
	}
	switch strings.ToLower(args[1]) {
	case "encoding":
		encoding := "embstr"
		small := "listpack"
		if !c.server.version.atLeast(7, 0) {
			small = "ziplist"
		}
		switch _, err := strconv.ParseInt(v.items[0], 10, 64); {
		case v.kind == hashKind || v.kind == sortedKind:
			encoding = small
		case v.kind == setKind && c.server.version.atLeast(7, 2):
			encoding = "listpack"
		case v.kind == setKind:
			encoding = "hashtable"
		case v.kind == listKind && c.server.version.atLeast(7, 2):
			encoding = "listpack"
		case v.kind == listKind:
			encoding = "quicklist"
		case err == nil:
			encoding = "int"
		case len(v.items[0]) > 44:
			encoding = "raw"
		}
		c.out.bulk(encoding)
	case "refcount":
		n := int64(1)
		if i, err := strconv.ParseInt(v.items[0], 10, 64); v.kind == stringKind && err == nil && i >= 0 && i < 10000 && c.setting("maxmemory") == "0" {
			n = 1<<31 - 1 // small numbers are shared
		}
		c.out.integer(n)
	case "freq":
		c.out.fail("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
	case "idletime":
		c.out.integer(0)
	default:
		c.subcommand(args)
	}
}

func memory(c *client, args []string) {
	switch strings.ToLower(args[1]) {
	case "usage":
	case "purge":
		c.out.simple("OK")
		return
	case "doctor":
		c.out.verbatim("Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n")
		return
	case "malloc-stats":
		c.out.verbatim("___ Begin jemalloc statistics ___\nVersion: \"5.2.1-0-g0\"\n--- End jemalloc statistics ---\n")
		return
	case "stats":
		used, peak, _ := c.server.memory()
		numbers := []any{"peak.allocated", peak, "total.allocated", used, "startup.allocated", 862208, "replication.backlog", 0, "clients.slaves", 0, "clients.normal", 1800, "aof.buffer", 0, "keys.count", len(c.space.keys(c.db, "*"))}
		c.out.mapping(len(numbers) / 2)
		for i := 0; i < len(numbers); i += 2 {
			c.out.bulk(fmt.Sprint(numbers[i]))
			n, _ := strconv.ParseInt(fmt.Sprint(numbers[i+1]), 10, 64)
			c.out.integer(n)
		}
		return
	default:
		c.help("memory")
		return
	}
	v := c.space.get(c.db, args[2])
	if v == nil {
		c.out.null()
		return
	}
	size := 56 + len(args[2])
	for _, item := range v.items {
		size += len(item) + 8
	}
	c.out.integer(int64(size+7) &^ 7)
}

func watch(c *client, _ []string) {
	if c.multi {
		c.out.fail("ERR WATCH inside MULTI is not allowed")
		return
	}
	c.out.simple("OK")
}

// shutdown seems to end the server: what has asked for it is hung up on, and finds the server again, as one does that a supervisor starts.
func shutdown(c *client, args []string) {
	for _, option := range args[1:] {
		switch option = strings.ToLower(option); {
		case option == "abort" && c.server.version.atLeast(7, 0) && len(args) == 2:
			c.out.fail("ERR No shutdown in progress.")
			return
		case option == "save" || option == "nosave" || (option == "now" || option == "force") && c.server.version.atLeast(7, 0):
		default:
			c.out.fail(syntax)
			return
		}
	}
	c.left = true
}

func backgroundSave(c *client, args []string) {
	if len(args) > 2 || len(args) == 2 && !strings.EqualFold(args[1], "schedule") {
		c.out.fail(syntax)
		return
	}
	c.out.simple("Background saving started")
}

// shuffled puts keys in the order in which a hash table gives them.
func (c *client) shuffled(keys []string) []string {
	size := tableSize(len(c.space.db[c.db]))
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(bucket(a, size), bucket(b, size)) })
	return keys
}
