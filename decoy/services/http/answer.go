package http

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"html"
	"net"
	"slices"
	"strings"
	"time"
)

const timeFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// answer is a response before it is written in the server's manner.
type answer struct {
	status  int
	headers map[string]string
	body    string
	extra   []header // of the application, in their order
	dynamic bool     // a program made it: its length isn't known before
	kernel  bool     // Windows answers, not IIS
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
	case r.path == "*":
		return v.options(r)
	}
	if v.app != nil && !(v.site.own && r.path == "/" && r.reads()) {
		switch r.method {
		case "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS":
			if a, ok := v.app.answer(v, r); ok {
				return a
			}
		}
	}
	if r.method == "OPTIONS" {
		return v.options(r)
	}
	file, found := v.site.pages[r.path]
	login := r.path == v.site.login && v.site.login != ""
	switch r.method {
	case "GET", "HEAD":
	case "POST":
		if login {
			return answer{status: 200, headers: map[string]string{"Content-Type": "text/html"}, body: v.site.refusal}
		}
		if found && p.family != apache && p.family != tomcat {
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
		return v.nothing(r)
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

// FromInside answers one request.
func (v *Server) FromInside(said string) string {
	r, err := readRequest(bufio.NewReader(strings.NewReader(said)), func() {})
	if trouble := (problem{}); errors.As(err, &trouble) {
		return string(v.bytes(v.failure(trouble.status, trouble.reason, r), r, v.host.Now()))
	} else if err != nil {
		return ""
	}
	return string(v.bytes(v.answerTo(r), r, v.host.Now()))
}

// options is the server's own answer to OPTIONS.
func (v *Server) options(r *request) answer {
	if v.product.family == nginx {
		return v.failure(405, badLine, r)
	}
	return answer{status: 200, headers: map[string]string{"Allow": v.product.allow, "Content-Type": "text/html"}}
}

// guards tells whether a path asks for Basic credentials, which are never right.
func (v *Server) guards(path string) bool {
	prefix := v.site.guarded
	return prefix != "" && (prefix == "/" || path == prefix || strings.HasPrefix(path, prefix+"/"))
}

// missing is the status of what is not there.
func (v *Server) missing() int { return v.chosen.missing }

// nothing answers for a page that is not there. A status that an operator has chosen may be one that is no failure.
func (v *Server) nothing(r *request) answer {
	status := v.missing()
	if status >= 400 {
		return v.failure(status, badLine, r)
	}
	a := answer{status: status, headers: map[string]string{"Content-Type": "text/html"}}
	switch {
	case status == 204 || status == 304:
		a.headers = map[string]string{}
	case status >= 300:
		a = v.moved(status, v.origin(r)+"/", r)
	default:
		a.body = v.site.pages["/"].body
	}
	return a
}

// moved is the server's own page that sends the client elsewhere.
func (v *Server) moved(status int, location string, r *request) answer {
	a := v.failure(status, badLine, r)
	a.headers["Location"] = location
	a.body = strings.Replace(a.body, "{location}", html.EscapeString(location), 1)
	return a
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
	body, contentType := v.errorPage(status, why, r, host+" Port "+port)
	a := answer{status: status, body: body, headers: map[string]string{"Content-Type": contentType}, kernel: p.family == iis && kernelPage(status)}
	if p.family == tomcat {
		a.headers["Content-Language"] = "en"
	}
	switch status {
	case 400, 413, 414, 501, 505:
		a.close = status != 501 || r.version == ""
	case 401:
		if v.site.realm == "" {
			break
		}
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
	if r.version == "" && r.method != "" && a.status == 200 { // HTTP/0.9
		return []byte(a.body)
	}
	reason, headers, body := v.finish(&a, r, now)
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.status, reason)
	chunked := false
	for _, one := range headers {
		out.WriteString(one.name + ": " + one.value + "\r\n")
		chunked = chunked || one.name == "Transfer-Encoding"
	}
	out.WriteString("\r\n")
	if chunked && body != "" {
		fmt.Fprintf(&out, "%x\r\n%s\r\n", len(body), body)
	}
	if chunked {
		out.WriteString("0\r\n\r\n")
	} else {
		out.WriteString(body)
	}
	return out.Bytes()
}

// finish gives the answer what the server adds to each: the words of its status, all headers in the server's order, and the body as far as the request gets one.
func (v *Server) finish(a *answer, r *request, now time.Time) (reason string, headers []header, body string) {
	p := v.product
	h := a.headers
	h["Date"], h["Server"] = now.Format(timeFormat), p.banner
	if v.http3 && a.status < 400 {
		h["Alt-Svc"] = `h3=":443"; ma=86400`
	}
	for _, own := range v.chosen.headers { // one that the server has itself is the operator's
		for name := range h {
			if strings.EqualFold(name, own.Name) {
				delete(h, name)
			}
		}
	}
	bodiless := a.status == 304 || a.status == 204
	switch {
	case bodiless || p.family == cisco:
	case a.dynamic && len(a.body) > p.buffer:
		if r.version == "HTTP/1.0" {
			a.close = true
		} else if r.method != "HEAD" && !r.framed() {
			h["Transfer-Encoding"] = "chunked"
		}
	default:
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
	case p.family == tomcat && p.banner == "":
		delete(h, "Server")
	}
	switch {
	case r.framed():
	case a.close:
		h["Connection"] = "close"
	case p.family == nginx:
		h["Connection"] = "keep-alive"
	case p.family == apache && hasToken(r.get("Connection"), "keep-alive"):
		h["Connection"], h["Keep-Alive"] = "Keep-Alive", "timeout=5, max=100"
	case p.family == tomcat && hasToken(r.get("Connection"), "keep-alive"):
		h["Connection"], h["Keep-Alive"] = "keep-alive", "timeout=20"
	}
	reason = p.reason(a.status)
	if a.dynamic && p.family != tomcat {
		reason = statusText(a.status) // the program's words, not the server's
	}
	if p.extras == "" {
		headers = append(headers, a.extra...)
	}
	for _, name := range order {
		if value := h[name]; value != "" && !says(a.extra, name) {
			headers = append(headers, header{name, value})
		}
		if name == p.extras {
			headers = append(headers, a.extra...)
		}
	}
	for _, own := range v.chosen.headers {
		headers = append(headers, header{own.Name, own.Value})
	}
	if r.method == "HEAD" || bodiless {
		return reason, headers, ""
	}
	return reason, headers, a.body
}

// says tells whether a header of that name is among the application's.
func says(headers []header, name string) bool {
	return slices.ContainsFunc(headers, func(h header) bool { return h.name == name })
}
