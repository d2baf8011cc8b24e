package mysql

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/services/internal/tinysql"
	"decnet/internal/spent"
)

// Whatever an expression comes to, it is answered, and costs little.
func TestExpressionsAreBounded(t *testing.T) { // beside no other test, whose memory would be counted
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := newServer(h)
	huge := "'" + strings.Repeat("9", 400) + "'"
	for _, text := range []string{
		"select left('abc', " + huge + " - " + huge + ")",
		"select right('abc', " + huge + " - " + huge + ")",
		"select substring('abc', " + huge + " - " + huge + ", " + huge + " - " + huge + ")",
		"select left('abc', 0 * " + huge + ")",
		"select hex(char(" + huge + "))",
		"select " + strings.Repeat("hex(", 30) + "'" + strings.Repeat("a", 60<<10) + "'" + strings.Repeat(")", 30),
		"select '" + strings.Repeat("a", 100<<10) + "' like '%" + strings.Repeat("a", 50<<10) + "b'",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c := &conn{server: v, s: &decoy.Session{}}
		took := spent.CPU(t, func() { c.query(text) })
		if c.out.Len() == 0 {
			t.Errorf("%.60s has no answer", text)
		}
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; made > 64<<20 || took > 5*time.Second {
			t.Errorf("%.60s makes %d bytes and takes %v", text, made, took)
		}
	}
}

func TestLikeIsBounded(t *testing.T) {
	t.Parallel()
	alike := true
	took := spent.CPU(t, func() { alike = tinysql.Like("%"+strings.Repeat("a", 100<<10)+"b", strings.Repeat("a", 200<<10)) })
	if alike {
		t.Error("they are alike")
	}
	if took > 2*time.Second {
		t.Errorf("it takes %v", took)
	}
}

// A long text in each row of a long table is not all kept until it is sent.
func TestAnAnswerIsBounded(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{server: newServer(h), s: &decoy.Session{}, several: true}
	c.query(strings.Repeat("select '"+strings.Repeat("x", 15<<10)+"' from information_schema.columns;", 16))
	if n := c.out.Len(); n > 2*maxReply || n < maxReply/2 {
		t.Errorf("%d bytes", n)
	}
}

// shower counts what is written, and how much at most at once.
type shower struct{ all, most int }

func (s *shower) Read([]byte) (int, error) { return 0, io.EOF }

func (s *shower) Write(p []byte) (int, error) {
	s.all += len(p)
	s.most = max(s.most, len(p))
	return len(p), nil
}

// A client that doesn't read what it has asked for has no long answer waiting for it in memory.
func TestAnswersAreSentAsTheyAreMade(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var to shower
	c := &conn{packets: packets{rw: &to}, server: newServer(h), s: &decoy.Session{}}
	c.query("select '" + strings.Repeat("x", 15<<10) + "' from information_schema.columns")
	c.flush()
	if to.all < 1<<20 || to.most > 3*maxWaiting || c.out.Cap() > 3*maxWaiting {
		t.Errorf("%d bytes are sent, %d at once, and room for %d is kept", to.all, to.most, c.out.Cap())
	}
}
