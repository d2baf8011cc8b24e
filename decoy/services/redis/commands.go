package redis

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxQueued = 256 // commands of one MULTI

// command is how one is answered. arity counts the name; negative means at least. A stranger may use it before AUTH; control commands are not queued by
// MULTI; subscribed ones are allowed to a subscriber.
type command struct {
	arity      int
	since      [2]int
	stranger   bool
	control    bool
	subscribed bool
	group      string
	writes     bool
	run        func(c *client, args []string)
}

// commands is filled by init because some of them look into it.
var commands map[string]command

const (
	wrongType  = "WRONGTYPE Operation against a key holding the wrong kind of value"
	notInteger = "ERR value is not an integer or out of range"
	syntax     = "ERR syntax error"
	full       = "OOM command not allowed when used memory > 'maxmemory'."
)

func init() {
	ok := func(c *client, _ []string) { c.out.simple("OK") }
	commands = map[string]command{
		"append": {arity: 3, group: "string", run: appendTo},
		"decr":   {arity: 2, group: "string", run: func(c *client, a []string) { c.add(a[1], "-1") }},
		"decrby": {arity: 3, group: "string", run: func(c *client, a []string) { c.add(a[1], "-"+a[2]) }},
		"get":    {arity: 2, group: "string", run: get},
		"getset": {arity: 3, group: "string", run: func(c *client, a []string) { set(c, append(a, "get")) }},
		"incr":   {arity: 2, group: "string", run: func(c *client, a []string) { c.add(a[1], "1") }},
		"incrby": {arity: 3, group: "string", run: func(c *client, a []string) { c.add(a[1], a[2]) }},
		"mget":   {arity: -2, group: "string", run: mget},
		"mset":   {arity: -3, group: "string", run: mset},
		"set":    {arity: -3, group: "string", run: set},
		"setex":  {arity: 4, group: "string", run: func(c *client, a []string) { set(c, []string{"set", a[1], a[3], "ex", a[2]}) }},
		"setnx":  {arity: 3, group: "string", run: setnx},
		"strlen": {arity: 2, group: "string", run: func(c *client, a []string) { c.count(a[1], stringKind) }},

		"lindex": {arity: 3, group: "list", run: lindex},
		"llen":   {arity: 2, group: "list", run: func(c *client, a []string) { c.count(a[1], listKind) }},
		"lpop":   {arity: 2, group: "list", run: pop},
		"lpush":  {arity: -3, group: "list", run: push},
		"lrange": {arity: 4, group: "list", run: lrange},
		"rpop":   {arity: 2, group: "list", run: pop},
		"rpush":  {arity: -3, group: "list", run: push},

		"sadd":      {arity: -3, group: "set", run: sadd},
		"scard":     {arity: 2, group: "set", run: func(c *client, a []string) { c.count(a[1], setKind) }},
		"sismember": {arity: 3, group: "set", run: sismember},
		"smembers":  {arity: 2, group: "set", run: smembers},

		"hdel":    {arity: -3, group: "hash", run: hdel},
		"hexists": {arity: 3, group: "hash", run: func(c *client, a []string) { c.hash(a, func(_ *value, at int) { c.yes(at >= 0) }) }},
		"hget":    {arity: 3, group: "hash", run: hget},
		"hgetall": {arity: 2, group: "hash", run: hgetall},
		"hkeys":   {arity: 2, group: "hash", run: func(c *client, a []string) { hashHalf(c, a, 0) }},
		"hlen":    {arity: 2, group: "hash", run: func(c *client, a []string) { c.count(a[1], hashKind) }},
		"hmset":   {arity: -4, group: "hash", run: hset},
		"hset":    {arity: -4, group: "hash", run: hset},
		"hvals":   {arity: 2, group: "hash", run: func(c *client, a []string) { hashHalf(c, a, 1) }},

		"del":       {arity: -2, group: "generic", run: del},
		"exists":    {arity: -2, group: "generic", run: exists},
		"expire":    {arity: -3, group: "generic", run: expire},
		"keys":      {arity: 2, group: "generic", run: func(c *client, a []string) { c.out.bulks(c.space.keys(c.db, a[1])...) }},
		"object":    {arity: -2, group: "generic", run: object},
		"persist":   {arity: 2, group: "generic", run: persist},
		"pexpire":   {arity: -3, group: "generic", run: expire},
		"pttl":      {arity: 2, group: "generic", run: ttl},
		"randomkey": {arity: 1, group: "generic", run: randomKey},
		"rename":    {arity: 3, group: "generic", run: rename},
		"scan":      {arity: -2, group: "generic", run: scan},
		"ttl":       {arity: 2, group: "generic", run: ttl},
		"type":      {arity: 2, group: "generic", run: typeOf},
		"unlink":    {arity: -2, since: [2]int{4, 0}, group: "generic", run: del},

		"auth":         {arity: -2, stranger: true, group: "connection", run: auth},
		"client":       {arity: -2, group: "connection", run: clientCommand},
		"echo":         {arity: 2, group: "connection", run: func(c *client, a []string) { c.out.bulk(a[1]) }},
		"hello":        {arity: -1, since: [2]int{6, 0}, stranger: true, group: "connection", run: hello},
		"ping":         {arity: -1, subscribed: true, group: "connection", run: ping},
		"quit":         {arity: -1, stranger: true, control: true, subscribed: true, group: "connection", run: func(c *client, _ []string) { c.out.simple("OK"); c.left = true }},
		"reset":        {arity: 1, since: [2]int{6, 2}, stranger: true, control: true, subscribed: true, group: "connection", run: reset},
		"select":       {arity: 2, group: "connection", run: selectDB},
		"psubscribe":   {arity: -2, control: true, subscribed: true, group: "pubsub", run: subscribe},
		"publish":      {arity: 3, group: "pubsub", run: func(c *client, _ []string) { c.out.integer(0) }},
		"punsubscribe": {arity: -1, control: true, subscribed: true, group: "pubsub", run: unsubscribe},
		"subscribe":    {arity: -2, control: true, subscribed: true, group: "pubsub", run: subscribe},
		"unsubscribe":  {arity: -1, control: true, subscribed: true, group: "pubsub", run: unsubscribe},

		"discard": {arity: 1, control: true, group: "transactions", run: discard},
		"exec":    {arity: 1, control: true, group: "transactions", run: execute},
		"multi":   {arity: 1, control: true, group: "transactions", run: multi},
		"unwatch": {arity: 1, group: "transactions", run: ok},
		"watch":   {arity: -2, control: true, group: "transactions", run: ok},

		"eval":    {arity: -3, group: "scripting", run: eval},
		"evalsha": {arity: -3, group: "scripting", run: evalSHA},
		"script":  {arity: -2, group: "scripting", run: script},

		"acl":          {arity: -2, since: [2]int{6, 0}, group: "server", run: acl},
		"bgrewriteaof": {arity: 1, group: "server", run: func(c *client, _ []string) { c.out.simple("Background append only file rewriting started") }},
		"bgsave":       {arity: -1, group: "server", run: func(c *client, _ []string) { c.out.simple("Background saving started") }},
		"command":      {arity: -1, group: "server", run: commandCommand},
		"config":       {arity: -2, group: "server", run: config},
		"dbsize":       {arity: 1, group: "server", run: func(c *client, _ []string) { c.out.integer(int64(len(c.space.keys(c.db, "*")))) }},
		"debug":        {arity: -2, group: "server", run: debug},
		"flushall":     {arity: -1, group: "server", run: flush},
		"flushdb":      {arity: -1, group: "server", run: flush},
		"info":         {arity: -1, group: "server", run: info},
		"lastsave":     {arity: 1, group: "server", run: func(c *client, _ []string) { c.out.integer(c.server.lastSave().Unix()) }},
		"memory":       {arity: -2, since: [2]int{4, 0}, group: "server", run: memory},
		"module":       {arity: -2, since: [2]int{4, 0}, group: "server", run: module},
		"monitor":      {arity: 1, group: "server", run: ok},
		"replicaof":    {arity: 3, since: [2]int{5, 0}, group: "server", run: replicaOf},
		"role":         {arity: 1, group: "server", run: role},
		"save":         {arity: 1, group: "server", run: ok},
		"shutdown":     {arity: -1, group: "server", run: func(c *client, _ []string) { c.left = true }},
		"slaveof":      {arity: 3, group: "server", run: replicaOf},
		"slowlog":      {arity: -2, group: "server", run: slowlog},
		"time":         {arity: 1, group: "server", run: timeNow},
	}
	for _, name := range []string{"append", "decr", "decrby", "getset", "incr", "incrby", "mset", "set", "setex", "setnx", "lpop", "lpush", "rpop", "rpush", "sadd", "hdel", "hmset", "hset", "del", "expire", "persist", "pexpire", "rename", "unlink", "flushall", "flushdb"} {
		cmd := commands[name]
		cmd.writes = true
		commands[name] = cmd
	}
	// What isn't kept here is refused as a server without memory to spare refuses it.
	for name, arity := range map[string]int{
		"bitfield": -2, "geoadd": -5, "getdel": 2, "hincrby": 4, "hsetnx": 4, "incrbyfloat": 3, "linsert": 5, "lset": 4, "pfadd": -2, "psetex": 4, "restore": -4,
		"rpushx": -3, "lpushx": -3, "setbit": 4, "setrange": 4, "xadd": -5, "zadd": -4, "zincrby": 4, "copy": -3, "msetnx": -3, "sinterstore": -3, "sunionstore": -3,
	} {
		commands[name] = command{arity: arity, group: "generic", run: func(c *client, _ []string) { c.out.fail(full) }}
	}
	for name, arity := range map[string]int{"zcard": 2, "xlen": 2, "bitcount": -2, "pfcount": -2, "zrem": -3, "srem": -3, "ltrim": 4, "move": 3} {
		commands[name] = command{arity: arity, group: "generic", run: func(c *client, _ []string) { c.out.integer(0) }}
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
		case hashKind:
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
		case option == "keepttl":
			keep = true
		case option == "get":
			old = true
		case (option == "ex" || option == "px") && i+1 < len(args):
			i++
			n, err := strconv.ParseInt(args[i], 10, 64)
			if err != nil {
				c.out.fail(notInteger)
				return
			}
			if n <= 0 || n > 1<<40 {
				c.out.fail("ERR invalid expire time in 'set' command")
				return
			}
			expires = c.after(n, option == "ex")
		default:
			c.out.fail(syntax)
			return
		}
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
	v, ok := c.value(args[1], listKind)
	if !ok {
		return
	}
	if v == nil {
		c.out.null()
		return
	}
	at := 0
	if strings.EqualFold(args[0], "rpop") {
		at = len(v.items) - 1
	}
	c.out.bulk(v.items[at])
	v.items = slices.Delete(v.items, at, at+1)
	c.tidy(args[1], v)
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

func expire(c *client, args []string) {
	n, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		c.out.fail(notInteger)
		return
	}
	v := c.space.get(c.db, args[1])
	if v != nil {
		v.expires = c.after(max(n, 0), strings.EqualFold(args[0], "expire"))
	}
	c.yes(v != nil)
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
	v := c.space.get(c.db, args[1])
	switch {
	case v == nil:
		c.out.fail("ERR no such key")
	case !c.space.room(args[2]):
		c.out.fail(full)
	default:
		delete(c.space.db[c.db], args[1])
		c.space.db[c.db][args[2]] = v
		c.out.simple("OK")
	}
}

func randomKey(c *client, _ []string) {
	if keys := c.space.keys(c.db, "*"); len(keys) > 0 {
		c.out.bulk(keys[rand.IntN(len(keys))])
	} else {
		c.out.null()
	}
}

// scan gives all keys at once: Redis may, whatever the count.
func scan(c *client, args []string) {
	if _, err := strconv.ParseUint(args[1], 10, 64); err != nil {
		c.out.fail("ERR invalid cursor")
		return
	}
	pattern, only := "*", ""
	for i := 2; i < len(args); i += 2 {
		if i+1 == len(args) {
			c.out.fail(syntax)
			return
		}
		switch strings.ToLower(args[i]) {
		case "match":
			pattern = args[i+1]
		case "type":
			only = strings.ToLower(args[i+1])
		case "count":
			if n, err := strconv.Atoi(args[i+1]); err != nil {
				c.out.fail(notInteger)
				return
			} else if n < 1 {
				c.out.fail(syntax)
				return
			}
		default:
			c.out.fail(syntax)
			return
		}
	}
	keys := c.space.keys(c.db, pattern)
	if only != "" {
		keys = slices.DeleteFunc(keys, func(key string) bool { return string(c.space.get(c.db, key).kind) != only })
	}
	if args[1] != "0" {
		keys = nil
	}
	c.out.array(2)
	c.out.bulk("0")
	c.out.bulks(keys...)
}

func flush(c *client, args []string) {
	for i := range c.space.db {
		if i == c.db || strings.EqualFold(args[0], "flushall") {
			clear(c.space.db[i])
		}
	}
	if strings.EqualFold(args[0], "flushall") {
		c.space.stored = 0 // nothing of it is left
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
	if len(args) != 3 {
		c.subcommand(args)
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
		case v.kind == hashKind:
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
		c.out.integer(1)
	case "idletime":
		c.out.integer(0)
	default:
		c.subcommand(args)
	}
}

func memory(c *client, args []string) {
	if len(args) < 3 || !strings.EqualFold(args[1], "usage") {
		c.subcommand(args)
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
	c.out.integer(int64(size))
}
