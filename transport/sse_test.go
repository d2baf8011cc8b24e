package transport_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"

	"decnet/transport"
	"decnet/transport/internal/testschema"
)

const mediaStream = "text/event-stream"

// open posts a query for a stream of events.
func open(t *testing.T, client *http.Client, url, query string, headers ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", mediaJSON)
	request.Header.Set("Accept", mediaStream)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// expectStream reads a stream to its end.
func expectStream(t *testing.T, response *http.Response, want string) {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); response.StatusCode != 200 || !strings.HasPrefix(got, mediaStream) {
		t.Errorf("%d %s", response.StatusCode, got)
	}
	if string(body) != want {
		t.Errorf("got  %q\nwant %q", body, want)
	}
}

func TestSSEStreamsEventsWithIDsAndComplete(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	expectStream(t, open(t, http.DefaultClient, url, "subscription{count(to:2)}"), ":\n\n"+
		"event: next\nid: 1\ndata: {\"data\":{\"count\":1}}\n\n"+
		"event: next\nid: 2\ndata: {\"data\":{\"count\":2}}\n\n"+
		"event: complete\ndata:\n\n")
}

func TestSSEResumesAfterLastEventID(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	expectStream(t, open(t, http.DefaultClient, url, "subscription{count(to:3)}", "Last-Event-ID", "2"), ":\n\n"+
		"event: next\nid: 3\ndata: {\"data\":{\"count\":3}}\n\n"+
		"event: complete\ndata:\n\n")
}

func TestSSEByGet(t *testing.T) {
	base := serveHTTP(t, testschema.New())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		base+"?"+url.Values{"query": {"subscription($n:Int!){count(to:$n)}"}, "variables": {`{"n":1}`}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", mediaStream)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	expectStream(t, response, ":\n\nevent: next\nid: 1\ndata: {\"data\":{\"count\":1}}\n\nevent: complete\ndata:\n\n")

	answer := get(t, base, url.Values{"query": {"mutation{set(value:1)}"}}, "Accept", mediaStream)
	if answer.status != 405 || answer.header.Get("Allow") != "POST" {
		t.Errorf("mutation by GET: %d %s", answer.status, answer.body)
	}
}

func TestSSEErrorsAreEvents(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	for query, want := range map[string]string{
		"{nothing}":             "Cannot query field",
		"subscription{refused}": "no stream",
		"{panics}":              "INTERNAL",
	} {
		body, err := io.ReadAll(open(t, http.DefaultClient, url, query).Body)
		if err != nil {
			t.Fatal(err)
		}
		text := string(body)
		if !strings.HasPrefix(text, ":\n\nevent: next\ndata: {\"errors\":[{") || !strings.Contains(text, want) ||
			!strings.HasSuffix(text, "event: complete\ndata:\n\n") || strings.Contains(text, `"data":`) || strings.Contains(text, "secret") {
			t.Errorf("%s: %q", query, text)
		}
	}
	expectStream(t, open(t, http.DefaultClient, url, "subscription{breaks}"), ":\n\n"+
		"event: next\ndata: {\"data\":{\"breaks\":1}}\n\n"+
		"event: next\ndata: {\"errors\":[{\"message\":\"it broke\",\"path\":[\"breaks\"]}]}\n\n"+
		"event: complete\ndata:\n\n")
}

func TestSSEMalformedRequestsGetAStatus(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	if answer := post(t, url, `{`, "Accept", mediaStream); answer.status != 400 || answer.code() != "BAD_USER_INPUT" {
		t.Errorf("no JSON: %d %s", answer.status, answer.body)
	}
	if answer := post(t, url, `{}`, "Accept", mediaStream, "Content-Type", "text/plain"); answer.status != 415 {
		t.Errorf("text/plain: %d %s", answer.status, answer.body)
	}
}

func TestSSESingleResponseForClientsThatTakeBoth(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	both := mediaResponse + ", " + mediaJSON + ", " + mediaStream
	if answer := post(t, url, `{"query":"{hello}"}`, "Accept", both); answer.body != `{"data":{"hello":"world"}}` {
		t.Errorf("query: %s", answer.body)
	}
	if answer := post(t, url, `{"query":"{"}`, "Accept", both); answer.status != 400 {
		t.Errorf("parse error: %d %s", answer.status, answer.body)
	}
	expectStream(t, open(t, http.DefaultClient, url, "subscription{count(to:1)}", "Accept", both),
		":\n\nevent: next\nid: 1\ndata: {\"data\":{\"count\":1}}\n\nevent: complete\ndata:\n\n")
}

func TestSSEIDCanNotBreakItsLine(t *testing.T) {
	schema := testschema.New()
	schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any)
		go func() {
			defer close(out)
			_ = transport.Send[any](ctx, out, "1\ndata: forged", "a") && transport.Send[any](ctx, out, "2", "b\nc")
		}()
		return out, nil
	}
	expectStream(t, open(t, http.DefaultClient, serveHTTP(t, schema), "subscription{feed}"), ":\n\n"+
		"event: next\ndata: {\"data\":{\"feed\":\"a\"}}\n\n"+
		"event: next\nid: 2\ndata: {\"data\":{\"feed\":\"b\\nc\"}}\n\n"+
		"event: complete\ndata:\n\n")
}

// TestSSEIDsMatchEventsThatWait has a resolver that runs ahead of the client.
func TestSSEIDsMatchEventsThatWait(t *testing.T) {
	schema := testschema.New()
	schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
		out := make(chan any, 3)
		for _, id := range []string{"a", "", "c"} {
			transport.Send[any](ctx, out, id, "event "+id)
		}
		close(out)
		return out, nil
	}
	expectStream(t, open(t, http.DefaultClient, serveHTTP(t, schema), "subscription{feed}"), ":\n\n"+
		"event: next\nid: a\ndata: {\"data\":{\"feed\":\"event a\"}}\n\n"+
		"event: next\ndata: {\"data\":{\"feed\":\"event \"}}\n\n"+
		"event: next\nid: c\ndata: {\"data\":{\"feed\":\"event c\"}}\n\n"+
		"event: complete\ndata:\n\n")
}

// serveSSE serves the schema's feed by SSE, under a context that a test may end.
func serveSSE(t *testing.T, sse *transport.SSE) (url string, end context.CancelFunc) {
	t.Helper()
	srv := handler.New(silentFeed())
	srv.AddTransport(sse)
	base, end := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(base, cancel)()
		srv.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(server.Close)
	return server.URL, end
}

func TestSSEContextThatEndsSendsNoComplete(t *testing.T) {
	url, end := serveSSE(t, &transport.SSE{})
	response := open(t, http.DefaultClient, url, "subscription{feed}")
	end()
	expectStream(t, response, ":\n\n")
}

func TestSSEShutdownSendsNoComplete(t *testing.T) {
	sse := &transport.SSE{}
	url, _ := serveSSE(t, sse)
	response := open(t, http.DefaultClient, url, "subscription{feed}")
	if err := sse.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectStream(t, response, ":\n\n")
	if answer := post(t, url, `{"query":"subscription{feed}"}`, "Accept", mediaStream); answer.status != 503 {
		t.Errorf("after shutdown: %d %s", answer.status, answer.body)
	}
}

func TestSSETooManyStreamsAreAnswered503(t *testing.T) {
	url, _ := serveSSE(t, &transport.SSE{MaxStreams: 1})
	first := open(t, http.DefaultClient, url, "subscription{feed}")
	answer := post(t, url, `{"query":"subscription{feed}"}`, "Accept", mediaStream)
	if answer.status != 503 || answer.code() != "LIMIT_EXCEEDED" {
		t.Errorf("%d %s", answer.status, answer.body)
	}
	first.Body.Close()
	eventually(t, "the place is free", func() bool {
		return open(t, http.DefaultClient, url, "{hello}").StatusCode == 200
	})
}

// pipedClient is an HTTP client inside a bubble.
func pipedClient(t *testing.T, server *endpoint) *http.Client {
	t.Helper()
	network := &http.Transport{DialContext: server.dial}
	t.Cleanup(network.CloseIdleConnections)
	return &http.Client{Transport: network}
}

func TestSSEKeepsAnIdleStreamAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := servePipes(t, silentFeed(), &transport.SSE{KeepAlive: 10 * time.Second})
		response := open(t, pipedClient(t, server), server.http, "subscription{feed}")
		defer response.Body.Close()
		start := time.Now()
		lines := bufio.NewScanner(response.Body)
		for comments := 0; comments < 4 && lines.Scan(); {
			if lines.Text() == ":" {
				comments++
			}
		}
		expectElapsed(t, start, 30*time.Second) // the first comes at once
	})
}

func TestSSEClientThatStopsReadingIsDroppedAtTheWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		schema := testschema.New()
		ended := make(chan struct{})
		schema.Sources["feed"] = func(ctx context.Context, _ map[string]any) (<-chan any, error) {
			out := make(chan any)
			go func() {
				defer close(ended)
				defer close(out)
				for transport.Send[any](ctx, out, "", strings.Repeat("x", 95_000)) {
				}
			}()
			return out, nil
		}
		server := servePipes(t, schema, &transport.SSE{WriteTimeout: 4 * time.Second})
		conn, err := server.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		body := `{"query":"subscription{feed}"}`
		request := "POST / HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n" + body
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		<-ended // and nothing was read
		expectElapsed(t, start, 4*time.Second)
	})
}
