// Package testschema is a small GraphQL schema that is executed by hand. The
// tests of the transports serve it, so that they depend on no generated code.
package testschema

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"decnet/transport"
)

const sdl = `
type Query {
  hello: String!
  echo(text: String!): String!
  lastEventID: String!
  fails: String
  panics: String
  waits: String
}
type Mutation { set(value: Int!): Int! }
type Subscription {
  "1, 2, … to, each with its own number as the event's id; goes on after Last-Event-ID."
  count(to: Int!): Int!
  "Whatever the test sends."
  feed: String!
  "Can't be started."
  refused: Int!
  "Sends 1 and then fails."
  breaks: Int!
  panics: Int!
}`

// Resolver resolves a root field of a query or mutation.
type Resolver func(ctx context.Context, args map[string]any) (any, error)

// Source starts the stream of a subscription's field.
type Source func(ctx context.Context, args map[string]any) (<-chan any, error)

// Schema executes operations whose root fields are scalars. A test may set its
// resolvers and sources before it serves it.
type Schema struct {
	schema    *ast.Schema
	Resolvers map[string]Resolver
	Sources   map[string]Source
}

var _ graphql.ExecutableSchema = (*Schema)(nil)

// New returns the schema with resolvers for all fields but feed and waits.
func New() *Schema {
	return &Schema{
		schema: gqlparser.MustLoadSchema(&ast.Source{Input: sdl}),
		Resolvers: map[string]Resolver{
			"hello":       func(context.Context, map[string]any) (any, error) { return "world", nil },
			"echo":        func(_ context.Context, args map[string]any) (any, error) { return args["text"], nil },
			"lastEventID": func(ctx context.Context, _ map[string]any) (any, error) { return transport.LastEventID(ctx), nil },
			"fails":       func(context.Context, map[string]any) (any, error) { return nil, errors.New("it failed") },
			"set":         func(_ context.Context, args map[string]any) (any, error) { return args["value"], nil },
			"panics":      func(context.Context, map[string]any) (any, error) { panic("a secret") },
		},
		Sources: map[string]Source{
			"count":   count,
			"refused": func(context.Context, map[string]any) (<-chan any, error) { return nil, errors.New("no stream") },
			"breaks":  breaks,
			"panics":  func(context.Context, map[string]any) (<-chan any, error) { panic("a secret") },
		},
	}
}

func count(ctx context.Context, args map[string]any) (<-chan any, error) {
	to, ok := args["to"].(int64)
	if !ok {
		return nil, fmt.Errorf("to is a %T", args["to"])
	}
	var seen int64
	if id := transport.LastEventID(ctx); id != "" {
		if err := json.Unmarshal([]byte(id), &seen); err != nil {
			return nil, fmt.Errorf("last event id: %w", err)
		}
	}
	out := make(chan any)
	go func() {
		defer close(out)
		for i := seen + 1; i <= to; i++ {
			if !transport.Send[any](ctx, out, fmt.Sprint(i), i) {
				return
			}
		}
	}()
	return out, nil
}

func breaks(ctx context.Context, _ map[string]any) (<-chan any, error) {
	out := make(chan any)
	go func() {
		defer close(out)
		if transport.Send[any](ctx, out, "", 1) {
			transport.Fail(ctx, errors.New("it broke"))
		}
	}()
	return out, nil
}

// Schema implements [graphql.ExecutableSchema].
func (s *Schema) Schema() *ast.Schema { return s.schema }

// Complexity implements [graphql.ExecutableSchema].
func (s *Schema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec implements [graphql.ExecutableSchema].
func (s *Schema) Exec(ctx context.Context) graphql.ResponseHandler {
	opCtx := graphql.GetOperationContext(ctx)
	fields := graphql.CollectFields(opCtx, opCtx.Operation.SelectionSet, nil)
	if opCtx.Operation.Operation == ast.Subscription {
		return s.subscribe(ctx, opCtx, fields[0])
	}
	ran := false
	return func(ctx context.Context) *graphql.Response {
		if ran {
			return nil
		}
		ran = true
		data := []byte{'{'}
		for i, field := range fields {
			if i > 0 {
				data = append(data, ',')
			}
			data = fmt.Appendf(data, "%q:%s", field.Alias, s.resolve(ctx, opCtx, field))
		}
		return &graphql.Response{Data: append(data, '}')}
	}
}

func (s *Schema) resolve(ctx context.Context, opCtx *graphql.OperationContext, field graphql.CollectedField) []byte {
	var value any
	if field.Name == "__typename" {
		value = field.ObjectDefinition.Name
	} else if resolver := s.Resolvers[field.Name]; resolver != nil { // none: introspection, which is null
		var err error
		if value, err = resolver(ctx, field.ArgumentMap(opCtx.Variables)); err != nil {
			value = err
		}
	}
	return encode(ctx, value)
}

func (s *Schema) subscribe(ctx context.Context, opCtx *graphql.OperationContext, field graphql.CollectedField) graphql.ResponseHandler {
	events, err := s.Sources[field.Name](ctx, field.ArgumentMap(opCtx.Variables))
	if err != nil {
		graphql.AddError(ctx, err)
		return nil
	}
	// Like generated code, it gives out the same buffer again and again.
	var buf bytes.Buffer
	return func(ctx context.Context) *graphql.Response {
		select {
		case event, ok := <-events:
			if !ok {
				return nil
			}
			buf.Reset()
			fmt.Fprintf(&buf, "{%q:%s}", field.Alias, encode(ctx, event))
			return &graphql.Response{Data: buf.Bytes()}
		case <-ctx.Done():
			return nil
		}
	}
}

// encode encodes a value; an error is one of the field, which is then null.
func encode(ctx context.Context, value any) []byte {
	err, _ := value.(error)
	var encoded []byte
	if err == nil {
		encoded, err = json.Marshal(value)
	}
	if err != nil {
		graphql.AddError(ctx, err)
		return []byte("null")
	}
	return encoded
}
