package health_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/health"
)

func TestReadyzNamesThePartThatIsNotReady(t *testing.T) {
	broken := errors.New("dial unix /secret/path: connection refused")
	checks := health.Checks{
		{Name: "database", Ready: func(context.Context) error { return nil }},
		{Name: "engine", Ready: func(context.Context) error { return broken }},
	}
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		checks.Readyz(w, httptest.NewRequestWithContext(t.Context(), "GET", "/readyz", nil))
		return w
	}
	w := ask()
	require.Equal(t, 503, w.Code)
	require.Equal(t, "database: ready\nengine: not ready\n", w.Body.String())
	broken = nil
	require.Equal(t, 200, ask().Code)
}
