package shell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"syscall"

	"mvdan.cc/sh/v3/syntax"
)

// What one line may cost. Together they bound the memory of a line to some megabytes, whatever it says.
const (
	maxLine         = 16 << 10 // bytes of source
	maxSyntaxNodes  = 6000
	maxExpansions   = 400 // parameter expansions and substitutions in a line
	maxBraces       = 1000
	maxReplacement  = 64
	maxSteps        = 20000 // statements run
	maxDepth        = 40    // of functions, subshells and substitutions in each other
	maxOutput       = 1 << 20
	maxPipe         = 256 << 10
	maxSubstitution = 32 << 10
	maxVariable     = 16 << 10
	maxVariables    = 300
	maxEnvironment  = 256 << 10 // of all variables of a shell
	maxName         = 256       // of a variable or an alias; of a pattern that is written out
	maxFunctions    = 32 << 10  // bytes of source of all of a shell's functions
	maxExpanded     = 256 << 10 // of what variables and substitutions put into the words of one command
	maxPatterned    = 16 << 10  // the same, where a pattern is among it
	maxSlashes      = 2000      // in what variables put into the paths of one command
	maxHistory      = 200
	maxArguments    = 2000
	maxArgumentText = 128 << 10
	maxGlobbed      = 20000 // directory entries looked at by file name patterns
)

// budget counts what a line has spent; subshells share it.
type budget struct {
	steps   atomic.Int64
	globbed atomic.Int64
}

// step says false when the line must end.
func (b *budget) step(ctx context.Context, depth int) bool {
	return depth <= maxDepth && b.steps.Add(1) <= maxSteps && ctx.Err() == nil
}

// tooLong tells whether a command's arguments are more than it may have.
func tooLong(args []string) bool {
	size := 0
	for _, a := range args {
		size += len(a)
	}
	return len(args) > maxArguments || size > maxArgumentText
}

// limitedBuffer is a pipe that breaks when it is full.
type limitedBuffer struct {
	bytes.Buffer
	limit int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := b.limit - b.Len(); len(p) > room {
		b.Buffer.Write(p[:room])
		return room, syscall.EPIPE
	}
	return b.Buffer.Write(p)
}

// limitedWriter passes on what the line may print, and then ends it.
type limitedWriter struct {
	w    io.Writer
	left *atomic.Int64
	stop context.CancelFunc
}

func (l limitedWriter) Write(p []byte) (int, error) {
	if l.left.Add(-int64(len(p))) < 0 {
		l.stop()
		return 0, syscall.EPIPE
	}
	n, err := l.w.Write(p)
	if err != nil {
		l.stop() // nobody listens any more
	}
	return n, err
}

var errTooMuch = errors.New("cannot allocate memory")

// check refuses a line whose expansions could grow beyond measure before the budget is asked: everything else grows by
// steps. It looks at the tree alone.
func check(file *syntax.File) error {
	nodes, expansions, words := 0, 0, 0
	var err error
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			return true
		}
		nodes++
		switch n := n.(type) {
		case *syntax.ParamExp:
			expansions++
			if p := patternOf(n); p != nil && p.End().Offset()-p.Pos().Offset() > maxName {
				err = errTooMuch
			}
			if n.Repl != nil && n.Repl.With != nil && (n.Repl.With.Lit() == "" && len(n.Repl.With.Parts) > 0 || len(n.Repl.With.Lit()) > maxReplacement) {
				err = errTooMuch
			}
		case *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst:
			expansions++
		case *syntax.Word:
			made := braces(n)
			if made > 1 {
				words += made
			}
			if made > maxBraces || words > 8*maxBraces || made > 1 && made*int(n.End().Offset()-n.Pos().Offset()) > maxExpanded {
				err = errTooMuch
			}
		}
		if nodes > maxSyntaxNodes || expansions > maxExpansions {
			err = errTooMuch
		}
		return err == nil
	})
	return err
}

// patternOf is the pattern that an expansion looks for in its value; nil where it looks for none.
func patternOf(n *syntax.ParamExp) *syntax.Word {
	switch {
	case n.Repl != nil:
		return n.Repl.Orig
	case n.Exp == nil:
		return nil
	}
	switch n.Exp.Op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		return n.Exp.Word
	}
	return nil
}

// meter counts what one expansion takes from variables and substitutions: the library makes the whole of it before anybody is asked.
type meter struct {
	bytes, slashes int
	limit, factor  int // of the bytes; each may become so many by a replacement
}

// newMeter looks at what is to be expanded: replacements make more of it, and patterns cost time.
func newMeter(nodes ...syntax.Node) *meter {
	m := &meter{limit: maxExpanded, factor: 1}
	for _, n := range nodes {
		syntax.Walk(n, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.CmdSubst, *syntax.ProcSubst: // has meters of its own
				return false
			case *syntax.ParamExp:
				if p := patternOf(n); p != nil && p.Lit() == "" && len(p.Parts) > 0 {
					m.limit = maxPatterned
				}
				if n.Repl != nil && n.Repl.With != nil {
					m.factor = max(m.factor, len(n.Repl.With.Lit()))
				}
			}
			return true
		})
	}
	return m
}

// take counts a text and says false when it is too much. What comes behind that is not looked at: the library goes on with the rest of the words.
func (m *meter) take(text string) bool {
	m.bytes += len(text)
	if m.spent() {
		return false
	}
	if len(text) > 64 { // a path of many parts costs the square of them
		most := 0
		for part := range strings.FieldsSeq(text) {
			most = max(most, strings.Count(part, "/"))
		}
		m.slashes += most
	}
	return !m.spent()
}

func (m *meter) spent() bool { return m.bytes*m.factor > m.limit || m.slashes > maxSlashes }

// outcome is the error of an expansion: what was taken was too much, or the library's own.
func (m *meter) outcome(err error) error {
	if m.spent() {
		return errTooMuch
	}
	return err
}

// braces returns how many words brace expansion would make of one, or more than maxBraces.
func braces(w *syntax.Word) int {
	split := &syntax.Word{Parts: append([]syntax.WordPart(nil), w.Parts...)}
	if !syntax.SplitBraces(split) {
		return 1
	}
	return countBraces(split)
}

func countBraces(w *syntax.Word) int {
	product := 1
	for _, part := range w.Parts {
		b, ok := part.(*syntax.BraceExp)
		if !ok {
			continue
		}
		n := 0
		if b.Sequence {
			n = sequence(b.Elems)
		} else {
			for _, elem := range b.Elems {
				n += countBraces(elem)
			}
		}
		if product *= n; product > maxBraces || product < 0 {
			return maxBraces + 1
		}
	}
	return product
}
