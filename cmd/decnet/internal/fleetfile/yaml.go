package fleetfile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

// yamlFleet is the YAML file's top.
type yamlFleet struct {
	Deployment     string       `yaml:"deployment"`
	Mode           string       `yaml:"mode"`
	Network        *yamlNetwork `yaml:"network"`
	MutateInterval *yamlTime    `yaml:"mutateInterval"`
	Deckies        []yamlDecky  `yaml:"deckies"`
}

type yamlNetwork struct {
	Driver  string `yaml:"driver"`
	Subnet  string `yaml:"subnet"`
	Gateway string `yaml:"gateway"`
	Parent  string `yaml:"parent"`
}

// yamlDecky is one entry of deckies, and the line it stands in.
type yamlDecky struct {
	line   int
	fields deckyFields
}

type deckyFields struct {
	Name           string    `yaml:"name"`
	Count          *int      `yaml:"count"`
	Archetype      string    `yaml:"archetype"`
	Services       []string  `yaml:"services"`
	Distro         string    `yaml:"distro"`
	OS             string    `yaml:"os"`
	IP             string    `yaml:"ip"`
	Hostname       string    `yaml:"hostname"`
	MutateInterval *yamlTime `yaml:"mutateInterval"`
	// Settings are by service and key; a value may be written as text, a number or true and false.
	Settings map[string]map[string]any `yaml:"settings"`
}

// settings lists the settings in an order that is always the same.
func (d deckyFields) settings() (list []client.ServiceSettingInput) {
	for _, service := range slices.Sorted(maps.Keys(d.Settings)) {
		for _, key := range slices.Sorted(maps.Keys(d.Settings[service])) {
			list = append(list, client.ServiceSettingInput{Service: service, Key: key, Value: fmt.Sprint(d.Settings[service][key])})
		}
	}
	return list
}

// UnmarshalYAML reads the entry and notes its line.
func (d *yamlDecky) UnmarshalYAML(n ast.Node) error {
	d.line = lineOf(n)
	return yaml.NodeToValue(n, &d.fields, yaml.Strict())
}

// yamlTime is a length of time in Go's form.
type yamlTime struct{ d time.Duration }

// UnmarshalYAML reads 30m, 2h and the like.
func (t *yamlTime) UnmarshalYAML(n ast.Node) error {
	var s string
	if err := yaml.NodeToValue(n, &s); err != nil {
		return err
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return &lineError{lineOf(n), fmt.Sprintf("%q is no length of time such as 30m or 2h", s)}
	}
	t.d = d
	return nil
}

func (t *yamlTime) duration() *time.Duration {
	if t == nil {
		return nil
	}
	return &t.d
}

// lineError is a problem with its line.
type lineError struct {
	line    int
	message string
}

func (e *lineError) Error() string { return e.message }

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

var yamlKeys = []string{
	"deployment", "mode", "network", "mutateInterval", "deckies", "name", "count", "archetype", "services", "distro", "os", "ip", "hostname", "settings",
	"driver", "subnet", "gateway", "parent",
}

// yaml reads decnet's own form.
func (p *parser) yaml(content []byte) {
	f, err := decode(content)
	if err != nil {
		p.yamlProblem(err)
		return
	}
	p.Deploy.Deployment = f.Deployment
	switch mode := strings.ToLower(f.Mode); mode {
	case "", "add":
	case "replace":
		p.Deploy.Mode = client.DeployModeReplace
	default:
		p.bad(1, "mode is add or replace, not %q", f.Mode)
	}
	if f.Network != nil {
		p.Deploy.Network = &client.NetworkInput{
			Driver: client.NetworkDriver(strings.ToUpper(f.Network.Driver)),
			Subnet: client.Optional(f.Network.Subnet), Gateway: client.Optional(f.Network.Gateway), Parent: client.Optional(f.Network.Parent),
		}
	}
	p.Deploy.MutateInterval = f.MutateInterval.duration()
	line := 1
	for _, d := range f.Deckies {
		v := d.fields
		// An entry with nothing in it has no line: it stands after the one before.
		d.line = max(d.line, line)
		line = d.line
		count := 1
		if v.Count != nil {
			if count = *v.Count; count < 1 {
				p.bad(d.line, "%s: count is at least 1, not %d", v.Name, count)
			}
		}
		p.add(d.line, client.DeckySpec{
			Name: v.Name, Count: count, Archetype: client.Optional(v.Archetype), Services: v.Services, Distro: client.Optional(v.Distro), Os: client.Optional(v.OS),
			Ip: client.Optional(v.IP), Hostname: client.Optional(v.Hostname), MutateInterval: v.MutateInterval.duration(), Settings: v.settings(),
		})
	}
}

// decode reads the whole file. The library panics on some malformed input (a scalar tagged where a list is wanted); that is an error here.
func decode(content []byte) (f yamlFleet, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this is no YAML that can be read: %v", p)
		}
	}()
	err = yaml.UnmarshalWithOptions(content, &f, yaml.Strict())
	return f, err
}

// yamlProblem gives a YAML error its line, and an unknown key its nearest known one.
func (p *parser) yamlProblem(err error) {
	if e, ok := errors.AsType[*lineError](err); ok {
		p.bad(e.line, "%s", e.message)
		return
	}
	e, ok := errors.AsType[yaml.Error](err)
	if !ok || e.GetToken() == nil || e.GetToken().Position == nil {
		p.bad(1, "%s", strings.SplitN(err.Error(), "\n", 2)[0])
		return
	}
	message := e.GetMessage()
	if unknown, ok := errors.AsType[*yaml.UnknownFieldError](err); ok {
		key := unknown.Token.Value
		message = fmt.Sprintf("there is no key %q%s", key, show.DidYouMean(key, yamlKeys))
	}
	p.bad(e.GetToken().Position.Line, "%s", message)
}
