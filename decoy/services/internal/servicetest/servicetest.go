// Package servicetest holds what the tests of several protocols do alike: finding a decky of a certain look, running real clients and
// scanners against it, and throwing garbage at it.
package servicetest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/windows"
)

// Such returns an identity made from base whose host fulfils the condition, by trying seeds.
func Such(t testing.TB, base control.Identity, holds func(*decoy.Host) bool) control.Identity {
	t.Helper()
	for i := range 300 {
		base.Seed = fmt.Appendf(nil, "seed %03d of a decky in tests.", i)
		h, err := decoy.NewHost(base, nil)
		if err != nil {
			t.Fatal(err)
		}
		if holds(h) {
			return base
		}
	}
	t.Fatal("no seed gives such a decky")
	return base
}

// Run runs a real client and returns what it prints; its failure is for the test to judge.
func Run(t testing.TB, stdin, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("this test needs the real client %s: make need-test installs it", name)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Scan returns what nmap finds out about the catalog's port.
func Scan(t testing.TB, d *decoytest.Decky, port int) string {
	t.Helper()
	host, bound, err := net.SplitHostPort(d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Run(t, "", "nmap", "-sV", "-Pn", "-n", "-p", bound, host)
	if err != nil {
		t.Errorf("nmap: %v", err)
	}
	return out
}

// Scripts returns what nmap's scripts find out about the catalog's UDP port, besides its version.
func Scripts(t testing.TB, d *decoytest.Decky, port int, names string) string {
	t.Helper()
	host, bound, err := net.SplitHostPort(d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	// The plus runs a script on a port that isn't its own, too.
	out, err := Run(t, "", "nmap", "-sU", "-sV", "-Pn", "-n", "-p", bound, "--script", "+"+names, host)
	if err != nil {
		t.Errorf("nmap: %v: %s", err, out)
	}
	return out
}

// NTLM fails the test unless nmap's script learns the machine's names from the service on the catalog's port, and curl proves with the password that it is the user, by which url and arguments say.
func NTLM(t testing.TB, d *decoytest.Decky, port int, script, url, user, secret string, arguments ...string) {
	t.Helper()
	host, bound, err := net.SplitHostPort(d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Run(t, "", "nmap", "-Pn", "-n", "-p", bound, "--script", "+"+script, host)
	if err != nil {
		t.Errorf("nmap: %v", err)
	}
	m := windows.MachineOf(d.Host)
	Contains(t, out, "NetBIOS_Domain_Name: "+m.Domain+"\n", "NetBIOS_Computer_Name: "+m.Name+"\n", "DNS_Computer_Name: "+m.DNSName+"\n", fmt.Sprintf("Product_Version: %d.%d.%d\n", m.Major, m.Minor, m.Build))
	for password, outcome := range map[string]string{secret: event.Accepted, "Summer 2026!": event.Rejected} {
		arguments := append([]string{"-s", "-m", "60", url, "-u", user + ":" + password, "--login-options", "AUTH=NTLM"}, arguments...)
		if out, err := Run(t, "", "curl", arguments...); (err == nil) != (outcome == event.Accepted) {
			t.Errorf("with %q curl shows, with %v,\n%s", password, err, out)
		}
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, user), decoytest.Has(event.SecretKind, "netntlmv2"), decoytest.Has("scheme", "ntlm"), decoytest.Has(event.Outcome, outcome))
	}
}

// Ask sends datagrams to the catalog's port and returns the answer to each, "" where none comes in the time that one is waited for.
func Ask(t testing.TB, d *decoytest.Decky, port int, patience time.Duration, datagrams ...string) []string {
	t.Helper()
	conn, err := net.Dial("udp", d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var answers []string
	buf := make([]byte, 64<<10)
	for _, datagram := range datagrams {
		if _, err := io.WriteString(conn, datagram); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buf)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		answers = append(answers, string(buf[:n]))
	}
	return answers
}

// Datagrams sends a thousand datagrams of random bytes, each after one of the beginnings or none, from many addresses. The test fails if the service panics, or if what comes back
// is more than twice what was sent.
func Datagrams(t testing.TB, d *decoytest.Decky, port int, beginnings ...string) {
	t.Helper()
	const senders, each = 50, 20
	target, err := net.ResolveUDPAddr("udp", d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	beginnings = append(beginnings, "")
	r := rand.New(rand.NewPCG(2, 2))
	sent, back := 0, 0
	for range senders {
		conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 1, byte(r.IntN(250)), byte(1+r.IntN(250)))}, target)
		if err != nil {
			t.Fatal(err)
		}
		for range each {
			junk := []byte(beginnings[r.IntN(len(beginnings))])
			for range r.IntN(300) {
				junk = append(junk, byte(r.Uint32()))
			}
			n, _ := conn.Write(junk) // the kernel may say that an earlier one did not arrive
			sent += n
		}
		buf := make([]byte, 64<<10)
		for {
			conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			n, err := conn.Read(buf)
			if err != nil {
				break
			}
			back += n
		}
		conn.Close()
	}
	if back > 2*sent {
		t.Errorf("%d bytes came back for %d", back, sent)
	}
	failOnPanic(t, d)
}

// failOnPanic fails the test at its end if a service has panicked.
func failOnPanic(t testing.TB, d *decoytest.Decky) {
	t.Cleanup(func() {
		for _, e := range d.Events() {
			if e.Type == event.Panic {
				t.Errorf("a panic: %v", e)
			}
		}
	})
}

// Garbage sends random bytes on a thousand connections, after one of the beginnings or none; it leaves half of them without waiting, and of the others only its own side. They come
// from many addresses, lest the decky refuses most. The test fails if the service panics.
func Garbage(t testing.TB, d *decoytest.Decky, port int, beginnings ...string) {
	t.Helper()
	const connections, atOnce, patience = 1000, 16, 50 * time.Millisecond
	beginnings = append(beginnings, "")
	address := d.Address(port)
	var senders sync.WaitGroup
	for sender := range atOnce {
		senders.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(sender)))
			for range connections / atOnce {
				dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(r.IntN(250)), byte(1+r.IntN(250)))}}
				conn, err := dialer.DialContext(t.Context(), "tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				junk := []byte(beginnings[r.IntN(len(beginnings))])
				for range r.IntN(600) {
					junk = append(junk, byte(r.Uint32()))
				}
				conn.Write(junk) // it may be refused early
				if r.IntN(2) == 0 {
					conn.(*net.TCPConn).CloseWrite()
					conn.SetReadDeadline(time.Now().Add(patience))
					io.Copy(io.Discard, conn)
				}
				conn.Close()
			}
		})
	}
	senders.Wait()
	failOnPanic(t, d)
}

// Abandoned leaves connections to the service open, after each of the beginnings and after none, and fails the test unless each is ended when it was idle for
// too long.
func Abandoned(t testing.TB, service string, port int, beginnings ...string) {
	t.Helper()
	limits := decoy.DefaultLimits()
	limits.Idle = 200 * time.Millisecond
	d := decoytest.StartWith(t, decoytest.Identity(), decoy.Options{Limits: limits}, service)
	for _, beginning := range append(beginnings, "") {
		conn := d.Dial(port) // with a deadline
		io.WriteString(conn, beginning)
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after %q the connection stays open", beginning)
		}
	}
}

// Recovers fails the test unless the service answers again: at once, or when a source whose share of connections was used up has some again.
func Recovers(t testing.TB, answers func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !answers(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the service does not answer after the garbage")
		}
	}
}

// Looks fails the test unless deckies look different from each other and each the same every time; of twenty at least so many must differ.
func Looks(t testing.TB, atLeast int, look func(*decoy.Host) string) {
	t.Helper()
	seen := map[string]bool{}
	for i := range 20 {
		id := decoytest.Identity()
		id.Seed = fmt.Appendf(nil, "look %03d of a decky in tests.", i)
		one, err := decoy.NewHost(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decoy.NewHost(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		first := look(one)
		if look(again) != first {
			t.Errorf("decky %d does not always look the same", i)
		}
		seen[first] = true
	}
	if len(seen) < atLeast {
		t.Errorf("20 deckies have only %d looks", len(seen))
	}
}

// Contains fails the test unless all of the texts are in what a client printed.
func Contains(t testing.TB, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("the answers lack %q:\n%s", want, out)
		}
	}
}
