package decoy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
)

// The services of these tests: echo says its name and then repeats what it hears, on one port or more.
var testPorts = map[string][]decoy.Port{
	"alpha":    {{Number: 7001, Proto: "tcp"}},
	"beta":     {{Number: 7002, Proto: "tcp"}, {Number: 7003, Proto: "tcp"}},
	"gamma":    {{Number: 7003, Proto: "tcp"}, {Number: 7004, Proto: "tcp"}}, // shares one with beta
	"panics":   {{Number: 7005, Proto: "tcp"}},
	"packets":  {{Number: 7006, Proto: "udp"}},
	"broken":   {{Number: 7007, Proto: "tcp"}},
	"chosen":   {{Number: 7008, Proto: "tcp"}},
	"prepared": {{Number: 7009, Proto: "tcp"}},
	"chatty":   {{Number: 7010, Proto: "tcp"}},
	"shouts":   {{Number: 7011, Proto: "tcp"}},
}

type echo struct{ name string }

func (e echo) ServeConn(_ context.Context, s *decoy.Session) {
	fmt.Fprintf(s, "%s %d\n", e.name, s.CatalogPort())
	io.Copy(s, s)
}

func (e echo) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	s.Event("packet", event.Bytes("data", data))
	fmt.Fprintf(s, "%s %s", e.name, data)
}

type panics struct{}

func (panics) ServeConn(_ context.Context, s *decoy.Session) { panic("secret of the decoy") }

// prepared answers once it is ready, which nobody but the runtime makes it.
type prepared struct {
	host *decoy.Host
}

func (p *prepared) ready() chan struct{} {
	return decoy.Once(p.host, "ready", func() chan struct{} { return make(chan struct{}) })
}

func (p *prepared) Prepare() { close(p.ready()) } // panics when called twice

func (p *prepared) ServeConn(ctx context.Context, s *decoy.Session) {
	select {
	case <-p.ready():
		fmt.Fprintln(s, "ready")
	case <-ctx.Done():
	}
}

// chatty records twenty facts of no weight, and then twenty passwords.
type chatty struct{}

func (chatty) ServeConn(_ context.Context, s *decoy.Session) {
	for range 20 {
		s.Event("chatter")
	}
	for range 20 {
		s.Attempt("password", "root", []byte("toor"), event.Rejected)
	}
}

// shouts records what it is told to, an event's type and a command a line.
type shouts struct{}

func (shouts) ServeConn(_ context.Context, s *decoy.Session) {
	for lines := bufio.NewScanner(s); lines.Scan() && lines.Text() != "quit"; {
		typ, command, _ := strings.Cut(lines.Text(), " ")
		s.Event(typ, event.String(event.Command, command))
	}
}

func init() {
	for slug := range testPorts {
		decoy.Register(slug, func(h *decoy.Host) (decoy.Service, error) {
			switch slug {
			case "panics":
				return panics{}, nil
			case "prepared":
				return &prepared{host: h}, nil
			case "shouts":
				return shouts{}, nil
			case "chatty":
				return chatty{}, nil
			case "broken":
				return nil, errors.New("broken by design")
			case "chosen":
				greeting, _ := h.Setting("chosen", "greeting")
				return echo{greeting}, nil
			}
			return echo{slug}, nil
		})
	}
}

func portsOf(slug string) ([]decoy.Port, bool) {
	ports, ok := testPorts[slug]
	return ports, ok
}

func start(t *testing.T, o decoy.Options, services ...string) *decoytest.Decky {
	t.Helper()
	o.Ports = portsOf
	return decoytest.StartWith(t, decoytest.Identity(), o, services...)
}

func expectLine(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || line != want+"\n" {
		t.Fatalf("read %q, %v; want %q", line, err, want)
	}
}

func expectClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the connection is still open")
	}
}

func TestServicesArePreparedOnce(t *testing.T) {
	d := start(t, decoy.Options{Quiet: 1}, "prepared")
	expectLine(t, d.Dial(7009), "ready")
	if err := d.Apply(t.Context(), 2, []string{"prepared", "alpha"}, nil); err != nil {
		t.Fatal(err)
	}
	expectLine(t, d.Dial(7009), "ready")
}

func TestApplyKeepsSessionsOfKeptServices(t *testing.T) {
	d := start(t, decoy.Options{}, "alpha", "beta")
	kept, gone := d.Dial(7001), d.Dial(7002)
	expectLine(t, kept, "alpha 7001")
	expectLine(t, gone, "beta 7002")
	if err := d.Apply(t.Context(), 2, []string{"alpha"}, nil); err != nil {
		t.Fatal(err)
	}
	expectClosed(t, gone)
	if _, err := net.Dial("tcp", net.JoinHostPort(d.Host.IP, "7002")); err == nil {
		t.Error("the removed service's port still accepts")
	}
	fmt.Fprintln(kept, "still here")
	expectLine(t, kept, "still here")
}

func TestApplyOfASettingTouchesOnlyWhoAskedForIt(t *testing.T) {
	chosen := func(greeting string) control.Settings {
		return control.Settings{"chosen": {"greeting": greeting, "other": greeting}, "alpha": {"unread": greeting}}
	}
	dir := t.TempDir()
	d := start(t, decoy.Options{State: dir}, "alpha", "chosen")
	apply := func(generation int, settings control.Settings, services ...string) control.Reply {
		return d.Handle(t.Context(), control.Request{Op: control.Apply, Generation: generation, Services: services, Settings: settings})
	}
	apply(2, chosen("hello"), "alpha", "chosen")
	kept, old := d.Dial(7001), d.Dial(7008)
	expectLine(t, kept, "alpha 7001")
	expectLine(t, old, "hello 7008")
	if reply := apply(3, chosen("never"), "alpha", "chosen", "broken"); reply.Error == nil {
		t.Fatal("a service that can't be made is no error")
	}
	expectLine(t, d.Dial(7008), "hello 7008")
	apply(4, nil, "alpha", "chosen") // says nothing of settings
	fmt.Fprintln(old, "still here")
	expectLine(t, old, "still here")
	if reply := apply(5, chosen("welcome"), "alpha", "chosen"); reply.Error != nil {
		t.Fatal(reply.Error)
	}
	expectClosed(t, old)
	expectLine(t, d.Dial(7008), "welcome 7008")
	fmt.Fprintln(kept, "still here")
	expectLine(t, kept, "still here")

	big := strings.Repeat("x", 20_000) // more than a block of the file that keeps it
	if reply := apply(6, chosen(big), "chosen"); reply.Error != nil {
		t.Fatal(reply.Error)
	}
	d.Close()
	host, err := decoy.NewHost(d.Host.Identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	again := decoy.New(decoy.Options{Host: host, Events: io.Discard, Ports: portsOf, State: dir})
	defer again.Close()
	again.Restore(t.Context())
	conn, err := net.Dial("tcp", d.Host.IP+":7008")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	expectLine(t, conn, big+" 7008")
}

func TestApplyPassesASharedPortOn(t *testing.T) {
	d := start(t, decoy.Options{}, "beta")
	old := d.Dial(7003)
	expectLine(t, old, "beta 7003")
	if err := d.Apply(t.Context(), 2, []string{"gamma"}, nil); err != nil {
		t.Fatal(err)
	}
	expectClosed(t, old)
	expectLine(t, d.Dial(7003), "gamma 7003")
	expectLine(t, d.Dial(7004), "gamma 7004")
	got := d.Handle(t.Context(), control.Request{ID: "x", Op: control.Status})
	want := control.Reply{Control: true, ID: "x", Boot: got.Boot, Generation: 2, Services: []string{"gamma"}, Endpoints: []control.Endpoint{
		{Service: "gamma", Proto: "tcp", Port: 7003}, {Service: "gamma", Proto: "tcp", Port: 7004},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("status %+v, want %+v", got, want)
	}
}

func TestFailedApplyChangesNothing(t *testing.T) {
	taken := func(t *testing.T, d *decoytest.Decky) {
		for _, port := range []string{"7004", "27004"} {
			l, err := net.Listen("tcp", net.JoinHostPort(d.Host.IP, port))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
		}
	}
	for name, test := range map[string]struct {
		before func(*testing.T, *decoytest.Decky)
		wish   []string
		code   string
	}{
		"unknown service":       {wish: []string{"alpha", "beta", "nonesuch"}, code: control.Unsupported},
		"port taken":            {before: taken, wish: []string{"gamma"}, code: control.PortUnavailable},
		"two want one port":     {wish: []string{"beta", "gamma"}, code: control.PortUnavailable},
		"service can't be made": {wish: []string{"alpha", "broken"}, code: control.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, decoy.Options{}, "alpha")
			if test.before != nil {
				test.before(t, d)
			}
			session := d.Dial(7001)
			expectLine(t, session, "alpha 7001")
			reply := d.Handle(t.Context(), control.Request{ID: "a", Op: control.Apply, Generation: 2, Services: test.wish})
			if reply.Error == nil || reply.Error.Code != test.code {
				t.Fatalf("error %v, want %s", reply.Error, test.code)
			}
			if reply.Generation != 1 || !reflect.DeepEqual(reply.Services, []string{"alpha"}) || len(reply.Endpoints) != 1 {
				t.Errorf("reply %+v", reply)
			}
			fmt.Fprintln(session, "still here")
			expectLine(t, session, "still here")
			for _, port := range []string{"7002", "7003"} {
				if _, err := net.Dial("tcp", net.JoinHostPort(d.Host.IP, port)); err == nil {
					t.Errorf("port %s of the refused set is open", port)
				}
			}
		})
	}
}

func TestTakenPortGetsTheOffset(t *testing.T) {
	id := decoytest.Identity()
	l, err := net.Listen("tcp", net.JoinHostPort(id.IP, "7001"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := decoytest.StartWith(t, id, decoy.Options{Ports: portsOf}, "alpha")
	want := []control.Endpoint{{Service: "alpha", Proto: "tcp", Port: 27001}}
	if got := d.Handle(t.Context(), control.Request{Op: control.Status}).Endpoints; !reflect.DeepEqual(got, want) {
		t.Fatalf("endpoints %v", got)
	}
	expectLine(t, d.Dial(7001), "alpha 7001")
	d.Wait(event.Connect, decoytest.Has(event.DstPort, "7001"))
}

func TestSelfCheckIsNotRecorded(t *testing.T) {
	d := start(t, decoy.Options{}, "alpha")
	own := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(d.Host.IP)}}
	conn, err := own.Dial("tcp", d.Address(7001))
	if err != nil {
		t.Fatal(err)
	}
	expectLine(t, conn, "alpha 7001")
	conn.Close()
	peer := d.Dial(7001)
	expectLine(t, peer, "alpha 7001")
	peer.Close()
	d.Wait(event.Disconnect)
	for _, e := range d.Events() {
		if ip, _ := e.Get(event.SrcIP); ip == d.Host.IP {
			t.Errorf("recorded %+v", e)
		}
	}
	if n := len(d.Events()); n != 2 {
		t.Errorf("%d events, want a connect and a disconnect", n)
	}
}

func TestDisconnectTellsWhatPassed(t *testing.T) {
	d := start(t, decoy.Options{}, "alpha")
	conn := d.Dial(7001)
	fmt.Fprint(conn, "12345\n")
	lines := bufio.NewReader(conn)
	for range 2 {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	connect := d.Wait(event.Connect)
	d.Wait(event.Disconnect, decoytest.Has("bytes_in", "6"), decoytest.Has("bytes_out", "17"), func(e event.Event) bool {
		return e.Session == connect.Session && e.Boot == connect.Boot && e.Service == "alpha" && e.Host == d.Host.Name
	})
}

func TestPanicIsContained(t *testing.T) {
	d := start(t, decoy.Options{}, "alpha", "panics")
	expectClosed(t, d.Dial(7005))
	e := d.Wait(event.Panic)
	if strings.Contains(string(event.Append(nil, e)), "secret of the decoy") {
		t.Error("the panic's own words are among the evidence")
	}
	expectLine(t, d.Dial(7001), "alpha 7001")
}

func TestDatagrams(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.PacketBurst, limits.PacketRate = 3, 0
	d := start(t, decoy.Options{Limits: limits}, "packets")
	conn, err := net.Dial("udp", d.Address(7006))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	buf := make([]byte, 100)
	for i := range 5 {
		fmt.Fprintf(conn, "%d", i)
		if i >= 3 {
			continue // beyond the source's share
		}
		n, err := conn.Read(buf)
		if want := fmt.Sprintf("packets %d", i); err != nil || string(buf[:n]) != want {
			t.Fatalf("answer %q, %v; want %q", buf[:n], err, want)
		}
	}
	last := d.Wait("packet", decoytest.Has("data", "2"), decoytest.Has(event.DstPort, "7006"))
	// What one peer sends is one session, which ends with the service at the latest.
	if err := d.Apply(t.Context(), 2, nil, nil); err != nil {
		t.Fatal(err)
	}
	end := d.Wait(event.Disconnect, decoytest.Has("bytes_in", "3"), decoytest.Has("bytes_out", "27"))
	if first := d.Wait("packet"); first.Session != last.Session || end.Session != last.Session {
		t.Errorf("the sessions of one conversation are %s, %s and %s", first.Session, last.Session, end.Session)
	}
}

func TestBytesOfDatagramsAreBounded(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.AnswerBurst, limits.AnswerRate = 25, 0 // two answers of 9 bytes and a part of a third
	d := start(t, decoy.Options{Limits: limits}, "packets")
	conn, err := net.Dial("udp", d.Address(7006))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	for i := range 3 {
		fmt.Fprintf(conn, "%d", i)
		d.Wait("packet", decoytest.Has("data", fmt.Sprint(i))) // recorded whether answered or not
	}
	buf := make([]byte, 100)
	for range 2 {
		if _, err := conn.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := conn.Read(buf); err == nil {
		t.Errorf("an answer beyond the source's share: %q", buf[:n])
	}
}

func TestConnectionLimits(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.ConnectionsPerSource = 3
	d := start(t, decoy.Options{Limits: limits}, "alpha")
	var open []net.Conn
	for range 3 {
		conn := d.Dial(7001)
		expectLine(t, conn, "alpha 7001")
		open = append(open, conn)
	}
	for range 4 {
		expectClosed(t, d.Dial(7001))
	}
	open[0].Close()
	d.Wait(event.Disconnect)
	d.Close()
	d.Wait(event.Refused, decoytest.Has(event.Count, "4"), decoytest.Has(event.SrcIP, "127.0.0.1"))
}

// total is how many events there were: those that are recorded, and those that a summary counts.
func total(t *testing.T, events []event.Event) (recorded, all int) {
	t.Helper()
	for _, e := range events {
		if e.Type != event.Suppressed {
			recorded++
			all++
			continue
		}
		count, _ := e.Get(event.Count)
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		all += n
	}
	return recorded, all
}

func TestEventFloodBecomesASummary(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.EventBurst, limits.EventRate = 8, 0
	d := start(t, decoy.Options{Limits: limits}, "alpha")
	for range 25 {
		conn := d.Dial(7001)
		expectLine(t, conn, "alpha 7001")
		conn.Close()
	}
	d.Close()
	// Each session is new, and so is all it does: 8, a half of it for what is new, a quarter for what came last.
	if recorded, all := total(t, d.Events()); recorded != 8+4+2 || all != 50 {
		t.Errorf("%d events are recorded, %d are told of; want 14 and 50", recorded, all)
	}
}

// Who chatters before trying a password has the password recorded.
func TestACredentialOutlastsChatter(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.EventBurst, limits.EventRate = 10, 0
	d := start(t, decoy.Options{Limits: limits}, "chatty")
	if _, err := io.ReadAll(d.Dial(7010)); err != nil {
		t.Fatal(err)
	}
	d.Close()
	attempts := 0
	for _, e := range d.Events() {
		if e.Type == event.AuthAttempt {
			attempts++
		}
	}
	if attempts < 5 || attempts > 10 {
		t.Errorf("%d attempts are recorded, want half of the burst and a few", attempts)
	}
}

// What comes behind a flood is recorded: what matters, what is new, and what came last.
func TestAFloodHidesNothingThatMatters(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.EventRate = 0
	d := start(t, decoy.Options{Limits: limits}, "shouts")
	fmt.Fprint(d.Dial(7011), strings.Repeat("command SET k v\n", 1500)+
		"command SLAVEOF 6.6.6.6 6666\n"+"command CONFIG GET dir\ncommand CONFIG SET dir /root/.evil\n"+
		"outbound nc\n"+strings.Repeat("command SET k v\n", 1500)+"command SET the last\nquit\n")
	for _, want := range []string{"SLAVEOF 6.6.6.6 6666", "CONFIG SET dir /root/.evil", "SET the last"} {
		d.Wait(event.CommandRun, decoytest.Has(event.Command, want))
	}
	d.Wait("outbound")
	d.Wait(event.Disconnect)
	d.Close()
	recorded, all := total(t, d.Events())
	if recorded > 450 || all != 3007 {
		t.Errorf("%d events are recorded and %d told of, want 3007 told of", recorded, all)
	}
}

// However many kinds of thing a source does, in however many sessions, what is written of it is bounded.
func TestAFloodOfNewThingsIsBounded(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.EventBurst, limits.EventRate = 40, 0
	d := start(t, decoy.Options{Limits: limits}, "shouts")
	for range 5 {
		var lines strings.Builder
		for i := range 300 {
			fmt.Fprintf(&lines, "%s verb-%d\n", []string{"command", "outbound", "download"}[i%3], i)
		}
		conn := d.Dial(7011)
		fmt.Fprint(conn, lines.String()+"quit\n")
		expectClosed(t, conn)
	}
	d.Close()
	if recorded, all := total(t, d.Events()); recorded != 40+20+20+10 || all != 5*302 {
		t.Errorf("%d events are recorded and %d told of, want 90 and %d", recorded, all, 5*302)
	}
}

func TestSessionLimits(t *testing.T) {
	for name, set := range map[string]func(*decoy.Limits){
		"idle":      func(l *decoy.Limits) { l.Idle = 20 * time.Millisecond },
		"time":      func(l *decoy.Limits) { l.SessionTime = 20 * time.Millisecond },
		"bytes in":  func(l *decoy.Limits) { l.BytesIn = 100 },
		"bytes out": func(l *decoy.Limits) { l.BytesOut = 100 },
	} {
		t.Run(name, func(t *testing.T) {
			limits := decoy.DefaultLimits()
			set(&limits)
			d := start(t, decoy.Options{Limits: limits}, "alpha")
			conn := d.Dial(7001)
			if strings.HasPrefix(name, "bytes") {
				conn.Write(make([]byte, 200))
			}
			expectClosed(t, conn)
			d.Wait(event.Disconnect)
		})
	}
}

func TestRestoreOpensTheLastServices(t *testing.T) {
	id, dir := decoytest.Identity(), t.TempDir()
	first := decoytest.StartWith(t, id, decoy.Options{Ports: portsOf, State: dir}, "alpha", "beta")
	if err := first.Apply(t.Context(), 5, []string{"beta"}, nil); err != nil {
		t.Fatal(err)
	}
	first.Close()

	host, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	again := func() control.Reply {
		r := decoy.New(decoy.Options{Host: host, Events: io.Discard, Ports: portsOf, State: dir})
		defer r.Close()
		r.Restore(t.Context())
		return r.Handle(t.Context(), control.Request{Op: control.Status})
	}
	if got := again(); got.Generation != 5 || !reflect.DeepEqual(got.Services, []string{"beta"}) {
		t.Errorf("restored %+v", got)
	}
	for _, damaged := range []string{"", "x", strings.Repeat("x", 8192)} {
		if err := os.WriteFile(filepath.Join(dir, "applied"), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := again(); got.Generation != 0 || len(got.Services) != 0 {
			t.Errorf("restored from a damaged file: %+v", got)
		}
	}
}

func TestStateThatCantBeKeptIsAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	host, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := decoy.New(decoy.Options{Host: host, Events: io.Discard, Ports: portsOf, State: dir})
	defer r.Close()
	reply := r.Handle(t.Context(), control.Request{Op: control.Apply, Generation: 1, Services: []string{"alpha"}})
	if reply.Error == nil || len(reply.Services) != 0 {
		t.Errorf("reply %+v", reply)
	}
}

// slowWriter blocks until it is let go.
type slowWriter struct {
	free chan struct{}
	mu   sync.Mutex
	all  []byte
}

func (w *slowWriter) Write(p []byte) (int, error) {
	<-w.free
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, p...)
	return len(p), nil
}

func TestBlockedReaderOfEventsBlocksNobody(t *testing.T) {
	limits := decoy.DefaultLimits()
	limits.EventBurst = 1e9
	limits.PacketBurst, limits.AnswerBurst = 1e9, 1e9
	out := &slowWriter{free: make(chan struct{})}
	host, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := decoy.New(decoy.Options{Host: host, Events: out, Ports: portsOf, Limits: limits})
	if err := r.Apply(t.Context(), 1, []string{"packets"}, nil); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 9000)
	const sent = 600 // of 8 KB: twice what may be queued
	for range sent {
		conn, err := net.Dial("udp", net.JoinHostPort(host.IP, "7006")) // each from another port: of one conversation they would be summed up
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Write(make([]byte, 8000)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	close(out.free)
	r.Close()
	var written, dropped, seq uint64
	for line := range strings.Lines(string(out.all)) {
		e, err := event.Parse([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		if seq++; e.Seq != seq {
			t.Fatalf("number %d, want %d", e.Seq, seq)
		}
		switch e.Type {
		case "packet", event.Disconnect:
			written++
		case event.Dropped:
			count, _ := e.Get(event.Count)
			var n uint64
			fmt.Sscan(count, &n)
			dropped += n
		}
	}
	if dropped == 0 || written+dropped != 2*sent { // each conversation ends
		t.Errorf("%d written and %d dropped of %d", written, dropped, 2*sent)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	host, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := decoy.New(decoy.Options{Host: host, Events: io.Discard, Ports: portsOf})
	for generation, services := range [][]string{{"alpha", "beta"}, {"gamma", "packets"}, {"nonesuch"}, {"alpha", "gamma"}, {}, {"alpha"}} {
		r.Handle(t.Context(), control.Request{Op: control.Apply, Generation: generation, Services: services})
		if conn, err := net.Dial("tcp", net.JoinHostPort(host.IP, "7001")); err == nil {
			defer conn.Close()
			expectLine(t, conn, "alpha 7001")
		}
	}
	r.Close()
	goleak.VerifyNone(t, before)
}

func TestConcurrentApplies(t *testing.T) {
	d := start(t, decoy.Options{}, "alpha")
	var wishes sync.WaitGroup
	for n := range 8 {
		wishes.Go(func() {
			services := []string{"alpha", "beta"}
			if n%2 == 0 {
				services = []string{"alpha", "gamma"}
			}
			if err := d.Apply(t.Context(), n, services, nil); err != nil {
				t.Error(err)
			}
			d.Handle(t.Context(), control.Request{Op: control.Status})
		})
	}
	wishes.Wait()
	if got := d.Handle(t.Context(), control.Request{Op: control.Status}); len(got.Endpoints) != 3 {
		t.Errorf("endpoints %v", got.Endpoints)
	}
}

func BenchmarkSwap(b *testing.B) {
	host, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		b.Fatal(err)
	}
	r := decoy.New(decoy.Options{Host: host, Events: io.Discard, Ports: portsOf, State: b.TempDir()})
	defer r.Close()
	for b.Loop() {
		for generation, service := range []string{"alpha", "beta"} {
			if err := r.Apply(b.Context(), generation, []string{service}, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}
