package http

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"decnet/decoy"
	"decnet/decoy/event"
)

// The types of HTTP/3's frames and streams, and its errors (RFC 9114).
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameSettings = 0x4
	frameGoAway   = 0x7

	streamControl = 0x0
	streamPush    = 0x1

	noError           = quic.ApplicationErrorCode(0x100)
	streamCreation    = quic.ApplicationErrorCode(0x103)
	frameUnexpected   = quic.ApplicationErrorCode(0x105)
	frameError        = quic.ApplicationErrorCode(0x106)
	excessiveLoad     = quic.ApplicationErrorCode(0x107)
	missingSettings   = quic.ApplicationErrorCode(0x10a)
	requestRejected   = quic.StreamErrorCode(0x10b)
	requestIncomplete = quic.StreamErrorCode(0x10d)
	messageError      = quic.StreamErrorCode(0x10e)
	decompression     = quic.ApplicationErrorCode(0x200)
)

// The identifiers of HTTP/3's settings that servers send.
const (
	settingTableCapacity  = 0x1
	settingBlockedStreams = 0x7
)

// speaksHTTP3 tells whether the server does, over QUIC: the operator's choice, or, for an nginx of 1.25 or newer on which HTTP/2 is switched on, sometimes that of who runs it.
func (p product) speaksHTTP3(h *decoy.Host, http2 bool) bool {
	if versions, ok := chosenVersions(h, "https"); ok {
		return slices.Contains(versions, "3")
	}
	version, isNginx := strings.CutPrefix(p.banner, "nginx/1.")
	minor, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(minor)
	return isNginx && err == nil && n >= 25 && http2 && h.Rand("http3").IntN(3) == 0
}

// SpeaksHTTP3 tells whether the server does.
func (v *Server) SpeaksHTTP3() bool { return v.http3 }

// QUIC is how the server's QUIC presents itself, and within which bounds: nginx's, as far as they bound what a client can make us hold.
func (v *Server) QUIC() *quic.Config {
	return &quic.Config{
		Versions:                   []quic.Version{quic.Version1},
		MaxIdleTimeout:             v.product.keepAlive,
		MaxIncomingStreams:         int64(manners[v.product.family].streams),
		MaxIncomingUniStreams:      3,
		InitialStreamReceiveWindow: 64 << 10, MaxStreamReceiveWindow: 64 << 10,
		InitialConnectionReceiveWindow: 256 << 10, MaxConnectionReceiveWindow: 256 << 10,
	}
}

// connection3 is one of HTTP/3.
type connection3 struct {
	*Server
	session *decoy.Session
	conn    *quic.Conn
	control *quic.SendStream

	mu       sync.Mutex
	held     int // bytes of requests and of answers that wait for the client's window
	count    int // of requests
	settings []string
	settled  bool     // the settings have come
	order    []string // of the first request's pseudo-header fields
	told     bool
}

// ServeHTTP3 answers the requests that come on conn until it ends.
func (v *Server) ServeHTTP3(ctx context.Context, s *decoy.Session, conn *quic.Conn) {
	c := &connection3{Server: v, session: s, conn: conn}
	var streams sync.WaitGroup
	defer streams.Wait()
	defer conn.CloseWithError(noError, "")
	if err := c.open(); err != nil {
		return
	}
	streams.Go(func() {
		for {
			stream, err := conn.AcceptUniStream(ctx)
			if err != nil {
				return
			}
			streams.Go(func() { s.Guard(func() { c.listen(stream) }) })
		}
	})
	for {
		stream, err := conn.AcceptStream(ctx)
		if err != nil {
			c.tell(true)
			return
		}
		if c.count++; c.count > v.product.requests {
			stream.CancelRead(requestRejected)
			stream.CancelWrite(requestRejected)
			continue
		}
		if c.count == v.product.requests {
			c.control.Write(frame(frameGoAway, quicvarint.Append(nil, uint64(stream.StreamID())+4)))
		}
		streams.Go(func() { s.Guard(func() { c.serve(stream) }) })
	}
}

// open sends the server's settings. They are nginx's but for the table of QPACK, which stays the static one: a client's dynamic table would be memory of its choice.
func (c *connection3) open() (err error) {
	if c.control, err = c.conn.OpenUniStream(); err != nil {
		return fmt.Errorf("opening the control stream: %w", err)
	}
	var settings []byte
	for _, n := range []uint64{settingTableCapacity, 0, settingBlockedStreams, uint64(manners[c.product.family].streams)} {
		settings = quicvarint.Append(settings, n)
	}
	_, err = c.control.Write(append([]byte{streamControl}, frame(frameSettings, settings)...))
	return err
}

// frame is a frame with its type and length.
func frame(typ uint64, payload []byte) []byte {
	return append(quicvarint.Append(quicvarint.Append(nil, typ), uint64(len(payload))), payload...)
}

// head reads the type and the length of a frame.
func head(in *bufio.Reader) (typ, length uint64, err error) {
	if typ, err = quicvarint.Read(in); err != nil {
		return 0, 0, err
	}
	length, err = quicvarint.Read(in)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return typ, length, err
}

// fail ends the connection for something that the client may not do.
func (c *connection3) fail(code quic.ApplicationErrorCode) {
	c.session.Event("protocol_error", event.String("version", version3), event.String("failure", fmt.Sprintf("%#x", uint64(code))))
	c.conn.CloseWithError(code, "")
}

// listen takes what a client says on a stream of one direction. Those of QPACK have nothing to say, and the rest of the control stream changes nothing here.
func (c *connection3) listen(stream *quic.ReceiveStream) {
	const maxSettings = 4 << 10
	in := bufio.NewReaderSize(stream, 256)
	typ, err := quicvarint.Read(in)
	switch {
	case err != nil:
		return
	case typ == streamPush:
		c.fail(streamCreation)
		return
	case typ == streamControl:
		typ, length, err := head(in)
		switch {
		case err != nil:
			return
		case typ != frameSettings:
			c.fail(missingSettings)
			return
		case length > maxSettings:
			c.fail(excessiveLoad)
			return
		}
		payload := make([]byte, length)
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		if !c.takeSettings(payload) {
			c.fail(frameError)
			return
		}
		c.tell(false)
	}
	io.Copy(io.Discard, in)
}

// takeSettings notes a client's settings, and says false where they make no sense.
func (c *connection3) takeSettings(payload []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(payload) > 0 {
		var pair [2]uint64
		for i := range pair {
			v, n, err := quicvarint.Parse(payload)
			if err != nil {
				return false
			}
			pair[i], payload = v, payload[n:]
		}
		if len(c.settings) == maxTold {
			continue
		}
		if pair[0] >= 0x21 && (pair[0]-0x21)%0x1f == 0 { // drawn anew each time
			c.settings = append(c.settings, "GREASE")
		} else {
			c.settings = append(c.settings, fmt.Sprintf("%d:%d", pair[0], pair[1]))
		}
	}
	c.settled = true
	return true
}

// tell records what the client has revealed of its software, once: its settings and the order in which its first request names method, authority, scheme and path. The two may
// come in either order; atLast is when no more will come.
func (c *connection3) tell(atLast bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told || !atLast && (!c.settled || c.order == nil) || !c.settled && c.order == nil {
		return
	}
	c.told = true
	settings, order := strings.Join(c.settings, ";"), strings.Join(c.order, ",")
	c.session.Event("http3_settings",
		event.String("settings", settings), event.String("pseudo_headers", order), event.String("fingerprint", settings+"|"+order))
}

// hold counts bytes that the connection holds, and says false where they are too many.
func (c *connection3) hold(bytes int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held += bytes
	return c.held <= 2*maxHeld
}

// serve answers one request.
func (c *connection3) serve(stream *quic.Stream) {
	stream.SetReadDeadline(time.Now().Add(headTime))
	holds := 0
	hold := func(bytes int) bool {
		holds += bytes
		return c.hold(bytes)
	}
	defer func() { c.hold(-holds) }()
	r, err := c.read(stream, hold)
	var ofConnection connectionError
	switch {
	case err == nil || errors.As(err, new(problem)):
	case errors.As(err, &ofConnection):
		c.fail(quic.ApplicationErrorCode(ofConnection))
		return
	default:
		if r.line != "" {
			c.record(c.session, r, 0)
		}
		code := requestIncomplete
		if errors.Is(err, errMalformed) {
			code = messageError
		}
		stream.CancelRead(code)
		stream.CancelWrite(code)
		return
	}
	var a answer
	if p := (problem{}); errors.As(err, &p) {
		a = c.failure(p.status, p.reason, r)
		stream.CancelRead(quic.StreamErrorCode(noError))
	} else {
		c.recordCredentials(c.session, r)
		a = c.answerTo(r)
	}
	c.record(c.session, r, a.status)
	_, headers, body := c.finish(&a, r, c.host.Now())
	if !hold(len(body)) {
		stream.CancelWrite(quic.StreamErrorCode(excessiveLoad))
		return
	}
	var block strings.Builder
	encoder := qpack.NewEncoder(&block)
	encoder.WriteField(qpack.HeaderField{Name: ":status", Value: strconv.Itoa(a.status)})
	for _, h := range headers {
		encoder.WriteField(qpack.HeaderField{Name: strings.ToLower(h.name), Value: h.value})
	}
	out := frame(frameHeaders, []byte(block.String()))
	if body != "" {
		out = append(out, frame(frameData, []byte(body))...)
	}
	stream.SetWriteDeadline(time.Now().Add(headTime))
	if _, err := stream.Write(out); err != nil {
		stream.CancelWrite(requestIncomplete)
		return
	}
	stream.Close()
}

// connectionError is what a client does on a stream that is the end of the connection.
type connectionError quic.ApplicationErrorCode

func (e connectionError) Error() string { return fmt.Sprintf("HTTP/3 error %#x", uint64(e)) }

// read reads a request. The error is a problem, which wants an answer, the connection's, or that of the stream. The request is never nil.
func (c *connection3) read(stream io.Reader, hold func(int) bool) (*request, error) {
	r := &request{version: version3}
	in := bufio.NewReaderSize(stream, 1<<10)
	headed := false
	length := int64(-1) // of the body, as announced
	for skipped := uint64(0); ; {
		typ, size, err := head(in)
		switch {
		case errors.Is(err, io.EOF) && headed:
			if length > r.size {
				return r, errMalformed
			}
			return r, nil
		case err != nil:
			return r, err
		case typ == frameHeaders && !headed:
			if size > maxHead {
				return r, problem{400, bigHead}
			}
			block := make([]byte, size)
			if _, err := io.ReadFull(in, block); err != nil {
				return r, err
			}
			fields, whole, err := c.decode(block)
			if err != nil {
				return r, connectionError(decompression)
			}
			headed = true
			if r, err = framedRequest(version3, c.product.family, fields, !whole); err != nil {
				return r, err
			}
			cost := len(r.line)
			for _, h := range r.headers {
				cost += len(h.name) + len(h.value)
			}
			if !hold(cost) {
				return r, io.ErrShortBuffer
			}
			if announced := r.get("Content-Length"); announced != "" {
				n, err := strconv.ParseUint(announced, 10, 63)
				if err != nil {
					return r, problem{400, badLine}
				}
				if length = int64(n); length > maxBody {
					r.size = length
					return r, problem{413, badLine}
				}
			}
		case typ == frameData && headed:
			if r.size+int64(min(size, 1<<40)) > maxBody {
				return r, problem{413, badLine}
			}
			if length >= 0 && r.size+int64(size) > length {
				return r, errMalformed
			}
			before := len(r.body)
			if err := r.take(in, int64(size)); err != nil {
				return r, err
			}
			if !hold(len(r.body) - before) {
				return r, io.ErrShortBuffer
			}
		case typ == frameData, typ >= 2 && typ <= 9, typ == 0xd: // out of its place, or one of HTTP/2 or of the control stream
			return r, connectionError(frameUnexpected)
		default: // trailers, and what is there to be skipped
			if skipped += size; size > maxHead || skipped > maxHead {
				return r, connectionError(excessiveLoad)
			}
			if _, err := io.CopyN(io.Discard, in, int64(size)); err != nil {
				return r, err
			}
		}
	}
}

// decode takes the fields out of a head, as many as a request may have.
func (c *connection3) decode(block []byte) (fields []header, whole bool, err error) {
	var order []string
	next := qpack.NewDecoder().Decode(block)
	whole = true
	for total := 0; ; {
		one, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false, fmt.Errorf("decoding the head: %w", err)
		}
		if len(one.Name) > 1 && one.IsPseudo() && len(order) < maxTold {
			order = append(order, one.Name[1:2])
		}
		if total += len(one.Name) + len(one.Value); total > maxHead || len(fields) > 2*maxHeaders {
			whole = false
			break
		}
		fields = append(fields, header{one.Name, one.Value})
	}
	c.mu.Lock()
	if c.order == nil {
		c.order = slices.Clip(append([]string{}, order...))
	}
	c.mu.Unlock()
	c.tell(false)
	return fields, whole, nil
}
