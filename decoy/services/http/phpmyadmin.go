package http

import (
	"html"
	"strings"
	"time"

	"decnet/decoy"
)

// phpMyAdmin is the form before a MySQL server, at the root and where Debian's package puts it.
type phpMyAdmin struct {
	version string
	host    *decoy.Host
}

func newPHPMyAdmin(h *decoy.Host) *phpMyAdmin {
	version := map[string]string{"debian": "5.2.1deb1+deb12u1", "ubuntu22": "5.1.1deb5ubuntu1", "ubuntu20": "4.9.5deb2"}[h.Distro]
	if version == "" || h.Rand("phpmyadmin").IntN(3) == 0 {
		version = decoy.Pick(h, "phpmyadmin", "5.1.4", "5.2.0", "5.2.1", "5.2.2")
	}
	return &phpMyAdmin{version, h}
}

func (p *phpMyAdmin) prepare(add func(path, contentType, body string)) {
	number, _, _ := strings.Cut(p.version, "deb")
	for _, base := range []string{"", "/phpmyadmin"} {
		add(base+"/README", "text/plain", "phpMyAdmin - Readme\n===================\n\nVersion "+number+"\n\nA web interface for MySQL and MariaDB.\n\nhttps://www.phpmyadmin.net/\n")
		add(base+"/robots.txt", "text/plain", "User-agent: *\nDisallow: /\n")
		add(base+"/doc/html/index.html", "text/html", "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\" /><title>Welcome to phpMyAdmin’s documentation! &#8212; phpMyAdmin "+number+" documentation</title></head>\n"+
			"<body><h1>Welcome to phpMyAdmin’s documentation!</h1></body>\n</html>\n")
		add(base+"/themes/pmahomme/css/theme.css", "text/css", "@charset \"UTF-8\";\nhtml{font-size:82%}body{margin:0;padding:0;color:#444;background:#fff;font-family:sans-serif}\n")
		add(base+"/favicon.ico", "image/vnd.microsoft.icon", icon(p.host))
	}
}

func (p *phpMyAdmin) answer(v *Server, r *request) (answer, bool) {
	path := r.path
	if path == "/phpmyadmin" {
		return v.moved(301, v.origin(r)+"/phpmyadmin/", r), true
	}
	path = strings.TrimPrefix(path, "/phpmyadmin")
	if path != "/" && path != "/index.php" {
		if path == "/setup/" || path == "/setup/index.php" || path == "/libraries/" || path == "/templates/" {
			return v.failure(403, badLine, r), true
		}
		return answer{}, false
	}
	now := v.host.Now()
	const csp = "default-src 'self' ;script-src 'self' 'unsafe-inline' 'unsafe-eval' ;style-src 'self' 'unsafe-inline' ;img-src 'self' data:  *.tile.openstreetmap.org;object-src 'none';"
	name, flags := "phpMyAdmin", "; path="+strings.TrimSuffix(r.path, "index.php")+"; HttpOnly; SameSite=Strict"
	if v.secure {
		name, flags = "phpMyAdmin_https", "; path="+strings.TrimSuffix(r.path, "index.php")+"; secure; HttpOnly; SameSite=Strict"
	}
	session := random(13)
	headers := []header{
		{"Set-Cookie", name + "=" + session + flags},
		{"Set-Cookie", "pma_lang=en; expires=" + now.AddDate(0, 0, 30).Format("Mon, 02-Jan-2006 15:04:05 GMT") + "; Max-Age=2592000" + flags},
		{"X-ob_mode", "1"}, {"X-Frame-Options", "DENY"}, {"Referrer-Policy", "no-referrer"}, {"Content-Security-Policy", csp}, {"X-Content-Security-Policy", csp}, {"X-WebKit-CSP", csp},
		{"X-XSS-Protection", "1; mode=block"}, {"X-Content-Type-Options", "nosniff"}, {"X-Permitted-Cross-Domain-Policies", "none"}, {"X-Robots-Tag", "noindex, nofollow"},
		{"Expires", now.Format("Mon, 02 Jan 2006 15:04:05 +0000")}, {"Cache-Control", "no-store, no-cache, must-revalidate,  pre-check=0, post-check=0, max-age=0"}, {"Pragma", "no-cache"},
		{"Last-Modified", now.Truncate(time.Second).Format("Mon, 02 Jan 2006 15:04:05 +0000")},
	}
	user, trouble := "", ""
	if form := r.form(); r.method == "POST" && form.Has("pma_username") {
		user = form.Get("pma_username")
		using := "YES"
		if form.Get("pma_password") == "" {
			using = "NO"
		}
		switch {
		case !strings.Contains(r.get("Cookie"), name+"="):
			trouble = "Failed to set session cookie. Maybe you are using HTTP instead of HTTPS to access phpMyAdmin."
		case user == "" || user == "root" && using == "NO":
			trouble = "Login without a password is forbidden by configuration (see AllowNoPassword)"
		default:
			trouble = "Cannot log in to the MySQL server</div>\n<div class=\"alert alert-danger\" role=\"alert\"><img src=\"themes/dot.gif\" title=\"\" alt=\"\" class=\"icon ic_s_error\"> " +
				"mysqli::real_connect(): (HY000/1045): Access denied for user &#039;" + html.EscapeString(clip(user, 256)) + "&#039;@&#039;localhost&#039; (using password: " + using + ")"
			if strings.HasPrefix(p.version, "4.") {
				trouble = strings.Replace(trouble, "mysqli::real_connect(): (HY000/1045):", "#1045 -", 1)
			}
		}
		trouble = "<div id=\"pma_errors\"><div class=\"alert alert-danger\" role=\"alert\"><img src=\"themes/dot.gif\" title=\"\" alt=\"\" class=\"icon ic_s_error\"> " + trouble + "</div></div>\n"
	}
	token := html.EscapeString(random(16))
	hidden := `<input type="hidden" name="route" value="/"><input type="hidden" name="lang" value="en"><input type="hidden" name="token" value="` + token + `">`
	return made(200, "text/html; charset=utf-8", `<!doctype html>
<html lang="en" dir="ltr">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="referrer" content="no-referrer">
  <meta name="robots" content="noindex,nofollow,notranslate">
  <meta name="google" content="notranslate">
  <style id="cfs-style">html{display: none;}</style>
  <link rel="icon" href="favicon.ico" type="image/x-icon">
  <link rel="shortcut icon" href="favicon.ico" type="image/x-icon">
  <link rel="stylesheet" type="text/css" href="./themes/pmahomme/jquery/jquery-ui.css">
  <link rel="stylesheet" type="text/css" href="js/vendor/codemirror/lib/codemirror.css?v=`+p.version+`">
  <link rel="stylesheet" type="text/css" href="./themes/pmahomme/css/theme.css?v=`+p.version+`">
  <title>phpMyAdmin</title>
  <script data-cfasync="false" type="text/javascript" src="js/vendor/jquery/jquery.min.js?v=`+p.version+`"></script>
  <noscript><style>html{display:block}</style></noscript>
</head>
<body id=loginform>
  <div id="page_content">
<div class="container">
<div class="row">
<div class="col-12">
<a href="./url.php?url=https%3A%2F%2Fwww.phpmyadmin.net%2F" target="_blank" rel="noopener noreferrer" class="logo">
<img src="./themes/pmahomme/img/logo_right.png" id="imLogo" name="imLogo" alt="phpMyAdmin" border="0">
</a>
<h1>Welcome to <bdo dir="ltr" lang="en">phpMyAdmin</bdo></h1>
<form method="post" id="login_form" action="index.php?route=/" name="login_form" class="disableAjax hide js-show">
  `+hidden+`
  <input type="hidden" name="set_session" value="`+session+`">
  <div class="card mb-4">
    <div class="card-header">Log in</div>
    <div class="card-body">
      <label for="input_username" class="col-sm-4 col-form-label">Username:</label>
      <input type="text" name="pma_username" id="input_username" value="`+html.EscapeString(clip(user, 256))+`" class="form-control" autocomplete="username" spellcheck="false">
      <label for="input_password" class="col-sm-4 col-form-label">Password:</label>
      <input type="password" name="pma_password" id="input_password" value="" class="form-control" autocomplete="current-password" spellcheck="false">
      <input type="hidden" name="server" value="1">
    </div>
    <div class="card-footer">
      <input class="btn btn-primary" value="Log in" type="submit" id="input_go">
    </div>
  </div>
</form>
`+trouble+`</div>
</div>
</div>
  </div>
</body>
</html>
`, headers...), true
}
