package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"decnet/decoy"
	"decnet/decoy/event"
)

// The bounds of a connection of HTTP/2, beside those of its requests.
const (
	maxFrame = 64 << 10 // that is read; some servers announce more, which no client uses
	maxHeld  = 1 << 20  // of requests and of answers that wait for the client's window
	maxTold  = 32       // settings and priorities that are recorded
)

// manner is how a server opens a connection of HTTP/2, which tells servers apart before the first answer.
type manner struct {
	settings []http2.Setting
	window   uint32 // added to the connection's at once
	streams  uint32 // at once
}

const wholeWindow = 1<<31 - 1 - 65535 // up to the largest that there is

var manners = map[family]manner{
	nginx: {window: wholeWindow, streams: 128, settings: []http2.Setting{
		{ID: http2.SettingMaxConcurrentStreams, Val: 128}, {ID: http2.SettingInitialWindowSize, Val: 65536}, {ID: http2.SettingMaxFrameSize, Val: 1<<24 - 1},
	}},
	apache: {window: wholeWindow, streams: 100, settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 100}}},
	lighttpd: {window: 196608, streams: 8, settings: []http2.Setting{
		{ID: http2.SettingMaxConcurrentStreams, Val: 8}, {ID: http2.SettingInitialWindowSize, Val: 65536}, {ID: http2.SettingMaxHeaderListSize, Val: 65535},
	}},
	iis:    {streams: 100, settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 100}, {ID: http2.SettingInitialWindowSize, Val: 65535}}},
	tomcat: {streams: 100, settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 100}}},
	jetty:  {window: 983041, streams: 128, settings: []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 524288}, {ID: http2.SettingMaxConcurrentStreams, Val: 128}}},
	cisco:  {streams: 100, settings: []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 100}}},
}

// speaksHTTP2 tells whether the server does: the operator's choice, or what the product does as it is installed. nginx and Apache do only where somebody
// has switched it on, and over TLS.
func (p product) speaksHTTP2(h *decoy.Host, service string) bool {
	if versions, ok := chosenVersions(h, service); ok {
		return slices.Contains(versions, "2")
	}
	switch p.family {
	case iis:
		return service == "https" && strings.HasPrefix(p.banner, "Microsoft-IIS/10")
	case lighttpd: // since 1.4.56
		patch, err := strconv.Atoi(strings.TrimPrefix(p.banner, "lighttpd/1.4."))
		return err == nil && patch >= 56
	case nginx:
		return service == "https" && h.Rand("http2").IntN(2) == 0
	}
	return false
}

// Protocols are what the server agrees on by ALPN, the preferred one first.
func (v *Server) Protocols() []string {
	protocols := []string{"http/1.1"}
	if v.product.family == nginx && !v.product.before("1.21.4") || v.product.family == lighttpd {
		protocols = append(protocols, "http/1.0")
	}
	if v.product.family == nginx && len(protocols) > 1 {
		protocols = append(protocols, "http/0.9")
	}
	if v.http2 {
		protocols = append([]string{http2.NextProtoTLS}, protocols...)
	}
	return protocols
}

// stream is a request that is not yet answered in full.
type stream struct {
	request *request
	length  int64  // the body's, as announced; -1 for not
	ended   bool   // the request has come in full, or as far as it matters
	cut     bool   // the answer was whole before the request
	answer  []byte // what the client's window has no room for yet
	window  int64
	cost    int // bytes that it holds
}

// connection is one of HTTP/2. One goroutine does it all: nothing that a client does makes another one.
type connection struct {
	*Server
	session *decoy.Session
	framer  *http2.Framer
	out     *bufio.Writer
	hello   hello

	headers strings.Builder
	encoder *hpack.Encoder

	streams  map[uint32]*stream
	last     uint32 // the highest stream
	count    int    // of requests
	held     int
	window   int64  // the client's, of the connection
	initial  int64  // of its streams
	maxFrame uint32 // that it takes
	going    bool   // the client has been told that this is the end
}

// hello is what a client reveals of its software before and with its first request.
type hello struct {
	settings   []string
	window     uint32
	priorities []string
	told       bool
}

// ServeHTTP2 answers the requests that come on conn, on which the client speaks HTTP/2 from its preface on.
func (v *Server) ServeHTTP2(s *decoy.Session, conn net.Conn) {
	v.serveHTTP2(s, conn, bufio.NewReader(conn))
}

func (v *Server) serveHTTP2(s *decoy.Session, conn net.Conn, in *bufio.Reader) {
	c := v.connect(s, in, conn)
	if c.out.Flush() != nil { // servers don't wait for the client
		return
	}
	s.SetReadDeadline(time.Now().Add(headTime))
	preface := make([]byte, len(http2.ClientPreface))
	if n, err := io.ReadFull(in, preface); err != nil || string(preface) != http2.ClientPreface {
		if n > 0 {
			s.Event("protocol_error", event.Bytes("data", preface[:n]))
		}
		return
	}
	for c.out.Flush() == nil {
		if c.going && len(c.streams) == 0 {
			linger(s, conn)
			return
		}
		wait := headTime
		if len(c.streams) == 0 && c.count > 0 {
			wait = v.product.keepAlive
		}
		s.SetReadDeadline(time.Now().Add(wait))
		err := c.next()
		var ofConnection http2.ConnectionError
		switch {
		case err == nil:
		case errors.As(err, &ofConnection), errors.Is(err, http2.ErrFrameTooLarge):
			code := http2.ErrCode(ofConnection)
			if errors.Is(err, http2.ErrFrameTooLarge) {
				code = http2.ErrCodeFrameSize
			}
			s.Event("protocol_error", event.String("version", version2), event.String("failure", code.String()))
			c.framer.WriteGoAway(c.last, code, nil)
			c.out.Flush()
			linger(s, conn)
			return
		default:
			for _, id := range slices.Sorted(maps.Keys(c.streams)) {
				if one := c.streams[id]; !one.ended {
					v.record(s, one.request, 0)
				}
			}
			return
		}
	}
}

// connect opens the connection as the server does.
func (v *Server) connect(s *decoy.Session, in io.Reader, out io.Writer) *connection {
	c := &connection{
		Server: v, session: s, out: bufio.NewWriter(out), streams: map[uint32]*stream{}, window: 65535, initial: 65535, maxFrame: 16384,
	}
	c.encoder = hpack.NewEncoder(&c.headers)
	c.framer = http2.NewFramer(c.out, in)
	c.framer.SetMaxReadFrameSize(maxFrame)
	c.framer.MaxHeaderListSize = maxHead
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	manner := manners[v.product.family]
	if v.product.family == lighttpd && v.product.patch() >= 66 { // it speaks WebSocket in streams, too, and no longer heeds the old priorities
		manner.window++
		manner.settings = append(slices.Clone(manner.settings), http2.Setting{ID: 8, Val: 1}, http2.Setting{ID: 9, Val: 1})
	}
	c.framer.WriteSettings(manner.settings...)
	if manner.window > 0 {
		c.framer.WriteWindowUpdate(0, manner.window)
	}
	return c
}

// next takes one frame. What is wrong with a stream alone is the end of that; an error is the connection's.
func (c *connection) next() error {
	frame, err := c.framer.ReadFrame()
	if err == nil {
		err = c.take(frame)
	}
	if trouble := (http2.StreamError{}); errors.As(err, &trouble) {
		c.end(trouble.StreamID)
		c.framer.WriteRSTStream(trouble.StreamID, trouble.Code)
		c.last = max(c.last, trouble.StreamID)
		return nil
	}
	return err
}

// take does what a frame asks for.
func (c *connection) take(frame http2.Frame) error {
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		return c.takeSettings(f)
	case *http2.MetaHeadersFrame:
		return c.takeHeaders(f)
	case *http2.DataFrame:
		return c.takeData(f)
	case *http2.WindowUpdateFrame:
		return c.takeWindow(f)
	case *http2.PriorityFrame:
		c.hello.prioritise(f.StreamID, f.PriorityParam)
	case *http2.PingFrame:
		if !f.IsAck() {
			c.framer.WritePing(true, f.Data)
		}
	case *http2.RSTStreamFrame:
		if f.StreamID > c.last {
			return http2.ConnectionError(http2.ErrCodeProtocol)
		}
		if one := c.streams[f.StreamID]; one != nil && !one.ended {
			c.record(c.session, one.request, 0)
		}
		c.end(f.StreamID)
	case *http2.GoAwayFrame:
		c.going = true
	case *http2.PushPromiseFrame:
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	return nil
}

func (c *connection) takeSettings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	err := f.ForeachSetting(func(s http2.Setting) error {
		if err := s.Valid(); err != nil {
			return err
		}
		if !c.hello.told && len(c.hello.settings) < maxTold {
			c.hello.settings = append(c.hello.settings, fmt.Sprintf("%d:%d", s.ID, s.Val))
		}
		switch s.ID {
		case http2.SettingInitialWindowSize:
			change := int64(s.Val) - c.initial
			c.initial = int64(s.Val)
			for _, one := range c.streams {
				if one.window += change; one.window > 1<<31-1 {
					return http2.ConnectionError(http2.ErrCodeFlowControl)
				}
			}
		case http2.SettingMaxFrameSize:
			c.maxFrame = s.Val
		case http2.SettingHeaderTableSize:
			c.encoder.SetMaxDynamicTableSize(min(s.Val, 4096))
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.framer.WriteSettingsAck()
	c.flow()
	return nil
}

func (c *connection) takeWindow(f *http2.WindowUpdateFrame) error {
	if f.StreamID == 0 {
		if !c.hello.told && c.hello.window == 0 {
			c.hello.window = f.Increment
		}
		if c.window += int64(f.Increment); c.window > 1<<31-1 {
			return http2.ConnectionError(http2.ErrCodeFlowControl)
		}
	} else if one := c.streams[f.StreamID]; one != nil {
		if one.window += int64(f.Increment); one.window > 1<<31-1 {
			return http2.StreamError{StreamID: f.StreamID, Code: http2.ErrCodeFlowControl}
		}
	} else if f.StreamID > c.last {
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	c.flow()
	return nil
}

func (c *connection) takeHeaders(f *http2.MetaHeadersFrame) error {
	id := f.StreamID
	if one := c.streams[id]; one != nil { // behind the body
		if one.ended || !f.StreamEnded() {
			return http2.ConnectionError(http2.ErrCodeProtocol)
		}
		return c.complete(id, one)
	}
	if id <= c.last || id%2 == 0 {
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	c.last = id
	c.tell(f)
	if c.going || len(c.streams) >= int(manners[c.product.family].streams) || c.held >= maxHeld {
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeRefusedStream}
	}
	r, err := requestOf(f, c.product.family)
	if err != nil && !errors.As(err, new(problem)) {
		return err
	}
	c.count++
	one := &stream{request: r, length: -1, window: c.initial}
	c.streams[id] = one
	c.hold(one, len(r.line))
	for _, h := range r.headers {
		c.hold(one, len(h.name)+len(h.value))
	}
	if length := r.get("Content-Length"); err == nil && length != "" {
		n, parseErr := strconv.ParseUint(length, 10, 63)
		switch {
		case parseErr != nil:
			err = problem{400, badLine}
		case n > maxBody:
			r.size, err = int64(n), problem{413, badLine}
		default:
			one.length = int64(n)
		}
	}
	if err != nil {
		return c.respond(id, one, err)
	}
	if f.StreamEnded() {
		return c.complete(id, one)
	}
	return nil
}

// requestOf is the request that the head of a stream makes.
func requestOf(f *http2.MetaHeadersFrame, of family) (*request, error) {
	fields := make([]header, len(f.Fields))
	for i, one := range f.Fields {
		fields[i] = header{one.Name, one.Value}
	}
	r, err := framedRequest(version2, of, fields, f.Truncated)
	if errors.Is(err, errMalformed) {
		err = http2.StreamError{StreamID: f.StreamID, Code: http2.ErrCodeProtocol}
	}
	return r, err
}

func (c *connection) takeData(f *http2.DataFrame) error {
	id, size := f.StreamID, f.Length
	if id > c.last {
		return http2.ConnectionError(http2.ErrCodeProtocol)
	}
	if size > 0 {
		c.framer.WriteWindowUpdate(0, size)
	}
	one := c.streams[id]
	if one == nil || one.ended {
		return nil // of one that is answered, or was ended, before the client knew
	}
	r, data := one.request, f.Data()
	r.size += int64(len(data))
	kept := data[:min(len(data), r.keeps()-len(r.body))]
	r.body = append(r.body, kept...)
	c.hold(one, len(kept))
	switch {
	case c.held > 2*maxHeld:
		c.record(c.session, r, 0)
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeEnhanceYourCalm}
	case one.length >= 0 && (r.size > one.length || f.StreamEnded() && r.size < one.length):
		c.record(c.session, r, 0)
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeProtocol}
	case r.size > maxBody:
		return c.respond(id, one, problem{413, badLine})
	case f.StreamEnded():
		return c.complete(id, one)
	case size > 0:
		c.framer.WriteWindowUpdate(id, size)
	}
	return nil
}

// complete answers a request that has come in full.
func (c *connection) complete(id uint32, one *stream) error {
	one.ended = true
	if one.length > 0 && one.request.size < one.length {
		c.record(c.session, one.request, 0)
		return http2.StreamError{StreamID: id, Code: http2.ErrCodeProtocol}
	}
	return c.respond(id, one, nil)
}

// respond answers a request; trouble is why it is not understood. What the client has no room for waits.
func (c *connection) respond(id uint32, one *stream, trouble error) error {
	var a answer
	if p := (problem{}); errors.As(trouble, &p) {
		a = c.failure(p.status, p.reason, one.request)
	} else {
		c.recordCredentials(c.session, one.request)
		a = c.answerTo(one.request)
	}
	c.record(c.session, one.request, a.status)
	_, headers, body := c.finish(&a, one.request, c.host.Now())
	c.headers.Reset()
	c.encoder.WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(a.status)})
	for _, h := range headers {
		c.encoder.WriteField(hpack.HeaderField{Name: strings.ToLower(h.name), Value: h.value})
	}
	c.writeHeaders(id, []byte(c.headers.String()), body == "")
	one.cut, one.ended = !one.ended, true
	if body == "" {
		c.answered(id, one)
	} else {
		one.answer = []byte(body)
		c.hold(one, len(body))
		c.flow()
	}
	if c.count >= c.product.requests && !c.going {
		c.going = true
		c.framer.WriteGoAway(c.last, http2.ErrCodeNo, nil)
	}
	return nil
}

func (c *connection) writeHeaders(id uint32, block []byte, ended bool) {
	n := min(len(block), int(c.maxFrame))
	c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block[:n], EndStream: ended, EndHeaders: n == len(block)})
	for block = block[n:]; len(block) > 0; block = block[n:] {
		n = min(len(block), int(c.maxFrame))
		c.framer.WriteContinuation(id, n == len(block), block[:n])
	}
}

// flow writes what the client's windows have room for, the oldest stream first.
func (c *connection) flow() {
	for _, id := range slices.Sorted(maps.Keys(c.streams)) {
		one := c.streams[id]
		for len(one.answer) > 0 {
			n := min(int64(len(one.answer)), c.window, one.window, int64(c.maxFrame))
			if n <= 0 {
				break
			}
			last := n == int64(len(one.answer))
			c.framer.WriteData(id, last, one.answer[:n])
			one.answer, one.window, c.window = one.answer[n:], one.window-n, c.window-n
			if last {
				c.answered(id, one)
			}
		}
	}
}

// answered ends a stream whose answer is written. The client of one that was cut need not send the rest.
func (c *connection) answered(id uint32, one *stream) {
	if one.cut {
		c.framer.WriteRSTStream(id, http2.ErrCodeNo)
	}
	c.end(id)
}

// hold counts what a stream holds until it ends.
func (c *connection) hold(one *stream, bytes int) {
	one.cost += bytes
	c.held += bytes
}

// end forgets a stream.
func (c *connection) end(id uint32) {
	if one := c.streams[id]; one != nil {
		c.held -= one.cost
		delete(c.streams, id)
	}
}

func (h *hello) prioritise(id uint32, p http2.PriorityParam) {
	if h.told || len(h.priorities) >= maxTold {
		return
	}
	exclusive := 0
	if p.Exclusive {
		exclusive = 1
	}
	h.priorities = append(h.priorities, fmt.Sprintf("%d:%d:%d:%d", id, exclusive, p.StreamDep, int(p.Weight)+1))
}

// tell records, with a client's first request, what it has revealed of its software: its settings, its window, its priorities and the order in which it
// names method, authority, scheme and path, and all of them in one line, as is usual since Akamai's "Passive Fingerprinting of HTTP/2 Clients" (2017).
func (c *connection) tell(f *http2.MetaHeadersFrame) {
	h := &c.hello
	if h.told {
		return
	}
	if f.HasPriority() {
		h.prioritise(f.StreamID, f.Priority)
	}
	h.told = true
	var order []string
	for _, one := range f.PseudoFields() {
		order = append(order, one.Name[1:2])
	}
	settings, priorities := strings.Join(h.settings, ";"), strings.Join(h.priorities, ",")
	if priorities == "" {
		priorities = "0"
	}
	c.session.Event("http2_settings",
		event.String("settings", settings), event.Int("window_update", int64(h.window)), event.String("priorities", priorities),
		event.String("pseudo_headers", strings.Join(order, ",")),
		event.String("fingerprint", fmt.Sprintf("%s|%02d|%s|%s", settings, h.window, priorities, strings.Join(order, ","))))
	h.settings, h.priorities = nil, nil
}
