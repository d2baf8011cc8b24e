package http

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"time"

	"decnet/decoy"
)

// jenkinsApp is a Jenkins that shows nothing to whom it does not know.
type jenkinsApp struct{ version, jetty, session, node string }

func newJenkins(h *decoy.Host) *jenkinsApp {
	release := decoy.Pick(h, "jenkins", [2]string{"2.426.3", "10.0.18"}, [2]string{"2.440.3", "10.0.20"}, [2]string{"2.452.4", "10.0.21"}, [2]string{"2.462.3", "10.0.24"})
	// The session is that of the process: it changes when the host boots.
	return &jenkinsApp{release[0], release[1], h.Hex("jenkins-session/"+h.BootTime().Format(time.RFC3339), 4), h.Hex("jenkins-cookie", 4)}
}

func (j *jenkinsApp) prepare(add func(path, contentType, body string)) {
	add("/robots.txt", "text/plain", "# we don't want robots to click \"build\" links\nUser-agent: *\nDisallow: /\n")
}

const jenkinsPage = "text/html;charset=utf-8"

func (j *jenkinsApp) answer(v *Server, r *request) (answer, bool) {
	const never = "Thu, 01 Jan 1970 00:00:00 GMT"
	headers := []header{{"X-Content-Type-Options", "nosniff"}}
	named := []header{{"X-Hudson", "1.395"}, {"X-Jenkins", j.version}, {"X-Jenkins-Session", j.session}}
	if !strings.Contains(r.get("Cookie"), "JSESSIONID."+j.node+"=") {
		flags := "; Path=/; HttpOnly"
		if v.secure {
			flags = "; Path=/; Secure; HttpOnly"
		}
		headers = append(headers, header{"Set-Cookie", "JSESSIONID." + j.node + "=node0" + random(12) + ".node0" + flags}, header{"Expires", never})
	}
	path, from := r.path, r.query().Get("from")
	_, static := v.site.pages[path]
	switch {
	case static || r.method == "TRACE":
		return answer{}, false
	case r.get("Authorization") != "":
		a := made(401, "text/html;charset=iso-8859-1", j.errorPage(401, "Unauthorized", path), append(headers[:1:1], header{"WWW-Authenticate", `Basic realm="Jenkins"`})...)
		return a, true
	case path == "/login" || path == "/loginError":
		status, message := 200, ""
		if path == "/loginError" {
			status, message = 401, "<div class=\"app-sign-in-register__error\">Invalid username or password</div>"
		}
		return made(status, jenkinsPage, j.form(message, from), append(append(headers, header{"Cache-Control", "no-cache,no-store,must-revalidate"}, header{"X-Frame-Options", "sameorigin"}, header{"X-Instance-Identity", v.host.Hex("jenkins-identity", 64)}), named...)...), true
	case path == "/j_spring_security_check":
		if r.method != "POST" {
			return made(404, "text/html;charset=iso-8859-1", j.errorPage(404, "Not Found", path), headers...), true
		}
		a := redirect(v.origin(r)+"/loginError", "", headers...)
		return a, true
	case path == "/logout":
		return redirect(v.origin(r)+"/", "", headers...), true
	case strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/adjuncts/") || path == "/signup" || strings.HasPrefix(path, "/securityRealm/"):
		return made(404, "text/html;charset=iso-8859-1", j.errorPage(404, "Not Found", path), headers...), true
	case r.method == "POST" && r.get("Jenkins-Crumb") == "" && !r.form().Has("Jenkins-Crumb"):
		return made(403, "text/html;charset=iso-8859-1", j.errorPage(403, "No valid crumb was included in the request", path), headers...), true
	}
	to := "/login?from=" + url.QueryEscape(clip(r.target, 2048))
	body := "<html><head><meta http-equiv='refresh' content='1;url=" + to + "'/><script id='redirect' data-redirect-url='" + to + "' src='/static/" + j.session + "/scripts/redirect.js'></script></head>" +
		"<body style='background-color:white; color:white;'>\nAuthentication required\n<!--\n-->\n\n</body></html>" + strings.Repeat(" ", 256)
	return made(403, jenkinsPage, body, append(headers, named...)...), true
}

func (j *jenkinsApp) form(message, from string) string {
	resources := "/static/" + j.session
	return `<!DOCTYPE html><html lang="en-US"><head data-rooturl="" data-resurl="` + resources + `" data-extensions-available="true" data-unit-test="false" data-imagesurl="` + resources + `/images" ` +
		`data-crumb-header="Jenkins-Crumb" data-crumb-value="` + random(32) + `"><title>Sign in [Jenkins]</title><meta name="ROBOTS" content="NOFOLLOW"><meta name="viewport" content="width=device-width, initial-scale=1">` +
		`<link rel="stylesheet" href="` + resources + `/jsbundles/simple-page.css" type="text/css"></head><body><div class="app-sign-in-register"><h1>Sign in to Jenkins</h1>` + message +
		`<form method="post" name="login" action="j_spring_security_check"><label for="j_username">Username</label><input autocorrect="off" autocomplete="off" name="j_username" id="j_username" autofocus="autofocus" type="text" autocapitalize="off">` +
		`<label for="j_password">Password</label><input name="j_password" id="j_password" type="password"><input id="remember_me" type="checkbox" name="remember_me"><label for="remember_me">Keep me signed in</label>` +
		`<input name="from" type="hidden" value="` + html.EscapeString(clip(from, 2048)) + `"><button type="submit" name="Submit" class="jenkins-button jenkins-button--primary">Sign in</button></form></div></body></html>`
}

// errorPage is that of Jetty, in which Jenkins runs.
func (j *jenkinsApp) errorPage(status int, message, path string) string {
	return fmt.Sprintf("<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=ISO-8859-1\"/>\n<title>Error %d %s</title>\n</head>\n<body><h2>HTTP ERROR %[1]d %[2]s</h2>\n<table>\n"+
		"<tr><th>URI:</th><td>%[3]s</td></tr>\n<tr><th>STATUS:</th><td>%[1]d</td></tr>\n<tr><th>MESSAGE:</th><td>%[2]s</td></tr>\n<tr><th>SERVLET:</th><td>Stapler</td></tr>\n</table>\n"+
		"<hr/><a href=\"https://eclipse.org/jetty\">Powered by Jetty:// %[4]s</a><hr/>\n\n</body>\n</html>\n", status, message, html.EscapeString(clip(path, 1024)), j.jetty)
}
