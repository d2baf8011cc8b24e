// Package web serves the pages that are built into the program: the app, which is one document at all of its addresses, and its explorer, GraphiQL, at
// /graphiql. They need nothing from outside: no other host is named in them, and the policy that they are served with lets the browser ask no other host.
//
// The sources in src are built by Vite into dist, which is committed, so that the server builds with Go alone. Names under dist/assets bear a hash of
// their content and never change.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
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

//go:embed dist
var dist embed.FS

// Operations are all that the app asks, as a manifest in JSON: what a server that keeps a list of operations has to let through.
//
//go:embed operations.json
var Operations string

// pages are the addresses of the app and the documents that answer them; src/app/paths.ts names the same ones. What is not here and not a file of dist is
// 404: a wrong address is told so, and never gets a page that pretends to be it.
var pages = map[string]string{
	"/":             app,
	"/deploy":       app,
	"/lifecycles":   app,
	"/interactions": app,
	"/attackers":    app,
	"/credentials":  app,
	"/sessions":     app,
	"/graphiql":     explorer,
}

// details are pages of the app about one thing, which the rest of their address names. Whether there is such a thing the app finds out.
var details = regexp.MustCompile(`^/(?:deploy/[^/]+|deckies/[^/]+/[^/]+|lifecycles/[^/]+|sessions/[^/]+)$`)

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
	err := fs.WalkDir(dist, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		f, err := newFile(name, info.Size())
		files[strings.TrimPrefix(name, "dist")] = f
		return err
	})
	if err != nil {
		panic(fmt.Errorf("web: read the files in the program: %w", err)) // only a wrong build can get here, and every test would
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
		if !ok {
			h.Set("Content-Security-Policy", policy)
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

// file is one file of dist. Its bytes stay in the program until somebody asks for them: most runs of the server never show GraphiQL.
type file struct {
	name        string
	gzipped     func() []byte // nil: not worth it
	tag         func() string
	contentType string
	cache       string
	policy      string
}

// worthGzip is the size in bytes from which compressing pays.
const worthGzip = 1024

func newFile(name string, size int64) (*file, error) {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		return nil, fmt.Errorf("no content type is known for %s", name)
	}
	f := &file{name: name, contentType: contentType, cache: "no-cache", policy: policy}
	f.tag = sync.OnceValue(func() string {
		sum := sha256.New()
		f.copyTo(sum)
		return hex.EncodeToString(sum.Sum(nil)[:12])
	})
	if strings.HasPrefix(name, "dist/assets/") {
		f.cache = "public, max-age=31536000, immutable"
	}
	if size >= worthGzip {
		f.gzipped = sync.OnceValue(func() []byte {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			f.copyTo(w)
			_ = w.Close() // a buffer takes everything
			return b.Bytes()
		})
	}
	return f, nil
}

// open returns the file as it lies in the program: nothing is copied.
func (f *file) open() io.ReadSeeker {
	opened, err := dist.Open(f.name)
	if err != nil {
		panic(fmt.Errorf("web: open a file in the program: %w", err)) // it was there when the program was built
	}
	return opened.(io.ReadSeeker) // embed promises it
}

// copyTo writes the file to what takes everything.
func (f *file) copyTo(w io.Writer) { _, _ = io.Copy(w, f.open()) }

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cache)
	h.Set("Content-Security-Policy", f.policy)
	content, tag := f.open(), f.tag()
	if f.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			content, tag = bytes.NewReader(f.gzipped()), tag+"-gzip"
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
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
