package transport

import (
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// appendResponse appends a GraphQL response as JSON. It differs from
// json.Marshal of the response in two ways: data is absent where nothing was
// executed, as the specification asks, and data that was executed is copied
// rather than parsed a second time.
func appendResponse(dst []byte, resp *graphql.Response) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	member := func(name string, value any) error {
		encoded, err := json.Marshal(value)
		if err != nil {
			return &encodeError{name, err}
		}
		dst = appendName(dst, &first, name)
		dst = append(dst, encoded...)
		return nil
	}
	if len(resp.Errors) > 0 {
		if err := member("errors", resp.Errors); err != nil {
			return dst, err
		}
	}
	if resp.Data != nil {
		dst = appendName(dst, &first, "data")
		dst = append(dst, resp.Data...)
	}
	if resp.Label != "" {
		if err := member("label", resp.Label); err != nil {
			return dst, err
		}
	}
	if len(resp.Path) > 0 {
		if err := member("path", resp.Path); err != nil {
			return dst, err
		}
	}
	if resp.HasNext != nil {
		if err := member("hasNext", *resp.HasNext); err != nil {
			return dst, err
		}
	}
	if len(resp.Extensions) > 0 {
		if err := member("extensions", resp.Extensions); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendName(dst []byte, first *bool, name string) []byte {
	if !*first {
		dst = append(dst, ',')
	}
	*first = false
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

// encodeError is a response that can't be written as JSON: a fault of the
// server, which the client is told without its text.
type encodeError struct {
	member string
	err    error
}

func (e *encodeError) Error() string {
	return fmt.Sprintf("encode the response's %s: %s", e.member, e.err)
}

func (e *encodeError) Unwrap() error { return e.err }

// notExecuted tells a response that holds errors alone, because GraphQL turned
// the request away, from one whose execution met errors.
func notExecuted(resp *graphql.Response) bool {
	return resp.Data == nil && len(resp.Errors) > 0
}

func errorsOnly(errs ...*gqlerror.Error) *graphql.Response {
	return &graphql.Response{Errors: errs}
}
