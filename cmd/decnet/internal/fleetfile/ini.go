package fleetfile

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

var (
	generalKeys = []string{"net", "gw", "interface", "mutate_interval"}
	deckyKeys   = []string{"ip", "services", "archetype", "nmap_os", "mutate_interval", "amount"}
)

// section is one [name] with what stands below it.
type section struct {
	name string
	line int
	keys []entry
}

type entry struct {
	key, value string
	line       int
	indent     int // how far the key is indented: what is further in belongs to its value
}

// ini reads the original's grammar: [general] for the network, [name] for a decky or with `amount` several, [name.service] for settings of a
// service.
func (p *parser) ini(content string) {
	sections := p.sections(content)
	for _, s := range sections {
		switch {
		case s.name == "general":
			p.general(s)
		case strings.HasPrefix(s.name, "custom-"):
			p.custom(s)
		case !strings.Contains(s.name, "."):
			p.decky(s)
		}
	}
	// What is said of a whole group comes first: one of it may have something else.
	var ones []section
	for _, s := range sections {
		if decky, _, ok := cutLast(s.name); ok && p.declared(decky) < 0 {
			ones = append(ones, s)
		} else if ok {
			p.serviceSettings(s)
		}
	}
	for _, s := range ones {
		p.serviceSettings(s)
	}
}

// custom refuses a service of the user's own, and says how it is written where it belongs: what runs is for whoever runs the server to say, and no part of a deploy.
func (p *parser) custom(s section) {
	value := map[string]string{}
	for _, e := range s.keys {
		value[e.key] = e.value
	}
	slug := strings.TrimPrefix(s.name, "custom-")
	entry := "{name: " + strconv.Quote(slug) + ", image: " + strconv.Quote(value["binary"])
	if run := strings.Fields(value["exec"]); len(run) > 0 {
		for i, word := range run {
			run[i] = strconv.Quote(word)
		}
		entry += ", command: [" + strings.Join(run, ", ") + "]"
	}
	ports := strings.FieldsFunc(value["ports"], func(r rune) bool { return r == ',' || r == ' ' })
	p.bad(s.line, "[%s]: a service of one's own belongs in the server's catalog: start it with --catalog FILE, and in the file\nservices:\n  %s: %s, ports: [%s]}",
		s.name, slug, entry, strings.Join(ports, ", "))
}

// cutLast parts name.service at its last dot.
func cutLast(name string) (decky, service string, ok bool) {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return "", "", false
	}
	return name[:at], name[at+1:], true
}

// declared is where the section of that name has its decky or deckies, -1 for none.
func (p *parser) declared(name string) int {
	return slices.IndexFunc(p.Deploy.Deckies, func(d client.DeckySpec) bool { return d.Name == name })
}

func (p *parser) sections(content string) []section {
	var list []section
	first := map[string]int{}
	for i, line := range strings.Split(strings.TrimPrefix(content, "\ufeff"), "\n") {
		n := i + 1
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' {
			name, closed := strings.CutSuffix(line[1:], "]")
			name = strings.TrimSpace(name)
			if !closed || name == "" || strings.ContainsAny(name, "[]") {
				p.bad(n, "%q is no section: it wants to be [name]", line)
				name = ""
			} else if before, twice := first[name]; twice {
				p.bad(n, "[%s] is there already, in line %d", name, before)
			}
			first[name] = n
			list = append(list, section{name: name, line: n})
			continue
		}
		if e := last(list); e != nil && indent > e.indent { // a value's next line
			e.value += "\n" + line
			continue
		}
		cut := strings.IndexAny(line, "=:")
		if cut < 1 {
			p.bad(n, "%q is neither [section] nor key = value", line)
			continue
		}
		if len(list) == 0 {
			p.bad(n, "a key before the first [section]")
			continue
		}
		s := &list[len(list)-1]
		e := entry{strings.ToLower(strings.TrimSpace(line[:cut])), strings.TrimSpace(line[cut+1:]), n, indent}
		if slices.ContainsFunc(s.keys, func(o entry) bool { return o.key == e.key }) {
			p.bad(n, "%s is there already in [%s]", e.key, s.name)
			continue
		}
		s.keys = append(s.keys, e)
	}
	return list
}

// last is the entry that is being read, nil at the beginning of a section.
func last(list []section) *entry {
	if len(list) == 0 || len(list[len(list)-1].keys) == 0 {
		return nil
	}
	keys := list[len(list)-1].keys
	return &keys[len(keys)-1]
}

func (p *parser) general(s section) {
	network := &client.NetworkInput{}
	for _, e := range s.keys {
		switch dashless(e.key) {
		case "net":
			network.Subnet = client.Optional(e.value)
		case "gw":
			network.Gateway = client.Optional(e.value)
		case "interface":
			network.Parent = client.Optional(e.value)
		case "mutate_interval":
			p.Deploy.MutateInterval = p.minutes(e)
		default:
			p.bad(e.line, "there is no key %q in [general]%s", e.key, show.DidYouMean(e.key, generalKeys))
		}
	}
	if *network != (client.NetworkInput{}) {
		p.Deploy.Network = network
	}
}

func (p *parser) decky(s section) {
	d := client.DeckySpec{Name: s.name, Count: 1}
	for _, e := range s.keys {
		switch dashless(e.key) {
		case "ip":
			d.Ip = client.Optional(e.value)
		case "services":
			for name := range strings.SplitSeq(e.value, ",") {
				if name = strings.TrimSpace(name); name != "" {
					d.Services = append(d.Services, name)
				}
			}
			if len(d.Services) == 0 {
				p.bad(e.line, "[%s] names no services", s.name)
			}
		case "archetype":
			d.Archetype = client.Optional(e.value)
		case "nmap_os":
			d.Os = client.Optional(e.value)
		case "mutate_interval":
			d.MutateInterval = p.minutes(e)
		case "amount":
			n, err := strconv.Atoi(e.value)
			if err != nil || n < 1 || n > 100 {
				p.bad(e.line, "amount is 1 to 100, not %q", e.value)
				continue
			}
			d.Count = n
		default:
			p.bad(e.line, "there is no key %q for a decky%s", e.key, show.DidYouMean(e.key, deckyKeys))
		}
	}
	p.add(s.line, d)
}

// serviceSettings reads a [name.service] section: what a service of that decky, or of all of that name, is to be like. The server knows which settings there are.
func (p *parser) serviceSettings(s section) {
	decky, service, _ := cutLast(s.name)
	i := p.declared(decky)
	if i < 0 {
		i = p.single(decky)
	}
	if i < 0 {
		p.bad(s.line, "[%s]: there is no decky %q in this file", s.name, decky)
		return
	}
	d := &p.Deploy.Deckies[i]
	for _, e := range s.keys {
		if (service == "ssh" || service == "telnet") && e.key == "hostname" { // here the decky has one, for all that it runs
			d.Hostname = &e.value
			continue
		}
		value, err := valueOf(service, e)
		if err != nil {
			p.bad(e.line, "%s of [%s]: %v", e.key, s.name, err)
			continue
		}
		d.Settings = slices.DeleteFunc(d.Settings, func(o client.ServiceSettingInput) bool { return o.Service == service && o.Key == e.key })
		d.Settings = append(d.Settings, client.ServiceSettingInput{Service: service, Key: e.key, Value: value})
	}
}

// single takes one decky out of the group that makes it, so that it can be unlike the others, and returns where it is now; -1 for none.
func (p *parser) single(decky string) int {
	for i, d := range p.Deploy.Deckies {
		at := slices.Index(names(d), decky)
		if at < 0 || d.Count > maxCount {
			continue
		}
		apart, lines := make([]client.DeckySpec, d.Count), make([]int, d.Count)
		for n, name := range names(d) {
			apart[n], lines[n] = d, p.lines[i]
			apart[n].Name, apart[n].Count, apart[n].Settings = name, 1, slices.Clone(d.Settings)
		}
		p.Deploy.Deckies = slices.Replace(p.Deploy.Deckies, i, i+1, apart...)
		p.lines = slices.Replace(p.lines, i, i+1, lines...)
		return i + at
	}
	return -1
}

// valueOf is a setting's value: what stands there, or in base64 behind b64:, as the original writes a text of several lines.
func valueOf(service string, e entry) (string, error) {
	if text, is := strings.CutPrefix(e.value, "b64:"); is {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", errors.New("what follows b64: is no base64")
		}
		return string(raw), nil
	}
	if service == "rdp" && e.key == "nla" { // the original takes more words for it
		switch strings.ToLower(e.value) {
		case "1", "yes", "on":
			return "true", nil
		case "0", "no", "off":
			return "false", nil
		}
	}
	return e.value, nil
}

// minutes reads an interval, in minutes as the original has them.
func (p *parser) minutes(e entry) *time.Duration {
	n, err := strconv.Atoi(e.value)
	if err != nil || n < 1 || n > 1_000_000 {
		p.bad(e.line, "%s is a number of minutes, at least 1, not %q", e.key, e.value)
		return nil
	}
	d := time.Duration(n) * time.Minute
	return &d
}

// dashless takes nmap-os for nmap_os, as the original does.
func dashless(key string) string { return strings.ReplaceAll(key, "-", "_") }
