package tftp

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// transfers runs the real client: get or put, and the names.
func transfers(t *testing.T, d *decoytest.Decky, args ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Address(69))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := servicetest.Run(t, "", "tftp", append([]string{"-m", "octet", host, port, "-c"}, args...)...) // a refusal is a failure, too
	return out
}

func TestRealClient(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).files["startup-config"] != "" }), "tftp")
	v := newServer(d.Host)
	dir := t.TempDir()
	for _, name := range v.names() {
		local := filepath.Join(dir, "got")
		out := transfers(t, d, "get", name, local)
		if got, err := os.ReadFile(local); err != nil || string(got) != v.files[name] {
			t.Errorf("%s: %v, %s: %d bytes of %d", name, err, out, len(got), len(v.files[name]))
		}
	}
	d.Wait("file_read", decoytest.Has("path", "startup-config"))
	servicetest.Contains(t, transfers(t, d, "get", "etc/passwd", filepath.Join(dir, "no")), "File not found")
	d.Wait("tftp", decoytest.Has("operation", "read"), decoytest.Has("path", "etc/passwd"), decoytest.Has("mode", "octet"))

	dropped := bytes.Repeat([]byte("#!/bin/sh\necho dropped\n"), 300)
	local := filepath.Join(dir, "x.sh")
	if err := os.WriteFile(local, dropped, 0o600); err != nil {
		t.Fatal(err)
	}
	transfers(t, d, "put", local, "x.sh")
	e := d.Wait("file_written", decoytest.Has("path", "x.sh"), decoytest.Has("size", fmt.Sprint(len(dropped))))
	if content, _ := e.Get("content"); !strings.HasPrefix(content, "#!/bin/sh\necho dropped") {
		t.Errorf("the record has %q", content)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "tftp")
	v := newServer(d.Host)
	name := v.names()[0]
	out, err := servicetest.Run(t, "", "curl", "-sS", "--max-time", "60", "--tftp-blksize", "1024", "tftp://"+d.Address(69)+"/"+name)
	if err != nil || out != v.files[name] {
		t.Errorf("%v: %q", err, out)
	}
	d.Wait("tftp", decoytest.Has("path", name), func(e event.Event) bool {
		asked, _ := e.Get("options")
		return strings.HasPrefix(asked, "tsize=0 blksize=1024 timeout=")
	})
}

// Each of these is tftpd-hpa 5.2's answer, from a port of its own.
func TestAnswersAreTftpdHpas(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).files["pxelinux.cfg/default"] != "" }), "tftp")
	target, err := net.ResolveUDPAddr("udp", d.Address(69))
	if err != nil {
		t.Fatal(err)
	}
	has := "pxelinux.cfg/default"
	size := fmt.Sprint(len(newServer(d.Host).files[has]))
	for asked, want := range map[string]string{
		"\x00\x01\x00octet\x00":                                                "\x00\x05\x00\x04Missing mode\x00",
		"\x00\x01" + has + "\x00":                                              "\x00\x05\x00\x04Missing mode\x00",
		"\x00\x01" + has + "\x00mail\x00":                                      "\x00\x05\x00\x04Unknown mode\x00",
		"\x00\x02" + has + "\x00octet":                                         "\x00\x05\x00\x04Request not null-terminated\x00",
		"\x00\x01" + strings.Repeat("x", 600) + "\x00octet\x00":                "\x00\x05\x00\x00File name too long\x00",
		"\x00\x01/\x00octet\x00":                                               "\x00\x05\x00\x00Is a directory\x00",
		"\x00\x01pxelinux.cfg\x00octet\x00":                                    "\x00\x05\x00\x00Is a directory\x00",
		"\x00\x01" + has + "\x00octet\x00blksize\x007\x00":                     "\x00\x05\x00\x08Unsupported option(s) requested\x00",
		"\x00\x01" + has + "\x00octet\x00timeout\x00256\x00":                   "\x00\x05\x00\x08Unsupported option(s) requested\x00",
		"\x00\x01" + has + "\x00octet\x00BLKSIZE\x00600\x00tsize\x000\x00":     "\x00\x06BLKSIZE\x00600\x00tsize\x00" + size + "\x00",
		"\x00\x01" + has + "\x00octet\x00utimeout\x001000000\x00":              "\x00\x06utimeout\x001000000\x00",
		"\x00\x01" + has + "\x00octet\x00rollover\x000\x00windowsize\x004\x00": "\x00\x06rollover\x000\x00",
		"\x00\x01" + has + "\x00netascii\x00":                                  "\x00\x03\x00\x01DEFAULT menu.c32\r\nPROMPT",
	} {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.WriteTo([]byte(asked), target); err != nil {
			t.Fatal(err)
		}
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		buf := make([]byte, 2048)
		n, from, err := conn.ReadFromUDP(buf)
		if err != nil || !strings.HasPrefix(string(buf[:n]), want) || from.Port == target.Port {
			t.Errorf("%q is answered with %q from port %d: %v", asked, buf[:n], from.Port, err)
		}
	}
}

func TestScannerFindsFiles(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).files["SIPDefault.cnf"] != "" }), "tftp")
	host, port, err := net.SplitHostPort(d.Address(69))
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "names"), []byte("nothing.cfg\nSIPDefault.cnf\nXMLDefault.cnf.xml\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "nmap", "-sU", "-Pn", "-n", "-p", port, "--datadir", data, "--script", "+tftp-enum", "--script-args", "tftp-enum.filelist=names", host)
	if err != nil {
		t.Error(err)
	}
	servicetest.Contains(t, out, "SIPDefault.cnf")
	if strings.Contains(out, "nothing.cfg") {
		t.Errorf("what isn't there is found:\n%s", out)
	}
}

func TestWindowsIsNamed(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.OS = "windows_server"
	d := decoytest.StartAs(t, id, "tftp")
	servicetest.Contains(t, servicetest.Scripts(t, d, 69, "tftp-enum"), "Microsoft Windows Deployment Services tftpd")
}

// Who forges the source of a request must not make the server send a file again and again.
func TestNobodyIsFlooded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "tftp")
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	server, err := net.ResolveUDPAddr("udp", d.Address(69))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.WriteToUDP([]byte("\x00\x01"+newServer(d.Host).names()[0]+"\x00octet\x00"), server); err != nil {
		t.Fatal(err)
	}
	got := 0
	buf := make([]byte, 2048)
	for {
		conn.SetReadDeadline(time.Now().Add(2 * patience))
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			break
		}
		if got += n; int(from.Port()) == server.Port {
			t.Error("the file comes from the port of the requests")
		}
	}
	if got == 0 || got > 2*(plainSize+4) {
		t.Errorf("%d bytes to who doesn't answer", got)
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string { return fmt.Sprint(newServer(h).files) })
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "tftp")
	servicetest.Datagrams(t, d, 69, "\x00\x01", "\x00\x02x\x00octet\x00", "\x00\x03\x00\x01", "\x00\x01x\x00octet\x00blksize\x00")
	transferred := filepath.Join(t.TempDir(), "got")
	transfers(t, d, "get", newServer(d.Host).names()[0], transferred)
	if got, err := os.ReadFile(transferred); err != nil || len(got) == 0 {
		t.Errorf("after the garbage: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x00\x01startup-config\x00octet\x00"))
	f.Add([]byte("\x00\x02x\x00netascii\x00tsize\x0012\x00blksize\x001428\x00timeout\x006\x00"))
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, _, ok := parse(data)
		if !ok {
			return
		}
		tr := &transfer{server: v, request: r, block: plainSize}
		if answer, _ := tr.agree(1000); len(answer) > len(data)+32 || tr.block < 8 || tr.block > maxBlock {
			t.Fatalf("%q for %q, blocks of %d", answer, data, tr.block)
		}
		v.product.path(r.name)
	})
}
