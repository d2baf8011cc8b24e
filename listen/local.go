package listen

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Local lets in only who asks for this host by a name that can be no other's. A page anywhere may have its own name resolve to 127.0.0.1 (DNS rebinding): the browser
// then takes a server on the loopback for that page's own, and its requests for those of the same origin. What gives it away is the name that was asked for.
func Local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local(r.Host) {
			http.Error(w, "this server is for its own host only: ask for localhost or a loopback address", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// local tells whether the value of a Host header is this host, whatever a resolver says.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}
