package shell

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// manner is how a shell goes about its work: what set, trap, alias and their kin have changed, and what it calls itself. A subshell begins with that of its parent.
type manner struct {
	name string // of the script that it runs, or what it was told to call itself
	dash bool   // it is Debian's sh, which speaks in another way than bash
	ash  bool   // it is BusyBox's, beside others
	told bool   // what it runs was given to it by -c
	file string // that is read into it
	line int    // that runs, in the script

	errexit, nounset, xtrace, pipefail, verbose bool

	traps    map[string]string // by the signal
	aliases  map[string]string
	integers map[string]bool // variables that take numbers only
	dirs     []string        // that pushd has kept
	statuses []int           // of the last pipe's parts
	pipes    int             // files that stand for pipes
	sourced  int             // scripts that are read into it
	within   int             // how far getopts is in a word
	mask     int             // the permissions that new files lack; 0 stands for the usual 022
}

// prefix begins an error message of the shell itself.
func (s *Shell) prefix() string {
	line := max(1, s.line)
	switch {
	case s.dash:
		return fmt.Sprintf("%s: %d: ", s.scriptName("sh"), line)
	case (s.sys.BusyBox || s.ash) && s.script:
		if s.name == "" {
			return "sh: "
		}
		return fmt.Sprintf("%s: line %d: ", s.name, line)
	case s.script:
		return fmt.Sprintf("%s: line %d: ", s.scriptName("bash"), line)
	case s.sys.Embedded:
		return "-sh: "
	case s.sys.BusyBox:
		return "-ash: "
	case s.Interactive:
		return "-bash: "
	}
	return fmt.Sprintf("bash: line %d: ", line)
}

func (s *Shell) scriptName(otherwise string) string {
	if s.name == "" {
		return otherwise
	}
	return s.name
}

// syntaxError tells what is wrong with a text in the shell's words.
func (s *Shell) syntaxError(err error, source string, io streams) {
	s.status = 2
	if errors.Is(err, errTooMuch) {
		fmt.Fprintf(io.err, "%sfork: Cannot allocate memory\n", s.prefix())
		return
	}
	var parse syntax.ParseError
	if !errors.As(err, &parse) {
		fmt.Fprintf(io.err, "%ssyntax error near unexpected token `newline'\n", s.prefix())
		return
	}
	all := strings.Split(strings.TrimSuffix(source, "\n"), "\n")
	s.line = int(parse.Pos.Line())
	token := unexpected(source, parse)
	text := ""
	if i := s.line - 1; i >= 0 && i < len(all) {
		text = all[i]
	}
	quote, open := openQuote(parse.Text)
	switch {
	case s.dash && open:
		fmt.Fprintf(io.err, "%sSyntax error: Unterminated quoted string\n", s.prefix())
		return
	case s.dash && syntax.IsIncomplete(err):
		fmt.Fprintf(io.err, "%sSyntax error: end of file unexpected\n", s.prefix())
		return
	case s.dash:
		fmt.Fprintf(io.err, "%sSyntax error: %s unexpected\n", s.prefix(), map[bool]string{true: "newline", false: strconv.Quote(token)}[token == "newline"])
		return
	case s.sys.BusyBox:
		fmt.Fprintf(io.err, "%ssyntax error: unexpected %s\n", s.prefix(), map[bool]string{true: token, false: strconv.Quote(token)}[token == "newline"])
		return
	}
	prefix := s.prefix()
	command := !s.Interactive && !s.script || s.told
	if command {
		prefix = fmt.Sprintf("bash: -c: line %d: ", s.line)
	}
	switch {
	case strings.HasPrefix(parse.Text, "invalid parameter name"), strings.Contains(parse.Text, "parameter expansion"):
		s.status = 1
		fmt.Fprintf(io.err, "%s%s: bad substitution\n", s.prefix(), strings.TrimSpace(text[strings.IndexByte(text+"$", '$'):]))
	case open:
		fmt.Fprintf(io.err, "%sunexpected EOF while looking for matching `%s'\n", prefix, quote)
	case syntax.IsIncomplete(err) && (token != "newline" || strings.Contains(parse.Text, "a statement")):
		s.line = len(all) + 1
		if command {
			prefix = fmt.Sprintf("bash: -c: line %d: ", s.line)
		} else {
			prefix = s.prefix()
		}
		fmt.Fprintf(io.err, "%ssyntax error: unexpected end of file\n", prefix)
	default:
		fmt.Fprintf(io.err, "%ssyntax error near unexpected token `%s'\n", prefix, token)
		if !s.Interactive || s.script {
			fmt.Fprintf(io.err, "%s`%s'\n", prefix, text)
		}
	}
}

// openQuote is the quote without an end that a text has been refused for.
func openQuote(text string) (string, bool) {
	_, quote, ok := strings.Cut(text, "without closing quote ")
	if !ok {
		if _, rest, with := strings.Cut(text, "without matching "); with {
			_, quote, ok = strings.Cut(rest, " with ")
		}
	}
	quote = strings.Trim(quote, "`\"' ")
	if ok && quote == "" {
		quote = "'"
		if strings.Contains(text, "`\"`") {
			quote = `"`
		}
	}
	return quote, ok
}

// unexpected is the token that the shell stumbles over.
func unexpected(source string, err syntax.ParseError) string {
	at := min(int(err.Pos.Offset()), len(source))
	rest := source[at:]
	if strings.Contains(err.Text, "must be followed by") { // what follows, then
		rest = strings.TrimLeft(rest[len(operator(rest)):], " \t")
	}
	return operator(rest)
}

// operator is the first token of a text.
func operator(text string) string {
	if text == "" || text[0] == '\n' {
		return "newline"
	}
	for _, sign := range []string{"&&", "||", ";;", "<<-", "<<", ">>", ">&", "<&", ">|", "|&", ";", "|", "&", "(", ")", "<", ">"} {
		if strings.HasPrefix(text, sign) {
			return sign
		}
	}
	if i := strings.IndexAny(text, " \t\n;&|()<>"); i > 0 {
		return text[:i]
	}
	return text
}

// options are those of set -o, with their letters.
var setOptions = []struct {
	letter byte
	name   string
	of     func(*manner) *bool
}{
	{'e', "errexit", func(m *manner) *bool { return &m.errexit }},
	{'u', "nounset", func(m *manner) *bool { return &m.nounset }},
	{'v', "verbose", func(m *manner) *bool { return &m.verbose }},
	{'x', "xtrace", func(m *manner) *bool { return &m.xtrace }},
	{0, "pipefail", func(m *manner) *bool { return &m.pipefail }},
}

// otherOptions are known, and change nothing that could be seen here.
var otherOptions = []string{"allexport", "braceexpand", "emacs", "errtrace", "functrace", "hashall", "histexpand", "history", "ignoreeof", "interactive-comments", "keyword", "monitor", "noclobber", "noexec", "noglob", "nolog", "notify", "onecmd", "physical", "posix", "privileged", "vi"}

// flags is $-.
func (s *Shell) flags() string {
	var own []byte
	for _, o := range setOptions {
		if o.letter != 0 && *o.of(&s.manner) {
			own = append(own, o.letter)
		}
	}
	if s.Interactive && !s.script {
		return string(own) + "himBHs"
	}
	return string(own) + "hBc"
}

// set changes options and parameters, or shows the variables.
func set(c *call) int {
	args := c.args[1:]
	if len(args) == 0 {
		for _, name := range slices.Sorted(maps.Keys(c.vars)) {
			c.printf("%s=%s\n", name, shellQuoted(c.vars[name].String()))
		}
		return 0
	}
	for len(args) > 0 && len(args[0]) > 1 && strings.ContainsAny(args[0][:1], "-+") {
		word, on := args[0], args[0][0] == '-'
		args = args[1:]
		if word == "--" {
			c.params = args
			return 0
		}
		for _, letter := range []byte(word[1:]) {
			if letter == 'o' {
				if len(args) == 0 {
					for _, o := range setOptions {
						c.printf("%-15s\t%s\n", o.name, map[bool]string{true: "on", false: "off"}[*o.of(&c.manner)])
					}
					return 0
				}
				name := args[0]
				args = args[1:]
				at := slices.IndexFunc(setOptions, func(o struct {
					letter byte
					name   string
					of     func(*manner) *bool
				}) bool {
					return o.name == name
				})
				if at >= 0 {
					*setOptions[at].of(&c.manner) = on
				} else if !slices.Contains(otherOptions, name) {
					return c.shellFail(2, "set: %s: invalid option name", name)
				}
				continue
			}
			known := strings.IndexByte("abefhkmnptuvxBCEHPT", letter) >= 0
			for _, o := range setOptions {
				if o.letter == letter {
					*o.of(&c.manner) = on
				}
			}
			if !known {
				return c.shellFail(2, "set: %c%c: invalid option\nset: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]", word[0], letter)
			}
		}
	}
	if len(args) > 0 {
		c.params = args
	}
	return 0
}

// shellQuoted is a text as the shell would have to read it.
func shellQuoted(s string) string {
	switch {
	case s == "":
		return "''"
	case strings.ContainsAny(s, "\n\t\x1b"):
		return "$'" + strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "'", `\'`, "\x1b", `\E`).Replace(s) + "'"
	case strings.ContainsAny(s, " !\"#$&'()*;<>?[\\]^`{|}~"):
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// trace shows a command before it runs, as set -x asks for.
func (e *eval) trace(args []string, io streams) {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = shellQuoted(a)
	}
	fmt.Fprintf(io.err, "+ %s\n", strings.Join(words, " "))
}

// signals are those that trap and kill know, by their numbers.
var signals = []string{
	"EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
}

// signalNamed returns a signal's number by its number or name; -1 where there is none.
func signalNamed(name string) int {
	if n, err := strconv.Atoi(name); err == nil {
		if n < 0 || n >= len(signals) {
			return -1
		}
		return n
	}
	return slices.Index(signals, strings.TrimPrefix(strings.ToUpper(name), "SIG"))
}

// trap keeps what is to be done at the end (EXIT) and after failures (ERR); that of signals, which none sends, it keeps only.
func trap(c *call) int {
	args := c.args[1:]
	if len(args) == 0 || args[0] == "-p" {
		for _, name := range slices.Sorted(maps.Keys(c.traps)) {
			shown := name
			if name != "EXIT" && name != "ERR" && name != "DEBUG" && name != "RETURN" {
				shown = "SIG" + name
			}
			c.printf("trap -- '%s' %s\n", strings.ReplaceAll(c.traps[name], "'", `'\''`), shown)
		}
		return 0
	}
	if args[0] == "-l" {
		c.listSignals()
		return 0
	}
	text, names := args[0], args[1:]
	if len(names) == 0 {
		text, names = "-", args
	}
	status := 0
	traps := maps.Clone(c.traps)
	if traps == nil {
		traps = map[string]string{}
	}
	for _, name := range names {
		known := strings.ToUpper(name)
		if n := signalNamed(name); n >= 0 {
			known = signals[n]
		} else if known != "ERR" && known != "DEBUG" && known != "RETURN" {
			status = c.shellFail(1, "trap: %s: invalid signal specification", name)
			continue
		}
		if text == "-" {
			delete(traps, known)
		} else {
			traps[known] = text[:min(len(text), maxVariable)]
		}
	}
	c.traps = traps
	return status
}

// listSignals is kill -l.
func (c *call) listSignals() {
	for i := 1; i < len(signals); i++ {
		end := "\t"
		if i%5 == 0 || i == len(signals)-1 {
			end = "\n"
		}
		c.printf("%2d) SIG%s%s", i, signals[i], end)
	}
}

// atExit does what the shell has to do at its end.
func (e *eval) atExit(io streams) {
	text := e.traps["EXIT"]
	if text == "" || e.flow == aborting {
		return
	}
	status, flow := e.status, e.flow
	e.traps, e.flow = nil, onward
	e.source(text, io)
	if e.flow != exiting {
		e.status = status
	}
	e.flow = flow
}

// shopt says that what it is asked for is so; of names that it does not know it says that.
func shopt(c *call) int {
	_, operands := c.options("")
	for _, name := range operands {
		if !slices.Contains(shellOptions, name) {
			return c.shellFail(1, "shopt: %s: invalid shell option name", name)
		}
	}
	return 0
}

var shellOptions = strings.Fields("autocd assoc_expand_once cdable_vars cdspell checkhash checkjobs checkwinsize cmdhist compat31 compat32 compat40 compat41 compat42 compat43 compat44 complete_fullquote direxpand dirspell dotglob execfail expand_aliases extdebug extglob extquote failglob force_fignore globasciiranges globskipdots globstar gnu_errfmt histappend histreedit histverify hostcomplete huponexit inherit_errexit interactive_comments lastpipe lithist localvar_inherit localvar_unset login_shell mailwarn no_empty_cmd_completion nocaseglob nocasematch noexpand_translation nullglob patsub_replacement progcomp progcomp_alias promptvars restricted_shell shift_verbose sourcepath varredir_close xpg_echo")

func alias(c *call) int {
	status := 0
	aliases := maps.Clone(c.aliases)
	if aliases == nil {
		aliases = map[string]string{}
	}
	for _, a := range c.args[1:] {
		name, text, given := strings.Cut(a, "=")
		switch old, known := aliases[name]; {
		case a == "-p":
		case given && len(name) <= maxName && len(aliases) < maxVariables:
			aliases[name] = text[:min(len(text), maxExpanded/maxVariables)]
		case known:
			c.printf("alias %s='%s'\n", name, old)
		default:
			status = c.shellFail(1, "alias: %s: not found", name)
		}
	}
	if c.aliases = aliases; len(c.args) == 1 || c.args[1] == "-p" {
		for _, name := range slices.Sorted(maps.Keys(aliases)) {
			c.printf("alias %s='%s'\n", name, aliases[name])
		}
	}
	return status
}

func unalias(c *call) int {
	status := 0
	for _, name := range c.args[1:] {
		if name == "-a" {
			c.aliases = nil
			continue
		}
		if _, known := c.aliases[name]; !known {
			status = c.shellFail(1, "unalias: %s: not found", name)
			continue
		}
		c.aliases = maps.Clone(c.aliases)
		delete(c.aliases, name)
	}
	return status
}

func umask(c *call) int {
	mask := c.mask
	if mask == 0 {
		mask = 0o022
	}
	if len(c.args) == 1 {
		c.printf("%04o\n", mask)
		return 0
	}
	n, err := strconv.ParseUint(c.args[len(c.args)-1], 8, 10)
	if err != nil && c.args[1] == "-S" {
		c.printf("u=rwx,g=rx,o=rx\n")
		return 0
	}
	if err != nil {
		return c.shellFail(1, "umask: `%s': invalid symbolic mode operator", c.args[1])
	}
	c.mask, c.fs.mask = int(n), int(n)
	return 0
}

// pushd goes to a directory and keeps the one that it leaves.
func pushd(c *call) int {
	before := c.dir
	if len(c.args) < 2 {
		if len(c.dirs) == 0 {
			return c.shellFail(1, "pushd: no other directory")
		}
		c.args = append(c.args, c.dirs[0])
		c.dirs = c.dirs[1:]
	}
	if status := c.goTo("pushd", c.args[1]); status != 0 {
		return status
	}
	c.dirs = append([]string{before}, c.dirs[:min(len(c.dirs), 50)]...)
	return dirs(c)
}

func popd(c *call) int {
	if len(c.dirs) == 0 {
		return c.shellFail(1, "popd: directory stack empty")
	}
	to := c.dirs[0]
	c.dirs = c.dirs[1:]
	if status := c.goTo("popd", to); status != 0 {
		return status
	}
	return dirs(c)
}

func dirs(c *call) int {
	words := []string{c.shortened(c.dir)}
	for _, dir := range c.dirs {
		words = append(words, c.shortened(dir))
	}
	c.printf("%s\n", strings.Join(words, " "))
	return 0
}

// shortened has ~ in the place of the home directory.
func (s *Shell) shortened(dir string) string {
	if rest, ok := strings.CutPrefix(dir, s.user.home); ok && (rest == "" || rest[0] == '/') && s.user.home != "/" {
		return "~" + rest
	}
	return dir
}
