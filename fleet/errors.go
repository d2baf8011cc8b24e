package fleet

import "slices"

import "fmt"

// Code is what the API's errors bear in extensions.code.
type Code string

// The codes of errors that are the caller's to mend. Anything else is INTERNAL.
const (
	NotFound            Code = "NOT_FOUND"
	BadUserInput        Code = "BAD_USER_INPUT"
	Conflict            Code = "CONFLICT"
	NoServicesAvailable Code = "NO_SERVICES_AVAILABLE"
	LimitExceeded       Code = "LIMIT_EXCEEDED"
)

// Error is a refusal that says what the caller can do about it.
type Error struct {
	Code    Code
	Message string
	// Path leads to the argument at fault: "input", "deckies", 0, "name".
	Path []any
	// Facts are further extensions, such as the current revision of a CONFLICT.
	Facts map[string]any
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func notFound(format string, a ...any) error {
	return &Error{Code: NotFound, Message: fmt.Sprintf(format, a...)}
}

func invalid(path []any, format string, a ...any) error {
	return &Error{Code: BadUserInput, Message: fmt.Sprintf(format, a...), Path: path}
}

func conflict(facts map[string]any, format string, a ...any) error {
	return &Error{Code: Conflict, Message: fmt.Sprintf(format, a...), Facts: facts}
}

// at is path with more steps, in memory of its own.
func at(path []any, more ...any) []any { return append(slices.Clip(path), more...) }
