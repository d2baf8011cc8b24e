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
				if out, err := servicetest.Run(t, "", "curl", "-sS", "-m", "60", "-u", login, base+"/"); err != nil || !strings.Contains(out, "pub") {
					t.Errorf("the list is %q, %v", out, err)
				}
				if out, err := servicetest.Run(t, "", "curl", "-sS", "-m", "60", "-u", login, base+want); err != nil || out != v.files[want].content {
					t.Errorf("%s is %q, %v", want, out, err)
				}
				if out, err := servicetest.Run(t, "", "curl", "-sS", "-m", "60", "-u", login, "-T", sent, base+"/pub/"); err != nil {
					t.Errorf("the upload: %q, %v", out, err)
				}
				sum := sha256.Sum256(content)
				d.Wait("upload", decoytest.Has("size", fmt.Sprint(len(content))), decoytest.Has("sha256", hex.EncodeToString(sum[:])))
				d.Wait(event.Download, decoytest.Has("file", strings.TrimPrefix(want, "/")[strings.LastIndex(strings.TrimPrefix(want, "/"), "/")+1:]))
				d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted), decoytest.Has(event.Secret, v.secret))
				out, err := servicetest.Run(t, "", "lftp", "-e", "set net:max-retries 1; set net:timeout 60; set ftp:ssl-allow no; cls -1 /; cat "+want+"; bye", "-u", v.user+","+v.secret, "-p", port, host)
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
550 Could not get file size.
500 Illegal PORT command.
500 Illegal EPRT command.
425 Use PORT or PASV first.
550 Permission denied.
500 Unknown command.
500 Unknown command.
221 Goodbye.`
	if got != want {
		t.Errorf("the replies are\n%s", got)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "anonymous"), decoytest.Has(event.Outcome, event.Accepted))
}

// conversations are what the real servers of Debian 12 said to the same lines: to a stranger, and to who has logged in.
var conversations = map[string]struct{ stranger, known [][2]string }{
	"220 (vsFTPd": {
		[][2]string{
			{"SYST", "530 Please login with USER and PASS."}, {"OPTS UTF8 ON", "200 Always in UTF8 mode."}, {"OPTS X", "501 Option not understood."}, {"GET / HTTP/1.0", "530 Please login with USER and PASS."},
			{" ", "530 Please login with USER and PASS."}, {"PASS early", "503 Login with USER first."},
		},
		[][2]string{
			{"MKD new", `257 "/new" created`}, {"MKD new", "550 Create directory operation failed."}, {"CWD new", "250 Directory successfully changed."}, {"RMD ../new/", "250 Remove directory operation successful."},
			{"CWD /", "250 Directory successfully changed."}, {"RNFR pub", "350 Ready for RNTO."}, {"RNTO bar", "250 Rename successful."}, {"RNTO bar", "503 RNFR required first."}, {"DELE nope", "550 Delete operation failed."},
			{"SIZE bar", "550 Could not get file size."}, {"REST 5", "350 Restart position accepted (5)."}, {"SITE HELP", "214 CHMOD UMASK HELP"}, {"SITE CHMOD 777 bar", "200 SITE CHMOD command ok."},
			{"TYPE E", "500 Unrecognised TYPE command."}, {"USER x", "530 Can't change to another user."}, {"PASS y", "230 Already logged in."}, {"RETR x", "425 Use PORT or PASV first."}, {"STAT nope", "213 End of status"},
			{"GET / HTTP/1.0", "500 HTTP protocol commands not allowed."},
		},
	},
	"220 ProFTPD": {
		[][2]string{
			{"", "500 Invalid command: try being more creative"}, {"SYST", "215 UNIX Type: L8"}, {"CLNT x", "200 OK"}, {"XYZZY", "500 XYZZY not understood"}, {"SMNT", "530 Please login with USER and PASS"}, {"HELP FOO", "502 Unknown command 'FOO'"},
			{"USER", "500 USER: command requires a parameter"}, {"SITE CPFR /etc/passwd", "530 Please login with USER and PASS"}, {"get x", "500 GET not understood"}, {"GET x", "EOF"},
		},
		[][2]string{
			{"MKD new", `257 "/new" - Directory successfully created`}, {"MKD new", "550 new: File exists"}, {"XRMD new", "250 XRMD command successful"}, {"CDUP", "250 CDUP command successful"}, {"CWD", "501 Invalid number of parameters"},
			{"SIZE pub", "550 SIZE not allowed in ASCII mode"}, {"TYPE I", "200 Type set to I"}, {"SIZE pub", "550 pub: not a regular file"}, {"RNFR pub", "350 File or directory exists, ready for destination name"}, {"RNTO bar", "250 Rename successful"},
			{"DELE bar", "550 bar: Is a directory"}, {"MLST nope", "550 'nope' cannot be listed"}, {"SITE FOO", "500 'SITE FOO' not understood"}, {"REST 5", "350 Restarting at 5. Send STORE or RETRIEVE to initiate transfer"},
			{"USER x", "501 Reauthentication not supported"}, {"STAT", "211 End of status"}, {"STAT nope", "450 nope: No such file or directory"}, {"LIST", "425 Unable to build data connection: Connection refused"},
		},
	},
	"220---": {
		[][2]string{
			{"SYST", "215 UNIX Type: L8"}, {"NOOP", "200 Zzz..."}, {"MODE B", "504 Please use S(tream) mode"}, {"PROT P", "503 PROT must be preceded by a successful PBSZ command"}, {"XYZZY", "530 You aren't logged in"}, {"get x", "500 HTTP command: [get]"},
		},
		[][2]string{
			{"MKD new", `257 "new" : The directory was successfully created`}, {"RMD new", "250 The directory was successfully removed"}, {"DELE nope", "550 Could not delete nope: No such file or directory"},
			{"RNFR pub", "350 RNFR accepted - file exists, ready for destination"}, {"RNTO bar", "250 File successfully renamed or moved"}, {"SIZE bar", "550 I can only retrieve regular files"}, {"ALLO 5", "200 A L'HUILE"},
			{"TYPE E", "504 TYPE is now ASCII"}, {"STAT", "211 https://www.pureftpd.org/"}, {"SITE UMASK", "500 SITE UMASK is an unknown extension"}, {"PASS y", "530 We can't do that in the current session"}, {"OPTS UTF8 ON", "504 Unknown command"},
			{"QUIT", "221 Logout."},
		},
	},
}

func TestAnswersAreTheProducts(t *testing.T) {
	t.Parallel()
	for begin, said := range conversations {
		d := decoytest.StartAs(t, such(t, func(v *service) bool { return weak(v) && strings.HasPrefix(v.product.banner, begin) }), "ftp")
		v := newService(d.Host)
		for _, about := range []struct {
			login []string
			said  [][2]string
		}{{nil, said.stranger}, {[]string{"USER " + v.user, "PASS " + v.secret}, said.known}} {
			lines := about.login
			for _, pair := range about.said {
				lines = append(lines, pair[0])
			}
			got := talk(t, d, lines...)[1+len(about.login):]
			for i, pair := range about.said {
				if got[i] != pair[1] {
					t.Errorf("%s: to %q it says %q, want %q", begin, pair[0], got[i], pair[1])
				}
			}
		}
	}
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return v.product.plain && !v.anonymous }), "ftp")
	talk(t, d, "PASS early")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "early"))
}

// TestClientsPortIsNotConnectedTo names a port of the client's own, as an active transfer does, and another host's.
func TestClientsPortIsNotConnectedTo(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return weak(v) && v.product.plain }), "ftp")
	v := newService(d.Host)
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := trap.Addr().(*net.TCPAddr).Port
	got := talk(t, d, "USER "+v.user, "PASS "+v.secret, fmt.Sprintf("PORT 127,0,0,1,%d,%d", port>>8, port&0xff), "LIST", fmt.Sprintf("PORT 192,0,2,7,%d,%d", port>>8, port&0xff), fmt.Sprintf("EPRT |1|127.0.0.1|%d|", port), "QUIT")
	want := "200 PORT command successful. Consider using PASV.\n425 Failed to establish connection.\n500 Illegal PORT command.\n200 EPRT command successful. Consider using EPSV.\n221 Goodbye."
	if got := strings.Join(got[3:], "\n"); got != want {
		t.Errorf("the replies are\n%s", got)
	}
	if err := trap.(*net.TCPListener).SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if conn, err := trap.Accept(); err == nil {
		t.Errorf("%s connected", conn.RemoteAddr())
	}
	trap.Close()
}

func TestFilesOfASessionAreBounded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, func(v *service) bool { return weak(v) && v.product.plain }), "ftp")
	v := newService(d.Host)
	lines := []string{"USER " + v.user, "PASS " + v.secret}
	for i := range maxChanges + 1 {
		lines = append(lines, fmt.Sprint("MKD d", i))
	}
	got := talk(t, d, lines...)
	if last := got[len(got)-1]; last != "550 Create directory operation failed." || !strings.HasPrefix(got[len(got)-2], "257") {
		t.Errorf("the last but one hears %q, the last %q", got[len(got)-2], last)
	}
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
	thief.SetDeadline(time.Now().Add(time.Minute))
	own, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	own.SetDeadline(time.Now().Add(time.Minute))
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
		return v.product.banner + v.user + v.product.list(v.files, "/", "ftp", false, h.Installed())
	})
}

func TestLists(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	f := file{size: 1234, modified: time.Date(2026, 11, 5, 9, 14, 0, 0, time.UTC)}
	old := file{directory: true, modified: time.Date(2024, 3, 5, 21, 14, 0, 0, time.UTC)}
	for _, c := range []struct{ got, want string }{
		{vsftpd.entry("a", f, "1000", now), "-rw-r--r--    1 1000     1000         1234 Nov 05 09:14 a"},
		{vsftpd.entry("a", old, "1000", now), "drwxr-xr-x    2 1000     1000         4096 Mar 05  2024 a"},
		{proftpd.entry("a", f, "web", now), "-rw-r--r--   1 web      web          1234 Nov  5 09:14 a"},
		{pureftpd.entry("a", old, "web", now), "drwxr-xr-x    2 web        web              4096 Mar  5  2024 a"},
		{microsoft.entry("a", f, "", now), "11-05-26  09:14AM                 1234 a"},
		{microsoft.entry("a", old, "", now), "03-05-24  09:14PM       <DIR>          a"},
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

func TestTheSecretOfALongLineIsNotShown(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ftp")
	io.WriteString(d.Dial(21), "PASS hunter2"+strings.Repeat("x", maxLine))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "PASS"), decoytest.Has("data", "hunter2"+strings.Repeat("x", 256-len("PASS hunter2"))))
}
