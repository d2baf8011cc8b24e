package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The values of extensions.code in the errors that a transport makes itself.
const (
	CodeBadUserInput    = "BAD_USER_INPUT"
	CodeUnauthenticated = "UNAUTHENTICATED"
	CodeForbidden       = "FORBIDDEN"
	CodeLimitExceeded   = "LIMIT_EXCEEDED"
	CodeRateLimited     = "RATE_LIMITED"
	CodeInternal        = "INTERNAL"
)

// codedError makes a GraphQL error with extensions.code.
func codedError(code, format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	err.Extensions = map[string]any{"code": code}
	return err
}

// recovered turns the value of a panic into the error that the client gets.
// The server's recover function words it where there is one; the panic's own
// text never leaves the process.
func recovered(ctx context.Context, opCtx *graphql.OperationContext, logger *slog.Logger, value any) *gqlerror.Error {
	if opCtx != nil && opCtx.RecoverFunc != nil {
		told := opCtx.RecoverFunc(graphql.WithOperationContext(ctx, opCtx), value)
		if gqlErr, ok := errors.AsType[*gqlerror.Error](told); ok {
			if gqlErr.Extensions["code"] == nil {
				errcode.Set(gqlErr, CodeInternal)
			}
			return gqlErr
		}
	}
	orDefault(logger).ErrorContext(ctx, "transport: panic", "panic", value, "stack", string(debug.Stack()))
	return codedError(CodeInternal, "internal system error")
}

func orDefault(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.Default()
	}
	return logger
}

// statusOf is the HTTP status of a response that was not executed, for clients
// that asked for application/graphql-response+json.
func statusOf(errs gqlerror.List) int {
	for _, err := range errs {
		switch err.Extensions["code"] {
		case CodeUnauthenticated:
			return http.StatusUnauthorized
		case CodeForbidden:
			return http.StatusForbidden
		case CodeRateLimited:
			return http.StatusTooManyRequests
		case CodeInternal:
			return http.StatusInternalServerError
		}
	}
	return http.StatusBadRequest
}

type failureKey struct{}

// failure is where a running subscription leaves the error that ends it.
type failure struct {
	mu  sync.Mutex
	err error
}

// Fail ends the running subscription with err. The resolver calls it with its
// own context before it closes its channel; the client then gets the error,
// worded by the server's error presenter, in place of complete. The first call
// counts. Outside a streaming transport Fail does nothing.
func Fail(ctx context.Context, err error) {
	f, ok := ctx.Value(failureKey{}).(*failure)
	if !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
