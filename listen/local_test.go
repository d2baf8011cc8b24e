package listen

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a browser sends for a page whose name was made to resolve to the loopback is that name.
func TestANameThatWasReboundIsNotThisHost(t *testing.T) {
	h := Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"localhost": 204, "LOCALHOST:8080": 204, "localhost.:8080": 204, "decnet.localhost:8080": 204, "127.0.0.1:8080": 204, "127.8.9.1": 204, "[::1]:8080": 204,
		"[::1]": 204, "[::ffff:127.0.0.1]:1": 204,
		"": 421, "evil.example": 421, "evil.example:8080": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example:8080": 421, "evillocalhost": 421,
		"10.0.0.1:8080": 421, "0.0.0.0:8080": 421, "[::]:8080": 421, "2130706433": 421, "0x7f.1": 421,
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, "%q", host)
	}
}
