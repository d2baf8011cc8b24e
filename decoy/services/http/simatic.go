package http

import (
	"fmt"
	"html"
	"net/url"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/conpot"
)

// simaticApp is the pages of a Siemens controller: the same one that the decky's other services are.
type simaticApp struct {
	plc   conpot.Controller
	start string // the path of the first page
}

func newSimatic(h *decoy.Host) *simaticApp {
	a := &simaticApp{plc: conpot.ControllerOf(h), start: "/Portal0000.htm"}
	if a.plc.Family == "S7-1200" {
		a.start = "/Portal/Portal.mwsl"
	}
	return a
}

func (a *simaticApp) prepare(func(path, contentType, body string)) {}

// answer is what the controller's own server says; it has no other.
func (a *simaticApp) answer(_ *Server, r *request) (answer, bool) {
	new := a.plc.Family == "S7-1200"
	switch {
	case r.path == "/" && new:
		return redirect("/Default.mwsl", "text/html"), true
	case r.path == "/":
		return redirect(a.start, "text/html"), true
	case r.path == "/Default.mwsl" && new:
		return a.page("Introduction", `<h2>SIMATIC `+html.EscapeString(a.plc.Family)+`</h2><p><a href="`+a.start+`?PriNav=Start">ENTER</a></p>`), true
	case r.path == "/FormLogin" && r.method == "POST":
		return redirect(a.start+"?"+url.Values{"LoginFailed": {"1"}}.Encode(), "text/html", header{"Set-Cookie", "siemens_ad_session=; path=/"}), true
	case r.path == a.start && new && r.query().Get("PriNav") == "Ident", r.path == "/Portal1000.htm" && !new:
		return a.page("Identification", a.table([][2]string{
			{"Plant designation", a.plc.Plant}, {"Location identifier", ""}, {"Serial number", a.plc.Serial}, {"Order number", a.plc.Order}, {"Hardware", fmt.Sprint(a.plc.Hardware)}, {"Firmware", a.plc.Firmware},
		})), true
	case r.path == a.start:
		failed := ""
		if r.query().Has("LoginFailed") {
			failed = `<p class="error">Login failed</p>`
		}
		return a.page("Start page", failed+a.table([][2]string{
			{"Station name", a.plc.Station}, {"Module name", a.plc.Module}, {"Module type", a.plc.Module}, {"Operating mode", a.plc.Mode()}, {"Status", "OK"},
		})), true
	case r.path == "/favicon.ico" || r.path == "/robots.txt" || r.reads() || r.method == "POST":
		return made(404, "text/html", "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>\n"), true
	}
	return answer{}, false
}

func (a *simaticApp) table(rows [][2]string) string {
	var b strings.Builder
	b.WriteString("<table>\n")
	for _, row := range rows {
		b.WriteString("<tr><td>" + row[0] + ":</td><td>" + html.EscapeString(row[1]) + "</td></tr>\n")
	}
	return b.String() + "</table>\n"
}

func (a *simaticApp) page(title, content string) answer {
	ident := "/Portal1000.htm"
	if a.plc.Family == "S7-1200" {
		ident = a.start + "?PriNav=Ident"
	}
	name := html.EscapeString(a.plc.Station)
	return made(200, "text/html", `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html><head>
<title>`+name+` - `+title+`</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
</head><body>
<div class="Header"><b>SIEMENS</b> `+name+` / `+html.EscapeString(a.plc.Module)+`</div>
<form method="post" action="/FormLogin"><input type="hidden" name="Redirection" value="" />
<label>Name</label> <input type="text" name="Login" size="20" /> <label>Password</label> <input type="password" name="Password" size="20" /> <input type="submit" value="Log in" /></form>
<ul class="Navigation"><li><a href="`+a.start+`">Start page</a></li><li><a href="`+ident+`">Identification</a></li></ul>
<h1>`+title+`</h1>
`+content+`</body></html>
`, header{"Cache-Control", "no-cache"})
}
