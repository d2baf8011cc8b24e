// Package dockerapi is the decoy of a Docker Engine whose API is open to the network, as miners and worms look for it. It answers as dockerd would, to the docker command line too. Each
// request is recorded whole, and what a container is to do above all. Nothing is pulled or run: a command goes to the make-believe shell of decoy/shell.
package dockerapi

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/web"
	"decnet/decoy/shell"
)

const tlsPort = 2376

func init() {
	decoy.Register("docker_api", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's Docker Engine.
type server struct {
	host    *decoy.Host
	system  *shell.System
	version version
	engine  *engine
	routes  []route
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, system: shell.SystemOf(h), version: versionOf(h)}
	v.engine = newEngine(v)
	v.routes = routes()
	return v
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	if s.CatalogPort() != tlsPort {
		web.Serve(ctx, s, s, v.answer)
		return
	}
	cert, err := s.Host().TLSCertificate("")
	if err != nil {
		return
	}
	conn, err := secure.HandshakeGo(ctx, s, s, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12})
	if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) && web.LooksPlain(plain.RecordHeader) {
		io.WriteString(s, web.PlainRefusal)
	}
	if err == nil {
		web.Serve(ctx, s, conn, v.answer)
	}
}

// route is one operation of the API. The pattern's {} are its arguments.
type route struct {
	method  string
	pattern *regexp.Regexp
	run     func(*call)
}

// call is one request to the engine.
type call struct {
	*server
	w    http.ResponseWriter
	r    *web.Request
	args []string
	api  string // the version that the client asked for
}

var versioned = regexp.MustCompile(`^/v([0-9.]+)(/.*)$`)

// answer finds the operation that a request means.
func (v *server) answer(w http.ResponseWriter, r *web.Request) {
	v.recordRegistryLogin(r)
	path := r.URL.Path
	api := v.version.api
	if m := versioned.FindStringSubmatch(path); m != nil {
		api, path = m[1], m[2]
	}
	for _, route := range v.routes {
		args := route.pattern.FindStringSubmatch(path)
		if args == nil || route.method != r.Method && !(r.Method == http.MethodHead && route.method == "GET" && path == "/_ping") {
			continue
		}
		c := &call{v, w, r, args[1:], api}
		c.headers()
		switch {
		case newer(api, v.version.api):
			c.fail(400, "client version "+api+" is too new. Maximum supported API version is "+v.version.api)
		case newer(v.version.minAPI, api):
			c.tooOld(api)
		default:
			w.Header().Set("Docker-Experimental", "false")
			route.run(c)
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	io.WriteString(w, `{"message":"page not found"}`+"\n")
}

// newer tells whether the version a is above b.
func newer(a, b string) bool {
	major, minor, _ := strings.Cut(a, ".")
	major2, minor2, _ := strings.Cut(b, ".")
	x, _ := strconv.Atoi(major)
	y, _ := strconv.Atoi(major2)
	if x != y {
		return x > y
	}
	x, _ = strconv.Atoi(minor)
	y, _ = strconv.Atoi(minor2)
	return x > y
}

// headers sets those of every answer.
func (c *call) headers() {
	h := c.w.Header()
	h.Set("Api-Version", c.version.api)
	h.Set("Ostype", "linux")
	h.Set("Server", "Docker/"+c.version.number+" (linux)")
}

func (c *call) tooOld(api string) {
	text := "client version " + api + " is too old. Minimum supported API version is " + c.version.minAPI + ", please upgrade your client to a newer version"
	if c.version.minAPI == "1.12" { // these didn't say it in JSON
		http.Error(c.w, text, http.StatusBadRequest)
		return
	}
	c.fail(http.StatusBadRequest, text)
}

// json answers with a value.
func (c *call) json(status int, value any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	out := json.NewEncoder(c.w)
	out.SetEscapeHTML(false)
	out.Encode(value)
}

// fail answers with an error.
func (c *call) fail(status int, message string) {
	c.json(status, struct {
		Message string `json:"message"`
	}{message})
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// flag tells whether the query's value says yes, as the engine reads it.
func (c *call) flag(name string) bool {
	switch strings.ToLower(strings.TrimSpace(c.query(name))) {
	case "", "0", "no", "false", "none":
		return false
	}
	return true
}

// body reads the request's JSON, and tells whether it could; if not, the client has been told.
func (c *call) body(into any) bool {
	err := json.Unmarshal(c.r.Body, into)
	switch {
	case err == nil:
		return true
	case len(c.r.Body) == 0:
		c.fail(c.version.badBody, c.version.badBodyText("EOF"))
	default:
		text := err.Error()
		if text == "unexpected end of JSON input" {
			text = "unexpected EOF"
		}
		c.fail(c.version.badBody, c.version.badBodyText(text))
	}
	return false
}

// recordRegistryLogin records the credentials for a registry that a request carries.
func (v *server) recordRegistryLogin(r *web.Request) {
	if kind, user, secret, ok := r.Credentials(); ok {
		r.Attempt(kind, user, secret, false)
	}
	user, secret, registry := registryLogin(r.Header.Get("X-Registry-Auth"))
	if user != "" || secret != "" {
		r.Session.Attempt("plaintext", user, []byte(secret), event.Rejected, event.String("scheme", "registry"), event.String("registry", registry))
	}
}
