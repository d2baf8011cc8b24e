package redis

import (
	_ "embed" // of the settings
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// settingsText is what CONFIG GET shows of each setting: its name, the version that brought it, what it takes, and its value where nobody has changed
// it. What it takes is bool, int, memory, text, fixed (it can't be changed) or = and the choices.
//
//go:embed settings.txt
var settingsText string

type setting struct {
	name  string
	since version
	takes string
	value string
}

// settings are all of them, by name.
var settings = sync.OnceValue(func() map[string]setting {
	all := map[string]setting{}
	for line := range strings.Lines(settingsText) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		all[f[0]] = setting{f[0], parseVersion(f[1]+".0", version{}), f[2], f[3]}
	}
	return all
})

// protected are the settings that Redis 7 doesn't let be changed by default: intruders wrote files by them.
var protected = []string{"dir", "dbfilename"}

// aliases are the names that a setting has had; what is set by one is seen by the other.
var aliases = [][2]string{{"slave-", "replica-"}, {"slaveof", "replicaof"}, {"ziplist", "listpack"}}

// refusal tells, in the words of the version, why the setting can't have that value; "" where it can. value is what it then is.
func (c *client) refusal(name, wish string) (value, why string) {
	v := c.server.version
	refuse := func(reason string) (string, string) {
		switch {
		case v.atLeast(7, 0):
			return "", fmt.Sprintf("ERR CONFIG SET failed (possibly related to argument '%s') - %s", name, reason)
		case v.atLeast(6, 0):
			return "", fmt.Sprintf("ERR Invalid argument '%.128s' for CONFIG SET '%s' - %s", wish, name, reason)
		}
		return "", fmt.Sprintf("ERR Invalid argument '%.128s' for CONFIG SET '%s'", wish, name)
	}
	s := settings()[name]
	choices, isChoice := strings.CutPrefix(s.takes, "=")
	switch {
	case v.atLeast(7, 0) && slices.Contains(protected, name):
		return refuse("can't set protected config")
	case s.takes == "fixed" && v.atLeast(7, 0):
		return refuse("can't set immutable config")
	case s.takes == "fixed" || (name == "port" || name == "bind") && !v.atLeast(6, 2):
		return "", fmt.Sprintf("ERR Unsupported CONFIG parameter: %.128s", name)
	case s.takes == "bool" && !strings.EqualFold(wish, "yes") && !strings.EqualFold(wish, "no"):
		return refuse("argument must be 'yes' or 'no'")
	case s.takes == "bool":
		return strings.ToLower(wish), ""
	case s.takes == "int":
		if _, err := strconv.ParseInt(wish, 10, 64); err != nil {
			return refuse("argument couldn't be parsed into an integer")
		}
	case s.takes == "memory":
		n, ok := bytesOf(wish)
		if !ok {
			return refuse("argument must be a memory value")
		}
		return strconv.FormatInt(n, 10), ""
	case isChoice && !slices.Contains(strings.Split(choices, ","), strings.ToLower(wish)):
		return refuse(map[bool]string{true: "argument(s)", false: "argument"}[v.atLeast(7, 0)] + " must be one of the following: " + strings.ReplaceAll(choices, ",", ", "))
	case isChoice:
		return strings.ToLower(wish), ""
	case name == "dbfilename" && strings.Contains(wish, "/"):
		return refuse("dbfilename can't be a path, just a filename")
	case name == "dir" && !c.server.hasDirectory(wish):
		return "", "ERR Changing directory: No such file or directory"
	case name == "save" && wish != "":
		fields := strings.Fields(wish)
		for _, f := range fields {
			if _, err := strconv.ParseUint(f, 10, 31); err != nil || len(fields)%2 != 0 {
				return refuse("Invalid save parameters")
			}
		}
		return strings.Join(fields, " "), ""
	}
	return wish, ""
}

// hasDirectory tells whether the directory is one that a program of an intruder would find on most machines: those are let be set, so that it goes on.
func (v *server) hasDirectory(path string) bool {
	if v.windows() {
		return true
	}
	first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	return !strings.HasPrefix(path, "/") || slices.Contains([]string{"", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp", "usr", "var"}, first)
}

// bytesOf reads an amount of memory as the configuration has it.
func bytesOf(s string) (n int64, ok bool) {
	s = strings.ToLower(s)
	end := strings.TrimLeft(s, "0123456789")
	unit, known := map[string]int64{"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1e6, "mb": 1 << 20, "g": 1e9, "gb": 1 << 30}[end]
	n, err := strconv.ParseInt(s[:len(s)-len(end)], 10, 64)
	return n * unit, known && err == nil && n < 1<<32
}

// configure is CONFIG SET: all of the pairs, or none.
func (c *client) configure(pairs []string) {
	v := c.server.version
	if len(pairs)%2 != 0 {
		c.out.fail("ERR wrong number of arguments for 'config|set' command")
		return
	}
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		name := strings.ToLower(pairs[i])
		s, known := settings()[name]
		known = known && v.atLeast(s.since[0], s.since[1])
		switch {
		case !known && v.atLeast(7, 0):
			c.out.fail(fmt.Sprintf("ERR Unknown option or number of arguments for CONFIG SET - '%.128s'", pairs[i]))
			return
		case !known:
			c.out.fail(fmt.Sprintf("ERR Unsupported CONFIG parameter: %.128s", pairs[i]))
			return
		case !c.space.room(pairs[i+1], pairs[i+1]): // one may be known by two names
			c.out.fail(full)
			return
		}
		value, why := c.refusal(name, pairs[i+1])
		if why != "" {
			c.out.fail(why)
			return
		}
		values[name] = value
	}
	for name, value := range values {
		c.config[name] = strings.Clone(value)
		for _, pair := range aliases {
			for i, have := range pair {
				if other := strings.Replace(name, have, pair[1-i], 1); other != name && settings()[other].name != "" {
					c.config[other] = value
				}
			}
		}
	}
	c.out.simple("OK")
}

// configured answers CONFIG GET.
func (c *client) configured(patterns []string) {
	v := c.server.version
	var found []string
	for name, s := range settings() {
		if v.atLeast(s.since[0], s.since[1]) && slices.ContainsFunc(patterns[:min(len(patterns), 16)], func(p string) bool { return len(p) <= maxPattern && match(strings.ToLower(p), name) }) {
			found = append(found, name)
		}
	}
	// In the order of a hash table, which is nobody's.
	slices.SortFunc(found, func(a, b string) int { return strings.Compare(digest(a), digest(b)) })
	c.out.mapping(len(found))
	for _, name := range found {
		c.out.bulk(name)
		c.out.bulk(c.raw(name))
	}
}

// raw is a setting's value as the client's address sees it, with the bytes that it was set to.
func (c *client) raw(name string) string {
	if mine, changed := c.config[name]; changed {
		return mine
	}
	if own, ok := c.server.config[name]; ok {
		return own
	}
	return settings()[name].value
}
