package http

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go/quicvarint"

	"decnet/decoy"
	"decnet/decoy/decoytest"
)

// block is a head by QPACK, of names and values in turn.
func block(fields ...string) []byte {
	var out bytes.Buffer
	e := qpack.NewEncoder(&out)
	for i := 0; i < len(fields); i += 2 {
		e.WriteField(qpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return out.Bytes()
}

// asked is the head of a request for a path.
func asked(method, path string, more ...string) []byte {
	return block(append([]string{":method", method, ":scheme", "https", ":authority", "a", ":path", path}, more...)...)
}

// reader is a connection that reads what a test has at hand.
func reader(t testing.TB) *connection3 {
	t.Helper()
	host, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &connection3{Server: New(host, true), session: &decoy.Session{}}
}

func TestRequestsInFrames(t *testing.T) {
	t.Parallel()
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	get := frame(frameHeaders, asked("GET", "/a?b"))
	for name, c := range map[string]struct {
		stream []byte
		err    error
	}{
		"a request":                      {get, nil},
		"one behind what is not known":   {join(frame(0x21, []byte("grease")), get), nil},
		"trailers":                       {join(get, frame(frameHeaders, block("x", "y"))), nil},
		"a body":                         {join(frame(frameHeaders, asked("POST", "/a?b", "content-length", "2")), frame(frameData, []byte("ab"))), nil},
		"a body that is too short":       {join(frame(frameHeaders, asked("POST", "/a?b", "content-length", "3")), frame(frameData, []byte("ab"))), errMalformed},
		"a body that is too long":        {join(frame(frameHeaders, asked("POST", "/a?b", "content-length", "1")), frame(frameData, []byte("ab"))), errMalformed},
		"a huge body":                    {join(frame(frameHeaders, asked("POST", "/a?b", "content-length", "99999999"))), problem{413, badLine}},
		"a huge frame":                   {join(get, []byte{frameData}, quicvarint.Append(nil, 1<<61)), problem{413, badLine}},
		"a huge head":                    {join([]byte{frameHeaders}, quicvarint.Append(nil, 1<<61)), problem{400, bigHead}},
		"a head that unfolds":            {frame(frameHeaders, asked("GET", "/a?b", slicesOf("access-control-allow-headers", "content-type", 2000)...)), problem{400, bigHead}},
		"a header of HTTP/1.1":           {frame(frameHeaders, asked("GET", "/a?b", "connection", "close")), errMalformed},
		"a body before the head":         {frame(frameData, []byte("ab")), connectionError(frameUnexpected)},
		"settings among requests":        {frame(frameSettings, nil), connectionError(frameUnexpected)},
		"a frame of HTTP/2":              {frame(0x8, []byte("abcd")), connectionError(frameUnexpected)},
		"a table that does not exist":    {frame(frameHeaders, []byte{2, 0, 0x80}), connectionError(decompression)},
		"what is to be skipped, endless": {join(bytes.Repeat(frame(0x21, make([]byte, 1000)), 40), get), connectionError(excessiveLoad)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := reader(t).read(bytes.NewReader(c.stream), func(int) bool { return true })
			if !errors.Is(err, c.err) {
				t.Errorf("the error is %v, not %v", err, c.err)
			}
			if c.err == nil && (r.path != "/a" || r.get("Host") != "a" || !strings.HasSuffix(r.line, " /a?b HTTP/3.0")) {
				t.Errorf("the request is %+v", r)
			}
		})
	}
}

// slicesOf is a name and a value, n times.
func slicesOf(name, value string, n int) (out []string) {
	for range n {
		out = append(out, name, value)
	}
	return out
}

// TestHTTP3IsSomebodysChoice: some of the newer nginx speak it, and nothing else does.
func TestHTTP3IsSomebodysChoice(t *testing.T) {
	t.Parallel()
	speakers := 0
	for b := range 60 {
		id := decoytest.Identity()
		id.Seed, id.Distro = bytes.Repeat([]byte{byte(b)}, 32), "arch"
		host, err := decoy.NewHost(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := New(host, true)
		if !v.http3 {
			continue
		}
		speakers++
		if !strings.HasPrefix(v.product.banner, "nginx/1.26") || !v.http2 || New(host, false).http3 {
			t.Errorf("%s speaks HTTP/3", v.product.banner)
		}
	}
	if speakers == 0 || speakers > 30 {
		t.Errorf("%d of 60 speak HTTP/3", speakers)
	}
}

func FuzzHTTP3(f *testing.F) {
	f.Add(append(frame(frameHeaders, asked("POST", "/login", "content-length", "8")), frame(frameData, []byte("user=a&b"))...))
	f.Add([]byte{1, 0x40, 7, 0x50})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, held := reader(t), 0
		r, err := c.read(bytes.NewReader(data), func(n int) bool {
			held += n
			return true
		})
		if len(r.body) > keptCalls || len(r.headers) > maxHeaders || r.size > maxBody && !errors.As(err, new(problem)) || held > 2*(maxHead+keptCalls) {
			t.Fatalf("beyond the bounds: %d, %d, %d, %d", len(r.body), len(r.headers), r.size, held)
		}
		c.takeSettings(data)
		if len(c.settings) > maxTold {
			t.Fatalf("%d settings are kept", len(c.settings))
		}
	})
}
