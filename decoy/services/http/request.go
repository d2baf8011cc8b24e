package http

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The bounds of a request. They are near those that the servers have by default.
const (
	maxLine    = 8190
	maxHeaders = 100
	maxHead    = 32 << 10 // all lines
	maxBody    = 1 << 20
	keptBody   = 8 << 10  // of which the form fields and the event are made
	keptCalls  = 64 << 10 // of XML-RPC, in which a client may try hundreds of passwords at once
)

// problem is why a request is not understood: the status to answer and what distinguishes it from others of that status.
type problem struct {
	status int
	reason reason
}

type reason int

const (
	badLine reason = iota
	badMethod
	badHost
	bigHead
	plainOnTLS
)

func (p problem) Error() string { return strconv.Itoa(p.status) }

type header struct{ name, value string }

// request is one request, whole or as far as it was understood.
type request struct {
	line    string // the first line as it came
	method  string
	target  string
	path    string // of the target, decoded, without the query
	version string // "HTTP/1.1", [version2] or [version3]; "" is HTTP/0.9, in which the answer has no header
	headers []header
	body    []byte // at most its first keptBody bytes
	size    int64  // of the body
	close   bool   // the client wants the connection closed
}

// get returns the value of the first header of that name, in any case.
func (r *request) get(name string) string {
	for _, h := range r.headers {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// readRequest reads one request. The error is a problem, which wants an answer, or that of the connection. The request is never nil.
// proceed is called before the body is read when the client waits for leave to send it.
func readRequest(in *bufio.Reader, proceed func()) (*request, error) {
	r := &request{}
	line, err := readLine(in, 414)
	for blank := 0; err == nil && line == "" && blank < 4; blank++ {
		line, err = readLine(in, 414)
	}
	r.line = line
	if err != nil {
		return r, err
	}
	if err := r.parseLine(line); err != nil || r.version == "" {
		return r, err
	}
	if err := r.readHeaders(in); err != nil {
		return r, err
	}
	r.close = r.version == "HTTP/1.0" && !hasToken(r.get("Connection"), "keep-alive") || hasToken(r.get("Connection"), "close")
	if host := r.get("Host"); r.version == "HTTP/1.1" && host == "" || badHostName(host) {
		return r, problem{400, badHost}
	}
	return r, r.readBody(in, proceed)
}

// badHostName tells whether no host is called so.
func badHostName(host string) bool {
	return strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`"/<>\`, c) })
}

// The versions whose requests come in frames, which say where an answer ends, and when the connection does.
const (
	version2 = "HTTP/2.0"
	version3 = "HTTP/3.0"
)

// framed tells whether the request has come in frames.
func (r *request) framed() bool { return r.version == version2 || r.version == version3 }

// errMalformed is of a head that no client would send by mistake: its stream is ended without an answer.
var errMalformed = errors.New("http: a malformed head")

// framedRequest is the request that a head in frames makes: what HTTP/1.1 has in its first line stands in fields there, and the host in one of them. cut
// tells that some fields are missing.
func framedRequest(version string, fields []header, cut bool) (*request, error) {
	r := &request{version: version}
	var scheme, authority string
	pseudo := map[string]*string{":method": &r.method, ":path": &r.target, ":scheme": &scheme, ":authority": &authority}
	for _, one := range fields {
		if value := pseudo[one.name]; value != nil {
			*value = one.value
		}
	}
	r.line = r.method + " " + r.target + " " + r.version
	if authority != "" {
		r.headers = append(r.headers, header{"host", authority})
	}
	for _, one := range fields {
		switch one.name {
		case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
			return r, errMalformed
		}
		if strings.HasPrefix(one.name, ":") {
			continue
		}
		if len(r.headers) == maxHeaders {
			return r, problem{400, bigHead}
		}
		r.headers = append(r.headers, one)
	}
	switch {
	case cut || len(r.target) > maxLine:
		return r, problem{400, bigHead}
	case r.method == "" || (r.target == "" || scheme == "") && r.method != "CONNECT":
		return r, errMalformed
	case !isToken(r.method):
		return r, problem{400, badMethod}
	case badHostName(r.get("Host")):
		return r, problem{400, badHost}
	}
	return r, r.parseTarget()
}

// readLine returns a line without its end. A line that is too long is a problem of the given status; its beginning is returned.
func readLine(in *bufio.Reader, tooLong int) (string, error) {
	line, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > maxLine+2 {
		return string(line[:min(len(line), maxLine)]), problem{tooLong, bigHead}
	}
	text := string(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")))
	return text, err
}

func (r *request) parseLine(line string) error {
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isToken(method) {
		return problem{400, badMethod}
	}
	r.method = method
	target, version, ok := strings.Cut(strings.TrimLeft(rest, " "), " ")
	version = strings.TrimSpace(version)
	r.target = target
	if err := r.parseTarget(); err != nil {
		return err
	}
	switch {
	case !ok && method == "GET":
		return nil
	case version == "HTTP/1.1" || version == "HTTP/1.0":
		r.version = version
		return nil
	case len(version) == len("HTTP/2.0") && strings.HasPrefix(version, "HTTP/") && version[5] >= '2' && version[5] <= '9':
		r.version = "HTTP/1.1"
		return problem{505, badLine}
	}
	return problem{400, badLine}
}

// parseTarget takes the path out of the target.
func (r *request) parseTarget() error {
	path := r.target
	if after, absolute := strings.CutPrefix(path, "http://"); absolute {
		_, path, _ = strings.Cut(after, "/")
		path = "/" + path
	}
	path, _, _ = strings.Cut(path, "?")
	var wellFormed bool
	r.path, wellFormed = unescape(path)
	switch {
	case !wellFormed,
		!strings.HasPrefix(path, "/") && !(path == "*" && r.method == "OPTIONS"),
		strings.IndexByte(r.path, 0) >= 0 || climbs(r.path):
		return problem{400, badLine}
	}
	return nil
}

// climbs tells whether the path leaves the root at some point.
func climbs(path string) bool {
	depth := 0
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}

// unescape decodes %XX; what isn't that it leaves alone, and says so.
func unescape(s string) (path string, wellFormed bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	wellFormed = true
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		wellFormed = wellFormed && s[i] != '%'
		b.WriteByte(s[i])
	}
	return b.String(), wellFormed
}

func (r *request) readHeaders(in *bufio.Reader) error {
	for total := 0; ; {
		line, err := readLine(in, 400)
		if err != nil {
			return err
		}
		if line == "" {
			return nil
		}
		if total += len(line); total > maxHead || len(r.headers) == maxHeaders {
			return problem{400, bigHead}
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) {
			return problem{400, badLine}
		}
		r.headers = append(r.headers, header{name, strings.Trim(value, " \t")})
	}
}

func (r *request) readBody(in *bufio.Reader, proceed func()) error {
	coding, length := r.get("Transfer-Encoding"), r.get("Content-Length")
	switch {
	case coding != "" && !strings.EqualFold(coding, "chunked"):
		return problem{501, badLine}
	case coding != "" && length != "":
		return problem{400, badLine} // an attempt to smuggle a request
	case coding == "" && length == "":
		return nil
	}
	if length != "" {
		n, err := strconv.ParseUint(length, 10, 63)
		if err != nil {
			return problem{400, badLine}
		}
		if n > maxBody {
			r.size = int64(n)
			return problem{413, badLine}
		}
		if strings.EqualFold(r.get("Expect"), "100-continue") {
			proceed()
		}
		return r.take(in, int64(n))
	}
	if strings.EqualFold(r.get("Expect"), "100-continue") {
		proceed()
	}
	return r.readChunks(in)
}

// keeps is how many bytes of the body are kept.
func (r *request) keeps() int {
	if r.path == "/xmlrpc.php" {
		return keptCalls
	}
	return keptBody
}

// take reads n bytes of the body and keeps the beginning.
func (r *request) take(in *bufio.Reader, n int64) error {
	kept := make([]byte, min(n, int64(r.keeps()-len(r.body))))
	got, err := io.ReadFull(in, kept)
	r.body = append(r.body, kept[:got]...)
	r.size += int64(got)
	if err != nil {
		return err
	}
	more, err := io.CopyN(io.Discard, in, n-int64(got))
	r.size += more
	return err
}

func (r *request) readChunks(in *bufio.Reader) error {
	for {
		line, err := readLine(in, 400)
		if err != nil {
			return err
		}
		digits, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 31)
		if err != nil {
			return problem{400, badLine}
		}
		if r.size+int64(n) > maxBody {
			return problem{413, badLine}
		}
		if n == 0 {
			break
		}
		if err := r.take(in, int64(n)); err != nil {
			return err
		}
		if end, err := readLine(in, 400); err != nil || end != "" {
			return problem{400, badLine}
		}
	}
	for range maxHeaders {
		if line, err := readLine(in, 400); err != nil || line == "" {
			return err
		}
	}
	return problem{400, bigHead}
}

// isToken tells whether s may be a method or a header's name.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// hasToken tells whether a list separated by commas has the word, in any case.
func hasToken(list, word string) bool {
	for part := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(part), word) {
			return true
		}
	}
	return false
}
