package redis

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/event"
)

// subcommand is the error for one that is unknown, in the words of the version.
func (c *client) subcommand(args []string) {
	name := strings.ToUpper(args[0])
	if c.server.version.atLeast(7, 0) {
		c.out.fail(fmt.Sprintf("ERR unknown subcommand '%.128s'. Try %s HELP.", args[1], name))
	} else {
		c.out.fail(fmt.Sprintf("ERR Unknown subcommand or wrong number of arguments for '%.128s'. Try %s HELP.", args[1], name))
	}
}

func auth(c *client, args []string) {
	v := c.server.version
	if len(args) > 3 || len(args) > 2 && !v.atLeast(6, 0) {
		c.out.fail(syntax)
		return
	}
	user, password := "default", args[len(args)-1]
	if len(args) == 3 {
		user = args[1]
	}
	if len(args) == 2 && c.server.passwords == nil {
		c.s.Attempt("plaintext", user, []byte(password), event.Rejected)
		if v.atLeast(6, 0) {
			c.out.fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
		} else {
			c.out.fail("ERR Client sent AUTH, but no password is set")
		}
		return
	}
	switch {
	case c.authenticate(user, password):
		c.out.simple("OK")
	case v.atLeast(6, 0):
		c.out.fail("WRONGPASS invalid username-password pair or user is disabled.")
	default:
		c.out.fail("ERR invalid password")
	}
}

func hello(c *client, args []string) {
	proto := c.out.proto
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			c.out.fail("ERR Protocol version is not an integer or out of range")
			return
		}
		if n < 2 || n > 3 {
			c.out.fail("NOPROTO unsupported protocol version")
			return
		}
		proto = n
	}
	for i := 2; i < len(args); i++ {
		switch option := strings.ToLower(args[i]); {
		case option == "auth" && i+2 < len(args):
			if !c.authenticate(args[i+1], args[i+2]) {
				c.out.fail("WRONGPASS invalid username-password pair or user is disabled.")
				return
			}
			i += 2
		case option == "setname" && i+1 < len(args):
			i++
			c.name = args[i]
		default:
			c.out.fail(fmt.Sprintf("ERR Syntax error in HELLO option '%.128s'", args[i]))
			return
		}
	}
	if !c.known {
		c.out.fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	c.out.proto = proto
	c.out.mapping(7)
	c.out.bulk("server")
	c.out.bulk("redis")
	c.out.bulk("version")
	c.out.bulk(c.server.version.String())
	c.out.bulk("proto")
	c.out.integer(int64(proto))
	c.out.bulk("id")
	c.out.integer(c.id)
	c.out.bulk("mode")
	c.out.bulk("standalone")
	c.out.bulk("role")
	c.out.bulk(map[bool]string{false: "master", true: "replica"}[c.master != ""])
	c.out.bulk("modules")
	c.out.array(0)
}

func ping(c *client, args []string) {
	switch {
	case len(args) > 2:
		c.out.fail("ERR wrong number of arguments for 'ping' command")
	case len(c.channels) > 0 && c.out.proto < 3:
		c.out.bulks("pong", strings.Join(args[1:], ""))
	case len(args) == 2:
		c.out.bulk(args[1])
	default:
		c.out.simple("PONG")
	}
}

func reset(c *client, _ []string) {
	c.out.proto, c.db, c.name, c.multi, c.queue, c.channels = 2, 0, "", false, nil, nil
	c.known = c.server.passwords == nil
	c.out.simple("RESET")
}

func (c *client) line() string {
	now := c.server.host.Now()
	return fmt.Sprintf("id=%d addr=%s laddr=%s:%d fd=8 name=%s age=%d idle=0 flags=N db=%d sub=%d psub=0 multi=-1 qbuf=26 qbuf-free=20448 argv-mem=10 obl=0 oll=0 omem=0 tot-mem=22298 events=r cmd=client user=%s redir=-1 resp=%d",
		c.id, c.s.Peer(), c.s.Local().Addr(), c.s.CatalogPort(), c.name, int(now.Sub(c.since).Seconds()), c.db, len(c.channels), c.user, c.out.proto)
}

func clientCommand(c *client, args []string) {
	switch sub := strings.ToLower(args[1]); {
	case sub == "list":
		c.out.verbatim(c.line() + "\n")
	case sub == "info" && c.server.version.atLeast(6, 2):
		c.out.verbatim(c.line() + "\n")
	case sub == "id":
		c.out.integer(c.id)
	case sub == "getname" && c.name == "":
		c.out.null()
	case sub == "getname":
		c.out.bulk(c.name)
	case sub == "setname" && len(args) == 3:
		if strings.ContainsFunc(args[2], func(r rune) bool { return r < '!' || r > '~' }) {
			c.out.fail("ERR Client names cannot contain spaces, newlines or special characters.")
			return
		}
		c.name = args[2]
		c.out.simple("OK")
	case sub == "setinfo" && len(args) == 4 && c.server.version.atLeast(7, 2), sub == "reply" && len(args) == 3, sub == "no-evict" && len(args) == 3:
		c.out.simple("OK")
	case sub == "kill":
		c.out.fail("ERR No such client")
	default:
		c.subcommand(args)
	}
}

func commandCommand(c *client, args []string) {
	names := c.server.commandNames()
	if len(args) == 1 {
		c.out.array(len(names))
		for _, name := range names {
			c.describe(name)
		}
		return
	}
	switch sub := strings.ToLower(args[1]); {
	case sub == "count":
		c.out.integer(c.server.version.commands())
	case sub == "list" && c.server.version.atLeast(7, 0):
		c.out.bulks(names...)
	case sub == "info":
		c.out.array(len(args) - 2)
		for _, name := range args[2:] {
			c.describe(strings.ToLower(name))
		}
	case sub == "docs" && c.server.version.atLeast(7, 0):
		if len(args) > 2 {
			names = slices.DeleteFunc(names, func(n string) bool {
				return !slices.ContainsFunc(args[2:min(len(args), 2+maxQueued)], func(a string) bool { return strings.EqualFold(a, n) })
			})
		}
		c.out.mapping(len(names))
		for _, name := range names {
			c.out.bulk(name)
			c.out.mapping(2)
			c.out.bulk("since")
			c.out.bulk("1.0.0")
			c.out.bulk("group")
			c.out.bulk(commands[name].group)
		}
	default:
		c.subcommand(args)
	}
}

// commands is how many the version has: more than are known here.
func (v version) commands() int64 {
	switch {
	case v.atLeast(7, 4):
		return 250
	case v.atLeast(7, 2):
		return 241
	case v.atLeast(7, 0):
		return 240
	case v.atLeast(6, 2):
		return 224
	case v.atLeast(6, 0):
		return 205
	}
	return 200
}

// commandNames returns those that this version has, sorted.
func (v *server) commandNames() []string {
	var names []string
	for name, cmd := range commands {
		if v.version.atLeast(cmd.since[0], cmd.since[1]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// describe writes what COMMAND tells of one.
func (c *client) describe(name string) {
	cmd, ok := commands[name]
	if !ok {
		c.out.null()
		return
	}
	first, last, step := 1, 1, 1
	if cmd.group == "server" || cmd.group == "connection" || cmd.group == "pubsub" || cmd.group == "transactions" || cmd.group == "scripting" {
		first, last, step = 0, 0, 0
	}
	fields := 6
	if c.server.version.atLeast(7, 0) {
		fields = 10
	} else if c.server.version.atLeast(6, 0) {
		fields = 7
	}
	c.out.array(fields)
	c.out.bulk(name)
	c.out.integer(int64(cmd.arity))
	c.out.array(1)
	c.out.simple("fast")
	for _, n := range []int{first, last, step} {
		c.out.integer(int64(n))
	}
	for i := 6; i < fields; i++ {
		c.out.array(0) // ACL categories, tips, key specifications, subcommands
	}
}

// protected are the settings that Redis 7 doesn't let be changed by default: intruders wrote files by them.
var protected = []string{"dir", "dbfilename", "appendfilename"}

func config(c *client, args []string) {
	switch sub := strings.ToLower(args[1]); {
	case sub == "get" && len(args) >= 3:
		var found []string
		for name, value := range c.server.config {
			matches := slices.ContainsFunc(args[2:min(len(args), 18)], func(p string) bool { return len(p) <= maxPattern && match(strings.ToLower(p), name) })
			if mine, changed := c.config[name]; changed {
				value = mine
			}
			if matches {
				found = append(found, name+"\x00"+value)
			}
		}
		slices.Sort(found)
		c.out.mapping(len(found))
		for _, pair := range found {
			name, value, _ := strings.Cut(pair, "\x00")
			c.out.bulk(name)
			c.out.bulk(value)
		}
	case sub == "set" && len(args) >= 4 && len(args)%2 == 0:
		c.configure(args[2:])
	case sub == "resetstat" && len(args) == 2:
		c.out.simple("OK")
	case sub == "rewrite" && len(args) == 2:
		c.out.simple("OK")
	default:
		c.subcommand(args)
	}
}

func (c *client) configure(pairs []string) {
	for i := 0; i < len(pairs); i += 2 {
		name := strings.ToLower(pairs[i])
		_, known := c.server.config[name]
		switch modern := c.server.version.atLeast(7, 0); {
		case !known && modern:
			c.out.fail(fmt.Sprintf("ERR Unknown option or number of arguments for CONFIG SET - '%.128s'", pairs[i]))
			return
		case !known:
			c.out.fail(fmt.Sprintf("ERR Unsupported CONFIG parameter: %.128s", pairs[i]))
			return
		case modern && slices.Contains(protected, name):
			c.out.fail("ERR CONFIG SET failed (possibly related to argument '" + name + "') - can't set protected config")
			return
		case !c.space.room(pairs[i+1]):
			c.out.fail(full)
			return
		}
		c.config[name] = pairs[i+1]
	}
	c.out.simple("OK")
}

func acl(c *client, args []string) {
	rule := "user default on nopass ~* &* +@all"
	if c.server.passwords != nil {
		// The hash is of a secret of the decky's own, not of the weak password, which would be guessed from it at once.
		rule = "user default on #" + c.server.host.Hex("redis-acl", 32) + " ~* &* +@all"
	}
	if !c.server.version.atLeast(6, 2) {
		rule = strings.Replace(rule, " &*", "", 1)
	}
	switch sub := strings.ToLower(args[1]); {
	case sub == "whoami" && len(args) == 2:
		c.out.bulk(c.user)
	case sub == "list" && len(args) == 2:
		c.out.bulks(rule)
	case sub == "users" && len(args) == 2:
		c.out.bulks("default")
	case sub == "setuser" && len(args) > 2:
		c.out.simple("OK")
	case sub == "getuser" && len(args) == 3:
		c.out.null()
	default:
		c.subcommand(args)
	}
}

func module(c *client, args []string) {
	switch sub := strings.ToLower(args[1]); {
	case sub == "list" && len(args) == 2:
		c.out.array(0)
	case sub == "load" && len(args) > 2 && !c.server.version.atLeast(7, 0):
		c.out.fail("ERR Error loading the extension. Please check the server logs.")
	case (sub == "load" || sub == "unload") && len(args) > 2 && c.server.version.atLeast(7, 0):
		c.out.fail(`ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`)
	case sub == "unload" && len(args) == 3:
		c.out.fail("ERR Error unloading module: no such module with that name")
	default:
		c.subcommand(args)
	}
}

// maxSleep is how long DEBUG SLEEP may hold up its address, which waits for the one command as Redis does.
const maxSleep = 5 * time.Second

func debug(c *client, args []string) {
	if c.server.version.atLeast(7, 0) {
		c.out.fail(`ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`)
		return
	}
	if seconds, err := strconv.ParseFloat(args[len(args)-1], 64); err == nil && len(args) == 3 && strings.EqualFold(args[1], "sleep") {
		select {
		case <-time.After(time.Duration(min(max(seconds, 0), maxSleep.Seconds()) * float64(time.Second))):
		case <-c.ctx.Done():
		}
		c.out.simple("OK")
		return
	}
	c.subcommand(args)
}

func replicaOf(c *client, args []string) {
	if strings.EqualFold(args[1], "no") && strings.EqualFold(args[2], "one") {
		c.master = ""
		c.out.simple("OK")
		return
	}
	if port, err := strconv.Atoi(args[2]); err != nil || port < 0 || port > 65535 {
		c.out.fail("ERR Invalid master port")
		return
	}
	c.master = args[1] + " " + args[2]
	c.out.simple("OK")
}

func role(c *client, _ []string) {
	if host, port, replica := strings.Cut(c.master, " "); replica {
		n, _ := strconv.ParseInt(port, 10, 64)
		c.out.array(5)
		c.out.bulk("slave")
		c.out.bulk(host)
		c.out.integer(n)
		c.out.bulk("connect")
		c.out.integer(-1)
		return
	}
	c.out.array(3)
	c.out.bulk("master")
	c.out.integer(0)
	c.out.array(0)
}

func slowlog(c *client, args []string) {
	switch strings.ToLower(args[1]) {
	case "get":
		c.out.array(0)
	case "len":
		c.out.integer(0)
	case "reset":
		c.out.simple("OK")
	default:
		c.subcommand(args)
	}
}

func timeNow(c *client, _ []string) {
	now := c.server.host.Now()
	c.out.bulks(strconv.FormatInt(now.Unix(), 10), strconv.Itoa(now.Nanosecond()/1000))
}

func multi(c *client, _ []string) {
	if c.multi {
		c.out.fail("ERR MULTI calls can not be nested")
		return
	}
	c.multi, c.queue = true, nil
	c.out.simple("OK")
}

func discard(c *client, _ []string) {
	if !c.multi {
		c.out.fail("ERR DISCARD without MULTI")
		return
	}
	c.multi, c.queue = false, nil
	c.out.simple("OK")
}

func execute(c *client, _ []string) {
	if !c.multi {
		c.out.fail("ERR EXEC without MULTI")
		return
	}
	queue := c.queue
	c.multi, c.queue = false, nil
	if slices.ContainsFunc(queue, func(args []string) bool { return args == nil }) {
		c.out.fail("EXECABORT Transaction discarded because of previous errors.")
		return
	}
	c.out.array(len(queue))
	for _, args := range queue {
		commands[strings.ToLower(args[0])].run(c, args)
	}
}

func subscribe(c *client, args []string) {
	for _, channel := range args[1:] {
		if len(c.channels) < maxQueued {
			c.channels = append(c.channels, channel)
		}
		c.pushed(strings.ToLower(args[0]), channel)
	}
}

func unsubscribe(c *client, args []string) {
	names := args[1:]
	if len(names) == 0 {
		names = slices.Clone(c.channels)
	}
	for _, channel := range names[:min(len(names), maxQueued)] {
		c.channels = slices.DeleteFunc(c.channels, func(have string) bool { return have == channel })
		c.pushed(strings.ToLower(args[0]), channel)
	}
	if len(names) == 0 {
		c.pushed(strings.ToLower(args[0]), "")
	}
}

// pushed confirms a subscription.
func (c *client) pushed(what, channel string) {
	if c.out.proto < 3 {
		c.out.array(3)
	} else {
		c.out.head('>', 3)
	}
	c.out.bulk(what)
	if channel == "" {
		c.out.null()
	} else {
		c.out.bulk(channel)
	}
	c.out.integer(int64(len(c.channels)))
}

// luaGlobal are the ways out of Redis's Lua, which are shut.
var luaGlobal = regexp.MustCompile(`\b(package|io|os\.execute|os\.getenv|require|dofile|loadfile|debug)\b`)

func eval(c *client, args []string) {
	n, err := strconv.Atoi(args[2])
	switch {
	case err != nil:
		c.out.fail(notInteger)
		return
	case n > len(args)-3:
		c.out.fail("ERR Number of keys can't be greater than number of args")
		return
	case n < 0:
		c.out.fail("ERR Number of keys can't be negative")
		return
	}
	sum := digest(args[1])
	if len(c.scripts) < maxQueued && c.space.room(args[1]) {
		c.scripts[sum] = args[1]
	}
	if c.lua(args[1], args[3:3+n], args[3+n:]) {
		return
	}
	if name := luaGlobal.FindString(args[1]); name != "" {
		name, field, called := strings.Cut(name, ".")
		problem := "Script attempted to access nonexistent global variable '" + name + "'"
		if called {
			problem = "attempt to call field '" + field + "' (a nil value)"
		}
		if c.server.version.atLeast(7, 0) {
			c.out.fail("ERR user_script:1: " + problem + " script: " + sum + ", on @user_script:1.")
		} else {
			c.out.fail("ERR Error running script (call to f_" + sum + "): @user_script:1: user_script:1: " + problem)
		}
		return
	}
	c.out.null()
}

func evalSHA(c *client, args []string) {
	text, ok := c.scripts[strings.ToLower(args[1])]
	if !ok {
		c.out.fail("NOSCRIPT No matching script. Please use EVAL.")
		return
	}
	eval(c, append([]string{args[0], text}, args[2:]...))
}

func script(c *client, args []string) {
	switch sub := strings.ToLower(args[1]); {
	case sub == "load" && len(args) == 3:
		if len(c.scripts) == maxQueued || !c.space.room(args[2]) {
			c.out.fail(full)
			return
		}
		c.scripts[digest(args[2])] = args[2]
		c.out.bulk(digest(args[2]))
	case sub == "exists" && len(args) > 2:
		c.out.array(len(args) - 2)
		for _, sum := range args[2:] {
			_, have := c.scripts[strings.ToLower(sum)]
			c.yes(have)
		}
	case sub == "flush":
		clear(c.scripts)
		c.out.simple("OK")
	case sub == "kill" && len(args) == 2:
		c.out.fail("NOTBUSY No scripts in execution right now.")
	default:
		c.subcommand(args)
	}
}

func digest(script string) string {
	sum := sha1.Sum([]byte(script))
	return hex.EncodeToString(sum[:])
}
