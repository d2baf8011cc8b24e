package transport_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/transport"
	"decnet/transport/internal/testschema"
)

const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
)

// serveHTTP serves the test schema by HTTP and SSE, with extensions of gqlgen.
func serveHTTP(t *testing.T, schema *testschema.Schema, extensions ...graphql.HandlerExtension) string {
	t.Helper()
	srv := handler.New(schema)
	for _, extension := range extensions {
		srv.Use(extension)
	}
	srv.AddTransport(&transport.SSE{})
	srv.AddTransport(&transport.HTTP{MaxBody: 4096})
	server := httptest.NewServer(srv)
	t.Cleanup(server.Close)
	return server.URL
}

type httpAnswer struct {
	status int
	header http.Header
	body   string
	parsed struct {
		Errors []struct {
			Message    string         `json:"message"`
			Extensions map[string]any `json:"extensions"`
		} `json:"errors"`
		Data *json.RawMessage `json:"data"`
	}
}

func (a *httpAnswer) code() any {
	if len(a.parsed.Errors) == 0 {
		return nil
	}
	return a.parsed.Errors[0].Extensions["code"]
}

func do(t *testing.T, request *http.Request) *httpAnswer {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := &httpAnswer{status: response.StatusCode, header: response.Header, body: string(body)}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &answer.parsed); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	}
	return answer
}

// post sends a body; headers are pairs of name and value.
func post(t *testing.T, url, body string, headers ...string) *httpAnswer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", mediaJSON)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return do(t, request)
}

func get(t *testing.T, base string, query url.Values, headers ...string) *httpAnswer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return do(t, request)
}

func TestHTTPAnswersInTheAcceptedType(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	for _, test := range []struct{ accept, want string }{
		{"", mediaJSON},
		{"*/*", mediaJSON},
		{"application/*", mediaJSON},
		{mediaJSON, mediaJSON},
		{mediaResponse, mediaResponse},
		{mediaResponse + ", " + mediaJSON + ";q=0.9", mediaResponse},
		{mediaJSON + ", " + mediaResponse, mediaJSON},
		{mediaResponse + ";q=0.5, " + mediaJSON, mediaJSON},
		{mediaResponse + ", " + mediaJSON + ", text/event-stream", mediaResponse},
	} {
		answer := post(t, url, `{"query":"{hello}"}`, "Accept", test.accept)
		if got := answer.header.Get("Content-Type"); got != test.want+"; charset=utf-8" || answer.status != 200 {
			t.Errorf("accept %q: %d %s", test.accept, answer.status, got)
		}
		if answer.body != `{"data":{"hello":"world"}}` {
			t.Errorf("accept %q: %s", test.accept, answer.body)
		}
	}
	if answer := post(t, url, `{"query":"{hello}"}`, "Accept", "text/html"); answer.status != 406 || answer.code() != "BAD_USER_INPUT" {
		t.Errorf("accept text/html: %d %s", answer.status, answer.body)
	}
}

func TestHTTPRefusesMalformedRequests(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	for _, test := range []struct {
		name, body, contentType string
		status                  int
		code, message           string
	}{
		{"form", `query={hello}`, "application/x-www-form-urlencoded", 415, "BAD_USER_INPUT", "application/json"},
		{"text", `{"query":"{hello}"}`, "text/plain", 415, "BAD_USER_INPUT", "application/json"},
		{"latin-1", `{"query":"{hello}"}`, "application/json; charset=iso-8859-1", 415, "BAD_USER_INPUT", "UTF-8"},
		{"no JSON", `{"query":`, mediaJSON, 400, "BAD_USER_INPUT", "JSON object"},
		{"trailing", `{"query":"{hello}"}{}`, mediaJSON, 400, "BAD_USER_INPUT", "JSON object"},
		{"empty", ``, mediaJSON, 400, "BAD_USER_INPUT", "empty"},
		{"batch", `[{"query":"{hello}"}]`, mediaJSON, 400, "BAD_USER_INPUT", "batches are not supported"},
		{"no query", `{"Query":"{hello}"}`, mediaJSON, 400, "BAD_USER_INPUT", "query is missing"},
		{"variables", `{"query":"{hello}","variables":[1]}`, mediaJSON, 400, "BAD_USER_INPUT", "variables must be a JSON object"},
		{"too large", `{"query":"{hello}","extensions":{"x":"` + strings.Repeat("x", 5000) + `"}}`, mediaJSON, 413, "LIMIT_EXCEEDED", "4096"},
		{"subscription", `{"query":"subscription{count(to:1)}"}`, mediaJSON, 406, "BAD_USER_INPUT", "event-stream"},
		{"defer", `{"query":"{...{...f}} fragment f on Query{... @defer{hello}}"}`, mediaJSON, 406, "BAD_USER_INPUT", "@defer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := post(t, url, test.body, "Content-Type", test.contentType)
			if answer.status != test.status || answer.code() != test.code || !strings.Contains(answer.body, test.message) {
				t.Errorf("%d %s", answer.status, answer.body)
			}
			if answer.parsed.Data != nil || strings.Contains(answer.body, `"data"`) {
				t.Errorf("data in %s", answer.body)
			}
		})
	}
}

func TestHTTPStatusOfWhatGraphQLTurnsAway(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	for name, body := range map[string]string{
		"parse":      `{"query":"{"}`,
		"validation": `{"query":"{nothing}"}`,
		"variables":  `{"query":"query($t:String!){echo(text:$t)}","variables":{"t":null}}`,
	} {
		if answer := post(t, url, body, "Accept", mediaJSON); answer.status != 200 || strings.Contains(answer.body, `"data"`) {
			t.Errorf("%s, JSON: %d %s", name, answer.status, answer.body)
		}
		if answer := post(t, url, body, "Accept", mediaResponse); answer.status != 400 || strings.Contains(answer.body, `"data"`) {
			t.Errorf("%s, GraphQL response: %d %s", name, answer.status, answer.body)
		}
	}
}

func TestHTTPStatusOfWhatAnExtensionTurnsAway(t *testing.T) {
	for code, status := range map[string]int{
		"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "RATE_LIMITED": 429, "INTERNAL": 500, "LIMIT_EXCEEDED": 400,
	} {
		gate := handler.OperationFunc(func(context.Context, graphql.OperationHandler) graphql.ResponseHandler {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{Message: "no", Extensions: map[string]any{"code": code}}}})
		})
		url := serveHTTP(t, testschema.New(), gate)
		answer := post(t, url, `{"query":"{hello}"}`, "Accept", mediaResponse)
		if answer.status != status || answer.code() != code || strings.Contains(answer.body, `"data"`) {
			t.Errorf("%s: %d %s", code, answer.status, answer.body)
		}
	}
}

func TestHTTPPersistedQuery(t *testing.T) {
	url := serveHTTP(t, testschema.New(), extension.AutomaticPersistedQuery{Cache: graphql.MapCache[string]{}})
	// The hash of {hello}.
	const hash = `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"9dd7ff987fac8d0d1979084ebde5ce8bd855cd066d1a34e98432275cc6bc264c"}}`
	if answer := post(t, url, `{`+hash+`}`); answer.code() != "PERSISTED_QUERY_NOT_FOUND" {
		t.Errorf("unknown: %d %s", answer.status, answer.body)
	}
	for _, body := range []string{`{"query":"{hello}",` + hash + `}`, `{` + hash + `}`} {
		if answer := post(t, url, body); answer.body != `{"data":{"hello":"world"}}` {
			t.Errorf("%s: %d %s", body, answer.status, answer.body)
		}
	}
}

// unencodable is an extension that puts into each response what JSON has no
// words for.
type unencodable struct{}

func (unencodable) ExtensionName() string                   { return "Unencodable" }
func (unencodable) Validate(graphql.ExecutableSchema) error { return nil }
func (unencodable) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	graphql.RegisterExtension(ctx, "channel", make(chan int))
	return next(ctx)
}

func TestUnencodableResponseIsAnInternalError(t *testing.T) {
	url := serveHTTP(t, testschema.New(), unencodable{})
	if answer := post(t, url, `{"query":"{hello}"}`); answer.status != 500 || answer.code() != "INTERNAL" {
		t.Errorf("HTTP: %d %s", answer.status, answer.body)
	}
	expectStream(t, open(t, http.DefaultClient, url, "{hello}"), ":\n\n"+
		"event: next\ndata: {\"errors\":[{\"message\":\"internal system error\",\"extensions\":{\"code\":\"INTERNAL\"}}]}\n\n"+
		"event: complete\ndata:\n\n")
}

func TestResponseExtensionsAreSent(t *testing.T) {
	cost := handler.ResponseFunc(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		graphql.RegisterExtension(ctx, "cost", 3)
		return next(ctx)
	})
	answer := post(t, serveHTTP(t, testschema.New(), cost), `{"query":"{hello}"}`)
	if answer.body != `{"data":{"hello":"world"},"extensions":{"cost":3}}` {
		t.Error(answer.body)
	}
}

func TestHTTPFieldErrorsAreExecuted(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	answer := post(t, url, `{"query":"{fails hello}"}`, "Accept", mediaResponse)
	if answer.status != 200 || answer.parsed.Data == nil || len(answer.parsed.Errors) != 1 {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

func TestHTTPPanicTellsNothing(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	answer := post(t, url, `{"query":"{panics}"}`, "Accept", mediaResponse)
	if answer.status != 500 || answer.code() != "INTERNAL" || strings.Contains(answer.body, "secret") {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

func TestHTTPGetRunsQueriesOnly(t *testing.T) {
	base := serveHTTP(t, testschema.New())
	answer := get(t, base, url.Values{"query": {"query($t:String!){echo(text:$t)}"}, "variables": {`{"t":"x"}`}})
	if answer.status != 200 || answer.body != `{"data":{"echo":"x"}}` {
		t.Errorf("query: %d %s", answer.status, answer.body)
	}
	answer = get(t, base, url.Values{"query": {"mutation{set(value:1)}"}})
	if answer.status != 405 || answer.header.Get("Allow") != "POST" || answer.code() != "BAD_USER_INPUT" {
		t.Errorf("mutation: %d %s", answer.status, answer.body)
	}
	answer = get(t, base, url.Values{"query": {"{hello}"}, "variables": {`{} x`}})
	if answer.status != 400 || !strings.Contains(answer.body, "variables must be a JSON object") {
		t.Errorf("variables: %d %s", answer.status, answer.body)
	}
}

func TestHTTPOtherMethods(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	for method, status := range map[string]int{http.MethodPut: 405, http.MethodDelete: 405, http.MethodOptions: 204} {
		request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer := do(t, request); answer.status != status || answer.header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d %v", method, answer.status, answer.header)
		}
	}
}

func TestHTTPKeepsLongNumbers(t *testing.T) {
	url := serveHTTP(t, testschema.New())
	answer := post(t, url, `{"query":"mutation($v:Int!){set(value:$v)}","variables":{"v":9007199254740993}}`)
	if answer.body != `{"data":{"set":9007199254740993}}` {
		t.Error(answer.body)
	}
}
