// Package fleetfile reads files that describe a fleet, into what the API's deploy takes: decnet's own YAML, and the INI of the original DECNET.
// Both are read strictly, because a misspelt key that is passed over deploys another fleet than the one in the file; every problem is
// reported with its line, all of them at once.
package fleetfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"decnet/client"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	YAML Format = "yaml"
	INI  Format = "ini"
)

const (
	// maxSize bounds a file, as the original does.
	maxSize = 512 << 10
	// maxCount bounds how many alike one entry makes; the server has limits of its own.
	maxCount = 1000
)

// FormatOf tells a file's format by its name.
func FormatOf(name string) (Format, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml":
		return YAML, nil
	case ".ini", ".conf", ".cfg":
		return INI, nil
	}
	return "", fmt.Errorf("%s: neither .yaml nor .ini: say --format yaml or --format ini", name)
}

// Fleet is what a file says.
type Fleet struct {
	// Deploy is the input of the API's deploy. Its network has no driver where the file does not say one.
	Deploy client.DeployInput

	name  string
	lines []int // where each decky stands
}

// Where is the place (file:line) of the decky with an index in Deploy.Deckies; "" when there is none.
func (f *Fleet) Where(decky int) string {
	if decky < 0 || decky >= len(f.lines) {
		return ""
	}
	return fmt.Sprintf("%s:%d", f.name, f.lines[decky])
}

// Parse reads a file's content; name is for messages.
func Parse(name string, content []byte, format Format) (*Fleet, error) {
	if len(content) > maxSize {
		return nil, fmt.Errorf("%s: %d bytes are too much: %d at most", name, len(content), maxSize)
	}
	p := &parser{Fleet: Fleet{name: name}}
	switch format {
	case YAML:
		p.yaml(content)
	case INI:
		p.ini(string(content))
	default:
		return nil, fmt.Errorf("the format %q is neither yaml nor ini", format)
	}
	if len(p.problems) == 0 {
		p.check()
	}
	if len(p.problems) > 0 {
		return nil, errors.Join(p.problems...)
	}
	return &p.Fleet, nil
}

type parser struct {
	Fleet
	problems []error
}

func (p *parser) bad(line int, format string, a ...any) {
	p.problems = append(p.problems, fmt.Errorf("%s:%d: %s", p.name, line, fmt.Sprintf(format, a...)))
}

func (p *parser) add(line int, d client.DeckySpec) {
	p.Deploy.Deckies = append(p.Deploy.Deckies, d)
	p.lines = append(p.lines, line)
}

var namePattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// check finds what only shows when all of the file is known: names that mean two deckies, in particular.
func (p *parser) check() {
	if len(p.Deploy.Deckies) == 0 {
		p.bad(1, "no deckies in it")
	}
	taken := map[string]int{}
	for i, d := range p.Deploy.Deckies {
		line := p.lines[i]
		if !namePattern.MatchString(d.Name) {
			p.bad(line, "%q is no name for a decky: 1 to 64 of a-z, 0-9 and dash%s", d.Name, wouldBe(d.Name))
			continue
		}
		if d.Count < 0 || d.Count > maxCount {
			p.bad(line, "%s: %d deckies alike: 1 to %d go", d.Name, d.Count, maxCount)
			continue
		}
		if d.Count > 1 && d.Ip != nil {
			p.bad(line, "%s: several deckies can't have one address", d.Name)
		}
		for _, name := range names(d) {
			if first, twice := taken[name]; twice {
				p.bad(line, "%s is there already, from line %d", name, first)
				continue
			}
			taken[name] = line
		}
	}
}

// names are those of the deckies that a spec makes: NAME, or NAME-01, NAME-02, …
func names(d client.DeckySpec) []string {
	if d.Count <= 1 {
		return []string{d.Name}
	}
	list := make([]string, d.Count)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%02d", d.Name, i+1)
	}
	return list
}

// wouldBe suggests the nearest good name.
func wouldBe(name string) string {
	better := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
	if !namePattern.MatchString(better) {
		return ""
	}
	return fmt.Sprintf(", such as %q", better)
}
