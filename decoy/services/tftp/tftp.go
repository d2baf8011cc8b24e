// Package tftp is the decoy of a server that gives and takes files without asking who wants them: tftpd-hpa, Windows Deployment Services, or a router's. What it has are the
// configurations that intruders ask for; what they send is kept, hashed, and given to nobody. A file's first block is sent twice at most before the client shows that it is there: the
// server is of no use to who forges addresses.
package tftp

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/evidence"
)

func init() {
	decoy.Register("tftp", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// The operations.
const (
	readRequest  = 1
	writeRequest = 2
	dataBlock    = 3
	acknowledge  = 4
	failure      = 5
	options      = 6
)

// The errors.
const (
	notFound  = 1
	diskFull  = 3
	illegal   = 4
	badOption = 8
	plainSize = 512 // bytes of a block, where none is agreed upon
)

const (
	maxName    = 512 // bytes of what is no request, in the record
	maxRequest = 1024
	maxUpload  = 1 << 20
	maxBlock   = 1428 // what Ethernet carries whole
	patience   = time.Second
	attempts   = 3 // to send a block
	forkTime   = 30 * time.Millisecond
)

// server is the decky's.
type server struct {
	host    *decoy.Host
	product product
	files   map[string]string
}

func newServer(h *decoy.Host) *server {
	return &server{host: h, product: productOf(h), files: filesOf(h)}
}

// request is what a client wants first.
type request struct {
	write   bool
	name    string
	mode    string
	options [][2]string // names as they came, values in lower case
}

// parse reads a request. What is meant to be one and isn't has a reason, in tftpd-hpa's words.
func parse(data []byte) (r request, reason string, ok bool) {
	if len(data) < 4 || len(data) > maxRequest || data[0] != 0 || data[1] != readRequest && data[1] != writeRequest {
		return r, "", false
	}
	if data[len(data)-1] != 0 {
		return r, "Request not null-terminated", false
	}
	r.write = data[1] == writeRequest
	parts := strings.Split(string(data[2:len(data)-1]), "\x00")
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return r, "Missing mode", false
	}
	r.name, r.mode = parts[0], strings.ToLower(parts[1])
	for i := 2; i+1 < len(parts); i += 2 {
		option := [2]string{parts[i], strings.ToLower(parts[i+1])}
		if !slices.ContainsFunc(r.options, func(o [2]string) bool { return strings.EqualFold(o[0], option[0]) }) {
			r.options = append(r.options, option)
		}
	}
	if r.mode != "octet" && r.mode != "netascii" {
		return r, "Unknown mode", false
	}
	return r, "", true
}

// fail is the message that refuses.
func fail(code byte, text string) []byte {
	return append(append([]byte{0, failure, 0, code}, text...), 0)
}

// ServePacket answers a request.
func (v *server) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	r, reason, ok := parse(data)
	if !ok {
		s.Event("protocol_error", event.Bytes("data", data[:min(len(data), maxName)]))
		switch {
		case v.product.illegal != "":
			s.Write(fail(illegal, v.product.illegal)) // a datagram that can't be sent is a datagram lost
		case reason != "":
			v.answer(s, func(_ context.Context, s *decoy.Session) { s.Write(fail(illegal, reason)) })
		}
		return
	}
	var asked []string
	for _, o := range r.options {
		asked = append(asked, strings.ToLower(o[0])+"="+o[1])
	}
	operation := map[bool]string{false: "read", true: "write"}[r.write]
	s.Event("tftp", event.String("operation", operation), event.String("path", r.name), event.String("mode", r.mode), event.String("options", strings.Join(asked, " ")))
	v.answer(s, func(ctx context.Context, s *decoy.Session) {
		t := &transfer{server: v, s: s, request: r, block: plainSize}
		if r.write {
			t.take(ctx)
		} else {
			t.give(ctx)
		}
	})
}

// answer goes on with a request over a port of its own.
func (v *server) answer(s *decoy.Session, serve func(ctx context.Context, s *decoy.Session)) {
	s.Branch(func(ctx context.Context, s *decoy.Session) {
		// A server starts a process for each transfer. Scanners that open their ears late count on it.
		select {
		case <-ctx.Done():
		case <-time.After(forkTime):
			serve(ctx, s)
		}
	})
}

// transfer is one file on its way.
type transfer struct {
	*server
	s       *decoy.Session
	request request
	block   int
	known   bool // the client has answered
}

// agree returns the answer to the options that the client asks for, nil for none, and false where one has no meaning. size is the file's.
func (t *transfer) agree(size int) ([]byte, bool) {
	answer := []byte{0, options}
	hpa := t.product.illegal == ""
	for _, o := range t.request.options {
		name := strings.ToLower(o[0])
		n, err := strconv.Atoi(o[1])
		switch {
		case err != nil || n < 0:
			continue
		case hpa && (name == "blksize" && n < 8 || name == "timeout" && (n < 1 || n > 255)):
			return nil, false
		case name == "blksize" && n >= 8:
			t.block = min(n, maxBlock)
			n = t.block
		case name == "tsize":
			if !t.request.write && (n == 0 || !hpa) {
				n = size
			}
		case name == "timeout" && n >= 1 && n <= 255, hpa && name == "utimeout" && n >= 10000 && n <= 255000000, hpa && name == "rollover" && n <= 65535:
		default:
			continue
		}
		answer = append(append(answer, o[0]...), 0)
		answer = append(append(answer, strconv.Itoa(n)...), 0)
	}
	if len(answer) == 2 {
		return nil, true
	}
	return answer, true
}

// exchange sends a message until the one that is waited for comes, and returns what follows its number.
func (t *transfer) exchange(message []byte, kind byte, number uint16) ([]byte, bool) {
	times := attempts
	if !t.known {
		times = 2
	}
	buf := make([]byte, maxBlock+4)
	for range times {
		if _, err := t.s.Write(message); err != nil {
			return nil, false
		}
		for deadline := time.Now().Add(patience); ; {
			if t.s.SetReadDeadline(deadline) != nil {
				return nil, false
			}
			n, err := t.s.Read(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil || n >= 2 && buf[1] == failure {
				return nil, false
			}
			if n >= 4 && buf[0] == 0 && buf[1] == kind && binary.BigEndian.Uint16(buf[2:]) == number {
				t.known = true
				return buf[4:n], true
			}
		}
	}
	return nil, false
}

// give sends a file.
func (t *transfer) give(ctx context.Context) {
	name := t.product.path(t.request.name)
	content, found := t.files[name]
	if !found {
		message := fail(notFound, t.product.missing)
		if t.product.illegal == "" {
			switch {
			case slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return len(part) > 255 }):
				message = fail(0, "File name too long")
			case t.folder(name):
				message = fail(0, "Is a directory")
			}
		}
		t.s.Write(message) // a datagram that can't be sent is a datagram lost
		return
	}
	answer, ok := t.agree(len(content))
	if !ok {
		t.s.Write(fail(badOption, "Unsupported option(s) requested"))
		return
	}
	if answer != nil {
		if _, ok := t.exchange(answer, acknowledge, 0); !ok {
			return
		}
	}
	if t.request.mode == "netascii" {
		content = strings.ReplaceAll(content, "\n", "\r\n")
	}
	for number, rest := uint16(1), content; ctx.Err() == nil; number++ {
		piece := rest[:min(len(rest), t.block)]
		message := append(binary.BigEndian.AppendUint16([]byte{0, dataBlock}, number), piece...)
		if _, ok := t.exchange(message, acknowledge, number); !ok {
			return
		}
		if rest = rest[len(piece):]; len(piece) < t.block {
			t.s.Event("file_read", event.String("path", t.request.name), event.Int("size", int64(len(content))))
			return
		}
	}
}

// take receives a file.
func (t *transfer) take(ctx context.Context) {
	message, ok := t.agree(0)
	if !ok {
		t.s.Write(fail(badOption, "Unsupported option(s) requested"))
		return
	}
	if message == nil {
		message = []byte{0, acknowledge, 0, 0}
	}
	var body evidence.Body
	defer func() {
		if body.Size > 0 {
			body.Record(t.s, t.request.name)
		}
	}()
	for number := uint16(1); ctx.Err() == nil; number++ {
		piece, ok := t.exchange(message, dataBlock, number)
		if !ok {
			return
		}
		body.Write(piece)
		if body.Size > maxUpload {
			t.s.Write(fail(diskFull, "Disk full or allocation exceeded"))
			return
		}
		message = binary.BigEndian.AppendUint16([]byte{0, acknowledge}, number)
		if len(piece) < t.block {
			t.s.Write(message)
			return
		}
	}
}

// folder tells whether there is a folder of that name.
func (v *server) folder(name string) bool {
	name = strings.TrimSuffix(name, "/")
	if name == "" || name == "." {
		return true
	}
	for file := range v.files {
		if strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}

// names are those of the files, sorted.
func (v *server) names() []string {
	var all []string
	for name := range v.files {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
