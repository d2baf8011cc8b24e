// Package http is the decoy of a web server: nginx, Apache, lighttpd, IIS or a switch's, as it would be installed on the decky, and of what may run
// on it: WordPress, phpMyAdmin, Tomcat, Jenkins, a router's set-up. It has a responder of
// its own, small and bounded, because the order and the case of headers, the error pages and what a server does
// with a request that is not one tell servers apart, and the standard library's is none of these. Every request is
// recorded, with what it offers as credentials; none are ever right. HTTP/2 is spoken by those products that do, with their settings, on the framing of x/net/http2,
// and HTTP/3 where it is switched on, on the streams of quic-go.
package http

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"decnet/catalog/headerlines"
	"decnet/decoy"
	"decnet/decoy/event"
)

const (
	headTime   = time.Minute // for one request
	lingerTime = time.Second // to read what the client still sends, so that it gets the answer and not a reset

	// The bounds of an event's fields: together they fit into one line.
	maxPath     = 1024
	maxRecorded = 2048
)

func init() {
	decoy.Register("http", func(h *decoy.Host) (decoy.Service, error) { return New(h, false), nil })
}

// Server answers for one decky.
type Server struct {
	host    *decoy.Host
	product product
	site    *site
	app     app // nil for none
	secure  bool
	http2   bool
	http3   bool
	chosen  chosen
	parts   atomic.Uint64 // the answers with several parts of a file: nginx counts them
}

// chosen is what an operator has chosen for one of the two ports.
type chosen struct {
	missing int // the status of what is not there
	headers []headerlines.Header
}

// New makes the server of a decky: the same product and site whether it is secure (HTTPS) or not.
func New(h *decoy.Host, secure bool) *Server {
	a := appOf(h)
	p := productOf(h, a)
	if strings.HasSuffix(p.banner, "(Rocky Linux)") && secure {
		p.banner += " OpenSSL/3.0.7" // mod_ssl adds itself there
	}
	v := &Server{host: h, product: p, site: siteOf(h, p, a), app: a, secure: secure, chosen: chosen{missing: 404}}
	service := "http"
	if secure {
		service = "https"
	}
	v.http2 = p.speaksHTTP2(h, service)
	v.http3 = secure && p.speaksHTTP3(h, v.http2)
	if code, ok := h.Setting(service, "response_code"); ok {
		v.chosen.missing, _ = strconv.Atoi(code) // it was checked, as all settings are
	}
	if lines, ok := h.Setting(service, "extra_headers"); ok {
		v.chosen.headers, _ = headerlines.Parse(lines)
	}
	if body, ok := h.Setting(service, "custom_body"); ok {
		v.site.index(p, body, h.Installed())
	}
	return v
}

// ServeConn answers one client on a port without TLS.
func (v *Server) ServeConn(_ context.Context, s *decoy.Session) { v.Serve(s, s) }

// Serve answers the requests that come on conn, which is the session itself or TLS on it.
func (v *Server) Serve(s *decoy.Session, conn net.Conn) {
	in := bufio.NewReaderSize(conn, 2*maxLine)
	for count := 1; ; count++ {
		wait := v.product.patience
		if v.product.family == apache {
			wait = headTime // before the first byte nobody is in a hurry
		}
		if count > 1 {
			wait = v.product.keepAlive
		}
		s.SetReadDeadline(time.Now().Add(wait))
		first, err := in.Peek(1)
		if err != nil {
			return
		}
		if count == 1 && v.http2 && !v.secure && first[0] == http2.ClientPreface[0] && speaksFirst(in) {
			v.serveHTTP2(s, conn, in)
			return
		}
		s.SetReadDeadline(time.Now().Add(v.product.patience))
		var r *request
		if v.refusesAtOnce(first[0]) {
			r, err = &request{line: string(first), raw: arrived(in)}, problem{400, badMethod}
		} else {
			r, err = readRequest(in, v.product.family, func(r *request) bool {
				if !v.awaits(r) {
					return false
				}
				words := "Continue"
				if v.product.family == tomcat {
					words = "" // it has none since 8.5
				}
				_, err := io.WriteString(conn, "HTTP/1.1 100 "+words+"\r\n\r\n")
				return err == nil
			})
		}
		r.before = count - 1
		var a answer
		trouble := problem{}
		switch {
		case errors.As(err, &trouble):
			a = v.failure(trouble.status, trouble.reason, r)
			a.close = true
		case errors.Is(err, os.ErrDeadlineExceeded) && v.tellsOfDelay(r):
			a = v.failure(408, badLine, r)
		case err != nil:
			if r.line != "" {
				v.record(s, r, 0)
			}
			return
		default:
			v.recordCredentials(s, r)
			a = v.answerTo(r)
		}
		a.close = a.close || r.close || r.version == "" || count == v.product.requests
		v.record(s, r, a.status)
		if _, err := conn.Write(v.bytes(a, r, s.Host().Now())); err != nil {
			return
		}
		if a.close {
			linger(s, conn)
			return
		}
	}
}

// tellsOfDelay tells whether a client that has begun a request and does not go on is told so: Apache does once it knows what kind of request it is.
func (v *Server) tellsOfDelay(r *request) bool { return v.product.family == apache && r.version != "" }

// awaits tells whether the server wants the body that a client announces before it answers: one that has files only doesn't.
func (v *Server) awaits(r *request) bool {
	switch v.product.family {
	case nginx:
		return v.app != nil || r.reads()
	case lighttpd:
		return v.app != nil
	}
	return true
}

// speaksFirst tells whether the client begins with HTTP/2, without asking whether the server knows it.
func speaksFirst(in *bufio.Reader) bool {
	const opening = "PRI * HTTP/2.0\r\n"
	for n := 1; n <= len(opening); n++ {
		if got, err := in.Peek(n); err != nil || string(got) != opening[:n] {
			return false
		}
	}
	return true
}

// RefusePlain answers a client that speaks plain HTTP where TLS is spoken.
func (v *Server) RefusePlain(s *decoy.Session, conn net.Conn) {
	s.SetReadDeadline(time.Now().Add(headTime))
	in := bufio.NewReaderSize(conn, 2*maxLine)
	var r *request
	first, err := in.Peek(1)
	why := problem{400, plainOnTLS}
	switch {
	case err != nil:
		return
	case v.refusesAtOnce(first[0]):
		r, err = &request{line: string(first)}, problem{400, badMethod}
	default:
		r, err = readRequest(in, v.product.family, func(*request) bool { return false })
	}
	if trouble := (problem{}); err != nil && !errors.As(err, &trouble) {
		return
	} else if err != nil && v.product.family == nginx {
		why = trouble // it looks at the request before it looks at where it came
	}
	if v.product.family == tomcat {
		v.record(s, r, 400)
		if _, err := io.WriteString(conn, tomcatPlain); err == nil {
			linger(s, conn)
		}
		return
	}
	if v.product.family != nginx && v.product.family != apache {
		v.record(s, r, 0)
		return
	}
	r.named = false
	a := v.failure(why.status, why.reason, r)
	a.close = true
	v.record(s, r, a.status)
	answered := *r
	if v.product.family == apache {
		answered.method = "GET" // it has only seen that it is HTTP
	}
	if _, err := conn.Write(v.bytes(a, &answered, s.Host().Now())); err == nil {
		linger(s, conn)
	}
}

// refusesAtOnce tells whether the server sees by the first byte that this is no request, without waiting for a whole line.
func (v *Server) refusesAtOnce(c byte) bool {
	letter := c >= 'A' && c <= 'Z' || c == '_' || c == '-' || c == '\r' || c == '\n'
	switch v.product.family {
	case nginx:
		return !letter
	case iis:
		return !letter && (c < 'a' || c > 'z')
	case tomcat:
		return c != '\r' && c != '\n' && !isToken(string(rune(c)))
	}
	return false
}

// linger lets the client take the answer before the connection ends.
func linger(s *decoy.Session, conn net.Conn) {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
	s.SetReadDeadline(time.Now().Add(lingerTime))
	io.CopyN(io.Discard, conn, 256<<10)
}

// record records a request; status 0 means that it got no answer.
func (v *Server) record(s *decoy.Session, r *request, status int) {
	var headers strings.Builder
	for _, h := range r.headers {
		headers.WriteString(h.name + ": " + h.value + "\n")
	}
	s.Event("request",
		bounded(event.Command, r.line, maxPath),
		bounded("method", r.method, 64),
		bounded("path", r.target, maxPath),
		bounded("host", r.get("Host"), 256),
		bounded("user_agent", r.get("User-Agent"), 512),
		event.Int("status", int64(status)),
		bounded("headers", headers.String(), maxRecorded),
		bounded("body", string(r.body), maxRecorded),
		event.Int("body_size", r.size))
}

// bounded is a field of at most n bytes that says how long the value was.
func bounded(name, value string, n int) event.Field {
	if len(value) > n {
		return event.Field{Name: name, Value: value[:n], Size: len(value)}
	}
	return event.String(name, value)
}

// Program is the server's own, or that of the application that brings one.
func (v *Server) Program() decoy.Program {
	const java = "/usr/bin/java -Djava.awt.headless=true "
	switch v.product.family {
	case nginx:
		return decoy.Program{User: "root", Command: "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;"}
	case apache:
		if strings.Contains(v.product.banner, "Debian") || strings.Contains(v.product.banner, "Ubuntu") {
			return decoy.Program{User: "root", Command: "/usr/sbin/apache2 -k start"}
		}
		return decoy.Program{User: "root", Command: "/usr/sbin/httpd -DFOREGROUND"}
	case lighttpd:
		return decoy.Program{User: "www-data", Command: "/usr/sbin/lighttpd -D -f /etc/lighttpd/lighttpd.conf"}
	case tomcat:
		return decoy.Program{User: "tomcat", Command: java + "-classpath /usr/share/tomcat9/bin/bootstrap.jar:/usr/share/tomcat9/bin/tomcat-juli.jar org.apache.catalina.startup.Bootstrap start"}
	case jetty:
		return decoy.Program{User: "jenkins", Command: java + "-jar /usr/share/java/jenkins.war --webroot=/var/cache/jenkins/war --httpPort=80"}
	}
	return decoy.Program{}
}
