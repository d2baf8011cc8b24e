package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	goio "io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"

	"decnet/decoy/shell/notation"
	"decnet/decoy/shell/tty"
)

// streams are where a command reads and writes.
type streams struct {
	in       goio.Reader
	out, err goio.Writer
	more     map[int]goio.Writer // by their numbers, from 3 on
	from     map[int]goio.Reader
}

// flow says how a statement has changed what comes next.
type flow int

const (
	onward flow = iota
	breaking
	continuing
	returning
	exiting
	discarding // the rest of the line goes with an expansion that failed
	aborting   // the line has spent its budget
)

// eval runs one line: the walk over its syntax tree. A subshell has one of its own, which shares the budget.
type eval struct {
	*Shell
	ctx    context.Context
	budget *budget
	depth  int
	flow   flow
	levels int         // of loops that break or continue goes out of
	piped  bool        // the standard input is a pipe's end
	typed  goio.Reader // what the line's own input is
	scope  *scope      // of the function that runs
	tested int         // how many conditions this is part of: there, a failure ends nothing
	loops  int         // that run, one in the other
	moved  *streams    // where exec has led the streams
	behind []func()    // what is to be done when the command is over
}

// sub returns an evaluator whose changes of variables and directory stay its own.
func (e *eval) sub() *eval {
	sub := &eval{Shell: e.Shell.fork(), ctx: e.ctx, budget: e.budget, depth: e.depth + 1, piped: e.piped, typed: e.typed, tested: e.tested, loops: e.loops}
	if e.scope != nil {
		sub.scope = &scope{map[string]expand.Variable{}}
	}
	sub.traps = nil
	return sub
}

// absorb takes over from a subshell what all share: that the budget is spent.
func (e *eval) absorb(sub *eval) {
	if sub.flow == aborting {
		e.flow = aborting
	}
}

func (e *eval) stmts(list []*syntax.Stmt, io streams) {
	for _, s := range list {
		if e.stmt(s, io); e.flow != onward {
			return
		}
		if e.moved != nil {
			io = *e.moved
		}
	}
}

func (e *eval) stmt(s *syntax.Stmt, io streams) {
	if !e.budget.step(e.ctx, e.depth) {
		e.flow = aborting
		if !errors.Is(context.Cause(e.ctx), tty.ErrInterrupted) {
			fmt.Fprintf(io.err, "%sfork: retry: Resource temporarily unavailable\n", e.prefix())
		}
		e.status = 254
		return
	}
	if s.Background {
		parent := e
		e = e.sub()
		io.in = strings.NewReader("")
		e.background, e.slept = true, new(time.Duration)
		defer func() {
			j := parent.addJob(textOf(&syntax.Stmt{Cmd: s.Cmd, Redirs: s.Redirs}), "Running", *e.slept)
			if parent.Interactive && !parent.script && parent.depth == 0 {
				fmt.Fprintf(io.err, "[%d] %d\n", j.number, j.pid)
			}
			parent.status = 0
			parent.absorb(e)
		}()
	}
	e.line = int(s.Pos().Line())
	before := len(e.behind)
	call, _ := s.Cmd.(*syntax.CallExpr)
	lasting := call != nil && len(call.Args) == 1 && call.Args[0].Lit() == "exec"
	io, done, err := e.redirect(s.Redirs, io, lasting)
	switch {
	case err != nil:
		fmt.Fprintf(io.err, "%s%s\n", e.prefix(), err)
		e.status = 1
	case s.Cmd != nil:
		e.command(s.Cmd, io)
	default:
		e.status = 0
	}
	done()
	if lasting && err == nil && len(s.Redirs) > 0 {
		moved := io
		e.moved = &moved
	}
	for _, f := range slices.Backward(e.behind[before:]) {
		f()
	}
	e.behind = e.behind[:before]
	if _, binary := s.Cmd.(*syntax.BinaryCmd); !binary {
		e.statuses = []int{e.status}
	}
	if s.Negated {
		e.status = truth(e.status != 0)
		return
	}
	e.failed(s, io)
}

// failed does what a command that has failed brings about: the trap of ERR, and by set -e the end.
func (e *eval) failed(s *syntax.Stmt, io streams) {
	if e.status == 0 || e.tested > 0 || e.flow != onward {
		return
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt || c.Op == syntax.OrStmt {
			return
		}
	case *syntax.Block, *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause:
		return
	}
	if text := e.traps["ERR"]; text != "" {
		status := e.status
		e.tested++
		e.source(text, io)
		e.tested--
		e.status = status
	}
	if e.errexit {
		e.flow = exiting
	}
}

// condition runs what is only asked for its status.
func (e *eval) condition(list []*syntax.Stmt, io streams) {
	e.tested++
	e.stmts(list, io)
	e.tested--
}

// truth is the status of a test.
func truth(holds bool) int {
	if holds {
		return 0
	}
	return 1
}

func (e *eval) command(cmd syntax.Command, io streams) {
	switch c := cmd.(type) {
	case *syntax.CallExpr:
		e.call(c, io)
	case *syntax.Block:
		e.stmts(c.Stmts, io)
	case *syntax.Subshell:
		e.inSub(io, func(sub *eval) { sub.stmts(c.Stmts, io) })
	case *syntax.BinaryCmd:
		e.binary(c, io)
	case *syntax.IfClause:
		e.ifClause(c, io)
	case *syntax.WhileClause:
		e.loop(io, c.Do, func() bool {
			e.condition(c.Cond, io)
			return e.flow == onward && (e.status == 0) != c.Until
		}, func() {})
	case *syntax.ForClause:
		e.forClause(c, io)
	case *syntax.CaseClause:
		e.caseClause(c, io)
	case *syntax.FuncDecl:
		e.status = 0
		if c.Name != nil {
			e.define(c.Name.Value, c.Body, io)
		}
	case *syntax.ArithmCmd:
		n, ok := e.arithmetic(c.X, io)
		e.status = truth(ok && n != 0)
	case *syntax.LetClause:
		for _, x := range c.Exprs {
			n, ok := e.arithmetic(x, io)
			e.status = truth(ok && n != 0)
		}
	case *syntax.TestClause:
		if e.dash {
			fmt.Fprintf(io.err, "%s[[: not found\n", e.prefix())
			e.status = 127
			return
		}
		e.status = truth(e.testExpr(c.X, io))
	case *syntax.DeclClause:
		e.declare(c, io)
	case *syntax.TimeClause:
		began := time.Now()
		if c.Stmt != nil {
			e.stmt(c.Stmt, io)
		}
		took := time.Since(began) + 2*time.Millisecond // what a process costs
		fmt.Fprintf(io.err, "\nreal\t%dm%.3fs\nuser\t0m0.001s\nsys\t0m0.002s\n", int(took.Minutes()), (took % time.Minute).Seconds())
	default:
		fmt.Fprintf(io.err, "%ssyntax error\n", e.prefix())
		e.status = 2
	}
}

// define makes a function. What a shell's functions may cost goes by their source.
func (e *eval) define(name string, body *syntax.Stmt, io streams) {
	size := int(body.End().Offset()-body.Pos().Offset()) + len(name) + 100
	for other, f := range e.funcs {
		if other != name {
			size += int(f.End().Offset()-f.Pos().Offset()) + len(other) + 100
		}
	}
	if size > maxFunctions {
		e.expansionFailed(errTooMuch, io)
		return
	}
	e.funcs[name] = body
}

// inSub runs f in a subshell and takes its status.
func (e *eval) inSub(io streams, f func(*eval)) {
	sub := e.sub()
	f(sub)
	sub.atExit(io)
	e.status = sub.status
	e.absorb(sub)
}

func (e *eval) binary(c *syntax.BinaryCmd, io streams) {
	switch c.Op {
	case syntax.AndStmt, syntax.OrStmt:
		e.condition([]*syntax.Stmt{c.X}, io)
		if e.flow == onward && (e.status == 0) == (c.Op == syntax.AndStmt) {
			e.stmt(c.Y, io)
		}
		return
	}
	// One side of a pipe after the other, so that it needs neither a goroutine nor a real pipe. The first can't write without end: the pipe
	// is full at some point, and then broken.
	pipe := &limitedBuffer{limit: maxPipe}
	left := io
	left.out = pipe
	if c.Op == syntax.PipeAll {
		left.err = pipe
	}
	var statuses []int
	e.inSub(io, func(sub *eval) {
		sub.stmt(c.X, left)
		if statuses = []int{sub.status}; isPipe(c.X) {
			statuses = sub.statuses
		}
	})
	if e.flow != onward {
		return
	}
	e.inSub(io, func(sub *eval) {
		sub.piped = true
		right := io
		right.in = strings.NewReader(pipe.String())
		sub.stmt(c.Y, right)
	})
	statuses = append(statuses, e.status)
	e.statuses = statuses
	if e.pipefail && e.status == 0 {
		for _, status := range statuses {
			e.status = cmp.Or(status, e.status)
		}
	}
}

func isPipe(s *syntax.Stmt) bool {
	c, ok := s.Cmd.(*syntax.BinaryCmd)
	return ok && (c.Op == syntax.Pipe || c.Op == syntax.PipeAll)
}

func (e *eval) ifClause(c *syntax.IfClause, io streams) {
	for ; c != nil; c = c.Else {
		if len(c.Cond) > 0 { // else has none
			if e.condition(c.Cond, io); e.flow != onward {
				return
			}
			if e.status != 0 {
				e.status = 0
				continue
			}
		}
		e.stmts(c.Then, io)
		return
	}
}

// loop runs the body while more says so; next comes between two rounds.
func (e *eval) loop(io streams, body []*syntax.Stmt, more func() bool, next func()) {
	last := 0
	e.loops++
	defer func() { e.loops-- }()
	for more() {
		if !e.budget.step(e.ctx, e.depth) {
			e.flow = aborting
			return
		}
		e.stmts(body, io)
		last = e.status
		if e.flow == breaking || e.flow == continuing {
			if e.levels--; e.levels > 0 {
				return // it is for a loop further out
			}
			if e.flow == breaking {
				e.flow = onward
				break
			}
			e.flow = onward
		}
		if e.flow != onward {
			return
		}
		next()
	}
	if e.flow == onward {
		e.status = last
	}
}

func (e *eval) forClause(c *syntax.ForClause, io streams) {
	switch l := c.Loop.(type) {
	case *syntax.WordIter:
		items := e.params
		if l.InPos.IsValid() {
			var ok bool
			if items, ok = e.fields(l.Items, io); !ok {
				return
			}
		}
		e.loop(io, c.Do, func() bool {
			if len(items) == 0 {
				return false
			}
			v := expand.Variable{Set: true, Kind: expand.String, Str: items[0], Exported: e.vars[l.Name.Value].Exported}
			items = items[1:]
			return e.store(l.Name.Value, v, io)
		}, func() {})
	case *syntax.CStyleLoop:
		run := func(x syntax.ArithmExpr) bool {
			if x == nil {
				return true
			}
			n, ok := e.arithmetic(x, io)
			return ok && n != 0
		}
		run(l.Init)
		e.loop(io, c.Do, func() bool { return run(l.Cond) }, func() { run(l.Post) })
	}
}

func (e *eval) caseClause(c *syntax.CaseClause, io streams) {
	word, ok := e.literal(c.Word, io)
	if !ok {
		return
	}
	e.status = 0
	for _, item := range c.Items {
		for _, p := range item.Patterns {
			if pat, ok := e.pattern(p, io); ok && matches(pat, word) {
				e.stmts(item.Stmts, io)
				return
			}
		}
	}
}

func matches(pat, s string) bool {
	expr, err := pattern.Regexp(pat, pattern.EntireString)
	if err != nil {
		return pat == s
	}
	rx, err := notation.Compile(expr)
	return err == nil && rx.MatchString(s)
}

// arithmetic says false when the expression was no good.
func (e *eval) arithmetic(x syntax.ArithmExpr, io streams) (int, bool) {
	m := newMeter(x)
	n, err := expand.Arithm(e.config(io, m), x)
	if err = m.outcome(err); err != nil {
		e.expansionFailed(err, io)
		return 0, false
	}
	return n, true
}

func (e *eval) expansionFailed(err error, io streams) {
	e.status = 1
	if e.flow != onward {
		return
	}
	text := err.Error()
	var unset expand.UnsetParameterError
	switch {
	case errors.As(err, &unset):
		e.status = 127
	case strings.Contains(text, "division by zero"):
		text = strings.Replace(text, "division by zero", "division by 0 (error token is \"0\")", 1)
	}
	fmt.Fprintf(io.err, "%s%s\n", e.prefix(), text)
	if e.flow = discarding; !e.Interactive || e.script {
		e.flow = exiting
	}
}

func (e *eval) fields(words []*syntax.Word, io streams) ([]string, bool) {
	if e.dash {
		words = withoutBraces(words)
	}
	m := newMeter(nodes(words)...)
	fields, err := expand.Fields(e.config(io, m), words...)
	if err = m.outcome(err); err != nil {
		e.expansionFailed(err, io)
		return nil, false
	}
	e.budget.steps.Add(int64(len(fields) / 16)) // many words are work too
	return fields, true
}

// withoutBraces keeps braces from being expanded, as dash does.
func withoutBraces(words []*syntax.Word) []*syntax.Word {
	plain := make([]*syntax.Word, len(words))
	for i, word := range words {
		w := *word
		w.Parts = slices.Clone(word.Parts)
		for j, part := range w.Parts {
			if lit, ok := part.(*syntax.Lit); ok && strings.Contains(lit.Value, "{") {
				escaped := *lit
				escaped.Value = strings.ReplaceAll(strings.ReplaceAll(lit.Value, `\{`, "{"), "{", `\{`)
				w.Parts[j] = &escaped
			}
		}
		plain[i] = &w
	}
	return plain
}

func (e *eval) literal(word *syntax.Word, io streams) (string, bool) {
	if word == nil {
		return "", true
	}
	m := newMeter(word)
	s, err := expand.Literal(e.config(io, m), word)
	if err = m.outcome(err); err != nil {
		e.expansionFailed(err, io)
		return "", false
	}
	return s, true
}

// pattern expands a word that a text is held against.
func (e *eval) pattern(word *syntax.Word, io streams) (string, bool) {
	m := newMeter(word)
	s, err := expand.Pattern(e.config(io, m), word)
	return s, m.outcome(err) == nil
}

func nodes(words []*syntax.Word) []syntax.Node {
	list := make([]syntax.Node, len(words))
	for i, word := range words {
		list[i] = word
	}
	return list
}

// config gives one expansion this shell's variables and files, and nothing real.
func (e *eval) config(io streams, m *meter) *expand.Config {
	return &expand.Config{
		Env: environment{e.Shell, m},
		CmdSubst: func(w goio.Writer, cs *syntax.CmdSubst) error {
			out := &limitedBuffer{limit: maxSubstitution}
			sub := e.sub()
			inner := io
			inner.out = out
			sub.tested = 0
			sub.stmts(cs.Stmts, inner)
			e.absorb(sub)
			e.status = sub.status
			if sub.flow == aborting || !m.take(out.String()) {
				return errTooMuch
			}
			_, err := w.Write(out.Bytes())
			return err
		},
		ProcSubst: func(ps *syntax.ProcSubst) (string, error) { return e.pipeFile(ps, io) },
		ReadDir2:  e.glob,
		NoUnset:   e.nounset,
	}
}

// pipeFile is <(…) and >(…): a file that has what the commands print, or that they read when the command is over.
func (e *eval) pipeFile(ps *syntax.ProcSubst, io streams) (string, error) {
	if e.pipes++; e.pipes > 32 {
		return "", errors.New("cannot make pipe for process substitution: Too many open files")
	}
	p := fmt.Sprintf("/dev/fd/%d", 64-e.pipes)
	run := func(io streams) {
		sub := e.sub()
		sub.tested = 0
		sub.stmts(ps.Stmts, io)
		e.absorb(sub)
	}
	out := &limitedBuffer{limit: maxSubstitution}
	if ps.Op == syntax.CmdIn {
		inner := io
		inner.out = out
		run(inner)
	}
	if e.flow == aborting {
		return "", errTooMuch
	}
	if e.fs.pipes == nil {
		e.fs.pipes = map[string]*node{}
	}
	name := path.Base(p)
	n := &node{name: name, mode: 0o600, owner: e.user.name, group: e.user.name, content: out.String(), mtime: e.fs.now()}
	e.fs.pipes[name] = n
	e.behind = append(e.behind, func() {
		text := n.read()
		delete(e.fs.pipes, name)
		e.fs.bytes = max(0, e.fs.bytes-len(text)+out.Len())
		e.pipes--
		if ps.Op == syntax.CmdOut {
			inner := io
			inner.in = strings.NewReader(text)
			run(inner)
		}
	})
	return p, nil
}

// glob lists a directory for the expansion of file name patterns.
func (e *eval) glob(p string) ([]fs.DirEntry, error) {
	entries, err := e.readDir(p)
	if e.budget.globbed.Add(int64((1+len(entries))*(1+len(p)/200))) > maxGlobbed {
		return nil, errTooMuch
	}
	return entries, err
}

// call runs a simple command.
func (e *eval) call(c *syntax.CallExpr, io streams) {
	if len(c.Args) == 0 {
		e.status = 0
		for _, a := range c.Assigns {
			if !e.assign(a, io) {
				return
			}
			if e.xtrace && a.Name != nil && a.Array == nil {
				fmt.Fprintf(io.err, "+ %s=%s\n", a.Name.Value, shellQuoted(e.vars[a.Name.Value].String()))
			}
		}
		return
	}
	args, ok := e.fields(c.Args, io)
	if !ok {
		return
	}
	if len(args) == 0 {
		e.status = 0
		return
	}
	if e.xtrace {
		e.trace(args, io)
	}
	if text, ok := e.aliases[args[0]]; ok && e.Interactive && !e.script && c.Args[0].Lit() == args[0] {
		args = append(strings.Fields(text), args[1:]...)
	}
	if len(args) == 0 {
		return
	}
	if len(c.Assigns) == 0 {
		e.run(args, io)
		return
	}
	vars := e.vars
	before := map[string]expand.Variable{}
	for _, a := range c.Assigns {
		if a.Name != nil {
			before[a.Name.Value] = vars[a.Name.Value]
		}
		if !e.assign(a, io) {
			return
		}
		if v, ok := e.vars[a.Name.Value]; ok {
			v.Exported = true
			e.vars[a.Name.Value] = v
		}
	}
	e.run(args, io)
	for name, v := range before { // what the command itself has set stays
		if vars[name] = v; !v.IsSet() {
			delete(vars, name)
		}
	}
}

// run finds out what the command is and runs it: a function, a builtin, a tool, or a file that can't really be run.
func (e *eval) run(args []string, io streams) {
	name := args[0]
	if tooLong(args) {
		fmt.Fprintf(io.err, "%s%s: Argument list too long\n", e.prefix(), name)
		e.status = 126
		return
	}
	if body := e.funcs[name]; body != nil {
		params, outer := e.params, e.scope
		e.params, e.scope = args[1:], &scope{map[string]expand.Variable{}}
		e.depth++
		e.stmt(body, io)
		e.depth--
		e.scope.leave(e.vars)
		e.params, e.scope = params, outer
		if e.flow == returning {
			e.flow = onward
		}
		return
	}
	c := &call{eval: e, args: args, streams: io}
	if b, ok := builtins[name]; ok && e.knows(name) {
		e.status = b(c)
		return
	}
	file, err := e.which(name)
	tool := ""
	if err == nil {
		if tool = e.sys.toolOf(file.content); tool == "busybox" && !strings.HasPrefix(path.Base(name), "busybox") { // it is what it is called by
			e.status = (&call{eval: e, args: append([]string{path.Base(name)}, args[1:]...), streams: io}).runAs(path.Base(name))
			return
		}
	}
	switch {
	case err != nil:
		fmt.Fprintf(io.err, "%s%s: %s\n", e.prefix(), name, e.notFound(name, err))
		e.status = 127
		if errors.Is(err, errNotExecutable) {
			e.status = 126
		}
	case tool != "":
		if !e.budget.step(e.ctx, e.depth) {
			e.flow = aborting
			return
		}
		c.args = append([]string{tool}, args[1:]...)
		before := e.running
		e.running = args
		defer func() { e.running = before }()
		if f := commands[tool]; f != nil {
			e.status = f(c)
		} else {
			e.status = builtins[tool](c)
		}
	default:
		e.execute(c, file)
	}
}

// redirect returns the streams with the redirections done, and what to do after the command; a lasting one is for those that follow.
func (e *eval) redirect(redirs []*syntax.Redirect, io streams, lasting bool) (streams, func(), error) {
	var after []func()
	done := func() {
		for _, f := range after {
			f()
		}
	}
	for _, r := range redirs {
		fd := 1
		switch r.Op {
		case syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc, syntax.DplIn, syntax.RdrInOut:
			fd = 0
		}
		if r.N != nil {
			n, err := strconv.Atoi(r.N.Value)
			if err != nil {
				continue
			}
			fd = n
		}
		switch r.Op {
		case syntax.Hdoc, syntax.DashHdoc:
			if r.Hdoc == nil { // it is empty
				io.in = strings.NewReader("")
				continue
			}
			m := newMeter(r.Hdoc)
			text, err := expand.Document(e.config(io, m), r.Hdoc)
			if err = m.outcome(err); err != nil {
				return io, done, err
			}
			if r.Op == syntax.DashHdoc {
				text = leadingTabs.ReplaceAllString(text, "")
			}
			io.in = strings.NewReader(text)
			continue
		}
		word, ok := e.literal(r.Word, io)
		if !ok {
			return io, done, errors.New("ambiguous redirect")
		}
		switch r.Op {
		case syntax.WordHdoc:
			io.in = strings.NewReader(word + "\n")
		case syntax.RdrIn:
			content, err := e.readFile(word)
			if err != nil {
				return io, done, e.notOpened(word, false, err)
			}
			if fd != 0 {
				io.from = maps.Clone(io.from)
				if io.from == nil {
					io.from = map[int]goio.Reader{}
				}
				if len(io.from) < 100 {
					io.from[fd] = strings.NewReader(content)
				}
				continue
			}
			io.in = strings.NewReader(content)
		case syntax.DplOut, syntax.DplIn:
			n, err := strconv.Atoi(strings.TrimSuffix(word, "-"))
			w := io.writer(n)
			switch {
			case word == "-":
				io.point(fd, closed{})
			case err == nil && n == 0 && fd == 0:
			case err == nil && fd == 0 && io.from[n] != nil:
				io.in = io.from[n]
			case err == nil && w != nil:
				io.point(fd, w)
			case err == nil:
				return io, done, fmt.Errorf("%d: Bad file descriptor", n)
			case r.Op == syntax.DplOut && r.N == nil: // >&file
				w, finish, err := e.openForWriting(word, false)
				if err != nil {
					return io, done, err
				}
				after = append(after, finish)
				io.point(1, w)
				io.point(2, w)
			default:
				return io, done, fmt.Errorf("%s: ambiguous redirect", word)
			}
		default:
			if w := io.writer(slices.Index([]string{"", "/dev/stdout", "/dev/stderr"}, strings.Replace(word, "/proc/self/fd/1", "/dev/stdout", 1))); w != nil && word != "" {
				io.point(fd, w)
				continue
			}
			w, finish, err := e.openForWriting(word, r.Op == syntax.AppOut || r.Op == syntax.AppAll)
			if err != nil {
				return io, done, e.notOpened(word, true, err)
			}
			if after = append(after, finish); lasting && !isDevice(word) {
				w = appender{e, e.abs(word)}
			}
			if r.Op == syntax.RdrAll || r.Op == syntax.AppAll {
				io.point(2, w)
			}
			io.point(fd, w)
		}
	}
	return io, done, nil
}

func (s *streams) point(fd int, w goio.Writer) {
	switch fd {
	case 1:
		s.out = w
	case 2:
		s.err = w
	default:
		if fd > 2 && fd < 100 {
			s.more = maps.Clone(s.more)
			if s.more == nil {
				s.more = map[int]goio.Writer{}
			}
			s.more[fd] = w
		}
	}
}

// writer is where a number leads; nil where it leads nowhere.
func (s *streams) writer(fd int) goio.Writer {
	switch fd {
	case 1:
		return s.out
	case 2:
		return s.err
	}
	return s.more[fd]
}

// notOpened is why a redirection has failed, in the words of the shell.
func (e *eval) notOpened(name string, writing bool, err error) error {
	_, reason, ok := strings.Cut(err.Error(), name+": ")
	if !ok || !e.dash && !e.sys.BusyBox || strings.HasPrefix(name, "/dev/tcp/") {
		return err
	}
	if writing {
		if reason == "No such file or directory" {
			reason = map[bool]string{true: "Directory nonexistent", false: "nonexistent directory"}[e.dash]
		}
		return fmt.Errorf("%s create %s: %s", map[bool]string{true: "cannot", false: "can't"}[e.dash], name, reason)
	}
	if reason == "No such file or directory" {
		reason = map[bool]string{true: "No such file", false: "no such file"}[e.dash]
	}
	return fmt.Errorf("%s open %s: %s", map[bool]string{true: "cannot", false: "can't"}[e.dash], name, reason)
}

// appender writes into a file at once.
type appender struct {
	e    *eval
	file string
}

func (a appender) Write(p []byte) (int, error) {
	w, finish, err := a.e.openForWriting(a.file, true)
	if err != nil {
		return 0, syscall.EBADF
	}
	defer finish()
	return w.Write(p)
}

func isDevice(p string) bool {
	return strings.HasPrefix(p, "/dev/") && !strings.HasPrefix(p, "/dev/shm/")
}

// closed is a stream that was closed.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, syscall.EBADF }

var leadingTabs = regexp.MustCompile(`(?m)^	+`)
