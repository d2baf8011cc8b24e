package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"decnet/api/traffic"
	"decnet/auth"
)

// WithPeer notes where a request came from.
func (a *API) WithPeer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(auth.WithPeer(r.Context(), peer(r, a.proxies))))
	})
}

// Paced makes an address that asks more than so often a second, twice that at once, wait its turn: for pages and the like. What GraphQL costs is counted there.
func (a *API) Paced(perSecond int, next http.Handler) http.Handler {
	requests := traffic.New(traffic.Limits{AddressRate: perSecond}, time.Now)
	return a.WithPeer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait(r.Context(), requests.Pace(traffic.Caller{Name: auth.Host(auth.Peer(r.Context()))}, 1))
		next.ServeHTTP(w, r)
	}))
}

// peer is the address that a request came from. A proxy that we were told of says for whom it asks in X-Forwarded-For, to whose end each proxy adds: what
// stands before the last address that is not one of ours is the client's own claim, and counts for nothing.
func peer(r *http.Request, proxies []netip.Prefix) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ours := func(address string) bool {
		ip, err := netip.ParseAddr(address)
		return err == nil && slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for ; ours(host) && len(hops) > 0; hops = hops[:len(hops)-1] {
		ip, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			break
		}
		host = ip.Unmap().String()
	}
	return host
}
