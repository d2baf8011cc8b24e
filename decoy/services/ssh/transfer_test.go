package ssh

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/semaphore"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/shell"
)

// payload is a file to upload, and its hash.
func payload(t *testing.T, size int) (file, sum string) {
	t.Helper()
	content := bytes.Repeat([]byte("\x7fELF evil "), size/10)
	file = filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(file, content, 0o755); err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(content)
	return file, hex.EncodeToString(hash[:])
}

func TestSFTPOfOpenSSH(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	secret := password(t, d.Host)
	file, sum := payload(t, 600000)
	back := filepath.Join(t.TempDir(), "passwd")
	host, port, _ := strings.Cut(d.Address(22), ":")
	out, err := tool(t, secret, "pwd\nls -la /etc\nget /etc/passwd "+back+"\nput "+file+" /tmp/x\nls -l /tmp\nchmod 700 /tmp/x\nmkdir /tmp/d\nrename /tmp/x /tmp/d/y\nls /tmp/d\nln -s /etc/passwd /tmp/l\nrm /tmp/l\nget /nonesuch\ndf\n",
		"sftp", "-P", port, "root@"+host)
	if err != nil {
		t.Logf("sftp: %v", err)
	}
	servicetest.Contains(t, out, "Remote working directory: /root", "passwd", "600000", "/tmp/d/y", "/nonesuch", "not found")
	if content, err := os.ReadFile(back); err != nil || !strings.HasPrefix(string(content), "root:x:0:0:") {
		t.Errorf("the file is %q, %v", content, err)
	}
	d.Wait("file_written", decoytest.Has("path", "/tmp/x"), decoytest.Has("size", "600000"), decoytest.Has("sha256", sum), decoytest.Has("how", "sftp"), decoytest.Has("kept", "whole"))
	d.Wait("file_part", decoytest.Has("sha256", sum), decoytest.Has("offset", "57344"))
	d.Wait("sftp", decoytest.Has("request", "rename"), decoytest.Has("to", "/tmp/d/y"))
	d.Wait("sftp", decoytest.Has("request", "chmod"), decoytest.Has("path", "/tmp/x"))
}

func TestSCP(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	secret := password(t, d.Host)
	host, port, _ := strings.Cut(d.Address(22), ":")
	for _, protocol := range []string{"-O", "-s"} {
		file, sum := payload(t, 50000)
		if out, err := tool(t, secret, "", "scp", protocol, "-P", port, file, "root@"+host+":/tmp/bot"+protocol); err != nil {
			t.Fatalf("scp %s: %v\n%s", protocol, err, out)
		}
		d.Wait("file_written", decoytest.Has("path", "/tmp/bot"+protocol), decoytest.Has("sha256", sum))
		if out, err := tool(t, secret, "", "scp", protocol, "-r", "-P", port, filepath.Dir(file), "root@"+host+":/tmp/tree"); err != nil && protocol == "-O" {
			t.Errorf("scp -r %s: %v\n%s", protocol, err, out)
		}
		back := filepath.Join(t.TempDir(), "passwd")
		if out, err := tool(t, secret, "", "scp", protocol, "-P", port, "root@"+host+":/etc/passwd", back); err != nil {
			t.Errorf("scp %s back: %v\n%s", protocol, err, out)
		}
		if content, err := os.ReadFile(back); err != nil || !strings.HasPrefix(string(content), "root:x:0:0:") {
			t.Errorf("the file is %q, %v", content, err)
		}
		out, err := tool(t, secret, "", "scp", protocol, "-P", port, "root@"+host+":/nonesuch", back)
		if err == nil || !strings.Contains(out, "No such file or directory") {
			t.Errorf("a file that isn't there: %q, %v", out, err)
		}
	}
}

func TestUploadIsThereForTheShell(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	file, _ := payload(t, 100)
	secret := password(t, d.Host)
	host, port, _ := strings.Cut(d.Address(22), ":")
	// One connection for both: what is uploaded is gone with it.
	master := filepath.Join(t.TempDir(), "m")
	out, err := tool(t, secret, "put "+file+" /tmp/x\n!ssh -S "+master+" x ls -l /tmp/x; ssh -S "+master+" x 'file /tmp/x'\n", "sftp", "-o", "ControlMaster=yes", "-o", "ControlPath="+master, "-P", port, "root@"+host)
	if err != nil {
		t.Logf("sftp: %v", err)
	}
	servicetest.Contains(t, out, "100 ", "ELF")
}

func TestSCPCommands(t *testing.T) {
	for command, want := range map[string]string{
		"scp -t /tmp/x": "true /tmp/x true", "scp -r -p -d -t -- 'a b'": "true a b true", "/usr/bin/scp -f x": "false x true", "scp x y": "false  false", "ls -t /": "false  false", "scp -ft x": "true x false",
	} {
		to, target, ok := scpCommand(command)
		if got := fmt.Sprint(to, " ", target, " ", ok); got != want && ok {
			t.Errorf("%s: %s, want %s", command, got, want)
		} else if ok != strings.HasSuffix(want, "true") {
			t.Errorf("%s: %v", command, ok)
		}
	}
}

func FuzzTransfers(f *testing.F) {
	f.Add([]byte{sftpOpen, 0, 0, 0, 1, 0, 0, 0, 2, '/', 'x', 0, 0, 0, 26, 0, 0, 0, 0}, "C0644 3 x\nabc\x00E\n")
	f.Add([]byte{sftpWrite, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'x'}, "D0755 0 d\nC0644 0 y\n\x00")
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	system := shell.SystemOf(h)
	f.Fuzz(func(t *testing.T, packet []byte, lines string) {
		files := shell.NewMachine(system).Files("root")
		memory := semaphore.NewWeighted(maxMemory)
		s := &sftp{session: &decoy.Session{}, files: files, memory: memory, handles: map[string]*handle{}}
		s.answer([]byte{sftpOpen, 0, 0, 0, 1, 0, 0, 0, 2, '/', 'x', 0, 0, 0, 26, 0, 0, 0, 0})
		s.answer([]byte{sftpOpendir, 0, 0, 0, 1, 0, 0, 0, 1, '/'})
		if len(packet) >= 5 {
			for range 2 {
				if answer := s.answer(packet); len(answer) < 9 || len(answer) > maxSFTPPacket+1024 {
					t.Fatalf("an answer of %d bytes", len(answer))
				}
			}
		}
		s.closeAll()
		c := &scp{&decoy.Session{}, files, memory, bufio.NewReaderSize(strings.NewReader(lines), maxSCPLine), io.Discard}
		c.sink("/tmp")
		c = &scp{&decoy.Session{}, files, memory, bufio.NewReaderSize(strings.NewReader(lines), maxSCPLine), io.Discard}
		c.source("/etc/passwd")
		if !memory.TryAcquire(maxMemory) {
			t.Fatal("not all of the memory was given back")
		}
	})
}
