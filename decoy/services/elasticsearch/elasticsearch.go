// Package elasticsearch is the decoy of an Elasticsearch node without security, as thieves and blackmailers look for it. Each request is recorded with its body, and what changes data
// once more as such. What a client writes or deletes is so for its address alone, within bounds; no script is ever run.
package elasticsearch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/visitors"
	"decnet/decoy/services/internal/web"
)

const (
	maxHead     = 16 << 10 // bytes of a request's head
	requestTime = time.Minute
	keepAlive   = 5 * time.Minute
	lingerTime  = time.Second
)

func init() {
	decoy.Register("elasticsearch", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// version is a release with what tells it apart.
type version struct {
	number, hash, date, lucene string
	wire, index                string // the oldest that it works with
}

var versions = []version{
	{"6.8.23", "4f67856", "2022-01-06T21:30:50.087716Z", "7.7.3", "5.6.0", "5.0.0"},
	{"7.6.2", "ef48eb35cf30adf4db14086e8aabd07ef6fb113f", "2020-03-26T06:34:37.794943Z", "8.4.0", "6.8.0", "6.0.0-beta1"},
	{"7.10.2", "747e1cc71def077253878a59143c1f785afa92b9", "2021-01-13T00:42:12.435326Z", "8.7.0", "6.8.0", "6.0.0-beta1"},
	{"7.17.9", "ef48222227ee6b9e70e502f0f0daa52435ee634d", "2023-01-31T05:34:43.305517834Z", "8.11.1", "6.8.0", "6.0.0-beta1"},
	{"7.17.21", "d38e4b028f4a9784bb74de339ac1b877e2dbea6f", "2024-04-26T04:36:26.745220156Z", "8.11.3", "6.8.0", "6.0.0-beta1"},
}

// named tells whether the release names itself in its headers.
func (v version) named() bool { return strings.HasPrefix(v.number, "7.17") }

func (v version) old() bool { return strings.HasPrefix(v.number, "6.") }

// server is the decky's node.
type server struct {
	host       *decoy.Host
	version    version
	node       string
	cluster    string
	uuid, id   string // of the cluster, of the node
	flavour    string // deb, rpm, docker or tar
	spaces     *visitors.Map[*space]
	heap, free int // per cent
}

func newServer(h *decoy.Host) *server {
	kind := "deb"
	switch {
	case h.Distro == "rocky9" || h.Distro == "centos7" || h.Distro == "fedora":
		kind = "rpm"
	case h.OS == "windows" || h.OS == "windows_server":
		kind = "zip"
	}
	r := h.Rand("elasticsearch")
	v := &server{
		host: h, version: decoy.Pick(h, "es-version", versions...), node: decoy.Pick(h, "es-node", h.Hostname, h.Hostname, "node-1", "es01"),
		cluster: decoy.Pick(h, "es-cluster", "elasticsearch", "elasticsearch", "logs", "docker-cluster", "production"), uuid: nameOf(h, "es-cluster"), id: nameOf(h, "es-node"),
		flavour: decoy.Pick(h, "es-flavour", kind, kind, "docker"), heap: 20 + r.IntN(60), free: 40 + r.IntN(50),
	}
	v.spaces = visitors.New(func() *space { return &space{indices: own(h)} })
	return v
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	bounded := &io.LimitedReader{R: s}
	in := bufio.NewReaderSize(bounded, 4096)
	for wait := requestTime; ; wait = keepAlive {
		bounded.N = maxHead
		s.SetReadDeadline(time.Now().Add(wait))
		if _, err := in.Peek(1); err != nil {
			return
		}
		s.SetReadDeadline(time.Now().Add(requestTime))
		request, err := http.ReadRequest(in)
		if err != nil {
			v.malformed(s, err, bounded.N == 0)
			return
		}
		if strings.EqualFold(request.Header.Get("Expect"), "100-continue") {
			io.WriteString(s, "HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n")
		}
		bounded.N = web.MaxBody
		r := web.Read(ctx, s, request)
		a := v.answer(r)
		r.Record(a.status)
		if _, err := s.Write(v.bytes(a, r)); err != nil || request.Close || a.closes {
			linger(s)
			return
		}
	}
}

// linger lets the client take the answer before the connection ends.
func linger(s *decoy.Session) {
	s.CloseWrite()
	s.SetReadDeadline(time.Now().Add(lingerTime))
	io.CopyN(io.Discard, s, 64<<10)
}

// malformed answers what is no request, where the node would.
func (v *server) malformed(s *decoy.Session, err error, long bool) {
	var network net.Error
	if errors.Is(err, io.EOF) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) && !long {
		return
	}
	s.Event("protocol_error", event.String("reason", err.Error()))
	kind, reason := "illegal_argument_exception", "text is empty (possibly HTTP/0.9)"
	if long {
		kind, reason = "too_long_http_header_exception", fmt.Sprintf("HTTP header is larger than %d bytes.", maxHead)
	} else if _, text, found := strings.Cut(err.Error(), "malformed HTTP version "); found {
		reason = "invalid version format: " + strings.ToUpper(strings.Trim(text, `"`))
	}
	a := failure(http.StatusBadRequest, kind, reason)
	a.closes = true
	s.Write(v.bytes(a, &web.Request{Request: &http.Request{Proto: "HTTP/1.1", Method: http.MethodGet, Header: http.Header{}}}))
	linger(s)
}

// answer is a response.
type answer struct {
	status int
	body   any    // an object, or nil
	text   string // in its place
	pretty bool   // always
	allow  string
	closes bool
}

// bytes writes an answer as the node does.
func (v *server) bytes(a answer, r *web.Request) []byte {
	var q string
	if r.URL != nil {
		q = r.URL.RawQuery
	}
	values, content := parseQuery(q), a.text
	kind := "text/plain; charset=UTF-8"
	if a.body != nil {
		pretty, asked := values["pretty"]
		content, kind = render(a.body, a.pretty || asked && pretty != "false"), "application/json; charset=UTF-8"
	}
	var out strings.Builder
	proto := "HTTP/1.1"
	if r.Proto == "HTTP/1.0" {
		proto = r.Proto
	}
	fmt.Fprintf(&out, "%s %d %s\r\n", proto, a.status, http.StatusText(a.status))
	if v.version.named() {
		out.WriteString("X-elastic-product: Elasticsearch\r\n")
		fmt.Fprintf(&out, "Warning: 299 Elasticsearch-%s-%s \"Elasticsearch built-in security features are not enabled. Without authentication, your cluster could be accessible to anyone. "+
			"See https://www.elastic.co/guide/en/elasticsearch/reference/7.17/security-minimal-setup.html to enable security.\"\r\n", v.version.number, v.version.hash)
	}
	if a.allow != "" {
		out.WriteString("Allow: " + a.allow + "\r\n")
	}
	fmt.Fprintf(&out, "content-type: %s\r\ncontent-length: %d\r\n\r\n", kind, len(content))
	if r.Method != http.MethodHead {
		out.WriteString(content)
	}
	return []byte(out.String())
}

// failure is an error in the node's form.
func failure(status int, kind, reason string, more ...field) answer {
	cause := append(object{{"type", kind}, {"reason", reason}}, more...)
	return answer{status: status, body: object{{"error", append(object{{"root_cause", []any{cause}}}, cause...)}, {"status", status}}}
}
