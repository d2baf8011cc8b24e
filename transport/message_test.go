package transport

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzDecodeMessage feeds what a hostile client may send. Whatever is accepted
// must be safe to act upon.
func FuzzDecodeMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"connection_init","payload":{"token":"x"}}`,
		`{"type":"ping"}`, `{"type":"pong","payload":null}`,
		`{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":{"a":[1e400]},"operationName":null}}`,
		`{"id":"1","type":"complete"}`, `{"TYPE":"ping"}`, `[]`, `null`, `{"type":"ping","payload":{}} `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, err := decodeMessage(frame)
		if err != nil {
			if reason := closeReason("Invalid message: " + err.Error()); len(reason) > maxCloseReason || !utf8.ValidString(reason) {
				t.Fatalf("reason %q", reason)
			}
			return
		}
		switch m.kind {
		case typeSubscribe:
			if m.id == "" || m.params == nil || m.params.Query == "" && m.params.Extensions == nil {
				t.Fatalf("%q: %+v", frame, m)
			}
		case typeComplete:
			if m.id == "" {
				t.Fatalf("%q: no id", frame)
			}
		case typeConnectionInit, typePing, typePong:
			// The payload of a ping is sent back as it is.
			if answer := appendMessage(nil, typePong, m.payload); !json.Valid(answer) {
				t.Fatalf("%q: %q", frame, answer)
			}
		default:
			t.Fatalf("%q: kind %q", frame, m.kind)
		}
	})
}
