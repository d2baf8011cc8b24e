package transport

import (
	"context"
	"errors"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// prepare parses and validates a request. Where GraphQL turns it away, the
// response that says why is returned in place of an operation.
func prepare(ctx context.Context, exec graphql.GraphExecutor, params *graphql.RawParams, logger *slog.Logger) (
	opCtx *graphql.OperationContext, refused *graphql.Response,
) {
	defer func() {
		if value := recover(); value != nil {
			refused = errorsOnly(recovered(ctx, opCtx, logger, value))
		}
	}()
	opCtx, errs := exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		refused = exec.DispatchError(graphql.WithOperationContext(ctx, opCtx), errs)
		refused.Data = nil
	}
	return opCtx, refused
}

// sink is where a streaming transport writes the responses of one operation.
// An error means that nothing can be written any more.
type sink interface {
	next(*graphql.Response) error
	// fail and complete end the stream.
	fail(gqlerror.List) error
	complete() error
}

// stream runs an operation to its end. It pulls a response when the one before
// it has been written, so a slow client slows its own operation and nothing is
// queued. When ctx ends, so does the stream, without a word; but a query or a
// mutation that has come to its result sends it: that may be the end of ctx.
func stream(ctx context.Context, exec graphql.GraphExecutor, opCtx *graphql.OperationContext, logger *slog.Logger, to sink) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = to.fail(gqlerror.List{recovered(ctx, opCtx, logger, value)})
		}
	}()
	failed := &failure{}
	responses, ctx := exec.DispatchOperation(context.WithValue(ctx, failureKey{}, failed), opCtx)
	ctx = withRootField(ctx, opCtx)
	for {
		resp := responses(ctx)
		if ctx.Err() != nil && (resp == nil || opCtx.Operation.Operation == ast.Subscription) {
			return ctx.Err()
		}
		if resp == nil {
			break
		}
		if notExecuted(resp) {
			return to.fail(resp.Errors)
		}
		err := to.next(resp)
		if unencodable, ok := errors.AsType[*encodeError](err); ok {
			orDefault(logger).ErrorContext(ctx, "transport: response dropped", "error", unencodable)
			return to.fail(gqlerror.List{codedError(CodeInternal, "internal system error")})
		}
		if err != nil {
			return err
		}
		// A query or mutation has one response. Asking for a second would loop
		// for ever where an extension answers with the same one each time.
		if opCtx.Operation.Operation != ast.Subscription && (resp.HasNext == nil || !*resp.HasNext) {
			break
		}
	}
	if cause := failed.get(); cause != nil {
		return to.fail(presented(ctx, exec, cause))
	}
	return to.complete()
}

// withRootField tells the errors of a subscription's events which field they
// are under. gqlgen, as of v0.17.98, starts their path at the event.
func withRootField(ctx context.Context, opCtx *graphql.OperationContext) context.Context {
	if opCtx.Operation.Operation != ast.Subscription {
		return ctx
	}
	fields := graphql.CollectFields(opCtx, opCtx.Operation.SelectionSet, nil)
	if len(fields) == 0 { // @skip left nothing
		return ctx
	}
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Subscription", Field: fields[0]})
}

// presented turns any error into one that can be sent, through the error
// presenter of the server.
func presented(ctx context.Context, exec graphql.GraphExecutor, err error) gqlerror.List {
	gqlErr, ok := errors.AsType[*gqlerror.Error](err)
	if !ok {
		gqlErr = gqlerror.Wrap(err)
	}
	return exec.DispatchError(ctx, gqlerror.List{gqlErr}).Errors
}
