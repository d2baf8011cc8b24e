package shell

import (
	"cmp"
	"fmt"
	goio "io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// environment shows a shell's variables to an expansion, and counts what it takes from them.
type environment struct {
	s *Shell
	*meter
}

// Get returns a variable or a special parameter; none when too much has been taken.
func (e environment) Get(name string) expand.Variable {
	v := e.get(name)
	fits := e.take(v.Str)
	for _, item := range v.List {
		fits = fits && e.take(item) && e.take("  ")
	}
	for _, item := range v.Map {
		fits = fits && e.take(item) && e.take("  ")
	}
	if !fits {
		return expand.Variable{}
	}
	return v
}

func (e environment) get(name string) expand.Variable {
	s := e.s
	text := func(v string) expand.Variable { return expand.Variable{Set: true, Kind: expand.String, Str: v} }
	switch name {
	case "?":
		return text(strconv.Itoa(s.status))
	case "$", "BASHPID":
		return text(strconv.Itoa(s.pid))
	case "PPID":
		if len(s.outer) > 0 {
			return text(strconv.Itoa(s.outer[len(s.outer)-1].pid))
		}
		return text(strconv.Itoa(s.pid - 1))
	case "#":
		return text(strconv.Itoa(len(s.params)))
	case "@", "*":
		return expand.Variable{Set: true, Kind: expand.Indexed, List: s.params}
	case "!":
		if s.lastJob == 0 {
			return text("")
		}
		return text(strconv.Itoa(s.lastJob))
	case "-":
		return text(s.flags())
	case "PIPESTATUS":
		list := make([]string, len(s.statuses))
		for i, status := range s.statuses {
			list[i] = strconv.Itoa(status)
		}
		return expand.Variable{Set: true, Kind: expand.Indexed, List: list}
	case "LINENO":
		return text(strconv.Itoa(max(1, s.line)))
	case "BASH_SOURCE":
		return text(cmp.Or(s.file, s.name))
	case "RANDOM":
		if s.dash {
			return expand.Variable{}
		}
		return text(strconv.Itoa(int(s.sys.host.Now().UnixNano() / 997 % 32768)))
	case "SECONDS":
		return text(strconv.Itoa(int(s.sys.host.Now().Sub(s.login).Seconds())))
	}
	if n, err := strconv.Atoi(name); err == nil {
		switch {
		case n == 0 && s.name != "":
			return text(s.name)
		case n == 0 && s.script && (s.dash || s.ash || s.sys.BusyBox):
			return text("sh")
		case n == 0 && s.script:
			return text("bash")
		case n == 0 && s.sys.Embedded:
			return text("-sh")
		case n == 0 && !s.Interactive:
			return text("bash")
		case n == 0 && len(s.outer) > 0 && !s.loginShell:
			return text("bash")
		case n == 0:
			return text("-bash")
		case n > 0 && n <= len(s.params):
			return text(s.params[n-1])
		}
		return expand.Variable{}
	}
	if user, ok := strings.CutPrefix(name, "HOME "); ok {
		// Always set: else the library would ask the real system.
		if a, ok := s.sys.account(user); ok {
			return text(a.home)
		}
		return text("~" + user)
	}
	return s.vars[name]
}

// Each calls f for every variable.
func (e environment) Each(f func(name string, v expand.Variable) bool) {
	for _, name := range slices.Sorted(maps.Keys(e.s.vars)) {
		if !f(name, e.s.vars[name]) {
			return
		}
	}
}

// Set sets or unsets a variable within the bounds.
func (e environment) Set(name string, v expand.Variable) error {
	old, known := e.s.vars[name]
	if old.ReadOnly {
		return fmt.Errorf("%s: readonly variable", name)
	}
	if !v.IsSet() {
		delete(e.s.vars, name)
		return nil
	}
	size := costOf(v)
	if size > maxVariable || len(name) > maxName || !known && len(e.s.vars) >= maxVariables {
		return errTooMuch
	}
	if size > maxEnvironment/maxVariables { // as many of those that are smaller fit
		total := size - costOf(old)
		for _, other := range e.s.vars {
			total += costOf(other)
		}
		if total > maxEnvironment {
			return errTooMuch
		}
	}
	e.s.vars[name] = v
	return nil
}

// costOf is what a variable costs.
func costOf(v expand.Variable) int {
	size := len(v.Str)
	for _, item := range v.List {
		size += len(item) + 16
	}
	for key, item := range v.Map {
		size += len(key) + len(item) + 64
	}
	return size
}

// exported returns what env prints.
func (s *Shell) exported() []string {
	var list []string
	for name, v := range s.vars {
		if v.Exported {
			list = append(list, name+"="+v.String())
		}
	}
	// The shell's own come in the order of a hash table, which is the same for the same names.
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b)) })
	return list
}

// place is where a variable stands in a login's environment.
func place(pair string) int {
	name, _, _ := strings.Cut(pair, "=")
	at := slices.Index([]string{"SHELL", "PWD", "LOGNAME", "HOME", "LANG", "SSH_CONNECTION", "TERM", "USER", "SHLVL", "", "SSH_CLIENT", "PATH", "MAIL", "SSH_TTY", "_"}, name)
	if at < 0 {
		return 9 // in the middle
	}
	return at
}

// scope is a running function: what its local variables were before it.
type scope struct{ before map[string]expand.Variable }

// leave puts back what was before the function.
func (s *scope) leave(vars map[string]expand.Variable) {
	for name, v := range s.before {
		if vars[name] = v; !v.IsSet() {
			delete(vars, name)
		}
	}
}

// local begins a variable of the function's own.
func (e *eval) local(name string) {
	if _, already := e.scope.before[name]; !already && len(e.scope.before) < maxVariables {
		e.scope.before[name] = e.vars[name]
		delete(e.vars, name)
	}
}

func (e *eval) assign(a *syntax.Assign, io streams) bool {
	if a.Name == nil {
		return true
	}
	name := a.Name.Value
	old := e.vars[name]
	v := expand.Variable{Set: true, Kind: expand.String, Exported: old.Exported}
	if a.Array != nil {
		return e.assignArray(a, old, v, io)
	}
	value, ok := e.literal(a.Value, io)
	if !ok {
		return false
	}
	if e.counting(name) {
		value = strconv.Itoa(e.number(value))
	}
	switch {
	case a.Index != nil && old.Kind == expand.Associative:
		key, ok := e.key(a.Index, io)
		if !ok {
			return false
		}
		v.Kind, v.Map = expand.Associative, maps.Clone(old.Map)
		if v.Map == nil {
			v.Map = map[string]string{}
		}
		if a.Append {
			value = v.Map[key] + value
		}
		v.Map[key] = value
		return e.store(name, v, io)
	case a.Index != nil:
		i, ok := e.arithmetic(a.Index, io)
		if i < 0 {
			i += len(old.List)
		}
		if !ok || i < 0 || i > 1000 {
			return false
		}
		v.Kind, v.List = expand.Indexed, slices.Clone(old.List)
		if old.Kind == expand.String && old.Set {
			v.List = []string{old.Str}
		}
		for len(v.List) <= i {
			v.List = append(v.List, "")
		}
		if a.Append {
			value = v.List[i] + value
		}
		v.List[i] = value
		return e.store(name, v, io)
	case a.Append && e.counting(name):
		value = strconv.Itoa(e.number(old.String()) + e.number(value))
	case a.Append && old.Kind == expand.Indexed:
		v.Kind, v.List = expand.Indexed, slices.Clone(old.List)
		if len(v.List) == 0 {
			v.List = []string{""}
		}
		v.List[0] += value
		return e.store(name, v, io)
	case a.Append:
		value = old.String() + value
	}
	v.Str = value
	return e.store(name, v, io)
}

// assignArray is name=(…).
func (e *eval) assignArray(a *syntax.Assign, old, v expand.Variable, io streams) bool {
	v.Kind = expand.Indexed
	if old.Kind == expand.Associative {
		v.Kind, v.Map = expand.Associative, map[string]string{}
	}
	switch {
	case a.Append && v.Kind == expand.Associative:
		v.Map = maps.Clone(old.Map)
	case a.Append && old.Kind == expand.String && old.Set:
		v.List = []string{old.Str}
	case a.Append:
		v.List = slices.Clone(old.List)
	}
	for _, elem := range a.Array.Elems {
		if elem.Index != nil {
			value, ok := e.literal(elem.Value, io)
			if !ok {
				return false
			}
			if v.Kind == expand.Associative {
				key, ok := e.key(elem.Index, io)
				if !ok {
					return false
				}
				v.Map[key] = value
				continue
			}
			i, ok := e.arithmetic(elem.Index, io)
			if !ok || i < 0 || i > 1000 {
				return false
			}
			for len(v.List) <= i {
				v.List = append(v.List, "")
			}
			v.List[i] = value
			continue
		}
		values, ok := e.fields([]*syntax.Word{elem.Value}, io)
		if !ok {
			return false
		}
		v.List = append(v.List, values...)
	}
	return e.store(a.Name.Value, v, io)
}

// key is the index of an associative array, which is a word.
func (e *eval) key(index syntax.ArithmExpr, io streams) (string, bool) {
	if word, ok := index.(*syntax.Word); ok {
		return e.literal(word, io)
	}
	return textOf(index), true
}

// counting tells whether a variable takes numbers only, by declare -i.
func (e *eval) counting(name string) bool { return e.integers[name] }

// number is what an integer variable makes of a text.
func (e *eval) number(text string) int {
	x, err := syntax.NewParser().Arithmetic(strings.NewReader(text))
	if err != nil || x == nil {
		return 0
	}
	n, err := expand.Arithm(e.config(streams{in: strings.NewReader(""), out: goio.Discard, err: goio.Discard}, newMeter(x)), x)
	if err != nil {
		return 0
	}
	return n
}

func (e *eval) store(name string, v expand.Variable, io streams) bool {
	if err := (environment{s: e.Shell}).Set(name, v); err != nil {
		e.expansionFailed(err, io)
		return false
	}
	return true
}

// declare is export, local, readonly, declare and typeset.
func (e *eval) declare(c *syntax.DeclClause, io streams) {
	e.status = 0
	variant, options := c.Variant.Value, ""
	if variant == "local" && e.scope == nil {
		fmt.Fprintf(io.err, "%slocal: can only be used in a function\n", e.prefix())
		e.status = 1
		return
	}
	named := false
	for _, a := range c.Args {
		if a.Name != nil && strings.ContainsAny(options, "fF") {
			named = true
			if body := e.funcs[a.Name.Value]; body == nil {
				e.status = 1
			} else if strings.ContainsRune(options, 'F') {
				fmt.Fprintln(io.out, a.Name.Value)
			} else {
				fmt.Fprintln(io.out, functionText(a.Name.Value, body))
			}
			continue
		}
		if a.Name == nil {
			word, ok := e.literal(a.Value, io)
			if !ok {
				return
			}
			if strings.HasPrefix(word, "-") {
				options += word[1:]
				continue
			}
			name, value, given := strings.Cut(word, "=") // from an expansion
			if !syntax.ValidName(name) || len(name) > maxName {
				fmt.Fprintf(io.err, "%s%s: `%s': not a valid identifier\n", e.prefix(), variant, word)
				e.status = 1
				continue
			}
			named = true
			e.declareOne(name, variant, options, io)
			if given && !e.store(name, expand.Variable{Set: true, Kind: expand.String, Str: value, Exported: e.vars[name].Exported}, io) {
				return
			}
			e.finishDeclaring(name, variant, options)
			continue
		}
		named = true
		name := a.Name.Value
		if len(name) > maxName {
			e.expansionFailed(errTooMuch, io)
			return
		}
		if strings.ContainsRune(options, 'p') {
			if v, ok := e.vars[name]; ok {
				fmt.Fprintln(io.out, e.declaration(name, v))
			} else {
				fmt.Fprintf(io.err, "%s%s: %s: not found\n", e.prefix(), variant, name)
				e.status = 1
			}
			continue
		}
		e.declareOne(name, variant, options, io)
		if !a.Naked && !e.assign(a, io) {
			return
		}
		e.finishDeclaring(name, variant, options)
	}
	if named {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(e.vars)) {
		v := e.vars[name]
		switch {
		case variant == "export" && !v.Exported, variant == "readonly" && !v.ReadOnly, strings.ContainsRune(options, 'x') && !v.Exported, strings.ContainsRune(options, 'f'):
		default:
			fmt.Fprintln(io.out, e.declaration(name, v))
		}
	}
}

// declareOne is what comes before the assignment.
func (e *eval) declareOne(name, variant, options string, io streams) {
	if e.scope != nil && variant != "export" && variant != "readonly" && !strings.ContainsRune(options, 'g') {
		e.local(name)
	}
	v := e.vars[name]
	switch {
	case strings.ContainsRune(options, 'A') && v.Kind != expand.Associative:
		e.store(name, expand.Variable{Set: true, Kind: expand.Associative, Map: map[string]string{}}, io)
	case strings.ContainsRune(options, 'a') && v.Kind != expand.Indexed:
		e.store(name, expand.Variable{Set: true, Kind: expand.Indexed}, io)
	}
	if strings.ContainsRune(options, 'i') && len(e.integers) < maxVariables {
		e.integers = maps.Clone(e.integers)
		if e.integers == nil {
			e.integers = map[string]bool{}
		}
		e.integers[name] = true
	}
}

// finishDeclaring is what comes behind it.
func (e *eval) finishDeclaring(name, variant, options string) {
	v, known := e.vars[name]
	if !known && len(e.vars) >= maxVariables {
		return
	}
	switch {
	case variant == "export" && strings.ContainsRune(options, 'n'):
		v.Exported = false
	case variant == "export", strings.ContainsRune(options, 'x'):
		if !v.Set {
			return
		}
		v.Exported = true
	case variant == "readonly", strings.ContainsRune(options, 'r'):
		v.ReadOnly = true
		v.Set = true
		v.Kind = max(v.Kind, expand.String)
	default:
		return
	}
	e.vars[name] = v
}

// declaration is a variable as declare -p shows it.
func (e *eval) declaration(name string, v expand.Variable) string {
	kind, value := "-", ""
	switch v.Kind {
	case expand.Indexed:
		kind = "a"
		for i, item := range v.List {
			value += fmt.Sprintf("[%d]=%s ", i, doubleQuoted(item))
		}
		value = "(" + strings.TrimSuffix(value, " ") + ")"
	case expand.Associative:
		kind = "A"
		for _, key := range slices.Sorted(maps.Keys(v.Map)) {
			value += fmt.Sprintf("[%s]=%s ", key, doubleQuoted(v.Map[key]))
		}
		value = "(" + value + ")"
	default:
		value = doubleQuoted(v.Str)
	}
	if e.integers[name] {
		kind = strings.TrimPrefix(kind, "-") + "i"
	}
	if v.ReadOnly {
		kind = strings.TrimPrefix(kind, "-") + "r"
	}
	if v.Exported {
		kind = strings.TrimPrefix(kind, "-") + "x"
	}
	if strings.HasPrefix(kind, "-") {
		kind = "-"
	}
	if !v.Set {
		return "declare -" + kind + " " + name
	}
	return "declare -" + kind + " " + name + "=" + value
}

func doubleQuoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s) + `"`
}
