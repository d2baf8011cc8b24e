package transport

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// HTTP answers one GraphQL request by POST or GET, as the GraphQL over HTTP
// specification says. GET runs queries only. A subscription needs [SSE] or
// [WebSocket].
//
// It supports every request that doesn't ask for a WebSocket, so that the
// wrong method or content type gets an answer that says so; add it last.
type HTTP struct {
	// MaxBody is the largest body read, in bytes; 0 means [DefaultMaxBody].
	MaxBody int64
	// BodyTimeout is how long a client may take to send the body; 0 means
	// [DefaultBodyTimeout].
	BodyTimeout time.Duration
	// Admit, when it is set, is asked before a body is read, and what it returns
	// is called when the body has been decoded; an error refuses the request.
	Admit func(r *http.Request) (done func(), refused *gqlerror.Error)
	// WriteTimeout is how long writing the answer may take before the client is
	// given up; 0 means [DefaultWriteTimeout].
	WriteTimeout time.Duration
	// Logger takes what no client is told, such as panics; nil means slog's default.
	Logger *slog.Logger
}

// DefaultWriteTimeout is how long a client may take to read an answer when
// nothing else is set.
const DefaultWriteTimeout = 30 * time.Second

var _ graphql.Transport = (*HTTP)(nil)

// Supports implements [graphql.Transport].
func (t *HTTP) Supports(r *http.Request) bool {
	return !websocket.IsWebSocketUpgrade(r)
}

// Do implements [graphql.Transport].
func (t *HTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer := &answer{w: w, r: r, mediaType: parseAccept(r).json(), timeout: t.WriteTimeout, logger: t.Logger}
	if answer.mediaType == "" {
		answer.mediaType = mediaJSON
		answer.refuse(refuse(http.StatusNotAcceptable, CodeBadUserInput, "responses are %s or %s", mediaResponse, mediaJSON))
		return
	}
	params, refused := readParams(w, r, bodyLimits{t.MaxBody, t.BodyTimeout, t.Admit})
	if refused != nil {
		answer.refuse(refused)
		return
	}
	answer.run(exec, params)
}

// answer is the one JSON response to one request.
type answer struct {
	w         http.ResponseWriter
	r         *http.Request
	mediaType string
	timeout   time.Duration // for writing it; 0 means DefaultWriteTimeout
	logger    *slog.Logger
}

func (a *answer) run(exec graphql.GraphExecutor, params *graphql.RawParams) {
	ctx := a.r.Context()
	opCtx, refused := prepare(ctx, exec, params, a.logger)
	if refused != nil {
		a.notExecuted(refused)
		return
	}
	a.execute(ctx, exec, opCtx)
}

func (a *answer) execute(ctx context.Context, exec graphql.GraphExecutor, opCtx *graphql.OperationContext) {
	defer func() {
		if value := recover(); value != nil {
			a.notExecuted(errorsOnly(recovered(ctx, opCtx, a.logger, value)))
		}
	}()
	if refused := refuseOperation(a.r, opCtx); refused != nil {
		a.refuse(refused)
		return
	}
	responses, ctx := exec.DispatchOperation(ctx, opCtx)
	resp := responses(ctx)
	switch {
	case resp == nil: // the client has gone
	case notExecuted(resp):
		a.notExecuted(resp)
	default:
		a.write(http.StatusOK, resp)
	}
}

// refuseOperation names the operations that a single HTTP response can't serve.
func refuseOperation(r *http.Request, opCtx *graphql.OperationContext) *refusal {
	operation := opCtx.Operation
	switch {
	case operation.Operation == ast.Subscription:
		return refuse(http.StatusNotAcceptable, CodeBadUserInput, "a subscription needs a WebSocket, or %s in Accept", mediaStream)
	case operation.Operation == ast.Mutation && r.Method == http.MethodGet:
		return refuseGetMutation()
	case defers(operation.SelectionSet, opCtx.Doc.Fragments):
		return refuse(http.StatusNotAcceptable, CodeBadUserInput, "@defer needs a WebSocket, or %s in Accept", mediaStream)
	}
	return nil
}

func refuseGetMutation() *refusal {
	refused := refuse(http.StatusMethodNotAllowed, CodeBadUserInput, "GET runs queries only: send a mutation by POST")
	refused.allow = http.MethodPost
	return refused
}

// defers tells whether @defer is used, which would need more than one response.
func defers(selections ast.SelectionSet, fragments ast.FragmentDefinitionList) bool {
	for _, selection := range selections {
		var inner ast.SelectionSet
		var directives ast.DirectiveList
		switch s := selection.(type) {
		case *ast.Field:
			inner = s.SelectionSet
		case *ast.InlineFragment:
			inner, directives = s.SelectionSet, s.Directives
		case *ast.FragmentSpread: // its body is looked at below: each fragment once
			directives = s.Directives
		}
		if directives.ForName("defer") != nil || defers(inner, nil) {
			return true
		}
	}
	for _, fragment := range fragments {
		if defers(fragment.SelectionSet, nil) {
			return true
		}
	}
	return false
}

func (a *answer) refuse(refused *refusal) {
	if refused.allow != "" {
		a.w.Header().Set("Allow", refused.allow)
	}
	a.write(refused.status, errorsOnly(refused.err))
}

// notExecuted answers with GraphQL's own errors. Clients that take the newer
// media type get a status that says so; the older one promises 200 for every
// well-formed request.
func (a *answer) notExecuted(resp *graphql.Response) {
	status := http.StatusOK
	if a.mediaType == mediaResponse {
		status = statusOf(resp.Errors)
	}
	a.write(status, resp)
}

func (a *answer) write(status int, resp *graphql.Response) {
	body, err := appendResponse(nil, resp)
	if err != nil {
		orDefault(a.logger).ErrorContext(a.r.Context(), "transport: response not encodable", "error", err)
		status = http.StatusInternalServerError
		body, _ = appendResponse(nil, errorsOnly(codedError(CodeInternal, "internal system error")))
	}
	header := a.w.Header()
	header.Set("Content-Type", a.mediaType+"; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	conn := http.NewResponseController(a.w)
	_ = conn.SetWriteDeadline(time.Now().Add(orDuration(a.timeout, DefaultWriteTimeout)))
	a.w.WriteHeader(status)
	// An error here is a client that has gone; nobody is left to tell.
	_, _ = a.w.Write(body)
	// What is left of it is in a buffer, and goes before the next request's deadline begins.
	_ = conn.Flush()
	_ = conn.SetWriteDeadline(time.Time{})
}
