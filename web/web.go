// Package web serves the pages that are built into the program: the app, which is one document at all of its addresses, and its explorer, GraphiQL, at
// /graphiql. They need nothing from outside: no other host is named in them, and the policy that they are served with lets the browser ask no other host.
//
// The sources in src are built by Vite and packed into pages.zip, which is committed, so that the server builds with Go alone. What a browser gets is what lies in the
// archive: it is compressed once, when it is built. Names under assets bear a hash of their content and never change.
package web

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

//go:embed pages.zip
var packed string

// dist is what Vite has built.
var dist = func() *zip.Reader {
	r, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic(fmt.Errorf("web: open the pages in the program: %w", err)) // only a wrong build can get here, and every test would
	}
	return r
}()

// Operations are all that the app asks, as a manifest in JSON: what a server that keeps a list of operations has to let through.
//
//go:embed operations.json
var Operations string

// pages are the addresses of the app and the documents that answer them; src/app/paths.ts names the same ones. What is not here and not a file of dist is
// 404: a browser that goes there gets the app, which says so and leads back; everybody else a line of text.
var pages = map[string]string{
	"/":             app,
	"/deploy":       app,
	"/lifecycles":   app,
	"/interactions": app,
	"/attackers":    app,
	"/credentials":  app,
	"/sessions":     app,
	"/account":      app,
	"/known":        app,
	"/people":       app,
	"/audit":        app,
	"/graphiql":     explorer,
}

// details are pages of the app about one thing, which the rest of their address names. Whether there is such a thing the app finds out.
var details = regexp.MustCompile(`^/(?:deploy/[^/]+|deckies/[^/]+/[^/]+|lifecycles/[^/]+|sessions/[^/]+|people/[^/]+)$`)

const (
	app      = "index.html"
	explorer = "explorer.html"
)

// The policies keep an intruder's bytes harmless even where a page were to fail to. Nothing runs but our own files; React never needs innerHTML, so the
// browser forbids it (trusted types).
const (
	policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
		"form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
	// Monaco, GraphiQL's editor, makes style elements and runs workers.
	graphiqlPolicy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// contentTypes are the types of dist's files, by extension. They do not depend on the machine's own table.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".md":   "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
}

// Handler serves the pages.
func Handler() http.Handler {
	files := map[string]*file{}
	for _, packed := range dist.File {
		f, err := newFile(packed)
		if err != nil {
			panic(fmt.Errorf("web: read the pages in the program: %w", err)) // only a wrong build can get here, and every test would
		}
		files["/"+packed.Name] = f
	}
	files["/"+explorer].policy = graphiqlPolicy
	for route, document := range pages {
		files[route] = files["/"+document]
	}
	for _, document := range pages {
		delete(files, "/"+document) // a page has no address but its own
	}

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		f, ok := files[r.URL.Path]
		if !ok && details.MatchString(r.URL.EscapedPath()) {
			f, ok = files["/"], true
		}
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case !ok && reads && r.Header.Get("Sec-Fetch-Mode") == "navigate":
			files["/"].lost(w, r)
		case !ok:
			h.Set("Content-Security-Policy", policy)
			http.NotFound(w, r)
		case !reads:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		default:
			f.serve(w, r)
		}
	})
}

// file is one file of dist. Its bytes stay in the program until somebody asks for them: most runs of the server never show GraphiQL.
type file struct {
	packed      *zip.File
	gzipped     func() []byte
	tag         func() string
	contentType string
	cache       string
	policy      string
}

func newFile(packed *zip.File) (*file, error) {
	contentType, ok := contentTypes[path.Ext(packed.Name)]
	if !ok {
		return nil, fmt.Errorf("no content type is known for %s", packed.Name)
	}
	if packed.Method != zip.Deflate {
		return nil, fmt.Errorf("%s is not compressed", packed.Name)
	}
	f := &file{packed: packed, contentType: contentType, cache: "no-cache", policy: policy}
	f.gzipped = sync.OnceValue(f.gzip)
	f.tag = sync.OnceValue(func() string {
		sum := sha256.Sum256(f.gzipped())
		return hex.EncodeToString(sum[:12])
	})
	if strings.HasPrefix(packed.Name, "assets/") {
		f.cache = "public, max-age=31536000, immutable"
	}
	return f, nil
}

// gzip returns the file as a gzip stream (RFC 1952), which is what the archive holds of it in another wrapping.
func (f *file) gzip() []byte {
	deflated, err := f.packed.OpenRaw()
	if err != nil {
		panic(fmt.Errorf("web: open a page in the program: %w", err)) // it was there when the program was built
	}
	out := make([]byte, 0, 10+f.packed.CompressedSize64+8)
	out = append(out, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
	n, _ := io.ReadFull(deflated, out[len(out):len(out)+int(f.packed.CompressedSize64)]) // it lies in memory
	out = binary.LittleEndian.AppendUint32(out[:len(out)+n], f.packed.CRC32)
	return binary.LittleEndian.AppendUint32(out, uint32(f.packed.UncompressedSize64))
}

// plain returns the file as it was packed, for the few that take no gzip.
func (f *file) plain() []byte {
	content, err := fs.ReadFile(dist, f.packed.Name)
	if err != nil {
		panic(fmt.Errorf("web: unpack a page in the program: %w", err))
	}
	return content
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cache)
	h.Set("Content-Security-Policy", f.policy)
	h.Set("Vary", "Accept-Encoding")
	var content []byte
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		content = f.gzipped()
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"`+f.tag()+`-gzip"`)
	} else {
		content = f.plain()
		h.Set("ETag", `"`+f.tag()+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// lost serves the file as what is shown at an address where there is nothing.
func (f *file) lost(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", f.policy)
	w.WriteHeader(http.StatusNotFound)
	if r.Method == http.MethodGet {
		_, _ = w.Write(f.plain())
	}
}

// acceptsGzip reads an Accept-Encoding header.
func acceptsGzip(header string) bool {
	for item := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.ReplaceAll(item, " ", ""), ";")
		if strings.EqualFold(coding, "gzip") {
			return strings.Trim(strings.TrimPrefix(strings.ToLower(weight), "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
