package msrpc

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/epm"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/windows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func windowsHost(archetype string) control.Identity {
	id := decoytest.Identity()
	id.OS, id.Hostname, id.Archetype = "windows_server", "SRV01", archetype
	return id
}

// bind is a client's first message, about one interface.
func bind(number string) []byte {
	var b dcerpc.Builder
	b.U16(dcerpc.MaxPart)
	b.U16(dcerpc.MaxPart)
	b.U32(0)
	b.U8(1, 0, 0, 0)
	b.U16(0)
	b.U8(1, 0)
	raw, _ := hex.DecodeString(epm.Wire(number))
	b.Bytes(raw)
	b.U32(0)
	raw, _ = hex.DecodeString("045d888aeb1cc9119fe808002b10486002000000")
	b.Bytes(raw)
	return dcerpc.Frame(dcerpc.Bind, dcerpc.FirstPart|dcerpc.LastPart, 1, b)
}

func request(number uint16, argument []byte) []byte {
	var b dcerpc.Builder
	b.U32(uint32(len(argument)))
	b.U16(0)
	b.U16(number)
	b.Bytes(argument)
	return dcerpc.Frame(dcerpc.Request, dcerpc.FirstPart|dcerpc.LastPart, 2, b)
}

// mapOf asks where an interface is, by TCP.
func mapOf(number string, major byte) []byte {
	raw, _ := hex.DecodeString(epm.Wire(number))
	tower := append([]byte{5, 0, 19, 0, 0x0d}, raw...)
	tower = append(tower, major, 0, 2, 0, 0, 0)
	raw, _ = hex.DecodeString("13000d045d888aeb1cc9119fe808002b104860020002000000" + "01000b02000000" + "01000702000087" + "01000904007f000001")
	tower = append(tower, raw...)
	var b dcerpc.Builder
	b.U32(0)
	b.U32(1)
	b.U32(uint32(len(tower)))
	b.U32(uint32(len(tower)))
	b.Bytes(tower)
	b.Align(4)
	b.Zeros(dcerpc.HandleSize)
	b.U32(4)
	return b
}

func ask(t *testing.T, conn net.Conn, message []byte) dcerpc.Message {
	t.Helper()
	if _, err := conn.Write(message); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, dcerpc.HeadSize)
	if _, err := io.ReadFull(conn, head); err != nil {
		t.Fatal(err)
	}
	m := make(dcerpc.Message, binary.LittleEndian.Uint16(head[8:]))
	copy(m, head)
	if _, err := io.ReadFull(conn, m[len(head):]); err != nil {
		t.Fatal(err)
	}
	return m
}

const (
	mapper   = "e1af8308-5d1f-11c9-91a4-08002b14a0fa"
	resolver = "99fcfec4-5260-101b-bbcb-00aa0021347a"
	drs      = "e3514235-4b06-11d1-ab04-00c04fc2dcd2"
)

func TestTheMapperTellsWhereAServiceIs(t *testing.T) {
	t.Parallel()
	for archetype, want := range map[string]uint32{"domain-controller": 1, "windows-server": 0} {
		d := decoytest.StartAs(t, windowsHost(archetype), "msrpc")
		conn := d.Dial(135)
		if m := ask(t, conn, bind(mapper)); m[2] != dcerpc.Bind+1 || string(m.Part(26, 4)) != "135\x00" {
			t.Fatalf("%x", m)
		}
		m := ask(t, conn, request(3, mapOf(drs, 4)))
		if got := m.U32(24 + dcerpc.HandleSize); m[2] != dcerpc.Response || got != want {
			t.Errorf("a %s has the replication of directories %d times", archetype, got)
		}
		ip := netip.MustParseAddr(d.Host.IP).AsSlice()
		if found := strings.Contains(string(m), "\x01\x00\x09\x04\x00"+string(ip)); found != (want == 1) {
			t.Errorf("it is at an address of the decky's own: %v", found)
		}
		d.Wait("rpc_bind", decoytest.Has("name", "epmapper"))
		d.Wait("rpc", decoytest.Has("name", "epmapper"), decoytest.Has("number", "3"), decoytest.Has("target", epm.Wire(drs)))
		// What is called without being there, and what would run something.
		if m := ask(t, conn, request(99, nil)); m[2] != 3 || m.U32(24) != dcerpc.NoSuchOperation {
			t.Errorf("an unknown call: %x", m)
		}
		if m := ask(t, d.Dial(135), bind("12345778-1234-abcd-ef00-0123456789ac")); m[len(m)-24] != 2 {
			t.Errorf("an interface that is elsewhere is bound: %x", m)
		}
		activator := d.Dial(135)
		ask(t, activator, bind("000001a0-0000-0000-c000-000000000046"))
		if m := ask(t, activator, request(4, make([]byte, 100))); m[2] != 3 || m.U32(24) != accessDenied {
			t.Errorf("an activation: %x", m)
		}
		d.Wait("rpc", decoytest.Has("name", "ISystemActivator"), decoytest.Has("number", "4"))
	}
}

// TestCallsInPartsAreRecorded sends one that is longer than is taken, and one of which the last part never comes: what they are made of is what a worm would write to memory.
func TestCallsInPartsAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windowsHost("windows-server"), "msrpc")
	conn := d.Dial(135)
	ask(t, conn, bind(mapper))
	part := func(flags byte, content string) []byte {
		m := request(3, []byte(content))
		m[3] = flags
		return m
	}
	conn.Write(part(dcerpc.FirstPart, "exploit "+strings.Repeat("A", 4000)))
	for range 20 {
		conn.Write(part(0, strings.Repeat("B", 4000)))
	}
	if m := ask(t, conn, part(dcerpc.LastPart, "C")); m[2] != dcerpc.Response {
		t.Errorf("%x", m)
	}
	starts := func(name, want string) func(event.Event) bool {
		return func(e event.Event) bool {
			got, _ := e.Get(name)
			return strings.HasPrefix(got, want)
		}
	}
	d.Wait("rpc", starts("data", "exploit AAAA"))
	// One with an object's number before its arguments.
	m := request(3, []byte("0123456789abcdefarguments"))
	m[3] |= 0x80
	ask(t, conn, m)
	d.Wait("rpc", starts("data", "arguments"))
	conn.Write(part(dcerpc.FirstPart, "unfinished"))
	conn.Close()
	d.Wait("protocol_error", starts("data", "unfinished"))
}

func TestListsGoOnByTheirHandles(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(windowsHost("domain-controller"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := epm.New(h)
	seen, handle := map[string]bool{}, make([]byte, dcerpc.HandleSize)
	for range 200 {
		var b dcerpc.Builder
		b.Zeros(16)
		b.Bytes(handle)
		b.U32(1)
		answer, _ := p.Call(2, b, netip.MustParseAddr("192.0.2.7"))
		m := dcerpc.Message(answer)
		if m.U32(20) == 0 {
			t.Fatal("it ends with nothing")
		}
		seen[string(answer[dcerpc.HandleSize:])] = true
		handle = answer[:dcerpc.HandleSize]
		if string(handle) == string(make([]byte, dcerpc.HandleSize)) {
			break
		}
	}
	if len(seen) < 40 {
		t.Errorf("%d entries one by one", len(seen))
	}
}

func TestNamesAreToldToAnybody(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windowsHost("windows-server"), "msrpc")
	conn := d.Dial(135)
	ask(t, conn, bind(resolver))
	m := ask(t, conn, request(5, nil))
	for _, want := range []string{windows.MachineOf(d.Host).Name, d.Host.IP} {
		if !strings.Contains(string(m), string(windows.UTF16(want))) {
			t.Errorf("%q is not in %q", want, m)
		}
	}
}

func TestRealClients(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windowsHost("domain-controller"), "msrpc")
	servicetest.Contains(t, servicetest.Scan(t, d, 135), "Microsoft Windows RPC")
	host, port, err := net.SplitHostPort(d.Address(135))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := servicetest.Run(t, "", "rpcclient", fmt.Sprintf("ncacn_ip_tcp:%s[%s,connect]", host, port), "-U", `CORP\bob%Hunter2!pass`, "-c", "epmlookup")
	servicetest.Contains(t, out, "ACCESS_DENIED")
	e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "bob"), decoytest.Has(event.SecretKind, "netntlmv2"), decoytest.Has("domain", "CORP"))
	if secret, _ := e.Get(event.Secret); !strings.HasPrefix(secret, "bob::CORP:") {
		t.Errorf("the proof is %q", secret)
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 10, func(h *decoy.Host) string {
		h.OS, h.Archetype = "windows_server", "domain-controller"
		answer, _ := epm.New(h).Call(2, append(make([]byte, 36), 0xff, 0, 0, 0), netip.MustParseAddr("192.0.2.7"))
		return string(answer)
	})
}

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "msrpc", 135, "\x05\x00", string(bind(mapper))[:30], "\x05\x00\x0b\x03\x10\x00\x00\x00\xff\xff\x00\x00")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, windowsHost("domain-controller"), "msrpc")
	servicetest.Garbage(t, d, 135, string(bind(mapper)), string(bind(mapper))+string(request(3, mapOf(drs, 4)))[:60], string(bind(mapper))[:24], "\x05\x00\x0b\x03\x10\x00\x00\x00\x40\x01\x20\x00\x01\x00\x00\x00")
	servicetest.Recovers(t, func() bool {
		conn, err := net.Dial("tcp", d.Address(135))
		if err != nil {
			return false
		}
		defer conn.Close()
		conn.Write(bind(mapper))
		got := make([]byte, 3)
		_, err = io.ReadFull(conn, got)
		return err == nil && got[2] == dcerpc.Bind+1
	})
}

func FuzzMessage(f *testing.F) {
	f.Add(bind(mapper), request(3, mapOf(drs, 4)))
	f.Add(bind(resolver), request(5, nil))
	f.Add(bind(mapper), request(2, append(make([]byte, 36), 0xff, 0, 0, 0)))
	f.Add(bind(mapper), dcerpc.FrameWith(dcerpc.Alter, 3, 1, make([]byte, 12), []byte("\x0a\x02\x00\x00\x00\x00\x00\x00NTLMSSP\x00\x01\x00\x00\x00\x07\x82\x08\xa2")))
	h, err := decoy.NewHost(windowsHost("domain-controller"), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c := &client{server: v, s: &decoy.Session{}, bound: map[uint16]string{}}
		for _, m := range []dcerpc.Message{first, second} {
			if len(m) < dcerpc.HeadSize {
				return
			}
			binary.LittleEndian.PutUint16(m[8:], uint16(len(m)))
			size := 0
			for _, answer := range c.answer(m) {
				if size += len(answer); !dcerpc.Message(answer).Whole() {
					t.Fatalf("the answer is no message: %x", answer)
				}
			}
			if size > 64<<10 {
				t.Fatalf("%d bytes answer %d", size, len(m))
			}
		}
	})
}
