package ssh

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	_ "decnet/decoy/services/telnet"
)

// dialFrom is dial from another address of this machine's.
func dialFrom(t *testing.T, d *decoytest.Decky, address string, auth ...ssh.AuthMethod) *ssh.Client {
	t.Helper()
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: time.Minute}).Dial("tcp", d.Address(22))
	if err != nil {
		t.Fatal(err)
	}
	c, channels, requests, err := ssh.NewClientConn(conn, "decky", &ssh.ClientConfig{User: "root", Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		conn.Close()
		t.Fatal(err)
	}
	client := ssh.NewClient(c, channels, requests)
	t.Cleanup(func() { client.Close() })
	return client
}

// output runs a command in a session of its own.
func output(t *testing.T, c *ssh.Client, line string) string {
	t.Helper()
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := session.CombinedOutput(line)
	return string(out)
}

func TestASourceFindsWhatItHasLeft(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh", "telnet")
	secret := password(t, d.Host)
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t, d, ssh.PublicKeys(signer)); err == nil {
		t.Error("the key lets in before it is planted")
	}
	c, err := dial(t, d, ssh.Password(secret))
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	output(t, c, "echo dropped > /tmp/x; echo '"+key+" me@home' >> ~/.ssh/authorized_keys; useradd -m -s /bin/bash eve; printf 'root:n3w\neve:hers\n' | chpasswd")
	c.Close()

	if c, err = dial(t, d, ssh.PublicKeys(signer)); err != nil {
		t.Fatal("the planted key:", err)
	}
	if got := output(t, c, "cat /tmp/x; id -un"); got != "dropped\nroot\n" {
		t.Errorf("at the next login: %q", got)
	}
	c.Close()
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "publickey"), decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.Secret, key))
	if _, err = dial(t, d, ssh.Password(secret)); err == nil {
		t.Error("the old password still lets in")
	}
	if c, err = dial(t, d, ssh.Password("n3w")); err != nil {
		t.Fatal("the new password:", err)
	}
	c.Close()
	eve, err := ssh.Dial("tcp", d.Address(22), &ssh.ClientConfig{User: "eve", Auth: []ssh.AuthMethod{ssh.Password("hers")}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		t.Fatal("an account that was made:", err)
	}
	if got := output(t, eve, "{ id -un; rm /etc/passwd; } 2>&1"); !strings.HasPrefix(got, "eve\nrm: ") {
		t.Errorf("who is let in as eve is %q", got)
	}
	eve.Close()

	conn := d.Dial(23)
	var seen bytes.Buffer
	for _, step := range [][2]string{{"login: ", "root\r"}, {"assword: ", "n3w\r"}, {"# ", "cat /tmp/x\r"}, {"\r\ndropped\r\n", "exit\r"}} {
		for from := seen.Len(); !strings.Contains(seen.String()[from:], step[0]); {
			if _, err := io.CopyN(&seen, conn, 1); err != nil {
				t.Fatalf("by telnet: %v after %q", err, seen.String())
			}
		}
		io.WriteString(conn, step[1])
	}

	stranger := dialFrom(t, d, "127.0.0.77", ssh.Password(secret))
	if got := output(t, stranger, "{ cat /tmp/x; id eve; wc -c < ~/.ssh/authorized_keys; } 2>&1"); !strings.Contains(got, "No such file") || !strings.Contains(got, "no such user") || !strings.HasSuffix(got, "0\n") {
		t.Errorf("a stranger finds %q", got)
	}
}

func TestConnectionsOfASourceDoNotHoldEachOtherUp(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	v := converse(t, d, "root", password(t, d.Host))
	io.WriteString(v.in, "{ echo ready >&2; cat; } > /tmp/slow\r")
	v.expect("\r\nready\r\n") // by then there is the file
	other, err := dial(t, d, ssh.Password(password(t, d.Host)))
	if err != nil {
		t.Fatal(err)
	}
	for output(t, other, "ls /tmp") != "slow\n" { // the shell may not have come to it
		if t.Context().Err() != nil {
			t.FailNow()
		}
	}
	if got := output(t, other, "echo here > /tmp/y; ls /tmp"); got != "slow\ny\n" {
		t.Errorf("beside a cat that waits: %q", got)
	}
	v.do("\x03")
	if got := v.do("cat /tmp/y\r"); !strings.Contains(got, "\r\nhere\r\n") {
		t.Errorf("the first sees %q", got)
	}
	v.leave()
}
