package http

import (
	"crypto/rand"
	"encoding/hex"
	nethttp "net/http"
	"net/url"
	"regexp"
	"strings"

	"decnet/decoy"
)

// app is the application that a site is. It never lets anybody in.
type app interface {
	// prepare adds the application's files, which the server sends by itself.
	prepare(add func(path, contentType, body string))
	// answer is what the application says to a request; false leaves it to the server.
	answer(v *Server, r *request) (answer, bool)
}

// shares are how many of a hundred hosts of an archetype have which application on their web server; the rest have none.
var shares = map[string][]share{
	"web-server":      {{"wordpress", 40}, {"phpmyadmin", 14}, {"tomcat", 6}},
	"linux-server":    {{"wordpress", 12}, {"phpmyadmin", 8}, {"tomcat", 8}, {"jenkins", 4}},
	"database-server": {{"phpmyadmin", 40}},
	"devops-host":     {{"jenkins", 50}, {"tomcat", 8}},
	"monitoring-node": {{"jenkins", 5}, {"tomcat", 5}},
	"deaddeck":        {{"wordpress", 20}, {"phpmyadmin", 15}, {"jenkins", 5}},
	"iot-device":      {{"router", 20}},
	"":                {{"wordpress", 12}, {"phpmyadmin", 6}, {"tomcat", 5}, {"jenkins", 3}},
}

type share struct {
	app     string
	percent int
}

// appName is which application the decky has: the operator's choice, or one that fits it.
func appName(h *decoy.Host) string {
	if name, ok := sharedSetting(h, "fake_app"); ok {
		return name
	}
	if banner, ok := sharedSetting(h, "server_header"); ok && familyOf(banner) == iis {
		return "none"
	}
	if h.Archetype == "industrial-control" {
		return "simatic"
	}
	drawn := h.Rand("http-app").IntN(100)
	for _, s := range shares[h.Archetype] {
		if drawn -= s.percent; drawn >= 0 {
			continue
		}
		system := h.OS == "" || h.OS == "linux" || h.OS == "bsd"
		if system == (s.app == "router") && (s.app != "router" || h.OS != "embedded") {
			return "none" // not on such a system
		}
		return s.app
	}
	return "none"
}

// appOf makes the decky's application, nil for none.
func appOf(h *decoy.Host) app {
	switch appName(h) {
	case "wordpress":
		return newWordpress(h)
	case "phpmyadmin":
		return newPHPMyAdmin(h)
	case "tomcat":
		return newTomcat(h)
	case "jenkins":
		return newJenkins(h)
	case "simatic":
		return newSimatic(h)
	case "router":
		return newRouter(h)
	}
	return nil
}

// sharedSetting is a setting that a host has for both of its ports: http's goes first.
func sharedSetting(h *decoy.Host, key string) (string, bool) {
	plain, ok := h.Setting("http", key)
	secure, okSecure := h.Setting("https", key)
	if ok {
		return plain, true
	}
	return secure, okSecure
}

// made is a page that a program makes.
func made(status int, contentType, body string, headers ...header) answer {
	h := map[string]string{}
	if contentType != "" {
		h["Content-Type"] = contentType
	}
	return answer{status: status, body: body, headers: h, extra: headers, dynamic: true}
}

// redirect is a program's 302.
func redirect(location, contentType string, headers ...header) answer {
	a := made(302, contentType, "", headers...)
	a.headers["Location"] = location
	return a
}

// random is n bytes of a session or a nonce, in hexadecimal: another one each time, as in the product.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

var hostname = regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]+$`)

// origin is how the client calls the site, for the links of applications that have their whole address in each.
func (v *Server) origin(r *request) string {
	host := r.get("Host")
	if len(host) > 255 || !hostname.MatchString(host) {
		host = v.host.Hostname
	}
	if v.secure {
		return "https://" + host
	}
	return "http://" + host
}

// query is what stands behind the target's question mark, as far as it can be read.
func (r *request) query() url.Values {
	_, text, _ := strings.Cut(r.target, "?")
	values, _ := url.ParseQuery(text)
	return values
}

// form is the body as a form, as far as it can be read.
func (r *request) form() url.Values {
	values, _ := url.ParseQuery(string(r.body))
	return values
}

// reads tells whether the request only wants to see something.
func (r *request) reads() bool { return r.method == "GET" || r.method == "HEAD" }

func statusText(status int) string { return nethttp.StatusText(status) }
