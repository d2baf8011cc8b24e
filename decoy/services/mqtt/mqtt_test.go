package mqtt

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func identity(t *testing.T, wanted func(*broker) bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return wanted(newBroker(h)) })
}

func open(b *broker) bool   { return b.users == nil && strings.HasPrefix(b.version, "2.") }
func closed(b *broker) bool { return b.users != nil }

// run runs one of Mosquitto's clients.
func run(t *testing.T, d *decoytest.Decky, name string, args ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Address(1883))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := servicetest.Run(t, "", name, append([]string{"-h", host, "-p", port}, args...)...) // a refusal is a failure, too
	return out
}

func TestClientsHearTheHouse(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "mqtt")
	b := newBroker(d.Host)
	for _, version := range []string{"31", "311", "5"} {
		out := run(t, d, "mosquitto_sub", "-V", "mqttv"+version, "-t", "#", "-t", "$SYS/broker/version", "-v", "-C", fmt.Sprint(len(b.fixed)+len(b.values)+1), "-W", "60")
		servicetest.Contains(t, out, "$SYS/broker/version mosquitto version "+b.version, b.values[0].topic+" "+b.values[0].before)
		for _, m := range b.fixed {
			servicetest.Contains(t, out, m.topic+" "+string(m.body))
		}
	}
	d.Wait("subscribe", decoytest.Has("topics", "#\n$SYS/broker/version"))
}

// TestWhatWaitsForASlowClientIsBounded publishes the largest messages to clients that don't read: all of them together keep little more than one.
func TestWhatWaitsForASlowClientIsBounded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "mqtt")
	b := newBroker(d.Host)
	sender := &client{broker: b, s: &decoy.Session{}}
	var slow []*client
	for i := range maxListeners {
		c := &client{broker: b, hello: hello{version: byte(4 + i%2)}, out: make(chan parcel, 64), filters: []filter{{topic: "#"}}}
		slow = append(slow, c)
	}
	b.visitors.With(netip.Addr{}, func(v *visitor) { v.listeners = slow })
	for _, size := range []int{1000, maxPacket} {
		for range 100 {
			if !sender.pass(message{topic: "t", body: make([]byte, size)}) {
				t.Fatal("nobody hears it")
			}
		}
	}
	held := map[*byte]int{}
	for _, c := range slow {
		for n := len(c.out); n > 0; n-- {
			p := <-c.out
			held[&p.data[0]] = len(p.data)
		}
		if c.waiting.Load() > maxWaiting {
			t.Errorf("%d bytes wait for one", c.waiting.Load())
		}
	}
	all := 0
	for _, size := range held {
		all += size
	}
	if all == 0 || all > 3*maxPacket {
		t.Errorf("%d bytes wait", all)
	}
}

// TestASubscriptionThatIsRefusedBringsNothing asks for everything once there is no more room.
func TestASubscriptionThatIsRefusedBringsNothing(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(identity(t, open), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{broker: newBroker(h), s: &decoy.Session{}, hello: hello{version: 4}, out: make(chan parcel, 1000)}
	body := []byte{0, 1}
	for i := range maxFilters {
		body = append(append(body, text(fmt.Sprint("nothing/", i))...), 0)
	}
	for _, body := range [][]byte{body, append(append([]byte{0, 2}, text("#")...), 0)} {
		if !c.subscribed(t.Context(), packet{kind: subscribe, flags: 2, body: body}) {
			t.Fatal("it is hung up on")
		}
	}
	if len(c.out) != 2 {
		t.Fatalf("%d messages, not the two answers", len(c.out))
	}
	<-c.out
	if answer := (<-c.out).data; answer[len(answer)-1] != 0x80 {
		t.Errorf("%x", answer)
	}
}

// What a broker tells of itself is all there: scanners list it.
func TestTheBrokerTellsOfItself(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "mqtt")
	out := run(t, d, "mosquitto_sub", "-v", "-C", fmt.Sprint(len(newBroker(d.Host).own(time.Now()))), "-W", "60", "-t", "$SYS/#")
	for _, topic := range []string{
		"clients/active", "heap/current", "heap/maximum", "messages/stored", "store/messages/count", "store/messages/bytes", "publish/bytes/sent", "publish/messages/sent", "retained messages/count",
		"load/bytes/received/15min", "load/connections/5min", "load/messages/sent/1min", "load/publish/sent/15min", "load/sockets/1min",
	} {
		servicetest.Contains(t, out, "$SYS/broker/"+topic+" ")
	}
}

func TestMessagesReachTheirSendersAlone(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "mqtt")
	for qos := range 3 {
		run(t, d, "mosquitto_pub", "-t", "cmnd/door/POWER", "-m", fmt.Sprint("open", qos), "-q", fmt.Sprint(qos), "-r")
		d.Wait("publish", decoytest.Has("topic", "cmnd/door/POWER"), decoytest.Has("body", fmt.Sprint("open", qos)), decoytest.Has("qos", fmt.Sprint(qos)))
	}
	servicetest.Contains(t, run(t, d, "mosquitto_sub", "-t", "cmnd/+/POWER", "-C", "1", "-W", "60"), "open2")
	// mosquitto_rr hears its own question where it asks for the answer there: two clients of one address.
	servicetest.Contains(t, run(t, d, "mosquitto_rr", "-t", "ask", "-e", "ask", "-m", "who is there", "-W", "60"), "who is there")
	host, port, err := net.SplitHostPort(d.Address(1883))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, _ := exec.CommandContext(ctx, "mosquitto_sub", "-A", "127.9.9.9", "-h", host, "-p", port, "-t", "cmnd/door/#", "-W", "1").CombinedOutput()
	if strings.Contains(string(out), "open") {
		t.Errorf("another address hears %q", out)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, closed), "mqtt")
	b := newBroker(d.Host)
	good := b.users["admin"][0]
	servicetest.Contains(t, run(t, d, "mosquitto_pub", "-V", "311", "-t", "x", "-m", "y"), "not authorised")
	servicetest.Contains(t, run(t, d, "mosquitto_pub", "-V", "5", "-u", "admin", "-P", "wrong one", "-t", "x", "-m", "y"), "Not authorized")
	servicetest.Contains(t, run(t, d, "mosquitto_sub", "-u", "admin", "-P", good, "-t", "$SYS/broker/uptime", "-C", "1", "-W", "60"), " seconds")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "admin"), decoytest.Has(event.Secret, "wrong one"), decoytest.Has(event.Outcome, event.Rejected))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, good), decoytest.Has(event.Outcome, event.Accepted))
}

func TestScannerNamesTheBroker(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "mqtt")
	servicetest.Contains(t, servicetest.Scan(t, d, 1883), "mosquitto version "+newBroker(d.Host).version)
}

func TestFilters(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"#", "a/b", true}, {"#", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true}, {"a/#", "a", true}, {"a/+", "a/b", true}, {"a/+", "a/b/c", false}, {"+/+", "/b", true}, {"a", "a/b", false}, {"a/b/#", "a", false},
	} {
		if got := matches(c.filter, c.topic); got != c.want {
			t.Errorf("%s covers %s: %t", c.filter, c.topic, got)
		}
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		b := newBroker(h)
		return fmt.Sprint(b.version, b.fixed, b.values[0].mean)
	})
}

// arriving is a client's first packet.
func arriving(version byte) string {
	body := append(text("MQTT"), version, 2, 0, 60)
	if version == 5 {
		body = append(body, 0)
	}
	return string(encode(connect, 0, body, text("id")))
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "mqtt", 1883, "\x10\xff", arriving(4), arriving(4)+"\x82\xff\xff")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "mqtt")
	servicetest.Garbage(t, d, 1883, arriving(4), arriving(5)+"\x32\x80\x01", arriving(4)+"\x82\x30", "\x10\x80\x02\x00\x04MQTT\x05")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(1883))
		if err != nil {
			return false
		}
		defer conn.Close()
		io.WriteString(conn, arriving(4))
		got := make([]byte, 4)
		_, err = io.ReadFull(conn, got)
		return err == nil && string(got) == "\x20\x02\x00\x00"
	})
}

func FuzzPackets(f *testing.F) {
	f.Add([]byte(arriving(4)), byte(4))
	f.Add([]byte(arriving(5)), byte(5))
	f.Add(encode(publish, 3, text("a/b"), []byte{0, 1}, []byte("body")), byte(4))
	f.Add(encode(subscribe, 2, []byte{0, 1}, text("a/+/#"), []byte{1}), byte(4))
	f.Add(encode(unsubscribe, 2, []byte{0, 1, 0}, text("#")), byte(5))
	f.Fuzz(func(t *testing.T, data []byte, version byte) {
		p, err := read(bufio.NewReader(bytes.NewReader(data)), maxPacket)
		if len(p.body) > len(data) {
			t.Fatalf("%d bytes of %d", len(p.body), len(data))
		}
		if err != nil {
			return
		}
		parseHello(p.body)
		if m, ok := parsePublish(p, version); ok && matches("#", m.topic) == strings.HasPrefix(m.topic, "$") {
			t.Fatalf("%q is not covered by all", m.topic)
		}
		if _, filters, ok := parseFilters(p, version); ok && len(filters) > maxFilters {
			t.Fatalf("%d filters", len(filters))
		}
	})
}
