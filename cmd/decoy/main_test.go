package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
)

// build makes the binary as it is shipped, once for all tests.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "decoy")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, "decoy"), ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return filepath.Join(dir, "decoy"), nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := build(); err == nil {
		os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// running is a decoy process.
type running struct {
	*exec.Cmd
	t       *testing.T
	stdin   io.WriteCloser
	stdout  bytes.Buffer
	replies chan control.Reply
}

func launch(t *testing.T, id control.Identity, args ...string) *running {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := json.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Cmd: exec.Command(binary, args...), t: t, replies: make(chan control.Reply, 10)}
	r.Env = append(os.Environ(), "DECOY_IDENTITY="+string(identity))
	r.Stdout = &r.stdout
	if r.stdin, err = r.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stderr, err := r.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Process.Kill() })
	go func() {
		defer close(r.replies)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			var reply control.Reply
			if json.Unmarshal(lines.Bytes(), &reply) == nil && reply.Control {
				r.replies <- reply
			}
		}
	}()
	return r
}

func (r *running) ask(request string) control.Reply {
	r.t.Helper()
	if _, err := io.WriteString(r.stdin, request+"\n"); err != nil {
		r.t.Fatal(err)
	}
	select {
	case reply := <-r.replies:
		return reply
	case <-time.After(time.Minute):
		r.t.Fatalf("no reply to %s", request)
	}
	panic("unreachable")
}

// end sends the signal and returns the exit code.
func (r *running) end(signal os.Signal) int {
	r.t.Helper()
	if err := r.Process.Signal(signal); err != nil {
		r.t.Fatal(err)
	}
	for range r.replies { // until standard error is closed, so that Wait loses nothing
	}
	r.Wait()
	return r.ProcessState.ExitCode()
}

func banner(t *testing.T, address string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func address(t *testing.T, id control.Identity, reply control.Reply) string {
	t.Helper()
	if reply.Error != nil || len(reply.Endpoints) != 1 {
		t.Fatalf("reply %+v", reply)
	}
	port := net.TCPAddr{IP: net.ParseIP(id.IP), Port: reply.Endpoints[0].Port}
	return port.String()
}

func TestServesOnStandardStreams(t *testing.T) {
	id := decoytest.Identity()
	r := launch(t, id)
	at := address(t, id, r.ask(`{"id":"1","op":"apply","generation":1,"services":["ssh"]}`))
	if line := banner(t, at); !strings.HasPrefix(line, "SSH-2.0-OpenSSH_") {
		t.Errorf("banner %q", line)
	}
	r.stdin.Close() // a client that leaves
	banner(t, at)
	if code := r.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	sessions := map[string][]string{} // the end of one may come after the beginning of the next
	for line := range bytes.Lines(r.stdout.Bytes()) {
		e, err := event.Parse(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			t.Fatalf("standard output has %q: %v", line, err)
		}
		sessions[e.Session] = append(sessions[e.Session], e.Type)
	}
	if len(sessions) != 2 {
		t.Errorf("%d sessions, want 2: %v", len(sessions), sessions)
	}
	for id, types := range sessions {
		if want := []string{event.Connect, event.Disconnect}; !reflect.DeepEqual(types, want) {
			t.Errorf("session %s: events %v, want %v", id, types, want)
		}
	}
}

func TestRestartBringsTheLastServicesBack(t *testing.T) {
	id, dir := decoytest.Identity(), t.TempDir()
	first := launch(t, id, "--state", dir)
	at := address(t, id, first.ask(`{"id":"1","op":"apply","generation":7,"services":["ssh"]}`))
	before := banner(t, at)
	first.end(syscall.SIGKILL)
	second := launch(t, id, "--state", dir)
	reply := second.ask(`{"id":"2","op":"status"}`)
	if reply.Generation != 7 || address(t, id, reply) != at {
		t.Errorf("after the restart %+v", reply)
	}
	if after := banner(t, at); after != before {
		t.Errorf("after the restart the banner is %q, before it %q", after, before)
	}
}

func TestSocketAndSegments(t *testing.T) {
	id, dir := decoytest.Identity(), t.TempDir()
	socket, events := filepath.Join(dir, "control"), filepath.Join(dir, "events")
	r := launch(t, id, "--control", "unix:"+socket, "--events", events)
	var conn net.Conn
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		var err error
		if conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(conn, `{"id":"1","op":"apply","generation":1,"services":["telnet"]}`+"\n")
	line, err := bufio.NewReader(conn).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var reply control.Reply
	if err := json.Unmarshal(line, &reply); err != nil {
		t.Fatal(err)
	}
	peer, err := net.Dial("tcp", address(t, id, reply))
	if err != nil {
		t.Fatal(err)
	}
	peer.Read(make([]byte, 1))
	peer.Close()
	if code := r.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	text, err := os.ReadFile(filepath.Join(events, "events-0000000001.log"))
	if err != nil || bytes.Count(text, []byte("\n")) != 2 || r.stdout.Len() != 0 {
		t.Errorf("the segment holds %q, %v; standard output %q", text, err, r.stdout.Bytes())
	}
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

func TestRefusesToStart(t *testing.T) {
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		identity string
		args     []string
	}{
		"no identity":     {},
		"identity no use": {identity: `{"name":"x"}`},
		"identity broken": {identity: `{`},
		"unknown flag":    {args: []string{"--nonesuch"}},
		"unknown command": {args: []string{"dance"}},
		"unknown control": {args: []string{"--control", "tcp:1"}},
	} {
		cmd := exec.Command(binary, test.args...)
		cmd.Env = []string{"DECOY_IDENTITY=" + test.identity}
		if out, err := cmd.CombinedOutput(); err == nil || len(out) == 0 {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}
