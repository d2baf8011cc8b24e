package redis

import (
	_ "embed" // of the table
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// commandsText is what COMMAND tells of each command and subcommand: name, arity, flags, first, last and step of the keys, ACL categories, group, and
// the version that brought it. The container of subcommands stands before them, with a | in their names.
//
//go:embed commands.txt
var commandsText string

// described is one line of the table.
type described struct {
	name       string
	arity      int
	flags      []string
	keys       [3]int
	categories []string
	group      string
	since      version
}

// table is all of them by name, and tableNames their names, sorted. Most deckies have no Redis: it is read when one has.
var (
	table      = sync.OnceValue(func() map[string]*described { return parseTable(commandsText) })
	tableNames = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(table())) })
)

func parseTable(text string) map[string]*described {
	list := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, ",")
	}
	all := map[string]*described{}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		arity, err := strconv.Atoi(f[1])
		d := &described{name: f[0], arity: arity, flags: list(f[2]), categories: list(f[4]), group: f[5], since: parseVersion(f[6], version{})}
		if _, err2 := fmt.Sscanf(f[3], "%d,%d,%d", &d.keys[0], &d.keys[1], &d.keys[2]); err != nil || err2 != nil {
			panic("redis: the table of commands is wrong at " + f[0])
		}
		all[d.name] = d
	}
	return all
}

// arityIn is how many arguments it takes in a version: some took others before.
func (d *described) arityIn(v version) int {
	switch d.name {
	case "auth":
		if !v.atLeast(6, 0) {
			return 2
		}
	case "lpop", "rpop":
		if !v.atLeast(6, 2) {
			return 2
		}
	case "expire", "expireat", "pexpire", "pexpireat":
		if !v.atLeast(7, 0) {
			return 3
		}
	}
	return d.arity
}

func (d *described) has(flag string) bool { return slices.Contains(d.flags, flag) }

// accepts tells whether that many arguments, the name among them, are right for an arity.
func accepts(arity, n int) bool { return arity > 0 && n == arity || arity < 0 && n >= -arity }

// subcommands returns those of a command that the version has, sorted.
func (v version) subcommands(of string) []*described {
	var found []*described
	at, _ := slices.BinarySearch(tableNames(), of+"|")
	for _, name := range tableNames()[at:] {
		if !strings.HasPrefix(name, of+"|") {
			break
		}
		if d := table()[name]; v.atLeast(d.since[0], d.since[1]) {
			found = append(found, d)
		}
	}
	return found
}

// wrong refuses a command that doesn't exist or comes with a wrong number of arguments, in the words of the version; "" is none.
func (c *client) wrong(args []string) string {
	v := c.server.version
	name := strings.ToLower(args[0])
	d := table()[name]
	if d == nil || strings.Contains(name, "|") || !v.atLeast(d.since[0], d.since[1]) {
		return c.unknown(args)
	}
	if sub := v.subcommands(name); len(args) > 1 && len(sub) > 0 {
		at := slices.IndexFunc(sub, func(s *described) bool { return s.name == name+"|"+strings.ToLower(args[1]) })
		switch {
		case at < 0 && v.atLeast(7, 0):
			return fmt.Sprintf("ERR unknown subcommand '%.128s'. Try %s HELP.", args[1], strings.ToUpper(name))
		case (at < 0 || !accepts(sub[at].arity, len(args))) && !v.atLeast(7, 0):
			return fmt.Sprintf("ERR Unknown subcommand or wrong number of arguments for '%.128s'. Try %s HELP.", args[1], strings.ToUpper(name))
		case !accepts(sub[at].arity, len(args)):
			return "ERR wrong number of arguments for '" + sub[at].name + "' command"
		}
	}
	if !accepts(d.arityIn(v), len(args)) {
		return "ERR wrong number of arguments for '" + name + "' command"
	}
	return ""
}

// help answers HELP of a command that has subcommands.
func (c *client) help(name string) {
	lines := []string{strings.ToUpper(name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for _, sub := range c.server.version.subcommands(name) {
		if _, text, _ := strings.Cut(sub.name, "|"); text != "help" {
			lines = append(lines, strings.ToUpper(text))
		}
	}
	lines = append(lines, "HELP", "    Prints this help.")
	c.out.array(len(lines))
	for _, line := range lines {
		c.out.simple(line)
	}
}

// describe writes what COMMAND tells of one; null where there is none of that name.
func (c *client) describe(name string) {
	v := c.server.version
	d := table()[name]
	if d == nil || !v.atLeast(d.since[0], d.since[1]) {
		if v.atLeast(6, 0) {
			c.out.null()
		} else {
			c.out.nullArray()
		}
		return
	}
	words := func(prefix string, list []string) {
		c.out.set(len(list))
		for _, word := range list {
			c.out.simple(prefix + word)
		}
	}
	fields := 6
	if v.atLeast(7, 0) {
		fields = 10
	} else if v.atLeast(6, 0) {
		fields = 7
	}
	c.out.array(fields)
	c.out.bulk(name)
	c.out.integer(int64(d.arityIn(v)))
	words("", d.flags)
	for _, n := range d.keys {
		c.out.integer(int64(n))
	}
	if fields > 6 {
		words("@", d.categories)
	}
	if fields > 7 {
		sub := v.subcommands(name)
		c.out.set(0) // tips
		c.out.set(0) // where the keys are, once more
		c.out.array(len(sub))
		for _, s := range sub {
			c.describe(s.name)
		}
	}
}

// commandNames returns those that this version has, sorted; without subcommands.
func (v *server) commandNames() []string {
	var names []string
	for _, name := range tableNames() {
		if d := table()[name]; v.version.atLeast(d.since[0], d.since[1]) && !strings.Contains(name, "|") {
			names = append(names, name)
		}
	}
	return names
}

// keysOf answers COMMAND GETKEYS.
func (c *client) keysOf(args []string) {
	d := table()[strings.ToLower(args[0])]
	switch {
	case d == nil || strings.Contains(d.name, "|"):
		c.out.fail("ERR Invalid command specified")
	case d.keys[0] == 0:
		c.out.fail("ERR The command has no key arguments")
	case !accepts(d.arityIn(c.server.version), len(args)):
		c.out.fail("ERR Invalid number of arguments specified for command")
	default:
		last := d.keys[1]
		if last < 0 {
			last += len(args)
		}
		var keys []string
		for i := d.keys[0]; i <= last && i < len(args); i += max(d.keys[2], 1) {
			keys = append(keys, args[i])
		}
		c.out.bulks(keys...)
	}
}
