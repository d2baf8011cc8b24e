package http

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"time"
)

const timeFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// answer is a response before it is written in the server's manner.
type answer struct {
	status  int
	headers map[string]string
	body    string
	kernel  bool // Windows answers, not IIS
	close   bool
}

// answerTo decides what the request gets.
func (v *Server) answerTo(r *request) answer {
	p := v.product
	switch {
	case p.family == iis && r.method == "OPTIONS":
		return answer{status: 200, headers: map[string]string{"Allow": p.allow, "Public": p.allow}}
	case v.guards(r.path):
		return v.failure(401, badLine, r)
	case r.path == "*" || r.method == "OPTIONS" && p.family != nginx:
		if p.family == nginx {
			return v.failure(405, badLine, r)
		}
		return answer{status: 200, headers: map[string]string{"Allow": p.allow, "Content-Type": "text/html"}}
	}
	file, found := v.site.pages[r.path]
	login := r.path == v.site.login && v.site.login != ""
	switch r.method {
	case "GET", "HEAD":
	case "POST":
		if login {
			return answer{status: 200, headers: map[string]string{"Content-Type": "text/html"}, body: v.site.refusal}
		}
		if found && p.family != apache {
			return v.failure(405, badLine, r)
		}
	case "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH":
		if found || p.family != iis {
			return v.failure(405, badLine, r)
		}
	default:
		switch p.family {
		case apache, lighttpd:
			return v.failure(501, badLine, r)
		default:
			return v.failure(405, badLine, r)
		}
	}
	if !found {
		if p.family == apache && strings.HasPrefix(r.path, "/.ht") {
			return v.failure(403, badLine, r)
		}
		return v.failure(404, badLine, r)
	}
	tag := p.etag(file.modified, len(file.body))
	a := answer{status: 200, body: file.body, headers: map[string]string{"Content-Type": file.contentType}}
	if login { // a program makes it
		return a
	}
	a.headers["ETag"], a.headers["Last-Modified"], a.headers["Accept-Ranges"] = tag, file.modified.Format(timeFormat), "bytes"
	if p.family == apache && strings.HasPrefix(file.contentType, "text/") {
		a.headers["Vary"] = "Accept-Encoding"
	}
	if match, since := r.get("If-None-Match"), r.get("If-Modified-Since"); match == tag || match == "" && since == a.headers["Last-Modified"] {
		a.status, a.body = 304, ""
		for _, name := range []string{"Content-Type", "Accept-Ranges", "Vary"} {
			delete(a.headers, name)
		}
	}
	return a
}

// guards tells whether a path asks for Basic credentials, which are never right.
func (v *Server) guards(path string) bool {
	prefix := v.site.guarded
	return prefix == "/" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

// failure is the server's own page for a status.
func (v *Server) failure(status int, why reason, r *request) answer {
	p := v.product
	host, port := v.host.Hostname, "80"
	if v.secure {
		port = "443"
	}
	if given := r.get("Host"); given != "" && len(given) < 256 {
		host = given
		if name, explicit, err := net.SplitHostPort(given); err == nil {
			host, port = name, explicit
		}
	}
	body, contentType := p.errorPage(status, why, r, host+" Port "+port)
	a := answer{status: status, body: body, headers: map[string]string{"Content-Type": contentType}, kernel: p.family == iis && kernelPage(status)}
	switch status {
	case 400, 413, 414, 501, 505:
		a.close = status != 501 || r.version == ""
	case 401:
		a.headers["WWW-Authenticate"] = `Basic realm="` + v.site.realm + `"`
	case 405:
		if p.family == apache || p.family == iis {
			a.headers["Allow"] = p.allow
		}
	}
	return a
}

// bytes writes the answer as the server would.
func (v *Server) bytes(a answer, r *request, now time.Time) []byte {
	p := v.product
	if r.version == "" && r.method != "" && a.status == 200 { // HTTP/0.9
		return []byte(a.body)
	}
	h := a.headers
	h["Date"], h["Server"] = now.Format(timeFormat), p.banner
	if a.status != 304 && p.family != cisco {
		h["Content-Length"] = fmt.Sprint(len(a.body))
	}
	order := p.order
	switch {
	case a.kernel:
		h["Server"] = "Microsoft-HTTPAPI/2.0"
		order = []string{"Content-Type", "Server", "Date", "Connection", "Content-Length"}
	case p.family == iis:
		h["X-Powered-By"] = "ASP.NET"
	case p.family == cisco:
		h["Accept-Ranges"] = "none"
	}
	switch {
	case a.close:
		h["Connection"] = "close"
	case p.family == nginx:
		h["Connection"] = "keep-alive"
	case p.family == apache && hasToken(r.get("Connection"), "keep-alive"):
		h["Connection"], h["Keep-Alive"] = "Keep-Alive", "timeout=5, max=100"
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.status, p.reason(a.status))
	for _, name := range order {
		if value := h[name]; value != "" {
			out.WriteString(name + ": " + value + "\r\n")
		}
	}
	out.WriteString("\r\n")
	if r.method != "HEAD" {
		out.WriteString(a.body)
	}
	return out.Bytes()
}
