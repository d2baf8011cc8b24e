package auth

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"decnet/ent/user"
)

type contextKey struct{}

// With returns a context that bears an identity.
func With(ctx context.Context, id *Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// From returns who is asking; nil is anonymous.
func From(ctx context.Context) *Identity {
	id, _ := ctx.Value(contextKey{}).(*Identity)
	return id
}

// NotByScript refuses a script's token who may sign in: an account that it made would outlast it, and one that it changed may be its owner's.
func NotByScript(ctx context.Context) error {
	if id := From(ctx); id != nil && id.Script {
		return ErrByScript
	}
	return nil
}

type peerKey struct{}

// ThisHost is the peer of what is done on the server's own host, with its files and without its API.
const ThisHost = "this host"

// WithPeer returns a context that bears the address that a request came from.
func WithPeer(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, peerKey{}, address)
}

// Peer returns the address that a request came from, "" when it is not known.
func Peer(ctx context.Context) string {
	p, _ := ctx.Value(peerKey{}).(string)
	return p
}

// Host is whom an address counts as. An IPv6 host has a whole /64 of addresses, and is one.
func Host(address string) string {
	if net := network(address, 64); net != "" {
		return net
	}
	return address
}

// site is the /48 that an IPv6 address is of: a site is given as many networks as there are in it. It is "" for any other address.
func site(address string) string { return network(address, 48) }

func network(address string, bits int) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() || ip.Is4In6() {
		return ""
	}
	net, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return net.String()
}

// Nobody is the identity of everyone where signing in is turned off.
func Nobody() *Identity { return &Identity{Username: "operator", Role: user.RoleAdmin} }

// Bearer takes the token out of an Authorization value; "" when there is none.
func Bearer(value string) string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Middleware finds out who is asking by the Authorization header. A token that is not good leaves the request anonymous: what
// needs a role refuses it.
func (a *Auth) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := a.Authenticate(r.Context(), Bearer(r.Header.Get("Authorization")))
		if err != nil {
			w.Header().Set("Retry-After", "5")
			http.Error(w, "the server's database does not answer", http.StatusServiceUnavailable)
			return
		}
		if id != nil {
			ctx, cancel := context.WithCancel(With(r.Context(), id))
			defer cancel()
			defer a.OnEnd(id, cancel)() // a stream does not outlive its token
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// Off lets everyone in as an administrator: for a server that only its own host can reach.
func Off(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(With(r.Context(), Nobody())))
	})
}

// Required refuses who has not signed in. It comes after Middleware or Off.
func Required(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if From(r.Context()) == nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, `sign in first, and send the token as "Authorization: Bearer TOKEN"`, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
