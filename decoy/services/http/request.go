package http

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// The bounds of a request. They are near those that the servers have by default.
const (
	maxLine       = 8190
	maxHeaders    = 100
	maxHead       = 32 << 10  // all lines
	maxBlanks     = 64        // lines before the first
	maxBody       = 1 << 20   // as nginx takes by default
	maxUpload     = 16 << 20  // that servers take which have no such bound
	maxHeadApache = 128 << 10 // which bounds the lines and their number, and not all of them

	keptBody  = 8 << 10  // of which the form fields and the event are made
	keptCalls = 64 << 10 // of XML-RPC, in which a client may try hundreds of passwords at once
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
	manyHeaders
	plainOnTLS
	badTarget // a character that is none of a target's
	badProtocol
	badPath
	badEscape
	escapedSlash
)

func (p problem) Error() string { return strconv.Itoa(p.status) }

type header struct{ name, value string }

// request is one request, whole or as far as it was understood.
type request struct {
	line    string // the first line as it came
	raw     string // what had come when it was looked at, as far as a server tells that
	method  string
	target  string
	path    string // of the target, decoded, without the query
	version string // "HTTP/1.1", as which later ones count, [version2] or [version3]; "" is HTTP/0.9 or none
	headers []header
	body    []byte // at most its first keptBody bytes
	size    int64  // of the body
	close   bool   // the client wants the connection closed
	simple  bool   // HTTP/0.9: the answer has no head
	before  int    // the requests before it on the connection
	named   bool   // the server has accepted the host that the request names
	rest    bool   // the body is not read: the client waits for leave that it does not get
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

// readRequest reads one request as a server of that family does. The error is a problem, which wants an answer, or that of the connection. The request is never nil.
// proceed is called before the body is read when the client waits for leave to send it; false leaves the body where it is.
func readRequest(in *bufio.Reader, f family, proceed func(*request) bool) (*request, error) {
	r := &request{}
	tooLong, blanks := 414, 4
	switch f {
	case nginx:
		blanks = maxBlanks
	case apache:
		blanks = 10
	case lighttpd:
		tooLong, blanks = 431, 0
		if c, err := in.Peek(1); err == nil && c[0] < ' ' {
			return r, problem{400, badMethod} // it does not wait for a line
		}
	}
	if f == tomcat {
		tooLong = 400
		r.raw = arrived(in)
	}
	line, err := readLine(in, tooLong)
	for blank := 0; err == nil && line == "" && blank < blanks; blank++ {
		line, err = readLine(in, tooLong)
	}
	r.line = line
	if err != nil {
		return r, err
	}
	trouble := r.parseLine(line, f)
	if f != lighttpd && (trouble != nil || r.version == "") {
		return r, trouble
	}
	if err := r.readHeaders(in, f); err != nil {
		return r, err
	}
	if trouble != nil || r.version == "" { // lighttpd reads the whole head before it looks at it
		return r, cmp.Or(trouble, error(problem{400, badLine}))
	}
	r.close = r.version == "HTTP/1.0" && !hasToken(r.get("Connection"), "keep-alive") || hasToken(r.get("Connection"), "close")
	host := r.get("Host")
	if r.version == "HTTP/1.1" && host == "" || badHostName(host, f) || (f.held() || f == tomcat) && r.count("Host") > 1 {
		return r, problem{400, badHost}
	}
	r.named = true
	if f == apache || f == lighttpd {
		if err := r.parseTarget(f); err != nil {
			return r, err
		}
	}
	return r, r.readBody(in, f, proceed)
}

// maxArrived is how much of what has come a server tells.
const maxArrived = 1024

// arrived is what has come and is not read yet.
func arrived(in *bufio.Reader) string {
	in.Peek(1) // an error comes again with the next read
	bytes, _ := in.Peek(min(in.Buffered(), maxArrived))
	return string(bytes)
}

// badHostName tells whether a server of that family takes nothing for a host's name that is called so.
func badHostName(host string, f family) bool {
	switch f {
	case nginx:
		return strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c == 0x7f || c == '/' }) || strings.Contains(host, "..") || host == "."
	case apache, lighttpd:
		return host != "" && !strictHost(host, f)
	}
	return strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`"/<>\`, c) })
}

// strictHost tells whether it is a name or an address with, perhaps, a port.
func strictHost(host string, f family) bool {
	name, port, hasPort := host, "", false
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 || net.ParseIP(host[1:end]) == nil {
			return false
		}
		name, port, hasPort = "v6", strings.TrimPrefix(host[end+1:], ":"), len(host) > end+1
		if hasPort && host[end+1] != ':' {
			return false
		}
	} else if i := strings.LastIndexByte(host, ':'); i >= 0 {
		name, port, hasPort = host[:i], host[i+1:], true
	}
	if hasPort && (f == apache || port != "") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return name != "" && name != "." && !strings.Contains(name, "..") && !strings.ContainsFunc(name, func(c rune) bool {
		return (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && (c != '_' || f == lighttpd)
	})
}

// all are the values of the headers of that name, in any case.
func (r *request) all(name string) []string {
	var values []string
	for _, h := range r.headers {
		if strings.EqualFold(h.name, name) {
			values = append(values, h.value)
		}
	}
	return values
}

// count is how many headers have that name.
func (r *request) count(name string) int { return len(r.all(name)) }

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
func framedRequest(version string, f family, fields []header, cut bool) (*request, error) {
	r := &request{version: version, named: true}
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
	case badHostName(r.get("Host"), f):
		return r, problem{400, badHost}
	}
	return r, r.parseTarget(f)
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

// parseLine takes the first line apart. A target is looked at when the server does: at once or behind the headers.
func (r *request) parseLine(line string, f family) error {
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isMethod(method, f) {
		return problem{400, badMethod}
	}
	r.method = method
	target, version, versioned := "", "", false
	switch f {
	case lighttpd: // which takes the last space, whatever is before it
		if i := strings.LastIndexByte(rest, ' '); i > 0 && rest[0] != ' ' {
			target, version, versioned = rest[:i], rest[i+1:], true
		}
		if !versioned {
			return problem{400, badLine}
		}
	case apache: // which takes one space each
		target, version, versioned = strings.Cut(rest, " ")
		versioned = versioned && version != ""
		if target == "" {
			return problem{400, badLine}
		}
	case nginx:
		target, version, versioned = strings.Cut(strings.Trim(rest, " "), " ")
		version = strings.TrimLeft(version, " ")
	default:
		target, version, versioned = strings.Cut(strings.TrimLeft(rest, " "), " ")
		version = strings.TrimSpace(version)
	}
	r.target = target
	if f != apache && f != lighttpd {
		if err := r.parseTarget(f); err != nil {
			return err
		}
	}
	if !versioned {
		if r.simple = method == "GET" || f == nginx; method == "GET" {
			if f == apache {
				return r.parseTarget(f)
			}
			return nil
		}
		return problem{400, badLine}
	}
	var status int
	r.version, status = versionOf(version, f)
	switch {
	case status == 400 && f == tomcat:
		return problem{status, badProtocol}
	case status != 0:
		return problem{status, badLine}
	}
	return nil
}

// isMethod tells whether a server of that family goes on reading after such a word.
func isMethod(s string, f family) bool {
	switch f {
	case nginx:
		return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == ""
	case lighttpd:
		return true
	}
	return isToken(s)
}

// versionOf is the version that a request counts as, or the status with which a server of that family refuses it.
func versionOf(s string, f family) (version string, status int) {
	number, named := strings.CutPrefix(s, "HTTP/")
	major, minor, dotted := strings.Cut(number, ".")
	digits := func(s string, most int) bool { return s != "" && len(s) <= most && strings.Trim(s, "0123456789") == "" }
	switch f {
	case nginx:
		switch {
		case !named || major == "" || major[0] < '1' || major[0] > '9':
			return "", 400
		case major != "1" && digits(major, 8):
			return "HTTP/1.1", 505
		case major != "1" || !dotted || !digits(minor, 2):
			return "", 400
		case strings.Trim(minor, "0") == "":
			return "HTTP/1.0", 0
		}
		return "HTTP/1.1", 0
	case apache:
		switch {
		case !named || !digits(major, 1) || !digits(minor, 1) || major == "0":
			return "", 400
		case major == "1" && minor == "0":
			return "HTTP/1.0", 0
		}
		return "HTTP/1.1", 0
	case tomcat:
		switch {
		case s == "HTTP/1.0" || s == "HTTP/1.1":
			return s, 0
		case strings.Trim(s, "HTP/.0123456789") == "":
			return "HTTP/1.1", 505
		}
		return "", 400
	case lighttpd:
		switch {
		case s == "HTTP/1.0" || s == "HTTP/1.1":
			return s, 0
		case !named || strings.HasPrefix(number, "1.0") || strings.HasPrefix(number, "1.1"):
			return "", 400
		}
		return "", 505
	}
	switch {
	case s == "HTTP/1.1" || s == "HTTP/1.0":
		return s, 0
	case len(s) == len("HTTP/2.0") && named && s[5] >= '2' && s[5] <= '9':
		return "HTTP/1.1", 505
	}
	return "", 400
}

// parseTarget takes the path out of the target, as plain as the server makes it.
func (r *request) parseTarget(f family) error {
	path := r.target
	if scheme, after, absolute := strings.Cut(path, "://"); absolute && scheme != "" && (scheme == "http" || f.held() && strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz") == "") {
		if path = "/"; strings.Contains(after, "/") {
			_, path, _ = strings.Cut(after, "/")
			path = "/" + path
		} else if f == lighttpd {
			return problem{400, badLine}
		}
	}
	if f.held() && strings.ContainsFunc(r.target, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return problem{400, badLine}
	}
	switch f {
	case tomcat:
		if strings.ContainsFunc(r.target, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(notInTargets, c) }) {
			return problem{400, badTarget}
		}
		return r.takePath(path)
	case nginx, lighttpd:
		path, _, _ = strings.Cut(path, "#")
	case apache:
		switch {
		case strings.Contains(path, "#"), r.method == "CONNECT" && strings.HasPrefix(path, "/"):
			return problem{400, badLine}
		case r.method == "CONNECT":
			r.path = path
			return nil
		}
	}
	path, _, _ = strings.Cut(path, "?")
	var wellFormed bool
	if f == apache { // to which an escaped slash is none: there is nothing of that name
		path = slashEscape.ReplaceAllString(path, "%25$1")
	}
	r.path, wellFormed = unescape(path)
	switch {
	case !wellFormed && f != lighttpd,
		!strings.HasPrefix(path, "/") && !(path == "*" && r.method == "OPTIONS" && f != nginx),
		strings.IndexByte(r.path, 0) >= 0 && f != apache,
		f == lighttpd && strings.ContainsFunc(r.path, func(c rune) bool { return c < ' ' || c == 0x7f }),
		climbs(r.path) && f != lighttpd:
		return problem{400, badLine}
	}
	if f.held() && r.path != "*" {
		r.path = plainPath(r.path)
	}
	return nil
}

var slashEscape = regexp.MustCompile(`%(2[fF])`)

// pathParameter is what is not of the path to Tomcat; by it intruders lead a proxy past what they want to reach.
var pathParameter = regexp.MustCompile(`;[^/]*`)

// takePath takes the path as Tomcat does.
func (r *request) takePath(path string) error {
	path, _, _ = strings.Cut(path, "?")
	path = pathParameter.ReplaceAllString(path, "")
	var wellFormed bool
	r.path, wellFormed = unescape(path)
	switch {
	case path == "*" && r.method == "OPTIONS":
		return nil
	case !strings.HasPrefix(path, "/"):
		return problem{400, badPath}
	case !wellFormed:
		return problem{400, badEscape}
	case slashEscape.MatchString(path):
		return problem{400, escapedSlash}
	case strings.IndexByte(r.path, 0) >= 0 || climbs(r.path):
		return problem{400, badPath}
	}
	r.path = plainPath(r.path)
	return nil
}

// plainPath is the path without empty parts, "." and "..", which does not lead above the root.
func plainPath(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path
	}
	var parts []string
	ends := true // with a slash
	for part := range strings.SplitSeq(path, "/") {
		switch ends = true; part {
		case "", ".":
		case "..":
			parts = parts[:max(0, len(parts)-1)]
		default:
			parts, ends = append(parts, part), false
		}
	}
	if len(parts) == 0 {
		return "/"
	}
	path = "/" + strings.Join(parts, "/")
	if ends {
		path += "/"
	}
	return path
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

func (r *request) readHeaders(in *bufio.Reader, f family) error {
	total, most := 0, maxHeaders
	switch f {
	case nginx:
		most = maxHead / len("a:\r\n") // as many as there is room for
	case lighttpd:
		total, most = len(r.line), maxHead
	}
	for {
		tooLong := 400
		if f == lighttpd {
			tooLong = 431
		}
		line, err := readLine(in, tooLong)
		if errors.Is(err, problem{431, bigHead}) {
			r.version = ""
		}
		if err != nil {
			return err
		}
		if line == "" {
			return nil
		}
		total += len(line)
		switch {
		case f == lighttpd && total > maxLine:
			r.version = "" // it has not come so far
			return problem{431, bigHead}
		case len(r.headers) >= most:
			return problem{400, manyHeaders}
		case total > maxHead && f != apache || total > maxHeadApache:
			return problem{400, bigHead}
		}
		if folded := line[0] == ' ' || line[0] == '\t'; folded && len(r.headers) > 0 && (f == apache || f == lighttpd) {
			last := &r.headers[len(r.headers)-1]
			if last.value += " " + strings.Trim(line, " \t"); len(last.value) > maxLine {
				return problem{400, bigHead}
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if f == nginx { // which passes over what is no name
			ok = name != "" && !strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f })
		} else {
			ok = ok && isToken(name)
		}
		if !ok || f.held() && badValue(value, f) {
			return problem{400, badLine}
		}
		r.headers = append(r.headers, header{name, strings.Trim(value, " \t")})
	}
}

// badValue tells whether a server of that family refuses a header for its value.
func badValue(value string, f family) bool {
	if f == nginx {
		return strings.ContainsAny(value, "\x00\r")
	}
	return strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// expects tells whether the client waits for leave before it sends the body.
func (r *request) expects(f family) bool {
	return strings.EqualFold(r.get("Expect"), "100-continue") && (r.version == "HTTP/1.1" || !f.held())
}

func (r *request) readBody(in *bufio.Reader, f family, proceed func(*request) bool) error {
	coding, length := r.get("Transfer-Encoding"), r.get("Content-Length")
	if f == apache && r.count("Transfer-Encoding") > 1 {
		coding = strings.Join(r.all("Transfer-Encoding"), ",")
	}
	chunked := strings.EqualFold(coding, "chunked")
	codings, lengths := r.count("Transfer-Encoding"), r.count("Content-Length")
	switch {
	case (f == apache || f == tomcat) && r.get("Expect") != "" && !strings.EqualFold(r.get("Expect"), "100-continue"):
		return problem{417, badLine}
	case (f.held() || f == tomcat) && lengths > 1, f != lighttpd && f.held() && lengths == 1 && length == "", f == nginx && codings > 1,
		(f == nginx || f == lighttpd) && codings > 0 && r.version == "HTTP/1.0":
		return problem{400, badLine}
	case coding != "" && !chunked && f == apache:
		list := strings.Split(coding, ",")
		if !strings.EqualFold(strings.TrimSpace(list[len(list)-1]), "chunked") {
			return problem{400, badLine}
		}
	case coding != "" && !chunked:
		return problem{501, badLine}
	case coding != "" && length != "" && f != apache:
		return problem{400, badLine} // an attempt to smuggle a request
	case coding == "" && length == "" && f == lighttpd && r.method == "POST":
		return problem{411, badLine}
	case coding == "" && length == "":
		return nil
	}
	if coding != "" && length != "" {
		length, r.close = "", true // Apache takes the chunks, and no more from this client
	}
	if f == lighttpd && r.reads() && (coding != "" || length != "0") {
		return problem{400, badLine}
	}
	var announced uint64
	if coding == "" {
		var err error
		if announced, err = strconv.ParseUint(length, 10, 63); err != nil {
			return problem{400, badLine}
		}
		if announced > uint64(takes(f)) {
			r.size = int64(announced)
			return problem{413, badLine}
		}
	}
	if r.expects(f) && !proceed(r) && in.Buffered() == 0 {
		r.close, r.rest = true, true
		return nil
	}
	if coding == "" {
		return r.take(in, int64(announced))
	}
	return r.readChunks(in, takes(f))
}

// takes is how long a body may be.
func takes(f family) int64 {
	if f == apache || f == lighttpd {
		return maxUpload
	}
	return maxBody
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

func (r *request) readChunks(in *bufio.Reader, most int64) error {
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
		if r.size+int64(n) > most {
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
