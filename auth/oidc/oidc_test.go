package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait.
const patience = time.Minute

// provider is one that may fall silent: it takes questions, and answers none.
type provider struct {
	*httptest.Server
	silent atomic.Bool
	asked  atomic.Int64
}

func newProvider(t *testing.T) *provider {
	p := &provider{}
	over := make(chan struct{})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		if p.silent.Load() {
			<-over
			return
		}
		if strings.HasSuffix(r.URL.Path, "/keys") {
			fmt.Fprint(w, `{"keys": []}`)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		})
	}))
	t.Cleanup(p.Close)
	t.Cleanup(func() { close(over) })
	return p
}

func newHandler(t *testing.T, p *provider, within time.Duration) *Handler {
	h := New(Options{Issuer: p.URL, ClientID: "decnet", PublicURL: "http://127.0.0.1"}, nil, slog.New(slog.NewTextHandler(t.Output(), nil)))
	h.within, h.http.Timeout = within, within
	return h
}

// soon fails the test when something takes for ever.
func soon(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s takes for ever", what)
	}
}

func login(ctx context.Context, h *Handler) (to string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, loginPath, http.NoBody).WithContext(ctx))
	return w.Header().Get("Location")
}

func TestASilentProviderIsGivenUp(t *testing.T) {
	p := newProvider(t)
	h := newHandler(t, p, 100*time.Millisecond)
	p.silent.Store(true)
	soon(t, "a sign-in", func() { require.Contains(t, login(t.Context(), h), "sign-in-failed") })
	p.silent.Store(false)
	// On a machine that is busy its answer may take longer than we wait here, too.
	require.Eventually(t, func() bool { return strings.Contains(login(t.Context(), h), p.URL+"/auth") }, patience, time.Millisecond, "it is asked anew when it is back")
}

// One question is asked for all who wait, and who does not want to wait any longer need not.
func TestNobodyWaitsForSomebodyElsesQuestion(t *testing.T) {
	p := newProvider(t)
	h := newHandler(t, p, patience)
	p.silent.Store(true)
	first, leave := context.WithCancel(t.Context())
	defer leave()
	go login(first, h)
	require.Eventually(t, func() bool { return p.asked.Load() == 1 }, patience, time.Millisecond)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	soon(t, "a sign-in", func() { login(gone, h) })
	require.EqualValues(t, 1, p.asked.Load())
}

// The provider's keys are fetched when a word of its is checked, and by no request of ours: one question that is never answered must not be the last one.
func TestKeysThatDoNotComeAreAskedForAgain(t *testing.T) {
	p := newProvider(t)
	h := newHandler(t, p, 100*time.Millisecond)
	var found *oidc.Provider
	require.Eventually(t, func() bool { // on a machine that is busy its answer may take longer than we wait here
		ctx, cancel := h.asking(httptest.NewRequest(http.MethodGet, callbackPath, http.NoBody))
		defer cancel()
		var err error
		found, err = h.found(ctx)
		return err == nil
	}, patience, time.Millisecond)
	part := func(v map[string]any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	word := part(map[string]any{"alg": "RS256", "kid": "1"}) + "." +
		part(map[string]any{"iss": p.URL, "aud": "decnet", "exp": time.Now().Add(time.Hour).Unix()}) + "." + part(nil)
	check := func() error {
		var err error
		soon(t, "checking", func() { _, err = found.Verifier(&oidc.Config{ClientID: "decnet"}).Verify(context.Background(), word) })
		return err
	}
	p.silent.Store(true)
	require.ErrorContains(t, check(), "get keys failed")
	p.silent.Store(false)
	require.Eventually(t, func() bool { return strings.Contains(check().Error(), "failed to verify id token signature") }, patience, time.Millisecond, "they came: this word is forged")
}
