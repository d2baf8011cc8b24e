package lifecycle

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"decnet/ent"
)

// A lifecycle has a trace of its own: its first span is its acceptance, which is linked to the request that asked for it, and every attempt, engine call and send
// is a child of that, also in another process after a crash. The row keeps the W3C traceparent. Without a tracer all of it is a no-op.
var (
	tracer = otel.Tracer("decnet/lifecycle")
	w3c    = propagation.TraceContext{}
)

const parentKey = "traceparent"

// accepted begins a lifecycle's trace. parent is for the row; "" when nobody traces.
func accepted(ctx context.Context, n New) (parent string, span trace.Span) {
	ctx, span = tracer.Start(ctx, "lifecycle "+string(n.Operation), trace.WithNewRoot(), trace.WithLinks(trace.LinkFromContext(ctx)), trace.WithAttributes(
		attribute.String("decnet.decky", n.Decky.Name), attribute.String("decnet.deployment", n.Deployment), attribute.String("decnet.trigger", string(n.Trigger)),
	))
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	return carrier[parentKey], span
}

// TraceContext puts a lifecycle's trace into a context.
func TraceContext(ctx context.Context, lc *ent.Lifecycle) context.Context {
	if lc == nil || lc.TraceParent == "" {
		return ctx
	}
	return w3c.Extract(ctx, propagation.MapCarrier{parentKey: lc.TraceParent})
}

// TraceID is a lifecycle's trace ID in hex, "" when it is not traced.
func TraceID(lc *ent.Lifecycle) string {
	if lc.TraceParent == "" {
		return ""
	}
	return trace.SpanContextFromContext(TraceContext(context.Background(), lc)).TraceID().String()
}

// Sending is a span of sending an entry to one subscriber.
func Sending(ctx context.Context, e *Event) trace.Span {
	if e.Lifecycle.TraceParent == "" {
		return trace.SpanFromContext(context.Background())
	}
	_, span := tracer.Start(TraceContext(ctx, e.Lifecycle), "send "+string(e.Status), trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(attribute.Int("decnet.seq", e.Seq)))
	return span
}

// endAttempt ends an attempt's span.
func endAttempt(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}
