package dockerapi

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/web"
	"decnet/decoy/shell"
	"decnet/decoy/shell/tty"
)

const (
	maxScript = 16 << 10        // bytes of a script on the standard input
	startTime = 2 * time.Minute // that a client may be attached to a container that has not been started
)

// quoted writes a command as one would type it.
func quoted(argv []string) string {
	out := make([]string, len(argv))
	for i, arg := range argv {
		q, err := syntax.Quote(arg, syntax.LangBash)
		if err != nil { // a zero byte
			q = fmt.Sprintf("%q", arg)
		}
		out[i] = q
	}
	return strings.Join(out, " ")
}

// job is what a command comes down to when the ways into another namespace are taken away.
type job struct {
	line        string // for the shell; "" is a shell that takes its lines from the client
	lasts       bool   // a program that the make-believe system doesn't have: it seems to run on
	interactive bool
}

// understand finds out what a command would do.
func understand(argv []string) job {
	for range 4 {
		if len(argv) == 0 {
			return job{interactive: true}
		}
		switch path.Base(argv[0]) {
		case "chroot":
			argv = argv[min(2, len(argv)):]
		case "nsenter":
			argv = afterFlags(argv[1:])
		case "sh", "bash", "ash", "dash":
			at := slices.IndexFunc(argv, func(a string) bool { return strings.HasPrefix(a, "-") && strings.HasSuffix(a, "c") })
			if at > 0 && at+1 < len(argv) {
				return job{line: argv[at+1]}
			}
			if len(argv) == 1 || strings.HasPrefix(argv[1], "-") {
				return job{interactive: true}
			}
			return job{line: quoted(argv)}
		default:
			return job{line: quoted(argv), lasts: !slices.Contains(tools, path.Base(argv[0]))}
		}
	}
	return job{line: quoted(argv)}
}

// tools are the commands that end soon.
var tools = []string{
	"apk", "apt", "apt-get", "busybox", "cat", "chattr", "chmod", "chown", "cp", "crontab", "curl", "cut", "date", "df", "echo", "env", "false", "find", "grep", "head", "hostname", "id", "ip", "ls", "mkdir", "mount", "mv",
	"nproc", "ps", "pwd", "rm", "sed", "sleep", "tail", "tee", "test", "touch", "true", "uname", "uptime", "wget", "whoami", "yum",
}

// afterFlags skips nsenter's own arguments.
func afterFlags(args []string) []string {
	if at := slices.Index(args, "--"); at >= 0 {
		return args[at+1:]
	}
	for i, a := range args {
		if !strings.HasPrefix(a, "-") && strings.Trim(a, "0123456789") != "" {
			return args[i:]
		}
	}
	return nil
}

// bounded keeps the beginning of what is written.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(0, maxOutput-b.Len()))])
	return len(p), nil
}

// mounts are what of the host a container is given.
func (x *container) mounts() []shell.Mount {
	var out []shell.Mount
	for _, bind := range x.spec.HostConfig.Binds {
		if part := strings.SplitN(bind, ":", 3); len(part) > 1 {
			out = append(out, shell.Mount{Source: part[0], Target: part[1]})
		}
	}
	for _, m := range x.spec.HostConfig.Mounts {
		out = append(out, shell.Mount{Source: m.Source, Target: m.Target})
	}
	return out
}

// shell returns a make-believe shell in the container for whoever calls: the decky's, with what the container is given of it.
func (c *call) shell(x *container) *shell.Shell {
	m := shell.NewMachine(c.system)
	m.Mount(x.mounts()...)
	return m.New(shell.Options{User: "root", Record: c.r.Session.Event, From: c.r.Session.Peer().Addr().String()})
}

// start begins a container. Where nobody is attached its command is dealt with here.
func start(c *call, x *container) {
	if !c.engine.begin(x, c.host.Now()) {
		c.w.WriteHeader(http.StatusNotModified)
		return
	}
	c.r.Session.Event("container_start", event.String("container", x.id), web.Bounded("image", x.spec.Image, 512), web.Bounded(event.Command, quoted(x.argv()), 6144))
	c.engine.mu.Lock()
	attached := x.attached
	c.engine.mu.Unlock()
	if j := understand(x.argv()); !attached && !j.lasts {
		var out bounded
		status := 0
		switch {
		case !j.interactive:
			sh := c.shell(x)
			sh.Run(c.r.Context(), j.line, strings.NewReader(""), &out, &out)
			status = sh.Status()
		case x.spec.Tty:
			c.w.WriteHeader(http.StatusNoContent) // it waits at its prompt
			return
		}
		c.finish(x, status, out.Bytes())
	}
	c.w.WriteHeader(http.StatusNoContent)
}

func (c *call) finish(x *container, status int, output []byte) {
	c.engine.end(x, c.host.Now(), status, output)
	if x.spec.HostConfig.AutoRemove {
		c.engine.remove(x)
	}
}

// wait answers when the container has ended. The client starts it as soon as the answer begins: which end is meant must be known before.
func wait(c *call, x *container) {
	c.engine.mu.Lock()
	meant := x.life
	waits := x.running
	c.engine.mu.Unlock()
	switch c.query("condition") {
	case "next-exit", "removed":
		waits = true
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusOK)
	http.NewResponseController(c.w).Flush()
	if waits {
		select {
		case <-meant.ended:
		case <-c.r.Context().Done():
			return
		}
	}
	c.engine.mu.Lock()
	status := x.status
	c.engine.mu.Unlock()
	json.NewEncoder(c.w).Encode(map[string]any{"StatusCode": status})
}

// stream is the connection of a client that is attached.
type stream struct {
	net.Conn
	in  *bufio.Reader
	tty bool
}

func (s *stream) Read(p []byte) (int, error) { return s.in.Read(p) }

// frame writes to one of the streams that share a connection without a terminal.
type frame struct {
	w    io.Writer
	kind byte // 1 is the standard output, 2 the errors
}

func (f frame) Write(p []byte) (int, error) {
	head := [8]byte{f.kind}
	binary.BigEndian.PutUint32(head[4:], uint32(len(p)))
	if _, err := f.w.Write(append(head[:], p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// outputs returns where the command's output and errors go.
func (s *stream) outputs() (out, errs io.Writer) {
	if s.tty {
		return s, s
	}
	return frame{s, 1}, frame{s, 2}
}

// upgrade turns the request's connection into a stream, or answers that it can't.
func (c *call) upgrade(tty bool) (*stream, bool) {
	conn, both, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		c.fail(500, "error attaching, hijack connection missing")
		return nil, false
	}
	kind := "application/vnd.docker.raw-stream"
	if !tty && c.version.recent() && !newer("1.42", c.api) {
		kind = "application/vnd.docker.multiplexed-stream"
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\n\r\n"
	status := http.StatusOK
	if c.r.Header.Get("Upgrade") != "" {
		status = http.StatusSwitchingProtocols
		head = "HTTP/1.1 101 UPGRADED\r\nContent-Type: " + kind + "\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
		head += c.identity() + "\r\n"
	}
	c.recordOnce(status)
	io.WriteString(conn, head)
	return &stream{conn, both.Reader, tty}, true
}

// identity is the headers that the engine puts on every answer.
func (c *call) identity() string {
	return "Api-Version: " + c.version.api + "\r\nDocker-Experimental: false\r\nOstype: linux\r\nServer: Docker/" + c.version.number + " (linux)\r\n"
}

// recordOnce records a request whose answer net/http doesn't see.
func (c *call) recordOnce(status int) {
	if w, ok := c.w.(interface{ RecordOnce(status int) }); ok {
		w.RecordOnce(status)
	}
}

// converse deals with a command for a client that is attached, and returns the status.
func (c *call) converse(x *container, j job, s *stream, stdin bool) int {
	ctx := c.r.Connection
	sh := c.shell(x)
	out, errs := s.outputs()
	switch {
	case !j.interactive:
		sh.Run(ctx, j.line, strings.NewReader(""), out, errs)
	case s.tty:
		terminal := tty.New(s)
		defer terminal.Close(c.r.Session.Event)
		return sh.Interact(ctx, terminal)
	case stdin:
		script, _ := io.ReadAll(io.LimitReader(s, maxScript))
		sh.Run(ctx, string(script), strings.NewReader(""), out, errs)
	}
	return sh.Status()
}

// begins waits for a container's start, and tells whether it came.
func (c *call) begins(l *life) bool {
	select {
	case <-l.begun:
		return true
	case <-time.After(startTime):
	case <-l.ended:
	case <-c.r.Connection.Done():
	}
	return false
}

// attach connects the client to a container: to one that is about to start, which then runs here.
func attach(c *call, x *container) {
	if !c.flag("stream") {
		c.w.WriteHeader(http.StatusOK)
		return
	}
	c.engine.mu.Lock()
	mine := !x.running && !x.attached
	x.attached = x.attached || mine
	meant := x.life
	c.engine.mu.Unlock()
	s, ok := c.upgrade(x.spec.Tty)
	if !ok {
		return
	}
	defer s.Close()
	j := understand(x.argv())
	if !x.own && !c.begins(meant) {
		if mine {
			c.engine.mu.Lock()
			x.attached = false
			c.engine.mu.Unlock()
		}
		return
	}
	if mine && !j.lasts {
		c.finish(x, c.converse(x, j, s, x.spec.OpenStdin), nil)
		return
	}
	// A program that says nothing: what is typed to it goes nowhere.
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-meant.ended:
			s.Close()
		case <-stop:
		}
	}()
	io.Copy(io.Discard, s)
}

func logs(c *call, x *container) {
	c.engine.mu.Lock()
	output := x.output
	c.engine.mu.Unlock()
	kind := "application/vnd.docker.raw-stream"
	if !x.spec.Tty && c.version.recent() && !newer("1.42", c.api) {
		kind = "application/vnd.docker.multiplexed-stream"
	}
	c.w.Header().Set("Content-Type", kind)
	c.w.WriteHeader(http.StatusOK)
	if len(output) == 0 {
		return
	}
	if x.spec.Tty {
		c.w.Write(output)
		return
	}
	frame{c.w, 1}.Write(output)
}

// prepare answers `docker exec`'s first request.
func prepare(c *call, x *container) {
	var given struct {
		Cmd        words
		Tty        bool
		User       string
		Privileged bool
	}
	if !c.body(&given) {
		return
	}
	if len(given.Cmd) == 0 {
		c.fail(400, "No exec command specified")
		return
	}
	c.r.Session.Event("container_exec", event.String("container", x.name), web.Bounded(event.Command, quoted(given.Cmd), 6144), web.Bounded("user", given.User, 128),
		event.String("privileged", fmt.Sprint(given.Privileged)))
	if !c.engine.isRunning(x) {
		c.fail(409, "Container "+x.id+" is not running")
		return
	}
	e := &execution{id: newID(), of: x, argv: given.Cmd, tty: given.Tty}
	c.engine.addExecution(e)
	c.json(201, struct{ Id string }{e.id})
}

// run answers its second.
func run(c *call) {
	e := c.engine.execution(c.args[0])
	if e == nil {
		c.fail(404, "No such exec instance: "+c.args[0])
		return
	}
	var given struct{ Detach, Tty bool }
	if len(c.r.Body) > 0 && !c.body(&given) {
		return
	}
	c.engine.mu.Lock()
	again := e.running || e.done
	e.running = true
	c.engine.mu.Unlock()
	if again {
		c.fail(409, "Error: Exec command "+e.id+" has already run")
		return
	}
	ends := func(status int) {
		c.engine.mu.Lock()
		e.running, e.done, e.status = false, true, status
		c.engine.mu.Unlock()
	}
	j := understand(e.argv)
	if given.Detach {
		sh := c.shell(e.of)
		sh.Run(c.r.Context(), j.line, strings.NewReader(""), io.Discard, io.Discard)
		ends(sh.Status())
		c.w.WriteHeader(http.StatusOK)
		return
	}
	s, ok := c.upgrade(e.tty)
	if !ok {
		ends(0)
		return
	}
	defer s.Close()
	ends(c.converse(e.of, j, s, true)) // before the stream ends: then the client asks how it went
}

func inspectExecution(c *call) {
	e := c.engine.execution(c.args[0])
	if e == nil {
		c.fail(404, "No such exec instance: "+c.args[0])
		return
	}
	c.engine.mu.Lock()
	running, status := e.running, e.status
	c.engine.mu.Unlock()
	c.json(200, map[string]any{
		"ID": e.id, "Running": running, "ExitCode": status, "ContainerID": e.of.id, "CanRemove": false, "Pid": 0, "OpenStdin": true, "OpenStdout": true, "OpenStderr": true, "DetachKeys": "",
		"ProcessConfig": map[string]any{"tty": e.tty, "entrypoint": e.argv[0], "arguments": e.argv[1:], "privileged": false},
	})
}
