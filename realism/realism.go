// Package realism looks at a decky as a scanner would who suspects a decoy, and tells what gave it away: a service that answers anything, a salt that never
// changes, a key that others have too, an error that the product never gives, names and systems that contradict each other. It only talks over the network, as
// anybody could; what it can't reach it says so.
package realism

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Severity is how surely a tell gives a decoy away.
type Severity string

// The severities: odd but seen on real hosts, suspicious, and certain.
const (
	Low    Severity = "LOW"
	Medium Severity = "MEDIUM"
	High   Severity = "HIGH"
)

// Target is what is looked at.
type Target struct {
	Name string
	// Hostname is the name that it claims; "" when nobody knows.
	Hostname  string
	Endpoints []Endpoint
	// From is from where it is looked at; nil is from anywhere.
	From *Origin
}

// Endpoint is a service's port.
type Endpoint struct {
	Service, Proto, Address string
	Port                    int
}

func (e Endpoint) address() string { return net.JoinHostPort(e.Address, strconv.Itoa(e.Port)) }

// Finding is something that gave the decky away.
type Finding struct {
	Service  string   `json:"service"`
	Tell     string   `json:"tell"` // a word for it: "fixed-salt"
	Severity Severity `json:"severity"`
	Detail   string   `json:"detail"`
}

// Mark is what no two hosts have in common: a key, an ID. Those who see many hosts compare them.
type Mark struct {
	Service string `json:"service"`
	Kind    string `json:"kind"`
	Value   string `json:"value"`
}

// Report is what was found.
type Report struct {
	Findings []Finding
	Marks    []Mark
	// Probed are the services that were looked at; Unreachable those that could not be connected to from here.
	Probed, Unreachable []string
}

const (
	// atOnce is how many services are looked at at the same time.
	atOnce = 6
	// perService bounds one service's probe.
	perService = 40 * time.Second
	// patience is how long an answer may take.
	patience = 10 * time.Second
)

// probes are what is looked at beyond what every service is looked at for.
var probes = map[string]func(*probe){
	"ssh": sshProbe, "telnet": telnetProbe, "ftp": ftpProbe, "smtp": smtpProbe, "smtp_relay": smtpProbe, "pop3": pop3Probe, "imap": imapProbe,
	"http": httpProbe, "https": httpsProbe, "elasticsearch": httpProbe, "docker_api": goHTTPProbe, "k8s": goHTTPProbe,
	"mysql": mysqlProbe, "postgres": postgresProbe, "redis": redisProbe, "vnc": vncProbe,
	"smb": smbProbe, "rdp": rdpProbe, "ldap": ldapProbe, "kerberos": kerberosProbe, "msrpc": msrpcProbe, "sip": sipProbe, "dns": dnsProbe, "snmp": snmpProbe,
}

// Check looks at every service of a target that has a TCP port, or answers who asks by UDP.
func Check(ctx context.Context, t Target) Report {
	var r Report
	var mu sync.Mutex
	var wg sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	seen, from := &impressions{}, &dialer{from: t.From}
	for _, e := range firstPorts(t.Endpoints) {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			ctx, cancel := context.WithTimeout(ctx, perService)
			defer cancel()
			p := &probe{ctx: ctx, endpoint: e, target: t, seen: seen, from: from}
			reached := p.run()
			mu.Lock()
			defer mu.Unlock()
			if !reached {
				r.Unreachable = append(r.Unreachable, e.Service)
				return
			}
			r.Probed = append(r.Probed, e.Service)
			r.Findings = append(r.Findings, p.findings...)
			r.Marks = append(r.Marks, p.marks...)
		})
	}
	wg.Wait()
	r.Findings = append(r.Findings, seen.contradictions(t)...)
	slices.Sort(r.Probed)
	slices.Sort(r.Unreachable)
	slices.SortFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(rank(b.Severity)-rank(a.Severity), strings.Compare(a.Service, b.Service), strings.Compare(a.Tell, b.Tell), strings.Compare(a.Detail, b.Detail))
	})
	r.Findings = slices.Compact(r.Findings) // a probe connects more than once
	slices.SortFunc(r.Marks, func(a, b Mark) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Kind, b.Kind))
	})
	return r
}

func rank(s Severity) int { return slices.Index([]Severity{Low, Medium, High}, s) }

// firstPorts are the first TCP port of each service, or that of SNMP, which has none: its others say the same.
func firstPorts(all []Endpoint) (out []Endpoint) {
	for _, e := range all {
		if (e.Proto == "tcp" || e.Service == "snmp") && !slices.ContainsFunc(out, func(o Endpoint) bool { return o.Service == e.Service }) {
			out = append(out, e)
		}
	}
	return out
}

// Shared finds the marks of a report that others have too: of each other decky, by its name, its marks.
func Shared(r Report, others map[string][]Mark) (out []Finding) {
	for _, m := range r.Marks {
		var with []string
		for name, marks := range others {
			if slices.Contains(marks, m) {
				with = append(with, name)
			}
		}
		if len(with) > 0 {
			slices.Sort(with)
			out = append(out, Finding{m.Service, "shared-" + m.Kind, High, fmt.Sprintf("its %s is that of %s as well", words[m.Kind], strings.Join(with[:min(len(with), 3)], ", "))})
		}
	}
	return out
}

// words say what a mark is.
var words = map[string]string{"host-key": "host key", "certificate": "certificate", "run-id": "run ID", "guid": "GUID", "engine": "engine's ID"}

// probe is the look at one service.
type probe struct {
	ctx      context.Context
	endpoint Endpoint
	target   Target
	seen     *impressions
	from     *dialer
	findings []Finding
	marks    []Mark
	reached  bool // by UDP
}

func (p *probe) found(tell string, s Severity, format string, args ...any) {
	p.findings = append(p.findings, Finding{p.endpoint.Service, tell, s, fmt.Sprintf(format, args...)})
}

func (p *probe) mark(kind, value string) {
	p.marks = append(p.marks, Mark{p.endpoint.Service, kind, value})
}

// run looks at the service, and tells whether it could be reached.
func (p *probe) run() bool {
	if p.endpoint.Proto == "udp" {
		probes[p.endpoint.Service](p)
		return p.reached
	}
	c, err := p.dial()
	if err != nil {
		return false
	}
	_ = c.Close()
	if look := probes[p.endpoint.Service]; look != nil {
		look(p)
	}
	p.survives()
	return true
}

// survives throws rubbish at the service, and sees whether it is still there.
func (p *probe) survives() {
	if c, err := p.dial(); err == nil {
		_, _ = c.Write([]byte("\x00\xff\x16\x03\r\n\r\n\x80rubbish\x00\x01\x02\r\n"))
		_ = c.Close()
	}
	c, err := p.dial()
	if err != nil {
		p.found("gone-after-rubbish", High, "a few bytes that are no %s, and the port refuses: %v", p.endpoint.Service, err)
		return
	}
	_ = c.Close()
}

func (p *probe) dial() (*conn, error) {
	c, err := p.from.dial(p.ctx, "tcp", p.endpoint.address())
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	return newConn(c), nil
}

// impressions are what the services say of the host: they should be the same.
type impressions struct {
	mu      sync.Mutex
	names   []impression
	systems []impression
}

type impression struct{ service, said string }

// name notes what a service calls its host.
func (i *impressions) name(service, said string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.names = append(i.names, impression{service, said})
}

// systems that banners name, by the words that they name them with.
var systems = map[string]string{"ubuntu": "Ubuntu", "debian": "Debian", "centos": "CentOS", "rhel": "Red Hat", "freebsd": "FreeBSD", "win64": "Windows", "win32": "Windows", "microsoft": "Windows", "windows": "Windows"}

// everywhere is what a banner says whatever system it is on: Ubuntu has left ProFTPD the name that Debian has given it.
var everywhere = regexp.MustCompile(`ProFTPD [^(]*\(Debian\)`)

// system notes what a banner says of the operating system, if anything.
func (i *impressions) system(service, banner string) {
	banner = everywhere.ReplaceAllString(banner, "")
	for word, name := range systems {
		if strings.Contains(strings.ToLower(banner), word) {
			i.mu.Lock()
			i.systems = append(i.systems, impression{service, name})
			i.mu.Unlock()
			return
		}
	}
}

// contradictions are where the services disagree with each other, or with the host's name.
func (i *impressions) contradictions(t Target) (out []Finding) {
	sortBy := func(a, b impression) int { return strings.Compare(a.service, b.service) }
	slices.SortFunc(i.names, sortBy)
	slices.SortFunc(i.systems, sortBy)
	for _, n := range i.names {
		if t.Hostname != "" && !strings.EqualFold(short(n.said), short(t.Hostname)) {
			out = append(out, Finding{n.service, "other-name", Medium, fmt.Sprintf("it calls its host %q, which is %q to others", n.said, t.Hostname)})
		}
	}
	for _, s := range i.systems {
		if first := i.systems[0]; s.said != first.said {
			out = append(out, Finding{s.service, "other-system", Medium, fmt.Sprintf("it runs on %s, and %s of the same host on %s", s.said, first.service, first.said)})
		}
	}
	return out
}

// short is a host's name without its domain.
func short(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}
