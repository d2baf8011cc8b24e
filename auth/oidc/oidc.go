// Package oidc lets people sign in at a provider of OpenID Connect. The browser is sent there with PKCE and a nonce, comes back with a code, and the provider's
// signed word for who they are becomes a sign-in of ours: the same short-lived token that a password gives, shown to the page once and never part of an address.
//
// What has to be remembered between leaving and coming back is in a cookie of the browser that left, so that any server of several may receive it, and nobody can
// be made to finish a sign-in that somebody else began.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"decnet/auth"
	"decnet/ent/user"
)

// Paths are where the browser goes.
const (
	Prefix       = "/oidc/"
	loginPath    = Prefix + "login"
	callbackPath = Prefix + "callback"
	sessionPath  = Prefix + "session"
	// InfoPath tells the sign-in page whether there is a provider.
	InfoPath = Prefix + "info"
)

const (
	flowCookie    = "decnet_oidc"
	sessionCookie = "decnet_signed_in"
	// flowLife is how long people may take at the provider, and handover how long the page may take to fetch its token.
	flowLife, handover = 10 * time.Minute, time.Minute
	// providerTime bounds what we ask of the provider.
	providerTime = 15 * time.Second
)

// Options say which provider, and what its word is good for.
type Options struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	// PublicURL is where people reach this server: the provider sends them back there.
	PublicURL string
	Scopes    []string
	// UsernameClaim and RolesClaim name what the provider says of people: one text, and one or a list of them.
	UsernameClaim, RolesClaim string
	// Roles are what the values of RolesClaim are good for; the highest counts. Default is for those who have none of them; "" lets them not in.
	Roles   map[string]user.Role
	Default user.Role
	// Name is what the button says.
	Name string
}

// Handler serves what is below Prefix.
type Handler struct {
	options Options
	auth    *auth.Auth
	log     *slog.Logger
	mux     http.ServeMux
	secure  bool
	within  time.Duration // providerTime but in tests
	// http asks the provider, for its keys too, at times when no request of ours waits for them: so it has a limit of its own.
	http *http.Client

	provider atomic.Pointer[oidc.Provider] // found at the first use: a server starts while its provider is down
	finding  singleflight.Group
}

// New returns the handler.
func New(o Options, a *auth.Auth, log *slog.Logger) *Handler {
	h := &Handler{
		options: o, auth: a, log: log, secure: strings.HasPrefix(o.PublicURL, "https:"), within: providerTime, http: &http.Client{Timeout: providerTime},
	}
	h.mux.HandleFunc("GET "+InfoPath, h.info)
	h.mux.HandleFunc("GET "+loginPath, h.login)
	h.mux.HandleFunc("GET "+callbackPath, h.callback)
	h.mux.HandleFunc("POST "+sessionPath, h.session)
	return h
}

// ServeHTTP serves the steps of a sign-in.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	h.mux.ServeHTTP(w, r)
}

// None tells the sign-in page that there is no provider, where there is none: null, and not 404, which a browser complains of.
func None(w http.ResponseWriter, _ *http.Request) {
	harden(w.Header())
	answer(w, nil)
}

func harden(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// info tells the sign-in page that there is a provider.
func (h *Handler) info(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]string{"name": h.options.Name, "login": loginPath})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who has gone needs no answer
}

// found is the provider, asked for what it offers at the first time: once for all who wait, each no longer than their own time.
func (h *Handler) found(ctx context.Context) (*oidc.Provider, error) {
	if p := h.provider.Load(); p != nil {
		return p, nil
	}
	answered := h.finding.DoChan("", func() (any, error) {
		// Who asked first may leave before those who wait with them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.within)
		defer cancel()
		p, err := oidc.NewProvider(ctx, h.options.Issuer)
		if err == nil {
			h.provider.Store(p)
		}
		return p, err
	})
	select {
	case found := <-answered:
		if found.Err != nil {
			return nil, fmt.Errorf("ask the provider what it offers: %w", found.Err)
		}
		return found.Val.(*oidc.Provider), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("ask the provider what it offers: %w", context.Cause(ctx))
	}
}

// asking is a request's context for questions to the provider.
func (h *Handler) asking(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(oidc.ClientContext(r.Context(), h.http), h.within)
}

func (h *Handler) client(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: h.options.ClientID, ClientSecret: h.options.ClientSecret, Endpoint: p.Endpoint(),
		RedirectURL: strings.TrimSuffix(h.options.PublicURL, "/") + callbackPath, Scopes: h.options.Scopes,
	}
}

// flow is what the browser remembers while it is at the provider.
type flow struct{ State, Nonce, Verifier string }

func random() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // it never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// login sends the browser to the provider.
func (h *Handler) login(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := h.asking(r)
	defer cancel()
	p, err := h.found(ctx)
	if err != nil {
		h.fail(w, r, "the provider does not answer: try again later", err)
		return
	}
	f := flow{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier()}
	text, err := json.Marshal(f)
	if err != nil {
		h.fail(w, r, "the server failed", err)
		return
	}
	h.setCookie(w, flowCookie, base64.RawURLEncoding.EncodeToString(text), flowLife, http.SameSiteLaxMode) // it comes back by a link of the provider's
	http.Redirect(w, r, h.client(p).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), http.StatusFound)
}

func (h *Handler) setCookie(w http.ResponseWriter, name, value string, life time.Duration, site http.SameSite) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: Prefix, MaxAge: int(life.Seconds()), HttpOnly: true, Secure: h.secure, SameSite: site,
	})
}

// callback takes the provider's word.
func (h *Handler) callback(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := h.asking(r)
	defer cancel()
	refuse := func(actor, code, told string, err error) {
		h.auth.Refused(ctx, auth.Audit{Actor: actor, Action: "login", Result: code, Detail: `{"provider":"OIDC"}`})
		h.fail(w, r, told, err)
	}
	if err := h.auth.Try(auth.Peer(ctx)); err != nil { // each takes a question to the provider
		refuse("", "RATE_LIMITED", err.Error(), err)
		return
	}
	f, err := h.flow(r)
	if err != nil {
		refuse("", "UNAUTHENTICATED", "this sign-in was not begun here, or took too long: begin again", err)
		return
	}
	h.setCookie(w, flowCookie, "", -time.Second, http.SameSiteLaxMode) // once
	if said := r.URL.Query().Get("error"); said != "" {
		refuse("", "UNAUTHENTICATED", "the provider refused", errors.New(said))
		return
	}
	who, err := h.vouched(ctx, r.URL.Query().Get("code"), f)
	switch {
	case errors.Is(err, errNoRole):
		refuse(who.Username, "FORBIDDEN", errNoRole.Error(), err)
		return
	case err != nil:
		refuse(who.Username, "UNAUTHENTICATED", "the provider's answer could not be taken", err)
		return
	}
	token, _, err := h.auth.LoginExternal(ctx, who, auth.Peer(ctx))
	if err != nil {
		refuse(who.Username, "FORBIDDEN", reason(err), err)
		return
	}
	h.setCookie(w, sessionCookie, token, handover, http.SameSiteStrictMode)
	http.Redirect(w, r, "/?signed-in", http.StatusFound)
}

// reason is what people are told of an error.
func reason(err error) string {
	for _, told := range []error{auth.ErrUserExists, auth.ErrShutOut, auth.ErrBadUsername, auth.ErrLastAdmin} {
		if errors.Is(err, told) {
			return told.Error()
		}
	}
	return "the server failed"
}

func (h *Handler) flow(r *http.Request) (flow, error) {
	var f flow
	cookie, err := r.Cookie(flowCookie)
	if err != nil {
		return f, err
	}
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, err
	}
	if f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(r.URL.Query().Get("state"))) != 1 {
		return f, errors.New("the state is another one")
	}
	return f, nil
}

// errNoRole is somebody whom the provider knows, and we do not let in.
var errNoRole = errors.New("nothing that the provider says of this account lets it in")

// vouched trades the code for the provider's word, and checks it.
func (h *Handler) vouched(ctx context.Context, code string, f flow) (auth.External, error) {
	p, err := h.found(ctx)
	if err != nil {
		return auth.External{}, err
	}
	tokens, err := h.client(p).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return auth.External{}, fmt.Errorf("trade the code: %w", err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return auth.External{}, errors.New("there is no ID token in the answer")
	}
	word, err := p.Verifier(&oidc.Config{ClientID: h.options.ClientID}).Verify(ctx, raw)
	if err != nil {
		return auth.External{}, fmt.Errorf("check the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(word.Nonce), []byte(f.Nonce)) != 1 {
		return auth.External{}, errors.New("the ID token is for another sign-in")
	}
	claims := map[string]any{}
	if err := word.Claims(&claims); err != nil {
		return auth.External{}, fmt.Errorf("read the ID token: %w", err)
	}
	if _, here := claims[h.options.UsernameClaim]; !here || claims[h.options.RolesClaim] == nil {
		// Some providers say more when they are asked.
		info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err == nil && info.Subject == word.Subject {
			more := map[string]any{}
			if err := info.Claims(&more); err != nil {
				return auth.External{}, fmt.Errorf("read what the provider says: %w", err)
			}
			for k, v := range more {
				if _, signed := claims[k]; !signed {
					claims[k] = v
				}
			}
		}
	}
	name, _ := claims[h.options.UsernameClaim].(string)
	who := auth.External{Subject: h.options.Issuer + " " + word.Subject, Username: username(name)}
	if who.Role, ok = h.role(claims[h.options.RolesClaim]); !ok {
		return who, errNoRole
	}
	return who, nil
}

// username makes a provider's name one of ours: an address of mail becomes what stands before its @.
func username(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), "@")
	return name
}

// role is the highest that the values of a claim are good for.
func (h *Handler) role(claim any) (user.Role, bool) {
	var values []string
	switch claim := claim.(type) {
	case string:
		values = []string{claim}
	case []any:
		for _, v := range claim {
			if text, ok := v.(string); ok {
				values = append(values, text)
			}
		}
	}
	best := h.options.Default
	for _, role := range []user.Role{user.RoleViewer, user.RoleOperator, user.RoleAdmin} {
		if slices.ContainsFunc(values, func(v string) bool { return h.options.Roles[v] == role }) {
			best = role
		}
	}
	return best, best != ""
}

// session hands the token to the page, once. A page of another site can neither send this with its cookie nor read the answer.
func (h *Handler) session(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(sessionCookie)
	h.setCookie(w, sessionCookie, "", -time.Second, http.SameSiteStrictMode)
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	id, err := h.auth.Authenticate(r.Context(), cookie.Value)
	if err != nil || id == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, map[string]any{"token": cookie.Value, "expiresAt": id.ExpiresAt, "username": id.Username, "role": id.Role})
}

// fail sends the browser back to the sign-in page, which shows why; the log has the rest.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, told string, err error) {
	h.log.WarnContext(r.Context(), "a sign-in by OIDC failed", "told", told, "from", auth.Peer(r.Context()), "error", err)
	http.Redirect(w, r, "/?sign-in-failed="+url.QueryEscape(told), http.StatusFound)
}
