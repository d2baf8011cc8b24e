package http

import (
	"compress/gzip"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
)

// thirty is an operator's page whose size and bytes the tests below count on.
const thirty = "<html><body>thirty</body></html>" + "\n" + "0123456789012345678901234567890123456789"

// withBanner is a decky of Debian without an application whose server has that name and that page.
func withBanner(t *testing.T, banner string) *decoytest.Decky {
	t.Helper()
	id := decoytest.Identity()
	id.Settings = control.Settings{"http": {"server_header": banner, "fake_app": "none", "custom_body": thirty}}
	return decoytest.StartAs(t, id, "http")
}

const (
	anNginx    = "nginx/1.22.1"
	anApache   = "Apache/2.4.65 (Debian)"
	aLighttpd  = "lighttpd/1.4.69"
	manyServed = "GET / HTTP/1.1\r\nHost: web01\r\nConnection: close\r\n"
)

// TestOddRequests holds the decoys to what Debian's nginx 1.22.1, Apache 2.4.71 and lighttpd 1.4.69 answered to the same bytes.
func TestOddRequests(t *testing.T) {
	t.Parallel()
	const host = "Host: web01\r\nConnection: close\r\n\r\n"
	body := "Host: web01\r\nConnection: close\r\n"
	type answers map[string]string // by the request; what the answer begins with
	for banner, cases := range map[string]answers{
		anNginx: {
			"GET / HTTP/1.2\r\n" + host:                                                       "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/2\r\n" + host:                                                         "HTTP/1.1 505 HTTP Version Not Supported\r\n",
			"GET / HTTP/0.9\r\n" + host:                                                       "HTTP/1.1 400 Bad Request\r\n",
			"GET / \r\n":                                                                      "<html>",
			"HEAD /\r\n":                                                                      "<html>\r\n<head><title>400 Bad Request</title>",
			"DELETE /none HTTP/1.1\r\n" + host:                                                "HTTP/1.1 404 Not Found\r\n",
			"DELETE / HTTP/1.1\r\n" + host:                                                    "HTTP/1.1 405 Not Allowed\r\n",
			"TRACE /none HTTP/1.1\r\n" + host:                                                 "HTTP/1.1 405 Not Allowed\r\n",
			"OPTIONS * HTTP/1.1\r\n" + host:                                                   "HTTP/1.1 400 Bad Request\r\n",
			"G.T / HTTP/1.1\r\n" + host:                                                       "HTTP/1.1 400 Bad Request\r\n",
			"GET //none/..//. HTTP/1.1\r\n" + host:                                            "HTTP/1.1 200 OK\r\n",
			"GET /%2e%2e/ HTTP/1.1\r\n" + host:                                                "HTTP/1.1 400 Bad Request\r\n",
			"GET FTP://x/index.html#y HTTP/1.1\r\n" + host:                                    "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.1\r\nno colon\r\n" + host:                                           "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1\r\nnocolon\r\n(x): y\r\n" + host:                                  "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.1\r\n" + strings.Repeat("x: y\r\n", 300) + host:                     "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.1\r\nX: a\x00b\r\n" + host:                                          "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1\r\nHost: a\r\n" + host:                                            "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1\r\nConnection: close\r\nHost: a..b\r\n\r\n":                       "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1\r\nConnection: close\r\nHost: <a>\r\n\r\n":                        "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.1\r\nContent-Length: \r\n" + host:                                   "HTTP/1.1 400 Bad Request\r\n",
			"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                  "HTTP/1.1 400 Bad Request\r\n",
			"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" + host + "abc": "HTTP/1.1 405 Not Allowed\r\n",
			"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" + host:         "HTTP/1.1 405 Not Allowed\r\n",
		},
		anApache: {
			"GET / HTTP/2.0\r\n" + host:                                                                      "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.10\r\n" + host:                                                                     "HTTP/1.1 400 Bad Request\r\n",
			"GET  / HTTP/1.1\r\n" + host:                                                                     "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1 \r\n" + host:                                                                     "HTTP/1.1 400 Bad Request\r\n",
			"FOO / HTTP/1.1\r\nHost: a\r\n\r\n":                                                              "HTTP/1.1 501 Not Implemented\r\n",
			"OPTIONS /none HTTP/1.1\r\n" + host:                                                              "HTTP/1.1 200 OK\r\n",
			"PROPPATCH / HTTP/1.1\r\n" + host:                                                                "HTTP/1.1 405 Method Not Allowed\r\n",
			"CONNECT / HTTP/1.1\r\n" + host:                                                                  "HTTP/1.1 400 Bad Request\r\n",
			"GET /%2f HTTP/1.1\r\n" + host:                                                                   "HTTP/1.1 404 Not Found\r\n",
			"GET /a%00 HTTP/1.1\r\n" + host:                                                                  "HTTP/1.1 404 Not Found\r\n",
			"GET /..%2fetc HTTP/1.1\r\n" + host:                                                              "HTTP/1.1 404 Not Found\r\n",
			"GET /../etc HTTP/1.1\r\n" + host:                                                                "HTTP/1.1 400 Bad Request\r\n",
			"GET /./index.html HTTP/1.1\r\n" + host:                                                          "HTTP/1.1 200 OK\r\n",
			"GET /" + strings.Repeat("a", 256) + " HTTP/1.1\r\n" + host:                                      "HTTP/1.1 403 Forbidden\r\n",
			"GET /server-status HTTP/1.1\r\n" + host:                                                         "HTTP/1.1 403 Forbidden\r\n",
			"GET / HTTP/1.1\r\nX: a\r\n b\r\n" + host:                                                        "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.1\r\nConnection: close\r\nHost: a;b\r\n\r\n":                                       "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1\r\nConnection: close\r\nHost: a_b:8080\r\n\r\n":                                  "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.1\r\nConnection: close\r\nHost: a:99999\r\n\r\n":                                   "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1\r\nExpect: x\r\nContent-Length: 0\r\n" + host:                                    "HTTP/1.1 417 Expectation Failed\r\n",
			"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n" + host:                                          "HTTP/1.1 400 Bad Request\r\n",
			"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\nHost: a\r\n\r\n0\r\n\r\n": "HTTP/1.1 200 OK\r\n",
			"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc":                        "HTTP/1.1 200 OK\r\n",
			"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" + body + "\r\nabc":            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
		},
		aLighttpd: {
			"GET / HTTP/1.0\r\n\r\n":                                     "HTTP/1.0 200 OK\r\n",
			"GET / HTTP/2.0\r\n" + host:                                  "HTTP/1.0 505 HTTP Version Not Supported\r\n",
			"\x16\x03\x01":                                               "HTTP/1.0 400 Bad Request\r\n",
			"GET /a b HTTP/1.1\r\n" + host:                               "HTTP/1.1 404 Not Found\r\n",
			"DELETE / HTTP/1.1\r\n" + host:                               "HTTP/1.1 501 Not Implemented\r\n",
			"DELETE /none HTTP/1.1\r\n" + host:                           "HTTP/1.1 404 Not Found\r\n",
			"FOO /none HTTP/1.1\r\nHost: a\r\n\r\n":                      "HTTP/1.1 501 Not Implemented\r\n",
			"POST / HTTP/1.1\r\n" + host:                                 "HTTP/1.1 411 Length Required\r\n",
			"POST / HTTP/1.1\r\nContent-Length: 1\r\n" + host + "x":      "HTTP/1.1 200 OK\r\n",
			"GET / HTTP/1.1\r\nContent-Length: 1\r\n" + host + "x":       "HTTP/1.1 400 Bad Request\r\n",
			"GET /index.html/more HTTP/1.1\r\n" + host:                   "HTTP/1.1 200 OK\r\n",
			"GET /../ HTTP/1.1\r\n" + host:                               "HTTP/1.1 200 OK\r\n",
			"GET /%zz HTTP/1.1\r\n" + host:                               "HTTP/1.1 404 Not Found\r\n",
			"GET /x~ HTTP/1.1\r\n" + host:                                "HTTP/1.1 403 Forbidden\r\n",
			"GET / HTTP/1.1\r\nConnection: close\r\nHost: a_b\r\n\r\n":   "HTTP/1.1 400 Bad Request\r\n",
			"GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 8190) + "\r\n": "HTTP/1.0 431 Request Header Fields Too Large\r\n",
		},
	} {
		t.Run(banner, func(t *testing.T) {
			t.Parallel()
			d := withBanner(t, banner)
			for request, want := range cases {
				if got := exchange(t, d, request); !strings.HasPrefix(got, want) {
					t.Errorf("%.90q is answered %.250q, want %q", request, got, want)
				}
			}
		})
	}
}

func TestPartsAndConditions(t *testing.T) {
	t.Parallel()
	type want struct{ status, contains, lacks string }
	common := map[string]want{
		"Range: bytes=5-9\r\n":                                    {"206", "\r\nContent-Range: bytes 5-9/73\r\n|\r\n\r\n><bod", ""},
		"Range: bytes=-3\r\n":                                     {"206", "\r\nContent-Range: bytes 70-72/73\r\n|\r\n\r\n789", ""},
		"Range: bytes=70-999\r\nIf-Range: TAG\r\n":                {"206", "bytes 70-72/73", ""},
		"Range: bytes=1-2\r\nIf-Range: \"other\"\r\n":             {"200", "Content-Length: 73\r\n", "Content-Range"},
		"Range: bytes=99-\r\n":                                    {"416", "Range Not Satisfiable", "thirty"},
		"Range: lines=1-2\r\n":                                    {"200", "Content-Length: 73\r\n", "Content-Range"},
		"If-None-Match: \"other\", W/TAG\r\n":                     {"304", "ETag: TAG\r\n", "thirty"},
		"If-None-Match: *\r\n":                                    {"304", "ETag: TAG\r\n", "thirty"},
		"If-Modified-Since: TIME\r\n":                             {"304", "Last-Modified: TIME\r\n", "thirty"},
		"If-Modified-Since: Sun, 05 Mar 2000 11:22:33 GMT\r\n":    {"200", "thirty", ""},
		"If-None-Match: \"other\"\r\nIf-Modified-Since: TIME\r\n": {"200", "thirty", ""},
	}
	own := map[string]map[string]want{
		anNginx: {
			"Range: bytes=0-0,72-\r\n": {"206", "Content-Type: multipart/byteranges; boundary=0000000000000000000|\r\n\r\n\r\n--00000|\r\nContent-Range: bytes 72-72/73\r\n\r\n9\r\n--", "Accept-Ranges"},
			"Range: bytes=9-5\r\n":     {"416", "Content-Range: bytes */73\r\n", "Accept-Ranges"},
			"If-Match: W/TAG\r\n":      {"412", "<h1>412 Precondition Failed</h1>", ""},
			"If-None-Match: TAG\r\nIf-Modified-Since: Sun, 05 Mar 2000 11:22:33 GMT\r\n": {"200", "thirty", ""},
			"If-Unmodified-Since: Sun, 05 Mar 2000 11:22:33 GMT\r\n":                     {"412", "", "thirty"},
			"Accept-Encoding: gzip\r\nRange: bytes=1-2\r\n":                              {"200", "ETag: W/TAG\r\nContent-Encoding: gzip\r\n|Transfer-Encoding: chunked\r\n", "Content-Length"},
		},
		anApache: {
			"Range: bytes=1-2\r\nRange: bytes=3-4\r\n": {"200", "thirty", ""},
			"Range: bytes=0-0,72-\r\n":                 {"206", "Content-type: text/html\r\nContent-range: bytes 72-72/73\r\n\r\n9\r\n--", ""},
			"Range: bytes=0-9,5-20\r\n":                {"206", "Content-Range: bytes 0-20/73\r\n", "multipart"},
			"Range: bytes=9-5\r\n":                     {"200", "thirty", ""},
			"If-Match: \"other\"\r\n":                  {"412", "Content-Length: 0\r\n", "<h1>"},
			"Accept-Encoding: gzip\r\n":                {"200", "-gzip\"\r\nAccept-Ranges: bytes\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\nContent-Length: ", "thirty"},
			"Accept-Encoding: gzip;q=0\r\n":            {"200", "thirty", "-gzip"},
		},
		aLighttpd: {
			"Range: bytes=0-0,3-4\r\n": {"206", "Content-Range: bytes 0-4/73\r\n", "multipart"},
			"If-Match: \"other\"\r\n":  {"200", "thirty", ""},
			"If-None-Match: TAG\r\nIf-Modified-Since: Sun, 05 Mar 2000 11:22:33 GMT\r\n": {"304", "Content-Type: text/html\r\n", "thirty"},
			"Accept-Encoding: gzip\r\n": {"200", "thirty", "Content-Encoding"},
		},
	}
	for banner, cases := range own {
		t.Run(banner, func(t *testing.T) {
			t.Parallel()
			d := withBanner(t, banner)
			page := exchange(t, d, manyServed+"\r\n")
			value := func(name string) string {
				_, v, _ := strings.Cut(page, "\r\n"+name+": ")
				v, _, _ = strings.Cut(v, "\r\n")
				return v
			}
			names := strings.NewReplacer("TAG", value("ETag"), "TIME", value("Last-Modified"))
			maps.Copy(cases, common)
			for headers, want := range cases {
				got := exchange(t, d, manyServed+names.Replace(headers)+"\r\n")
				if !strings.HasPrefix(got, "HTTP/1.1 "+want.status+" ") || want.lacks != "" && strings.Contains(got, want.lacks) {
					t.Errorf("to %q comes\n%.600s", headers, got)
				}
				for part := range strings.SplitSeq(want.contains, "|") {
					if !strings.Contains(got, names.Replace(part)) {
						t.Errorf("to %q comes, without %q,\n%.600s", headers, part, got)
					}
				}
			}
		})
	}
}

func TestWhatIsCompressedIsThePage(t *testing.T) {
	t.Parallel()
	d := withBanner(t, anApache)
	got := exchange(t, d, manyServed+"Accept-Encoding: gzip\r\n\r\n")
	_, body, _ := strings.Cut(got, "\r\n\r\n")
	unzipped, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := io.ReadAll(unzipped); err != nil || string(page) != thirty {
		t.Errorf("%v, %q", err, page)
	}
	if body[9] != 3 {
		t.Errorf("the compressor says that it runs on %d", body[9])
	}
	if page := curl(t, "--compressed", "http://"+withBanner(t, anNginx).Address(80)+"/"); page != thirty {
		t.Errorf("curl shows %q", page)
	}
}

func TestApacheTraces(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.Distro = "rocky9"
	id.Settings = control.Settings{"http": {"server_header": "Apache/2.4.62 (Rocky Linux)", "fake_app": "none"}}
	d := decoytest.StartAs(t, id, "http")
	request := "TRACE /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Secret: y\r\n\r\n"
	if got := exchange(t, d, request); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.Contains(got, "Content-Type: message/http\r\n") || !strings.Contains(got, request) {
		t.Errorf("a server on which nobody has switched it off answers\n%s", got)
	}
	if got := exchange(t, withBanner(t, anApache), request); !strings.HasPrefix(got, "HTTP/1.1 405 ") || !strings.Contains(got, "\r\nAllow: \r\n") {
		t.Errorf("Debian's answers\n%s", got)
	}
}

func TestABodyThatIsNotWaitedForIsRecordedAsAnnounced(t *testing.T) {
	t.Parallel()
	d := withBanner(t, anNginx)
	exchange(t, d, "POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	d.Wait("request", decoytest.Has(event.Command, "POST /up HTTP/1.1"), decoytest.Has("status", "404"), decoytest.Has("body_size", "0"), func(e event.Event) bool {
		headers, _ := e.Get("headers")
		return strings.Contains(headers, "Content-Length: 5\n")
	})
}

// TestWhatTomcatDoesNotUnderstand holds the decoy to what Debian's Tomcat 10.1.60 answered.
func TestWhatTomcatDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.Settings = control.Settings{"http": {"fake_app": "tomcat"}}
	d := decoytest.StartAs(t, id, "http")
	const host = "Host: web01\r\nConnection: close\r\n\r\n"
	for request, want := range map[string][]string{
		"\x16\x03\x01": { // at once
			"400", "<b>Type</b> Exception Report</p><p><b>Message</b> Invalid character found in method name [0x160x030x01...]. HTTP method names must be tokens</p>",
			"<pre>java.lang.IllegalArgumentException: Invalid character found in method name [0x160x030x01...]. HTTP method names must be tokens\n\torg.apache.coyote.http11.Http11InputBuffer.parseRequestLine(",
		},
		"GET\r\n\r\n":                                                {"400", "method name [GET0x0d0x0a0x0d0x0a...]"},
		"GET /a|b HTTP/1.1\r\n" + host:                               {"400", "Invalid character found in the request target [&#47;a|b ]. The valid characters are defined in RFC 7230 and RFC 3986"},
		"GET / FOO/1.1\r\n\r\n":                                      {"400", "Invalid character found in the HTTP protocol [FOO&#47;1.10x0d0x0a0x0d0x0a...]"},
		"GET /<script> HTTP/1.1\r\n" + host:                          {"400", "[&#47;&lt;script&gt; ]"},
		"GET / HTTP/2.0\r\n" + host:                                  {"505", "<b>Type</b> Status Report"},
		"GET / HTTP/1.1\r\nHost: a\r\n" + host:                       {"400", "<b>Type</b> Status Report"},
		"GET /" + strings.Repeat("a", 9000) + " HTTP/1.1\r\n" + host: {"400", "<b>Message</b> Request header is too large</p>"},
		"GET /..;/x/../../y HTTP/1.1\r\n" + host:                     {"400", "<b>Message</b> Invalid URI</p>"},
		"GET /x/..;a=b/manager/html HTTP/1.1\r\n" + host:             {"401", "Tomcat Manager Application"},
		"GET /%zz HTTP/1.1\r\n" + host:                               {"400", "Invalid URI: [The hexadecimal encoding is invalid]"},
		"GET /a%2fb HTTP/1.1\r\n" + host:                             {"400", "Invalid URI: [The encoded slash character is not allowed]"},
		"GET /a%41?q HTTP/1.1\r\n" + host:                            {"404", "The requested resource [&#47;a%41] is not available"},
		"GET /WEB-INF/web.xml HTTP/1.1\r\n" + host:                   {"404", "<b>Type</b> Status Report</p><p><b>Description</b>"},
		"FOO /none HTTP/1.1\r\n" + host:                              {"501", "Method [FOO] is not implemented by this Servlet for this URI"},
		"TRACE / HTTP/1.1\r\n" + host:                                {"405", "TRACE method is not allowed", "\r\nAllow: HEAD, DELETE, POST, GET, OPTIONS, PUT\r\n"},
		"DELETE /none HTTP/1.1\r\n" + host:                           {"405", "\r\nAllow: OPTIONS, GET, HEAD, POST\r\n"},
		"DELETE / HTTP/1.1\r\n" + host:                               {"405", "JSPs only permit GET, POST or HEAD. Jasper also permits OPTIONS", "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"},
	} {
		got := exchange(t, d, request)
		if !strings.HasPrefix(got, "HTTP/1.1 "+want[0]+" \r\n") {
			t.Errorf("%.60q is answered %.200q, want %s", request, got, want[0])
		}
		for _, part := range want[1:] {
			if !strings.Contains(got, part) {
				t.Errorf("%.60q is answered, without %q,\n%.900s", request, part, got)
			}
		}
	}
	long := exchange(t, d, "\x16"+strings.Repeat("\x01", 4000))
	if n := len(long); n > 16<<10 {
		t.Errorf("4000 bytes of rubbish are answered by %d", n)
	}
}

func TestApacheTellsOfDelay(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: a\r\n": "HTTP/1.1 408 Request Timeout\r\n",
		"GET / HT":                      "",
	} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			conn := withBanner(t, anApache).Dial(80)
			conn.SetDeadline(time.Now().Add(time.Minute)) // which it does not take
			if _, err := io.WriteString(conn, said); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(got), want) || want == "" && len(got) > 0 {
				t.Errorf("what comes when nothing more is said is %.300q, %v", got, err)
			}
		})
	}
}

func TestFoldersAreFoundByName(t *testing.T) {
	t.Parallel()
	for banner, want := range map[string][]string{
		anNginx:   {"HTTP/1.1 301 Moved Permanently\r\n", "\r\nLocation: http://web01/wp-includes/?a=b\r\n", "<center><h1>301 Moved Permanently</h1></center>"},
		anApache:  {"HTTP/1.1 301 Moved Permanently\r\n", "\r\nLocation: http://web01/wp-includes/?a=b\r\n", `The document has moved <a href="http://web01/wp-includes/?a=b">here</a>.`},
		aLighttpd: {"HTTP/1.1 301 Moved Permanently\r\nLocation: /wp-includes/?a=b\r\nContent-Length: 0\r\n"},
	} {
		id := decoytest.Identity()
		id.Settings = control.Settings{"http": {"server_header": banner, "fake_app": "wordpress"}}
		d := decoytest.StartAs(t, id, "http")
		got := exchange(t, d, "GET /wp-includes?a=b HTTP/1.1\r\nHost: web01\r\nConnection: close\r\n\r\n")
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s answers, without %q,\n%s", banner, part, got)
			}
		}
		if got := exchange(t, d, "GET /wp-includes/js/ HTTP/1.1\r\nHost: web01\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 403 Forbidden\r\n") {
			t.Errorf("a folder without an index is\n%s", got)
		}
	}
}
