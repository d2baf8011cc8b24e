package engine

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Guarded is an engine whose panics are failures like any other: an engine that trips over one decky must not take the server, and so the work on all the others, with it.
func Guarded(e Engine, log *slog.Logger) Engine { return &guarded{e, log} }

type guarded struct {
	Engine
	log *slog.Logger
}

// caught turns a panic into the call's error.
func (g *guarded) caught(ctx context.Context, call string, err *error) {
	if p := recover(); p != nil {
		g.log.ErrorContext(ctx, "the engine panicked", "call", call, "panic", p, "stack", string(debug.Stack()))
		*err = &Error{Code: Failed, Message: "the engine panicked", Detail: fmt.Sprint(p)}
	}
}

func (g *guarded) Ensure(ctx context.Context, d Decky, p Progress) (o Observed, err error) {
	defer g.caught(ctx, "Ensure", &err)
	return g.Engine.Ensure(ctx, d, p)
}

func (g *guarded) Apply(ctx context.Context, d Decky, p Progress) (o Observed, err error) {
	defer g.caught(ctx, "Apply", &err)
	return g.Engine.Apply(ctx, d, p)
}

func (g *guarded) Remove(ctx context.Context, r Ref, p Progress) (err error) {
	defer g.caught(ctx, "Remove", &err)
	return g.Engine.Remove(ctx, r, p)
}

func (g *guarded) Observe(ctx context.Context) (all []Observed, err error) {
	defer g.caught(ctx, "Observe", &err)
	return g.Engine.Observe(ctx)
}
