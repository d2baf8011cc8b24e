package listen

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serve accepts for ever and says hello to each.
func serve(t *testing.T, perAddress int, exempt ...netip.Prefix) (dial func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l = Limit(l, perAddress, exempt)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, "h")
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	return func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
		return c
	}
}

func served(c net.Conn) bool {
	n, _ := c.Read(make([]byte, 1))
	return n == 1
}

func TestAnAddressHasSoManyConnections(t *testing.T) {
	dial := serve(t, 2)
	first, second := dial(), dial()
	require.True(t, served(first))
	require.True(t, served(second))
	require.False(t, served(dial()), "one too many is closed")
	require.NoError(t, first.Close())
	require.Eventually(t, func() bool { return served(dial()) }, time.Minute, 10*time.Millisecond, "a place that is given back is free")
}

func TestTheExemptHaveNoBound(t *testing.T) {
	dial := serve(t, 1, netip.MustParsePrefix("127.0.0.0/8"))
	for range 5 {
		require.True(t, served(dial()))
	}
}

func TestNoBound(t *testing.T) {
	dial := serve(t, 0)
	for range 5 {
		require.True(t, served(dial()))
	}
}

func TestBrowsersAreToldToComeByHTTPS(t *testing.T) {
	for _, believed := range []bool{true, false} {
		w := httptest.NewRecorder()
		Headers(http.NotFoundHandler(), believed).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		require.Equal(t, believed, w.Header().Get("Strict-Transport-Security") != "")
		require.Equal(t, "default-src 'none'; frame-ancestors 'none'", w.Header().Get("Content-Security-Policy"))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Equal(t, "DENY", w.Header().Get("X-Frame-Options"))
	}
}
