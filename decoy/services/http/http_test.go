package http

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) {
	hasty = 4 * time.Second
	goleak.VerifyTestMain(m)
}

// withServer returns an identity whose server fulfils the condition.
func withServer(t testing.TB, id control.Identity, holds func(*Server) bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, id, func(h *decoy.Host) bool {
		v := New(h, false)
		return v.app == nil && holds(v)
	})
}

// curl runs the real client and returns what it prints.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := servicetest.Run(t, "", "curl", append([]string{"-sS", "-m", "60"}, args...)...)
	if err != nil {
		t.Errorf("curl %v: %v: %s", args, err, out)
	}
	return out
}

// names returns the names of the headers in their order.
func names(response string) string {
	head, _, _ := strings.Cut(response, "\r\n\r\n")
	var all []string
	for _, line := range strings.Split(head, "\r\n")[1:] {
		name, _, _ := strings.Cut(line, ":")
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// exchange sends bytes on a new connection and returns all that comes back until the end.
func exchange(t *testing.T, d *decoytest.Decky, request string) string {
	t.Helper()
	conn := d.Dial(80)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("after %q: %v", answer, err)
	}
	return string(answer)
}

func TestCurl(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		os, distro     string
		family         family
		page, notFound string // the headers of each, in order
		text           string // on the error page
	}{
		"nginx": {
			"linux", "ubuntu22", nginx, "Server Date Content-Type Content-Length Last-Modified Connection ETag Accept-Ranges",
			"Server Date Content-Type Content-Length Connection", "<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx",
		},
		"Apache": {
			"linux", "ubuntu22", apache, "Date Server Last-Modified ETag Accept-Ranges Content-Length Vary Content-Type",
			"Date Server Content-Length Content-Type", "<address>Apache/2.4.52 (Ubuntu) Server at 127.",
		},
		"IIS": {
			"windows_server", "debian", iis, "Content-Type Last-Modified Accept-Ranges ETag Server X-Powered-By Date Content-Length",
			"Content-Type Server X-Powered-By Date Content-Length", "<h2>404 - File or directory not found.</h2>",
		},
		"lighttpd": {
			"embedded", "alpine", lighttpd, "Content-Type ETag Last-Modified Content-Length Accept-Ranges Date Server",
			"Content-Type Content-Length Date Server", "Not Found</h1>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := decoytest.Identity()
			id.OS, id.Distro = c.os, c.distro
			id = withServer(t, id, func(v *Server) bool {
				return v.product.family == c.family && v.site.guarded != "/"
			})
			d := decoytest.StartAs(t, id, "http")
			base := "http://" + d.Address(80)
			page := curl(t, "-i", "-A", "scanner/1", base+"/")
			if names(page) != c.page || !strings.HasPrefix(page, "HTTP/1.1 200 OK\r\n") {
				t.Errorf("the page comes as\n%s", page)
			}
			missing := curl(t, "-i", base+"/nothing/here?x=1")
			if names(missing) != c.notFound || !strings.HasPrefix(missing, "HTTP/1.1 404 Not Found\r\n") || !strings.Contains(missing, c.text) {
				t.Errorf("a missing page comes as\n%s", missing)
			}
			if head := curl(t, "-I", base+"/"); names(head) != c.page || !strings.HasSuffix(head, "\r\n\r\n") {
				t.Errorf("HEAD gives\n%s", head)
			}
			d.Wait("request", decoytest.Has(event.Command, "GET / HTTP/1.1"), decoytest.Has("user_agent", "scanner/1"), decoytest.Has("status", "200"), func(e event.Event) bool {
				host, _ := e.Get("host")
				return strings.HasPrefix(host, id.IP)
			})
			d.Wait("request", decoytest.Has("path", "/nothing/here?x=1"), decoytest.Has("status", "404"))
		})
	}
}

func TestCredentialsAreRecorded(t *testing.T) {
	t.Parallel()
	id := withServer(t, decoytest.Identity(), func(v *Server) bool { return v.site.login != "" })
	d := decoytest.StartAs(t, id, "http")
	v := New(d.Host, false)
	base := "http://" + d.Address(80)
	if out := curl(t, "-i", "-u", "admin:s3cret:with colon", base+v.site.guarded+"/"); !strings.HasPrefix(out, "HTTP/1.1 401 ") || !strings.Contains(out, `Basic realm="`+v.site.realm+`"`) {
		t.Errorf("the guarded area answers\n%s", out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "admin"), decoytest.Has(event.Secret, "s3cret:with colon"), decoytest.Has("scheme", "basic"))
	if out := curl(t, "-d", "username=root", "--data-urlencode", "password=p@ss&word", base+v.site.login); !strings.Contains(out, "Invalid username or password") {
		t.Errorf("the login answers\n%s", out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "p@ss&word"), decoytest.Has("scheme", "form"), decoytest.Has(event.Outcome, event.Rejected))
	curl(t, "-H", "Transfer-Encoding: chunked", "-d", `{"user":"api","password":"json"}`, base+"/api/login")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "api"), decoytest.Has(event.Secret, "json"))
	d.Wait("request", decoytest.Has("body", `{"user":"api","password":"json"}`), decoytest.Has("body_size", "32"))
}

func TestWhatIsNotARequest(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.Distro = "ubuntu22"
	d := decoytest.StartAs(t, withServer(t, id, func(v *Server) bool { return v.product.family == nginx && v.product.banner != "nginx" }), "http")
	for request, want := range map[string]string{
		"\x16\x03\x01\x00\x05hello":                                     "HTTP/1.1 400 Bad Request\r\nServer: nginx/",
		"GET / HTTP/1.1\r\n\r\n":                                        "HTTP/1.1 400 Bad Request\r\n",
		"GET / HTTP/2.0\r\n\r\n":                                        "HTTP/1.1 505 HTTP Version Not Supported\r\n",
		"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n":                          "HTTP/1.1 400 Bad Request\r\n",
		"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n":                           "HTTP/1.1 400 Bad Request\r\n",
		"get / HTTP/1.0\r\n\r\n":                                        "HTTP/1.1 400 Bad Request\r\n",
		"GET /../../etc/passwd HTTP/1.0\r\n\r\n":                        "HTTP/1.1 400 Bad Request\r\n",
		"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab":                "HTTP/1.1 405 Not Allowed\r\n",
		"POST / HTTP/1.0\r\nContent-Length: 99999999\r\n\r\n":           "HTTP/1.1 413 Request Entity Too Large\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n": "HTTP/1.1 501 Not Implemented\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r": "HTTP/1.1 400 Bad Request\r\n",
		"GET /" + strings.Repeat("a", 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n":                       "HTTP/1.1 414 Request-URI Too Large\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 9000) + "\r\n\r\n":                "HTTP/1.1 400 Bad Request\r\n",
	} {
		if got := exchange(t, d, request); !strings.HasPrefix(got, want) || !strings.Contains(got, "\r\nConnection: close\r\n") {
			t.Errorf("%.60q is answered %.300q, want %q", request, got, want)
		}
	}
	if got := exchange(t, d, "GET /\r\n"); !strings.HasPrefix(got, "<") {
		t.Errorf("HTTP/0.9 is answered %.100q", got)
	}
}

func TestPipelinedRequestsOnOneConnection(t *testing.T) {
	t.Parallel()
	id := withServer(t, decoytest.Identity(), func(v *Server) bool { return v.product.family == apache && v.site.guarded != "/" })
	d := decoytest.StartAs(t, id, "http")
	got := exchange(t, d, "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"+
		"FOO / HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	for _, want := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 404 Not Found\r\n", "HTTP/1.1 501 Not Implemented\r\n", "\r\nAllow: "} {
		if !strings.Contains(got, want) {
			t.Errorf("the answers lack %q:\n%s", want, got)
		}
	}
	d.Wait("request", decoytest.Has("method", "POST"), decoytest.Has("body", "abc"))
}

func TestAPageIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, f := range []family{nginx, apache} {
		d := decoytest.StartAs(t, withServer(t, decoytest.Identity(), func(v *Server) bool { return v.product.family == f && v.site.guarded != "/" }), "http")
		page := curl(t, "-i", "http://"+d.Address(80)+"/")
		_, tag, _ := strings.Cut(page, "ETag: ")
		tag, _, _ = strings.Cut(tag, "\r\n")
		if again := curl(t, "-i", "-H", "If-None-Match: "+tag, "http://"+d.Address(80)+"/"); !strings.HasPrefix(again, "HTTP/1.1 304 Not Modified\r\n") {
			t.Errorf("with the tag %s:\n%s", tag, again)
		}
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]family{"nginx": nginx, "Apache httpd": apache} {
		d := decoytest.StartAs(t, withServer(t, decoytest.Identity(), func(v *Server) bool { return v.product.family == f }), "http")
		if out := servicetest.Scan(t, d, 80); !strings.Contains(out, want) {
			t.Errorf("want %s in\n%s", want, out)
		}
	}
}

// sessionID is what differs from one answer to the next.
var sessionID = regexp.MustCompile(`Set-Cookie: [^\r]*|(token|set_session)" value="[0-9a-f]*"`)

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	r := &request{method: "GET", path: "/", version: "HTTP/1.1"}
	servicetest.Looks(t, 15, func(h *decoy.Host) string {
		v := New(h, false)
		return sessionID.ReplaceAllString(string(v.bytes(v.answerTo(r), r, time.Time{})), "")
	})
}

func TestExactPages(t *testing.T) {
	t.Parallel()
	// The sizes that the products' own pages are known for.
	if len(nginxWelcome) != 612 {
		t.Errorf("nginx's page has %d bytes", len(nginxWelcome))
	}
	if n := len(welcome(nil, product{family: nginx, banner: "nginx/1.22.1"})); n != 615 {
		t.Errorf("the newer nginx's page has %d bytes", n)
	}
	if n := len(strings.ReplaceAll(iisWelcome, "\n", "\r\n")); n != 703 {
		t.Errorf("IIS's page has %d bytes", n)
	}
	windows := product{family: iis}
	if page, _ := windows.iisPage(404, badLine); len(page) != 1245 {
		t.Errorf("IIS's 404 has %d bytes", len(page))
	}
	for why, want := range map[reason]int{badLine: 324, badMethod: 326, badHost: 334, bigHead: 346} {
		if page, _ := windows.iisPage(400, why); len(page) != want {
			t.Errorf("http.sys's 400 for %d has %d bytes, want %d", why, len(page), want)
		}
	}
	if page := (product{family: nginx, banner: "nginx/1.18.0 (Ubuntu)"}).nginxPage(404, badLine, ""); len(page) != 162 {
		t.Errorf("nginx's 404 has %d bytes", len(page))
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "http")
	servicetest.Garbage(t, d, 80, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "GET /")
	servicetest.Recovers(t, func() bool {
		out, err := servicetest.Run(t, "", "curl", "-sSi", "-m", "60", "http://"+d.Address(80)+"/")
		return err == nil && strings.HasPrefix(out, "HTTP/1.1 ")
	})
}

func TestAFoldedHeaderIsAsLongAsALine(t *testing.T) {
	for _, f := range []family{apache, lighttpd} {
		said := "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n" + strings.Repeat("\t\r\n", maxLine+10) + "\r\n"
		if _, err := readRequest(bufio.NewReaderSize(strings.NewReader(said), maxLine+2), f, func(*request) bool { return true }); err == nil {
			t.Errorf("family %v takes it", f)
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add([]byte("POST /a%20b/../c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	f.Add([]byte("GET /\r\n"))
	f.Add([]byte("\r\nGET http://x/y HTTP/1.0\r\nContent-Length: 4\r\n\r\nuser=1&pass=2"))
	var servers []*Server
	for _, banner := range []string{anNginx, anApache, aLighttpd, "Microsoft-IIS/10.0", "Apache-Coyote/1.1"} {
		id := decoytest.Identity()
		id.Settings = control.Settings{"http": {"fake_app": "none", "server_header": banner}} // an application has cookies of its own
		h, err := decoy.NewHost(id, nil)
		if err != nil {
			f.Fatal(err)
		}
		servers = append(servers, New(h, false))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range servers {
			readAndAnswer(t, v, data)
		}
	})
}

func readAndAnswer(t *testing.T, v *Server, data []byte) {
	t.Helper()
	r, err := readRequest(bufio.NewReaderSize(bytes.NewReader(data), 2*maxLine), v.product.family, func(*request) bool { return true })
	if len(r.body) > keptCalls || r.size > takes(v.product.family) && !errors.As(err, new(problem)) || len(r.headers) > maxHead/4 || len(r.raw) > maxArrived {
		t.Fatalf("beyond the bounds: %d, %d, %d", len(r.body), r.size, len(r.headers))
	}
	formCredentials(r.body)
	var a answer
	if trouble := (problem{}); errors.As(err, &trouble) {
		a = v.failure(trouble.status, trouble.reason, r)
	} else if err == nil {
		a = v.answerTo(r)
	} else {
		return
	}
	// HTTP/0.9 has nothing but the page, and some servers none for a status.
	if out := v.bytes(a, r, time.Time{}); strings.Contains(string(out), "\nSet-Cookie: ") || len(out) == 0 && !r.simple {
		t.Fatalf("answer %q", out)
	}
}
