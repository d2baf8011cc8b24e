package fleetfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"decnet/client"
)

const yamlFile = `# a fleet
deployment: lab
mode: replace
mutateInterval: 2h
network:
  driver: bridge
  subnet: 10.20.0.0/24
deckies:
  - name: web
    count: 3
    archetype: web-server
  - name: db
    services: [mysql, ssh]
    distro: debian
    os: linux
    ip: 10.20.0.20
    hostname: db1
    mutateInterval: 30m
    settings: {mysql: {version: 8.0.36}, rdp: {nla: true}}
`

const iniFile = `; the original's
[general]
net = 192.168.1.0/24
gw = 192.168.1.1
interface = eth0
mutate_interval = 60

[decky-01]
ip = 192.168.1.110
services = ssh, http
nmap-os: linux
mutate_interval = 45
[decky-01.http]
server_header = nginx/1.18.0

[corp]
archetype = windows-workstation
amount = 3
[corp-02.rdp]
nla = off
[corp.rdp]
nla = yes
[decky-01.ssh]
hostname = web1
password = a=b:c
[decky-01.dns]
extra_records = www A 10.0.0.1
  ; left out
  mail A 10.0.0.2
domain: shop.local
bind_version = b64:OS4xOA==
`

func text(p *string) string {
	if p == nil {
		return "-"
	}
	return *p
}

func TestYAML(t *testing.T) {
	f, err := Parse("fleet.yaml", []byte(yamlFile), YAML)
	if err != nil {
		t.Fatal(err)
	}
	in := f.Deploy
	if in.Deployment != "lab" || in.Mode != client.DeployModeReplace || *in.MutateInterval != 2*time.Hour ||
		in.Network.Driver != client.NetworkDriverBridge || text(in.Network.Subnet) != "10.20.0.0/24" || in.Network.Gateway != nil {
		t.Errorf("the top is %+v", in)
	}
	web, db := in.Deckies[0], in.Deckies[1]
	if web.Name != "web" || web.Count != 3 || text(web.Archetype) != "web-server" || web.Services != nil {
		t.Errorf("web is %+v", web)
	}
	if fmt.Sprint(db.Services) != "[mysql ssh]" || db.Count != 1 || text(db.Distro) != "debian" || text(db.Os) != "linux" || text(db.Ip) != "10.20.0.20" ||
		text(db.Hostname) != "db1" || *db.MutateInterval != 30*time.Minute || fmt.Sprint(db.Settings) != "[{mysql version 8.0.36} {rdp nla true}]" {
		t.Errorf("db is %+v", db)
	}
	if got := f.Where(1); got != "fleet.yaml:12" {
		t.Errorf("db stands at %s", got)
	}
}

func TestINI(t *testing.T) {
	f, err := Parse("fleet.ini", []byte(iniFile), INI)
	if err != nil {
		t.Fatal(err)
	}
	n := f.Deploy.Network
	if text(n.Subnet) != "192.168.1.0/24" || text(n.Gateway) != "192.168.1.1" || text(n.Parent) != "eth0" || n.Driver != "" {
		t.Errorf("the network is %+v", n)
	}
	if *f.Deploy.MutateInterval != time.Hour {
		t.Errorf("the interval of [general] is %s", *f.Deploy.MutateInterval)
	}
	one := f.Deploy.Deckies[0]
	if one.Name != "decky-01" || text(one.Ip) != "192.168.1.110" || fmt.Sprint(one.Services) != "[ssh http]" || text(one.Os) != "linux" || *one.MutateInterval != 45*time.Minute {
		t.Errorf("decky-01 is %+v", one)
	}
	if want := []client.ServiceSettingInput{
		{Service: "http", Key: "server_header", Value: "nginx/1.18.0"}, {Service: "ssh", Key: "password", Value: "a=b:c"},
		{Service: "dns", Key: "extra_records", Value: "www A 10.0.0.1\nmail A 10.0.0.2"}, {Service: "dns", Key: "domain", Value: "shop.local"}, {Service: "dns", Key: "bind_version", Value: "9.18"},
	}; !slices.Equal(one.Settings, want) || text(one.Hostname) != "web1" {
		t.Errorf("decky-01 has %+v and is called %s", one.Settings, text(one.Hostname))
	}
	// One of a group that is unlike the others makes them single.
	if len(f.Deploy.Deckies) != 4 || f.Where(3) != f.Where(1) {
		t.Errorf("%d deckies", len(f.Deploy.Deckies))
	}
	for i, nla := range []string{"true", "false", "true"} {
		d := f.Deploy.Deckies[1+i]
		if d.Name != fmt.Sprintf("corp-%02d", i+1) || d.Count != 1 || text(d.Archetype) != "windows-workstation" || len(d.Settings) != 1 || d.Settings[0].Value != nla {
			t.Errorf("corp is %+v", d)
		}
	}
}

func TestProblemsHaveTheirLine(t *testing.T) {
	for name, test := range map[string]struct {
		format  Format
		content string
		want    []string
	}{
		"a misspelt key":            {YAML, "deckies:\n  - name: web\n    servces: [ssh]\n", []string{`f:3: there is no key "servces"; did you mean "services"?`}},
		"a misspelt key at the top": {YAML, "deckys: []\n", []string{`f:1: there is no key "deckys"; did you mean "deckies"?`}},
		"no YAML":                   {YAML, "deckies:\n  - name: [\n", []string{"f:"}},
		"a bad length of time":      {YAML, "deckies:\n  - name: web\n    mutateInterval: soon\n", []string{`f:3: "soon" is no length of time`}},
		"a wrong type":              {YAML, "deckies:\n  - name: web\n    count: many\n", []string{"f:3: "}},
		"a count of none":           {YAML, "deckies:\n  - name: web\n    count: 0\n", []string{"f:2: web: count is at least 1"}},
		"a bad mode":                {YAML, "mode: merge\ndeckies: [{name: web}]\n", []string{"mode is add or replace"}},
		"no deckies":                {YAML, "deployment: lab\n", []string{"no deckies in it"}},
		"nothing":                   {YAML, "", []string{"no deckies in it"}},
		"a name that can't be":      {YAML, "deckies:\n  - name: Web.Mail_01\n", []string{`f:2: "Web.Mail_01" is no name for a decky`, `such as "web-mail-01"`}},
		"twins after expansion": {YAML, "deckies:\n  - name: web\n    count: 2\n  - name: web-02\n",
			[]string{"f:4: web-02 is there already, from line 2"}},
		"several at one address": {YAML, "deckies:\n  - name: web\n    count: 2\n    ip: 10.0.0.9\n", []string{"f:2: web: several deckies can't have one address"}},
		"two problems":           {YAML, "deckies:\n  - name: A\n  - name: B\n", []string{`f:2: "A"`, `f:3: "B"`}},

		"INI, a misspelt key": {INI, "[web]\nservice = ssh\n", []string{`f:2: there is no key "service" for a decky; did you mean "services"?`}},
		"INI, in general":     {INI, "[general]\nlog_target = x\n[web]\n", []string{`f:2: there is no key "log_target" in [general]`}},
		"INI, an own service": {INI, "[custom-x]\nbinary = own/x:1\nexec = /x --port 9000\nports = 9000, 9001\n[web]\n", []string{"f:1: [custom-x]: a service of one's own", "--catalog FILE",
			`x: {name: "x", image: "own/x:1", command: ["/x", "--port", "9000"], ports: [9000, 9001]}`}},
		"INI, settings of nobody":    {INI, "[web]\n[wbe.http]\na=b\n", []string{`f:2: [wbe.http]: there is no decky "wbe"`}},
		"INI, no base64":             {INI, "[web]\n[web.dns]\nextra_records = b64:?\n", []string{"f:3: extra_records of [web.dns]: what follows b64: is no base64"}},
		"INI, a key too early":       {INI, "ip = 1\n[web]\n", []string{"f:1: a key before the first [section]"}},
		"INI, no section":            {INI, "[web\n", []string{`f:1: "[web" is no section`}},
		"INI, no key":                {INI, "[web]\nhello\n", []string{`f:2: "hello" is neither`}},
		"INI, a section twice":       {INI, "[web]\n[web]\n", []string{"f:2: [web] is there already, in line 1"}},
		"INI, a key twice":           {INI, "[web]\nip=1\nIP=2\n", []string{"f:3: ip is there already in [web]"}},
		"INI, too many":              {INI, "[web]\namount = 101\n", []string{`f:2: amount is 1 to 100, not "101"`}},
		"INI, no number":             {INI, "[web]\nmutate_interval = 30m\n", []string{"f:2: mutate_interval is a number of minutes"}},
		"INI, no services":           {INI, "[web]\nservices = ,\n", []string{"f:2: [web] names no services"}},
		"INI, twins after expansion": {INI, "[web]\namount=2\n[web-01]\n", []string{"f:3: web-01 is there already, from line 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte(test.content), test.format)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
		})
	}
}

func TestSizeIsBounded(t *testing.T) {
	if _, err := Parse("f", make([]byte, maxSize+1), INI); err == nil {
		t.Error("a file beyond the bound is read")
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"a.yaml": YAML, "b.YML": YAML, "c.ini": INI, "d.txt": ""} {
		if got, err := FormatOf(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// FuzzParse: whatever is in a file, it is refused with a line or makes deckies with good names, each once.
func FuzzParse(f *testing.F) {
	f.Add(yamlFile, true)
	f.Add(iniFile, false)
	f.Add("[general]\nnet=x", false)
	f.Add("deckies: [{name: a, count: 2}, {name: a-01}]", true)
	f.Add("deckies:\n  - name: a\n    services: !00\n0", true)
	f.Add("deckies:\n  -", true)
	f.Fuzz(func(t *testing.T, content string, isYAML bool) {
		format := INI
		if isYAML {
			format = YAML
		}
		fleet, err := Parse("f", []byte(content), format)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				var n int
				if _, scan := fmt.Sscanf(line, "f:%d: ", &n); scan == nil && n >= 1 {
					return
				}
			}
			t.Fatalf("the error has no line: %v", err)
		}
		seen := map[string]bool{}
		for _, d := range fleet.Deploy.Deckies {
			for _, name := range names(d) {
				if seen[name] || !namePattern.MatchString(d.Name) {
					t.Fatalf("%q in %q", name, content)
				}
				seen[name] = true
			}
		}
		if len(seen) == 0 {
			t.Fatal("no deckies, and no error")
		}
	})
}
