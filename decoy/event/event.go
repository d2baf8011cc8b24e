// Package event is the line in which a decoy records one thing that somebody did to it: RFC 5424, one event a line.
//
//	<134>1 2026-11-23T09:14:03.120553Z web-01 ssh 3f9c… auth_attempt [decnet@32473 boot="…" seq="7" src_ip="…" …] message
//
// An intruder chooses many of the bytes in it, so the format is lossless for any bytes and safe to print: a value that is
// plain text stands as it is, any other stands twice, as a printable rendition under its name and whole, in base64, under
// name_b64. Nothing an intruder sends can end a value, a line or a stream early. Each line bears the run of the decoy (boot) and a
// number that goes 1, 2, 3, … within it (seq), so that a reader that sees lines twice, or misses some, can tell.
//
// [Append] writes a line and [Parse] is its exact inverse.
package event

import (
	"strconv"
	"time"
)

// The bounds of a line. MaxLine stays below 16 KiB because Docker's log drivers cut longer lines into pieces.
const (
	MaxLine      = 16000 // bytes, without the newline
	MaxValue     = 8192  // bytes of a field's value; more is cut, and the original length is recorded
	MaxRendition = 512   // bytes of the printable rendition of a value that is not plain text
	MaxFields    = 64
	MaxMessage   = 256
)

// Severity is how much an event matters, in syslog's numbers.
type Severity uint8

// The severities in use; PRI is 128 (local0) plus the severity.
const (
	Warning Severity = 4 // an intruder tried something: a login, a command
	Info    Severity = 6
)

// SeverityOf is how much an event of a type matters.
func SeverityOf(typ string) Severity {
	switch typ {
	case AuthAttempt, CommandRun, Download, Dropped, Suppressed, Refused:
		return Warning
	}
	return Info
}

// Weighty tells whether events of a type say what an intruder has changed, fetched, brought or run: they must not drown in others.
func Weighty(typ string) bool {
	switch typ {
	case Download, "upload", "outbound", "forward", "call", "execute", "package_install", "password_change",
		"file_written", "file_deleted", "file_renamed", "mail", "write",
		"service_create", "service_start", "service_delete",
		"container_create", "container_start", "container_exec", "image_pull", "k8s_change", "dns_update", "snmp_set", Panic:
		return true
	}
	return false
}

// Names of fields that many services share.
const (
	SrcIP      = "src_ip"
	SrcPort    = "src_port"
	DstPort    = "dst_port"
	Principal  = "principal"   // who the peer claims to be
	Secret     = "secret"      // what it offers as proof; on the wire secret_printable and secret_b64, always both
	SecretKind = "secret_kind" // plaintext, publickey, …
	Outcome    = "outcome"     // Accepted or Rejected
	Command    = "command"
	Duration   = "duration_ms"
	Count      = "count"
	Part       = "part"     // which piece of a recording, from 0
	Cast       = "cast"     // a recording's next lines, as asciicast has them
	Began      = "began_us" // when a recording began, in microseconds since 1970: a connection may have several terminals
)

// Outcomes of an attempt.
const (
	Accepted = "accepted"
	Rejected = "rejected"
)

// Types of event that the runtime or several services write.
const (
	Connect     = "connect"
	Disconnect  = "disconnect"
	AuthAttempt = "auth_attempt"
	CommandRun  = "command"
	Download    = "download"
	Terminal    = "terminal" // a piece of what a terminal showed: its number (Part), its lines (Cast) and which terminal (Began)
	Repeated    = "repeated" // what many events of one kind come to, in a conversation in datagrams: how many (Count), and what the first and the last were about
	Panic       = "service_panic"
	Dropped     = "events_dropped"    // lines lost before they were written or kept
	Suppressed  = "events_suppressed" // events of one source beyond its rate
	Refused     = "connections_refused"
)

// Event is one thing that happened.
type Event struct {
	Time     time.Time // UTC, in microseconds
	Severity Severity
	Host     string // the decky's name
	Service  string
	Session  string // "" outside a session
	Type     string
	Boot     string // which run of the decoy
	Seq      uint64 // its number within the boot, from 1
	Fields   []Field
	Message  string // a few words for people; everything that matters is in Fields
}

// Get returns the value of the first field of that name.
func (e Event) Get(name string) (string, bool) {
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// Field is one named value of an event. A name is [a-z][a-z0-9_]*, at most 22 characters, and does not end in _b64,
// _truncated or _printable.
type Field struct {
	Name  string
	Value string // any bytes
	// Size is the value's original length in bytes when Value is only its beginning, else 0.
	Size int
}

// String makes a field from text. The text may hold any bytes.
func String(name, value string) Field {
	if len(value) > MaxValue {
		return Field{name, value[:MaxValue], len(value)}
	}
	return Field{Name: name, Value: value}
}

// Bytes makes a field from bytes, which are copied.
func Bytes(name string, value []byte) Field {
	if len(value) > MaxValue {
		return Field{name, string(value[:MaxValue]), len(value)}
	}
	return Field{Name: name, Value: string(value)}
}

// Int makes a field from a number.
func Int(name string, n int64) Field {
	return Field{Name: name, Value: strconv.FormatInt(n, 10)}
}
