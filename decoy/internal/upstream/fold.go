package upstream

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// fold leaves out what a known condition never reaches, and the statements that are not wanted.
func (p *Package) fold(text string) (string, error) {
	if len(p.Known) == 0 && len(p.Without) == 0 {
		return text, nil
	}
	for {
		f := folder{p: p, text: text}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "", text, parser.ParseComments)
		if err != nil {
			return "", err
		}
		f.at = func(n token.Pos) int { return set.Position(n).Offset }
		ast.Inspect(file, func(n ast.Node) bool {
			if f.err == nil && !f.done {
				f.visit(n)
			}
			return f.err == nil && !f.done
		})
		if f.err != nil {
			return "", f.err
		}
		if !f.done {
			return text, nil
		}
		text = text[:f.from] + f.new + text[f.to:]
	}
}

// folder makes the first change that there is to make.
type folder struct {
	p        *Package
	text     string
	at       func(token.Pos) int
	inElse   map[ast.Node]*ast.IfStmt
	from, to int
	new      string
	done     bool
	err      error
}

func (f *folder) of(n ast.Node) string { return f.text[f.at(n.Pos()):f.at(n.End())] }

func (f *folder) replace(from, to int, by string) { f.from, f.to, f.new, f.done = from, to, by, true }

func (f *folder) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.ExprStmt:
		if said := f.of(n); slices.ContainsFunc(f.p.Without, func(begin string) bool { return strings.HasPrefix(said, begin) }) {
			f.replace(f.at(n.Pos()), f.at(n.End()), "")
		}
	case *ast.IfStmt:
		f.condition(n)
	}
}

func (f *folder) condition(n *ast.IfStmt) {
	if f.inElse == nil {
		f.inElse = map[ast.Node]*ast.IfStmt{}
	}
	if n.Else != nil {
		f.inElse[n.Else] = n
	}
	known, value, said := f.simplify(n.Cond)
	switch {
	case !known && said != f.of(n.Cond):
		f.replace(f.at(n.Cond.Pos()), f.at(n.Cond.End()), said)
	case !known && n.Init == nil && n.Else == nil && f.inElse[n] == nil && len(n.Body.List) == 0 && len(f.p.Without) > 0:
		f.replace(f.at(n.Pos()), f.at(n.End()), "") // nothing is left of it
	case !known:
	case n.Init != nil:
		f.err = errors.New("a known condition after a statement: " + f.of(n))
	default:
		f.choose(n, value)
	}
}

// choose leaves one branch of a statement.
func (f *folder) choose(n *ast.IfStmt, value bool) {
	from, to := f.at(n.Pos()), f.at(n.End())
	before := f.inElse[n]
	switch {
	case value && before != nil:
		f.replace(from, to, f.of(n.Body))
	case value:
		f.replace(from, to, inside(f.of(n.Body)))
	case n.Else == nil && before != nil:
		f.replace(f.at(before.Body.End()), to, "")
	case n.Else == nil:
		f.replace(from, to, "")
	default:
		rest := f.of(n.Else)
		if _, block := n.Else.(*ast.BlockStmt); block && before == nil {
			rest = inside(rest)
		}
		f.replace(from, to, rest)
	}
}

// inside is a block without its braces.
func inside(block string) string { return strings.TrimSpace(block[1 : len(block)-1]) }

// simplify returns what is known of a condition, and what is left of it.
func (f *folder) simplify(e ast.Expr) (known, value bool, said string) {
	said = f.of(e)
	if v, ok := f.p.Known[said]; ok {
		return true, v, said
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		known, value, inner := f.simplify(e.X)
		if inner != f.of(e.X) {
			said = "(" + inner + ")"
		}
		return known, value, said
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			known, value, inner := f.simplify(e.X)
			return known, !value, "!" + inner
		}
	case *ast.BinaryExpr:
		if e.Op == token.LAND || e.Op == token.LOR {
			return f.both(e)
		}
	}
	return false, false, said
}

func (f *folder) both(e *ast.BinaryExpr) (known, value bool, said string) {
	leftKnown, left, leftSaid := f.simplify(e.X)
	rightKnown, right, rightSaid := f.simplify(e.Y)
	decides := e.Op == token.LOR // the value that settles it
	switch {
	case leftKnown && left == decides || rightKnown && right == decides:
		return true, decides, ""
	case leftKnown && rightKnown:
		return true, !decides, ""
	case leftKnown:
		return false, false, rightSaid
	case rightKnown:
		return false, false, leftSaid
	case leftSaid == f.of(e.X) && rightSaid == f.of(e.Y):
		return false, false, f.of(e)
	}
	return false, false, leftSaid + " " + e.Op.String() + " " + rightSaid
}
