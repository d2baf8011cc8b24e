package sip

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The bounds of a message.
const (
	maxHead    = 8 << 10
	maxBody    = 64 << 10
	maxHeaders = 64
)

// errMalformed is what is no request.
var errMalformed = errors.New("sip: malformed message")

// header is one line of a message's head.
type header struct{ name, value string }

// request is what a client sends.
type request struct {
	method  string
	uri     string
	headers []header
	body    []byte
}

// compact are the short names of headers.
var compact = map[string]string{"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type", "s": "subject", "k": "supported"}

// get returns the first header of the name, which is lower case.
func (r *request) get(name string) string {
	for _, h := range r.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

// all returns all headers of the name.
func (r *request) all(name string) (values []string) {
	for _, h := range r.headers {
		if h.name == name {
			values = append(values, h.value)
		}
	}
	return values
}

// parseHead reads the head of a request: the lines up to an empty one, without it.
func parseHead(head string) (*request, error) {
	lines := strings.Split(strings.ReplaceAll(head, "\r\n", "\n"), "\n")
	first := strings.Split(lines[0], " ")
	if len(first) != 3 || !strings.HasPrefix(first[2], "SIP/") || !isToken(first[0]) || first[1] == "" {
		return nil, errMalformed
	}
	r := &request{method: first[0], uri: first[1]}
	for _, line := range lines[1:] {
		if line == "" {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && len(r.headers) > 0 { // goes on from the line before
			r.headers[len(r.headers)-1].value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if name = strings.ToLower(strings.TrimSpace(name)); !found || !isToken(name) || len(r.headers) == maxHeaders {
			return nil, errMalformed
		}
		if long := compact[name]; long != "" {
			name = long
		}
		r.headers = append(r.headers, header{name, strings.TrimSpace(value)})
	}
	return r, nil
}

// isToken tells whether the text is a word as methods and names of headers are.
func isToken(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-.!%*_+`'~", c)
	})
}

// parse reads a datagram.
func parse(data []byte) (*request, error) {
	head, body, _ := strings.Cut(string(data), "\r\n\r\n")
	if len(head) > maxHead {
		return nil, errMalformed
	}
	r, err := parseHead(head)
	if err != nil {
		return nil, err
	}
	r.body = []byte(body)
	return r, nil
}

// read reads the next request of a stream. It returns nil for the two empty lines by which a client asks whether anybody is there. What has come of a malformed request is
// returned as raw.
func read(in *bufio.Reader) (r *request, raw string, err error) {
	var head strings.Builder
	for {
		line, err := in.ReadSlice('\n')
		if head.Len()+len(line) > maxHead || errors.Is(err, bufio.ErrBufferFull) {
			head.Write(line[:min(len(line), maxHead-head.Len())])
			return nil, head.String(), errMalformed
		}
		if err != nil {
			head.Write(line)
			return nil, head.String(), err
		}
		if end := string(line) == "\r\n" || string(line) == "\n"; end && head.Len() == 0 {
			if next, err := in.Peek(2); err == nil && string(next) == "\r\n" {
				in.Discard(2)
				return nil, "", nil
			}
			continue
		} else if end {
			break
		}
		head.Write(line)
	}
	if r, err = parseHead(head.String()); err != nil {
		return nil, head.String(), err
	}
	if length := r.get("content-length"); length != "" {
		n, err := strconv.ParseUint(length, 10, 32)
		if err != nil || n > maxBody {
			return nil, head.String(), errMalformed
		}
		r.body = make([]byte, n)
		if _, err := io.ReadFull(in, r.body); err != nil {
			return nil, head.String(), err
		}
	}
	return r, "", nil
}

// parameters takes the comma-separated parameters of a challenge's answer apart.
func parameters(text string) map[string]string {
	out := map[string]string{}
	for text != "" && len(out) < maxHeaders {
		name, rest, found := strings.Cut(text, "=")
		if !found {
			break
		}
		name = strings.ToLower(strings.Trim(name, " ,\t"))
		var value string
		if rest = strings.TrimLeft(rest, " \t"); strings.HasPrefix(rest, `"`) {
			value, text, _ = strings.Cut(rest[1:], `"`)
		} else {
			value, text, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
		}
		out[name] = value
	}
	return out
}
