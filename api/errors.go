package api

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"decnet/auth"
	"decnet/cursor"
	"decnet/ent"
	"decnet/fleet"
	"decnet/pid"
)

// presenter words errors for clients: a documented code in extensions.code, the path of the argument at fault in extensions.argument, and nothing of
// the server's inside. What is INTERNAL bears an ID that finds it in the log.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		out := graphql.DefaultErrorPresenter(ctx, err)
		if out.Extensions["code"] != nil {
			return out
		}
		code, facts := codeOf(ctx, err, out)
		if context.Cause(ctx) == errTooLong { //nolint:errorlint // it is set as it is
			out.Message, code, facts = errTooLong.Error(), "LIMIT_EXCEEDED", map[string]any{"limit": "time"}
		}
		if code == "" {
			id := string(pid.New("err"))
			level := slog.LevelError
			if ctx.Err() != nil && errors.Is(err, context.Canceled) { // nobody waits for the answer any more: nothing failed
				level = slog.LevelDebug
			}
			log.Log(ctx, level, "a request failed", "errorId", id, "error", err, "path", out.Path.String())
			out.Message, code, facts = "the server failed; its log has the reason under this ID: "+id, "INTERNAL", map[string]any{"errorId": id}
		}
		ext := map[string]any{"code": code}
		maps.Copy(ext, facts)
		out.Extensions = ext
		return out
	}
}

// emptyConditions are what Ent says of a condition that holds nothing, within another.
var emptyConditions = []error{
	ent.ErrEmptyAttackerWhereInput,
	ent.ErrEmptyAuditEntryWhereInput,
	ent.ErrEmptyCredentialWhereInput,
	ent.ErrEmptyDeckyWhereInput,
	ent.ErrEmptyDeploymentWhereInput,
	ent.ErrEmptyInteractionWhereInput,
	ent.ErrEmptyLifecycleWhereInput,
	ent.ErrEmptySessionWhereInput,
	ent.ErrEmptyTouchWhereInput,
}

func codeOf(ctx context.Context, err error, out *gqlerror.Error) (code string, facts map[string]any) {
	if refused, ok := errors.AsType[*fleet.Error](err); ok {
		facts = maps.Clone(refused.Facts)
		if refused.Path != nil {
			if facts == nil {
				facts = map[string]any{}
			}
			facts["argument"] = refused.Path
		}
		return string(refused.Code), facts
	}
	switch {
	case errors.Is(err, cursor.ErrExpired):
		return "CURSOR_EXPIRED", nil
	case errors.Is(err, auth.ErrWrongPassword):
		return "UNAUTHENTICATED", nil
	case errors.Is(err, auth.ErrTooMany):
		return "RATE_LIMITED", nil
	case errors.Is(err, auth.ErrTooManyTokens):
		return "LIMIT_EXCEEDED", nil
	case errors.Is(err, auth.ErrNoUser), errors.Is(err, auth.ErrNoToken):
		return string(fleet.NotFound), nil
	case errors.Is(err, auth.ErrUserExists), errors.Is(err, auth.ErrLastAdmin):
		return string(fleet.Conflict), nil
	case errors.Is(err, auth.ErrNotCurrent): // no UNAUTHENTICATED, by which clients know that their token is over
		return string(fleet.BadUserInput), map[string]any{"argument": []any{"current"}}
	case errors.Is(err, auth.ErrSamePassword):
		return string(fleet.BadUserInput), map[string]any{"argument": []any{"new"}}
	case errors.Is(err, auth.ErrElsewhere), errors.Is(err, auth.ErrNobody):
		return string(fleet.BadUserInput), nil
	case errors.Is(err, auth.ErrRoleTooHigh), errors.Is(err, auth.ErrNotYours), errors.Is(err, auth.ErrByScript):
		return "FORBIDDEN", nil
	case errors.Is(err, auth.ErrBadUsername), errors.Is(err, auth.ErrBadPassword), errors.Is(err, auth.ErrBadTokenName), errors.Is(err, auth.ErrBadTokenLife):
		return string(fleet.BadUserInput), nil
	}
	for _, empty := range emptyConditions {
		if errors.Is(err, empty) {
			out.Message = "a condition within where is empty"
			return string(fleet.BadUserInput), map[string]any{"argument": []any{"where"}}
		}
	}
	// What a scalar says of its argument is under a path that goes on into the arguments.
	if own, ok := err.(*gqlerror.Error); ok && own.Err != nil && len(own.Path) > len(graphql.GetPath(ctx)) { //nolint:errorlint // a resolver's error may hold one, and is none
		argument := []any{}
		for _, step := range own.Path[len(graphql.GetPath(ctx)):] {
			argument = append(argument, step)
		}
		return string(fleet.BadUserInput), map[string]any{"argument": argument}
	}
	// What gqlgen itself says of an operation (its syntax, its variables) is for the caller; what a resolver returned is wrapped.
	var own *gqlerror.Error
	if errors.As(err, &own) && own.Err == nil && own == out {
		return string(fleet.BadUserInput), nil
	}
	return "", nil
}

// recoverer turns a resolver's panic into an error whose cause only the log has.
func recoverer(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, p any) error {
		id := string(pid.New("err"))
		log.ErrorContext(ctx, "a resolver panicked", "errorId", id, "panic", p, "stack", string(debug.Stack()))
		return &gqlerror.Error{
			Message:    "the server failed; its log has the reason under this ID: " + id,
			Extensions: map[string]any{"code": "INTERNAL", "errorId": id},
		}
	}
}
