package decoy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
)

// ask sends a line and decodes the reply.
func ask(t *testing.T, rw io.ReadWriter, line string) control.Reply {
	t.Helper()
	if _, err := io.WriteString(rw, line+"\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(rw).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var reply control.Reply
	if err := json.Unmarshal([]byte(answer), &reply); err != nil || !reply.Control {
		t.Fatalf("reply %q, %v", answer, err)
	}
	return reply
}

func TestControlStreamSurvivesWhatIsNoRequest(t *testing.T) {
	d := start(t, decoy.Options{})
	here, there := net.Pipe()
	defer here.Close()
	here.SetDeadline(time.Now().Add(time.Minute))
	go d.ServeControl(t.Context(), there, there)
	for _, line := range []string{"", "hello", `{"id":"x","op":"dance"}`, `{"id":"` + strings.Repeat("x", 70000) + `"}`, "[1,2]", "\x00\xff"} {
		if reply := ask(t, here, line); reply.Error == nil {
			t.Errorf("%.30q: accepted", line)
		}
	}
	reply := ask(t, here, `{"id":"r1","op":"apply","generation":4,"services":["alpha","beta"]}`)
	if reply.Error != nil || reply.ID != "r1" || reply.Generation != 4 || len(reply.Endpoints) != 3 {
		t.Errorf("reply %+v", reply)
	}
}

func TestControlSocketServesSeveralClients(t *testing.T) {
	d := start(t, decoy.Options{})
	path := filepath.Join(t.TempDir(), "control")
	if err := os.WriteFile(path, nil, 0o600); err != nil { // what an earlier run left
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.ServeControlSocket(ctx, path) }()
	dial := func() (conn net.Conn) {
		for deadline := time.Now().Add(time.Minute); ; {
			conn, err := net.Dial("unix", path)
			if err == nil {
				conn.SetDeadline(deadline)
				t.Cleanup(func() { conn.Close() })
				return conn
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	}
	gone := dial()
	io.WriteString(gone, `{"id":"half a`)
	gone.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info.Mode(), err)
	}
	conns := []net.Conn{dial(), dial(), dial()}
	var clients sync.WaitGroup
	for n, conn := range conns {
		clients.Go(func() {
			for i := range 10 {
				id := fmt.Sprintf("%d-%d", n, i)
				if reply := ask(t, conn, `{"id":"`+id+`","op":"apply","generation":1,"services":["alpha"]}`); reply.ID != id || reply.Error != nil {
					t.Errorf("reply %+v to %s", reply, id)
				}
			}
		})
	}
	clients.Wait()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestEndOfInputIsNotTheEnd(t *testing.T) {
	d := start(t, decoy.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- d.ServeControlStream(ctx, strings.NewReader(`{"id":"a","op":"apply","services":["alpha"]}`+"\n"), io.Discard)
	}()
	for deadline := time.Now().Add(time.Minute); len(d.Handle(ctx, control.Request{Op: control.Status}).Services) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the request before the end is not served")
		}
	}
	select {
	case err := <-ended:
		t.Fatal("it ended with the input:", err)
	default:
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
