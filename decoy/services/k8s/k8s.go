// Package k8s is the decoy of a Kubernetes API server, and on port 8080 of one that anybody may use without credentials. kubectl works with it. Each request is recorded with its
// body, each bearer token as a try to log in; what an intruder creates is recorded, shown back for a while, and never run.
package k8s

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/internal/secure"
	"decnet/decoy/services/internal/web"
)

const tlsPort = 6443

func init() {
	decoy.Register("k8s", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// server is the decky's API server.
type server struct {
	host    *decoy.Host
	version version
	cluster *cluster
	open    bool // whether the secure port lets anonymous users do all
}

type version struct {
	Major        string `json:"major"`
	Minor        string `json:"minor"`
	GitVersion   string `json:"gitVersion"`
	GitCommit    string `json:"gitCommit"`
	GitTreeState string `json:"gitTreeState"`
	BuildDate    string `json:"buildDate"`
	GoVersion    string `json:"goVersion"`
	Compiler     string `json:"compiler"`
	Platform     string `json:"platform"`
}

var versions = []version{
	{"1", "28", "v1.28.9", "587f5fe8a69b0d15b578eaf478f009247d1c5d47", "clean", "2024-04-16T15:04:37Z", "go1.21.9", "gc", "linux/amd64"},
	{"1", "29", "v1.29.4", "55019c83b0fd51ef4ced8c29eec2c4847f896e74", "clean", "2024-04-16T15:05:51Z", "go1.21.9", "gc", "linux/amd64"},
	{"1", "30", "v1.30.2", "39683505b630ff2121012f3c5b16215a1449d5ed", "clean", "2024-06-11T20:21:00Z", "go1.22.4", "gc", "linux/amd64"},
	{"1", "31", "v1.31.1", "948afe5ca072329a73c8e79ed5938717a5cb3d21", "clean", "2024-09-11T21:22:08Z", "go1.22.6", "gc", "linux/amd64"},
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, version: decoy.Pick(h, "k8s-version", versions...), open: decoy.Pick(h, "k8s-open", false, false, true)}
	v.cluster = newCluster(v)
	return v
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	if s.CatalogPort() != tlsPort {
		web.Serve(ctx, s, s, func(w http.ResponseWriter, r *web.Request) { (&call{server: v, w: w, r: r, admin: true}).answer() })
		return
	}
	cert, err := v.certificate()
	if err != nil {
		return
	}
	conn, err := secure.HandshakeGo(ctx, s, s, &tls.Config{
		Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert,
	})
	if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) && web.LooksPlain(plain.RecordHeader) {
		io.WriteString(s, web.PlainRefusal)
	}
	if err != nil {
		return // recorded
	}
	stranger := len(conn.ConnectionState().PeerCertificates) > 0
	web.Serve(ctx, s, conn, func(w http.ResponseWriter, r *web.Request) {
		(&call{server: v, w: w, r: r, admin: v.open, stranger: stranger}).answer()
	})
}

func (v *server) certificate() (tls.Certificate, error) {
	names := []string{strings.ToLower(v.host.Hostname), "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}
	addresses := []net.IP{net.IPv4(10, 96, 0, 1).To4()}
	if ip := net.ParseIP(v.host.IP); ip != nil {
		addresses = append(addresses, ip)
	}
	return v.host.IssuedCertificate("kubernetes", pkix.Name{CommonName: "kube-apiserver"}, names, addresses)
}

// call is one request.
type call struct {
	*server
	w        http.ResponseWriter
	r        *web.Request
	admin    bool // may do all
	stranger bool // bears a certificate of another CA
}

// status is the API's answer that something failed, or was done.
type status struct {
	Kind       string   `json:"kind"`
	APIVersion string   `json:"apiVersion"`
	Metadata   struct{} `json:"metadata"`
	Status     string   `json:"status"`
	Message    string   `json:"message,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Details    *details `json:"details,omitempty"`
	Code       int      `json:"code,omitempty"`
}

type details struct {
	Name  string `json:"name,omitempty"`
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind,omitempty"`
	UID   string `json:"uid,omitempty"`
}

// fail answers that something failed.
func (c *call) fail(code int, reason, message string, d *details) {
	c.json(code, status{Kind: "Status", APIVersion: "v1", Status: "Failure", Message: message, Reason: reason, Details: d, Code: code})
}

// json answers with a value, in lines for people as the API server does for the clients that people use.
func (c *call) json(code int, value any) {
	c.w.Header().Set("Content-Type", "application/json")
	agent := c.r.UserAgent()
	pretty := c.r.URL.Query().Get("pretty")
	people := strings.HasPrefix(agent, "curl") || strings.HasPrefix(agent, "Wget") || strings.HasPrefix(agent, "Mozilla/")
	if pretty == "" && people || pretty == "1" || pretty == "true" {
		text, err := json.MarshalIndent(value, "", "  ")
		if err == nil {
			c.w.WriteHeader(code)
			c.w.Write(text)
			return
		}
	}
	c.w.WriteHeader(code)
	json.NewEncoder(c.w).Encode(value)
}

func (c *call) text(code int, text string) {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("X-Content-Type-Options", "nosniff")
	c.w.WriteHeader(code)
	io.WriteString(c.w, text)
}

func newUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return decoy.FormatUUID(b)
}

// answer checks who asks, and answers.
func (c *call) answer() {
	h := c.w.Header()
	h.Set("Audit-Id", newUID())
	h.Set("Cache-Control", "no-cache, private")
	known, refused := c.known()
	if refused || c.stranger {
		c.fail(401, "Unauthorized", "Unauthorized", nil)
		return
	}
	c.admin = c.admin || known
	h.Set("X-Kubernetes-Pf-Flowschema-Uid", decoy.UUID(c.host, "k8s-flowschema", 4))
	h.Set("X-Kubernetes-Pf-Prioritylevel-Uid", decoy.UUID(c.host, "k8s-prioritylevel", 4))
	t, ok := parse(c.r.Method, c.r.URL.Path, c.r.URL.Query().Has("watch"))
	if !c.admin && !public[c.r.URL.Path] {
		h.Set("X-Content-Type-Options", "nosniff")
		message, d := forbidden(t, ok, c.r.URL.Path)
		c.fail(403, "Forbidden", message, d)
		return
	}
	if !ok {
		c.plain()
		return
	}
	c.resource(t)
}

// known checks the credentials, if there are any: the token that lies about in the cluster's secrets is right, any other is refused.
func (c *call) known() (known, refused bool) {
	kind, user, secret, ok := c.r.Credentials()
	if !ok {
		return false, false
	}
	known = kind == "bearer" && secret == c.cluster.token
	c.r.Attempt(kind, user, secret, known)
	return known, !known
}

// public are the paths that anybody may ask for.
var public = map[string]bool{"/healthz": true, "/livez": true, "/readyz": true, "/version": true, "/version/": true}

// plain answers the paths that are not resources.
func (c *call) plain() {
	switch path := strings.TrimSuffix(c.r.URL.Path, "/"); path {
	case "":
		c.json(200, struct {
			Paths []string `json:"paths"`
		}{paths()})
	case "/healthz", "/livez", "/readyz":
		c.text(200, "ok")
	case "/version":
		c.json(200, c.version)
	case "/api":
		c.json(200, map[string]any{
			"kind": "APIVersions", "versions": []string{"v1"},
			"serverAddressByClientCIDRs": []map[string]string{{"clientCIDR": "0.0.0.0/0", "serverAddress": c.cluster.address + ":6443"}},
		})
	case "/apis":
		c.json(200, struct {
			Kind       string  `json:"kind"`
			APIVersion string  `json:"apiVersion"`
			Groups     []group `json:"groups"`
		}{"APIGroupList", "v1", groups()})
	case "/openapi/v3":
		c.json(200, documents())
	case "/metrics":
		c.text(200, "# HELP apiserver_audit_event_total [ALPHA] Counter of audit events generated and sent to the audit backend.\n# TYPE apiserver_audit_event_total counter\napiserver_audit_event_total 0\n")
	default:
		if version, ok := strings.CutPrefix(path, "/openapi/v3/"); ok {
			if document, ok := documentOf(version); ok {
				c.json(200, document)
				return
			}
		}
		if list, ok := resourcesOf(path); ok {
			c.json(200, list)
			return
		}
		for _, g := range groups() {
			if path == "/apis/"+g.Name {
				g.Kind, g.APIVersion = "APIGroup", "v1"
				c.json(200, g)
				return
			}
		}
		if strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/apis/") {
			c.fail(404, "NotFound", "the server could not find the requested resource", &details{})
			return
		}
		c.text(404, "404 page not found\n")
	}
}
