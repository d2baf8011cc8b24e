package all

import (
	"net"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/catalog"
	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheCatalogKnowsExactlyTheseProtocols(t *testing.T) {
	var marked []string
	for _, s := range catalog.Default().Services() {
		if s.Decoy {
			marked = append(marked, s.Slug)
		}
	}
	slices.Sort(marked)
	if got := decoy.Registered(); !reflect.DeepEqual(got, marked) {
		t.Errorf("registered: %v\nmarked as decoys in the catalog: %v", got, marked)
	}
}

// sockets counts the process's own.
func sockets(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range open {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && len(to) > 7 && to[:7] == "socket:" {
			n++
		}
	}
	return n
}

func TestEachServiceComesAndGoesWithoutATrace(t *testing.T) {
	d := decoytest.Start(t)
	before := sockets(t)
	generation := 1
	for range 2 {
		for _, slug := range decoy.Registered() {
			generation++
			if err := d.Apply(t.Context(), generation, []string{slug}, nil); err != nil {
				t.Fatalf("%s: %v", slug, err)
			}
			for _, e := range d.Handle(t.Context(), control.Request{Op: control.Status}).Endpoints {
				// Somebody talks to it, and is there when it goes.
				conn, err := net.Dial(e.Proto, net.JoinHostPort(d.Host.IP, strconv.Itoa(e.Port)))
				if err != nil {
					t.Fatalf("%s: %v", slug, err)
				}
				defer conn.Close()
				if _, err := conn.Write([]byte("\x00\x01startup-config\x00octet\x00\r\n")); err != nil {
					t.Fatalf("%s: %v", slug, err)
				}
				before++ // this test's own end
			}
		}
	}
	if err := d.Apply(t.Context(), generation+1, nil, nil); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); sockets(t) > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets are open that were not before", sockets(t)-before)
		}
	}
}
