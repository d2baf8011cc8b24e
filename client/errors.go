package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Code says what is wrong, for programs. The server documents its list; those that a program is likely to tell apart have names here.
type Code string

// The codes. The last two are this client's own.
const (
	CodeUnauthenticated     Code = "UNAUTHENTICATED"
	CodeForbidden           Code = "FORBIDDEN"
	CodeNotFound            Code = "NOT_FOUND"
	CodeBadUserInput        Code = "BAD_USER_INPUT"
	CodeConflict            Code = "CONFLICT"
	CodeCursorExpired       Code = "CURSOR_EXPIRED"
	CodeNoServicesAvailable Code = "NO_SERVICES_AVAILABLE"
	CodeLimitExceeded       Code = "LIMIT_EXCEEDED"
	CodeRateLimited         Code = "RATE_LIMITED"
	CodeInternal            Code = "INTERNAL"
	// CodeUnreachable: no server answered, or it broke off.
	CodeUnreachable Code = "UNREACHABLE"
	// CodeProtocol: what answered is not a decnet server, or not one of this version.
	CodeProtocol Code = "PROTOCOL"
)

// Error is a refusal by the server, or why it could not be asked.
type Error struct {
	Code    Code
	Message string
	// Argument leads to the input at fault, such as input.deckies[0].name; empty where none is.
	Argument string
	// Facts are the error's other extensions, such as the current revision of a CONFLICT.
	Facts map[string]any

	err error
}

// Error returns the message with the argument's path.
func (e *Error) Error() string {
	if e.Argument != "" {
		return e.Argument + ": " + e.Message
	}
	return e.Message
}

// Unwrap returns the network's error behind CodeUnreachable.
func (e *Error) Unwrap() error { return e.err }

// CodeOf returns the code of the first *Error in err's chain; "" when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// GapError says that a stream skipped entries of a lifecycle, and skipped them again when asked anew. A server that keeps its promise never
// causes it.
type GapError struct {
	LifecycleID string
	// After and Got are the seq last seen and the one that came next.
	After, Got int
}

// Error names the lifecycle and the hole.
func (e *GapError) Error() string {
	return fmt.Sprintf("the stream of lifecycle %s jumped from entry %d to %d", e.LifecycleID, e.After, e.Got)
}

// wireError is a GraphQL error as it is sent.
type wireError struct {
	Message    string         `json:"message"`
	Extensions map[string]any `json:"extensions"`
}

func (w wireError) typed() *Error {
	e := &Error{Message: w.Message, Facts: map[string]any{}}
	for k, v := range w.Extensions {
		switch k {
		case "code":
			e.Code = Code(fmt.Sprint(v))
		case "argument":
			e.Argument = argumentPath(v)
		default:
			e.Facts[k] = v
		}
	}
	return e
}

// joinErrors returns the one error, or all of them.
func joinErrors(list []wireError) error {
	if len(list) == 1 {
		return list[0].typed()
	}
	all := make([]error, len(list))
	for i, w := range list {
		all[i] = w.typed()
	}
	return errors.Join(all...)
}

// argumentPath writes ["input", "deckies", 0, "name"] as input.deckies[0].name.
func argumentPath(v any) string {
	steps, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var b strings.Builder
	for _, s := range steps {
		if n, ok := s.(float64); ok {
			b.WriteString("[" + strconv.Itoa(int(n)) + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(fmt.Sprint(s))
	}
	return b.String()
}

// unreachable words a failed request without the URL that net/http puts before it: the caller knows where it wanted to go.
func unreachable(err error) error {
	cause := err
	if e, ok := errors.AsType[*url.Error](err); ok {
		cause = e.Err
	}
	return &Error{Code: CodeUnreachable, Message: fmt.Sprintf("can't reach the server: %v", cause), err: err}
}

// outOfOrder is a server that can't answer just now, or a proxy that can't reach it. What it says is told where it is a line of text.
func outOfOrder(answer *http.Response, text []byte, at string) error {
	message := at + " answers " + answer.Status
	line := strings.TrimSpace(string(text))
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") && line != "" && len(line) <= 200 && !strings.ContainsAny(line, "\r\n") {
		message += ": " + line
	}
	return &Error{Code: CodeUnreachable, Message: message}
}

func notGraphQL(status int, at string) error {
	return &Error{Code: CodeProtocol, Message: fmt.Sprintf("%s answers %d %s, not GraphQL: is it a decnet server?", at, status, http.StatusText(status))}
}
