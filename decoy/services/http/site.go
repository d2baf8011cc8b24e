package http

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/device"
)

// page is one file of the site.
type page struct {
	body        string
	contentType string
	modified    time.Time
}

// site is what the server serves: a few pages, drawn from the decky's seed, one of which may be a login.
type site struct {
	pages   map[string]page
	login   string // the path that takes the form, "" for none
	realm   string // what Basic credentials are asked for
	guarded string // the prefix of the paths for which they are; "" for none
	refusal string // the page after a login that failed
	own     bool   // the page at the root is the operator's
}

func siteOf(h *decoy.Host, p product, a app) *site {
	r := h.Rand("http-site")
	s := &site{pages: map[string]page{}}
	edited := h.Installed().Add(time.Duration(r.Int64N(int64(40 * 24 * time.Hour)))).Truncate(time.Second)
	add := func(path, contentType, body string) {
		s.pages[path] = page{body, contentType, edited.Add(time.Duration(r.IntN(86400)) * time.Second)}
	}
	if a != nil {
		a.prepare(add)
		return s
	}
	area := []string{"/admin", "/backup", "/manage", "/private", "/intern", "/old"}[r.IntN(6)]
	s.guarded, s.realm = area, []string{"Restricted", "Administration", "Restricted Content", "Staff only", h.Hostname}[r.IntN(5)]
	embedded := h.OS == "embedded" || h.Archetype == "printer" || h.Archetype == "iot-device"
	switch {
	case p.family == cisco:
		s.guarded, s.realm = "/", "level_15_access"
		return s
	case embedded && r.IntN(3) == 0:
		s.guarded, s.realm = "/", device.Name(h)
	case embedded:
		s.addLogin(add, device.Name(h), "/login.cgi", r)
	case r.IntN(3) == 0:
		add("/", "text/html", welcome(h, p))
	case r.IntN(2) == 0:
		title := []string{"Intranet", "Staff Portal", "Service Desk", "Inventory", "Customer Portal", "Reporting"}[r.IntN(6)]
		s.addLogin(add, title, "/login", r)
	default:
		add("/", "text/html", plainIndex(h, r))
	}
	if !embedded {
		add("/robots.txt", "text/plain", "User-agent: *\nDisallow: "+area+"/\nDisallow: /tmp/\n")
	}
	if r.IntN(2) == 0 {
		add("/favicon.ico", p.iconType(), icon(h))
	}
	if index, ok := s.pages["/"]; ok {
		s.pages[p.indexName()] = index
	}
	return s
}

// index puts an operator's page in place of the one at the root. A password that the whole site had is gone with it.
func (s *site) index(p product, body string, modified time.Time) {
	if s.guarded == "/" {
		s.guarded = ""
	}
	s.pages["/"] = page{body, "text/html", modified}
	s.pages[p.indexName()] = s.pages["/"]
	s.own = true
}

func (p product) indexName() string {
	if p.family == iis {
		return "/iisstart.htm"
	}
	return "/index.html"
}

func (p product) iconType() string {
	if p.family == apache {
		return "image/vnd.microsoft.icon"
	}
	return "image/x-icon"
}

func (s *site) addLogin(add func(path, contentType, body string), title, path string, r *rand.Rand) {
	user := []string{"username", "user", "login", "email"}[r.IntN(4)]
	secret := []string{"password", "passwd", "pass"}[r.IntN(3)]
	colour := fmt.Sprintf("#%06x", 0x202040+r.IntN(0x608060))
	form := func(message string) string {
		return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>` + title + ` - Login</title>
<style>
body{font-family:Arial,Helvetica,sans-serif;background:#f2f3f5;margin:0}
header{background:` + colour + `;color:#fff;padding:14px 24px;font-size:20px}
form{background:#fff;width:300px;margin:80px auto;padding:24px;border:1px solid #d5d8dc}
label{display:block;margin-top:12px;font-size:13px}
input{width:100%;box-sizing:border-box;padding:7px;margin-top:4px}
button{margin-top:18px;padding:8px 22px;background:` + colour + `;color:#fff;border:0}
.error{color:#b00020;font-size:13px}
</style>
</head>
<body>
<header>` + title + `</header>
<form method="post" action="` + path + `">
` + message + `<label for="u">Username</label><input id="u" name="` + user + `" autocomplete="username" autofocus>
<label for="p">Password</label><input id="p" name="` + secret + `" type="password" autocomplete="current-password">
<button type="submit">Sign in</button>
</form>
</body>
</html>
`
	}
	s.login, s.refusal = path, form("<p class=\"error\">Invalid username or password.</p>\n")
	add("/", "text/html", form(""))
	add(path, "text/html", form(""))
}

func plainIndex(h *decoy.Host, r *rand.Rand) string {
	name := html.EscapeString(h.Hostname)
	return []string{
		"<html><body><h1>It works!</h1></body></html>\n",
		"<!DOCTYPE html>\n<html>\n<head><title>" + name + "</title></head>\n<body>\n<h1>" + name + "</h1>\n<p>This server is under maintenance. Please contact the IT department.</p>\n</body>\n</html>\n",
		"<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>Under construction</title></head>\n<body>\n<h2>Coming soon</h2>\n</body>\n</html>\n",
		"<html>\n<head><title>Index</title></head>\n<body>\n<ul>\n<li><a href=\"/reports/\">Reports</a></li>\n<li><a href=\"/docs/\">Documents</a></li>\n<li><a href=\"/status\">Status of " +
			name + "</a></li>\n</ul>\n</body>\n</html>\n",
	}[r.IntN(4)]
}

// icon is a small favicon of one colour, the decky's own: scanners compare their hashes.
func icon(h *decoy.Host) string {
	const side = 16
	head := []byte{0, 0, 1, 0, 1, 0, side, side, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 22, 0, 0, 0}
	info := make([]byte, 40)
	info[0], info[4], info[8], info[12], info[14] = 40, side, 2*side, 1, 32
	pixels := strings.Repeat(string(append(h.Bytes("http-favicon", 3), 0xff)), side*side)
	bitmap := string(info) + pixels + strings.Repeat("\x00", side*4)
	head[14], head[15] = byte(len(bitmap)), byte(len(bitmap)>>8)
	return string(head) + bitmap
}

// welcome is the page that the server's package brings.
func welcome(h *decoy.Host, p product) string {
	switch p.family {
	case iis:
		return strings.ReplaceAll(iisWelcome, "\n", "\r\n")
	case apache:
		system := map[string]string{"debian": "Debian", "kali": "Debian", "ubuntu22": "Ubuntu", "ubuntu20": "Ubuntu"}[h.Distro]
		if system == "" {
			return "<html><body><h1>It works!</h1></body></html>\n"
		}
		return fmt.Sprintf(apacheWelcome, system)
	case nginx:
		if !p.before("1.21.4") {
			return strings.Replace(nginxWelcome, nginxStyle, nginxNewStyle, 1)
		}
		return nginxWelcome
	default:
		return plainIndex(h, h.Rand("http-index"))
	}
}

// The styles of nginx's page, before 1.21.4 and since.
const (
	nginxStyle = `    body {
        width: 35em;
        margin: 0 auto;
        font-family: Tahoma, Verdana, Arial, sans-serif;
    }
`
	nginxNewStyle = `html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
`
)

const nginxWelcome = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
    body {
        width: 35em;
        margin: 0 auto;
        font-family: Tahoma, Verdana, Arial, sans-serif;
    }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`

const apacheWelcome = `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
  <head>
    <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
    <title>Apache2 %[1]s Default Page: It works</title>
  </head>
  <body>
    <div class="main_page">
      <div class="page_header floating_element">
        <span class="floating_element">Apache2 %[1]s Default Page</span>
      </div>
      <div class="content_section floating_element">
        <div class="section_header section_header_red">It works!</div>
        <div class="content_section_text">
          <p>This is the default welcome page used to test the correct operation of the Apache2 server after installation on %[1]s systems.
          You should <b>replace this file</b> (located at <tt>/var/www/html/index.html</tt>) before continuing to operate your HTTP server.</p>
        </div>
      </div>
    </div>
  </body>
</html>
`

const iisWelcome = `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1" />
<title>IIS Windows Server</title>
<style type="text/css">
<!--
body {
	color:#000000;
	background-color:#0072C6;
	margin:0;
}

#container {
	margin-left:auto;
	margin-right:auto;
	text-align:center;
	}

a img {
	border:none;
}

-->
</style>
</head>
<body>
<div id="container">
<a href="http://go.microsoft.com/fwlink/?linkid=66138&amp;clcid=0x409"><img src="iisstart.png" alt="IIS" width="960" height="600" /></a>
</div>
</body>
</html>`
