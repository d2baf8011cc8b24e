// Package operations keeps the list of the operations that a server runs, where it runs no others. In production the operations of its clients are known:
// with the list of them, whoever got hold of a token can ask only what those clients ask.
//
// A list is read from what clients' own tools write: GraphQL files, the manifests of graphql-codegen (an object of documents by hash) and of Apollo (`operations`
// with `body`), and genqlient's export (`operations` with `query`). Two documents are the same when they differ in nothing but layout, comments, the order of
// their definitions, and `__typename`, which clients add by themselves.
package operations

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// List is the operations that may be run.
type List struct {
	allowed map[string]bool   // by their normal form
	texts   map[string]string // by ID and by SHA-256
}

// Source is a text with operations, and its name for errors.
type Source struct{ Name, Text string }

// ReadFiles reads a list's files.
func ReadFiles(paths []string) ([]Source, error) {
	var out []Source
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the list of operations: %w", err)
		}
		out = append(out, Source{Name: path, Text: string(b)})
	}
	return out, nil
}

// New makes a list, and finds in it what the schema does not know.
func New(schema *ast.Schema, sources ...Source) (*List, error) {
	l := &List{allowed: map[string]bool{}, texts: map[string]string{}}
	for _, s := range sources {
		add := l.addDocument
		if filepath.Ext(s.Name) == ".json" {
			add = l.addManifest
		}
		if err := add(schema, s); err != nil {
			return nil, fmt.Errorf("operations in %s: %w", s.Name, err)
		}
	}
	return l, nil
}

// Len is how many documents are on the list.
func (l *List) Len() int { return len(l.allowed) }

// Allows tells whether a document is on the list.
func (l *List) Allows(doc *ast.QueryDocument) bool {
	return l.allowed[normal(doc.Operations, doc.Fragments)]
}

// Text finds a document by its ID or its SHA-256, with or without "sha256:" before it.
func (l *List) Text(id string) (string, bool) {
	text, ok := l.texts[strings.TrimPrefix(id, "sha256:")]
	return text, ok
}

// addDocument takes each operation of a GraphQL file, with the fragments that it uses.
func (l *List) addDocument(schema *ast.Schema, s Source) error {
	doc, err := parser.ParseQuery(&ast.Source{Name: s.Name, Input: s.Text})
	if err != nil {
		return err
	}
	if errs := validator.ValidateWithRules(schema, doc, nil); len(errs) > 0 {
		return errs
	}
	for _, op := range doc.Operations {
		used := map[string]*ast.FragmentDefinition{}
		uses(op.SelectionSet, doc.Fragments, used)
		var fragments ast.FragmentDefinitionList
		for _, f := range used {
			fragments = append(fragments, f)
		}
		l.allowed[normal(ast.OperationList{op}, fragments)] = true
	}
	return nil
}

// addManifest takes the documents that a client's tool listed.
func (l *List) addManifest(schema *ast.Schema, s Source) error {
	texts, err := manifest([]byte(s.Text))
	if err != nil {
		return err
	}
	for id, text := range texts {
		doc, err := parser.ParseQuery(&ast.Source{Name: id, Input: text})
		if err != nil {
			return err
		}
		if errs := validator.ValidateWithRules(schema, doc, nil); len(errs) > 0 {
			return errs
		}
		l.allowed[normal(doc.Operations, doc.Fragments)] = true
		sum := sha256.Sum256([]byte(text))
		l.texts[hex.EncodeToString(sum[:])] = text
		l.texts[strings.TrimPrefix(id, "sha256:")] = text
	}
	return nil
}

func manifest(b []byte) (map[string]string, error) {
	var listed struct {
		Operations []struct{ ID, Body, Query string }
	}
	if json.Unmarshal(b, &listed) == nil && listed.Operations != nil {
		out := map[string]string{}
		for i, op := range listed.Operations {
			id := op.ID
			if id == "" {
				id = fmt.Sprintf("operation %d", i+1)
			}
			out[id] = op.Body + op.Query // each format has one of them
		}
		return out, nil
	}
	var byHash map[string]string
	if err := json.Unmarshal(b, &byHash); err != nil {
		return nil, fmt.Errorf("it is neither an object of documents by hash, nor one with operations: %w", err)
	}
	return byHash, nil
}

// uses gathers the fragments that a selection needs.
func uses(set ast.SelectionSet, fragments ast.FragmentDefinitionList, into map[string]*ast.FragmentDefinition) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			uses(s.SelectionSet, fragments, into)
		case *ast.InlineFragment:
			uses(s.SelectionSet, fragments, into)
		case *ast.FragmentSpread:
			if f := fragments.ForName(s.Name); f != nil && into[s.Name] == nil {
				into[s.Name] = f
				uses(f.SelectionSet, fragments, into)
			}
		}
	}
}

// normal is a document without what makes no difference.
func normal(operations ast.OperationList, fragments ast.FragmentDefinitionList) string {
	doc := &ast.QueryDocument{}
	for _, op := range operations {
		plain := *op
		plain.Comment, plain.SelectionSet = nil, withoutTypenames(op.SelectionSet)
		doc.Operations = append(doc.Operations, &plain)
	}
	for _, f := range fragments {
		plain := *f
		plain.Comment, plain.SelectionSet = nil, withoutTypenames(f.SelectionSet)
		doc.Fragments = append(doc.Fragments, &plain)
	}
	slices.SortFunc(doc.Operations, func(a, b *ast.OperationDefinition) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(doc.Fragments, func(a, b *ast.FragmentDefinition) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	formatter.NewFormatter(&b).FormatQueryDocument(doc)
	return b.String()
}

func withoutTypenames(set ast.SelectionSet) ast.SelectionSet {
	var out ast.SelectionSet
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__typename" && s.Alias == s.Name && len(s.Directives) == 0 {
				continue
			}
			plain := *s
			plain.Comment, plain.SelectionSet = nil, withoutTypenames(s.SelectionSet)
			out = append(out, &plain)
		case *ast.InlineFragment:
			plain := *s
			plain.Comment, plain.SelectionSet = nil, withoutTypenames(s.SelectionSet)
			out = append(out, &plain)
		default:
			out = append(out, s)
		}
	}
	return out
}
