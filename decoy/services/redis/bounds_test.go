package redis

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"
	"testing"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
)

// local is a client without a connection, and what it is answered.
func local(t *testing.T, of *server, v *visit) (*client, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	return &client{visit: v, server: of, s: &decoy.Session{}, known: true, out: &writer{out: bufio.NewWriter(&out), proto: 2, left: maxAnswer}}, &out
}

func hostOf(t *testing.T) *decoy.Host {
	t.Helper()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Numbers at the edge of what there is are refused, or do nothing.
func TestNumbersAtTheEdge(t *testing.T) {
	t.Parallel()
	h := hostOf(t)
	c, out := local(t, newServer(h), newVisit(h))
	for _, args := range [][]string{
		{"setrange", "k", "9223372036854775807", "abc"},
		{"setrange", "k", "9223372036854775805", "abc"},
		{"lrem", "l", "-9223372036854775808", "a"},
		{"srandmember", "s", "-9223372036854775808"},
		{"getrange", "k", "-9223372036854775808", "9223372036854775807"},
		{"eval", "return string.rep('', tonumber('1e300'))", "0"},
		{"eval", "return string.rep('', tonumber('inf'))", "0"},
	} {
		c.run([]string{"rpush", "l", "a"})
		c.run([]string{"sadd", "s", "a"})
		c.out.out.Flush()
		out.Reset()
		c.run(args)
		if c.out.out.Flush(); out.Len() == 0 {
			t.Errorf("%q has no answer", args)
		}
	}
}

// What an address has left stays within its bound, also where it takes the rest back.
func TestWhatIsLeftBesideKeysIsBounded(t *testing.T) {
	t.Parallel()
	h := hostOf(t)
	c, _ := local(t, newServer(h), newVisit(h))
	names := make([]string, 0, 2*len(settings()))
	for name, s := range settings() {
		if s.takes == "text" {
			names = append(names, name)
		}
	}
	for i := range 64 {
		c.run([]string{"script", "load", strconv.Itoa(i) + strings.Repeat("x", 200<<10)})
		c.run([]string{"config", "set", names[i%len(names)], strings.Repeat("y", 200<<10)})
		c.run([]string{"flushall"})
	}
	left := 0
	for _, s := range c.scripts {
		left += len(s)
	}
	for _, s := range c.config {
		left += len(s)
	}
	if left > maxStored {
		t.Errorf("%d bytes are left", left)
	}
	for _, args := range [][]string{{"client", "setname", strings.Repeat("n", 200<<10)}, {"client", "setinfo", "lib-name", strings.Repeat("n", 200<<10)}, {"replicaof", strings.Repeat("h", 200<<10), "1"}} {
		c.run(args)
	}
	c.out.errors = c.errors
	for i := range 20 {
		c.run([]string{"eval", "return redis.error_reply(string.rep('" + strconv.Itoa(i) + "', 30000))", "0"})
	}
	for code := range c.errors {
		if len(code) > 1024 {
			t.Errorf("the code of an error of %d bytes is counted", len(code))
		}
	}
	if n := len(c.name) + len(c.library[0]) + len(c.master); n > 8<<10 {
		t.Errorf("names of %d bytes are left", n)
	}
}

// Many connections that queue are bounded together.
func TestWhatManyQueueIsBounded(t *testing.T) {
	t.Parallel()
	h := hostOf(t)
	v := newServer(h)
	queued := 0
	var all []*client
	for range 64 {
		c, _ := local(t, v, newVisit(h))
		all = append(all, c)
		c.run([]string{"multi"})
		c.run([]string{"set", "k", strings.Repeat("x", 250<<10)})
		for _, args := range c.queue {
			for _, a := range args {
				queued += len(a)
			}
		}
	}
	if queued > 8<<20 {
		t.Errorf("%d bytes are queued", queued)
	}
	for _, c := range all {
		c.end()
	}
	c, out := local(t, v, newVisit(h))
	c.run([]string{"multi"})
	c.run([]string{"set", "k", strings.Repeat("x", 250<<10)})
	if c.out.out.Flush(); !strings.Contains(out.String(), "QUEUED") {
		t.Errorf("what is over is still counted: %q", out.String())
	}
}

// DEBUG SLEEP in a transaction holds its address up no longer than alone.
func TestSleepsAreBoundedTogether(t *testing.T) {
	t.Parallel()
	h := hostOf(t)
	v := newServer(h)
	v.version = version{6, 2, 14}
	c, _ := local(t, v, newVisit(h))
	c.ctx = t.Context()
	c.run([]string{"multi"})
	for range 20 {
		c.run([]string{"debug", "sleep", "5"})
	}
	c.slept = maxSleep // as if the first had been
	began := h.Now()
	c.run([]string{"exec"})
	if took := h.Now().Sub(began); took > maxSleep {
		t.Errorf("it takes %v", took)
	}
}

// A password that comes in a command that is wrong, or is queued and never run, is recorded, where those who may only watch don't see it.
func TestPasswordsThatAreNoAttemptsAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	ask(t, d, "AUTH a b c d\nHELLO 9 AUTH default s3cret\nMULTI\nAUTH default queued\nDISCARD")
	for command, parameters := range map[string]string{"AUTH": "a b c d", "HELLO": "9 AUTH default s3cret"} {
		d.Wait(event.CommandRun, decoytest.Has(event.Command, command), decoytest.Has("parameters", parameters))
	}
	d.Wait(event.CommandRun, decoytest.Has("parameters", "default queued"))
	if event.Shown("parameters") {
		t.Error("whoever may watch sees them")
	}
}
