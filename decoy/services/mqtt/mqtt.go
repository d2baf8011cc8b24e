// Package mqtt is the decoy of a message broker: Mosquitto, versions 3.1, 3.1.1 and 5 of the protocol. The devices of a house or a plant seem to publish there, and what they left
// behind holds passwords. Who connects, with which secret, what is subscribed to and what is published is recorded. What a client publishes reaches
// the clients of its own address, within bounds, and nobody else.
package mqtt

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
)

const (
	helloTime    = 20 * time.Second
	tell         = 11 * time.Second // how often the server tells of itself and the devices of theirs
	maxFilters   = 64               // of one client
	maxRetained  = 64               // of one address
	maxKept      = 4 << 10          // bytes of a retained message
	maxListeners = 32               // clients of one address that hear each other
	maxWaiting   = 128 << 10        // bytes of others' messages that wait for one client, unless it is one alone
	maxShown     = 1024             // bytes, in the record, of what is no packet
)

// visitor is what the clients of one address share.
type visitor struct {
	retained  map[string]message
	listeners []*client
}

// parcel is what is to be sent to a client: by the server, or by another client.
type parcel struct {
	data   []byte
	others bool
}

// client is one connection.
type client struct {
	*broker
	s     *decoy.Session
	hello hello
	out   chan parcel // to the writer; one of nothing is the last
	left  chan struct{}

	waiting atomic.Int64 // bytes of others' messages in out

	mu      sync.Mutex
	filters []filter
}

// ServeConn answers one client.
func (b *broker) ServeConn(ctx context.Context, s *decoy.Session) {
	ctx, cancel := context.WithCancel(ctx)
	c := &client{broker: b, s: s, out: make(chan parcel, 64), left: make(chan struct{})}
	in := bufio.NewReader(s)
	if !c.admit(in) {
		cancel()
		return
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		defer close(c.left)
		s.Guard(func() { c.write(ctx) })
	})
	c.serve(ctx, in)
	b.visitors.With(s.Peer().Addr(), func(v *visitor) {
		v.listeners = slices.DeleteFunc(v.listeners, func(l *client) bool { return l == c })
	})
	s.Close() // which ends a write
	cancel()
	writer.Wait()
}

func (c *client) strange(reason string, p packet) {
	c.s.Event("protocol_error", event.String("reason", reason), event.String("packet", kindNames[p.kind]), event.Bytes("data", p.body[:min(len(p.body), maxShown)]))
}

// admit hears who the client is and tells whether it may come in.
func (c *client) admit(in *bufio.Reader) bool {
	if c.s.SetReadDeadline(time.Now().Add(helloTime)) != nil {
		return false
	}
	// What can't be a greeting is not waited for.
	if first, err := in.Peek(1); err == nil && first[0] != connect<<4 {
		body, _ := in.Peek(in.Buffered())
		c.strange("no hello", packet{kind: first[0] >> 4, body: body})
		return false
	}
	p, err := read(in, maxStranger)
	if err != nil {
		if errors.Is(err, errMalformed) || errors.Is(err, io.ErrUnexpectedEOF) {
			c.strange("no packet", p)
		}
		return false
	}
	h, ok := parseHello(p.body)
	if p.kind != connect || p.flags != 0 || !ok {
		c.strange("no hello", p)
		return false
	}
	c.hello = h
	refuse := func(old, modern byte) bool {
		code := []byte{0, old}
		if h.version == 5 {
			code = []byte{0, modern, 0}
		}
		c.s.Write(encode(connack, 0, code)) // the connection ends in any case
		return false
	}
	fields := []event.Field{
		event.String("protocol", h.protocol), event.Int("version", int64(h.version)), event.String("client_id", h.id), event.Int("keep_alive", int64(h.keepAlive)),
	}
	if h.will {
		fields = append(fields, event.String("will_topic", h.willTopic), event.Bytes("content", h.willBody))
	}
	c.s.Event("mqtt_connect", fields...)
	switch {
	case !h.understood():
		return refuse(1, 1)
	case h.method:
		return refuse(0, 0x8c)
	}
	known := c.users == nil || slices.ContainsFunc(c.users[h.user], func(p string) bool { return subtle.ConstantTimeCompare([]byte(p), h.password) == 1 })
	if h.hasUser || len(h.password) > 0 {
		outcome := event.Rejected
		if known {
			outcome = event.Accepted
		}
		c.s.Attempt("plaintext", h.user, h.password, outcome, event.String("client_id", h.id))
	}
	switch {
	case !known:
		return refuse(5, 0x87)
	case h.id == "" && (h.version == 3 || h.version == 4 && !h.clean):
		return refuse(2, 0x85)
	}
	accept := []byte{0, 0}
	if h.version == 5 {
		properties := []byte{0x22, 0, 10} // aliases of topics
		if h.id == "" {
			b := c.host.Hex("mqtt-auto/"+c.s.ID(), 16)
			properties = append(append(properties, 0x12), text("auto-"+strings.ToUpper(b[:8]+"-"+b[8:12]+"-"+b[12:16]+"-"+b[16:20]+"-"+b[20:]))...)
		}
		if h.keepAlive == 0 && strings.HasPrefix(c.version, "2.") {
			properties = append(properties, 0x13, 0xff, 0xff) // nobody may be silent for ever
		}
		properties = append(properties, 0x21, 0, 20) // messages under way
		accept = append(appendVarint(accept, len(properties)), properties...)
	}
	_, err = c.s.Write(encode(connack, 0, accept))
	return err == nil
}

// send hands a packet to the writer; it waits while the client is slow, but not for one that is gone.
func (c *client) send(ctx context.Context, p []byte) bool {
	select {
	case c.out <- parcel{data: p}:
		return true
	case <-ctx.Done():
		return false
	}
}

// write writes what is to be sent, and tells what there is to tell.
func (c *client) write(ctx context.Context) {
	defer c.s.Close() // which ends the reader
	tick := time.NewTicker(tell)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-c.out:
			if p.data == nil {
				return
			}
			if _, err := c.s.Write(p.data); err != nil {
				return
			}
			if p.others { // which the client has by now
				c.waiting.Add(-int64(len(p.data)))
			}
		case <-tick.C:
			now := c.host.Now()
			for _, m := range c.retained(now) {
				if m.retain = false; !c.wants(m.topic) || slices.ContainsFunc(c.fixed, func(f message) bool { return f.topic == m.topic }) {
					continue
				}
				if _, err := c.s.Write(m.encode(c.hello.version)); err != nil {
					return
				}
			}
		}
	}
}

func (c *client) wants(topic string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.filters, func(f filter) bool { return matches(f.topic, topic) })
}

// serve answers packets until the client leaves.
func (c *client) serve(ctx context.Context, in *bufio.Reader) {
	for {
		var deadline time.Time // without a promise of the client's, the runtime's alone
		if c.hello.keepAlive > 0 {
			deadline = time.Now().Add(time.Duration(c.hello.keepAlive) * time.Second * 3 / 2)
		}
		if c.s.SetReadDeadline(deadline) != nil {
			return
		}
		p, err := read(in, maxPacket)
		if err != nil {
			if errors.Is(err, errMalformed) {
				c.strange("no packet", p)
				c.dismiss(ctx, malformed)
			}
			return
		}
		if !c.obey(ctx, p) {
			return
		}
	}
}

// obey does what a packet says and tells whether the conversation goes on.
func (c *client) obey(ctx context.Context, p packet) bool {
	id := p.body[:min(2, len(p.body))]
	switch p.kind {
	case pingreq:
		return c.send(ctx, encode(pingresp, 0))
	case publish:
		return c.published(ctx, p)
	case pubrel:
		return len(id) == 2 && c.send(ctx, encode(pubcomp, 0, id))
	case pubrec: // of what isn't under way, too
		return len(id) == 2 && c.send(ctx, encode(pubrel, 2, id))
	case puback, pubcomp, pingresp:
		return true
	case subscribe:
		return c.subscribed(ctx, p)
	case unsubscribe:
		return c.unsubscribed(ctx, p)
	case disconnect:
		return false
	}
	c.strange("not now", p)
	if p.kind == 0 {
		return c.dismiss(ctx, protocolError)
	}
	return false
}

// Why a client of version 5 is sent away.
const (
	malformed     = 0x81
	protocolError = 0x82
)

// dismiss ends the conversation; version 5 is told why. It returns false, for the conversation does not go on.
func (c *client) dismiss(ctx context.Context, why byte) bool {
	if c.hello.version == 5 && c.send(ctx, encode(disconnect, 0, []byte{why})) {
		c.send(ctx, nil)
		select {
		case <-c.left:
		case <-ctx.Done():
		}
	}
	return false
}

// published passes a message on to who may hear it, and confirms it.
func (c *client) published(ctx context.Context, p packet) bool {
	m, ok := parsePublish(p, c.hello.version)
	if !ok {
		c.strange("no message", p)
		if m.topic == "" || strings.ContainsAny(m.topic, "+#") || m.qos > 0 && m.qos < 3 && m.id == 0 {
			return c.dismiss(ctx, protocolError)
		}
		return c.dismiss(ctx, malformed)
	}
	c.s.Event("publish", event.String("topic", m.topic), event.Int("qos", int64(m.qos)), event.Int("size", int64(len(m.body))), event.Bytes("body", m.body))
	var came byte // of it, for version 5
	if strings.HasPrefix(m.topic, "$") {
		came = notAuthorized
	} else if !c.pass(m) && m.qos == 1 {
		came = noSubscribers
	}
	answer := binary.BigEndian.AppendUint16(nil, uint16(m.id))
	if came != 0 && c.hello.version == 5 {
		answer = append(answer, came)
	}
	switch m.qos {
	case 1:
		return c.send(ctx, encode(puback, 0, answer))
	case 2:
		return c.send(ctx, encode(pubrec, 0, answer))
	}
	return true
}

// What came of a message.
const (
	noSubscribers = 0x10
	notAuthorized = 0x87
)

// pass gives the message to the clients of this address, and keeps it for them where it is to be kept. It tells whether anybody wanted it.
func (c *client) pass(m message) (wanted bool) {
	c.visitors.With(c.s.Peer().Addr(), func(v *visitor) {
		_, has := v.retained[m.topic]
		switch {
		case m.retain && len(m.body) == 0:
			delete(v.retained, m.topic)
		case m.retain && len(m.body) <= maxKept && (has || len(v.retained) < maxRetained):
			v.retained[m.topic] = message{topic: m.topic, body: bytes.Clone(m.body), retain: true}
		}
		m.retain = false
		encoded := map[byte][]byte{} // one for all who hear it
		for _, l := range v.listeners {
			if !l.wants(m.topic) {
				continue
			}
			wanted = true
			data := encoded[l.hello.version]
			if data == nil {
				data = m.encode(l.hello.version)
				encoded[l.hello.version] = data
			}
			l.hear(data)
		}
	})
	return wanted
}

// hear gives the client what another one has published, unless it is too slow: quality 0 promises nothing. It is called by one at a time.
func (c *client) hear(data []byte) {
	size := int64(len(data))
	if before := c.waiting.Load(); before > 0 && before+size > maxWaiting {
		return
	}
	c.waiting.Add(size)
	select {
	case c.out <- parcel{data, true}:
	default:
		c.waiting.Add(-size)
	}
}

// subscribed notes what the client wants to hear, and gives it what is kept of that.
func (c *client) subscribed(ctx context.Context, p packet) bool {
	id, asked, ok := parseFilters(p, c.hello.version)
	if !ok {
		c.strange("no subscription", p)
		return c.dismiss(ctx, malformed)
	}
	answer := binary.BigEndian.AppendUint16(nil, uint16(id))
	if c.hello.version == 5 {
		answer = append(answer, 0)
	}
	var names []string
	var taken []filter
	c.mu.Lock()
	for _, f := range asked {
		names = append(names, f.topic)
		c.filters = slices.DeleteFunc(c.filters, func(old filter) bool { return old.topic == f.topic })
		if len(c.filters) == maxFilters {
			answer = append(answer, 0x80)
			continue
		}
		c.filters, taken = append(c.filters, f), append(taken, f)
		answer = append(answer, f.qos)
	}
	c.mu.Unlock()
	c.s.Event("subscribe", event.String("topics", strings.Join(names, "\n")))
	kept := c.retained(c.host.Now())
	c.visitors.With(c.s.Peer().Addr(), func(v *visitor) {
		if len(v.listeners) < maxListeners && !slices.Contains(v.listeners, c) {
			v.listeners = append(v.listeners, c)
		}
		for topic, m := range v.retained {
			kept = append(slices.DeleteFunc(kept, func(old message) bool { return old.topic == topic }), m)
		}
	})
	if !c.send(ctx, encode(suback, 0, answer)) {
		return false
	}
	for _, m := range kept {
		if slices.ContainsFunc(taken, func(f filter) bool { return matches(f.topic, m.topic) }) && !c.send(ctx, m.encode(c.hello.version)) {
			return false
		}
	}
	return true
}

func (c *client) unsubscribed(ctx context.Context, p packet) bool {
	id, asked, ok := parseFilters(p, c.hello.version)
	if !ok {
		c.strange("no subscription", p)
		return c.dismiss(ctx, malformed)
	}
	answer := binary.BigEndian.AppendUint16(nil, uint16(id))
	if c.hello.version == 5 {
		answer = append(answer, 0)
	}
	c.mu.Lock()
	for _, f := range asked {
		before := len(c.filters)
		c.filters = slices.DeleteFunc(c.filters, func(old filter) bool { return old.topic == f.topic })
		if c.hello.version == 5 {
			code := byte(0x11) // there was none
			if len(c.filters) < before {
				code = 0
			}
			answer = append(answer, code)
		}
	}
	c.mu.Unlock()
	return c.send(ctx, encode(unsuback, 0, answer))
}
