package e2e

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Somebody touches a decky, and who watches over it is told within seconds, with a link; a trial shows beforehand that it would reach them.
func TestAnIntruderIsToldOf(t *testing.T) {
	messages := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			messages <- string(body)
		}
	}))
	defer hook.Close()
	next := func() string {
		select {
		case m := <-messages:
			return m
		case <-time.After(patience):
			t.Fatal("nobody is told")
			return ""
		}
	}
	s := start(t, "--engine", "process", "--alert-webhook", hook.URL, "--public-url", "https://decnet.example.org")
	defer func() { // the decoys would outlive their server
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	trial := exec.Command(s.cmd.Path, "try-alert", "--alert-webhook", hook.URL)
	out, err := trial.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, next(), "this is a trial")

	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("a", "telnet")}}))
	at := s.decky("a").Endpoints[0]
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(at.Address, strconv.Itoa(at.Port)), patience)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	m := next()
	require.Contains(t, m, "127.0.0.1 touched telnet of default/a (")
	require.Contains(t, m, "https://decnet.example.org/interactions?source=127.0.0.1")
}
