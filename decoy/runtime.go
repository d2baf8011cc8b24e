package decoy

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"decnet/decoy/control"
	"decnet/decoy/event"
)

// Options are what a runtime is made from. Host and Events are needed.
type Options struct {
	Host *Host
	// Events is where event lines go, whole lines a write. It may block; sessions don't wait for it.
	Events io.Writer
	// Ports returns the ports of a service, and false when there is no such service; nil means [CatalogPorts].
	Ports func(slug string) ([]Port, bool)
	// State is the directory that keeps the last applied services; "" keeps nothing.
	State  string
	Limits Limits // the zero value means DefaultLimits
	// Quiet is how long services wait before they prepare, and by chance up to as long again: a host that brings many deckies up has no processor to spare. 0 means
	// 30 seconds.
	Quiet time.Duration
	// Drain is how long Close waits for the sessions to end; 0 means 2 seconds.
	Drain time.Duration
	Log   *slog.Logger // diagnostics; nil discards them
}

// Runtime runs the services of one decky. It is safe for use by several goroutines.
type Runtime struct {
	host   *Host
	ports  func(string) ([]Port, bool)
	limits Limits
	quiet  time.Duration
	drain  time.Duration
	state  state
	log    *slog.Logger
	boot   string

	recorder *recorder
	guard    *guard
	talks    *talks
	stop     chan struct{}
	loops    sync.WaitGroup // accept loops and the summaries

	apply sync.Mutex // held by who changes what follows
	mu    sync.Mutex // guards it against readers

	changed atomic.Bool // since the last summary

	closed     bool
	generation int
	settings   control.Settings
	instances  map[string]*instance
	listeners  map[Port]*listener
}

// New makes a runtime with no services open. Close it.
func New(o Options) *Runtime {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	o.Limits.ConnectionsPerSource = spread(o.Host, "ceiling", o.Limits.ConnectionsPerSource)
	if o.Quiet == 0 {
		o.Quiet = 30 * time.Second
	}
	if o.Drain == 0 {
		o.Drain = 2 * time.Second
	}
	if o.Ports == nil {
		o.Ports = CatalogPorts
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Runtime{
		host: o.Host, ports: o.Ports, limits: o.Limits, quiet: o.Quiet, drain: o.Drain, state: state(o.State), log: o.Log,
		boot:      randomID(),
		guard:     newGuard(o.Limits, o.Host.Now),
		talks:     newTalks(o.Host.Now, o.Limits.SessionTime),
		stop:      make(chan struct{}),
		settings:  o.Host.Settings,
		instances: map[string]*instance{},
		listeners: map[Port]*listener{},
	}
	r.recorder = newRecorder(o.Host.Name, r.boot, o.Events, o.Host.Now, o.Log)
	r.loops.Go(r.summarize)
	return r
}

func randomID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Handle does what a request asks for and returns the reply to send.
func (r *Runtime) Handle(ctx context.Context, request control.Request) control.Reply {
	var err error
	switch request.Op {
	case control.Apply:
		err = r.Apply(ctx, request.Generation, request.Services, request.Settings)
	case control.Status:
	default:
		err = &control.Error{Code: control.Unsupported, Message: fmt.Sprintf("unknown op %q", request.Op)}
	}
	reply := r.status()
	reply.ID, reply.Listening = request.ID, listening(ctx, r.host.IP, request.Ports)
	if err != nil && !errors.As(err, &reply.Error) {
		reply.Error = &control.Error{Code: control.Failed, Message: "the decoy could not do it", Detail: err.Error()}
	}
	return reply
}

func (r *Runtime) status() control.Reply {
	r.mu.Lock()
	defer r.mu.Unlock()
	reply := control.Reply{
		Control:    true,
		Boot:       r.boot,
		Generation: r.generation,
		Services:   slices.Sorted(maps.Keys(r.instances)),
		Endpoints:  []control.Endpoint{},
	}
	if reply.Services == nil {
		reply.Services = []string{}
	}
	for _, l := range r.listeners {
		reply.Endpoints = append(reply.Endpoints, control.Endpoint{Service: l.owner.Load().slug, Proto: l.want.Proto, Port: l.port})
	}
	slices.SortFunc(reply.Endpoints, func(a, b control.Endpoint) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Proto, b.Proto))
	})
	return reply
}

// change is a new set of services being prepared beside the old one.
type change struct {
	instances map[string]*instance // the whole new set
	fresh     []*instance          // those of it that were not there before
	settings  control.Settings
	listeners map[Port]*listener // the whole new set
	opened    []*listener
	inherited map[*listener]*instance // ports that pass from an old service to a new one
}

// Apply brings the decky to exactly these services. The new ones are opened and checked before an old one is closed; on any error the old set
// goes on as if nothing had been asked. Services in both sets, and their sessions, are not touched, but for those of which a setting changes: these are
// made anew, on the ports that they have. nil settings are those that hold.
func (r *Runtime) Apply(ctx context.Context, generation int, services []string, settings control.Settings) error {
	r.apply.Lock()
	defer r.apply.Unlock()
	if r.closed {
		return &control.Error{Code: control.NotRunning, Message: "the decoy is closing"}
	}
	if settings == nil {
		settings = r.settings
	}
	next, err := r.prepare(ctx, services, settings)
	if err == nil {
		err = r.state.save(generation, slices.Sorted(maps.Keys(next.instances)), settings)
	}
	if err != nil {
		for _, l := range next.opened {
			l.close()
		}
		for _, i := range next.fresh {
			i.close()
		}
		return err
	}
	r.commit(generation, next)
	for _, in := range next.fresh {
		if preparer, ok := in.service.(Preparer); ok {
			go r.prepareSoon(in, preparer)
		}
	}
	return nil
}

// prepareSoon has a service prepare when things have become quiet, if it is still there.
func (r *Runtime) prepareSoon(in *instance, p Preparer) {
	select {
	case <-time.After(r.quiet + mathrand.N(r.quiet)):
		p.Prepare() // it ends by itself, soon
		r.changed.Store(true)
	case <-in.ctx.Done():
	}
}

// prepare opens and checks what is new. What it has opened is in the change also when it fails.
func (r *Runtime) prepare(ctx context.Context, services []string, settings control.Settings) (*change, error) {
	next := &change{
		settings: settings, instances: map[string]*instance{}, listeners: map[Port]*listener{}, inherited: map[*listener]*instance{},
	}
	claims := map[Port]*instance{}
	for _, slug := range services {
		if next.instances[slug] != nil {
			continue
		}
		ports, known := r.ports(slug)
		factory, made := registry[slug]
		if !known || !made {
			return next, &control.Error{Code: control.Unsupported, Message: fmt.Sprintf("this decoy has no service %q", slug)}
		}
		in := r.instances[slug]
		if in == nil || !in.host.same(settings) {
			host := r.host.with(settings)
			service, err := factory(host)
			if err != nil {
				return next, fmt.Errorf("making service %s: %w", slug, err)
			}
			in = newInstance(slug, host, service, r.limits)
			next.fresh = append(next.fresh, in)
		}
		next.instances[slug] = in
		chooser, chooses := in.service.(PortChooser)
		for _, port := range ports {
			if chooses && !chooser.Listens(port) {
				continue
			}
			if other := claims[port]; other != nil {
				return next, &control.Error{
					Code:    control.PortUnavailable,
					Message: fmt.Sprintf("port %s is wanted by both %s and %s", port, other.slug, slug),
				}
			}
			claims[port] = in
		}
	}
	for port, in := range claims {
		l := r.listeners[port]
		if l == nil {
			var err error
			if l, err = listen(ctx, r.host.IP, port, r.host.PortOffset); err != nil {
				return next, err
			}
			next.opened = append(next.opened, l)
			l.owner.Store(in)
			if member, ok := in.service.(GroupMember); ok && l.udp != nil {
				// Without multicast the service still answers what comes to its own address.
				if err := l.join(r.host.IP, member.Groups(port.Number)); err != nil {
					r.log.Warn("joining multicast groups", "port", port.String(), "err", err)
				}
			}
			r.serve(l)
		} else if l.owner.Load() != in {
			next.inherited[l] = in
		}
		next.listeners[port] = l
	}
	for _, l := range next.opened {
		if err := l.check(ctx); err != nil {
			return next, err
		}
	}
	return next, nil
}

// listening is what the decky will listen on.
func (c *change) listening() *[]Listening {
	var open []Listening
	for port, l := range c.listeners {
		in := c.inherited[l]
		if in == nil {
			in = l.owner.Load()
		}
		one := Listening{Port: port, Service: in.slug}
		if service, ok := in.service.(Programmed); ok {
			one.Program = service.Program()
		}
		if service, ok := in.service.(Insider); ok {
			one.Inside = service.FromInside
		}
		open = append(open, one)
	}
	slices.SortFunc(open, func(a, b Listening) int {
		return cmp.Or(cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Number, b.Number))
	})
	return &open
}

// commit can't fail.
func (r *Runtime) commit(generation int, next *change) {
	r.changed.Store(true)
	r.mu.Lock()
	oldInstances, oldListeners := r.instances, r.listeners
	r.generation, r.settings, r.instances, r.listeners = generation, next.settings, next.instances, next.listeners
	for _, in := range next.instances {
		in.host.adopt(next.settings)
	}
	r.host.open.Store(next.listening())
	for l, in := range next.inherited {
		l.owner.Store(in)
	}
	r.mu.Unlock()
	for port, l := range oldListeners {
		if next.listeners[port] != l {
			l.close()
		}
	}
	for slug, in := range oldInstances {
		if next.instances[slug] != in {
			in.close()
			r.talks.close(in)
		}
	}
}

// Restore applies the services that were in force when the decoy last ran. It says in the log what it found.
func (r *Runtime) Restore(ctx context.Context) {
	last, err := r.state.load()
	if err != nil {
		r.log.Warn("starting without services: what was kept can't be read", "err", err)
		return
	}
	if last == nil {
		r.log.Info("starting without services: none were kept")
		return
	}
	if err := r.Apply(ctx, last.Generation, last.Services, last.Settings); err != nil {
		r.log.Error("starting without services: the last ones can't be opened", "services", last.Services, "err", err)
		return
	}
	r.log.Info("the last services are open again", "services", last.Services, "generation", last.Generation)
}

// Close closes all listeners and sessions, waits a little for the sessions to end and writes out the events.
func (r *Runtime) Close() {
	r.apply.Lock()
	defer r.apply.Unlock()
	if r.closed {
		return
	}
	r.closed = true
	close(r.stop)
	all := slices.Collect(maps.Values(r.instances))
	r.commit(r.generation, &change{})
	r.loops.Wait()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, in := range all {
			in.sessions.Wait()
		}
	}()
	select {
	case <-ended:
	case <-time.After(r.drain):
		r.log.Warn("sessions that did not end were left behind")
	}
	r.recordRefused(true)
	r.recorder.close(r.drain)
}

// summarize records what the guard has held back, every so often, and gives back the memory of services that have gone.
func (r *Runtime) summarize() {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
			r.talks.sweep()
			r.recordRefused(false)
			if r.changed.Swap(false) {
				giveBack()
			}
		}
	}
}

// recordHeld records what was held back of a flood that is over.
func (r *Runtime) recordHeld(events []event.Event) {
	for _, e := range events {
		r.recorder.record(e)
	}
}

// recordRefused records what was held back of floods that are over, or of all, and counts the rest.
func (r *Runtime) recordRefused(all bool) {
	r.recordHeld(r.guard.subsided(all))
	for _, s := range r.guard.report() {
		for typ, count := range map[string]uint64{event.Suppressed: s.suppressed, event.Refused: s.refused} {
			if count == 0 {
				continue
			}
			fields := []event.Field{event.Int(event.Count, int64(count))}
			if s.addr.IsValid() {
				fields = append(fields, event.String(event.SrcIP, s.addr.String()))
			}
			r.recorder.record(event.Event{Severity: event.Warning, Service: "decoy", Type: typ, Fields: fields, Message: typ})
		}
	}
}

// serve starts the loop that takes what comes to the listener's port.
func (r *Runtime) serve(l *listener) {
	if l.udp != nil {
		for _, socket := range append(l.group, l.udp) {
			r.loops.Go(func() {
				l.receive(socket, r.log, func(data []byte, from netip.AddrPort) { r.answer(l, data, from) })
			})
		}
		return
	}
	r.loops.Go(func() {
		l.accept(r.log, func(conn net.Conn) {
			in := l.owner.Load()
			streamer, ok := in.service.(Streamer)
			// A service may go out of force between the two lines above; who then comes is sent away.
			if !ok || !in.enter() {
				conn.Close()
				return
			}
			s := r.session(l, in, conn)
			if s.record != nil && !r.admit(l, in, s) {
				in.leave()
				conn.Close()
				return
			}
			go func() {
				defer in.leave()
				r.converse(in, s, streamer.ServeConn)
				if s.record != nil {
					r.dismiss(l, s)
				}
			}()
		})
	})
}

// admit counts the session's connection in, or says that there are too many. dismiss counts it out.
func (r *Runtime) admit(l *listener, in *instance, s *Session) bool {
	if l.open.Load() >= int64(r.limits.ConnectionsPerPort) {
		r.guard.refuse(s.peer.Addr())
		return false
	}
	switch r.guard.connect(s.peer.Addr(), l.want, in.ceiling) {
	case refused:
		return false
	case dropped:
		// A socket that is new takes a line at once.
		_, _ = s.Write([]byte(in.ceiling.words))
		return false
	case crowded:
		s.crowded = true
	case admitted:
	}
	l.open.Add(1)
	return true
}

func (r *Runtime) dismiss(l *listener, s *Session) {
	r.guard.disconnect(s.peer.Addr(), l.want, !s.known.Load())
	l.open.Add(-1)
}

// session makes the session of one connection. One from the decky's own address is a self-check, of which nothing is recorded.
func (r *Runtime) session(l *listener, in *instance, conn net.Conn) *Session {
	s := &Session{
		id: randomID(), host: in.host, service: in.slug, port: l.want.Number, conn: conn, limits: r.limits, started: time.Now(), log: r.log,
		peer: addrPort(conn.RemoteAddr()), local: addrPort(conn.LocalAddr()),
	}
	if _, one := conn.(datagram); !one {
		s.flood = &flood{}
	}
	if s.peer.Addr() != s.local.Addr() {
		s.record = func(e event.Event) {
			if r.guard.allowEvent(s.peer.Addr(), s.flood, e) {
				r.recorder.record(e)
			}
			if outcome, ok := e.Get(event.Outcome); ok && e.Type == event.AuthAttempt && outcome == event.Accepted && s.flood != nil && !s.known.Swap(true) {
				r.guard.acquaint(s.peer.Addr(), l.want)
			}
		}
	}
	return s
}

// converse lets the service answer the connection, from connect to disconnect.
func (r *Runtime) converse(in *instance, s *Session, serve func(context.Context, *Session)) {
	ctx, cancel := context.WithTimeout(in.ctx, r.limits.SessionTime)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	s.Event(event.Connect)
	s.Guard(func() { serve(ctx, s) })
	s.Close()
	r.recordHeld(r.guard.settle(s.peer.Addr(), s.flood))
	s.Event(event.Disconnect,
		event.Int(event.Duration, time.Since(s.started).Milliseconds()),
		event.Int("bytes_in", s.in.Load()),
		event.Int("bytes_out", s.out.Load()))
}

// answer lets the service answer a datagram.
func (r *Runtime) answer(l *listener, data []byte, from netip.AddrPort) {
	if l.flows.pass(from, data) {
		return
	}
	in := l.owner.Load()
	answerer, ok := in.service.(PacketAnswerer)
	if !ok || !r.guard.allowPacket(from.Addr()) || !in.enter() {
		return
	}
	defer in.leave()
	conn := datagram{l.udp, net.UDPAddrFromAddrPort(from), func(bytes int) bool { return r.guard.allowAnswer(from.Addr(), bytes) }}
	s := r.session(l, in, conn)
	if s.record != nil { // else the decky talks to itself, and has not much to say
		one := r.talks.join(l.want.Number, from, in, len(data), func() *Session { return r.session(l, in, conn) })
		s.id, s.record = one.voice.id, r.talks.through(one, s.record)
		s.branch = func(serve func(context.Context, *Session)) bool { return r.branch(l, in, s, one, serve) }
		s.flow = func(serve func(context.Context, *Session)) bool {
			r.talks.yield(one)
			return r.flow(l, in, conn, s.id, data, serve)
		}
		defer func() { r.talks.answered(one, s.out.Load()) }()
	}
	ctx, cancel := context.WithTimeout(in.ctx, 5*time.Second)
	defer cancel()
	s.Guard(func() { answerer.ServePacket(ctx, s, data) })
}

// flow lets the service go on with the sender of a datagram on the same socket.
func (r *Runtime) flow(l *listener, in *instance, conn datagram, id string, first []byte, serve func(context.Context, *Session)) bool {
	if !in.enter() {
		return false
	}
	f := newFlow(conn)
	s := r.session(l, in, f)
	s.id = id
	forged := conn.allow
	f.allow = func(bytes int) bool { return s.present.Load() || forged(bytes) }
	if !r.admit(l, in, s) {
		in.leave()
		return false
	}
	l.flows.begin(s.peer, f)
	l.flows.pass(s.peer, first)
	go func() {
		defer in.leave()
		r.converse(in, s, serve)
		l.flows.end(s.peer)
		r.dismiss(l, s)
	}()
	return true
}

// branch lets the service go on with the sender of a datagram on a socket of its own.
func (r *Runtime) branch(l *listener, in *instance, from *Session, one *talk, serve func(context.Context, *Session)) bool {
	peer := from.peer.Addr()
	if !in.enter() {
		return false
	}
	if r.guard.connect(peer, l.want, in.ceiling) != admitted {
		in.leave()
		return false
	}
	leave := func(stranger bool) {
		r.guard.disconnect(peer, l.want, stranger)
		in.leave()
	}
	var local *net.UDPAddr
	if addr := from.local.Addr(); !addr.IsUnspecified() {
		local = net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0))
	}
	// It is connected to who asked, and to nobody else: that only keeps strangers out of the conversation.
	conn, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(from.peer))
	if err != nil {
		r.log.Warn("opening a socket for a conversation", "port", l.want.String(), "err", err)
		leave(true)
		return false
	}
	s := r.session(l, in, branched{conn, func(bytes int) bool { return r.guard.allowAnswer(peer, bytes) }})
	s.id = from.id
	join := r.talks.branch(one)
	go func() {
		defer func() { leave(!s.known.Load()) }()
		defer func() { join(s.in.Load(), s.out.Load()) }()
		defer conn.Close()
		ctx, cancel := context.WithTimeout(in.ctx, r.limits.SessionTime)
		defer cancel()
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		s.Guard(func() { serve(ctx, s) })
		r.recordHeld(r.guard.settle(peer, s.flood))
	}()
	return true
}
