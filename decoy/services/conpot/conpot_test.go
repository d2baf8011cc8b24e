package conpot

import (
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/tpkt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func script(t *testing.T, d *decoytest.Decky, port int, name string) string {
	t.Helper()
	host, bound, err := net.SplitHostPort(d.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	// The plus runs a script on a port that isn't its own, too.
	out, err := servicetest.Run(t, "", "nmap", "-Pn", "-n", "-p", bound, "--script", "+"+name, host)
	if err != nil {
		t.Errorf("nmap: %v", err)
	}
	return out
}

func TestScannerNamesTheController(t *testing.T) {
	t.Parallel()
	for _, slots := range []int{1, 2} { // a SIMATIC 300, which has one, and a 1200
		d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool {
			p := newPLC(h)
			return len(p.slots) == slots && p.plant != ""
		}), "conpot")
		p := newPLC(d.Host)
		servicetest.Contains(t, script(t, d, 502, "modbus-discover"), "Siemens SIMATIC "+p.name, "Device identification: Siemens "+p.order+" "+p.firmware())
		servicetest.Contains(t, script(t, d, 102, "s7-info"), "Module: "+p.order, fmt.Sprintf("Version: %d.%d.%d", p.version[0], p.version[1], p.version[2]), "System Name: "+p.system, "Module Type: "+p.name,
			"Serial Number: "+p.serial, "Plant Identification: "+p.plant, "Copyright: Original Siemens Equipment")
		d.Wait("s7", decoytest.Has("function", "read_szl"), decoytest.Has("szl", "001c/0001"))
		d.Wait("modbus", decoytest.Has("function", "read_device_identification"))
	}
}

func TestRealModbusClient(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "conpot")
	host, port, err := net.SplitHostPort(d.Address(502))
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, err := servicetest.Run(t, "", "mbpoll", append([]string{"-m", "tcp", "-p", port, "-1", "-0", host}, args...)...)
		if err != nil {
			t.Logf("mbpoll: %v", err)
		}
		return out
	}
	servicetest.Contains(t, run("-t", "4", "-r", "0", "-c", "10"), "[0]:", "[9]:")
	servicetest.Contains(t, run("-t", "0", "-r", "0", "-c", "16"), "[0]:", "[15]:")
	servicetest.Contains(t, run("-t", "3", "-r", "0", "-c", "4"), "[3]:")
	servicetest.Contains(t, run("-t", "1", "-r", "0", "-c", "4"), "[3]:")
	servicetest.Contains(t, run("-t", "4", "-r", "7", "--", "4711"), "Written 1 reference")
	servicetest.Contains(t, run("-t", "4", "-r", "7", "-c", "1"), "4711")
	servicetest.Contains(t, run("-t", "4", "-r", "8", "--", "1", "2", "3"), "Written 3 references")
	servicetest.Contains(t, run("-t", "0", "-r", "3", "--", "1"), "Written 1 reference")
	servicetest.Contains(t, run("-t", "0", "-r", "3", "-c", "1"), "[3]: \t1")
	servicetest.Contains(t, run("-t", "4", "-r", "60000", "-c", "2"), "Illegal data address")
	d.Wait("modbus", decoytest.Has("function", "write_single_register"), decoytest.Has("address", "7"), decoytest.Has("data", "00071267"))
	d.Wait("modbus", decoytest.Has("exception", "2"))
}

// exchange sends a packet of S7 and returns the answer, without the frame.
func exchange(t *testing.T, conn net.Conn, packet string) string {
	t.Helper()
	raw, err := hex.DecodeString(packet)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(tpkt.Frame(raw)); err != nil {
		t.Fatal(err)
	}
	answer, err := tpkt.Read(conn)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(answer)
}

const (
	calls     = "11e00000000100c0010ac1020100c202010"
	settingUp = "02f080320100000001000800" + "00f0000001000101e0"
	reading   = "02f08032010000000200" + "0e00000401120a10020004000184000000"
	writing   = "02f08032010000000300" + "0e00080501120a1002000400018400000000040020deadbeef"
	stopping  = "02f080320100000004001000" + "0029000000000009505f50524f4752414d"
	passing   = "02f0803207000000050008000c0001120411450100ff" + "0900086467001a5a41594e"
)

func TestS7(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newPLC(h).slots[0] == 2 }), "conpot")
	conn := d.Dial(102)
	if got := exchange(t, conn, calls+"3"); !strings.HasPrefix(got, "0680") {
		t.Errorf("in slot 3 is %s", got)
	}
	conn = d.Dial(102)
	if got := exchange(t, conn, calls+"2"); !strings.HasPrefix(got, "11d0") {
		t.Fatalf("in slot 2 is %s", got)
	}
	if got := exchange(t, conn, settingUp); got != "02f08032030000000100080000"+"0000f0000001000100f0" {
		t.Errorf("setting up: %s", got)
	}
	if got := exchange(t, conn, writing); !strings.HasSuffix(got, "0501ff") {
		t.Errorf("writing: %s", got)
	}
	if got := exchange(t, conn, reading); !strings.HasSuffix(got, "0401ff040020deadbeef") {
		t.Errorf("reading: %s", got)
	}
	if got := exchange(t, conn, stopping); !strings.HasSuffix(got, "29") {
		t.Errorf("stopping: %s", got)
	}
	if got := exchange(t, conn, passing); !strings.Contains(got, "d602") {
		t.Errorf("a password: %s", got)
	}
	d.Wait("s7", decoytest.Has("function", "plc_stop"))
	d.Wait("s7", decoytest.Has("function", "write_variable"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "plaintext"), decoytest.Has("encoded", "6467001a5a41594e"))
}

func TestPasswordIsDecoded(t *testing.T) {
	var encoded [8]byte
	for i, c := range []byte("secret12") {
		encoded[i] = c ^ 0x55
		if i >= 2 {
			encoded[i] ^= encoded[i-2]
		}
	}
	if got := decode(encoded); got != "secret12" {
		t.Errorf("%q", got)
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		p := newPLC(h)
		return fmt.Sprint(p.model, p.system, p.plant, p.serial, p.memory, p.coil, p.register, p.levels)
	})
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "conpot", 502, "\x00\x01\x00\x00\x00\x06\x01")
	raw, err := hex.DecodeString(calls + "2")
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Abandoned(t, "conpot", 102, string(tpkt.Frame(raw)), "\x03\x00\x00\x16")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "conpot")
	raw, err := hex.DecodeString(calls + "2")
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Garbage(t, d, 502, "\x00\x01\x00\x00\x00\x06\x01\x03", "\x00\x01\x00\x00\x00\xff\x01\x2b\x0e")
	servicetest.Garbage(t, d, 102, string(tpkt.Frame(raw)), string(tpkt.Frame(raw))+"\x03\x00\x00\x40\x02\xf0\x80\x32\x07")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(502))
		if err != nil {
			return false
		}
		defer conn.Close()
		fmt.Fprint(conn, "\x00\x01\x00\x00\x00\x02\x01\x11")
		_, err = io.ReadFull(conn, make([]byte, 12))
		return err == nil
	})
}

func FuzzRequests(f *testing.F) {
	for _, packet := range []string{settingUp, reading, writing, stopping, passing, calls + "2"} {
		raw, err := hex.DecodeString(packet)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte{readWrite, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 1})
	f.Add([]byte{encapsulated, 0x0e, 2, 0})
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	p := newPLC(h)
	f.Fuzz(func(t *testing.T, data []byte) {
		connect(data)
		if len(data) > 0 && len(data) <= 253 {
			if answer, refusal := p.modbus(data); refusal == 0 && len(answer) > 253 {
				t.Fatalf("an answer of %d bytes", len(answer))
			}
		}
		if m, ok := parseS7(data); ok {
			if answer := p.s7(&decoy.Session{}, m); len(answer) > 2048 {
				t.Fatalf("an answer of %d bytes", len(answer))
			}
		}
	})
}
