package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// whole is what a client must have seen of journal().
var whole = []string{"a1", "b1", "a2", "a3", "b2", "a4", "b3"}

func follow(t *testing.T, c *Client, f Follow) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if f.IDs == nil {
		f.IDs = []string{"lcy_a", "lcy_b"}
	}
	var seen []string
	err := c.FollowLifecycles(ctx, f, func(e Event) error {
		seen = append(seen, fmt.Sprint(strings.TrimPrefix(e.Lifecycle.Id, "lcy_"), e.Seq))
		return nil
	})
	return seen, err
}

func TestFollowOverEveryBreak(t *testing.T) {
	for n := range len(whole) + 1 {
		t.Run(fmt.Sprintf("once after %d", n), func(t *testing.T) {
			s := newFakeServer(t, play(n), play(-1))
			seen, err := follow(t, s.quick(), Follow{})
			if err != nil || !slices.Equal(seen, whole) {
				t.Errorf("saw %v, %v; want %v", seen, err, whole)
			}
			if s.count() != 2 {
				t.Errorf("%d connections, want 2", s.count())
			}
		})
	}
	t.Run("after each entry", func(t *testing.T) {
		s := newFakeServer(t, play(1), play(1), play(1), play(1), play(1), play(1), play(1), play(-1))
		var told int
		seen, err := follow(t, s.quick(), Follow{Interrupted: func(error, time.Duration) { told++ }})
		if err != nil || !slices.Equal(seen, whole) {
			t.Errorf("saw %v, %v; want %v", seen, err, whole)
		}
		if told != len(whole) {
			t.Errorf("told of %d breaks, want %d", told, len(whole))
		}
	})
	t.Run("before the acknowledgement", func(t *testing.T) {
		s := newFakeServer(t, play(3), (*fakeSocket).drop, (*fakeSocket).drop, play(-1))
		if seen, err := follow(t, s.quick(), Follow{}); err != nil || !slices.Equal(seen, whole) {
			t.Errorf("saw %v, %v; want %v", seen, err, whole)
		}
	})
	for name, code := range map[string]int{
		"a server that restarts, or a role that fell": websocket.CloseServiceRestart, "a server that can't look tokens up": websocket.CloseTryAgainLater, "nobody who signed in": 4408,
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeServer(t, closing(code, "come back"), play(-1))
			if seen, err := follow(t, s.quick(), Follow{}); err != nil || !slices.Equal(seen, whole) {
				t.Errorf("saw %v, %v; want %v", seen, err, whole)
			}
		})
	}
}

func closing(code int, reason string) func(*fakeSocket) {
	return func(s *fakeSocket) {
		if s.start() {
			_ = s.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
		}
	}
}

func TestFollowDropsRepeats(t *testing.T) {
	s := newFakeServer(t, func(s *fakeSocket) {
		if !s.start() {
			return
		}
		for i, e := range journal() {
			s.send("next", e)
			s.send("next", journal()[max(0, i-2)])
		}
		s.send("complete", nil)
	})
	if seen, err := follow(t, s.quick(), Follow{}); err != nil || !slices.Equal(seen, whole) {
		t.Errorf("saw %v, %v; want %v", seen, err, whole)
	}
}

func TestFollowMendsAGapOnce(t *testing.T) {
	gap := func(s *fakeSocket) {
		if !s.start() {
			return
		}
		for i, e := range journal()[s.after:] {
			if s.after+i != 2 {
				s.send("next", e)
			}
		}
		s.send("complete", nil)
	}
	s := newFakeServer(t, gap, play(-1))
	if seen, err := follow(t, s.quick(), Follow{}); err != nil || !slices.Equal(seen, whole) {
		t.Errorf("saw %v, %v; want %v", seen, err, whole)
	}

	s = newFakeServer(t, gap)
	_, err := follow(t, s.quick(), Follow{})
	if g, ok := errors.AsType[*GapError](err); !ok || *g != (GapError{LifecycleID: "lcy_a", After: 1, Got: 3}) {
		t.Errorf("a gap that stays: %v", err)
	}
}

func TestFollowEnds(t *testing.T) {
	refuse := func(code, message string) func(*fakeSocket) {
		return func(s *fakeSocket) {
			if s.start() {
				s.send("error", []map[string]any{{"message": message, "extensions": map[string]any{"code": code, "argument": []any{"ids", 1}}}})
				s.read("nothing")
			}
		}
	}
	for name, test := range map[string]struct {
		script   func(*fakeSocket)
		code     Code
		argument string
	}{
		"an error":                {refuse("CURSOR_EXPIRED", "too old"), CodeCursorExpired, "ids[1]"},
		"a token that is no good": {closing(4403, "Forbidden"), CodeUnauthenticated, ""},
		"not signed in":           {closing(4401, "Unauthorized"), CodeUnauthenticated, ""},
		"a broken protocol":       {closing(4400, "Bad message"), CodeProtocol, ""},
		"an unknown message":      {func(s *fakeSocket) { s.send("hello", nil); s.read("nothing") }, CodeProtocol, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeServer(t, test.script)
			_, err := follow(t, s.quick(), Follow{})
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Code != test.code || e.Argument != test.argument {
				t.Errorf("got %#v (%v), want code %s", err, err, test.code)
			}
			if s.count() != 1 {
				t.Errorf("came back %d times for nothing", s.count()-1)
			}
		})
	}
	t.Run("a proxy that passes no upgrade on", func(t *testing.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
		defer s.Close()
		_, err := follow(t, New(s.URL), Follow{})
		if CodeOf(err) != CodeProtocol || !strings.Contains(err.Error(), "a proxy in between has to pass Upgrade and Connection on") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no server", func(t *testing.T) {
		if _, err := follow(t, New("http://127.0.0.1:1"), Follow{}); CodeOf(err) != CodeUnreachable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no lifecycles", func(t *testing.T) {
		if _, err := follow(t, New("http://127.0.0.1:1"), Follow{IDs: []string{}}); err != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the handler's error", func(t *testing.T) {
		enough := errors.New("enough")
		s := newFakeServer(t, play(-1))
		if err := s.quick().FollowLifecycles(t.Context(), Follow{}, func(Event) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the context", func(t *testing.T) {
		said := make(chan error, 1)
		s := newFakeServer(t, func(s *fakeSocket) {
			if s.start() {
				s.send("next", journal()[0])
				_, _, err := s.ReadMessage()
				said <- err
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		err := s.quick().FollowLifecycles(ctx, Follow{}, func(Event) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if err := <-said; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("the server heard %v, want an orderly close", err)
		}
	})
}

func TestFollowLeavesASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, func(s *fakeSocket) {
			if s.start() {
				s.send("next", journal()[0])
				s.read("nothing") // pings too stay without an answer
			}
		}, play(-1))
		c := s.quick()
		began := time.Now()
		if seen, err := follow(t, c, Follow{}); err != nil || !slices.Equal(seen, whole) {
			t.Errorf("saw %v, %v; want %v", seen, err, whole)
		}
		if took := time.Since(began); took < c.quiet || took > c.quiet+time.Second {
			t.Errorf("it waited for %s, want %s", took, c.quiet)
		}
	})
}

func TestFollowKeepsAQuietConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPipedServer(t, func(s *fakeSocket) {
			if !s.start() {
				return
			}
			s.send("ping", nil)
			if _, ok := s.read("pong"); !ok {
				t.Error("no pong")
			}
			for range 6 { // twice the silence that is allowed
				if _, ok := s.read("ping"); !ok {
					t.Error("no ping")
				}
				s.send("pong", nil)
			}
			for _, e := range journal() {
				s.send("next", e)
			}
			s.send("complete", nil)
			s.read("nothing")
		})
		if seen, err := follow(t, s.quick(), Follow{}); err != nil || !slices.Equal(seen, whole) {
			t.Errorf("saw %v, %v; want %v", seen, err, whole)
		}
		if s.count() != 1 {
			t.Errorf("%d connections, want 1", s.count())
		}
	})
}

func TestFollowSignsIn(t *testing.T) {
	s := newFakeServer(t, func(s *fakeSocket) {
		if s.token != "Bearer decnet_x" {
			t.Errorf("the token came as %q", s.token)
		}
		play(-1)(s)
	})
	if _, err := follow(t, s.quick(WithToken("decnet_x")), Follow{}); err != nil {
		t.Error(err)
	}
}

func TestInteractionsBeforeTheFirstCursor(t *testing.T) {
	interaction := func(n int) string {
		return fmt.Sprintf(`{"cursor":"at-%d","message":"m%d","at":"2026-11-23T12:00:00Z"}`, n, n)
	}
	send := func(s *fakeSocket, n int) {
		s.send("next", map[string]any{"data": map[string]any{"interactionRecorded": json.RawMessage(interaction(n))}})
	}
	s := newFakeServer(t,
		func(s *fakeSocket) { s.start(); s.drop() }, // the first one is recorded after this
		func(s *fakeSocket) {
			if s.start(); s.after != 1 {
				t.Errorf("went on from %d, want 1", s.after)
			}
			send(s, 2)
			s.drop()
		},
		func(s *fakeSocket) {
			if s.start(); s.after != 2 {
				t.Errorf("went on from %d, want 2", s.after)
			}
			send(s, 2) // a repeat
			send(s, 3)
			s.read("nothing")
		})
	s.queries = func(w http.ResponseWriter, _ *http.Request) {
		edges := ""
		if s.count() > 0 {
			edges = `{"node":` + interaction(1) + `}`
		}
		fmt.Fprintf(w, `{"data":{"interactions":{"edges":[%s],"pageInfo":{}}}}`, edges)
	}
	enough := errors.New("enough")
	var seen []string
	err := s.quick().FollowInteractions(t.Context(), Follow{}, func(i Interaction) error {
		if seen = append(seen, i.Message); len(seen) == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || !slices.Equal(seen, []string{"m1", "m2", "m3"}) {
		t.Errorf("saw %v, %v", seen, err)
	}
}

func TestBackoffGrowsWithinBounds(t *testing.T) {
	b := backoff{first: 100 * time.Millisecond, most: time.Second}
	for failures, want := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		want *= time.Millisecond
		for range 100 {
			if d := b.after(failures); d < want/2 || d > want {
				t.Fatalf("after %d failures it waits %s, want %s to %s", failures, d, want/2, want)
			}
		}
	}
	if d := b.after(1000); d > b.most {
		t.Errorf("after 1000 failures it waits %s", d)
	}
}
