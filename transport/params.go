package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// DefaultMaxBody is the largest request body read when no other limit is set,
// in bytes.
const DefaultMaxBody = 256 << 10

// DefaultBodyTimeout is how long a client may take to send its request's body
// when nothing else is set.
const DefaultBodyTimeout = 10 * time.Second

// bodyLimits are what a request's body may be.
type bodyLimits struct {
	size int64         // bytes; 0 means DefaultMaxBody
	time time.Duration // 0 means DefaultBodyTimeout
	// admit is asked before a body is read; done is called when it has been decoded.
	admit func(r *http.Request) (done func(), refused *gqlerror.Error)
}

// refusal is a request that is turned away before GraphQL sees it.
type refusal struct {
	status int
	allow  string // value of the Allow header, when the method was at fault
	err    *gqlerror.Error
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, err: codedError(code, format, args...)}
}

func refuseStopping() *refusal {
	return refuse(http.StatusServiceUnavailable, CodeInternal, "the server is stopping")
}

func badRequest(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, CodeBadUserInput, format, args...)
}

// readParams reads the GraphQL request out of a GET's URL or a POST's body.
func readParams(w http.ResponseWriter, r *http.Request, limits bodyLimits) (*graphql.RawParams, *refusal) {
	start := graphql.Now()
	var params *graphql.RawParams
	var refused *refusal
	switch r.Method {
	case http.MethodGet:
		params, refused = readURL(r)
	case http.MethodPost:
		params, refused = readBody(w, r, limits)
	default:
		refused = refuse(http.StatusMethodNotAllowed, CodeBadUserInput, "GraphQL is served by POST and GET, not %s", r.Method)
		refused.allow = "GET, POST"
	}
	if refused != nil {
		return nil, refused
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return params, nil
}

// readBody demands application/json. A browser asks the server first before it
// sends that type from another site, so no form on a hostile page can act for
// a user who is logged in.
func readBody(w http.ResponseWriter, r *http.Request, limits bodyLimits) (*graphql.RawParams, *refusal) {
	mediaType, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := attributes["charset"]
	if err != nil || mediaType != mediaJSON || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return nil, refuse(http.StatusUnsupportedMediaType, CodeBadUserInput, "the body must be application/json in UTF-8")
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, refuse(http.StatusUnsupportedMediaType, CodeBadUserInput, "the body must not be compressed")
	}
	if limits.admit != nil {
		done, err := limits.admit(r)
		if err != nil {
			return nil, &refusal{status: statusOf(gqlerror.List{err}), err: err}
		}
		defer done()
	}
	maxBody := limits.size
	if maxBody <= 0 {
		maxBody = DefaultMaxBody
	}
	// The deadline is the connection's: a stream that follows must not end by it. Some writers (of tests) have none to set.
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(orDuration(limits.time, DefaultBodyTimeout)))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if errors.Is(err, os.ErrDeadlineExceeded) { // the deadline stays: nobody waits for the rest of the body either
		w.Header().Set("Connection", "close")
		return nil, refuse(http.StatusRequestTimeout, CodeLimitExceeded, "the body came too slowly")
	}
	_ = conn.SetReadDeadline(time.Time{})
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, refuse(http.StatusRequestEntityTooLarge, CodeLimitExceeded, "the body is larger than %d bytes", maxBody)
	}
	if err != nil {
		return nil, badRequest("the body could not be read")
	}
	params, err := decodeParams(body)
	if err != nil {
		return nil, badRequest("%s", err)
	}
	return params, nil
}

func readURL(r *http.Request) (*graphql.RawParams, *refusal) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the URL's query could not be parsed")
	}
	params := &graphql.RawParams{Query: query.Get("query"), OperationName: query.Get("operationName")}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := query.Get(name); text != "" {
			if *into, err = decodeMap([]byte(text)); err != nil {
				return nil, badRequest("%s %s", name, err)
			}
		}
	}
	if err := checkQuery(params); err != nil {
		return nil, badRequest("%s", err)
	}
	return params, nil
}

// decodeParams decodes the JSON object of a GraphQL request. It is stricter
// than a plain Unmarshal: names match exactly, values have the type that the
// specification gives them, and nothing follows the object.
func decodeParams(body []byte) (*graphql.RawParams, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, errors.New("the request is empty")
	}
	if body[0] == '[' {
		return nil, errors.New("batches are not supported: send one operation a request")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, errors.New("the request must be a JSON object")
	}
	params := &graphql.RawParams{}
	var err error
	if params.Query, err = decodeString(fields["query"]); err != nil {
		return nil, fmt.Errorf("query %w", err)
	}
	if params.OperationName, err = decodeString(fields["operationName"]); err != nil {
		return nil, fmt.Errorf("operationName %w", err)
	}
	if params.Variables, err = decodeMap(fields["variables"]); err != nil {
		return nil, fmt.Errorf("variables %w", err)
	}
	if params.Extensions, err = decodeMap(fields["extensions"]); err != nil {
		return nil, fmt.Errorf("extensions %w", err)
	}
	return params, checkQuery(params)
}

// checkQuery demands a document, or the persisted one that stands in for it.
func checkQuery(params *graphql.RawParams) error {
	if params.Query == "" && params.Extensions["persistedQuery"] == nil {
		return errors.New("query is missing")
	}
	return nil
}

func decodeString(raw json.RawMessage) (string, error) {
	if absent(raw) {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", errors.New("must be a string")
	}
	return s, nil
}

// decodeMap keeps numbers as they were written, so that no digit of a 64-bit
// variable is lost.
func decodeMap(raw json.RawMessage) (map[string]any, error) {
	if absent(raw) {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var m map[string]any
	err := decoder.Decode(&m)
	if _, end := decoder.Token(); err != nil || end != io.EOF {
		return nil, errors.New("must be a JSON object")
	}
	return m, nil
}

func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}
