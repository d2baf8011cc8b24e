package http

import (
	"bytes"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
)

// second is a decky whose server speaks HTTP/2 without TLS too.
func second(t *testing.T, settings map[string]string, holds func(*Server) bool) *decoytest.Decky {
	t.Helper()
	id := decoytest.Identity()
	id.Settings = control.Settings{"http": {"http_versions": "1.1,2"}}
	maps.Copy(id.Settings["http"], settings)
	return decoytest.StartAs(t, withServer(t, id, holds), "http")
}

func TestCurlSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	for banner, order := range map[string]string{
		"nginx/1.26.2":           "server date content-type content-length last-modified etag accept-ranges",
		"Apache/2.4.62 (Debian)": "date server last-modified etag accept-ranges content-length content-type",
		"lighttpd/1.4.59":        "content-type etag last-modified content-length accept-ranges date server",
		"Microsoft-IIS/10.0":     "content-type last-modified accept-ranges etag server x-powered-by date content-length",
	} {
		t.Run(banner, func(t *testing.T) {
			t.Parallel()
			d := second(t, map[string]string{"server_header": banner}, func(v *Server) bool { return v.site.login != "" })
			base := "http://" + d.Address(80)
			page := curl(t, "-i", "--http2-prior-knowledge", base+"/robots.txt", "-A", "scanner/2")
			if !strings.HasPrefix(page, "HTTP/2 200 \r\n") || names(page) != order || !strings.Contains(page, "User-agent: *") {
				t.Errorf("curl shows\n%s", page)
			}
			if first := curl(t, "-i", base+"/robots.txt"); !strings.HasPrefix(first, "HTTP/1.1 200 OK\r\n") {
				t.Errorf("by HTTP/1.1 curl shows\n%s", first)
			}
			if missing := curl(t, "-i", "--http2-prior-knowledge", base+"/nothing"); !strings.HasPrefix(missing, "HTTP/2 404 \r\n") || strings.Contains(missing, "onnection:") {
				t.Errorf("a missing page comes as\n%s", missing)
			}
			login := New(d.Host, false).site.login
			curl(t, "--http2-prior-knowledge", base+login, "-d", "username=root&password=toor", "-o", "/dev/null")
			d.Wait("request", decoytest.Has(event.Command, "GET /robots.txt HTTP/2.0"), decoytest.Has("status", "200"), decoytest.Has("user_agent", "scanner/2"), func(e event.Event) bool {
				host, _ := e.Get("host")
				return strings.HasPrefix(host, d.Host.IP)
			})
			d.Wait("request", decoytest.Has(event.Command, "POST "+login+" HTTP/2.0"), decoytest.Has("body", "username=root&password=toor"))
			d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "toor"))
			d.Wait("http2_settings", decoytest.Has("pseudo_headers", "m,p,s,a"), func(e event.Event) bool {
				print, _ := e.Get("fingerprint")
				return strings.HasPrefix(print, "3:100;4:") && strings.HasSuffix(print, "|0|m,p,s,a")
			})
		})
	}
}

// peer is a client that sends what it likes.
type peer struct {
	t *testing.T
	net.Conn
	*http2.Framer
}

func speak(t *testing.T, d *decoytest.Decky, settings ...http2.Setting) *peer {
	t.Helper()
	conn := d.Dial(80)
	conn.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(conn, http2.ClientPreface)
	p := &peer{t: t, Conn: conn, Framer: http2.NewFramer(conn, conn)}
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	p.WriteSettings(settings...)
	return p
}

// ask begins a request; its fields come in pairs behind the method and the path.
func (p *peer) ask(id uint32, ended bool, method, path string, fields ...string) {
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for pair := range slices.Chunk(append([]string{":method", method, ":path", path, ":scheme", "http", ":authority", "a.example"}, fields...), 2) {
		e.WriteField(hpack.HeaderField{Name: pair[0], Value: pair[1]})
	}
	p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndStream: ended, EndHeaders: true})
}

// until reads frames until one fits; those of no interest are passed over.
func until[F http2.Frame](p *peer, fits func(F) bool) F {
	p.t.Helper()
	for {
		frame, err := p.ReadFrame()
		if err != nil {
			p.t.Fatalf("waiting for a %T: %v", *new(F), err)
		}
		if f, ok := frame.(F); ok && fits(f) {
			return f
		}
	}
}

func (p *peer) status(id uint32) string {
	p.t.Helper()
	return until(p, func(f *http2.MetaHeadersFrame) bool { return f.StreamID == id }).PseudoValue("status")
}

func (p *peer) reset(id uint32) http2.ErrCode {
	p.t.Helper()
	return until(p, func(f *http2.RSTStreamFrame) bool { return f.StreamID == id }).ErrCode
}

func (p *peer) away() http2.ErrCode {
	p.t.Helper()
	return until(p, func(*http2.GoAwayFrame) bool { return true }).ErrCode
}

func anyServer(v *Server) bool { return v.site.guarded != "/" }

func TestHTTP2KeepsTheClientsWindow(t *testing.T) {
	t.Parallel()
	d := second(t, map[string]string{"custom_body": strings.Repeat("0123456789", 1000)}, anyServer)
	p := speak(t, d, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	p.ask(1, true, "GET", "/")
	p.ask(3, true, "HEAD", "/")
	if one, other := p.status(1), p.status(3); one != "200" || other != "200" {
		t.Errorf("%s and %s", one, other)
	}
	var got []byte
	for _, grant := range []uint32{1, 99, 20000} {
		p.WriteWindowUpdate(1, grant)
		f := until(p, func(f *http2.DataFrame) bool { return f.StreamID == 1 })
		if want := min(int(grant), 10000-len(got)); len(f.Data()) != want || f.StreamEnded() != (grant == 20000) {
			t.Fatalf("a window of %d brings %d bytes, ended: %v", grant, len(f.Data()), f.StreamEnded())
		}
		got = append(got, f.Data()...)
	}
	if string(got) != strings.Repeat("0123456789", 1000) {
		t.Error("the page is not whole")
	}
	p.ask(5, true, "GET", "/") // waits; the settings give it room
	p.status(5)
	p.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 20000})
	until(p, func(f *http2.DataFrame) bool { return f.StreamID == 5 && f.StreamEnded() })
}

func TestHTTP2RefusesWhatServersRefuse(t *testing.T) {
	t.Parallel()
	d := second(t, map[string]string{"server_header": "nginx/1.26.2"}, anyServer)
	p := speak(t, d)
	for i, c := range []struct {
		method, path string
		fields       []string
		status       string
	}{
		{"GET", "/%zz", nil, "400"},
		{"GET", "/../../etc/passwd", nil, "400"},
		{"G@T", "/", nil, "400"},
		{"GET", "/", []string{"cookie", strings.Repeat("c", 20<<10), "cookie", strings.Repeat("d", 20<<10)}, "400"},
		{"PUT", "/", []string{"content-length", "9999999999"}, "413"},
		{"BREW", "/", nil, "405"},
		{"TRACE", "/", nil, "405"},
	} {
		id := uint32(2*i + 1)
		p.ask(id, true, c.method, c.path, c.fields...)
		if got := p.status(id); got != c.status {
			t.Errorf("%s %.20s: %s", c.method, c.path, got)
		}
	}
	p.ask(101, false, "POST", "/upload")
	for range 17 { // beyond what is taken
		for range 4 {
			p.WriteData(101, false, make([]byte, 16384))
		}
	}
	if got := p.status(101); got != "413" {
		t.Errorf("a body that is too long gets %s", got)
	}
	if code := p.reset(101); code != http2.ErrCodeNo {
		t.Errorf("and its stream ends with %v", code)
	}
	p.ask(103, false, "POST", "/", "content-length", "3")
	p.WriteData(103, true, []byte("ab"))
	if code := p.reset(103); code != http2.ErrCodeProtocol {
		t.Errorf("a body shorter than announced: %v", code)
	}
	p.ask(105, true, "GET", "/", "connection", "close")
	if code := p.reset(105); code != http2.ErrCodeProtocol {
		t.Errorf("a header of HTTP/1.1's connections: %v", code)
	}
	for id := uint32(201); id < 201+2*129; id += 2 {
		p.ask(id, false, "POST", "/slow")
	}
	if code := p.reset(201 + 2*128); code != http2.ErrCodeRefusedStream {
		t.Errorf("one more stream than there may be: %v", code)
	}
	p.ask(7, true, "GET", "/") // a stream that was before
	if code := p.away(); code != http2.ErrCodeProtocol {
		t.Errorf("a number twice: %v", code)
	}
	d.Wait("request", decoytest.Has("path", "/upload"), decoytest.Has("status", "413"))
	d.Wait("protocol_error", decoytest.Has("failure", "PROTOCOL_ERROR"))
}

func TestHTTP2EndsAsTheServerDoes(t *testing.T) {
	t.Parallel()
	d := second(t, map[string]string{"server_header": "lighttpd/1.4.59"}, anyServer)
	p := speak(t, d)
	for id := uint32(1); id < 200; id += 2 { // as many as it answers on one connection
		p.ask(id, true, "HEAD", "/")
	}
	if f := until(p, func(*http2.GoAwayFrame) bool { return true }); f.ErrCode != http2.ErrCodeNo || f.LastStreamID != 199 {
		t.Errorf("%v", f)
	}
	if _, err := io.Copy(io.Discard, p); err != nil {
		t.Error(err)
	}
	for name, opening := range map[string]func(*peer){
		"a window too large":   func(p *peer) { p.WriteWindowUpdate(0, 1<<31-1) },
		"a setting that isn't": func(p *peer) { p.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1}) },
		"data of no stream":    func(p *peer) { p.WriteData(9, true, nil) },
		"a push": func(p *peer) {
			p.WriteRawFrame(http2.FramePushPromise, http2.FlagPushPromiseEndHeaders, 1, make([]byte, 4))
		},
		"a frame too large": func(p *peer) { p.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, maxFrame+1)) },
	} {
		p := speak(t, d)
		opening(p)
		if code := p.away(); code == http2.ErrCodeNo {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzHTTP2(f *testing.F) {
	var seed bytes.Buffer
	p := &peer{Framer: http2.NewFramer(&seed, nil)}
	p.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
	p.ask(1, false, "POST", "/login")
	p.WriteData(1, true, []byte("user=a&password=b"))
	p.WriteWindowUpdate(1, 1000)
	p.ask(3, true, "GET", "/")
	p.WriteRSTStream(3, http2.ErrCodeCancel)
	f.Add(seed.Bytes())
	id := decoytest.Identity()
	id.Settings = control.Settings{"http": {"fake_app": "wordpress", "http_versions": "1.1,2"}}
	h, err := decoy.NewHost(id, nil)
	if err != nil {
		f.Fatal(err)
	}
	v := New(h, false)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := v.connect(&decoy.Session{}, bytes.NewReader(data), io.Discard)
		for c.next() == nil {
			if c.held < 0 || c.held > 3*maxHeld || len(c.streams) > 128 {
				t.Fatalf("%d bytes are held for %d streams", c.held, len(c.streams))
			}
		}
		for id := range c.streams {
			c.end(id)
		}
		if c.held != 0 {
			t.Fatalf("%d bytes are held for no stream", c.held)
		}
	})
}
