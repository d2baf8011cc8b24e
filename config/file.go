package config

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/pflag"
)

// said is what the config file says of a setting, letter by letter as it stands there: what YAML would make of a password of digits, or of nothing, is another value.
type said struct {
	name, at string // at is FILE:LINE
	text     string
	list     []string // in place of text, where it is a list
}

// apply sets a flag to it, as if it had been written behind the flag.
func (s said) apply(flag *pflag.Flag) error {
	if s.list == nil {
		if err := flag.Value.Set(s.text); err != nil {
			return fmt.Errorf("%s: %s can't be %q: %w", s.at, s.name, s.text, err)
		}
		return nil
	}
	several, ok := flag.Value.(pflag.SliceValue)
	if !ok {
		return fmt.Errorf("%s: %s is one value, not a list", s.at, s.name)
	}
	if err := several.Replace(s.list); err != nil {
		return fmt.Errorf("%s: %s: %w", s.at, s.name, err)
	}
	return nil
}

// readFile reads the config file, in its order.
func readFile(path string) ([]said, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the config file: %w", err)
	}
	tree, err := parser.ParseBytes(text, 0)
	if bad := yaml.Error(nil); errors.As(err, &bad) && bad.GetToken() != nil {
		return nil, fmt.Errorf("%s:%d: %s", path, bad.GetToken().Position.Line, bad.GetMessage()) // without the lines around it, which may hold secrets
	}
	if err != nil {
		return nil, fmt.Errorf("read the config file %s: %w", path, err)
	}
	var out []said
	var errs []error
	for _, doc := range tree.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType {
			continue
		}
		settings, ok := doc.Body.(ast.MapNode)
		if !ok {
			return nil, fmt.Errorf("%s: the config file is of settings, each NAME: VALUE", at(path, doc.Body))
		}
		for each := settings.MapRange(); each.Next(); {
			s := said{name: each.Key().GetToken().Value, at: at(path, each.Key())}
			if err := s.read(path, each.Value()); err != nil {
				errs = append(errs, err)
				continue
			}
			out = append(out, s)
		}
	}
	return out, errors.Join(errs...)
}

// read reads a setting's value.
func (s *said) read(path string, value ast.Node) (err error) {
	list, ok := value.(*ast.SequenceNode)
	if !ok {
		s.text, err = s.scalar(path, value)
		return err
	}
	s.list = []string{}
	for _, v := range list.Values {
		text, err := s.scalar(path, v)
		if err != nil {
			return err
		}
		s.list = append(s.list, text)
	}
	return nil
}

// scalar is a value's source text, without the quotes of those that have some.
func (s *said) scalar(path string, n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(n.GetToken().Value), nil
	case *ast.NullNode:
		return "", fmt.Errorf(`%s: %s has no value: leave it out, or write "" where nothing is meant`, at(path, n), s.name)
	}
	return "", fmt.Errorf("%s: %s takes a plain value, or a list of them", at(path, n), s.name)
}

func at(path string, n ast.Node) string {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return fmt.Sprintf("%s:%d", path, t.Position.Line)
	}
	return path
}
