package http

import (
	"html"
	"strings"

	"decnet/decoy"
)

// routerApp is the page on which a router is set up: that of OpenWrt, as many a small router has it.
type routerApp struct{ name, version string }

func newRouter(h *decoy.Host) *routerApp {
	return &routerApp{html.EscapeString(h.Hostname), decoy.Pick(h, "router", "openwrt-22.03 branch git-23.093.57104-ce20b4a", "openwrt-21.02 branch git-22.245.77528-487e58a", "openwrt-23.05 branch git-24.086.45142-09d5a38")}
}

func (o *routerApp) prepare(add func(path, contentType, body string)) {
	index := "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.1//EN\" \"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n\t<head>\n" +
		"\t\t<meta http-equiv=\"Cache-Control\" content=\"no-cache, no-store, must-revalidate\" />\n\t\t<meta http-equiv=\"refresh\" content=\"0; URL=cgi-bin/luci/\" />\n\t</head>\n\t<body style=\"background-color: white\">\n" +
		"\t\t<a style=\"color: black; font-family: arial, helvetica, sans-serif;\" href=\"cgi-bin/luci/\">LuCI - Lua Configuration Interface</a>\n\t</body>\n</html>\n"
	add("/", "text/html", index)
	add("/index.html", "text/html", index)
	add("/luci-static/bootstrap/cascade.css", "text/css", "/*\n * LuCI Bootstrap Theme\n */\nhtml { margin: 0; padding: 0; }\n")
}

func (o *routerApp) answer(_ *Server, r *request) (answer, bool) {
	if r.path != "/cgi-bin/luci" && !strings.HasPrefix(r.path, "/cgi-bin/luci/") {
		return answer{}, false
	}
	user, message := "root", ""
	if form := r.form(); r.method == "POST" && form.Has("luci_username") {
		user = form.Get("luci_username")
		message = "\t\t<div class=\"alert-message warning\">\n\t\t\t<p>Invalid username and/or password! Please try again.</p>\n\t\t</div>\n"
	}
	return made(403, "text/html; charset=UTF-8", `<!DOCTYPE html>
<html lang="en">
	<head>
		<meta charset="utf-8">
		<title>`+o.name+` - LuCI</title>
		<meta name="viewport" content="initial-scale=1.0">
		<link rel="stylesheet" href="/luci-static/bootstrap/cascade.css">
	</head>
	<body class="lang_en logged-out" data-page="">
		<header><a class="brand" href="/">`+o.name+`</a></header>
<form method="post" action="`+html.EscapeString(clip(r.path, 512))+`" class="cbi-map">
	<h2 name="content">Authorization Required</h2>
	<div class="cbi-map-descr">
		Please enter your username and password.
`+message+`	</div>
	<div class="cbi-section">
		<label class="cbi-value-title" for="luci_username">Username</label>
		<input class="cbi-input-text" type="text" name="luci_username" id="luci_username" autocomplete="username" value="`+html.EscapeString(clip(user, 256))+`">
		<label class="cbi-value-title" for="luci_password">Password</label>
		<input class="cbi-input-text" type="password" name="luci_password" id="luci_password" autocomplete="current-password">
	</div>
	<div class="cbi-page-actions"><button class="btn cbi-button-positive important">Log in</button></div>
</form>
		<footer><span>Powered by <a href="https://github.com/openwrt/luci">LuCI `+o.version+`</a></span></footer>
	</body>
</html>
`, header{"X-LuCI-Login-Required", "yes"}, header{"Cache-Control", "no-cache"}, header{"Expires", "0"}, header{"X-Frame-Options", "SAMEORIGIN"}, header{"X-XSS-Protection", "1; mode=block"}, header{"X-Content-Type-Options", "nosniff"}), true
}
