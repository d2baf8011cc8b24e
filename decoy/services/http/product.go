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
)

// product is a web server as it would have been installed on the decky: the same for http and https.
type product struct {
	family    family
	banner    string // the Server header
	signature bool   // Apache puts its name on error pages, as Debian configures it
	echoesURL bool   // Apache did until 2.4.38
	allow     string // the methods for a page
	order     []string
	keepAlive time.Duration
	requests  int // on one connection
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

// orders are the headers in the order in which each server sends them.
var orders = map[family][]string{
	nginx:    {"Server", "Date", "Content-Type", "Content-Length", "Last-Modified", "Location", "Connection", "WWW-Authenticate", "ETag", "Accept-Ranges"},
	apache:   {"Date", "Server", "WWW-Authenticate", "Last-Modified", "ETag", "Accept-Ranges", "Allow", "Location", "Content-Length", "Vary", "Keep-Alive", "Connection", "Content-Type"},
	lighttpd: {"WWW-Authenticate", "Allow", "Content-Type", "ETag", "Last-Modified", "Location", "Content-Length", "Accept-Ranges", "Connection", "Date", "Server"},
	iis:      {"Allow", "Content-Type", "Last-Modified", "Accept-Ranges", "Location", "ETag", "Server", "Public", "WWW-Authenticate", "X-Powered-By", "Date", "Connection", "Content-Length"},
	cisco:    {"Date", "Server", "Content-Type", "Connection", "Accept-Ranges", "WWW-Authenticate"},
}

func productOf(h *decoy.Host) product {
	choices := offersOfSystems[h.OS]
	if choices == nil {
		choices = offers[h.Distro]
	}
	if choices == nil {
		choices = offers["debian"]
	}
	picked := chosenOf(h, decoy.Pick(h, "http-product", choices...))
	p := product{family: picked.family, banner: picked.banner, order: orders[picked.family], keepAlive: 75 * time.Second, requests: 1000}
	switch p.family {
	case apache:
		p.keepAlive, p.requests = 5*time.Second, 100
		p.signature = strings.Contains(p.banner, "Debian") || strings.Contains(p.banner, "Ubuntu")
		p.echoesURL = strings.HasPrefix(p.banner, "Apache/2.4.6 ")
		p.allow = "HEAD,GET,POST,OPTIONS"
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

// chosenOf is the operator's choice in place of the one that was drawn. A host has one web server, whichever port it answers on. A header of no product that we know is
// put over the behaviour of the one that was drawn.
func chosenOf(h *decoy.Host, drawn offer) offer {
	for _, service := range []string{"http", "https"} {
		banner, ok := h.Setting(service, "server_header")
		if !ok {
			continue
		}
		for prefix, f := range map[string]family{"nginx": nginx, "Apache": apache, "lighttpd": lighttpd, "Microsoft-IIS": iis} {
			if strings.HasPrefix(banner, prefix) {
				return offer{f, banner}
			}
		}
		return offer{drawn.family, banner}
	}
	return drawn
}

// etag is the entity tag that the server makes of a file's time and size.
func (p product) etag(modified time.Time, size int) string {
	switch p.family {
	case apache:
		return fmt.Sprintf(`"%x-%x"`, size, modified.UnixMicro())
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
