package dockerapi

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// The bounds of what intruders can leave in the engine. The oldest of their things makes room.
const (
	maxMade   = 32
	maxPulled = 32
	maxExecs  = 64
	maxOutput = 16 << 10 // bytes that a container's log keeps
	maxSpec   = 16 << 10 // bytes of a container's configuration that is kept
)

// engine is what containers and images there are: the decky's own, and what intruders have made since the decoy started, which they find again from
// another connection as they would on a real host.
type engine struct {
	id string

	mu         sync.Mutex
	own        []*container
	made       []*container
	stock      []*image
	pulled     []*image
	executions []*execution
}

// spec is what a client says of a container it wants.
type spec struct {
	Image        string
	Cmd          words
	Entrypoint   words
	Env          []string
	Hostname     string
	User         string
	WorkingDir   string
	Labels       map[string]string
	Tty          bool
	OpenStdin    bool
	AttachStdin  bool
	AttachStdout bool
	HostConfig   hostConfig
}

type hostConfig struct {
	Binds       []string
	NetworkMode string
	PidMode     string
	Privileged  bool
	CapAdd      words
	AutoRemove  bool
	Mounts      []struct{ Type, Source, Target string }
}

// words is a list that may also be written as one word.
type words []string

// UnmarshalJSON reads either.
func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = nil
		if one != "" {
			*w = words{one}
		}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

type container struct {
	id, name string
	spec     spec
	image    string // ID
	created  time.Time
	ports    []port
	address  string

	// Guarded by the engine's mutex.
	started, finished time.Time
	running           bool
	status            int // of the exit
	output            []byte
	attached          bool
	life              *life
	own               bool // the decky's: it runs on, whatever anybody does
}

// life is one run of a container, to come or under way. Its channels are closed at the start and the end.
type life struct{ begun, ended chan struct{} }

func newLife() *life { return &life{make(chan struct{}), make(chan struct{})} }

type port struct {
	IP          string `json:",omitempty"`
	PrivatePort int
	PublicPort  int `json:",omitempty"`
	Type        string
}

type image struct {
	id, tag string
	size    int64
	created time.Time
	content string // its digest; "" where no registry has it
}

type execution struct {
	id   string
	of   *container
	argv []string
	tty  bool

	running, done bool
	status        int
}

func newEngine(v *server) *engine {
	h := v.host
	app := bait.AppOf(h)
	r := h.Rand("docker")
	e := &engine{id: engineID(v)}
	stock := []struct {
		tag  string
		size int64
	}{
		{"nginx:1.25-alpine", 42600000}, {"redis:7-alpine", 41300000}, {"postgres:15", 425000000}, {"registry." + app.Domain + "/" + app.Name + ":" + fmt.Sprintf("1.%d.%d", r.IntN(20), r.IntN(9)), 310000000},
		{"alpine:3.18", 7340000}, {"ubuntu:22.04", 77900000}, {"node:20-alpine", 135000000}, {"portainer/portainer-ce:latest", 294000000}, {"busybox:latest", 4260000},
	}
	stock = stock[:4+r.IntN(6)]
	for i, s := range stock {
		e.stock = append(e.stock, released(s.tag, s.size, h.Installed().Add(time.Duration(i)*24*time.Hour)))
	}
	since := h.BootTime().Add(time.Duration(20+r.IntN(40)) * time.Second)
	age := h.Installed().Add(time.Duration(1+r.IntN(24*20)) * time.Hour)
	if age.After(since) {
		age = since
	}
	run := func(i int, name string, cmd []string, env []string, ports ...port) {
		if r.IntN(4) == 0 && i != 3 {
			return
		}
		c := &container{
			id: h.Hex("docker-container/"+name, 32), name: app.Name + "-" + name + "-1", image: e.stock[i].id, created: age, started: since, running: true, ports: ports,
			address: fmt.Sprintf("172.17.0.%d", 2+i), spec: spec{Image: e.stock[i].tag, Cmd: cmd, Env: env, Labels: map[string]string{"com.docker.compose.project": app.Name, "com.docker.compose.service": name}},
			life: newLife(), own: true,
		}
		c.spec.HostConfig.NetworkMode = "bridge"
		e.own = append(e.own, c)
	}
	run(0, "proxy", []string{"/docker-entrypoint.sh", "nginx", "-g", "daemon off;"}, []string{"NGINX_VERSION=1.25.3"}, port{"0.0.0.0", 80, 80, "tcp"})
	run(1, "cache", []string{"docker-entrypoint.sh", "redis-server"}, []string{"REDIS_VERSION=7.2.4"}, port{PrivatePort: 6379, Type: "tcp"})
	run(2, "db", []string{"docker-entrypoint.sh", "postgres"}, []string{"POSTGRES_DB=" + app.Name, "POSTGRES_USER=" + app.Name, "POSTGRES_PASSWORD=" + app.Secret}, port{PrivatePort: 5432, Type: "tcp"})
	run(3, "app", []string{"/srv/app/start"}, []string{"DATABASE_URL=postgres://" + app.Name + ":" + app.Secret + "@db/" + app.Name, "APP_ENV=production"}, port{PrivatePort: 8000, Type: "tcp"})
	return e
}

// engineID is in the old form, groups of letters and digits, or the new one, a UUID.
func engineID(v *server) string {
	if v.version.recent() {
		return decoy.UUID(v.host, "docker", 4)
	}
	b := v.host.Bytes("docker-id", 32)
	text := base32.StdEncoding.EncodeToString(b)[:48]
	var groups []string
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:i+4])
	}
	return strings.Join(groups, ":")
}

// count returns how many containers run and how many there are.
func (e *engine) count() (running, all int) {
	for _, c := range e.containers() {
		if e.isRunning(c) {
			running++
		}
		all++
	}
	return running, all
}

// containers returns all, the newest first.
func (e *engine) containers() []*container {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Clone(e.made)
	slices.Reverse(all)
	return append(all, e.own...)
}

func (e *engine) isRunning(c *container) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return c.running
}

// images returns all, the newest first.
func (e *engine) images() []*image {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Clone(e.pulled)
	slices.Reverse(all)
	return append(all, e.stock...)
}

// find returns the container with that name, ID or beginning of an ID, or nil.
func (e *engine) find(ref string) *container {
	ref = strings.TrimPrefix(ref, "/")
	if ref == "" {
		return nil
	}
	all := e.containers()
	for _, exact := range []bool{true, false} {
		for _, c := range all {
			if exact && (c.name == ref || c.id == ref) || !exact && strings.HasPrefix(c.id, ref) {
				return c
			}
		}
	}
	return nil
}

// findImage returns the image with that tag, ID or beginning of an ID, or nil.
func (e *engine) findImage(ref string) *image {
	if ref == "" {
		return nil
	}
	tag := tagged(ref)
	for _, i := range e.images() {
		if i.tag == tag || i.id == ref || len(ref) >= 4 && strings.HasPrefix(strings.TrimPrefix(i.id, "sha256:"), strings.TrimPrefix(ref, "sha256:")) {
			return i
		}
	}
	return nil
}

// tagged is the reference as the engine keeps it: without the registry that is understood, and with a tag.
func tagged(ref string) string {
	ref = strings.TrimPrefix(strings.TrimPrefix(ref, "docker.io/"), "library/")
	if name := ref[strings.LastIndexByte(ref, '/')+1:]; !strings.ContainsAny(name, ":@") {
		ref += ":latest"
	}
	return ref
}

var names = regexp.MustCompile(`^/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

var (
	adjectives = []string{"admiring", "bold", "clever", "dazzling", "eager", "festive", "gallant", "hopeful", "keen", "laughing", "mystifying", "nifty", "peaceful", "quirky", "relaxed", "serene", "stoic", "trusting", "vibrant", "zen"}
	surnames   = []string{"bohr", "curie", "darwin", "euler", "fermi", "gauss", "hopper", "khorana", "lovelace", "meitner", "noether", "pascal", "ritchie", "shannon", "tesla", "turing", "villani", "wozniak", "yalow"}
)

// add keeps a new container.
func (e *engine) add(c *container) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.name == "" {
		c.name = adjectives[rand.IntN(len(adjectives))] + "_" + surnames[rand.IntN(len(surnames))]
	}
	if len(e.made) == maxMade {
		e.made[0].finish(e.made[0].finished, 137)
		e.made = e.made[1:]
	}
	e.made = append(e.made, c)
}

// remove forgets a container, but for the decky's own: those are there again at the next look, as if something restarted them.
func (e *engine) remove(c *container) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.finish(time.Time{}, 137)
	e.made = slices.DeleteFunc(e.made, func(other *container) bool { return other == c })
}

// addImage keeps a new image.
func (e *engine) addImage(i *image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.pulled) == maxPulled {
		e.pulled = e.pulled[1:]
	}
	e.pulled = append(e.pulled, i)
}

// finish ends a container; the engine's mutex is held. The decky's own go on.
func (x *container) finish(at time.Time, status int) {
	if x.own {
		return
	}
	x.running, x.attached, x.finished, x.status = false, false, at, status
	close(x.life.ended)
	x.life = newLife() // it may begin once more
}

// begin starts a container, and tells whether it was not running.
func (e *engine) begin(c *container, at time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.running {
		return false
	}
	close(c.life.begun)
	c.running, c.started, c.output = true, at, nil
	return true
}

// end ends it with what it has printed.
func (e *engine) end(c *container, at time.Time, status int, output []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.output = output
	c.finish(at, status)
}

// state is the word for it, and the sentence of `docker ps`.
func (e *engine) state(c *container, now time.Time) (word, sentence string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case c.running:
		return "running", "Up " + human(now.Sub(c.started))
	case c.started.IsZero():
		return "created", "Created"
	}
	return "exited", fmt.Sprintf("Exited (%d) %s ago", c.status, human(now.Sub(c.finished)))
}

// human writes a duration as Docker does.
func human(d time.Duration) string {
	hours := int(d.Hours() + 0.5)
	switch {
	case d < time.Second:
		return "Less than a second"
	case d < 2*time.Second:
		return "1 second"
	case d < time.Minute:
		return fmt.Sprintf("%d seconds", int(d.Seconds()))
	case d < 2*time.Minute:
		return "About a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case hours == 1:
		return "About an hour"
	case hours < 48:
		return fmt.Sprintf("%d hours", hours)
	case hours < 24*14:
		return fmt.Sprintf("%d days", hours/24)
	case hours < 24*60:
		return fmt.Sprintf("%d weeks", hours/24/7)
	case hours < 24*365*2:
		return fmt.Sprintf("%d months", hours/24/30)
	}
	return fmt.Sprintf("%d years", hours/24/365)
}

// osVersion takes VERSION_ID out of os-release.
func osVersion(release string) string {
	_, rest, _ := strings.Cut(release, `VERSION_ID=`)
	value, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(value, `"`)
}

// addExecution keeps a command that is to be run in a container.
func (e *engine) addExecution(x *execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.executions) == maxExecs {
		e.executions = e.executions[1:]
	}
	e.executions = append(e.executions, x)
}

func (e *engine) execution(id string) *execution {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.executions {
		if x.id == id {
			return x
		}
	}
	return nil
}
