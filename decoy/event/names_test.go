package event_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"decnet/decoy/event"
)

// Every field that a decoy's source names has been thought about: whether everybody who watches may see it.
func TestEveryFieldIsJudged(t *testing.T) {
	makers := []string{"String", "Bytes", "Int", "Bounded", "bounded"}
	found := 0
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			made := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				made = f.Name
			case *ast.SelectorExpr:
				if from, ok := f.X.(*ast.Ident); ok && (from.Name == "event" || from.Name == "web") {
					made = f.Sel.Name
				}
			}
			name, literal := call.Args[0].(*ast.BasicLit)
			if !literal || name.Kind != token.STRING || !slices.Contains(makers, made) {
				return true
			}
			text, err := strconv.Unquote(name.Value)
			if text == "" { // it bounds a text that is no field
				return true
			}
			if found++; err != nil || !event.Judged(text) {
				t.Errorf("%s records the field %s: put it in a list in names.go, hidden or shown", path, name.Value)
			}
			return true
		})
		return nil
	})
	if err != nil || found < 300 {
		t.Fatalf("read the decoys: %d fields found, %v", found, err)
	}
	if event.Shown("something_new") {
		t.Error("what nobody has thought about is hidden")
	}
}
