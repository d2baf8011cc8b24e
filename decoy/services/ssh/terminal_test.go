package ssh

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/shell"
)

// conversation is a person at a terminal.
type conversation struct {
	t      *testing.T
	client *ssh.Client
	in     io.WriteCloser
	out    *bufio.Reader
	seen   strings.Builder
	done   chan error // what the session has ended with
}

// converse logs in, opens a terminal and waits for the prompt.
func converse(t *testing.T, d *decoytest.Decky, user, secret string) *conversation {
	t.Helper()
	c, err := ssh.Dial("tcp", d.Address(22), &ssh.ClientConfig{User: user, Auth: []ssh.AuthMethod{ssh.Password(secret)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 40, 200, nil); err != nil {
		t.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	// Whoever waits for what never comes is told what came.
	timer := time.AfterFunc(2*time.Minute, func() { c.Close() })
	t.Cleanup(func() { timer.Stop() })
	v := &conversation{t: t, client: c, in: in, out: bufio.NewReader(out), done: make(chan error, 1)}
	go func() { v.done <- session.Wait() }()
	v.expect("~# ")
	return v
}

// expect reads up to a text and returns what came before it.
func (v *conversation) expect(text string) string {
	v.t.Helper()
	from := v.seen.Len()
	for !strings.HasSuffix(v.seen.String()[from:], text) {
		c, err := v.out.ReadByte()
		if err != nil {
			v.t.Fatalf("waiting for %q: %v\n%s", text, err, v.seen.String())
		}
		v.seen.WriteByte(c)
	}
	return strings.TrimSuffix(v.seen.String()[from:], text)
}

// do types and returns what is shown until the next prompt of root.
func (v *conversation) do(keys string) string {
	v.t.Helper()
	io.WriteString(v.in, keys)
	return v.expect("# ")
}

func (v *conversation) leave() {
	v.t.Helper()
	io.WriteString(v.in, "exit\r")
	v.expect("logout\r\n")
	<-v.done
}

func TestTheEndOfFileEndsTheProgramAlone(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	v := converse(t, d, "root", password(t, d.Host))
	io.WriteString(v.in, "cat > /tmp/c\r")
	v.expect("cat > /tmp/c\r\n")
	if got := v.do("abc\r\x04"); got != "abc\r\nroot@SRV-ALPHA-42:~" {
		t.Errorf("the end of the file shows %q", got)
	}
	if got := v.do("echo alive $(cat /tmp/c)\r"); !strings.Contains(got, "\r\nalive abc\r\n") {
		t.Errorf("afterwards: %q", got)
	}
	// In one piece, and with a last line that has no end.
	if got := v.do("cat > /tmp/c\rdef\rno end\x04\x04"); !strings.Contains(got, "def") {
		t.Error(got)
	}
	if got := v.do("wc -lc < /tmp/c; \x05echo alive\r"); !strings.Contains(got, "1 10\r\nalive\r\n") {
		t.Errorf("a line without an end: %q", got)
	}
	io.WriteString(v.in, "abc\x04\x15\x04") // behind text it ends nothing
	v.expect("logout\r\n")
	if err := <-v.done; err != nil {
		t.Error(err)
	}
}

func TestOnlyTheOutermostShellLogsOut(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	v := converse(t, d, "root", password(t, d.Host))
	for range 2 {
		v.do("bash\r")
	}
	io.WriteString(v.in, "\x04")
	v.expect("exit\r\n")
	v.expect("# ")
	io.WriteString(v.in, "exit\r")
	v.expect("exit\r\nexit\r\n")
	v.expect("# ")
	if got := v.do("echo level $SHLVL\r"); !strings.Contains(got, "\r\nlevel 1\r\n") {
		t.Error(got)
	}
	v.leave()
}

func TestCtrlCBreaksOffWhatRuns(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	v := converse(t, d, "root", password(t, d.Host))
	for _, c := range []struct{ line, shows, key, want string }{
		{"sleep 600; echo not me", "sleep 600; echo not me\r\n", "\x03", "^C\r\nroot@SRV-ALPHA-42:~"},
		{"while true; do echo xyz; sleep 600; done", "xyz\r\n", "\x03", "^C\r\nroot@SRV-ALPHA-42:~"},
		{"cat > /tmp/f", "cat > /tmp/f\r\n", "half\x03", "half^C\r\nroot@SRV-ALPHA-42:~"},
		{"sleep 601", "sleep 601\r\n", "\x1a", "^Z\r\n\r\n[1]+  Stopped                 sleep 601\r\nroot@SRV-ALPHA-42:~"},
	} {
		io.WriteString(v.in, c.line+"\r")
		v.expect(c.shows)
		began := time.Now()
		if got := v.do(c.key); got != c.want {
			t.Errorf("%s: %q shows %q", c.line, c.key, got)
		}
		if time.Since(began) > 5*time.Minute {
			t.Errorf("%s ran on", c.line)
		}
		want := "130"
		if c.key == "\x1a" {
			want = "148"
		}
		if got := v.do("echo $?\r"); !strings.Contains(got, "\r\n"+want+"\r\n") {
			t.Errorf("the status after %s is %q", c.line, got)
		}
	}
	if got := v.do("not this\x03"); got != "not this^C\r\nroot@SRV-ALPHA-42:~" {
		t.Errorf("at the prompt it shows %q", got)
	}
	v.leave()
	for _, e := range d.Events() {
		if line, _ := e.Get(event.Command); strings.Contains(line, "not this") {
			t.Errorf("recorded as run: %q", line)
		}
	}
}

func TestWhatIsTypedMeanwhileIsNotLost(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	v := converse(t, d, "root", password(t, d.Host))
	io.WriteString(v.in, "sleep 0.3\r")
	v.expect("sleep 0.3\r\n")
	io.WriteString(v.in, "echo later\r")
	v.expect("\r\nlater\r\n")
	v.expect("# ")
	io.WriteString(v.in, "sleep 30\r")
	v.expect("sleep 30\r\n")
	io.WriteString(v.in, "rm -rf /secret\rhalf a line")
	v.client.SendRequest("keepalive@openssh.com", true, nil) // the answer comes behind it
	v.client.Close()
	e := d.Wait("input_unread", decoytest.Has("content", "rm -rf /secret\rhalf a line"))
	if size, _ := e.Get("size"); size != "26" {
		t.Errorf("the size is %s", size)
	}
	d.Wait("terminal", func(e event.Event) bool {
		cast, _ := e.Get(event.Cast)
		return strings.Contains(cast, `,"i","rm -rf`)
	})
}

func TestOnePasswordForASource(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	system := shell.SystemOf(d.Host)
	var own []string
	for _, p := range []string{"123456", "password", "admin", "root", "12345678", "1234", "12345", "123456789", "qwerty", "toor", "changeme", "P@ssw0rd", "admin123", "root123", "test", "1q2w3e4r", "letmein", "ubuntu", "welcome", "password123"} {
		if system.Admits("root", p) {
			own = append(own, p)
		}
	}
	if len(own) < 2 {
		t.Fatalf("the decky has only %v", own)
	}
	if _, err := dial(t, d, ssh.Password(own[1])); err != nil {
		t.Error(err)
	}
	if _, err := dial(t, d, ssh.Password(own[0])); err == nil {
		t.Error("a second password lets in")
	}
	if _, err := dial(t, d, ssh.Password(own[1])); err != nil {
		t.Error(err)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, own[0]), decoytest.Has(event.Outcome, event.Rejected))
}
