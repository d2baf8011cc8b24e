package rdp

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/windows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func onWindows(t testing.TB, nla bool) control.Identity {
	t.Helper()
	id := decoytest.Identity()
	id.OS = "windows_server"
	return servicetest.Such(t, id, func(h *decoy.Host) bool {
		v := newServer(h)
		return v.nla == nla && v.machine.Major == 10 // an older one is none that nmap knows
	})
}

func TestScannerReadsTheNames(t *testing.T) {
	t.Parallel()
	for _, nla := range []bool{true, false} {
		d := decoytest.StartAs(t, onWindows(t, nla), "rdp")
		m := windows.MachineOf(d.Host)
		host, port, err := net.SplitHostPort(d.Address(3389))
		if err != nil {
			t.Fatal(err)
		}
		out, err := servicetest.Run(t, "", "nmap", "-Pn", "-n", "-sV", "-p", port, "--script", "rdp-ntlm-info,rdp-enum-encryption", host)
		if err != nil {
			t.Error(err)
		}
		servicetest.Contains(t, out, "Microsoft Terminal Services", "Target_Name: "+m.Domain, "NetBIOS_Computer_Name: "+m.Name, "DNS_Computer_Name: "+m.DNSName, "Product_Version: "+m.Version(), "CredSSP (NLA): SUCCESS")
		if tlsAlone := strings.Contains(out, "SSL: SUCCESS"); tlsAlone == nla {
			t.Errorf("TLS alone will do: %v, for a server that wants NLA: %v\n%s", tlsAlone, nla, out)
		}
		d.Wait("rdp_cookie", decoytest.Has(event.Principal, "nmap"))
	}
}

func TestScannerNamesXRDP(t *testing.T) {
	t.Parallel()
	servicetest.Contains(t, servicetest.Scan(t, decoytest.Start(t, "rdp"), 3389), "xrdp")
}

// freeRDP tries to log in. It wants a display, though it never gets as far as to draw on it.
func freeRDP(t *testing.T, d *decoytest.Decky, args ...string) string {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	out, _ := servicetest.Run(t, "", "xvfb-run", slices.Concat([]string{"-a", "xfreerdp", "/v:" + d.Address(3389), "/cert:ignore", "+auth-only", "/log-level:WARN"}, args)...)
	return out
}

func TestNLAOfARealClient(t *testing.T) {
	d := decoytest.StartAs(t, onWindows(t, true), "rdp")
	out := freeRDP(t, d, "/u:alice", "/d:CORP", "/p:hunter2")
	servicetest.Contains(t, out, "STATUS_LOGON_FAILURE")
	e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "alice"), decoytest.Has("domain", "CORP"), decoytest.Has(event.SecretKind, "netntlmv2"), decoytest.Has(event.Outcome, event.Rejected))
	if secret, _ := e.Get(event.Secret); !strings.HasPrefix(secret, "alice::CORP:") || strings.Count(secret, ":") != 5 {
		t.Errorf("the proof is %q", secret)
	}
	servicetest.Contains(t, freeRDP(t, d, "/u:alice", "/p:hunter2", "/sec:tls"), "HYBRID_REQUIRED_BY_SERVER")
}

func TestPasswordWithoutNLA(t *testing.T) {
	for name, id := range map[string]control.Identity{"Windows": onWindows(t, false), "xrdp": decoytest.Identity()} {
		d := decoytest.StartAs(t, id, "rdp")
		freeRDP(t, d, "/u:bob", "/d:LAB", "/p:pässword", "/sec:tls", "/client-hostname:kiosk")
		d.Wait("rdp_cookie", decoytest.Has(event.Principal, "bob"))
		d.Wait("client", decoytest.Has("client_name", "kiosk"))
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "bob"), decoytest.Has("domain", "LAB"), decoytest.Has(event.Secret, "pässword"), decoytest.Has(event.SecretKind, "plaintext"))
		if t.Failed() {
			t.Log(name)
		}
	}
}

func TestCertificateIsThatOfTheProduct(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, onWindows(t, true), "rdp")
	m := windows.MachineOf(d.Host)
	conn := d.Dial(3389)
	fmt.Fprint(conn, negotiation)
	if _, err := io.CopyN(io.Discard, conn, 19); err != nil {
		t.Fatal(err)
	}
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	if err := secured.Handshake(); err != nil {
		t.Fatal(err)
	}
	cert := secured.ConnectionState().PeerCertificates[0]
	// Scanners of certificates begin with TLS right away, and Windows answers them.
	direct := tls.Client(d.Dial(3389), &tls.Config{InsecureSkipVerify: true})
	if err := direct.Handshake(); err != nil || !direct.ConnectionState().PeerCertificates[0].Equal(cert) {
		t.Errorf("TLS without a negotiation: %v", err)
	}
	if err := tls.Client(decoytest.Start(t, "rdp").Dial(3389), &tls.Config{InsecureSkipVerify: true}).Handshake(); err == nil {
		t.Error("xrdp begins with TLS")
	}
	if now := d.Host.Now(); cert.Subject.CommonName != m.DNSName || now.After(cert.NotAfter) || now.Before(cert.NotBefore) || cert.PublicKeyAlgorithm.String() != "RSA" {
		t.Errorf("%s, %s to %s, %s", cert.Subject, cert.NotBefore, cert.NotAfter, cert.PublicKeyAlgorithm)
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 15, func(h *decoy.Host) string {
		v := newServer(h)
		cert, err := v.certificate()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%v %x", v.nla, cert.Certificate[0])
	})
}

const (
	negotiation = "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: mstshash=nmap\r\n\x01\x00\x08\x00\x03\x00\x00\x00"
	plain       = "\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"
)

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "rdp", 3389, negotiation, plain, "\x03\x00")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "rdp")
	servicetest.Garbage(t, d, 3389, negotiation, plain, plain+"\x03\x00\x01\x00\x02\xf0\x80\x7f\x65", "\x03\x00\xff\xff")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(3389))
		if err != nil {
			return false
		}
		defer conn.Close()
		fmt.Fprint(conn, plain)
		answer := make([]byte, 11)
		_, err = io.ReadFull(conn, answer)
		return err == nil && string(answer) == "\x03\x00\x00\x0b\x06\xd0\x00\x00\x00\x00\x00"
	})
}

func FuzzPackets(f *testing.F) {
	f.Add([]byte(negotiation[4:]))
	core := append([]byte("\x02\xf0\x80\x7f\x65Duca\x10\x01\xc0\xd8\x00"), make([]byte, 212)...)
	f.Add(append(core, 3, 0xc0, 20, 0, 1, 0, 0, 0, 'r', 'd', 'p', 'd', 'r', 0, 0, 0, 0, 0, 0, 0))
	logon := append([]byte{0x64, 0, 6, 3, 0xeb, 0x70, 0x80, 0x40, 0x40, 0, 0, 0}, make([]byte, 60)...)
	binary.LittleEndian.PutUint16(logon[22:], 4)
	f.Add(logon)
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, ok := parseRequest(data); ok && len(r.cookie) > len(data) {
			t.Fatal("a cookie out of nothing")
		}
		if d, ok := parseConnect(data); ok {
			if len(d.channels) > maxChannel {
				t.Fatalf("%d channels", len(d.channels))
			}
			connectResponse(d, 1)
		}
		parseInfo(data)
		versionOf(data)
		wrapped(data)
		in := strings.NewReader(string(data))
		for {
			if _, err := readDER(in); err != nil {
				return
			}
		}
	})
}

func TestNLAMayBeChosen(t *testing.T) {
	for _, drawn := range []bool{true, false} {
		id := onWindows(t, drawn)
		id.Settings = map[string]map[string]string{"rdp": {"nla": strconv.FormatBool(!drawn)}}
		h, err := decoy.NewHost(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		if newServer(h).nla == drawn {
			t.Errorf("NLA is %t, as it was drawn", drawn)
		}
	}
}
