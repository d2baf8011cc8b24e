package transport

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The types of graphql-transport-ws messages.
const (
	typeConnectionInit = "connection_init"
	typeConnectionAck  = "connection_ack"
	typePing           = "ping"
	typePong           = "pong"
	typeSubscribe      = "subscribe"
	typeNext           = "next"
	typeError          = "error"
	typeComplete       = "complete"
)

// message is one that a client may send, checked.
type message struct {
	kind    string
	id      string             // of subscribe and complete
	payload json.RawMessage    // of connection_init, ping and pong: an object, or absent
	params  *graphql.RawParams // of subscribe
}

// decodeMessage checks what the protocol says of a client's message. Its
// errors are fit for the reason of the close code 4400.
func decodeMessage(frame []byte) (*message, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(frame, &fields); err != nil || fields == nil {
		return nil, errors.New("not a JSON object")
	}
	m := &message{payload: fields["payload"]}
	if err := json.Unmarshal(fields["type"], &m.kind); err != nil || m.kind == "" {
		return nil, errors.New("type is missing or not a string")
	}
	switch m.kind {
	case typeConnectionInit, typePing, typePong:
		if _, err := decodeMap(m.payload); err != nil {
			return nil, fmt.Errorf("payload %w", err)
		}
		return m, nil
	case typeSubscribe, typeComplete:
		if err := json.Unmarshal(fields["id"], &m.id); err != nil || m.id == "" {
			return nil, errors.New("id is missing, empty or not a string")
		}
		if m.kind == typeComplete {
			return m, nil
		}
		var err error
		if m.params, err = decodeParams(m.payload); err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
		return m, nil
	default:
		return nil, fmt.Errorf("type %q is not one that a client sends", m.kind)
	}
}

// appendMessage appends a message without an id. A payload is raw JSON; absent
// when it is empty.
func appendMessage(dst []byte, kind string, payload []byte) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, kind...)
	dst = append(dst, '"')
	if len(payload) > 0 {
		dst = append(dst, `,"payload":`...)
		dst = append(dst, payload...)
	}
	return append(dst, '}')
}

// appendOperation appends the start of an operation's message. The id is JSON,
// its quotes included.
func appendOperation(dst []byte, quotedID []byte, kind string) []byte {
	dst = append(dst, `{"id":`...)
	dst = append(dst, quotedID...)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, kind...)
	return append(dst, '"')
}

func appendNext(dst []byte, quotedID []byte, resp *graphql.Response) ([]byte, error) {
	dst = append(appendOperation(dst, quotedID, typeNext), `,"payload":`...)
	dst, err := appendResponse(dst, resp)
	return append(dst, '}'), err
}

func appendError(dst []byte, quotedID []byte, errs gqlerror.List) ([]byte, error) {
	payload, err := json.Marshal(errs)
	if err != nil {
		return dst, &encodeError{"errors", err}
	}
	dst = append(appendOperation(dst, quotedID, typeError), `,"payload":`...)
	dst = append(dst, payload...)
	return append(dst, '}'), nil
}

func appendComplete(dst []byte, quotedID []byte) []byte {
	return append(appendOperation(dst, quotedID, typeComplete), '}')
}
