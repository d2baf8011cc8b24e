package ssh

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/internal/sshwire"
)

// kexinit reads the lists of the packet after the version.
func kexinit(t *testing.T, r io.Reader) (version string, lists []string) {
	t.Helper()
	var line [1]byte
	for !strings.HasSuffix(version, "\n") {
		if _, err := io.ReadFull(r, line[:]); err != nil {
			t.Fatal(err)
		}
		version += string(line[:])
	}
	number := func(b []byte) int { return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, min(number(head), 4096))
	if _, err := io.ReadFull(r, packet); err != nil {
		t.Fatal(err)
	}
	for rest := packet[18:]; len(lists) < 8; {
		n := number(rest)
		lists = append(lists, string(rest[4:4+n]))
		rest = rest[4+n:]
	}
	return version, lists
}

func TestTheWireIsThatOfTheVersion(t *testing.T) {
	t.Parallel()
	for _, persona := range []struct{ os, distro, product, lineEnd string }{
		{"linux", "debian", "OpenSSH_9.2p1 Debian", "\r\n"}, {"linux", "ubuntu22", "OpenSSH_8.9p1 Ubuntu", "\r\n"}, {"linux", "ubuntu20", "OpenSSH_8.2p1 Ubuntu", "\r\n"},
		{"linux", "rocky9", "OpenSSH_8.7", "\r\n"}, {"linux", "centos7", "OpenSSH_7.4", "\r\n"}, {"linux", "fedora", "OpenSSH_9.3", "\r\n"}, {"linux", "kali", "OpenSSH_9.", "\r\n"},
		{"linux", "arch", "OpenSSH_9.", "\r\n"}, {"linux", "alpine", "OpenSSH_9.6", "\r\n"}, {"windows", "", "OpenSSH_for_Windows_", "\r\n"}, {"bsd", "", "OpenSSH_9.", "\r\n"},
		{"embedded", "", "dropbear_20", "\r\n"}, {"cisco", "", "Cisco-1.25", "\n"},
	} {
		t.Run(persona.os+persona.distro, func(t *testing.T) {
			t.Parallel()
			id := decoytest.Identity()
			id.OS, id.Distro = persona.os, persona.distro
			d := decoytest.StartAs(t, id, "ssh")
			conn := d.Dial(22)
			if persona.os != "embedded" { // Dropbear waits for nobody
				io.WriteString(conn, "SSH-2.0-x\r\n")
			}
			version, lists := kexinit(t, conn)
			banner, whole := strings.CutSuffix(version, persona.lineEnd)
			if !whole || strings.HasSuffix(banner, "\r") || !strings.HasPrefix(banner, "SSH-2.0-"+persona.product) {
				t.Errorf("the version is %q", version)
			}
			want := sshwire.ProductOf(banner)
			if got := strings.Join([]string{lists[0], lists[3], lists[5], lists[7]}, ";"); got != want.HASSH() {
				t.Errorf("%s offers %s\nnot %s", banner, got, want.HASSH())
			}
			if lists[1] != strings.Join(want.HostKeys, ",") {
				t.Errorf("%s offers the host keys %s", banner, lists[1])
			}
		})
	}
}

// TestRealClientsConfigurations goes through what a client may insist on, and what an intruder does then.
func TestRealClientsConfigurations(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	secret := password(t, d.Host)
	file, _ := payload(t, 200<<10)
	host, port, _ := strings.Cut(d.Address(22), ":")
	for _, options := range [][]string{
		{"-C"}, {"-C", "-o", "RekeyLimit=32K", "-o", "Ciphers=aes256-gcm@openssh.com"}, {"-o", "KexAlgorithms=sntrup761x25519-sha512@openssh.com"}, {"-o", "MACs=umac-128-etm@openssh.com", "-o", "Ciphers=aes192-ctr"},
		{"-o", "KexAlgorithms=diffie-hellman-group18-sha512", "-o", "HostKeyAlgorithms=rsa-sha2-256"},
	} {
		if out, err := client(t, d, secret, "", append(options, "-tt")...); err != nil && !strings.Contains(out, "logout") {
			t.Errorf("%v: a shell: %q, %v", options, out, err)
		}
		back := filepath.Join(t.TempDir(), "back")
		batch := "put " + file + " /tmp/x\nget /tmp/x " + back + "\n"
		if out, err := tool(t, secret, batch, append(append([]string{"sftp", "-P", port}, options...), "root@"+host)...); err != nil {
			t.Errorf("%v: %s, %v", options, out, err)
		}
		sent, _ := os.ReadFile(file)
		if got, err := os.ReadFile(back); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%v: %d bytes come back, %v", options, len(got), err)
		}
	}
}

// TestRealClientLearnsTheOtherHostKeys is what OpenSSH's clients do with hostkeys-00@openssh.com: they ask for proofs and note the keys.
func TestRealClientLearnsTheOtherHostKeys(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	host, port, _ := strings.Cut(d.Address(22), ":")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, algorithms := range []string{"ssh-ed25519,rsa-sha2-512,ecdsa-sha2-nistp256", "rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256"} {
		known := filepath.Join(t.TempDir(), "known")
		options := []string{"-e", "ssh", "-F", "/dev/null", "-o", "UserKnownHostsFile=" + known, "-o", "StrictHostKeyChecking=no", "-p", port}
		run := func(more ...string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, "sshpass", append(options, more...)...)
			cmd.Env = append(os.Environ(), "SSHPASS="+password(t, d.Host))
			return cmd
		}
		first, _, _ := strings.Cut(algorithms, ",")
		if out, err := run("-o", "HostKeyAlgorithms="+first, "-o", "UpdateHostKeys=no", "root@"+host, "true").CombinedOutput(); err != nil {
			t.Fatalf("%s, %v", out, err)
		}
		cmd := run("-v", "-o", "HostKeyAlgorithms="+algorithms, "-o", "UpdateHostKeys=yes", "root@"+host, "cat")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out := ""
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			out += lines.Text() + "\n"
			if strings.Count(out, "Learned new hostkey") == 2 { // the session has lasted long enough
				in.Close()
			}
		}
		err = cmd.Wait()
		keys, _ := os.ReadFile(known)
		if n := bytes.Count(keys, []byte("\n")); err != nil || n != 3 {
			t.Errorf("%s: the client knows %d keys: %v\n%s", algorithms, n, err, out)
		}
	}
}

// TestAPlantedKeyLetsTheRealClientIn is by the method that binds the signature to the host's key, where the server says that it knows of it.
func TestAPlantedKeyLetsTheRealClientIn(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	options := []string{"-v", "-i", file, "-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=DEBUG3"}
	if out, err := client(t, d, "", "", append(options, "-n")...); err == nil {
		t.Errorf("the key lets in before it is planted: %s", out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "publickey"), decoytest.Has(event.Outcome, event.Rejected), decoytest.Has(event.Secret, line))
	if out, err := client(t, d, password(t, d.Host), "mkdir -p .ssh; echo '"+line+"' >> .ssh/authorized_keys\n"); err != nil {
		t.Fatalf("%s, %v", out, err)
	}
	out, err := client(t, d, "", "id -un\n", options...)
	if err != nil || !strings.Contains(out, "\nroot\n") || !strings.Contains(out, "publickey-hostbound@openssh.com") {
		t.Errorf("%v\n%s", err, out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "publickey"), decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.Secret, line))
}
