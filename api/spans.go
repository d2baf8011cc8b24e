package api

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var tracer = otel.Tracer("decnet/api")

// traced takes up the trace that a request says it belongs to.
func traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(otel.GetTextMapPropagator().Extract(r.Context(), propagation.HeaderCarrier(r.Header))))
	})
}

// spans makes each query and mutation a span. A subscription is none: it has no end worth a span, and what it sends is in the traces of the lifecycles.
type spans struct{}

var (
	_ graphql.HandlerExtension    = spans{}
	_ graphql.ResponseInterceptor = spans{}
)

// ExtensionName names the spans to gqlgen.
func (spans) ExtensionName() string { return "Spans" }

// Validate has nothing to check.
func (spans) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse spans an operation.
func (spans) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	op := graphql.GetOperationContext(ctx).Operation
	if op == nil || op.Operation == ast.Subscription {
		return next(ctx)
	}
	ctx, span := tracer.Start(ctx, string(op.Operation)+" "+first(op.SelectionSet), trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	resp := next(ctx)
	if resp != nil && len(resp.Errors) > 0 {
		span.SetStatus(codes.Error, resp.Errors[0].Message)
	}
	return resp
}

// first is an operation's first field: its name is the client's, and may be anything.
func first(set ast.SelectionSet) string {
	for _, s := range set {
		if f, ok := s.(*ast.Field); ok {
			return f.Name
		}
	}
	return "operation"
}
