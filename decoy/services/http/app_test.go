package http

import (
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/conpot"
	"decnet/decoy/services/internal/servicetest"
)

// running starts a decky of Ubuntu with the application, and settings in pairs.
func running(t testing.TB, name string, settings ...string) (d *decoytest.Decky, base string) {
	t.Helper()
	id := decoytest.Identity()
	id.Distro = "ubuntu22"
	id.Settings = control.Settings{"http": {"fake_app": name}}
	for i := 0; i < len(settings); i += 2 {
		id.Settings["http"][settings[i]] = settings[i+1]
	}
	d = decoytest.StartAs(t, id, "http")
	return d, "http://" + strings.TrimSuffix(d.Address(80), ":80") // as curl calls it
}

// wants fails unless curl's output has all of the texts.
func wants(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%q is not in\n%.3000s", text, out)
		}
	}
}

func TestWordPress(t *testing.T) {
	t.Parallel()
	d, base := running(t, "wordpress")
	w := newWordpress(d.Host)
	wants(t, curl(t, "-i", base+"/"), "HTTP/1.1 200 OK\r\n", `<meta name="generator" content="WordPress `+w.version+`" />`, "Link: <"+base+`/wp-json/>; rel="https://api.w.org/"`, "?ver="+w.version)
	wants(t, curl(t, "-i", base+"/wp-admin/"), "HTTP/1.1 302 Found\r\n", "Location: "+base+"/wp-login.php?redirect_to=http%3A%2F%2F", "%2Fwp-admin%2F&reauth=1\r\n", "X-Redirect-By: WordPress")
	wants(t, curl(t, "-i", base+"/wp-login.php"), "Set-Cookie: wordpress_test_cookie=WP%20Cookie%20check; path=/", `name="log"`, `name="pwd"`, "Expires: Wed, 11 Jan 1984 05:00:00 GMT")
	user := w.users[0].login
	wants(t, curl(t, "-d", "log="+user+"&pwd=s3cret&wp-submit=Log+In", base+"/wp-login.php"), "The password you entered for the username <strong>"+user+"</strong> is incorrect.")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, user), decoytest.Has(event.Secret, "s3cret"), decoytest.Has("scheme", "form"))
	wants(t, curl(t, "-d", "log=<b>x&pwd=y", base+"/wp-login.php"), "The username <strong>&lt;b&gt;x</strong> is not registered on this site.")
	wants(t, curl(t, "-i", base+"/?author=1"), "HTTP/1.1 301 Moved Permanently\r\n", "Location: "+base+"/author/"+w.users[0].slug()+"/")
	wants(t, curl(t, "-i", base+"/wp-json/wp/v2/users"), `"slug":"`+w.users[0].slug()+`"`, "X-WP-Total: ", "Content-Type: application/json; charset=UTF-8")
	wants(t, curl(t, "-i", base+"/wp-json/none"), "HTTP/1.1 404 Not Found\r\n", `{"code":"rest_no_route","message":"No route was found matching the URL and request method.","data":{"status":404}}`)
	wants(t, curl(t, "-i", base+"/wp-json/wp/v2/users/me"), "HTTP/1.1 401 Unauthorized\r\n", `"rest_not_logged_in"`)
	wants(t, curl(t, "-i", base+"/nothing-here"), "HTTP/1.1 404 Not Found\r\n", "Page not found &#8211; "+w.title)
	wants(t, curl(t, "-i", base+"/readme.html"), "Semantic Personal Publishing Platform", "Last-Modified: ")
	scan, err := servicetest.Run(t, "", "nmap", "-sV", "-Pn", "-n", "-p", "80", "--script", "http-title,http-generator,http-enum", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Errorf("nmap: %v", err)
	}
	servicetest.Contains(t, scan, "http-generator: WordPress "+w.version, "http-title: "+w.title, "/wp-login.php: ", "/readme.html: ")
	wants(t, curl(t, base+"/feed/"), "<generator>https://wordpress.org/?v="+w.version+"</generator>")
}

func TestXMLRPC(t *testing.T) {
	t.Parallel()
	d, base := running(t, "wordpress")
	call := func(body string) string {
		t.Helper()
		return curl(t, "-i", "-H", "Content-Type: text/xml", "--data-binary", body, base+"/xmlrpc.php")
	}
	wants(t, curl(t, "-i", base+"/xmlrpc.php"), "HTTP/1.1 405 Method Not Allowed\r\n", "XML-RPC server accepts POST requests only.", "Allow: POST\r\n")
	wants(t, call("<methodCall><methodName>system.listMethods</methodName><params></params></methodCall>"), "<string>wp.getUsersBlogs</string>", "<string>system.multicall</string>", "Content-Type: text/xml; charset=UTF-8")
	wants(t, call(`<?xml version="1.0"?><methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value>admin</value></param><param><value><string>p&amp;ss</string></value></param></params></methodCall>`),
		"<int>403</int>", "Incorrect username or password.")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "admin"), decoytest.Has(event.Secret, "p&ss"), decoytest.Has("scheme", "xmlrpc"))
	try := func(user, secret string) string {
		return "<value><struct><member><name>methodName</name><value><string>wp.getUsersBlogs</string></value></member><member><name>params</name><value><array><data><value><string>" + user +
			"</string></value><value><string>" + secret + "</string></value></data></array></value></member></struct></value>"
	}
	many := call("<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>" + try("one", "first") + try("two", "second") + "</data></array></value></param></params></methodCall>")
	if n := strings.Count(many, "Incorrect username or password."); n != 2 {
		t.Errorf("two calls get %d refusals:\n%s", n, many)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "one"), decoytest.Has(event.Secret, "first"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "two"), decoytest.Has(event.Secret, "second"))
	wrapped := strings.ReplaceAll(try("three", "third"), "<array><data><value>", "<array><data><value><array><data><value>")
	wrapped = strings.Replace(wrapped, "</value></data></array>", "</value></data></array></value></data></array>", 1)
	wants(t, call("<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>"+wrapped+"</data></array></value></param></params></methodCall>"), "Incorrect username or password.")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "three"), decoytest.Has(event.Secret, "third"))
	wants(t, call("<methodCall><methodName>no.such</methodName></methodCall>"), "<int>-32601</int>", "server error. requested method no.such does not exist.")
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><methodCall><methodName>demo.sayHello</methodName><params><param><value>&b;</value></param></params></methodCall>`
	wants(t, call(bomb), "<int>-32700</int>", "parse error. not well formed")
}

func TestPHPMyAdmin(t *testing.T) {
	t.Parallel()
	d, base := running(t, "phpmyadmin")
	jar := t.TempDir() + "/jar"
	first := curl(t, "-i", "-c", jar, base+"/phpmyadmin/")
	wants(t, first, "<title>phpMyAdmin</title>", "Set-Cookie: phpMyAdmin=", "Set-Cookie: pma_lang=en;", `name="token" value="`, "X-Frame-Options: DENY")
	if second := curl(t, "-i", base+"/phpmyadmin/"); token(first) == token(second) {
		t.Error("two clients get the same token")
	}
	refusal := curl(t, "-b", jar, "--data-urlencode", "pma_username=root", "--data-urlencode", "pma_password=t0or&x", "-d", "server=1&token="+token(first), base+"/phpmyadmin/index.php")
	wants(t, refusal, "1045", "Access denied for user &#039;root&#039;@&#039;localhost&#039; (using password: YES)")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "t0or&x"))
	wants(t, curl(t, "-d", "pma_username=root&pma_password=x", base+"/index.php"), "Failed to set session cookie.")
}

func token(page string) string {
	_, rest, _ := strings.Cut(page, `name="token" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func TestTomcat(t *testing.T) {
	t.Parallel()
	d, base := running(t, "tomcat")
	version := newTomcat(d.Host).version
	home := curl(t, "-i", base+"/")
	wants(t, home, "HTTP/1.1 200 \r\n", "<title>Apache Tomcat/"+version+"</title>")
	if names(home) != "Content-Type Content-Length Date" {
		t.Errorf("the headers are %s", names(home))
	}
	wants(t, curl(t, "-i", "-u", "tomcat:s3cret", base+"/manager/html"), "HTTP/1.1 401 \r\n", `WWW-Authenticate: Basic realm="Tomcat Manager Application"`, "<title>401 Unauthorized</title>")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "tomcat"), decoytest.Has(event.Secret, "s3cret"), decoytest.Has("scheme", "basic"))
	wants(t, curl(t, "-i", base+"/host-manager/html"), `realm="Tomcat Host Manager Application"`, "admin-gui")
	wants(t, curl(t, "-i", base+"/manager"), "HTTP/1.1 302 \r\n", "Location: /manager/\r\n")
	wants(t, curl(t, "-i", base+"/none"), "HTTP/1.1 404 \r\n", "The requested resource [&#47;none] is not available", "<h3>Apache Tomcat/"+version+"</h3>", "Content-Language: en\r\n")
	if out := servicetest.Scan(t, d, 80); !strings.Contains(out, "Apache Tomcat") {
		t.Errorf("nmap shows\n%s", out)
	}
}

func TestJenkins(t *testing.T) {
	t.Parallel()
	d, base := running(t, "jenkins")
	version := newJenkins(d.Host).version
	wants(t, curl(t, "-i", base+"/"), "HTTP/1.1 403 Forbidden\r\n", "X-Jenkins: "+version+"\r\n", "Server: Jetty(", "/login?from=%2F", "Set-Cookie: JSESSIONID.", "Authentication required")
	wants(t, curl(t, "-i", base+"/api/json"), "HTTP/1.1 403 Forbidden\r\n", "/login?from=%2Fapi%2Fjson")
	wants(t, curl(t, "-i", base+"/login?from=%2Fscript"), "HTTP/1.1 200 OK\r\n", `name="j_username"`, `name="from" type="hidden" value="/script"`, "data-crumb-value=")
	wants(t, curl(t, "-i", "-d", "j_username=admin&j_password=jenk1ns&from=%2F", base+"/j_spring_security_check"), "HTTP/1.1 302 Found\r\n", "Location: "+base+"/loginError\r\n")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "admin"), decoytest.Has(event.Secret, "jenk1ns"))
	wants(t, curl(t, "-i", base+"/loginError"), "HTTP/1.1 401 Unauthorized\r\n", "Invalid username or password")
	wants(t, curl(t, "-i", "-d", "script=println+1", base+"/scriptText"), "HTTP/1.1 403 Forbidden\r\n", "No valid crumb was included in the request")
	if out := servicetest.Scan(t, d, 80); !strings.Contains(out, "Jetty") {
		t.Errorf("nmap shows\n%s", out)
	}
}

func TestRouter(t *testing.T) {
	t.Parallel()
	d, base := running(t, "router")
	wants(t, curl(t, "-i", base+"/"), "HTTP/1.1 200 OK\r\n", `URL=cgi-bin/luci/`)
	wants(t, curl(t, "-i", "-d", "luci_username=root&luci_password=0penwrt", base+"/cgi-bin/luci/"), "HTTP/1.1 403 Forbidden\r\n", "Invalid username and/or password! Please try again.")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "0penwrt"))
}

func TestSettings(t *testing.T) {
	t.Parallel()
	_, base := running(t, "none", "server_header", "nginx/1.18.0 (Ubuntu)", "response_code", "503", "extra_headers", "X-Frame-Options: DENY\nETag: \"mine\"", "custom_body", "<h1>Closed</h1>")
	page := curl(t, "-i", base+"/")
	wants(t, page, "HTTP/1.1 200 OK\r\n", "X-Frame-Options: DENY\r\n", "ETag: \"mine\"\r\n", "\r\n\r\n<h1>Closed</h1>")
	if strings.Count(page, "ETag:") != 1 {
		t.Errorf("two tags in\n%s", page)
	}
	wants(t, curl(t, "-i", base+"/none"), "HTTP/1.1 503 Service Unavailable\r\n", "<h1>503 Service Unavailable</h1>", "X-Frame-Options: DENY\r\n")
	_, base = running(t, "wordpress", "response_code", "410", "custom_body", "mine")
	wants(t, curl(t, base+"/"), "mine")
	wants(t, curl(t, "-i", base+"/none"), "HTTP/1.1 410 Gone\r\n", "Page not found")
	_, base = running(t, "none", "response_code", "301")
	wants(t, curl(t, "-i", base+"/none"), "HTTP/1.1 301 Moved Permanently\r\n", "Location: "+base+"/\r\n")
	_, base = running(t, "none", "response_code", "200", "custom_body", "all of it")
	wants(t, curl(t, "-i", base+"/none"), "HTTP/1.1 200 OK\r\n", "all of it")
}

// An application is one that the decky could have, and both of its ports have it.
func TestTheApplicationFitsTheDecky(t *testing.T) {
	t.Parallel()
	for archetype, c := range map[string]struct{ os, likely string }{"web-server": {"linux", "wordpress"}, "devops-host": {"linux", "jenkins"}, "database-server": {"linux", "phpmyadmin"}, "iot-device": {"embedded", "router"}, "windows-server": {"windows_server", "none"}} {
		seen := map[string]int{}
		for i := range 100 {
			id := decoytest.Identity()
			id.Seed, id.OS, id.Archetype = []byte(strings.Repeat(string(rune('0'+i)), 16)), c.os, archetype
			h, err := decoy.NewHost(id, nil)
			if err != nil {
				t.Fatal(err)
			}
			seen[appName(h)]++
			if a, b := New(h, false), New(h, true); (a.app == nil) != (b.app == nil) || a.product.family != b.product.family {
				t.Error("the two ports of a decky differ")
			}
		}
		if seen[c.likely] < 8 || c.likely == "none" && len(seen) != 1 {
			t.Errorf("%s has %v", archetype, seen)
		}
	}
}

func FuzzParseCall(f *testing.F) {
	f.Add([]byte("<methodCall><methodName>system.multicall</methodName><params><param><value><array><data><value><struct><member><name>methodName</name><value>wp.getUsersBlogs</value></member>" +
		"<member><name>params</name><value><array><data><value>a</value><value>b</value></data></array></value></member></struct></value></data></array></value></param></params></methodCall>"))
	f.Add([]byte(strings.Repeat("<value>", 1000)))
	f.Add([]byte("<methodCall><methodName>wp.getPosts</methodName><params><param><value><i4>1</i4></value></param><param><value>u</value></param><param><value>p</value>"))
	w := &wordpress{}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, _ := parseCall(body)
		if n := len(c.calls()); n > maxValues+1 {
			t.Fatalf("%d calls", n)
		}
		for _, one := range c.calls() {
			one.login()
		}
		a := w.xmlrpc(&request{method: "POST", path: "/xmlrpc.php", body: body})
		if len(a.body) > 4<<20 {
			t.Fatalf("%d bytes for %d", len(a.body), len(body))
		}
	})
}

func TestApplicationsSayNothingTwice(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wordpress", "phpmyadmin", "tomcat", "jenkins", "router"} {
		id := decoytest.Identity()
		id.Settings = control.Settings{"http": {"fake_app": name}}
		h, err := decoy.NewHost(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := New(h, false)
		for _, path := range []string{"/", "/login", "/manager/html", "/wp-login.php", "/nothing"} {
			r := &request{method: "GET", target: path, path: path, version: "HTTP/1.1"}
			seen := map[string]bool{}
			for header := range strings.FieldsSeq(names(string(v.bytes(v.answerTo(r), r, time.Time{})))) {
				if seen[header] && header != "Set-Cookie" {
					t.Errorf("%s %s: two headers %s", name, path, header)
				}
				seen[header] = true
			}
		}
	}
}

// An industrial controller's pages are those of the controller that its other services are.
func TestSimatic(t *testing.T) {
	t.Parallel()
	for _, family := range []string{"S7-300", "S7-1200"} {
		id := servicetest.Such(t, control.Identity{ID: "plc", Name: "plc", Hostname: "plc-7", OS: "embedded", Distro: "debian", Archetype: "industrial-control", IP: decoytest.Identity().IP, PortOffset: 20000},
			func(h *decoy.Host) bool { return conpot.ControllerOf(h).Family == family })
		d := decoytest.StartAs(t, id, "http", "conpot")
		base := "http://" + d.Address(80)
		plc := conpot.ControllerOf(d.Host)
		out := curl(t, "-iL", base+"/")
		wants(t, out, "HTTP/1.1 302 Found\r\n", "SIEMENS", plc.Module, `name="Password"`)
		ident := map[string]string{"S7-300": "/Portal1000.htm", "S7-1200": "/Portal/Portal.mwsl?PriNav=Ident"}[family]
		wants(t, curl(t, base+ident), plc.Order, plc.Serial, plc.Firmware)
		start := map[string]string{"S7-300": "/Portal0000.htm", "S7-1200": "/Portal/Portal.mwsl?PriNav=Start"}[family]
		wants(t, curl(t, base+start), plc.Station, "RUN")
		wants(t, curl(t, "-iL", "-d", "Login=admin&Password=s7pass&Redirection=", base+"/FormLogin"), "Login failed")
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "admin"), decoytest.Has(event.Secret, "s7pass"))
		wants(t, curl(t, "-i", base+"/nothing"), "HTTP/1.1 404 Not Found\r\n")
		for _, wrong := range []string{"Server:", "nginx", "lighttpd", "ReadyNAS", "DiskStation"} {
			if strings.Contains(out, wrong) {
				t.Errorf("a controller's pages say %q:\n%s", wrong, out)
			}
		}
	}
}
