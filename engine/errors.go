package engine

import (
	"context"
	"errors"
	"fmt"
)

// Code is a stable name for what went wrong: the `code` of a failed lifecycle.
type Code string

// The codes. They are part of the API: once given, a meaning does not change.
const (
	Unavailable      Code = "ENGINE_UNAVAILABLE"    // the engine does not answer
	DeadlineExceeded Code = "DEADLINE_EXCEEDED"     // the step did not end in its time
	NotRunning       Code = "DECKY_NOT_RUNNING"     // the decky does not exist or does not run
	Crashed          Code = "DECOY_CRASHED"         // the decoy ended by itself
	NotAnswering     Code = "SERVICE_NOT_ANSWERING" // a service did not accept a connection
	PortUnavailable  Code = "PORT_UNAVAILABLE"      // a port could not be bound
	NetworkFailed    Code = "NETWORK_FAILED"        // the network could not be made or joined
	AddressInUse     Code = "ADDRESS_IN_USE"        // somebody else holds the address
	ImageFailed      Code = "IMAGE_FAILED"          // an image could not be made, or had or used
	Unsupported      Code = "UNSUPPORTED"           // this engine can't do what was asked
	Failed           Code = "ENGINE_FAILED"         // anything else the engine said no to
)

// Error is an engine's failure: a stable code, a sentence for people and the engine's own words.
type Error struct {
	Code    Code
	Message string
	// Detail is the engine's own words: its error text, a container's last log lines. It may be several lines.
	Detail string
	// Transient says that the same call may well succeed a little later.
	Transient bool
	Err       error
}

// Error joins the code, the message and what caused it.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Code, e.Message)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError turns any error of an engine call into an *Error, so that every failure has a code. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: DeadlineExceeded, Message: "the engine did not finish in time", Detail: err.Error(), Transient: true, Err: err}
	}
	return &Error{Code: Failed, Message: "the engine failed", Detail: err.Error(), Err: err}
}

// DecoyError is a decoy's own refusal, which uses the codes of engines. A service that does not answer may do so the next time: the machine is loaded, or an engine that stops
// has taken the network from under it. One that is about to end may be started again.
func DecoyError(code, message, detail string) *Error {
	return &Error{Code: Code(code), Message: message, Detail: detail, Transient: Code(code) == NotAnswering || Code(code) == NotRunning}
}

// Words is what the engine itself said: Detail, or the cause's text.
func (e *Error) Words() string {
	if e.Detail != "" || e.Err == nil {
		return e.Detail
	}
	return e.Err.Error()
}
