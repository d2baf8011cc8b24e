// Package redis is the decoy of a Redis server: RESP 2 and 3 and inline commands, by hand. Every command and password is recorded. What a client
// writes or sets is so for its address alone, within bounds and for some hours; nothing is replicated, saved, loaded or run, though the answers say so where Redis's
// would.
package redis

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/visitors"
	"decnet/decoy/shell"
)

func init() {
	decoy.Register("redis", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's Redis.
type server struct {
	host      *decoy.Host
	system    *shell.System
	version   version
	config    map[string]string
	passwords []string // none: no password is asked for
	runID     string
	pid       int // where the system has no list of processes
	visitors  *visitors.Map[*visit]
	started   time.Time
	queued    atomic.Int64 // bytes of what MULTIs queue, beside what each may in any case
}

// version is major, minor and patch.
type version [3]int

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// parseVersion reads a version, and is the other one where that can't be done.
func parseVersion(text string, other version) version {
	var v version
	if n, err := fmt.Sscanf(text, "%d.%d.%d", &v[0], &v[1], &v[2]); n != len(v) || err != nil {
		return other
	}
	return v
}

// versions are those that each distribution and Redis's own packages for it ship.
var versions = map[string][]version{
	"debian":   {{7, 0, 15}, {7, 0, 11}, {7, 2, 5}, {7, 4, 1}, {6, 2, 14}},
	"ubuntu22": {{6, 0, 16}, {7, 2, 4}, {7, 2, 5}, {7, 4, 1}},
	"ubuntu20": {{5, 0, 7}, {6, 2, 14}, {7, 2, 4}},
	"rocky9":   {{6, 2, 7}, {6, 2, 17}, {7, 2, 6}},
	"centos7":  {{5, 0, 14}, {6, 2, 14}, {6, 0, 20}},
	"fedora":   {{7, 2, 4}, {7, 2, 5}},
	"kali":     {{7, 0, 15}},
	"arch":     {{7, 2, 4}, {7, 2, 5}},
	"alpine":   {{7, 2, 4}, {7, 2, 5}},
}

func newServer(h *decoy.Host) *server {
	choices := versions[h.Distro]
	if windows(h) {
		choices = []version{{5, 0, 14}, {5, 0, 10}}
	}
	if choices == nil {
		choices = versions["debian"]
	}
	r := h.Rand("redis")
	s := &server{
		host: h, system: shell.SystemOf(h), version: decoy.Pick(h, "redis-version", choices...),
		runID: h.Hex("redis-run", 20), pid: 400 + r.IntN(1200), started: h.BootTime().Add(time.Duration(8+r.IntN(30)) * time.Second),
	}
	if chosen, ok := h.Setting("redis", "version"); ok {
		s.version = parseVersion(chosen, s.version)
	}
	password := ""
	if r.IntN(3) == 0 {
		s.passwords = bait.Passwords(h, "redis", "default")
		password = s.passwords[0]
	}
	// What differs from the settings as they are shipped.
	s.config = map[string]string{
		"appendonly": decoy.Pick(h, "redis-aof", "no", "no", "yes"), "maxmemory": decoy.Pick(h, "redis-maxmemory", "0", "0", "268435456", "536870912"),
		"maxmemory-policy": decoy.Pick(h, "redis-policy", "noeviction", "noeviction", "allkeys-lru"), "requirepass": password,
	}
	if s.windows() {
		s.config["dir"], s.config["logfile"], s.config["pidfile"] = `C:\Program Files\Redis`, "server_log.txt", "/var/run/redis.pid"
	}
	if !s.version.atLeast(7, 0) {
		s.config["repl-diskless-sync"] = "no"
	}
	s.visitors = visitors.New(func() *visit { return newVisit(h) })
	if s.version[0] < 7 {
		s.config["bind"] = "0.0.0.0"
	}
	return s
}

func windows(h *decoy.Host) bool { return h.OS == "windows" || h.OS == "windows_server" }

func (v *server) windows() bool { return windows(v.host) }

// forgotten is how long an address must be away until what it has done is undone.
const forgotten = 6 * time.Hour

// visit is what one address has done, in whichever connection.
type visit struct {
	space   *keyspace
	config  map[string]string // its view of it
	master  string            // by REPLICAOF
	scripts map[string]string
	errors  map[string]int64 // by code
	changes int64            // what it has written, or tried to
	seen    time.Time
}

func newVisit(h *decoy.Host) *visit {
	return &visit{space: newKeyspace(h), config: map[string]string{}, scripts: map[string]string{}, errors: map[string]int64{}, seen: h.Now()}
}

// client is one connection.
type client struct {
	*visit // while a command runs
	server *server
	ctx    context.Context
	s      *decoy.Session
	in     *reader
	out    *writer

	id        int64
	since     time.Time
	name      string
	library   [2]string // its name and version, by CLIENT SETINFO
	user      string
	known     bool // has authenticated, or needn't
	db        int
	queued    int        // bytes of MULTI's commands
	queue     [][]string // of MULTI
	multi     bool
	executing bool // EXEC
	left      bool // after QUIT
	attempted bool // to log in, by the command under way
	commands  int64
	channels  []string
	patterns  []string
	slept     time.Duration // by DEBUG SLEEP, in the command under way
	blocked   time.Duration // how long the command that was answered last would have waited, and then found nothing
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &client{
		server: v, ctx: ctx, s: s, user: "default", known: v.passwords == nil,
		in: &reader{in: bufio.NewReaderSize(s, maxInline), odd: func(beginning []byte) {
			s.Event("protocol_error", event.String("reason", "a zero byte in an inline command"), event.Bytes("data", beginning))
		}},
		out:   &writer{out: bufio.NewWriter(s), proto: 2},
		since: v.host.Now(),
	}
	// Redis counts its clients from its start: the number grows with the uptime, whoever asks.
	c.id = 3 + int64(v.host.Now().Sub(v.started)/(7*time.Second))
	defer c.end()
	for !c.left {
		c.in.stranger = !c.known
		args, err := c.in.command()
		if broken := protocolError(""); errors.As(err, &broken) {
			s.Event("protocol_error", event.String("reason", broken.Error()))
			c.out.fail("ERR " + broken.Error())
			c.out.out.Flush()
			return
		}
		if err != nil {
			return
		}
		if len(args) > 0 {
			if name := strings.ToLower(args[0]); name == "post" || name == "host:" {
				// Redis hangs up on what a web browser was made to send.
				s.Event(event.CommandRun, event.String(event.Command, quoted(args)))
				return
			}
			c.record(args)
			v.visitors.With(s.Peer().Addr(), func(of *visit) { c.serve(of, args) })
			c.recordRefused(args)
			c.wait()
		}
		if c.in.in.Buffered() == 0 || c.out.out.Buffered() > maxCommand {
			if c.out.out.Flush() != nil {
				return
			}
		}
	}
	c.out.out.Flush()
}

// serve answers one command with what the client's address has done.
func (c *client) serve(of *visit, args []string) {
	now := c.server.host.Now()
	if now.Sub(of.seen) > forgotten {
		*of = *newVisit(c.server.host)
	}
	of.seen, c.visit, c.slept = now, of, 0
	c.out.left, c.out.errors = maxAnswer, of.errors
	c.run(args)
}

// wait keeps a client waiting that has asked to wait for an element; others of its address may come meanwhile.
func (c *client) wait() {
	if c.blocked == 0 {
		return
	}
	c.out.out.Flush()
	timer := time.NewTimer(c.blocked)
	defer timer.Stop()
	c.blocked = 0
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
	c.out.nullArray()
}

// proves tells whether a command may have a password in it.
func proves(args []string) bool {
	name := strings.ToLower(args[0])
	return name == "auth" && len(args) > 1 || name == "hello" && len(args) > 2
}

// record records a command, but for those with a password, which are attempts.
func (c *client) record(args []string) {
	if proves(args) {
		return
	}
	c.s.Event(event.CommandRun, event.String(event.Command, quoted(args)), event.Int("database", int64(c.db)))
}

// recordRefused records a command with a password that became no attempt: it was wrong, or is queued.
func (c *client) recordRefused(args []string) {
	if proves(args) && !c.attempted {
		c.s.Event(event.CommandRun, event.String(event.Command, strings.ToUpper(args[0])), event.String("parameters", quoted(args[1:])), event.Int("database", int64(c.db)))
	}
	c.attempted = false
}

// authenticate checks a password and records it.
func (c *client) authenticate(user, password string) bool {
	// Where no password is set, any will do for Redis 6 and later when it comes with the user's name.
	ok := user == "default" && (c.server.passwords == nil ||
		slices.ContainsFunc(c.server.passwords, func(p string) bool {
			return subtle.ConstantTimeCompare([]byte(p), []byte(password)) == 1
		}))
	outcome := event.Rejected
	if ok {
		outcome = event.Accepted
		c.known, c.user = true, user
	}
	c.attempt(user, password, outcome)
	return ok
}

func (c *client) attempt(user, password, outcome string) {
	c.attempted = true
	c.s.Attempt("plaintext", user, []byte(password), outcome)
}

// run answers one command.
func (c *client) run(args []string) {
	c.commands++
	name := strings.ToLower(args[0])
	cmd, ok := commands()[name]
	wrong := c.wrong(args)
	switch {
	case !ok || wrong != "":
		c.abort()
		c.out.fail(wrong)
	case !c.known && !cmd.stranger:
		c.out.fail("NOAUTH Authentication required.")
	case c.multi && !cmd.control:
		size := 0
		for _, a := range args {
			size += len(a) + argCost
		}
		if len(c.queue) == maxQueued || c.queued+size > maxStored || !c.reserve(size) {
			c.out.fail("OOM command not allowed when used memory > 'maxmemory'.")
			return
		}
		c.queue = append(c.queue, args)
		c.out.simple("QUEUED")
	case len(c.channels)+len(c.patterns) > 0 && c.out.proto < 3 && !cmd.subscribed:
		c.out.fail("ERR Can't execute '" + name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
	case c.master != "" && cmd.writes && c.setting("replica-read-only") == "yes" && c.setting("slave-read-only") == "yes":
		c.abort()
		c.out.fail("READONLY You can't write against a read only " + c.replica() + ".")
	default:
		if cmd.writes {
			c.changes++
		}
		cmd.run(c, args)
	}
}

// maxQueuedByAll bounds the bytes that the MULTIs of all connections have queued, beside what each may have in any case.
const (
	maxQueuedByAll = 4 << 20
	queuedAnyway   = 16 << 10
)

// reserve counts what MULTI queues; it tells whether there is room.
func (c *client) reserve(size int) bool {
	more := int64(max(c.queued+size-queuedAnyway, 0) - max(c.queued-queuedAnyway, 0))
	if total := c.server.queued.Add(more); more > 0 && total > maxQueuedByAll {
		c.server.queued.Add(-more)
		return false
	}
	c.queued += size
	return true
}

// end ends a transaction, and gives back what it has queued.
func (c *client) end() (queue [][]string) {
	c.server.queued.Add(-int64(max(c.queued-queuedAnyway, 0)))
	queue = c.queue
	c.multi, c.queue, c.queued = false, nil, 0
	return queue
}

// replica is what the version calls one.
func (c *client) replica() string {
	if c.server.version.atLeast(5, 0) {
		return "replica"
	}
	return "slave"
}

// abort makes EXEC fail after a command that could not be queued.
func (c *client) abort() {
	if c.multi {
		c.queue = append(c.queue[:0], nil)
	}
}

func (v version) atLeast(major, minor int) bool {
	return v[0] > major || v[0] == major && v[1] >= minor
}

// unknown is the error for a command that Redis doesn't know, in the words of the version.
func (c *client) unknown(args []string) string {
	var b strings.Builder
	if !c.server.version.atLeast(7, 0) {
		fmt.Fprintf(&b, "ERR unknown command `%.128s`, with args beginning with: ", args[0])
		for i := 1; i < len(args) && b.Len() < 300; i++ {
			fmt.Fprintf(&b, "`%.128s`, ", args[i])
		}
		return b.String()
	}
	fmt.Fprintf(&b, "ERR unknown command '%.128s', with args beginning with: ", args[0])
	for i, used := 1, 0; i < len(args) && used < 128; i++ {
		before := b.Len()
		fmt.Fprintf(&b, "'%.*s' ", 128-used, args[i])
		used += b.Len() - before
	}
	return b.String()
}
