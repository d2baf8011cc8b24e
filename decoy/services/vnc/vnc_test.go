package vnc

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

func windows() control.Identity {
	id := decoytest.Identity()
	id.OS = "windows"
	return id
}

// peer is a client by hand.
type peer struct {
	t *testing.T
	net.Conn
}

func dial(t *testing.T, d *decoytest.Decky, version string) peer {
	t.Helper()
	p := peer{t, d.Dial(5900)}
	p.expect("RFB 003.008\n")
	io.WriteString(p, version)
	return p
}

func (p peer) read(n int) []byte {
	p.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(p, b); err != nil {
		p.t.Fatalf("reading %d bytes: %v", n, err)
	}
	return b
}

func (p peer) expect(want string) {
	p.t.Helper()
	if got := string(p.read(len(want))); got != want {
		p.t.Fatalf("it says %q, want %q", got, want)
	}
}

// answer proves a password.
func (p peer) answer(password string) (challenge, response []byte) {
	p.t.Helper()
	challenge = p.read(16)
	response = encrypt(password, [16]byte(challenge))
	p.Write(response)
	return challenge, response
}

func TestLoginsAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, decoytest.Identity(), "vnc")
	v := newServer(d.Host)
	p := dial(t, d, "RFB 003.008\n")
	p.expect("\x01\x02")
	p.Write([]byte{2})
	challenge, response := p.answer("Summer26")
	p.expect("\x00\x00\x00\x01" + string(text(v.refusal)))
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "vnc"), decoytest.Has(event.Outcome, event.Rejected), decoytest.Has("challenge", hex.EncodeToString(challenge)),
		decoytest.Has("response", hex.EncodeToString(response)), decoytest.Has(event.Secret, "$vnc$*"+strings.ToUpper(hex.EncodeToString(challenge)+"*"+hex.EncodeToString(response))))
	if more, _ := io.ReadAll(p); len(more) > 0 {
		t.Errorf("after the refusal comes %q", more)
	}
	p = dial(t, d, "RFB 003.003\n")
	p.expect("\x00\x00\x00\x02")
	p.answer("toor")
	d.Wait(event.AuthAttempt, decoytest.Has("password", "toor"))
	p = dial(t, d, "RFB 003.007\n")
	p.expect("\x01\x02")
	p.Write([]byte{1}) // no password
	p.expect("\x00\x00\x00\x01")
	d.Wait("protocol_error", decoytest.Has("security_type", "1"))
}

func TestTightVNC(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windows(), "vnc")
	p := dial(t, d, "RFB 003.008\n")
	p.expect("\x02\x02\x10")
	p.Write([]byte{16})
	p.expect("\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02STDVVNCAUTH_")
	p.Write(number(2))
	p.answer("x")
	p.expect("\x00\x00\x00\x01" + string(text("Authentication failed")))
}

func TestWhatIsTypedIsRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "vnc")
	v := newServer(d.Host)
	p := dial(t, d, "RFB 003.008\n")
	p.expect("\x01\x02")
	p.Write([]byte{2})
	p.answer(v.passwords[0])
	p.expect("\x00\x00\x00\x00")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted))
	p.Write([]byte{1})
	head := p.read(20)
	if w, h := binary.BigEndian.Uint16(head), binary.BigEndian.Uint16(head[2:]); int(w) != v.screen.w || int(h) != v.screen.h {
		t.Errorf("the screen is %d by %d", w, h)
	}
	p.expect(string(text(v.desktop)))
	p.Write([]byte{3, 0, 0, 0, 0, 0, 0, 2, 0, 1}) // two pixels
	p.expect("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x02\x00\x01\x00\x00\x00\x00\x11\x11\x11\x00\x11\x11\x11\x00")
	p.Write([]byte{2, 0, 0, 1, 0, 0, 0, 2})
	p.Write([]byte{3, 0, 0, 0, 0, 0, 255, 255, 255, 255})
	update := p.read(16 + 4 + 4 + 12*len(v.screen.shapes))
	if count := binary.BigEndian.Uint32(update[16:]); int(count) != len(v.screen.shapes) {
		t.Errorf("%d rectangles", count)
	}
	for _, sym := range []uint32{'r', 'o', 0x010020ac, 0xff09, 0xff0d} {
		p.Write(append([]byte{4, 1, 0, 0}, number(sym)...))
		p.Write(append([]byte{4, 0, 0, 0}, number(sym)...))
	}
	d.Wait("keys", decoytest.Has("keys", "ro€<Tab><Return>"))
	p.Write([]byte{5, 1, 0, 9, 0, 9, 5, 0, 0, 9, 0, 9})
	p.Write(append([]byte{6, 0, 0, 0}, text("copied")...))
	d.Wait("clipboard", decoytest.Has("content", "copied"))
	p.Close()
	d.Wait("clicks", decoytest.Has(event.Count, "1"))
}

func TestRealViewer(t *testing.T) {
	d := decoytest.Start(t, "vnc")
	// The viewer's file holds the password encrypted with a key that everybody knows.
	var password [16]byte
	copy(password[:], newServer(d.Host).passwords[0])
	file := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(file, encrypt("\x17\x52\x6b\x06\x23\x4e\x58\x07", password)[:8], 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(d.Address(5900))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	// It takes its time to start, and then looks at the desktop for some seconds, in which it may complain.
	viewer := exec.CommandContext(t.Context(), "xvfb-run", "-a", "sh", "-c", `xtigervncviewer -passwd "$0" "$1" & read -r over; kill $!`, file, host+"::"+port)
	hand, err := viewer.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	viewer.Stdout, viewer.Stderr = &out, &out
	if err := viewer.Start(); err != nil {
		t.Fatalf("this test needs the real client xtigervncviewer in xvfb-run: %v", err)
	}
	leave := sync.OnceFunc(func() {
		hand.Close()
		viewer.Wait()
	})
	defer leave()
	d.Wait("version", decoytest.Has("version", "RFB 003.008"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted))
	<-time.After(4 * time.Second) // nothing waits for it: a viewer that is slower complains to nobody
	leave()
	if e := d.Wait(event.Disconnect); strings.Contains(out.String(), "unknown") {
		t.Errorf("%v\n%s", e, out.String())
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windows(), "vnc")
	host, port, err := net.SplitHostPort(d.Address(5900))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "nmap", "-sV", "-Pn", "-n", "-p", port, "--script", "vnc-info", host)
	if err != nil || !strings.Contains(out, "VNC (protocol 3.8)") || !strings.Contains(out, "VNC Authentication (2)") || !strings.Contains(out, "Tight (16)") || strings.Contains(out, "None (1)") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 15, func(h *decoy.Host) string {
		v := newServer(h)
		return fmt.Sprint(v.refusal, v.desktop, v.screen, v.passwords)
	})
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "vnc")
	servicetest.Garbage(t, d, 5900, "RFB 003.008\n\x02", "RFB 003.003\n", "RFB 003.007\n\x10", "GET / HTTP/1.0\r\n\r\n")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(5900))
		if err != nil {
			return false
		}
		defer conn.Close()
		var line [12]byte
		_, err = io.ReadFull(conn, line[:])
		return err == nil
	})
}

func FuzzInput(f *testing.F) {
	f.Add(append([]byte{0, 0, 0, 0}, usual.bytes()...))
	f.Add([]byte{2, 0, 0, 1, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 9, 0, 9, 4, 1, 0, 0, 0, 0, 0, 65, 5, 1, 0, 1, 0, 1})
	f.Add(append([]byte{6, 0, 0, 0}, text("x")...))
	s := screen{w: 64, h: 48, shapes: []rectangle{{1, 1, 9, 9, colour{1, 2, 3}}, {5, 5, 90, 90, colour{}}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, form := bytes.NewReader(data), usual
		var typed typing
		for {
			message, err := readInput(in)
			if err != nil {
				return
			}
			switch m := message.(type) {
			case wantsFormat:
				form = format(m)
			case wantsUpdate:
				for _, encoding := range []int32{encodingRaw, encodingRRE} {
					var out bytes.Buffer
					s.update(&out, m.x, m.y, m.w, m.h, form, encoding)
					if out.Len() < 16 || out.Len() > 16+4*s.w*s.h+64 {
						t.Fatalf("%d bytes for %+v", out.Len(), m)
					}
				}
			case key:
				if typed.add(m); typed.n > maxKeys {
					t.Fatal("too many keys")
				}
				if typed.n == maxKeys {
					typed.take()
				}
			}
		}
	})
}
