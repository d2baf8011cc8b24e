package mortal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Entry is one entry of the journal as it came over the wire.
type Entry struct {
	Cursor, Status string
	Seq            int
	Lifecycle      struct{ ID string }
}

// Follower subscribes to every lifecycle and keeps what it is sent, just as it comes: it leaves out nothing that comes twice. When the connection breaks it
// connects anew, with the cursor of the last entry that it has.
type Follower struct {
	url string

	mu      sync.Mutex
	entries []Entry
	broken  int
	err     error
}

// errRefused says that the server answered with an error, which no new connection mends.
var errRefused = errors.New("the subscription was refused")

// Follow follows a server from a cursor on until ctx ends.
func Follow(ctx context.Context, url, after string) *Follower {
	f := &Follower{url: "ws" + strings.TrimPrefix(url, "http") + "/graphql"}
	go func() {
		for ctx.Err() == nil {
			err := f.once(ctx, &after)
			f.mu.Lock()
			f.broken++
			f.mu.Unlock()
			if errors.Is(err, errRefused) {
				f.mu.Lock()
				f.err = err
				f.mu.Unlock()
				return
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	return f
}

// Entries are what has come so far. The error says that following ended.
func (f *Follower) Entries() ([]Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clip(f.entries), f.err
}

// Broken tells how many connections have ended.
func (f *Follower) Broken() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

func (f *Follower) once(ctx context.Context, after *string) error {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, HandshakeTimeout: 5 * time.Second}
	conn, res, err := dialer.DialContext(ctx, f.url, nil)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_ = res.Body.Close()
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	send := func(m map[string]any) error { return conn.WriteJSON(m) }
	if err := send(map[string]any{"type": "connection_init"}); err != nil {
		return err
	}
	variables := map[string]any{}
	if *after != "" {
		variables["after"] = *after
	}
	for {
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err := conn.ReadJSON(&m); err != nil {
			return fmt.Errorf("read: %w", err)
		}
		switch m.Type {
		case "connection_ack":
			err = send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{
				"query":     `subscription ($after: String) { lifecycleUpdated(after: $after) { cursor status seq lifecycle { id } } }`,
				"variables": variables,
			}})
		case "ping":
			err = send(map[string]any{"type": "pong"})
		case "next":
			err = f.take(m.Payload, after)
		case "error", "complete":
			return fmt.Errorf("%w: %s %s", errRefused, m.Type, m.Payload)
		}
		if err != nil {
			return err
		}
	}
}

func (f *Follower) take(payload json.RawMessage, after *string) error {
	var p struct {
		Data   *struct{ LifecycleUpdated Entry }
		Errors json.RawMessage
	}
	if err := json.Unmarshal(payload, &p); err != nil || p.Data == nil {
		return fmt.Errorf("%w: %s", errRefused, payload)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = append(f.entries, p.Data.LifecycleUpdated)
	*after = p.Data.LifecycleUpdated.Cursor
	return nil
}
