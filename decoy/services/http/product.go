package http

import (
	"fmt"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/windows"
)

// family is whose manners a server has.
type family int

const (
	nginx family = iota
	apache
	lighttpd
	iis
	cisco
	tomcat // Coyote, Tomcat's own
	jetty  // Jenkins' own
)

// held tells whether what such a server makes of a request was held against a real one, oddity by oddity.
func (f family) held() bool { return f == nginx || f == apache || f == lighttpd }

// product is a web server as it would have been installed on the decky: the same for http and https.
type product struct {
	family    family
	banner    string // the Server header
	signature bool   // Apache puts its name on error pages, as Debian configures it
	echoesURL bool   // Apache did until 2.4.38
	allow     string // the methods for a page
	order     []string
	extras    string // the header behind which an application's own come; "" is the first
	buffer    int    // a program's page up to this long has its length; a longer one comes in chunks
	keepAlive time.Duration
	patience  time.Duration // for one request
	requests  int           // on one connection
	tries     bool          // nginx looks for a file before it looks at the method, as Debian configures it
	zips      bool          // it compresses, as Debian and Ubuntu configure theirs
}

type offer struct {
	family family
	banner string
}

// offers are what each distribution has shipped and its updates have brought.
var offers = map[string][]offer{
	"debian": {
		{nginx, "nginx/1.22.1"}, {nginx, "nginx"}, {nginx, "nginx/1.26.2"},
		{apache, "Apache/2.4.59 (Debian)"}, {apache, "Apache/2.4.61 (Debian)"}, {apache, "Apache/2.4.62 (Debian)"}, {apache, "Apache/2.4.65 (Debian)"},
	},
	"ubuntu22": {{nginx, "nginx/1.18.0 (Ubuntu)"}, {nginx, "nginx/1.26.2"}, {nginx, "nginx/1.28.0"}, {apache, "Apache/2.4.52 (Ubuntu)"}},
	"ubuntu20": {{nginx, "nginx/1.18.0 (Ubuntu)"}, {nginx, "nginx/1.24.0"}, {apache, "Apache/2.4.41 (Ubuntu)"}},
	"rocky9":   {{nginx, "nginx/1.20.1"}, {nginx, "nginx/1.22.1"}, {nginx, "nginx/1.24.0"}, {apache, "Apache/2.4.57 (Rocky Linux)"}, {apache, "Apache/2.4.62 (Rocky Linux)"}},
	"centos7":  {{nginx, "nginx/1.20.1"}, {nginx, "nginx/1.16.1"}, {apache, "Apache/2.4.6 (CentOS)"}, {apache, "Apache/2.4.6 (CentOS) PHP/5.4.16"}},
	"fedora":   {{nginx, "nginx/1.24.0"}, {nginx, "nginx/1.26.1"}, {apache, "Apache/2.4.58 (Fedora Linux)"}, {apache, "Apache/2.4.62 (Fedora Linux)"}},
	"alpine":   {{nginx, "nginx/1.24.0"}, {nginx, "nginx"}, {apache, "Apache/2.4.58 (Unix)"}, {lighttpd, "lighttpd/1.4.73"}},
	"kali":     {{apache, "Apache/2.4.58 (Debian)"}, {apache, "Apache/2.4.62 (Debian)"}, {nginx, "nginx/1.26.0"}},
	"arch":     {{nginx, "nginx/1.26.2"}, {nginx, "nginx/1.26.1"}, {apache, "Apache/2.4.62 (Unix)"}},
}

var offersOfSystems = map[string][]offer{
	"windows":        {{iis, ""}}, // which one, the system says
	"windows_server": {{iis, ""}},
	"bsd":            {{nginx, "nginx/1.26.2"}, {apache, "Apache/2.4.62 (FreeBSD)"}, {nginx, "nginx/1.24.0"}},
	"embedded":       {{lighttpd, "lighttpd/1.4.55"}, {lighttpd, "lighttpd/1.4.59"}, {lighttpd, "lighttpd/1.4.45"}, {nginx, "nginx/1.14.2"}, {nginx, "nginx"}},
	"cisco":          {{cisco, "cisco-IOS"}},
}

// hasty is how long Apache and Tomcat wait for a request that has begun. Tests have less time.
var hasty = 20 * time.Second

// packaged are the versions of nginx that Debian and its kin ship; others come from nginx.org, with another configuration.
var packaged = map[string]bool{"nginx": true, "nginx/1.22.1": true, "nginx/1.26.0": true, "nginx/1.26.3": true, "nginx/1.18.0 (Ubuntu)": true}

// orders are the headers in the order in which each server sends them.
var orders = map[family][]string{
	nginx:    {"Server", "Date", "Content-Type", "Content-Length", "Last-Modified", "Location", "Transfer-Encoding", "Connection", "WWW-Authenticate", "ETag", "Content-Range", "Content-Encoding", "Alt-Svc", "Accept-Ranges"},
	apache:   {"Date", "Server", "WWW-Authenticate", "Last-Modified", "ETag", "Accept-Ranges", "Allow", "Location", "Content-Length", "Vary", "Content-Range", "Alt-Svc", "Keep-Alive", "Connection", "Transfer-Encoding", "Content-Type"},
	lighttpd: {"WWW-Authenticate", "Allow", "Content-Type", "ETag", "Last-Modified", "Location", "Content-Length", "Accept-Ranges", "Content-Range", "Alt-Svc", "Connection", "Date", "Server"},
	iis:      {"Allow", "Content-Type", "Content-Range", "Last-Modified", "Accept-Ranges", "Location", "ETag", "Alt-Svc", "Server", "Public", "WWW-Authenticate", "X-Powered-By", "Date", "Connection", "Content-Length"},
	tomcat:   {"WWW-Authenticate", "Allow", "Accept-Ranges", "ETag", "Last-Modified", "Content-Range", "Location", "Alt-Svc", "Content-Type", "Content-Language", "Transfer-Encoding", "Content-Length", "Date", "Keep-Alive", "Connection", "Server"},
	jetty:    {"Date", "WWW-Authenticate", "Location", "Last-Modified", "Content-Type", "Accept-Ranges", "Content-Range", "Alt-Svc", "Content-Length", "Connection", "Server"},
	cisco:    {"Date", "Server", "Content-Type", "Alt-Svc", "Connection", "Accept-Ranges", "WWW-Authenticate"},
}

// orderZipped is Apache's for what it compresses, of which it knows the length last.
var orderZipped = []string{"Date", "Server", "Last-Modified", "ETag", "Accept-Ranges", "Location", "Vary", "Content-Encoding", "Content-Range", "Content-Length", "Alt-Svc", "Keep-Alive", "Connection", "Transfer-Encoding", "Content-Type"}

// extras are where each puts the headers of applications.
var extras = map[family]string{nginx: "Connection", apache: "Server", iis: "Server", jetty: "Date", cisco: "WWW-Authenticate"}

func productOf(h *decoy.Host, a app) product {
	choices := offersOfSystems[h.OS]
	if choices == nil {
		choices = offers[h.Distro]
	}
	if choices == nil {
		choices = offers["debian"]
	}
	picked := chosenOf(h, fitting(a, decoy.Pick(h, "http-product", choices...)))
	p := product{family: picked.family, banner: picked.banner, order: orders[picked.family], extras: extras[picked.family], buffer: 8000, keepAlive: 75 * time.Second, patience: headTime, requests: 1000}
	switch p.family {
	case nginx:
		p.buffer = -1
		p.tries = packaged[p.banner] && (h.Distro == "debian" || h.Distro == "kali" || strings.Contains(p.banner, "Ubuntu"))
		p.zips = p.tries
	case tomcat:
		p.keepAlive, p.patience, p.requests, p.allow = 20*time.Second, hasty, 100, "OPTIONS, GET, HEAD, POST"
	case jetty:
		p.keepAlive, p.buffer = 30*time.Second, 32<<10
	case apache:
		p.keepAlive, p.patience, p.requests = 5*time.Second, hasty, 100
		p.signature = strings.Contains(p.banner, "Debian") || strings.Contains(p.banner, "Ubuntu")
		p.echoesURL = strings.HasPrefix(p.banner, "Apache/2.4.6 ")
		p.zips = p.signature
		// Apache has them in a table whose order differs from one start to the next.
		order := []string{"GET", "POST", "OPTIONS", "HEAD"}
		turn := h.Rand("http-allow").IntN(len(order))
		p.allow = strings.Join(append(order[turn:], order[:turn]...), ",")
		if p.echoesURL {
			p.allow = "GET,HEAD,POST,OPTIONS,TRACE"
		}
	case lighttpd:
		p.keepAlive, p.requests = 5*time.Second, 100
		p.allow = "OPTIONS, GET, HEAD, POST"
	case iis:
		if p.banner == "" {
			p.banner = windows.MachineOf(h).IIS()
		}
		p.keepAlive = 2 * time.Minute
		p.allow = "OPTIONS, TRACE, GET, HEAD, POST"
	case cisco:
		p.requests = 1
	}
	return p
}

// chosenVersions are the versions of HTTP that an operator has chosen.
func chosenVersions(h *decoy.Host, service string) (versions []string, chosen bool) {
	list, chosen := h.Setting(service, "http_versions")
	return strings.Split(list, ","), chosen
}

// chosenOf is the operator's choice in place of the one that was drawn. A host has one web server, whichever port it answers on. A header of no product that we know is
// put over the behaviour of the one that was drawn.
func chosenOf(h *decoy.Host, drawn offer) offer {
	banner, ok := sharedSetting(h, "server_header")
	if !ok {
		return drawn
	}
	if f := familyOf(banner); f >= 0 {
		return offer{f, banner}
	}
	return offer{drawn.family, banner}
}

// familyOf is whose name a Server header begins with, -1 for none that we know.
func familyOf(banner string) family {
	for prefix, f := range map[string]family{"nginx": nginx, "Apache/": apache, "lighttpd": lighttpd, "Microsoft-IIS": iis, "Apache-Coyote": tomcat, "Jetty": jetty} {
		if strings.HasPrefix(banner, prefix) {
			return f
		}
	}
	if banner == "Apache" {
		return apache
	}
	return -1
}

// fitting is the server that the application runs on: Tomcat and Jenkins bring their own, and PHP has none of a switch's.
func fitting(a app, drawn offer) offer {
	switch a := a.(type) {
	case *tomcatApp:
		return offer{tomcat, ""}
	case *jenkinsApp:
		return offer{jetty, "Jetty(" + a.jetty + ")"}
	case *simaticApp: // which has no name
		return offer{lighttpd, ""}
	case *routerApp:
		if drawn.family != lighttpd {
			return offer{lighttpd, "lighttpd/1.4.59"}
		}
	case *wordpress, *phpMyAdmin:
		if drawn.family == cisco {
			return offer{nginx, "nginx/1.22.1"}
		}
	}
	return drawn
}

// etag is the entity tag that the server makes of a file's time and size.
func (p product) etag(modified time.Time, size int) string {
	switch p.family {
	case apache:
		return fmt.Sprintf(`"%x-%x"`, size, modified.UnixMicro())
	case tomcat:
		return fmt.Sprintf(`W/"%d-%d"`, size, modified.UnixMilli())
	case iis: // the time in units of 100 ns since 1601, then the change number
		return fmt.Sprintf(`"%x:0"`, modified.UnixNano()/100+116444736000000000)
	case lighttpd: // a hash of the same
		hash := uint32(size)
		for v := uint64(modified.Unix()); v > 0; v >>= 8 {
			hash = hash<<5 ^ hash>>27 ^ uint32(v&0xff)
		}
		return fmt.Sprintf(`"%d"`, hash)
	default:
		return fmt.Sprintf(`"%x-%x"`, modified.Unix(), size)
	}
}
