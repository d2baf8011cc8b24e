package http

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// wordpress is a blog by WordPress with a theme of its own release and links with names.
type wordpress struct {
	version, theme, themeVersion string
	title, tagline               string
	users                        []wpUser // by number, from 1
	posts                        []wpPost
	plugins                      []plugin
}

type wpUser struct{ login, name string }

type wpPost struct {
	id          int
	slug, title string
	text        string
	when        time.Time
}

type plugin struct{ slug, name, version string }

func newWordpress(h *decoy.Host) *wordpress {
	r := h.Rand("wordpress")
	release := [][3]string{
		{"6.4.5", "twentytwentyfour", "1.0"}, {"6.5.5", "twentytwentyfour", "1.1"}, {"6.6.2", "twentytwentyfour", "1.2"},
		{"6.7.2", "twentytwentyfive", "1.1"}, {"6.8.1", "twentytwentyfive", "1.2"},
	}[r.IntN(5)]
	people := bait.AppOf(h).People
	w := &wordpress{version: release[0], theme: release[1], themeVersion: release[2]}
	w.title = []string{"Company News", "Team Blog", "Our Projects", "Corporate Website", "Customer Information", "Staff Notices", "Engineering Notes", "Product Updates"}[r.IntN(8)]
	w.tagline = []string{"", "Just another WordPress site", "News and updates", "What we are working on"}[r.IntN(4)]
	w.users = []wpUser{{[]string{"admin", "webmaster", "administrator", "wpadmin"}[r.IntN(4)], ""}}
	w.users[0].name = w.users[0].login
	for _, i := range r.Perm(len(people))[:min(len(people), r.IntN(3))] {
		w.users = append(w.users, wpUser{people[i].Login, strings.ReplaceAll(people[i].Login, ".", " ")})
	}
	began := h.Installed().Add(time.Duration(r.IntN(20*24*3600)) * time.Second)
	w.posts = []wpPost{{1, "hello-world", "Hello world!", "Welcome to WordPress. This is your first post. Edit or delete it, then start writing!", began}}
	subjects := []string{"Maintenance this weekend", "Welcome to our new colleagues", "Summer opening hours", "New release available", "Changes to our support line", "We have moved"}
	for i, s := range r.Perm(len(subjects))[:1+r.IntN(3)] {
		began = began.Add(time.Duration(5+r.IntN(40)) * 24 * time.Hour)
		title := subjects[s]
		w.posts = append(w.posts, wpPost{12 + 7*i, strings.ToLower(strings.ReplaceAll(title, " ", "-")), title, title + ". Please contact us if you have any questions.", began})
	}
	slices.Reverse(w.posts) // the newest first
	plugins := []plugin{{"contact-form-7", "Contact Form 7", "5.9.8"}, {"elementor", "Elementor", "3.21.8"}, {"woocommerce", "WooCommerce", "8.9.3"}, {"wordpress-seo", "Yoast SEO", "22.8"}, {"classic-editor", "Classic Editor", "1.6.3"}}
	w.plugins = append(w.plugins, plugin{"akismet", "Akismet Anti-spam: Spam Protection", "5.3.3"})
	for _, i := range r.Perm(len(plugins))[:r.IntN(3)] {
		w.plugins = append(w.plugins, plugins[i])
	}
	return w
}

func (w *wordpress) prepare(add func(path, contentType, body string)) {
	add("/readme.html", "text/html", wpReadme)
	add("/license.txt", "text/plain", "WordPress - Web publishing software\n\nCopyright 2011-2024 by the contributors\n\nThis program is free software; you can redistribute it and/or modify\n"+
		"it under the terms of the GNU General Public License as published by\nthe Free Software Foundation; either version 2 of the License, or\n(at your option) any later version.\n")
	theme := map[string]string{"twentytwentyfour": "Twenty Twenty-Four", "twentytwentyfive": "Twenty Twenty-Five"}[w.theme]
	add("/wp-content/themes/"+w.theme+"/style.css", "text/css", "/*\nTheme Name: "+theme+"\nTheme URI: https://wordpress.org/themes/"+w.theme+"/\nAuthor: the WordPress team\nAuthor URI: https://wordpress.org\n"+
		"Requires at least: 6.4\nRequires PHP: 7.0\nVersion: "+w.themeVersion+"\nLicense: GNU General Public License v2 or later\nText Domain: "+w.theme+"\n*/\n")
	for _, p := range w.plugins {
		add("/wp-content/plugins/"+p.slug+"/readme.txt", "text/plain", "=== "+p.name+" ===\nRequires at least: 6.0\nStable tag: "+p.version+"\nLicense: GPLv2 or later\n\n== Changelog ==\n\n= "+p.version+" =\n")
	}
	add("/wp-includes/css/dist/block-library/style.min.css", "text/css", "@charset \"UTF-8\";.wp-block-archives{box-sizing:border-box}.wp-block-archives-dropdown label{display:block}.wp-block-avatar{line-height:0}\n")
	add("/wp-includes/js/jquery/jquery.min.js", "application/javascript", "/*! jQuery v3.7.1 | (c) OpenJS Foundation and other contributors | jquery.org/license */\n")
	add("/wp-includes/js/wp-emoji-release.min.js", "application/javascript", "/*! This file is auto-generated */\n")
	add("/wp-admin/css/login.min.css", "text/css", "/*! This file is auto-generated */\nbody,html{height:100%;margin:0;padding:0}body{background:#f0f0f1;min-width:0;color:#3c434a}\n")
	add("/wp-includes/wlwmanifest.xml", "text/xml", "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<manifest xmlns=\"http://schemas.microsoft.com/wlw/manifest/weblog\">\n</manifest>\n")
}

const phpPage = "text/html; charset=UTF-8"

var wpNoCache = []header{{"Expires", "Wed, 11 Jan 1984 05:00:00 GMT"}, {"Cache-Control", "no-cache, must-revalidate, max-age=0, no-store, private"}}

func (w *wordpress) answer(v *Server, r *request) (answer, bool) {
	site := v.origin(r)
	if _, static := v.site.pages[r.path]; static || r.method == "TRACE" {
		return answer{}, false
	}
	path, author := r.path, r.query().Get("author")
	switch {
	case path == "/xmlrpc.php":
		return w.xmlrpc(r), true
	case path == "/wp-login.php":
		return w.login(v, r, site), true
	case path == "/wp-json" || strings.HasPrefix(path, "/wp-json/"):
		return w.rest(r, site, strings.TrimPrefix(path, "/wp-json")), true
	case r.query().Has("rest_route"):
		return w.rest(r, site, r.query().Get("rest_route")), true
	case path == "/wp-admin/admin-ajax.php":
		return made(400, phpPage, "0", append([]header{{"X-Robots-Tag", "noindex"}, {"X-Content-Type-Options", "nosniff"}}, wpNoCache...)...), true
	case path == "/wp-admin/install.php":
		return made(200, phpPage, "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head>\n<meta name=\"viewport\" content=\"width=device-width\" />\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\" />\n"+
			"<meta name=\"robots\" content=\"noindex,nofollow\" />\n<title>WordPress &rsaquo; Installation</title>\n</head>\n<body class=\"wp-core-ui\">\n<p id=\"logo\">WordPress</p>\n"+
			"<h1>Already Installed</h1><p>You appear to have already installed WordPress. To reinstall please clear your old database tables first.</p><p class=\"step\"><a href=\""+site+"/wp-login.php\" class=\"button button-large\">Log In</a></p></body></html>\n", wpNoCache...), true
	case path == "/wp-admin" || path == "/wp-content/uploads":
		return v.moved(301, site+path+"/", r), true
	case path == "/wp-admin/" || strings.HasPrefix(path, "/wp-admin/") && strings.HasSuffix(path, ".php"), path == "/login", path == "/admin", path == "/dashboard":
		target := site + "/wp-login.php"
		if strings.HasPrefix(path, "/wp-admin/") {
			target += "?redirect_to=" + url.QueryEscape(clip(site+r.target, 2048)) + "&reauth=1"
		} else if path != "/login" {
			return w.canonical(site+"/wp-admin/", 302), true
		}
		return redirect(target, phpPage, append(slices.Clone(wpNoCache), header{"X-Redirect-By", "WordPress"})...), true
	case slices.Contains([]string{"/wp-config.php", "/wp-cron.php", "/wp-content/", "/wp-content/plugins/", "/wp-content/plugins/akismet/", "/wp-content/themes/", "/wp-content/themes/" + w.theme + "/", "/wp-load.php", "/wp-blog-header.php", "/wp-settings.php"}, path):
		return made(200, phpPage, ""), true
	case path == "/wp-signup.php":
		return w.canonical(site+"/wp-login.php?action=register", 302), true
	case path == "/wp-includes/" || path == "/wp-content/uploads/":
		return v.failure(403, badLine, r), true
	case strings.HasPrefix(path, "/wp-includes/") || strings.HasPrefix(path, "/wp-admin/"), strings.HasPrefix(path, "/wp-content/") && strings.HasSuffix(path, "/") && v.hasFolder(path):
		return answer{}, false // no file of that name
	case path == "/index.php" && author == "":
		return w.canonical(site+"/", 301), true
	case (path == "/" || path == "/index.php") && author != "":
		if id, err := strconv.Atoi(author); err == nil && id >= 1 && id <= len(w.users) {
			return w.canonical(site+"/author/"+w.users[id-1].slug()+"/", 301), true
		}
		return w.missing(v, site), true
	case path == "/":
		if r.query().Get("feed") == "rss2" {
			return w.feed(site), true
		}
		return w.page(200, site, w.title, w.list(site)), true
	case path == "/feed/" || path == "/feed":
		return w.feed(site), true
	case path == "/robots.txt":
		return made(200, "text/plain; charset=utf-8", "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: "+site+"/wp-sitemap.xml\n", w.link(site)), true
	case path == "/wp-sitemap.xml":
		return made(200, "application/xml; charset=UTF-8", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><sitemap><loc>"+site+
			"/wp-sitemap-posts-post-1.xml</loc></sitemap><sitemap><loc>"+site+"/wp-sitemap-users-1.xml</loc></sitemap></sitemapindex>\n"), true
	}
	for _, u := range w.users {
		if strings.TrimSuffix(path, "/") == "/author/"+u.slug() {
			return w.page(200, site, u.name+" &#8211; "+w.title, w.list(site)), true
		}
	}
	for _, p := range w.posts {
		if p.path() == path || p.path() == path+"/" {
			return w.page(200, site, p.title+" &#8211; "+w.title, p.article(site)), true
		}
	}
	return w.missing(v, site), true
}

func (u wpUser) slug() string { return strings.ReplaceAll(u.login, ".", "-") }

func (p wpPost) path() string { return p.when.Format("/2006/01/02/") + p.slug + "/" }

func (p wpPost) article(site string) string {
	return "<article class=\"post-" + strconv.Itoa(p.id) + " post type-post status-publish format-standard hentry category-uncategorized\">\n<h2 class=\"wp-block-post-title\"><a href=\"" + site + p.path() + "\">" + p.title +
		"</a></h2>\n<div class=\"entry-content wp-block-post-content\"><p>" + p.text + "</p></div>\n<time datetime=\"" + p.when.Format("2006-01-02T15:04:05+00:00") + "\">" + p.when.Format("January 2, 2006") + "</time>\n</article>\n"
}

func (w *wordpress) list(site string) string {
	var out strings.Builder
	for _, p := range w.posts {
		out.WriteString(p.article(site))
	}
	return out.String()
}

func (w *wordpress) link(site string) header {
	return header{"Link", "<" + site + `/wp-json/>; rel="https://api.w.org/"`}
}

func (w *wordpress) canonical(location string, status int) answer {
	a := redirect(location, phpPage, header{"X-Redirect-By", "WordPress"})
	a.status = status
	return a
}

func (w *wordpress) missing(v *Server, site string) answer {
	a := w.page(v.missing(), site, "Page not found &#8211; "+w.title, "<h1>Page Not Found</h1>\n<p>The page you are looking for does not exist, or it has been moved. Please try searching using the form below.</p>\n")
	a.body = strings.Replace(a.body, `<body class="home blog`, `<body class="error404`, 1)
	a.extra = append(slices.Clone(wpNoCache), w.link(site))
	return a
}

func (w *wordpress) page(status int, site, title, content string) answer {
	var plugins strings.Builder
	for _, p := range w.plugins[1:] {
		plugins.WriteString("<link rel='stylesheet' id='" + p.slug + "-css' href='" + site + "/wp-content/plugins/" + p.slug + "/assets/css/frontend.min.css?ver=" + p.version + "' media='all' />\n")
	}
	return made(status, phpPage, `<!DOCTYPE html>
<html lang="en-US">
<head>
	<meta charset="UTF-8" />
	<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name='robots' content='max-image-preview:large' />
<title>`+title+`</title>
<link rel="alternate" type="application/rss+xml" title="`+w.title+` &raquo; Feed" href="`+site+`/feed/" />
<link rel="alternate" type="application/rss+xml" title="`+w.title+` &raquo; Comments Feed" href="`+site+`/comments/feed/" />
<link rel='stylesheet' id='wp-block-library-css' href='`+site+`/wp-includes/css/dist/block-library/style.min.css?ver=`+w.version+`' media='all' />
<link rel='stylesheet' id='`+w.theme+`-style-css' href='`+site+`/wp-content/themes/`+w.theme+`/style.css?ver=`+w.themeVersion+`' media='all' />
`+plugins.String()+`<script src="`+site+`/wp-includes/js/jquery/jquery.min.js?ver=3.7.1" id="jquery-core-js"></script>
<link rel="https://api.w.org/" href="`+site+`/wp-json/" /><link rel="EditURI" type="application/rsd+xml" title="RSD" href="`+site+`/xmlrpc.php?rsd" />
<meta name="generator" content="WordPress `+w.version+`" />
</head>

<body class="home blog wp-embed-responsive">
<div class="wp-site-blocks">
<header class="wp-block-template-part"><p class="wp-block-site-title"><a href="`+site+`" rel="home">`+w.title+`</a></p><p class="wp-block-site-tagline">`+w.tagline+`</p></header>
<main id="wp--skip-link--target">
`+content+`</main>
<footer class="wp-block-template-part"><p>Designed with <a href="https://wordpress.org" rel="nofollow">WordPress</a></p></footer>
</div>
</body>
</html>
`, w.link(site))
}

func (w *wordpress) feed(site string) answer {
	var items strings.Builder
	for _, p := range w.posts {
		items.WriteString("\t<item>\n\t\t<title>" + p.title + "</title>\n\t\t<link>" + site + p.path() + "</link>\n\t\t<dc:creator><![CDATA[" + w.users[0].name + "]]></dc:creator>\n\t\t<pubDate>" +
			p.when.Format("Mon, 02 Jan 2006 15:04:05 +0000") + "</pubDate>\n\t\t<guid isPermaLink=\"false\">" + site + "/?p=" + strconv.Itoa(p.id) + "</guid>\n\t\t<description><![CDATA[" + p.text + "]]></description>\n\t</item>\n")
	}
	return made(200, "application/rss+xml; charset=UTF-8", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"\n\txmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n>\n\n<channel>\n\t<title>"+w.title+"</title>\n\t<link>"+site+
		"</link>\n\t<description>"+w.tagline+"</description>\n\t<lastBuildDate>"+w.posts[0].when.Format("Mon, 02 Jan 2006 15:04:05 +0000")+"</lastBuildDate>\n\t<language>en-US</language>\n\t<generator>https://wordpress.org/?v="+
		w.version+"</generator>\n"+items.String()+"</channel>\n</rss>\n", w.link(site))
}

func (w *wordpress) login(v *Server, r *request, site string) answer {
	message, user := "", ""
	form := r.form()
	if r.method == "POST" && form.Has("log") {
		user = form.Get("log")
		shown := html.EscapeString(clip(user, 256))
		known := slices.ContainsFunc(w.users, func(u wpUser) bool { return strings.EqualFold(u.login, user) })
		switch {
		case user == "" && form.Get("pwd") == "":
			message = "<strong>Error:</strong> The username field is empty.<br /><strong>Error:</strong> The password field is empty."
		case user == "":
			message = "<strong>Error:</strong> The username field is empty."
		case form.Get("pwd") == "":
			message = "<strong>Error:</strong> The password field is empty."
		case known:
			message = "<strong>Error:</strong> The password you entered for the username <strong>" + shown + "</strong> is incorrect. <a href=\"" + site + "/wp-login.php?action=lostpassword\">Lost your password?</a>"
		case strings.Contains(user, "@"):
			message = "<strong>Error:</strong> Unknown email address. Check again or try your username."
		default:
			message = "<strong>Error:</strong> The username <strong>" + shown + "</strong> is not registered on this site. If you are unsure of your username, try your email address instead."
		}
		message = "<div id=\"login_error\" class=\"notice notice-error\"><p>" + message + "</p></div>"
		if !known {
			user = ""
		}
	}
	back := r.query().Get("redirect_to")
	if back == "" {
		back = form.Get("redirect_to")
	}
	if back == "" {
		back = site + "/wp-admin/"
	}
	cookie := "wordpress_test_cookie=WP%20Cookie%20check; path=/"
	if v.secure {
		cookie += "; secure"
	}
	heading, title := "Log In", "Log In"
	body := `	<form name="loginform" id="loginform" action="` + site + `/wp-login.php" method="post">
			<p>
				<label for="user_login">Username or Email Address</label>
				<input type="text" name="log" id="user_login" class="input" value="` + html.EscapeString(clip(user, 256)) + `" size="20" autocapitalize="off" autocomplete="username" required="required" />
			</p>
			<div class="user-pass-wrap">
				<label for="user_pass">Password</label>
				<div class="wp-pwd">
					<input type="password" name="pwd" id="user_pass" class="input password-input" value="" size="20" autocomplete="current-password" spellcheck="false" required="required" />
				</div>
			</div>
			<p class="forgetmenot"><input name="rememberme" type="checkbox" id="rememberme" value="forever"  /> <label for="rememberme">Remember Me</label></p>
			<p class="submit">
				<input type="submit" name="wp-submit" id="wp-submit" class="button button-primary button-large" value="` + heading + `" />
				<input type="hidden" name="redirect_to" value="` + html.EscapeString(clip(back, 2048)) + `" />
				<input type="hidden" name="testcookie" value="1" />
			</p>
		</form>
					<p id="nav">
				<a class="wp-login-lost-password" href="` + site + `/wp-login.php?action=lostpassword">Lost your password?</a>			</p>
`
	if action := r.query().Get("action"); action == "lostpassword" || action == "retrievepassword" {
		title = "Lost Password"
		message = "<div class=\"notice notice-info message\"><p>Please enter your username or email address. You will receive an email message with instructions on how to reset your password.</p></div>"
		body = "\t<form name=\"lostpasswordform\" id=\"lostpasswordform\" action=\"" + site + "/wp-login.php?action=lostpassword\" method=\"post\">\n<p><label for=\"user_login\">Username or Email Address</label>\n" +
			"<input type=\"text\" name=\"user_login\" id=\"user_login\" class=\"input\" value=\"\" size=\"20\" autocapitalize=\"off\" autocomplete=\"username\" required=\"required\" /></p>\n" +
			"<p class=\"submit\"><input type=\"submit\" name=\"wp-submit\" id=\"wp-submit\" class=\"button button-primary button-large\" value=\"Get New Password\" /></p>\n</form>\n"
	} else if action == "register" {
		return w.canonical(site+"/wp-login.php?registration=disabled", 302)
	}
	return made(200, phpPage, `<!DOCTYPE html>
	<html lang="en-US">
	<head>
	<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
	<title>`+title+` &lsaquo; `+w.title+` &#8212; WordPress</title>
	<meta name='robots' content='max-image-preview:large, noindex, noarchive' />
<link rel='stylesheet' id='login-css' href='`+site+`/wp-admin/css/login.min.css?ver=`+w.version+`' media='all' />
	<meta name='referrer' content='strict-origin-when-cross-origin' />
		<meta name="viewport" content="width=device-width" />
		</head>
	<body class="login no-js login-action-login wp-core-ui  locale-en-us">
	<div id="login">
		<h1 class="wp-login-logo"><a href="https://wordpress.org/">Powered by WordPress</a></h1>
	`+message+`
`+body+`		<p id="backtoblog"><a href="`+site+`/">&larr; Go to `+w.title+`</a></p>
	</div>
	</body>
	</html>
`, append(slices.Clone(wpNoCache), header{"Set-Cookie", cookie}, header{"X-Frame-Options", "SAMEORIGIN"}, header{"Referrer-Policy", "strict-origin-when-cross-origin"})...)
}

// rest answers the REST API.
func (w *wordpress) rest(r *request, site, route string) answer {
	headers := []header{
		{"X-Robots-Tag", "noindex"}, w.link(site), {"X-Content-Type-Options", "nosniff"}, {"Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"},
		{"Access-Control-Allow-Headers", "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type"},
	}
	reply := func(status int, v any) answer {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v) // maps and texts: it never fails
		return made(status, "application/json; charset=UTF-8", strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "/", `\/`), headers...)
	}
	refuse := func(status int, code, message string) answer {
		return reply(status, struct {
			Code    string         `json:"code"`
			Message string         `json:"message"`
			Data    map[string]int `json:"data"`
		}{code, message, map[string]int{"status": status}})
	}
	type account struct {
		ID          int    `json:"id"`
		Name        string `json:"name"`
		URL         string `json:"url"`
		Description string `json:"description"`
		Link        string `json:"link"`
		Slug        string `json:"slug"`
	}
	accountOf := func(i int) account {
		u := w.users[i]
		return account{i + 1, u.name, "", "", site + "/author/" + u.slug() + "/", u.slug()}
	}
	route = strings.TrimSuffix(route, "/")
	total := func(n int) {
		headers = append(headers, header{"X-WP-Total", strconv.Itoa(n)}, header{"X-WP-TotalPages", "1"}, header{"Allow", "GET"})
	}
	if kind, rest, _ := strings.Cut(r.get("Authorization"), " "); strings.EqualFold(kind, "Basic") && rest != "" && strings.HasPrefix(route, "/wp/v2") {
		return refuse(401, "incorrect_password", "The provided password is an invalid application password.")
	}
	if !r.reads() && r.method != "OPTIONS" {
		switch route {
		case "/wp/v2/posts":
			return refuse(401, "rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
		case "/wp/v2/users":
			return refuse(401, "rest_cannot_create_user", "Sorry, you are not allowed to create new users.")
		}
		return refuse(404, "rest_no_route", "No route was found matching the URL and request method.")
	}
	switch {
	case route == "":
		routes := map[string]any{}
		for _, name := range []string{"/", "/oembed/1.0", "/wp/v2", "/wp/v2/posts", "/wp/v2/pages", "/wp/v2/media", "/wp/v2/users", "/wp/v2/users/me", "/wp/v2/comments", "/wp/v2/settings", "/wp-site-health/v1"} {
			routes[name] = map[string]any{"namespace": strings.Trim(name, "/"), "methods": []string{"GET"}}
		}
		return reply(200, struct {
			Name           string         `json:"name"`
			Description    string         `json:"description"`
			URL            string         `json:"url"`
			Home           string         `json:"home"`
			Offset         int            `json:"gmt_offset"`
			Zone           string         `json:"timezone_string"`
			Namespaces     []string       `json:"namespaces"`
			Authentication map[string]any `json:"authentication"`
			Routes         map[string]any `json:"routes"`
		}{
			w.title, w.tagline, site, site, 0, "", []string{"oembed/1.0", "wp/v2", "wp-site-health/v1", "wp-block-editor/v1"},
			map[string]any{"application-passwords": map[string]any{"endpoints": map[string]string{"authorization": site + "/wp-admin/authorize-application.php"}}}, routes,
		})
	case route == "/wp/v2/users":
		total(len(w.users))
		var all []account
		for i := range w.users {
			all = append(all, accountOf(i))
		}
		return reply(200, all)
	case route == "/wp/v2/users/me":
		return refuse(401, "rest_not_logged_in", "You are not currently logged in.")
	case strings.HasPrefix(route, "/wp/v2/users/"):
		if id, err := strconv.Atoi(route[len("/wp/v2/users/"):]); err == nil && id >= 1 && id <= len(w.users) {
			return reply(200, accountOf(id-1))
		} else if err == nil {
			return refuse(404, "rest_user_invalid_id", "Invalid user ID.")
		}
	case route == "/wp/v2/posts":
		total(len(w.posts))
		var all []map[string]any
		for _, p := range w.posts {
			all = append(all, map[string]any{
				"id": p.id, "date": p.when.Format("2006-01-02T15:04:05"), "slug": p.slug, "status": "publish", "type": "post", "link": site + p.path(), "author": 1,
				"title": map[string]string{"rendered": p.title}, "content": map[string]any{"rendered": "<p>" + p.text + "</p>\n", "protected": false},
			})
		}
		return reply(200, all)
	case route == "/wp/v2/pages" || route == "/wp/v2/media" || route == "/wp/v2/comments":
		total(0)
		return reply(200, []string{})
	case route == "/wp/v2/settings":
		return refuse(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
	}
	return refuse(404, "rest_no_route", "No route was found matching the URL and request method.")
}

// wpMethods are the names of XML-RPC that WordPress lists, in its order.
var wpMethods = strings.Fields(`system.multicall system.listMethods system.getCapabilities demo.addTwoNumbers demo.sayHello pingback.extensions.getPingbacks pingback.ping
	mt.publishPost mt.getTrackbackPings mt.supportedTextFilters mt.supportedMethods mt.setPostCategories mt.getPostCategories mt.getRecentPostTitles mt.getCategoryList
	metaWeblog.getUsersBlogs metaWeblog.deletePost metaWeblog.newMediaObject metaWeblog.getCategories metaWeblog.getRecentPosts metaWeblog.getPost metaWeblog.editPost metaWeblog.newPost
	blogger.deletePost blogger.editPost blogger.newPost blogger.getRecentPosts blogger.getPost blogger.getUserInfo blogger.getUsersBlogs
	wp.restoreRevision wp.getRevisions wp.getPostTypes wp.getPostType wp.getPostFormats wp.getMediaLibrary wp.getMediaItem wp.getCommentStatusList wp.newComment wp.editComment wp.deleteComment
	wp.getComments wp.getComment wp.setOptions wp.getOptions wp.getPageTemplates wp.getPageStatusList wp.getPostStatusList wp.getCommentCount wp.deleteFile wp.uploadFile wp.suggestCategories
	wp.deleteCategory wp.newCategory wp.getTags wp.getCategories wp.getAuthors wp.getPageList wp.editPage wp.deletePage wp.newPage wp.getPages wp.getPage wp.editProfile wp.getProfile wp.getUsers
	wp.getUser wp.getTaxonomies wp.getTaxonomy wp.getTerms wp.getTerm wp.deleteTerm wp.editTerm wp.newTerm wp.getPosts wp.getPost wp.deletePost wp.editPost wp.newPost wp.getUsersBlogs`)

func (w *wordpress) xmlrpc(r *request) answer {
	if r.method != "POST" {
		a := made(405, "text/plain;charset=UTF-8", "XML-RPC server accepts POST requests only.", header{"Allow", "POST"})
		if r.query().Has("rsd") {
			a = made(200, "text/xml; charset=UTF-8", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rsd version=\"1.0\" xmlns=\"http://archipelago.phrasewise.com/rsd\">\n\t<service>\n\t\t<engineName>WordPress</engineName>\n\t</service>\n</rsd>\n")
		}
		return a
	}
	reply := func(body string) answer { return made(200, "text/xml; charset=UTF-8", body) }
	c, err := parseCall(r.body)
	switch {
	case err != nil:
		return reply(rpcFault{-32700, "parse error. not well formed"}.response())
	case c.method == "":
		return reply(rpcFault{-32600, "server error. invalid xml-rpc. not conforming to spec. Request must be a methodCall"}.response())
	case c.method != "system.multicall":
		value, fault := c.result()
		if fault != nil {
			return reply(fault.response())
		}
		return reply(rpcResponse(value))
	}
	var results []string
	for _, one := range c.calls() {
		if one.method == "system.multicall" {
			results = append(results, rpcFault{-32600, "Recursive calls to system.multicall are forbidden"}.member())
		} else if value, fault := one.result(); fault != nil {
			results = append(results, fault.member())
		} else {
			results = append(results, rpcList([]string{value}))
		}
	}
	return reply(rpcResponse(rpcList(results)))
}

// result is what one call comes to: a value or a fault.
func (c rpcCall) result() (string, *rpcFault) {
	switch c.method {
	case "system.listMethods":
		var names []string
		for _, name := range wpMethods {
			names = append(names, rpcString(name))
		}
		return rpcList(names), nil
	case "demo.sayHello":
		return rpcString("Hello!"), nil
	case "demo.addTwoNumbers":
		sum := 0
		for _, p := range c.params[:min(2, len(c.params))] {
			n, _ := strconv.Atoi(p.text)
			sum += n
		}
		return fmt.Sprintf("<int>%d</int>", sum), nil
	case "mt.supportedTextFilters", "mt.supportedMethods":
		return rpcList(nil), nil
	case "pingback.ping":
		return "", &rpcFault{0, ""}
	}
	if !slices.Contains(wpMethods, c.method) {
		return "", &rpcFault{-32601, "server error. requested method " + clip(c.method, 256) + " does not exist."}
	}
	if _, _, ok := c.login(); !ok {
		return "", &rpcFault{400, "Insufficient arguments passed to this XML-RPC method."}
	}
	return "", &rpcFault{403, "Incorrect username or password."}
}

const wpReadme = `<!DOCTYPE html>
<html lang="en">
<head>
	<meta name="viewport" content="width=device-width" />
	<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
	<title>WordPress &#8250; ReadMe</title>
	<link rel="stylesheet" href="wp-admin/css/install.css?ver=20100228" type="text/css" />
</head>
<body>
<h1 id="logo">
	<a href="https://wordpress.org/"><img alt="WordPress" src="wp-admin/images/wordpress-logo.png" /></a>
</h1>
<p style="text-align: center">Semantic Personal Publishing Platform</p>

<h2>Installation: Famous 5-minute install</h2>
<ol>
	<li>Unzip the package in an empty directory and upload everything.</li>
	<li>Open <span class="file"><a href="wp-admin/install.php">wp-admin/install.php</a></span> in your browser.</li>
</ol>
</body>
</html>
`
