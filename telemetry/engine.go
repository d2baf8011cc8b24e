package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"decnet/engine"
)

var tracer = otel.Tracer("decnet/telemetry")

// measured is an engine whose calls are counted, and are spans of the trace that they belong to.
type measured struct {
	engine.Engine
	metrics *Metrics
}

// Engine wraps an engine.
func (m *Metrics) Engine(e engine.Engine) engine.Engine { return &measured{e, m} }

func (e *measured) begin(ctx context.Context, call string, r engine.Ref) (context.Context, func(error)) {
	began := time.Now()
	ctx, span := tracer.Start(ctx, "engine "+call, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("decnet.engine", e.Name()), attribute.String("decnet.decky", r.Name), attribute.String("decnet.deployment", r.Deployment)))
	return ctx, func(err error) {
		e.metrics.called(call, began, err)
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// Ensure measures the engine's.
func (e *measured) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	ctx, end := e.begin(ctx, "ensure", d.Ref)
	o, err := e.Engine.Ensure(ctx, d, p)
	end(err)
	return o, err
}

// Apply measures the engine's.
func (e *measured) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	ctx, end := e.begin(ctx, "apply", d.Ref)
	o, err := e.Engine.Apply(ctx, d, p)
	end(err)
	return o, err
}

// Remove measures the engine's.
func (e *measured) Remove(ctx context.Context, r engine.Ref, p engine.Progress) error {
	ctx, end := e.begin(ctx, "remove", r)
	err := e.Engine.Remove(ctx, r, p)
	end(err)
	return err
}

// Observe measures the engine's.
func (e *measured) Observe(ctx context.Context) ([]engine.Observed, error) {
	ctx, end := e.begin(ctx, "observe", engine.Ref{})
	o, err := e.Engine.Observe(ctx)
	end(err)
	return o, err
}
