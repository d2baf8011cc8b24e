package http

import (
	"bytes"
	"compress/gzip"
	"fmt"
	nethttp "net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxSpans is how many parts of a file one answer has at most.
const maxSpans = 200

// file is the answer with a file, or with as much of it as the client wants.
func (v *Server) file(r *request, f page) answer {
	p := v.product
	tag, modified := p.etag(f.modified, len(f.body)), f.modified.Format(timeFormat)
	a := answer{status: 200, body: f.body, headers: map[string]string{"Content-Type": p.contentType(f.contentType), "ETag": tag, "Last-Modified": modified}}
	if p.family != lighttpd || r.version != "HTTP/1.0" && r.method != "POST" {
		a.headers["Accept-Ranges"] = "bytes"
	}
	if p.family == apache && p.deflates(f.contentType, len(f.body)) {
		a.headers["Vary"] = "Accept-Encoding"
	}
	switch p.condition(r, f.modified, tag, v.host.Now()) {
	case 412:
		if p.family != apache {
			return v.failure(412, badLine, r)
		}
		a.status, a.body = 412, ""
		delete(a.headers, "Vary")
		return a
	case 304:
		return p.unchanged(a)
	}
	wanted := r.get("Range")
	if p.family == apache { // which joins them, and then finds that it is no list
		wanted = strings.Join(r.all("Range"), ", ")
	}
	if p.family == apache && v.compresses(&a, r) {
		a.body, a.zipped = zip(a.body), true
	} else if v.compresses(&a, r) {
		wanted = "" // nginx no longer knows what of the file it would be
	}
	if condition := r.get("If-Range"); wanted == "" || condition != "" && condition != tag && condition != modified {
		return a
	}
	if p.family == lighttpd && (r.method != "GET" || r.version == "HTTP/1.0") || p.family == cisco || p.family == iis && r.method != "GET" {
		return a
	}
	return v.part(a, r, wanted)
}

// unchanged is what is left of an answer when the client has the file.
func (p product) unchanged(a answer) answer {
	a.status, a.body = 304, ""
	drop := []string{"Content-Type", "Accept-Ranges", "Vary"}
	switch {
	case p.family == lighttpd:
		drop = []string{"Accept-Ranges"}
	case p.family == apache && p.signature && p.patch() >= 59: // others were not looked at
		drop = []string{"Content-Type", "Vary"}
	}
	for _, name := range drop {
		delete(a.headers, name)
	}
	return a
}

// condition is the status that the request's conditions on the file lead to, 0 for the file.
func (p product) condition(r *request, modified time.Time, tag string, now time.Time) int {
	match, none := r.get("If-Match"), r.get("If-None-Match")
	since, sinceErr := nethttp.ParseTime(r.get("If-Modified-Since"))
	until, untilErr := nethttp.ParseTime(r.get("If-Unmodified-Since"))
	if p.family != lighttpd { // which knows only the two that save an answer
		if match != "" && !lists(match, tag, false) || (match == "" || p.family == nginx) && untilErr == nil && modified.After(until) {
			return 412
		}
	}
	older := sinceErr == nil && !modified.After(since)
	switch p.family {
	case nginx: // exactly, and both
		older = sinceErr == nil && modified.Equal(since)
	case apache:
		older = older && !since.After(now)
	}
	same := none != "" && (lists(none, tag, true) || p.family == apache && lists(none, strings.TrimSuffix(tag, `"`)+`-gzip"`, true))
	both := p.family == nginx || p.family == apache
	switch {
	case none == "" && older, same && (!both || sinceErr != nil || older):
		return 304
	}
	return 0
}

// lists tells whether a list of tags has that one, or is any.
func lists(list, tag string, weak bool) bool {
	if strings.TrimSpace(list) == "*" {
		return true
	}
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == tag && (weak || !strings.HasPrefix(one, "W/")) || weak && strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// span is a part of a file: from its first byte to before its end.
type span struct{ from, to int }

// part is the part, or the parts, of the file that the client asks for.
func (v *Server) part(a answer, r *request, wanted string) answer {
	p, size := v.product, len(a.body)
	list, ok := strings.CutPrefix(strings.ToLower(wanted), "bytes=")
	if !ok || list == "" && p.family != lighttpd {
		return a
	}
	spans, wrong := spansOf(list, size)
	sum := 0
	for _, one := range spans {
		sum += one.to - one.from
	}
	switch p.family {
	case nginx:
		if wrong {
			spans = nil
		} else if sum > size {
			return a
		}
	case apache:
		if wrong || strings.Contains(list, " ") || strings.HasPrefix(list, "-0") {
			return a
		}
		if spans = merged(spans, 0); sum > size && len(spans) > 1 {
			return a
		}
	case lighttpd:
		spans = merged(spans[:min(len(spans), 10)], 80)
	default:
		if wrong || len(spans) > 1 || p.family == iis && len(spans) == 0 {
			return a
		}
	}
	if len(spans) == 0 {
		a = v.failure(416, badLine, r)
		if p.family == apache {
			a.unmeasured = true
		} else if p.family != lighttpd {
			a.headers["Content-Range"] = fmt.Sprintf("bytes */%d", size)
		}
		return a
	}
	a.status = 206
	if p.family == nginx {
		delete(a.headers, "Accept-Ranges")
	}
	if len(spans) == 1 {
		one := spans[0]
		a.headers["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", one.from, one.to-1, size)
		a.body = a.body[one.from:one.to]
		return a
	}
	boundary, typed, ranged := "fkj49sn38dcn3", "Content-Type", "Content-Range" // lighttpd's, always
	switch p.family {
	case nginx:
		boundary = fmt.Sprintf("%020d", v.parts.Add(1))
	case apache:
		boundary, typed, ranged = fmt.Sprintf("%x", v.host.Bytes("http-boundary", 8)), "Content-type", "Content-range"
	}
	var out strings.Builder
	for _, one := range spans {
		fmt.Fprintf(&out, "\r\n--%s\r\n%s: %s\r\n%s: bytes %d-%d/%d\r\n\r\n%s", boundary, typed, a.headers["Content-Type"], ranged, one.from, one.to-1, size, a.body[one.from:one.to])
	}
	out.WriteString("\r\n--" + boundary + "--\r\n")
	a.headers["Content-Type"], a.body = "multipart/byteranges; boundary="+boundary, out.String()
	if p.family == lighttpd {
		a.body = strings.TrimPrefix(a.body, "\r\n")
	}
	return a
}

// spansOf are the parts of a list that a file of that size has; wrong tells that something in it is none.
func spansOf(list string, size int) (spans []span, wrong bool) {
	for one := range strings.SplitSeq(list, ",") {
		first, last, ok := strings.Cut(strings.TrimSpace(one), "-")
		from, errFrom := strconv.ParseUint(first, 10, 63)
		to, errTo := strconv.ParseUint(last, 10, 63)
		switch {
		case !ok, first != "" && errFrom != nil, last != "" && errTo != nil, first == "" && last == "", first != "" && last != "" && to < from, len(spans) == maxSpans:
			wrong = true
		case first == "":
			if to > 0 {
				spans = append(spans, span{size - int(min(to, uint64(size))), size})
			}
		case from < uint64(size):
			end := uint64(size)
			if last != "" {
				end = min(end, to+1)
			}
			spans = append(spans, span{int(from), int(end)})
		}
	}
	return spans, wrong
}

// merged joins each part with the one before it that overlaps it or is nearer than so many bytes.
func merged(spans []span, gap int) []span {
	var all []span
	for _, one := range spans {
		if n := len(all) - 1; n >= 0 && one.from <= all[n].to+gap && all[n].from <= one.to+gap {
			all[n] = span{min(one.from, all[n].from), max(one.to, all[n].to)}
			continue
		}
		all = append(all, one)
	}
	return all
}

// contentType is a file's type as the server gives it.
func (p product) contentType(of string) string {
	if p.family == lighttpd && strings.HasPrefix(of, "text/") && of != "text/html" && p.patch() >= 60 {
		return of + ";charset=utf-8" // by Debian's create-mime.conf.pl
	}
	return of
}

// patch is the last number of the version: 62 of Apache/2.4.62.
func (p product) patch() int {
	number, _, _ := strings.Cut(p.banner, " ")
	n, _ := strconv.Atoi(number[strings.LastIndexByte(number, '.')+1:])
	return n
}

// before tells whether the version is older than that one. One that is not told is a new one.
func (p product) before(version string) bool {
	number, _, _ := strings.Cut(p.banner, " ")
	_, number, told := strings.Cut(number, "/")
	if !told {
		return false
	}
	ours, theirs := strings.Split(number, "."), strings.Split(version, ".")
	for i := range min(len(ours), len(theirs)) {
		a, _ := strconv.Atoi(ours[i])
		b, _ := strconv.Atoi(theirs[i])
		if a != b {
			return a < b
		}
	}
	return false
}

// deflates tells whether the server, as its package configures it, compresses such a page for whoever wants that.
func (p product) deflates(contentType string, size int) bool {
	if !p.zips {
		return false
	}
	kind, _, _ := strings.Cut(contentType, ";")
	if p.family == nginx {
		return kind == "text/html" && size >= 20
	}
	switch kind {
	case "text/html", "text/plain", "text/xml", "text/css", "text/javascript", "application/javascript", "application/xml", "application/rss+xml":
		return size >= 70
	}
	return false
}

// compresses tells whether the client gets the answer compressed.
func (v *Server) compresses(a *answer, r *request) bool {
	p := v.product
	if !p.deflates(a.headers["Content-Type"], len(a.body)) || !acceptsGzip(r.get("Accept-Encoding")) {
		return false
	}
	if p.family == nginx {
		return r.version != "HTTP/1.0" && r.version != "" && r.get("Via") == "" && (a.status == 200 || a.status == 403 || a.status == 404)
	}
	return a.status == 200
}

// acceptsGzip tells whether a list of encodings has gzip, and not with a weight of nothing.
func acceptsGzip(list string) bool {
	for one := range strings.SplitSeq(strings.ToLower(list), ",") {
		name, weight, weighted := strings.Cut(one, ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		value, _ := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return !weighted || value > 0
	}
	return false
}

var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// zip compresses as zlib does in a server on Unix, which says so.
func zip(s string) string {
	var out bytes.Buffer
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(&out)
	z.OS = 3
	z.Write([]byte(s)) // into memory, which does not fail
	z.Close()
	return out.String()
}
