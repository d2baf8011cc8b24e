package fleetfile

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/client"
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
			p.bad(s.line, "[%s]: services of one's own can't be deployed", s.name)
		case !strings.Contains(s.name, "."):
			p.decky(s)
		}
	}
	for _, s := range sections {
		if cut := strings.LastIndexByte(s.name, '.'); cut >= 0 {
			p.serviceSettings(s, s.name[:cut], s.name[cut+1:])
		}
	}
}

func (p *parser) sections(content string) []section {
	var list []section
	first := map[string]int{}
	for i, line := range strings.Split(strings.TrimPrefix(content, "\ufeff"), "\n") {
		n := i + 1
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
		e := entry{strings.ToLower(strings.TrimSpace(line[:cut])), strings.TrimSpace(line[cut+1:]), n}
		if slices.ContainsFunc(s.keys, func(o entry) bool { return o.key == e.key }) {
			p.bad(n, "%s is there already in [%s]", e.key, s.name)
			continue
		}
		s.keys = append(s.keys, e)
	}
	return list
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
			p.bad(e.line, "there is no key %q in [general]%s", e.key, didYouMean(e.key, generalKeys))
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
			p.bad(e.line, "there is no key %q for a decky%s", e.key, didYouMean(e.key, deckyKeys))
		}
	}
	p.add(s.line, d)
}

// serviceSettings warns of a [name.service] section: it is the original's, and has no effect here.
func (p *parser) serviceSettings(s section, decky, service string) {
	belongs := slices.ContainsFunc(p.Deploy.Deckies, func(d client.DeckySpec) bool {
		return d.Name == decky || slices.Contains(names(d), decky)
	})
	if !belongs {
		p.bad(s.line, "[%s]: there is no decky %q in this file", s.name, decky)
		return
	}
	p.warn(s.line, "[%s]: settings of a service have no effect yet: %s of %s runs as the catalog has it", s.name, service, decky)
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
