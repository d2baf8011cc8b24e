// Package shell is the make-believe shell behind the decoys that let an intruder log in. It reads the syntax of bash with a
// real parser and evaluates it on a make-believe system: every file, process, user and network card in it is text made from the decky's
// seed. The package has no way to open a file, start a process or reach a network, so neither has who types into it.
//
// Each source address has a copy of the file system of its own, which all of its connections share and find again for some hours. What one
// line may cost (time, steps, memory, output) is bounded, and so is what all sources leave.
//
// A line goes from shell.go (what a shell is) through eval.go (its syntax tree) to builtins.go or commands.go (the tools by name), whose files are
// named for what they hold. system.go says what the decky's seed makes of it, image.go and programs.go what files it is born with, fs.go keeps
// them. awk, sed and the terminal are packages of their own below this one.
package shell

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"decnet/decoy/event"
)

// lineTime bounds how long one line may run.
const lineTime = 20 * time.Second

// Options say for whom a shell is.
type Options struct {
	User string // an account of the system; root if it has no such
	// Record is told what the intruder does; it may be nil.
	Record func(typ string, fields ...event.Field)
	// Ask asks the intruder for a secret ("Password: "); nil gives none.
	Ask func(prompt string) (string, error)
	// From is where the intruder seems to come from.
	From string
	// Vars are what the way in adds to the environment; nil stands for a terminal alone.
	Vars map[string]string
	// Interactive is false for a command that is given with the request.
	Interactive bool
}

// Machine is one intruder's copy of the decky's system. Several shells may be on it at once: one line runs at a time, but for those that wait.
type Machine struct {
	sys     *System
	fs      *fileSystem
	using   sync.Mutex // held while a line runs
	running []string   // the tool that runs, with its arguments
	host    bool       // it is the decky itself, not a container on it: its passwords are those at the door
}

// NewMachine returns a fresh copy.
func NewMachine(sys *System) *Machine { return &Machine{sys: sys, fs: sys.files().clone()} }

// Shell is one shell on a machine. It is for one goroutine at a time.
type Shell struct {
	*Machine
	Options
	level
	status     int
	history    []string
	background bool
	script     bool    // the text is from a file, not typed
	outer      []level // the shells that this one was started in
	login      time.Time
	jobs       []job
	jobsMade   int
	lastJob    int            // its process
	slept      *time.Duration // how long a job has waited, as far as anybody may see
	sudoUntil  time.Time      // how long sudo asks for no password
	manner
}

// New starts a shell.
func (m *Machine) New(o Options) *Shell {
	m.using.Lock()
	defer m.using.Unlock()
	user, ok := m.account(o.User)
	if !ok {
		user, _ = m.sys.account("root")
	}
	s := &Shell{Machine: m, Options: o, level: level{funcs: map[string]*syntax.Stmt{}}, login: m.sys.host.Now()}
	s.pid = 2000 + int(s.login.UnixNano()/1e7%28000)
	s.become(user)
	for _, name := range []string{".bash_history", ".ash_history"} {
		if n, err := m.fs.lookup(user.home+"/"+name, true); err == nil {
			s.history = strings.Split(strings.TrimSpace(n.read()), "\n")
		}
	}
	return s
}

// become makes the shell that of a user, as at a login.
func (s *Shell) become(user account) {
	s.user = user
	s.dir = user.home
	if n, err := s.fs.lookup(s.dir, true); err != nil || !n.isDir() {
		s.dir = "/"
	}
	search := "/usr/local/bin:/usr/bin:/bin:/usr/games"
	if user.uid == 0 || s.sys.Group == "wheel" {
		search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	}
	s.vars = map[string]expand.Variable{}
	for name, value := range map[string]string{
		"HOME": user.home, "USER": user.name, "LOGNAME": user.name, "SHELL": user.shell, "PATH": search,
		"LANG": "en_US.UTF-8", "MAIL": "/var/mail/" + user.name, "PWD": s.dir, "SHLVL": "1", "_": "/usr/bin/env",
	} {
		s.export(name, value)
	}
	if s.Vars == nil {
		s.export("TERM", "xterm-256color")
	}
	for name, value := range s.Vars {
		s.export(name, value)
	}
	for name, value := range map[string]string{"IFS": " \t\n", "OPTIND": "1", "HOSTNAME": s.sys.Hostname, "UID": strconv.Itoa(user.uid), "EUID": strconv.Itoa(user.uid)} {
		s.set(name, value)
	}
	if !s.sys.BusyBox {
		s.set("BASH_VERSION", "5.2.15(1)-release")
		s.set("BASH", "/bin/bash")
	}
}

// fork returns the shell of a subshell.
func (s *Shell) fork() *Shell {
	f := *s
	f.vars, f.funcs = s.copyVars(), maps.Clone(s.funcs)
	return &f
}

func (s *Shell) copyVars() map[string]expand.Variable { return maps.Clone(s.vars) }

// account is one of the system's or one that the intruder has made. m.using is held.
func (m *Machine) account(name string) (account, bool) {
	if a, ok := m.sys.account(name); ok {
		return a, true
	}
	n, err := m.fs.lookup("/etc/passwd", true)
	if err != nil {
		return account{}, false
	}
	for _, line := range lines(n.read()) {
		if f := strings.Split(line, ":"); len(f) == 7 && f[0] == name {
			a := account{name: name, about: f[4], home: f[5], shell: f[6]}
			a.uid, _ = strconv.Atoi(f[2])
			a.gid, _ = strconv.Atoi(f[3])
			return a, true
		}
	}
	return account{}, false
}

func (s *Shell) export(name, value string) {
	s.vars[name] = expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}
}

func (s *Shell) set(name, value string) {
	v := s.vars[name]
	v.Set, v.Kind, v.Str = true, expand.String, value
	s.vars[name] = v
}

func (s *Shell) record(typ string, fields ...event.Field) {
	if s.Record != nil {
		s.Record(typ, fields...)
	}
}

// Prompt returns what an interactive shell shows before it reads a line.
func (s *Shell) Prompt() string {
	short, _, _ := strings.Cut(s.sys.Hostname, ".")
	sign := "$"
	if s.user.uid == 0 {
		sign = "#"
	}
	dir := s.dir
	if rest, ok := strings.CutPrefix(dir, s.user.home); ok && (rest == "" || rest[0] == '/') && s.user.home != "/" {
		dir = "~" + rest
	}
	switch {
	case s.sys.Embedded:
		return sign + " "
	case s.sys.BusyBox:
		return short + ":" + dir + sign + " "
	case s.sys.Packages == "dnf", s.sys.Packages == "yum", s.sys.Packages == "pacman":
		return "[" + s.user.name + "@" + short + " " + path.Base(dir) + "]" + sign + " "
	}
	return s.user.name + "@" + short + ":" + dir + sign + " "
}

// Status returns the status of the last line.
func (s *Shell) Status() int { return s.status }

// Run records and runs one line, or a script of several, and says whether the shell has ended by it. A line that is not complete (an open
// quote, a here-document) is not run: more of it is to come.
func (s *Shell) Run(ctx context.Context, line string, in io.Reader, out, errs io.Writer) (ended, incomplete bool) {
	file, err := s.parse(line)
	if s.Interactive && err != nil && syntax.IsIncomplete(err) {
		return false, true
	}
	if strings.TrimSpace(line) == "" {
		return false, false
	}
	s.record(event.CommandRun, event.String(event.Command, line), event.String("user", s.user.name), event.String("cwd", s.dir))
	if s.history = append(s.history, line); len(s.history) > maxHistory {
		s.history = s.history[len(s.history)-maxHistory:]
	}
	s.using.Lock()
	defer s.using.Unlock()
	s.fs.mask = s.mask
	defer s.showProcesses()()
	in = &patient{in, &s.using}
	ctx, cancel := context.WithTimeout(ctx, lineTime)
	defer cancel()
	left := new(atomic.Int64)
	left.Store(maxOutput)
	io := streams{in: in, out: limitedWriter{out, left, cancel}, err: limitedWriter{errs, left, cancel}}
	if err != nil {
		s.syntaxError(err, line, io)
		return false, false
	}
	e := &eval{Shell: s, ctx: ctx, budget: &budget{}, typed: in}
	e.stmts(file.Stmts, io)
	ended = e.flow == exiting
	if !s.Interactive || ended && len(s.outer) == 0 {
		e.atExit(io)
	}
	return ended && !s.endLevel(io), false
}

func (s *Shell) parse(source string) (*syntax.File, error) {
	if len(source) > maxLine {
		return nil, errTooMuch
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(source), "")
	if err == nil {
		err = check(file)
	}
	return file, err
}

// abs returns the path as an absolute one.
func (s *Shell) abs(p string) string {
	if !path.IsAbs(p) {
		p = s.dir + "/" + p
	}
	return path.Clean(p)
}

var (
	errNotExecutable = errors.New("not executable")
	errNoCommand     = errors.New("command not found")
)

// which finds the file that a command's name means.
func (s *Shell) which(name string) (*node, error) {
	if strings.Contains(name, "/") {
		n, err := s.fs.lookup(s.abs(name), true)
		switch {
		case err != nil:
			return nil, err
		case n.isDir():
			return nil, fmt.Errorf("Is a directory: %w", errNotExecutable)
		case !may(n, s.user.name, 1) || n.mode.Perm()&0o111 == 0:
			return nil, fmt.Errorf("Permission denied: %w", errNotExecutable)
		}
		return n, nil
	}
	for dir := range strings.SplitSeq(s.vars["PATH"].String(), ":") {
		if n, err := s.fs.lookup(s.abs(dir+"/"+name), true); err == nil && !n.isDir() && n.mode.Perm()&0o111 != 0 {
			return n, nil
		}
	}
	return nil, errNoCommand
}

// notFound is the shell's word for why a command can't be run.
func (s *Shell) notFound(name string, err error) string {
	switch {
	case errors.Is(err, errNotExecutable):
		reason, _, _ := strings.Cut(err.Error(), ":")
		return reason
	case s.sys.BusyBox, s.dash, s.ash:
		return "not found"
	case errors.Is(err, errNoCommand):
		return "command not found"
	}
	return problem(err)
}

// readFile reads a file for the shell's user.
func (s *Shell) readFile(p string) (string, error) {
	if strings.HasPrefix(p, "/dev/tcp/") || strings.HasPrefix(p, "/dev/udp/") {
		return "", s.connect(p)
	}
	n, err := s.fs.lookup(s.abs(p), true)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %s", p, problem(err))
	case n.isDir():
		return "", fmt.Errorf("%s: Is a directory", p)
	case !may(n, s.user.name, 4) || s.fenced(p):
		return "", fmt.Errorf("%s: Permission denied", p)
	case n.mode&fs.ModeCharDevice != 0:
		return device(n.name), nil
	}
	return n.read(), nil
}

// fenced tells whether the directory of the path keeps the user out.
func (s *Shell) fenced(p string) bool {
	dir, _, err := s.fs.parent(s.abs(p))
	return err == nil && !may(dir, s.user.name, 1)
}

// connect is what opening /dev/tcp/HOST/PORT comes to: it is recorded, and nobody is there.
func (s *Shell) connect(p string) error {
	s.record("outbound", event.String("target", strings.TrimPrefix(p, "/dev/")))
	return fmt.Errorf("connect: No route to host\n%s%s: No route to host", s.prefix(), p)
}

// openForWriting returns a writer whose content is the file's when finish is called.
func (s *Shell) openForWriting(p string, appending bool) (w io.Writer, finish func(), err error) {
	if p == "/dev/null" {
		return io.Discard, func() {}, nil
	}
	if strings.HasPrefix(p, "/dev/tcp/") || strings.HasPrefix(p, "/dev/udp/") {
		return nil, nil, s.connect(p)
	}
	if err := s.writable(p); err != nil {
		return nil, nil, fmt.Errorf("%s: %s", p, problem(err))
	}
	if err := s.fs.write(s.abs(p), s.user.name, "", appending); err != nil {
		return nil, nil, fmt.Errorf("%s: %s", p, problem(err))
	}
	buffer := &limitedBuffer{limit: maxFile}
	return buffer, func() {
		if err := s.fs.write(s.abs(p), s.user.name, buffer.String(), appending); err == nil && buffer.Len() > 0 {
			s.record("file_written", event.String("path", s.abs(p)), event.Int("size", int64(buffer.Len())), event.Bytes("content", buffer.Bytes()))
		}
	}, nil
}

// writable says why the user can't write the file, or its directory where there is no such file.
func (s *Shell) writable(p string) error {
	n, err := s.fs.lookup(s.abs(p), true)
	if errors.Is(err, syscall.ENOENT) {
		if n, _, err = s.fs.parent(s.abs(p)); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if !may(n, s.user.name, 2) {
		return syscall.EACCES
	}
	return nil
}

func (s *Shell) readDir(p string) ([]fs.DirEntry, error) {
	n, err := s.fs.lookup(s.abs(p), true)
	if err != nil || !n.isDir() {
		return nil, fs.ErrNotExist
	}
	var entries []fs.DirEntry
	for _, name := range n.names() {
		if child := n.child(name); child != nil {
			entries = append(entries, fs.FileInfoToDirEntry(info{child}))
		}
	}
	return entries, nil
}

// info shows a node as the library wants it.
type info struct{ n *node }

func (i info) Name() string       { return i.n.name }
func (i info) Size() int64        { return int64(i.n.size()) }
func (i info) Mode() fs.FileMode  { return i.n.mode }
func (i info) ModTime() time.Time { return i.n.mtime }
func (i info) IsDir() bool        { return i.n.isDir() }
func (i info) Sys() any           { return nil }

// device returns what there is to read from one: those without an end give as much as a pipe holds.
func device(name string) string {
	b := make([]byte, maxPipe)
	switch name {
	case "zero", "full":
	case "random", "urandom":
		for i := 0; i+8 <= len(b); i += 8 {
			binary.LittleEndian.PutUint64(b[i:], rand.Uint64())
		}
	default:
		return ""
	}
	return string(b)
}
