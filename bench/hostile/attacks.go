package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// attack is one kind of misuse. run goes on until its context ends.
type attack struct {
	name string
	by   string // a stranger, or somebody who has a viewer's token
	run  func(ctx context.Context, seen *tally) error
}

const stranger, viewer = "a stranger", "a viewer"

func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)) + " ")
	}
	return b.String()
}

func attacks(w *world) []attack {
	doubling := "{ ...f0 }" + repeated(300, "fragment f# on Query { ...g# ...g# }") + repeated(300, "fragment g# on Query { viewer { username } }")
	deep := "{ deployments { edges { node { " + strings.Repeat("deckies { edges { node { deployment { ", 10) + "name" + strings.Repeat(" } } } }", 10) + " } } } }"
	dear := `{ deckies(first: 200) { edges { node { id name state services observedServices ip mac hostname lifecycles(first: 15) { edges { node { id status stage operation attempt createdAt } } } } } } }`
	return []attack{
		{"deep", viewer, w.queries(w.malToken, deep)},
		{"wide, beyond the limit", viewer, w.queries(w.malToken, `{ deckies(first: 200) { edges { node { lifecycles(first: 200) { edges { node { decky { lifecycles(first: 200) { edges { node { id } } } } } } } } } } }`)},
		{"wide, as far as it goes", viewer, w.queries(w.malToken, dear)},
		{"a thousand aliases", viewer, w.queries(w.malToken, "{ "+repeated(1000, "a#: __typename")+"}")},
		{"sign-ins by alias", stranger, w.queries("", "mutation { "+repeated(20, `a#: login(username: "admin", password: "a wrong guess #") { token }`)+"}")},
		{"sign-ins", stranger, w.queries("", `mutation { login(username: "admin", password: "a wrong guess") { token } }`)},
		{"five hundred duplicates", viewer, w.queries(w.malToken, "{ "+repeated(500, "__typename")+"}")},
		{"batches of a thousand", viewer, w.bodies(w.malToken, []byte("["+strings.TrimSuffix(strings.Repeat(`{"query":"{viewer{username}}"},`, 1000), ",")+"]"))},
		{"fragments in circles", viewer, w.queries(w.malToken, "{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }")},
		{"fragments that double", viewer, w.queries(w.malToken, doubling)},
		{"huge tokens", viewer, w.queries(w.malToken, `{ decky(name: "`+strings.Repeat("x", 900<<10)+`") { name } }`)},
		{"huge variables", viewer, w.bodies(w.malToken, hugeVariables())},
		{"the schema", viewer, w.queries(w.malToken, introspection)},
		{"tokens that are none", stranger, w.queries("decnet_nonsense", "{ viewer { username } }")},
		{"slow bodies", stranger, w.slow},
		{"thousands of sockets", stranger, w.sockets},
		{"a flood of subscriptions", viewer, w.subscriptions},
	}
}

// introspection asks for as much of the schema as people do.
const introspection = `{ __schema { types { kind name description fields(includeDeprecated: true) { name description args { name type { kind name ofType { kind name ofType { name } } } } type { kind name ofType { kind name ofType { name } } } }
 inputFields { name type { kind name ofType { kind name } } } enumValues { name } } } }`

func hugeVariables() []byte {
	names := make([]string, 50_000)
	for i := range names {
		names[i] = fmt.Sprint("decky-", i)
	}
	b, err := json.Marshal(map[string]any{"query": `query($n: [String!]) { deckies(where: {nameIn: $n}) { totalCount } }`, "variables": map[string]any{"n": names}})
	if err != nil {
		panic(err) // strings can be encoded
	}
	return b
}

// queries sends a query, as fast as is allowed.
func (w *world) queries(token, query string) func(context.Context, *tally) error {
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		panic(err) // a string can be encoded
	}
	return w.bodies(token, body)
}

// bodies sends a body attackRate times a second, by all connections. Who has no answer yet sends no more.
func (w *world) bodies(token string, body []byte) func(context.Context, *tally) error {
	return func(ctx context.Context, seen *tally) error {
		due := time.NewTicker(time.Second / attackRate)
		defer due.Stop()
		var wg sync.WaitGroup
		for range attackers {
			wg.Go(func() {
				for {
					select {
					case <-due.C:
						seen.count(w.send(ctx, w.hostile, token, bytes.NewReader(body), nil))
					case <-ctx.Done():
						return
					}
				}
			})
		}
		wg.Wait()
		return nil
	}
}

func (w *world) dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(hostileAddress)}}).DialContext(ctx, "tcp", w.address)
}

// slow sends bodies a byte a second.
func (w *world) slow(ctx context.Context, seen *tally) error {
	return w.hold(ctx, seen, slowBodies, func(c net.Conn) error {
		_, err := io.WriteString(c, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
		for err == nil {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
			_, err = io.WriteString(c, " ")
		}
		return err
	})
}

// sockets opens connections and says nothing.
func (w *world) sockets(ctx context.Context, seen *tally) error {
	return w.hold(ctx, seen, idleSockets, func(c net.Conn) error {
		_, err := c.Read(make([]byte, 1))
		return err
	})
}

// hold opens n connections, does something with each, and opens another where one was closed.
func (w *world) hold(ctx context.Context, seen *tally, n int, do func(net.Conn) error) error {
	due := time.NewTicker(time.Second / (10 * attackRate))
	defer due.Stop()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for {
				select {
				case <-due.C:
				case <-ctx.Done():
					return
				}
				c, err := w.dial(ctx)
				if err == nil {
					seen.hold()
					stop := context.AfterFunc(ctx, func() { _ = c.Close() })
					err = do(c)
					stop()
					_ = c.Close()
				}
				if ctx.Err() != nil {
					return
				}
				if err == nil || err == io.EOF { //nolint:errorlint // as a connection gives it
					err = io.ErrUnexpectedEOF
				}
				seen.count(err)
			}
		})
	}
	wg.Wait()
	return nil
}

// subscriptions opens as many streams as it can, each for everything that happens to the fleet.
func (w *world) subscriptions(ctx context.Context, seen *tally) error {
	var wg sync.WaitGroup
	const each = 50
	dialer := websocket.Dialer{
		Subprotocols:   []string{"graphql-transport-ws"},
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return w.dial(ctx) },
	}
	for range streams / each {
		wg.Go(func() {
			c, _, err := dialer.DialContext(ctx, "ws://"+w.address+"/graphql", nil)
			if err != nil {
				seen.count(err)
				return
			}
			defer context.AfterFunc(ctx, func() { _ = c.Close() })()
			defer c.Close()
			_ = c.WriteJSON(map[string]any{"type": "connection_init", "payload": map[string]any{"Authorization": "Bearer " + w.malToken}})
			for {
				_, text, err := c.ReadMessage()
				if err != nil {
					return
				}
				if bytes.Contains(text, []byte(`"type":"next"`)) { // what it says is nothing to an attacker
					continue
				}
				var m struct{ Type string }
				if json.Unmarshal(text, &m) != nil {
					return
				}
				switch m.Type {
				case "connection_ack":
					for i := range each {
						_ = c.WriteJSON(map[string]any{"id": fmt.Sprint(i), "type": "subscribe", "payload": map[string]any{
							"query": "subscription { lifecycleUpdated { seq cursor lifecycle { id status stage operation decky { name state services observedServices ip mac } } } }",
						}})
						seen.count(nil)
					}
				case "error":
					seen.count(refusal{code: "LIMIT_EXCEEDED"})
				}
			}
		})
	}
	wg.Wait()
	return nil
}
