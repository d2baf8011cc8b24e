package awk

import (
	"bytes"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// records is a text that is read record by record.
type records struct{ rest string }

var (
	emptyLines = regexp.MustCompile(`\n\n+`)
	longEnd    = regexp.MustCompile(`\n+$`)
)

// next takes a record.
func (r *run) next(from *records) (record string, ok bool) {
	if from.rest == "" {
		return "", false
	}
	separator := r.get("RS").text()
	var at []int
	switch {
	case separator == "":
		from.rest = strings.TrimLeft(from.rest, "\n")
		at = emptyLines.FindStringIndex(from.rest)
	case len(separator) == 1:
		if i := strings.Index(from.rest, separator); i >= 0 {
			at = []int{i, i + 1}
		}
	default:
		if rx := r.regexp(separator); rx != nil {
			at = rx.FindStringIndex(r.searchable(rx, from.rest))
		}
	}
	if at == nil || at[1] == 0 {
		record, from.rest = from.rest, ""
		if separator != "\n" {
			record = longEnd.ReplaceAllString(record, "")
		}
		return record, record != "" || separator == "\n"
	}
	record, from.rest = from.rest[:at[0]], from.rest[at[1]:]
	return record, true
}

// reading is what a program reads.
type reading struct {
	main   *records // the file that is under way
	at     int      // the number of the next argument
	used   bool     // one of the arguments was a file
	broken int      // the status of what could not be read
	others map[string]*records
}

// start makes ARGV of the operands.
func (r *run) start(operands []string) {
	r.store("ARGV", "0", str(r.Name))
	for i, operand := range operands {
		r.store("ARGV", strconv.Itoa(i+1), fromInput(operand))
	}
	r.vars["ARGC"] = num(float64(len(operands) + 1))
	r.at = 1
}

// line reads the next record of the files.
func (r *run) line() (record string, ok bool) {
	for r.spend() {
		if r.main != nil {
			if record, ok = r.next(r.main); ok {
				r.vars["NR"] = num(r.vars["NR"].number() + 1)
				r.vars["FNR"] = num(r.vars["FNR"].number() + 1)
				return record, true
			}
			r.main = nil
		}
		name := "-"
		if r.at < int(r.vars["ARGC"].number()) {
			given := r.arrays["ARGV"][strconv.Itoa(r.at)].text()
			r.at++
			if given == "" {
				continue
			}
			if assignment.MatchString(given) {
				r.define(given)
				continue
			}
			name = given
		} else if r.used {
			return "", false
		}
		r.used = true
		text, err := r.Read(name)
		if err != nil {
			r.broken, r.flow = r.fail(2, "cannot open %s (%s)", name, reason(err)), "exit"
			return "", false
		}
		r.vars["FILENAME"], r.vars["FNR"] = str(strings.TrimPrefix(name, "-")), num(0)
		r.main = &records{text}
	}
	return "", false
}

// input runs the rules on every record of the files.
func (r *run) input() {
	for {
		record, ok := r.line()
		if !ok {
			return
		}
		r.split(record)
		for _, rule := range r.rules {
			if rule.begin || rule.end || !r.applies(rule) {
				continue
			}
			if rule.do == nil {
				r.print(r.field(0).text())
			} else {
				r.exec(rule.do)
			}
			if r.flow != "" {
				break
			}
		}
		switch r.flow {
		case "exit":
			return
		case "nextfile":
			r.main = nil
		}
		r.flow = ""
	}
}

// getline reads a record of the files, of another file or of what a command prints.
func (r *run) getline(n *node) value {
	var record string
	var ok bool
	if n.text == "" {
		record, ok = r.line()
	} else {
		name := r.eval(n.kids[0]).text()
		from := r.others[n.text+name]
		if from == nil {
			if len(r.others) >= maxOpen {
				r.die()
				return num(-1)
			}
			text, err := r.open(n.text, name)
			if err != nil {
				return num(-1)
			}
			from = &records{text}
			r.others[n.text+name] = from
		}
		if record, ok = r.next(from); ok && n.text == "|" {
			r.vars["NR"] = num(r.vars["NR"].number() + 1)
		}
	}
	switch {
	case !ok:
		return num(0)
	case n.kids[1] != nil:
		r.assign(n.kids[1], fromInput(record))
	default:
		r.split(record)
	}
	return num(1)
}

// open returns what a file holds or a command prints.
func (r *run) open(kind, name string) (string, error) {
	if kind == "<" {
		return r.Read(name)
	}
	r.flush()
	var out strings.Builder
	r.command(name, nil, &limited{&out, maxPipe})
	r.memory += out.Len()
	return out.String(), nil
}

// limited is a pipe that breaks when it is full.
type limited struct {
	w    io.Writer
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.room {
		n, _ := l.w.Write(p[:l.room])
		l.room -= n
		return n, io.ErrShortWrite
	}
	l.room -= len(p)
	return l.w.Write(p)
}

// output is a file that is written.
type output struct {
	w      io.Writer
	finish func()
}

// writing is what a program writes besides its output.
type writing struct {
	files    map[string]*output
	begun    map[string]bool          // files that hold something already: more goes behind it
	commands map[string]*bytes.Buffer // what they are to read
}

// pipeTo keeps a text for a command, which runs when its pipe is closed.
func (r *run) pipeTo(line, text string) {
	b := r.commands[line]
	if b == nil {
		b = &bytes.Buffer{}
		r.commands[line] = b
	}
	if len(r.commands) > maxOpen || b.Len()+len(text) > maxPipe {
		r.die()
		return
	}
	r.memory += len(text)
	b.WriteString(text)
}

// flush writes the files, so that a command finds what they hold.
func (r *run) flush() {
	for name, f := range r.files {
		f.finish()
		delete(r.files, name)
		r.begun[name] = true
	}
}

func (r *run) command(line string, in io.Reader, out io.Writer) int {
	status := r.Command(line, in, out)
	if !r.Alive() {
		r.die()
	}
	return status
}

// close ends what is read or written under a name.
func (r *run) close(name string) int {
	status := -1
	for _, kind := range []string{"<", "|"} {
		if r.others[kind+name] != nil {
			delete(r.others, kind+name)
			status = 0
		}
	}
	if f := r.files[name]; f != nil {
		f.finish()
		delete(r.files, name)
		status = 0
	}
	if r.begun[name] {
		delete(r.begun, name)
		status = 0
	}
	if b := r.commands[name]; b != nil {
		delete(r.commands, name)
		status = r.command(name, b, r.Out)
	}
	return status
}

// finish closes what is still open.
func (r *run) finish() {
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		r.close(name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.commands)) {
		r.close(name)
	}
}
