package http

import (
	"bufio"
	"bytes"
	"cmp"
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
	status     int
	headers    map[string]string
	body       string
	extra      []header // of the application, in their order
	dynamic    bool     // a program made it: its length isn't known before
	kernel     bool     // Windows answers, not IIS
	zipped     bool     // the body is compressed
	unmeasured bool     // the server does not say how long its page is
	close      bool
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
	if a, ok := v.folder(r); ok {
		return a
	}
	if v.app != nil && !(v.site.own && r.path == "/" && r.reads()) {
		switch r.method {
		case "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS":
			if a, ok := v.app.answer(v, r); ok {
				return a
			}
		}
	}
	if a, ok := v.ofServer(r); ok {
		return a
	}
	file, found := v.site.pages[r.path]
	if !found && p.family == lighttpd { // a file's path may go on behind its name
		for path := r.path; !found && len(path) > 1; {
			path = path[:strings.LastIndexByte(path, '/')]
			file, found = v.site.pages[cmp.Or(path, "/")]
			found = found && path != ""
		}
	}
	login := r.path == v.site.login && v.site.login != ""
	if status := p.methodStatus(r.method, found, login); status != 0 {
		return v.failure(status, badLine, r)
	}
	switch {
	case r.method == "OPTIONS" && (found || p.family != nginx && p.family != lighttpd):
		a := v.options(r)
		if p.family == apache && !found {
			delete(a.headers, "Content-Type")
		}
		return a
	case r.method == "TRACE" && p.family == apache:
		return traced(r)
	case r.method == "POST" && login:
		return answer{status: 200, headers: map[string]string{"Content-Type": "text/html"}, body: v.site.refusal}
	case !found && p.family.held() && strings.HasSuffix(r.path, "/") && r.path != "/" && v.hasFolder(r.path):
		return v.failure(403, badLine, r) // a folder without an index
	case !found:
		return v.nothing(r)
	case login: // a program makes it
		return answer{status: 200, body: file.body, headers: map[string]string{"Content-Type": file.contentType}}
	}
	return v.file(r, file)
}

// methodStatus is the status with which the server refuses a method for a path, 0 for that it does not.
func (p product) methodStatus(method string, found, login bool) int {
	switch method {
	case "GET", "HEAD":
		return 0
	case "POST":
		if found && !login && p.family != apache && p.family != tomcat && p.family != lighttpd {
			return 405
		}
		return 0
	case "TRACE":
		if p.family == apache && !p.signature { // where no package has switched it off
			return 0
		}
	}
	if p.family == tomcat && method != "OPTIONS" && method != "PUT" && method != "DELETE" && method != "TRACE" {
		return 501
	}
	known := slices.Contains(methods, method) || p.family == lighttpd && (method == "SEARCH" || method == "LINK" || method == "UNLINK" || method == "ACL")
	switch p.family {
	case nginx:
		if p.tries && !found && method != "TRACE" && method != "CONNECT" {
			return 0 // which ends in a 404
		}
	case apache:
		if method == "OPTIONS" {
			return 0
		}
		if !known {
			return 501
		}
	case lighttpd:
		switch {
		case method == "OPTIONS" && found, known && !found && method != "CONNECT":
			return 0
		case method != "CONNECT":
			return 501
		}
	default:
		switch {
		case method == "OPTIONS", p.family == iis && known && !found:
			return 0
		}
	}
	return 405
}

// methods are those that servers know besides what they do: of RFC 9110, of WebDAV and of versioning.
var methods = []string{
	"OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "CHECKOUT", "CHECKIN", "UNCHECKOUT", "UPDATE", "LABEL", "MERGE",
	"MKWORKSPACE", "MKACTIVITY", "VERSION-CONTROL", "BASELINE-CONTROL",
}

// ofServer answers for what servers have, or refuse, beside their files, as their packages configure them.
func (v *Server) ofServer(r *request) (answer, bool) {
	p := v.product
	switch p.family {
	case apache:
		longest := 0
		for part := range strings.SplitSeq(r.path, "/") {
			longest = max(longest, len(part))
		}
		if strings.HasPrefix(r.path, "/.ht") || longest > maxName || p.signature && (r.path == "/server-status" || r.path == "/icons/") {
			if _, known := v.site.pages[r.path]; !known && (r.reads() || r.method == "POST") {
				return v.failure(403, badLine, r), true
			}
		}
	case lighttpd:
		if r.reads() && (strings.HasSuffix(r.path, "~") || strings.HasSuffix(r.path, ".inc")) {
			return v.failure(403, badLine, r), true
		}
	}
	return answer{}, false
}

// folder sends a client that names a folder without the slash to the one with it, as servers do before an application is asked. Who tries names finds folders by that.
func (v *Server) folder(r *request) (answer, bool) {
	if !v.product.family.held() || !r.reads() && r.method != "POST" || strings.HasSuffix(r.path, "/") {
		return answer{}, false
	}
	if !v.hasFolder(r.path + "/") {
		return answer{}, false
	}
	location := r.path + "/"
	if _, query, queried := strings.Cut(r.target, "?"); queried {
		location += "?" + query
	}
	if v.product.family == lighttpd {
		return answer{status: 301, headers: map[string]string{"Location": location}}, true
	}
	return v.moved(301, v.origin(r)+location, r), true
}

// hasFolder tells whether there are files in a folder of that name, which ends with a slash.
func (v *Server) hasFolder(name string) bool {
	for path := range v.site.pages {
		if strings.HasPrefix(path, name) {
			return true
		}
	}
	return false
}

// maxName is how long a file's name may be.
const maxName = 255

// traced is the request given back.
func traced(r *request) answer {
	var body strings.Builder
	body.WriteString(r.line + "\r\n")
	for _, h := range r.headers {
		body.WriteString(h.name + ": " + h.value + "\r\n")
	}
	body.WriteString("\r\n")
	return answer{status: 200, headers: map[string]string{"Content-Type": "message/http"}, body: body.String(), dynamic: true}
}

// FromInside answers one request.
func (v *Server) FromInside(said string) string {
	r, err := readRequest(bufio.NewReader(strings.NewReader(said)), v.product.family, func(*request) bool { return true })
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
	a := answer{status: 200, headers: map[string]string{"Allow": v.product.allow, "Content-Type": "text/html"}}
	switch {
	case v.product.family == apache && r.path == "*":
		a.headers = map[string]string{}
	case v.product.family == lighttpd || v.product.family == tomcat:
		delete(a.headers, "Content-Type")
	}
	return a
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
	if given := r.get("Host"); given != "" && (r.named || !p.family.held()) && len(given) < 512 {
		host = given
		if name, explicit, err := net.SplitHostPort(given); err == nil {
			host, port = name, explicit
		}
		if p.family == apache {
			host = strings.ToLower(strings.Trim(strings.TrimSuffix(host, "."), "[]"))
		}
	}
	body, contentType := v.errorPage(status, why, r, host+" Port "+port)
	a := answer{status: status, body: body, headers: map[string]string{"Content-Type": contentType}, kernel: p.family == iis && kernelPage(status)}
	if p.family == tomcat {
		a.headers["Content-Language"] = "en"
	}
	switch status {
	case 400, 408, 411, 413, 414, 417, 431, 501, 505:
		a.close = status != 501 && (p.family != tomcat || status != 505 && status != 417) || r.version == "" || p.family == apache || p.family == lighttpd && !slices.Contains(methods, r.method)
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
	if p.family == tomcat && status == 405 {
		a.headers["Allow"] = p.allow
		if r.method == "TRACE" { // which is refused before it comes to a servlet
			a.headers["Allow"] = "HEAD, DELETE, POST, GET, OPTIONS, PUT"
		}
	}
	if p.family == apache {
		switch {
		case status == 405 && r.method == "TRACE":
			a.headers["Allow"] = noMethods
		case status == 501 && r.version != "":
			a.headers["Allow"] = p.allow
		}
	}
	return a
}

// noMethods is an Allow header without a method: Apache's for TRACE where it is switched off.
const noMethods = " "

// bytes writes the answer as the server would.
func (v *Server) bytes(a answer, r *request, now time.Time) []byte {
	if r.simple {
		return []byte(a.body)
	}
	reason, headers, body := v.finish(&a, r, now)
	var out bytes.Buffer
	version := "HTTP/1.1"
	if v.product.family == lighttpd && r.version != version { // which answers in the client's, and in 1.0 before it knows it
		version = "HTTP/1.0"
	}
	fmt.Fprintf(&out, "%s %d %s\r\n", version, a.status, reason)
	chunked := false
	for _, one := range headers {
		out.WriteString(one.name + ": " + strings.TrimPrefix(one.value, noMethods) + "\r\n")
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
	if a.dynamic && a.status == 200 && p.family == apache && p.deflates(h["Content-Type"], len(a.body)) {
		h["Vary"] = "Accept-Encoding"
	}
	if v.compresses(a, r) && !a.zipped {
		a.body, a.zipped = zip(a.body), true
	}
	if a.zipped {
		h["Content-Encoding"] = "gzip"
		if tag := h["ETag"]; tag != "" && p.family == apache {
			h["ETag"] = strings.TrimSuffix(tag, `"`) + `-gzip"`
		} else if tag != "" {
			h["ETag"] = "W/" + tag
		}
		if p.family == nginx {
			delete(h, "Accept-Ranges")
		}
	}
	switch {
	case a.zipped && p.family == nginx, a.unmeasured:
		if !r.framed() && r.method != "HEAD" && (p.family == nginx || !a.close) {
			h["Transfer-Encoding"] = "chunked"
		}
	case p.family == apache && r.method == "HEAD" && a.status >= 300 && a.status != 412 && !bodiless && !a.dynamic:
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
	case a.zipped && p.family == apache:
		order = orderZipped
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
	case p.family == lighttpd && r.version == "HTTP/1.0":
		h["Connection"] = "keep-alive"
	case p.family == apache && (r.version == "HTTP/1.0" || hasToken(r.get("Connection"), "keep-alive")):
		h["Connection"], h["Keep-Alive"] = "Keep-Alive", fmt.Sprintf("timeout=5, max=%d", max(1, p.requests-r.before))
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
