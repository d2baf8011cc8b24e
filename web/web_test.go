package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// get asks the handler as a browser does.
func get(t *testing.T, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

var assetURL = regexp.MustCompile(`(?:src|href)="(/[^"]+)"`)

// assets are the addresses that a page's document names.
func assets(t *testing.T, page string) []string {
	t.Helper()
	var urls []string
	for _, m := range assetURL.FindAllStringSubmatch(body(t, get(t, "GET", page)), -1) {
		urls = append(urls, m[1])
	}
	require.NotEmpty(t, urls)
	return urls
}

func TestPages(t *testing.T) {
	for page := range pages {
		t.Run(page, func(t *testing.T) {
			r := get(t, "GET", page)
			require.Equal(t, http.StatusOK, r.StatusCode)
			require.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"))
			require.Equal(t, "no-cache", r.Header.Get("Cache-Control"), "a new version shows at once")
			require.Contains(t, body(t, r), `<div id="root">`)
			for _, url := range assets(t, page) {
				r := get(t, "GET", url)
				require.Equal(t, http.StatusOK, r.StatusCode, url)
				require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
				if strings.HasPrefix(url, "/assets/") {
					require.Equal(t, "public, max-age=31536000, immutable", r.Header.Get("Cache-Control"), url)
				}
			}
		})
	}
}

func TestWhatIsNotThereIsSaidSo(t *testing.T) {
	for _, target := range []string{"/nowhere", "/index.html", "/explorer.html", "/graphiql/", "/deckies", "/deckies/default", "/deckies/default/web-01/", "/sessions/", "/deploy/a/b", "/assets/", "/assets/nothing.js", "/assets/../web.go", "/dist/index.html", "/.git/config"} {
		r := get(t, "GET", target)
		require.Equal(t, http.StatusNotFound, r.StatusCode, target)
		require.NotEmpty(t, r.Header.Get("Content-Security-Policy"))
	}
	require.Equal(t, http.StatusMethodNotAllowed, get(t, "POST", "/").StatusCode)
}

func TestABrowserThatIsLostIsLedBack(t *testing.T) {
	r := get(t, "GET", "/nowhere", "Sec-Fetch-Mode", "navigate")
	require.Equal(t, http.StatusNotFound, r.StatusCode)
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	require.Equal(t, policy, r.Header.Get("Content-Security-Policy"))
	require.Contains(t, body(t, r), `<div id="root">`)
	require.NotContains(t, body(t, get(t, "GET", "/assets/nothing.js", "Sec-Fetch-Mode", "no-cors")), "root", "a part of a page is no page")
	require.Equal(t, http.StatusNotFound, get(t, "POST", "/nowhere", "Sec-Fetch-Mode", "navigate").StatusCode)
}

func TestEachThingHasAnAddress(t *testing.T) {
	for _, target := range []string{"/deploy/8d0f", "/deckies/default/web-01", "/lifecycles/lcy_1", "/sessions/a%2Fb"} {
		r := get(t, "GET", target)
		require.Equal(t, http.StatusOK, r.StatusCode, target)
		require.NotContains(t, r.Header.Get("Content-Security-Policy"), "unsafe", target)
		require.Contains(t, body(t, r), `<div id="root">`)
	}
}

func TestPolicy(t *testing.T) {
	for page := range pages {
		h := get(t, "GET", page).Header
		csp := h.Get("Content-Security-Policy")
		for _, directive := range []string{"default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
			require.Contains(t, csp+";", directive+";", page)
		}
		require.NotContains(t, csp, "unsafe-eval")
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		// The policy would refuse them, and the page stay blank.
		require.NotRegexp(t, `(?i)<script(?:[^>]*[^/])?>\s*[^<\s]|\son[a-z]+=|<style|style=`, body(t, get(t, "GET", page)))
	}
	require.NotContains(t, get(t, "GET", "/").Header.Get("Content-Security-Policy"), "unsafe")
	require.Contains(t, get(t, "GET", "/graphiql").Header.Get("Content-Security-Policy"), "worker-src 'self' blob:")
}

func TestCompression(t *testing.T) {
	var script string
	for _, url := range assets(t, "/") {
		if strings.HasSuffix(url, ".js") {
			script = url
		}
	}
	plain := get(t, "GET", script)
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding", plain.Header.Get("Vary"))

	packed := get(t, "GET", script, "Accept-Encoding", "br, gzip;q=0.8")
	require.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
	require.NotEqual(t, plain.Header.Get("ETag"), packed.Header.Get("ETag"), "two representations, two tags")
	unpacked, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	content, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	require.Equal(t, body(t, plain), string(content))

	require.Empty(t, get(t, "GET", script, "Accept-Encoding", "gzip;q=0").Header.Get("Content-Encoding"))
	again := get(t, "GET", script, "If-None-Match", plain.Header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	head := get(t, "HEAD", script)
	require.Equal(t, http.StatusOK, head.StatusCode)
	require.Empty(t, body(t, head))
}

// Hosts that the bundle names and never asks: XML namespaces, schema names, and addresses of documentation that a person may follow. The browser's test
// sees to it that none is asked; this one, that nobody adds one without having looked.
var namedOnly = map[string]bool{
	"base-ui.com": true, "bit.ly": true, "code.visualstudio.com": true, "commonmark.org": true, "en.wikipedia.org": true, "github.com": true, "json-schema.org": true,
	"microsoft.com": true, "prettier.io": true, "react.dev": true, "redux-toolkit.js.org": true, "redux.js.org": true, "www.w3.org": true, "yarnpkg.com": true,
}

func TestNoOtherHostIsNamed(t *testing.T) {
	host := regexp.MustCompile(`(?:https?|wss?):\\?/\\?/([a-zA-Z0-9.-]+\.[a-zA-Z]{2,})`)
	fetched := regexp.MustCompile(`(?i)(?:src|href)=["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s*["'](?:https?:)?//|(?:import|fetch|importScripts|Worker)\(\s*["'` + "`" + `](?:https?:)?//`)
	require.NoError(t, fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "licenses.md") || strings.HasSuffix(name, ".ttf") {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		require.NoError(t, err)
		for _, m := range host.FindAllSubmatch(content, -1) {
			require.True(t, namedOnly[string(m[1])], "%s names %s", name, m[0])
		}
		require.Empty(t, string(fetched.Find(content)), "%s fetches from another host", name)
		return nil
	}))
}
