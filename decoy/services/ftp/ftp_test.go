package ftp

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// such returns an identity whose server fulfils the condition.
func such(t testing.TB, holds func(*service) bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return holds(newService(h)) })
}

func weak(v *service) bool { return v.user != "" && !v.anonymous }

// talk sends each line after the reply to the one before, and returns the replies.
func talk(t *testing.T, d *decoytest.Decky, lines ...string) []string {
	t.Helper()
	conn := d.Dial(21)
	in := bufio.NewReader(conn)
	read := func() string {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return err.Error()
			}
			if len(line) > 3 && line[0] >= '1' && line[0] <= '5' && line[3] == ' ' {
				return strings.TrimRight(line, "\r\n")
			}
		}
	}
	replies := []string{read()}
	for _, line := range lines {
		io.WriteString(conn, line+"\r\n")
		replies = append(replies, read())
	}
	return replies
}

func TestRealClientsListDownloadAndUpload(t *testing.T) {
	t.Parallel()
	for _, unix := range []bool{true, false} {
		for _, name := range []string{"220 (vsFTPd", "220 ProFTPD", "220---------- Welcome to Pure-FTPd", "220 Microsoft"} {
			if unix == strings.Contains(name, "Microsoft") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var id control.Identity
				if unix {
					id = such(t, func(v *service) bool { return weak(v) && strings.HasPrefix(v.product.banner, name) })
				} else {
					id = such(t, weak)
					id.OS = "windows_server"
				}
				d := decoytest.StartAs(t, id, "ftp")
				v := newService(d.Host)
				host, port, _ := net.SplitHostPort(d.Address(21))
				var want string
				for path, f := range v.files {
					if !f.directory {
						want = path
					}
				}
				sent := filepath.Join(t.TempDir(), "tool.bin")
				content := []byte("\x7fELF of a tool\r\n\x00\xff")
				if err := os.WriteFile(sent, content, 0o600); err != nil {
					t.Fatal(err)
				}
				login := v.user + ":" + v.secret
				base := "ftp://" + net.JoinHostPort(host, port)
				if out, err := servicetest.Run(t, "", "curl", "-sS", "-m", "10", "-u", login, base+"/"); err != nil || !strings.Contains(out, "pub") {
					t.Errorf("the list is %q, %v", out, err)
				}
				if out, err := servicetest.Run(t, "", "curl", "-sS", "-m", "10", "-u", login, base+want); err != nil || out != v.files[want].content {
					t.Errorf("%s is %q, %v", want, out, err)
				}
				if out, err := servicetest.Run(t, "", "curl", "-sS", "-m", "10", "-u", login, "-T", sent, base+"/pub/"); err != nil {
					t.Errorf("the upload: %q, %v", out, err)
				}
				sum := sha256.Sum256(content)
				d.Wait("upload", decoytest.Has("size", fmt.Sprint(len(content))), decoytest.Has("sha256", hex.EncodeToString(sum[:])))
				d.Wait(event.Download, decoytest.Has("file", strings.TrimPrefix(want, "/")[strings.LastIndex(strings.TrimPrefix(want, "/"), "/")+1:]))
				d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.Secret, v.secret))
				out, err := servicetest.Run(t, "", "lftp", "-e", "set net:max-retries 1; set net:timeout 5; set ftp:ssl-allow no; cls -1 /; cat "+want+"; bye", "-u", v.user+","+v.secret, "-p", port, host)
				if err != nil || !strings.Contains(out, v.files[want].content) || !strings.Contains(out, "pub") {
					t.Errorf("lftp shows %q, %v", out, err)
				}
				out, _ = servicetest.Run(t, fmt.Sprintf("user %s %s\nls\nbye\n", v.user, v.secret), "ftp", "-n", "-p", host, port)
				if !strings.Contains(out, "pub") {
					t.Errorf("ftp shows %q", out)
				}
			})
		}
	}
}

func TestEveryPasswordIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return v.product.zeroDay && !v.anonymous && v.user != "root" }), "ftp")
	replies := talk(t, d, "PASS early", "LIST", "USER root", "PASS toor one", "USER anonymous", "PASS a@b")
	want := []string{"503 Login with USER first.", "530 Please login with USER and PASS.", "331 Please specify the password.", "530 Login incorrect.", "331 Please specify the password.", "530 Login incorrect."}
	if got := strings.Join(replies[1:], "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the replies are\n%s", got)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "root"), decoytest.Has(event.Secret, "toor one"), decoytest.Has(event.Outcome, event.Rejected))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "USER root"))
}

func TestGuest(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return v.product.zeroDay && v.anonymous }), "ftp")
	got := strings.Join(talk(t, d, "USER anonymous", "PASS x@y", "PWD", "CWD ../../pub", "CWD nowhere", "SIZE /", "PORT 127,0,0,1,0,22", "EPRT |1|127.0.0.1|22|", "LIST", "MKD x", "AUTH TLS", "XYZZY", "QUIT")[2:], "\n")
	want := `230 Login successful.
257 "/" is the current directory
250 Directory successfully changed.
550 Failed to change directory.
550 Failed to open file.
500 Illegal PORT command.
500 Illegal EPRT command.
425 Use PORT or PASV first.
550 Permission denied.
530 Please login with USER and PASS.
500 Unknown command.
221 Goodbye.`
	if got != want {
		t.Errorf("the replies are\n%s", got)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "anonymous"), decoytest.Has(event.Outcome, event.Accepted))
}

func TestDataPortEndsWithTheSession(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return v.product.zeroDay && v.anonymous }), "ftp")
	reply := talk(t, d, "USER ftp", "PASS x", "PASV", "EPSV", "QUIT")
	var a, b, c, e, high, low, extended int
	if _, err := fmt.Sscanf(reply[3], "227 Entering Passive Mode (%d,%d,%d,%d,%d,%d).", &a, &b, &c, &e, &high, &low); err != nil {
		t.Fatal(reply[3], err)
	}
	if _, err := fmt.Sscanf(reply[4], "229 Entering Extended Passive Mode (|||%d|)", &extended); err != nil {
		t.Fatal(reply[4], err)
	}
	if address := fmt.Sprintf("%d.%d.%d.%d", a, b, c, e); address != d.Host.IP {
		t.Errorf("the data address is %s", address)
	}
	d.Wait(event.Disconnect)
	for _, port := range []int{high<<8 | low, extended} {
		if conn, err := net.Dial("tcp", net.JoinHostPort(d.Host.IP, fmt.Sprint(port))); err == nil {
			conn.Close()
			t.Errorf("port %d is still open", port)
		}
	}
}

func TestNobodyElseTakesTheData(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return v.product.zeroDay && v.anonymous }), "ftp")
	conn := d.Dial(21)
	in := bufio.NewReader(conn)
	io.WriteString(conn, "USER ftp\r\nPASS x\r\nEPSV\r\n")
	var port int
	for port == 0 {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		fmt.Sscanf(line, "229 Entering Extended Passive Mode (|||%d|)", &port)
	}
	address := net.JoinHostPort(d.Host.IP, fmt.Sprint(port))
	thief, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.77")}}).Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	thief.SetDeadline(time.Now().Add(10 * time.Second))
	own, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	own.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, "LIST\r\n")
	if list, err := io.ReadAll(own); err != nil || !strings.Contains(string(list), "pub") {
		t.Errorf("the client gets %q, %v", list, err)
	}
	if stolen, _ := io.ReadAll(thief); len(stolen) > 0 {
		t.Errorf("another host gets %q", stolen)
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	for want, begin := range map[string]string{"vsftpd": "220 (vsFTPd", "ProFTPD": "220 ProFTPD", "Pure-FTPd": "220---"} {
		d := decoytest.StartAs(t, such(t, func(v *service) bool { return strings.HasPrefix(v.product.banner, begin) }), "ftp")
		if out := servicetest.Scan(t, d, 21); !strings.Contains(out, want) {
			t.Errorf("want %s in\n%s", want, out)
		}
	}
}

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 18, func(h *decoy.Host) string {
		v := newService(h)
		return v.product.banner + v.user + v.product.list(v.files, "/", h.Installed())
	})
}

func TestLists(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	f := file{size: 1234, modified: time.Date(2026, 11, 5, 9, 14, 0, 0, time.UTC)}
	old := file{directory: true, modified: time.Date(2024, 3, 5, 21, 14, 0, 0, time.UTC)}
	for _, c := range []struct{ got, want string }{
		{vsftpd.entry("a", f, now), "-rw-r--r--    1 1000     1000         1234 Nov 05 09:14 a"},
		{vsftpd.entry("a", old, now), "drwxr-xr-x    2 1000     1000         4096 Mar 05  2024 a"},
		{proftpd.entry("a", f, now), "-rw-r--r--    1 ftp      ftp          1234 Nov  5 09:14 a"},
		{microsoft.entry("a", f, now), "11-05-26  09:14AM                 1234 a"},
		{microsoft.entry("a", old, now), "03-05-24  09:14PM       <DIR>          a"},
	} {
		if c.got != c.want {
			t.Errorf("got  %q\nwant %q", c.got, c.want)
		}
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return v.product.zeroDay && v.anonymous }), "ftp")
	servicetest.Garbage(t, d, 21, "USER anonymous\r\nPASS\r\nEPSV\r\nCWD ", "USER ")
	servicetest.Recovers(t, func() bool {
		got := talk(t, d, "QUIT")
		return len(got) == 2 && strings.HasPrefix(got[1], "221")
	})
}

func FuzzCommand(f *testing.F) {
	f.Add([]byte("STOR ../../etc/passwd\r\n"))
	f.Add([]byte("\xff\xf4\xffABOR\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		command, argument := parse(data)
		if strings.ContainsAny(command, " \n") && !strings.Contains(string(data), "\n") || len(command)+len(argument) > 3*len(data) {
			t.Fatalf("%q, %q", command, argument)
		}
		c := client{here: "/a/b"}
		if at := c.resolve(argument); !strings.HasPrefix(at, "/") || strings.Contains(at+"/", "/../") {
			t.Fatalf("%q leads to %q", argument, at)
		}
	})
}

func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	for _, p := range []product{vsftpd, pureftpd} {
		d := decoytest.StartAs(t, such(t, func(v *service) bool { return v.product.crowded == p.crowded }), "ftp")
		for range newService(d.Host).product.most {
			if _, err := d.Dial(21).Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if got := talk(t, d)[0]; got != p.crowded {
			t.Errorf("one too many hears %q, want %q", got, p.crowded)
		}
	}
}
