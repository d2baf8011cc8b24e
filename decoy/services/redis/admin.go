package redis

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
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
		c.attempt(user, password, event.Rejected)
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
		c.out.fail(c.wrongPassword())
	default:
		c.out.fail("ERR invalid password")
	}
}

func (c *client) wrongPassword() string {
	if c.server.version.atLeast(6, 2) {
		return "WRONGPASS invalid username-password pair or user is disabled."
	}
	return "WRONGPASS invalid username-password pair"
}

func hello(c *client, args []string) {
	proto := c.out.proto
	if len(args) == 1 && !c.server.version.atLeast(6, 2) {
		c.out.fail("ERR wrong number of arguments for 'hello' command")
		return
	}
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		if err != nil && c.server.version.atLeast(6, 2) {
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
				c.out.fail(c.wrongPassword())
				return
			}
			i += 2
		case option == "setname" && i+1 < len(args):
			i++
			if badName(args[i]) {
				c.out.fail(badNameText)
				return
			}
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
	case len(c.channels)+len(c.patterns) > 0 && c.out.proto < 3:
		c.out.bulks("pong", strings.Join(args[1:], ""))
	case len(args) == 2:
		c.out.bulk(args[1])
	default:
		c.out.simple("PONG")
	}
}

func reset(c *client, _ []string) {
	c.end()
	c.out.proto, c.db, c.name, c.channels, c.patterns = 2, 0, "", nil, nil
	c.known = c.server.passwords == nil
	c.out.simple("RESET")
}

// line is the client as CLIENT LIST shows it while it runs this command.
func (c *client) line(args []string) string {
	now, v := c.server.host.Now(), c.server.version
	sent, arguments := 3+len(strconv.Itoa(len(args))), 0
	for _, a := range args {
		sent += 5 + len(strconv.Itoa(len(a))) + len(a)
		arguments += len(a)
	}
	var b strings.Builder
	field := func(since version, format string, values ...any) {
		if v.atLeast(since[0], since[1]) {
			fmt.Fprintf(&b, format+" ", values...)
		}
	}
	field(always, "id=%d addr=%s", c.id, c.s.Peer())
	field(since62, "laddr=%s:%d", c.s.Local().Addr(), c.s.CatalogPort())
	field(always, "fd=8 name=%s age=%d idle=0 flags=%s db=%d sub=%d psub=%d", c.name, int(now.Sub(c.since).Seconds()), map[bool]string{true: "P", false: "N"}[len(c.channels)+len(c.patterns) > 0], c.db, len(c.channels), len(c.patterns))
	field(since7, "ssub=0")
	field(always, "multi=-1")
	field(since74, "watch=0")
	buffer, total := 20474, 37648
	if !v.atLeast(7, 0) {
		buffer, total = 32768, 61456
	}
	field(always, "qbuf=%d qbuf-free=%d", sent, buffer-sent)
	field(since6, "argv-mem=%d", arguments)
	field(since7, "multi-mem=0 rbs=16384 rbp=16384")
	field(always, "obl=0 oll=0 omem=0")
	field(since6, "tot-mem=%d", total+arguments)
	command := strings.ToLower(args[0])
	if v.atLeast(7, 0) {
		command += "|" + strings.ToLower(args[1])
	}
	field(always, "events=r cmd=%s", command)
	field(since6, "user=%s", c.user)
	field(since62, "redir=-1")
	field(since7, "resp=%d", c.out.proto)
	field(since72, "lib-name=%s lib-ver=%s", c.library[0], c.library[1])
	return strings.TrimSuffix(b.String(), " ") + "\n"
}

// maxName bounds the names that a connection has, and that of its master.
const maxName = 1024

// badName tells whether a client can't have the name.
func badName(name string) bool {
	return len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' })
}

const badNameText = "ERR Client names cannot contain spaces, newlines or special characters."

func clientCommand(c *client, args []string) {
	onOff := func() {
		if value := strings.ToLower(args[2]); value != "on" && value != "off" {
			c.out.fail(syntax)
			return
		}
		c.out.simple("OK")
	}
	switch strings.ToLower(args[1]) {
	case "list":
		c.clientList(args)
	case "info":
		c.out.verbatim(c.line(args))
	case "id":
		c.out.integer(c.id)
	case "getname":
		if c.name == "" {
			c.out.null()
			return
		}
		c.out.bulk(c.name)
	case "setname":
		if badName(args[2]) {
			c.out.fail(badNameText)
			return
		}
		c.name = args[2]
		c.out.simple("OK")
	case "setinfo":
		at := slices.Index([]string{"lib-name", "lib-ver"}, strings.ToLower(args[2]))
		switch {
		case at < 0:
			c.out.fail(fmt.Sprintf("ERR Unrecognized option '%.128s'", args[2]))
		case badName(args[3]):
			c.out.fail("ERR " + strings.ToLower(args[2]) + " cannot contain spaces, newlines or special characters.")
		default:
			c.library[at] = args[3]
			c.out.simple("OK")
		}
	case "kill":
		c.clientKill(args[2:])
	case "no-evict", "no-touch":
		onOff()
	case "reply":
		if !slices.Contains([]string{"on", "off", "skip"}, strings.ToLower(args[2])) {
			c.out.fail(syntax)
			return
		}
		c.out.simple("OK")
	case "pause":
		if n, err := strconv.ParseInt(args[2], 10, 64); err != nil || n < 0 {
			c.out.fail("ERR timeout is not an integer or out of range")
			return
		}
		c.out.simple("OK")
	case "unpause", "tracking":
		c.out.simple("OK")
	case "trackinginfo":
		c.out.mapping(3)
		c.out.bulk("flags")
		c.out.set(1)
		c.out.bulk("off")
		c.out.bulk("redirect")
		c.out.integer(-1)
		c.out.bulk("prefixes")
		c.out.array(0)
	case "caching":
		c.out.fail("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	case "getredir":
		c.out.integer(-1)
	case "unblock":
		c.out.integer(0)
	default:
		c.help("client")
	}
}

// clientTypes are those that CLIENT LIST and KILL know.
var clientTypes = []string{"normal", "master", "replica", "slave", "pubsub"}

func (c *client) isType(name string) bool {
	return strings.EqualFold(name, map[bool]string{true: "pubsub", false: "normal"}[len(c.channels)+len(c.patterns) > 0])
}

// clientList shows this client alone: the others are none of its business, and their addresses are other intruders'.
func (c *client) clientList(args []string) {
	show := true
	switch {
	case len(args) == 2:
	case len(args) == 4 && strings.EqualFold(args[2], "type"):
		if !slices.Contains(clientTypes, strings.ToLower(args[3])) {
			c.out.fail(fmt.Sprintf("ERR Unknown client type '%.128s'", args[3]))
			return
		}
		show = c.isType(args[3])
	case len(args) > 3 && strings.EqualFold(args[2], "id") && c.server.version.atLeast(6, 2):
		show = false
		for _, id := range args[3:] {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				c.out.fail("ERR Invalid client ID")
				return
			}
			show = show || n == c.id
		}
	default:
		c.out.fail(syntax)
		return
	}
	if !show {
		c.out.verbatim("")
		return
	}
	c.out.verbatim(c.line(args))
}

// clientKill ends nobody's connection but the client's own.
func (c *client) clientKill(args []string) {
	if len(args) == 1 {
		if args[0] == c.s.Peer().String() {
			c.left = true
			c.out.simple("OK")
			return
		}
		c.out.fail("ERR No such client")
		return
	}
	mine, sparing := true, true
	for i := 0; i+1 < len(args); i += 2 {
		value := args[i+1]
		switch strings.ToLower(args[i]) {
		case "id":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 1 {
				c.out.fail("ERR client-id should be greater than 0")
				return
			}
			mine = mine && n == c.id
		case "type":
			if !slices.Contains(clientTypes, strings.ToLower(value)) {
				c.out.fail(fmt.Sprintf("ERR Unknown client type '%.128s'", value))
				return
			}
			mine = mine && c.isType(value)
		case "addr":
			mine = mine && value == c.s.Peer().String()
		case "laddr":
			mine = false
		case "user":
			if value != "default" {
				c.out.fail(fmt.Sprintf("ERR No such user '%.128s'", value))
				return
			}
		case "skipme":
			switch strings.ToLower(value) {
			case "yes":
			case "no":
				sparing = false
			default:
				c.out.fail(syntax)
				return
			}
		default:
			c.out.fail(syntax)
			return
		}
	}
	if len(args)%2 != 0 {
		c.out.fail(syntax)
		return
	}
	c.left = mine && !sparing
	c.yes(c.left)
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
	asked := args[2:min(len(args), 2+maxQueued)]
	switch sub := strings.ToLower(args[1]); sub {
	case "count":
		c.out.integer(c.server.version.commands())
	case "list":
		if len(asked) > 0 {
			if len(asked) != 3 || !strings.EqualFold(asked[0], "filterby") {
				c.out.fail(syntax)
				return
			}
			names = slices.DeleteFunc(names, func(name string) bool {
				switch strings.ToLower(asked[1]) {
				case "pattern":
					return len(asked[2]) > maxPattern || !match(strings.ToLower(asked[2]), name)
				case "aclcat":
					return !slices.Contains(table()[name].categories, strings.ToLower(asked[2]))
				}
				return true // of a module: there is none
			})
		}
		c.out.bulks(names...)
	case "info":
		if len(asked) == 0 {
			asked = names
		}
		c.out.array(len(asked))
		for _, name := range asked {
			c.describe(strings.ToLower(name))
		}
	case "docs":
		if len(asked) > 0 {
			names = slices.DeleteFunc(names, func(n string) bool {
				return !slices.ContainsFunc(asked, func(a string) bool { return strings.EqualFold(a, n) })
			})
		}
		c.out.mapping(len(names))
		for _, name := range names {
			c.out.bulk(name)
			c.out.mapping(2)
			c.out.bulk("since")
			c.out.bulk(table()[name].since.String())
			c.out.bulk("group")
			c.out.bulk(table()[name].group)
		}
	case "getkeys":
		c.keysOf(args[2:])
	default:
		c.help("command")
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

func config(c *client, args []string) {
	switch strings.ToLower(args[1]) {
	case "get":
		c.configured(args[2:])
	case "set":
		if len(args) != 4 && !c.server.version.atLeast(7, 0) {
			c.subcommand(args)
			return
		}
		c.configure(args[2:])
	case "help":
		c.help("config")
	default: // RESETSTAT, REWRITE
		c.out.simple("OK")
	}
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
	switch strings.ToLower(args[1]) {
	case "whoami":
		c.out.bulk(c.user)
	case "list":
		c.out.bulks(rule)
	case "users":
		c.out.bulks("default")
	case "setuser":
		for _, rule := range args[3:] {
			if !c.isRule(rule) {
				c.out.fail(fmt.Sprintf("ERR Error in ACL SETUSER modifier '%.128s': Syntax error", rule))
				return
			}
		}
		c.out.simple("OK")
	case "getuser":
		if args[2] != "default" {
			c.out.null()
			return
		}
		c.aclUser(rule)
	case "deluser":
		if slices.Contains(args[2:], "default") {
			c.out.fail("ERR The 'default' user cannot be removed")
			return
		}
		c.out.integer(0)
	case "cat":
		c.aclCategories(args[2:])
	case "genpass":
		c.aclPassword(args[2:])
	case "log":
		if len(args) == 3 && strings.EqualFold(args[2], "reset") {
			c.out.simple("OK")
			return
		}
		c.out.array(0)
	case "save", "load":
		c.out.fail("ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.")
	case "dryrun":
		if args[2] != "default" {
			c.out.fail(fmt.Sprintf("ERR User '%.128s' not found", args[2]))
			return
		}
		if wrong := c.wrong(args[3:]); wrong != "" {
			c.out.fail(wrong)
			return
		}
		c.out.simple("OK")
	default:
		c.help("acl")
	}
}

// isRule tells whether ACL SETUSER knows a rule.
func (c *client) isRule(rule string) bool {
	v := c.server.version
	if slices.Contains(strings.Fields("on off nopass resetpass reset resetkeys allkeys allcommands nocommands"), strings.ToLower(rule)) {
		return true
	}
	if name := strings.ToLower(rule); v.atLeast(6, 2) && (name == "allchannels" || name == "resetchannels" || strings.HasPrefix(rule, "&")) {
		return true
	}
	return rule != "" && (strings.IndexByte("><#!~+-", rule[0]) >= 0 || v.atLeast(7, 0) && (rule[0] == '%' || rule[0] == '(' || strings.EqualFold(rule, "clearselectors")))
}

// aclUser is ACL GETUSER of the only user.
func (c *client) aclUser(rule string) {
	v := c.server.version
	list := func(words ...string) {
		c.out.array(len(words))
		for _, w := range words {
			c.out.bulk(w)
		}
	}
	flags, passwords := []string{"on"}, []string{}
	fields := 6
	switch {
	case !v.atLeast(6, 2):
		fields, flags = 4, append(flags, "allkeys", "allcommands")
	case !v.atLeast(7, 0):
		fields, flags = 5, append(flags, "allkeys", "allchannels", "allcommands")
	}
	if c.server.passwords == nil {
		flags = append(flags, "nopass")
	} else if _, hash, ok := strings.Cut(rule, "#"); ok {
		passwords = []string{hash[:64]}
	}
	c.out.mapping(fields)
	c.out.bulk("flags")
	c.out.set(len(flags))
	for _, f := range flags {
		c.out.bulk(f)
	}
	c.out.bulk("passwords")
	list(passwords...)
	c.out.bulk("commands")
	c.out.bulk("+@all")
	c.out.bulk("keys")
	if v.atLeast(7, 0) {
		c.out.bulk("~*")
	} else {
		list("*")
	}
	if fields > 4 {
		c.out.bulk("channels")
		if v.atLeast(7, 0) {
			c.out.bulk("&*")
			c.out.bulk("selectors")
			list()
		} else {
			list("*")
		}
	}
}

// categories are those of the ACL, in Redis's order.
var categories = strings.Fields("keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow blocking dangerous connection transaction scripting")

func (c *client) aclCategories(asked []string) {
	if len(asked) == 0 {
		c.out.bulks(categories...)
		return
	}
	category := strings.ToLower(asked[0])
	if !slices.Contains(categories, category) {
		c.out.fail(fmt.Sprintf("ERR Unknown category '%.128s'", asked[0]))
		return
	}
	v := c.server.version
	var names []string
	for _, name := range tableNames() {
		if d := table()[name]; v.atLeast(d.since[0], d.since[1]) && slices.Contains(d.categories, category) && (v.atLeast(7, 0) || !strings.Contains(name, "|")) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(digest(a), digest(b)) })
	c.out.bulks(names...)
}

func (c *client) aclPassword(asked []string) {
	bits := int64(256)
	if len(asked) > 0 {
		n, err := strconv.ParseInt(asked[0], 10, 64)
		if err != nil {
			c.out.fail(notInteger)
			return
		}
		if n < 1 || n > 4096 {
			c.out.fail("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
			return
		}
		bits = n
	}
	random := make([]byte, (bits+7)/8)
	rand.Read(random)
	c.out.bulk(hex.EncodeToString(random)[:(bits+3)/4])
}

func module(c *client, args []string) {
	switch sub := strings.ToLower(args[1]); {
	case sub == "list":
		c.out.array(0)
	case sub == "help":
		c.help("module")
	case c.server.version.atLeast(7, 0):
		c.out.fail(`ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`)
	case sub == "load":
		c.out.fail("ERR Error loading the extension. Please check the server logs.")
	default: // UNLOAD
		c.out.fail("ERR Error unloading module: no such module with that name")
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
		sleep := min(time.Duration(min(max(seconds, 0), maxSleep.Seconds())*float64(time.Second)), maxSleep-c.slept)
		c.slept += max(sleep, 0)
		select {
		case <-time.After(sleep):
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
	port, err := strconv.Atoi(args[2])
	switch checked := c.server.version.atLeast(6, 2); {
	case checked && (err != nil || port < 0 || port > 65535):
		c.out.fail("ERR Invalid master port")
		return
	case err != nil:
		c.out.fail(notInteger)
		return
	}
	c.master = args[1][:min(len(args[1]), maxName)] + " " + strconv.Itoa(port)
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
		if len(args) > 2 {
			n, err := strconv.Atoi(args[2])
			if err != nil && !c.server.version.atLeast(7, 0) {
				c.out.fail(notInteger)
				return
			}
			if err != nil || n < -1 {
				c.out.fail("ERR count should be greater than or equal to -1")
				return
			}
		}
		c.out.array(0)
	case "len":
		c.out.integer(0)
	case "reset":
		c.out.simple("OK")
	default:
		c.help("slowlog")
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
	c.multi = true
	c.out.simple("OK")
}

func discard(c *client, _ []string) {
	if !c.multi {
		c.out.fail("ERR DISCARD without MULTI")
		return
	}
	c.end()
	c.out.simple("OK")
}

func execute(c *client, _ []string) {
	if !c.multi {
		c.out.fail("ERR EXEC without MULTI")
		return
	}
	queue := c.end()
	if slices.ContainsFunc(queue, func(args []string) bool { return args == nil }) {
		c.out.fail("EXECABORT Transaction discarded because of previous errors.")
		return
	}
	c.out.array(len(queue))
	for _, args := range queue {
		c.executing = true
		commands()[strings.ToLower(args[0])].run(c, args)
	}
	c.executing = false
}

// subscribed is what a command of PUBSUB's group is about: the channels or the patterns.
func (c *client) subscribed(command string) *[]string {
	if strings.HasPrefix(strings.ToLower(command), "p") {
		return &c.patterns
	}
	return &c.channels
}

// maxChannel bounds the name of a channel that is remembered.
const maxChannel = 1024

func subscribe(c *client, args []string) {
	to := c.subscribed(args[0])
	for _, channel := range args[1:] {
		if len(*to) < maxQueued && len(channel) <= maxChannel && !slices.Contains(*to, channel) {
			*to = append(*to, channel)
		}
		c.pushed(strings.ToLower(args[0]), channel, true)
	}
}

func unsubscribe(c *client, args []string) {
	from, names := c.subscribed(args[0]), args[1:]
	if len(names) == 0 {
		names = slices.Clone(*from)
	}
	for _, channel := range names[:min(len(names), maxQueued)] {
		*from = slices.DeleteFunc(*from, func(have string) bool { return have == channel })
		c.pushed(strings.ToLower(args[0]), channel, true)
	}
	if len(names) == 0 {
		c.pushed(strings.ToLower(args[0]), "", false)
	}
}

// pushed confirms a subscription, or that there was none.
func (c *client) pushed(what, channel string, named bool) {
	if c.out.proto < 3 {
		c.out.array(3)
	} else {
		c.out.head('>', 3)
	}
	c.out.bulk(what)
	if named {
		c.out.bulk(channel)
	} else {
		c.out.null()
	}
	c.out.integer(int64(len(c.channels) + len(c.patterns)))
}

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
		if len(args) > 2 && !strings.EqualFold(args[2], "sync") && !strings.EqualFold(args[2], "async") {
			c.out.fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
			return
		}
		clear(c.scripts)
		c.out.simple("OK")
	case sub == "debug":
		c.out.simple("OK")
	case sub == "help":
		c.help("script")
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
