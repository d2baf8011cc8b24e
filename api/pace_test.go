package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/api/traffic"
	"decnet/auth"
)

func from(address string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = address
	return r
}

// An address that asks for pages without end waits; others do not.
func TestAnAddressIsHeldToItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := (&API{}).Paced(10, http.NotFoundHandler())
		begin := time.Now()
		for range 20 {
			pages.ServeHTTP(httptest.NewRecorder(), from("192.0.2.1:1"))
		}
		require.Zero(t, time.Since(begin), "what a browser asks for at once")
		for range 30 {
			pages.ServeHTTP(httptest.NewRecorder(), from("192.0.2.1:2"))
		}
		require.Equal(t, 3*time.Second, time.Since(begin))
		pages.ServeHTTP(httptest.NewRecorder(), from("192.0.2.2:1"))
		require.Equal(t, 3*time.Second, time.Since(begin))
	})
}

// Whatever a client sends has its price before it is looked at: what is refused for its form, and the smallest message of a socket.
func TestNothingIsSentForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bounds{traffic: traffic.New(traffic.Limits{AddressRate: 10 * messageCost, AtOnce: 1}, time.Now)}
		arrived := b.arrived(http.NotFoundHandler())
		begin := time.Now()
		for range 30 {
			r := from("192.0.2.1:1")
			arrived.ServeHTTP(httptest.NewRecorder(), r.WithContext(auth.WithPeer(r.Context(), "192.0.2.1")))
		}
		require.Equal(t, time.Second, time.Since(begin))
		for range 10 {
			b.message(auth.WithPeer(t.Context(), "192.0.2.1"), 1)()
		}
		require.Equal(t, 2*time.Second, time.Since(begin))
	})
}
