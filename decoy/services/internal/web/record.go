package web

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/evidence"
)

// The bounds of an event's fields: together they fit into one line.
const (
	maxPath    = 1024
	maxHeaders = 2048
	maxBody    = 7168
)

// Record records the request; status 0 means that it got no answer. What of a body is too long for one event follows in pieces as body_part, to which its hash belongs.
func (r *Request) Record(status int) {
	var headers strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			headers.WriteString(name + ": " + value + "\n")
		}
	}
	fields := []event.Field{
		Bounded(event.Command, r.Method+" "+r.URL.RequestURI()+" "+r.Proto, maxPath),
		Bounded("method", r.Method, 64),
		Bounded("path", r.URL.RequestURI(), maxPath),
		Bounded("host", r.Host, 256),
		Bounded("user_agent", r.UserAgent(), 512),
		event.Int("status", int64(status)),
		Bounded("headers", headers.String(), maxHeaders),
		Bounded("body", string(r.Body), maxBody),
		event.Int("body_size", r.Size),
	}
	if len(r.Body) <= maxBody {
		r.Session.Event("request", fields...)
		return
	}
	sum := event.String("body_sha256", r.upload.Sum())
	r.Session.Event("request", append(fields, sum)...)
	evidence.Parts(r.Session, "body_part", sum, r.Body, maxBody)
}

// RecordFile records the request's body as a file that was written.
func (r *Request) RecordFile(path string) { r.upload.Record(r.Session, path) }

// Bounded is a field of at most n bytes that says how long the value was.
func Bounded(name, value string, n int) event.Field {
	if len(value) > n {
		return event.Field{Name: name, Value: value[:n], Size: len(value)}
	}
	return event.String(name, value)
}

// Credentials returns what the Authorization header offers: the kind of the secret ("plaintext" of Basic, else the scheme), who, and the secret.
func (r *Request) Credentials() (kind, user, secret string, ok bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if rest = strings.TrimSpace(rest); rest == "" {
		return "", "", "", false
	}
	if strings.EqualFold(scheme, "Basic") {
		raw, err := base64.StdEncoding.DecodeString(rest)
		if user, secret, found := strings.Cut(string(raw), ":"); err == nil && found {
			return "plaintext", user, secret, true
		}
	}
	return strings.ToLower(scheme[:min(len(scheme), 32)]), "", rest, true
}

// Attempt records a try to log in with what Credentials returned.
func (r *Request) Attempt(kind, user, secret string, accepted bool) {
	outcome := event.Rejected
	if accepted {
		outcome = event.Accepted
	}
	r.Session.Attempt(kind, user, []byte(secret), outcome, event.String("scheme", "header"), Bounded("path", r.URL.Path, 512))
}
