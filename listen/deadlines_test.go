package listen

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// soon is a deadline of these tests, and patience bounds every wait.
const soon, patience = 100 * time.Millisecond, time.Minute

func dialed(t *testing.T, h http.Handler, request string) net.Conn {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	return c
}

// Whoever announces a body and sends none has their answer, and their connection is not kept.
func TestABodyThatNeverComesIsNotWaitedFor(t *testing.T) {
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnsupportedMediaType) })
	c := dialed(t, Deadlines(refuse, soon, patience), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	text, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Contains(t, string(text), "415 Unsupported Media Type")
}

func TestAnAnswerThatNobodyReadsIsGivenUp(t *testing.T) {
	ended := make(chan error, 1)
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := io.Copy(w, endless{})
		ended <- err
	})
	dialed(t, Deadlines(answer, patience, soon), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case err := <-ended:
		require.ErrorContains(t, err, "timeout")
	case <-time.After(patience):
		t.Fatal("it is written for ever")
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A request that has no body may take longer than a body: the deadline is not its own.
func TestARequestWithoutABodyOutlivesTheDeadline(t *testing.T) {
	canceled := make(chan bool, 1)
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*soon)
		defer cancel()
		select {
		case <-r.Context().Done():
			canceled <- true
		case <-ctx.Done():
			canceled <- false
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience)) // as a stream does
		w.WriteHeader(http.StatusNoContent)
	})
	c := dialed(t, Deadlines(answer, soon, soon), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.False(t, <-canceled)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusNoContent, res.StatusCode)
}
