// Package remote is an engine that lives in another process: [Server] there, with the privilege (the Docker socket), and [Client] here, with none.
//
// They speak HTTP over a Unix socket: one POST for each call, its body a JSON object, its answer JSON lines as they come. The list of verbs is closed, and it is
// that of [engine.Engine]: nothing in it names an image, a mount, a command, a capability or a setting of the kernel. Those are decided on the privileged side,
// from its own decoy binary and its own catalog. What is named (deckies, addresses, networks, services) is checked there again, by [Rules], as if nobody had
// checked it before: whoever has taken over the server can make decoys, and nothing else.
//
// Who connects is told by the kernel (SO_PEERCRED), and a server serves one installation only: the first that asked.
package remote

import (
	"errors"
	"net/netip"

	"decnet/engine"
)

// version is the protocol's, and the beginning of every path: a client of another one is told so, in place of being misunderstood.
const version = "/1/"

// The verbs: what can be asked for, all of it.
const (
	verbHello   = "hello"   // which engine is it, and which networks does it make
	verbPing    = "ping"    // does it answer
	verbEnsure  = "ensure"  // Decky
	verbApply   = "apply"   // Decky
	verbRemove  = "remove"  // Ref
	verbObserve = "observe" // everything
	verbWatch   = "watch"   // changes, until the connection ends
	verbEvents  = "events"  // Ref, Position: lines, until the decky is gone or the connection ends
)

// request is a call.
type request struct {
	Installation string        `json:"installation"`
	Timeout      int64         `json:"timeoutMs,omitempty"` // what the caller's deadline leaves; 0: there is none
	Decky        *engine.Decky `json:"decky,omitempty"`
	Ref          *engine.Ref   `json:"ref,omitempty"`
	Position     string        `json:"position,omitempty"`
	Follow       bool          `json:"follow,omitempty"`
}

// frame is one line of an answer. The last one has Done or Error; an answer without either has been cut off.
type frame struct {
	Hello    *hello           `json:"hello,omitempty"`
	Host     []netip.Prefix   `json:"host,omitempty"` // what that host has of addresses: with hello, and with each look at everything
	Stage    string           `json:"stage,omitempty"`
	Watching bool             `json:"watching,omitempty"`
	Observed *engine.Observed `json:"observed,omitempty"`
	Change   *engine.Change   `json:"change,omitempty"`
	Line     *engine.Line     `json:"line,omitempty"`
	Error    *failure         `json:"error,omitempty"`
	Done     bool             `json:"done,omitempty"`
}

// hello is what a client has to know of the engine.
type hello struct {
	Engine  string          `json:"engine"`
	Drivers []engine.Driver `json:"drivers"`
}

// failure is an [engine.Error].
type failure struct {
	Code      engine.Code `json:"code"`
	Message   string      `json:"message"`
	Detail    string      `json:"detail,omitempty"`
	Transient bool        `json:"transient,omitempty"`
	Cause     string      `json:"cause,omitempty"`
}

func fail(err error) *failure {
	e := engine.AsError(err)
	f := &failure{Code: e.Code, Message: e.Message, Detail: e.Words(), Transient: e.Transient}
	if e.Err != nil {
		f.Cause = e.Err.Error()
	}
	return f
}

func (f *failure) error() error {
	e := &engine.Error{Code: f.Code, Message: f.Message, Detail: f.Detail, Transient: f.Transient}
	if f.Cause != "" {
		e.Err = errors.New(f.Cause)
	}
	return e
}
