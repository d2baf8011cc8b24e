package smb

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/ntlm"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/windows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var protocols = []string{"SMB2_02", "SMB2_10", "SMB3_00", "SMB3_02", "SMB3_11"}

// such is an identity of that system whose server is as wanted.
func such(t testing.TB, system string, wanted func(*server) bool) control.Identity {
	t.Helper()
	id := decoytest.Identity()
	id.OS = system
	return servicetest.Such(t, id, func(h *decoy.Host) bool { return wanted(newServer(h)) })
}

// hospitable is a server that lets guests in, and speaks all that there is.
func hospitable(v *server) bool { return v.guest && (v.machine.Major >= 10 || !v.machine.Real) }

// client runs smbclient.
func client(t *testing.T, d *decoytest.Decky, args ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Address(445))
	if err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "HOST", host)
	}
	out, err := servicetest.Run(t, "", "smbclient", append([]string{"-p", port, "-s", os.DevNull}, args...)...)
	if err != nil {
		t.Logf("smbclient: %v", err)
	}
	return out
}

// Samba lists its shares to anybody, Windows to who has at least a guest's rights.
func TestNobodyListsTheShares(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ system, user, want string }{{"windows_server", "bob%x", "Remote IPC"}, {"linux", "%", "IPC Service (Samba "}} {
		d := decoytest.StartAs(t, such(t, c.system, hospitable), "smb")
		for _, protocol := range protocols {
			out := client(t, d, "-U", c.user, "-L", "//HOST", "-m", protocol)
			servicetest.Contains(t, out, "IPC$            IPC       "+c.want)
			for _, s := range newServer(d.Host).shares {
				servicetest.Contains(t, out, s.name)
			}
		}
		d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted))
		d.Wait("share", decoytest.Has("path", `\\`+d.Host.IP+`\IPC$`))
		d.Wait("rpc", decoytest.Has("name", "srvsvc"), decoytest.Has("number", "15"))
	}
}

// A null session of Windows is let in and told nothing; a domain controller lets it ask for accounts, and begin to log in as a machine.
func TestWindowsTellsANullSessionNothing(t *testing.T) {
	t.Parallel()
	id := such(t, "windows_server", hospitable)
	for _, controller := range []bool{false, true} {
		if controller {
			id.Archetype = "domain-controller"
		}
		d := decoytest.StartAs(t, id, "smb")
		out := client(t, d, "-N", "-L", "//HOST")
		for _, s := range newServer(d.Host).shares {
			if strings.Contains(out, s.name+" ") {
				t.Errorf("a null session is told of %s:\n%s", s.name, out)
			}
		}
		d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "none"), decoytest.Has(event.Outcome, event.Accepted))
		host, port, err := net.SplitHostPort(d.Address(445))
		if err != nil {
			t.Fatal(err)
		}
		for command, open := range map[string]bool{"netshareenumall": false, "srvinfo": false, "wkssvc_wkstagetinfo": false, "lsaquery": controller, "getdompwinfo": controller} {
			out, _ := servicetest.Run(t, "", "rpcclient", "-s", "/dev/null", "-N", "-U", "", "-p", port, host, "-c", command)
			if refused := strings.Contains(out, "NT_STATUS_ACCESS_DENIED"); refused == open && command != "getdompwinfo" {
				t.Errorf("%s on a controller (%v) shows\n%s", command, controller, out)
			}
		}
		d.Wait("pipe", decoytest.Has("name", "srvsvc"), decoytest.Has(event.Outcome, event.Rejected))
		c := &conn{server: newServer(d.Host), s: &decoy.Session{}}
		p, _ := c.openPipe("netlogon", &session{})
		if (p != nil) != controller {
			t.Errorf("netlogon of a controller (%v) is %v", controller, p)
		}
		if p != nil {
			if got := p.rpc.call(c, callAuthenticate3, nil); request(got).U32(len(got)-4) != uint32(accessDenied) {
				t.Errorf("whoever would be the controller is told %x", got)
			}
		}
	}
}

// openShare is the name of the share that a guest may read.
func openShare(d *decoytest.Decky) string {
	for _, s := range newServer(d.Host).shares {
		if s.kind == kindDisk && !s.hidden {
			return s.name
		}
	}
	return ""
}

func TestAGuestReadsTheBaitAndLeavesFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	evil := filepath.Join(dir, "evil.exe")
	payload := bytes.Repeat([]byte("MZ payload "), 40000)
	if err := os.WriteFile(evil, payload, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, protocol := range protocols {
		d := decoytest.StartAs(t, such(t, "windows_server", hospitable), "smb")
		got := filepath.Join(dir, protocol)
		out := client(t, d, "-U", "bob%whatever", "//HOST/"+openShare(d), "-m", protocol, "-c", "ls; get accounts.txt "+got+"; cd backup; put "+evil+" evil.exe; ls; del evil.exe; ls *.exe; mkdir nest; cd nest; cd ../nonesuch")
		servicetest.Contains(t, out, "accounts.txt", "_users.csv", "evil.exe", fmt.Sprint(len(payload)), "blocks of size 4096", "NT_STATUS_NO_SUCH_FILE listing \\backup\\*.exe", "NT_STATUS_OBJECT_NAME_NOT_FOUND")
		if content, err := os.ReadFile(got); err != nil || !strings.Contains(string(content), newServer(d.Host).app.Secret) {
			t.Errorf("the bait is %q, %v", content, err)
		}
		d.Wait("file_read", decoytest.Has("path", openShare(d)+`\accounts.txt`))
		d.Wait("file_written", decoytest.Has("path", openShare(d)+`\backup\evil.exe`), decoytest.Has("size", fmt.Sprint(len(payload))), decoytest.Has("kept", "whole"))
		d.Wait("file_deleted", decoytest.Has("path", openShare(d)+`\backup\evil.exe`))
		e := d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "bob"), decoytest.Has(event.SecretKind, "netntlmv2"), decoytest.Has("account", "guest"))
		if secret, _ := e.Get(event.Secret); !strings.HasPrefix(secret, "bob::") || strings.Count(secret, ":") != 5 {
			t.Errorf("the proof is %q", secret)
		}
		if again := client(t, d, "-U", "bob%whatever", "//HOST/"+openShare(d), "-m", protocol, "-c", "ls backup/*"); strings.Contains(again, "evil.exe") {
			t.Errorf("the next one finds what the last one left:\n%s", again)
		}
	}
}

func TestAnAccountSignsItsSession(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols {
		d := decoytest.StartAs(t, such(t, "windows_server", hospitable), "smb")
		password := newServer(d.Host).passwords("Administrator")[0]
		out := client(t, d, "-U", "Administrator%"+password, "//HOST/C$", "-m", protocol, "--client-protection=sign", "-c", "ls")
		servicetest.Contains(t, out, "Program Files (x86)", "Windows")
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "Administrator"), decoytest.Has(event.Outcome, event.Accepted), decoytest.Has("account", "own"))
		servicetest.Contains(t, client(t, d, "-U", "Administrator%"+password+"x", "-L", "//HOST", "-m", protocol), "NT_STATUS_LOGON_FAILURE")
		d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "Administrator"), decoytest.Has(event.Outcome, event.Rejected))
		servicetest.Contains(t, client(t, d, "-U", "bob%x", "//HOST/C$", "-m", protocol, "-c", "ls"), "NT_STATUS_ACCESS_DENIED")
		servicetest.Contains(t, client(t, d, "-U", "bob%x", "//HOST/nonesuch", "-m", protocol, "-c", "ls"), "NT_STATUS_BAD_NETWORK_NAME")
	}
}

func TestClientsMayBeginWithSMB1(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"SMB2_02", "SMB2_10", "SMB3_11"} {
		d := decoytest.StartAs(t, such(t, "windows_server", hospitable), "smb")
		password := newServer(d.Host).passwords("Administrator")[0]
		out := client(t, d, "-U", "Administrator%"+password, "//HOST/C$", "-m", protocol, "--option=client min protocol=NT1", "--client-protection=sign", "-c", "ls")
		servicetest.Contains(t, out, "Program Files (x86)")
		d.Wait("negotiate", func(e event.Event) bool {
			offered, _ := e.Get("dialects")
			return strings.Contains(offered, "NT LM 0.12")
		})
	}
}

func TestWithoutGuestsStrangersAreRefused(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "windows", func(v *server) bool { return !v.guest }), "smb")
	servicetest.Contains(t, client(t, d, "-U", "bob%x", "-L", "//HOST"), "NT_STATUS_LOGON_FAILURE")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "bob"), decoytest.Has(event.Outcome, event.Rejected))
}

func TestScannerReadsTheVersionsAndTheTime(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "windows_server", hospitable), "smb")
	host, port, err := net.SplitHostPort(d.Address(445))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "nmap", "-Pn", "-n", "-p", port, "--script", "smb-protocols,smb2-security-mode,smb2-time,smb2-capabilities", host)
	if err != nil {
		t.Error(err)
	}
	servicetest.Contains(t, out, "202", "210", "300", "302", "311", "Message signing enabled but not required", "date: ")
}

func TestWormsFindSMB1(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "windows_server", func(v *server) bool { return v.legacy && v.guest && v.machine.Build == 14393 }), "smb")
	host, port, err := net.SplitHostPort(d.Address(445))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "nmap", "-Pn", "-n", "-p", port, "--script", "smb-os-discovery,smb-security-mode,smb-vuln-ms17-010,smb-double-pulsar-backdoor,smb-protocols", host)
	if err != nil {
		t.Error(err)
	}
	servicetest.Contains(t, out, "OS: Windows Server 2016 Standard 14393", "NetBIOS computer name: "+newServer(d.Host).machine.Name, "NT LM 0.12 (SMBv1)", "State: VULNERABLE", "challenge_response: supported")
	if strings.Contains(out, "DOUBLEPULSAR") {
		t.Errorf("a back door is there:\n%s", out)
	}
	d.Wait("smb1", decoytest.Has("request", "transaction"), decoytest.Has("function", "0023"))
	client(t, d, "-U", "bob%x", "-L", "//HOST", "--option=client min protocol=NT1", "-m", "NT1")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "bob"), decoytest.Has("how", "smb1"))
}

func TestNetBIOSBeforeSMB(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "windows", hospitable), "smb")
	conn := d.Dial(139)
	name := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(fmt.Sprintf("%-16s", s)) {
			b.Write([]byte{'A' + c>>4, 'A' + c&15})
		}
		return " " + b.String() + "\x00"
	}
	fmt.Fprint(conn, "\x81\x00\x00\x44"+name("*SMBSERVER")+name("SCANNER"))
	answer := make([]byte, 4)
	if _, err := conn.Read(answer); err != nil || answer[0] != 0x82 {
		t.Errorf("the answer is %x, %v", answer, err)
	}
	d.Wait("netbios_session", decoytest.Has("called", "*SMBSERVER     "), decoytest.Has("calling", "SCANNER        "))
}

// Whoever finds a Samba asks it for its users first, and it tells anybody; Windows tells them to who has an account.
func TestAccountsAreTold(t *testing.T) {
	t.Parallel()
	ask := func(d *decoytest.Decky, command string) string {
		host, port, err := net.SplitHostPort(d.Address(445))
		if err != nil {
			t.Fatal(err)
		}
		out, _ := servicetest.Run(t, "", "rpcclient", "-s", "/dev/null", "-N", "-U", "", "-p", port, host, "-c", command) // a refusal is a failure, too
		return out
	}
	samba := decoytest.Start(t, "smb")
	var users []string
	for _, a := range windows.Accounts(samba.Host, false) {
		users = append(users, fmt.Sprintf("user:[%s] rid:[%#x]", a.Login, a.RID))
	}
	servicetest.Contains(t, ask(samba, "enumdomusers"), users...)
	servicetest.Contains(t, ask(samba, "querydispinfo"), "Account: nobody\tName: nobody")
	servicetest.Contains(t, ask(samba, "queryuser 1000"), "User Name   :\t"+windows.Accounts(samba.Host, false)[1].Login, "Full Name   :\t"+windows.Accounts(samba.Host, false)[1].Name())
	servicetest.Contains(t, ask(samba, "lsaquery"), "Domain Name: WORKGROUP", "(NULL SID)")
	servicetest.Contains(t, ask(samba, "getdompwinfo"), "min_password_length: 5")
	servicetest.Contains(t, ask(samba, "netshareenumall"), `path:	C:\`, "netname: IPC$")
	servicetest.Contains(t, ask(samba, "srvinfo"), "Wk Sv PrQ Unx NT SNT "+newServer(samba.Host).comment(), "0x809a03")
	servicetest.Contains(t, ask(samba, "lookupnames root "+windows.Accounts(samba.Host, false)[1].Login), "root S-1-22-1-0 (User: 1)", "-1000 (User: 1)")
	// Who guesses accounts by their numbers asks for a thousand at once, which takes several messages there and back.
	own := dcerpc.SIDText(windows.SID(samba.Host))
	var guesses strings.Builder
	for rid := range 900 {
		fmt.Fprintf(&guesses, " %s-%d", own, 500+rid)
	}
	guessed := ask(samba, "lookupsids"+guesses.String())
	for _, a := range windows.Accounts(samba.Host, false) {
		servicetest.Contains(t, guessed, fmt.Sprintf(`%s-%d %s\%s (1)`, own, a.RID, windows.MachineOf(samba.Host).Name, a.Login))
	}
	samba.Wait("pipe", decoytest.Has("name", "samr"), decoytest.Has(event.Outcome, event.Accepted))

	id := such(t, "windows_server", hospitable)
	id.Archetype = "domain-controller"
	controller := decoytest.StartAs(t, id, "smb")
	servicetest.Contains(t, ask(controller, "lsaquery"), "Domain Name: "+windows.MachineOf(controller.Host).Domain, "Domain Sid: "+dcerpc.SIDText(windows.SID(controller.Host)))
	servicetest.Contains(t, ask(controller, "enumdomusers"), "NT_STATUS_ACCESS_DENIED")
	servicetest.Contains(t, ask(controller, "lookupnames administrator"), "NT_STATUS_ACCESS_DENIED")
	servicetest.Contains(t, ask(decoytest.StartAs(t, such(t, "windows", hospitable), "smb"), "lsaquery"), "NT_STATUS_ACCESS_DENIED")
	// Who has an account there is told everything.
	r := &rpc{server: newServer(controller.Host), name: "samr", trust: member}
	a := slices.Concat(r.server.handle(toDomain, 0, ok)[:dcerpc.HandleSize], make([]byte, 12))
	if list := r.call(nil, samrUsers, a); !bytes.Contains(list, windows.UTF16("krbtgt")) {
		t.Errorf("the users are %q", list)
	}
	guest := &rpc{server: r.server, name: "samr", trust: visitor}
	if answer := guest.call(nil, samrUsers, a); request(answer).U32(len(answer)-4) != uint32(accessDenied) {
		t.Errorf("a guest who makes up a handle is told %q", answer)
	}
}

func TestServicesOfPsexecAreRecorded(t *testing.T) {
	t.Parallel()
	v := newServer(decoytest.Start(t, "smb").Host)
	c := &conn{server: v, s: &decoy.Session{}, services: map[string]bool{}}
	open := append(builder(nil), make([]byte, dcerpc.HandleSize)...)
	open.Text("AVWF")
	open.U32(0xf01ff)
	create := append(builder(nil), make([]byte, dcerpc.HandleSize)...)
	create.Text("AVWF")
	create.Pointer()
	create.Text("AVWF display")
	create.Zeros(16)
	create.Text(`%systemroot%\x.exe`)
	r := &rpc{server: v, name: "svcctl"}
	ends := func(answer []byte, want uint32) {
		t.Helper()
		if got := request(answer).U32(len(answer) - 4); got != want {
			t.Errorf("the call ends with %d, want %d", got, want)
		}
	}
	ends(r.call(c, scmOpenManager, nil), 0)
	ends(r.call(c, scmOpen, open), serviceMissing)
	ends(r.call(c, scmCreate, create), 0)
	ends((&rpc{server: v, name: "svcctl"}).call(c, scmOpen, open), 0)
	ends(r.call(c, scmStart, nil), serviceNoAnswer)
	a := &arguments{All: dcerpc.Message(create), At: dcerpc.HandleSize}
	if name, display := a.Text(), a.Maybe(); name != "AVWF" || display != "AVWF display" {
		t.Errorf("%q, %q", name, display)
	}
}

// Windows told when it had booted up to 2016: the same as in its other services.
func TestWhenItBooted(t *testing.T) {
	t.Parallel()
	for build, tells := range map[uint16]bool{9600: true, 14393: true, 17763: false, 20348: false} {
		h := decoytest.StartAs(t, such(t, "windows_server", func(v *server) bool { return v.machine.Build == build }), "smb").Host
		want := uint64(0)
		if tells {
			want = windows.FileTime(h.BootTime().UnixNano())
		}
		c := &conn{server: newServer(h)}
		if got := binary.LittleEndian.Uint64(c.negotiation(0x0300)[48:]); got != want {
			t.Errorf("build %d says that it booted at %d, not %d", build, got, want)
		}
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]string{"windows": "Microsoft Windows netbios-ssn", "linux": "Samba smbd 4"} {
		d := decoytest.StartAs(t, such(t, system, hospitable), "smb")
		servicetest.Contains(t, servicetest.Scan(t, d, 139), want)
	}
	// As nmap has all of them until 2016.
	d := decoytest.StartAs(t, such(t, "windows_server", func(v *server) bool { return v.legacy }), "smb")
	servicetest.Contains(t, servicetest.Scan(t, d, 445), "Microsoft Windows Server 2008 R2 - 2012 microsoft-ds (workgroup: "+windows.MachineOf(d.Host).Domain+")")
}

// The example of RFC 4493.
func TestCMAC(t *testing.T) {
	key, err := hex.DecodeString("2b7e151628aed2a6abf7158809cf4f3c")
	if err != nil {
		t.Fatal(err)
	}
	message, err := hex.DecodeString("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411")
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]string{0: "bb1d6929e95937287fa37d129b756746", 16: "070a16b46b4d4144f79bdd9dd04a287c", 40: "dfa66747de9ae63030ca32611497c827"} {
		if got := hex.EncodeToString(cmac(key, message[:size])); got != want {
			t.Errorf("%d bytes: %s, want %s", size, got, want)
		}
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 18, func(h *decoy.Host) string {
		v := newServer(h)
		var b strings.Builder
		for _, s := range v.shares {
			fmt.Fprint(&b, s.name, s.comment)
		}
		return fmt.Sprintf("%x %s %v", v.guid, b.String(), v.guest)
	})
}

// command makes a message of one command.
func command(number uint16, session uint64, tree uint32, content []byte) []byte {
	m := make([]byte, headerSize)
	copy(m, "\xfeSMB")
	binary.LittleEndian.PutUint16(m[4:], headerSize)
	binary.LittleEndian.PutUint16(m[12:], number)
	binary.LittleEndian.PutUint32(m[36:], tree)
	binary.LittleEndian.PutUint64(m[40:], session)
	return append(m, content...)
}

func framed(message []byte) string {
	return string(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...))
}

// negotiation is one of SMB 3.1.1.
var negotiation = command(cmdNegotiate, 0, 0, slices.Concat([]byte{36, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 24), []byte{0x11, 3}))

func TestAbandonedConnectionsEnd(t *testing.T) {
	t.Parallel()
	servicetest.Abandoned(t, "smb", 445, framed(negotiation), "\x00\x00\x10\x00")
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "smb")
	setup := command(cmdSessionSetup, 0, 0, []byte{25, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0, 40, 0})
	servicetest.Garbage(t, d, 445, framed(negotiation), framed(negotiation)+framed(setup), "\x00\x00\x01\x00\xfeSMB", "\x00\x00\x00\x2f\xffSMB\x72")
	servicetest.Recovers(t, func() bool { return strings.Contains(client(t, d, "-N", "-L", "//HOST"), "IPC$") })
}

// A client that is let in may send anything: nothing of it may break the decoy.
func FuzzCommands(f *testing.F) {
	f.Add(uint16(cmdCreate), []byte{57, 0}, []byte{5, 0, 11, 3})
	f.Add(uint16(cmdQueryDirectory), []byte{33, 0, 37, 0}, []byte{5, 0, 0, 3, 16, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 0})
	f.Add(uint16(cmdWrite), []byte{49, 0, 112, 0}, []byte{})
	f.Add(uint16(cmdTreeConnect), []byte{9, 0, 0, 0, 72, 0, 8, 0, '\\', 0, 'C', 0, '$', 0}, []byte{})
	id := decoytest.Identity()
	id.OS = "windows_server"
	h, err := decoy.NewHost(id, nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	// Calls about accounts begin with a handle; then come numbers, names and SIDs.
	handle := builder(v.handle(toDomain, 0, ok)[:dcerpc.HandleSize])
	sids, names := slices.Clone(handle), slices.Clone(handle)
	sids.Array(1)
	sids.Pointer()
	sids.SID(windows.SID(h, 500))
	f.Add(uint16(cmdEcho), []byte{}, []byte(sids))
	names.Array(1)
	names.Strings("Administrator")
	f.Add(uint16(cmdEcho), []byte{}, []byte(names))
	f.Fuzz(func(t *testing.T, number uint16, content, rpcMessage []byte) {
		c := &conn{server: v, s: &decoy.Session{}, sessions: map[uint64]*session{}, dialect: 0x0311, changes: changes{map[*node][]*node{}, map[*node]bool{}}, services: map[string]bool{}}
		s := &session{id: 7, in: true, admin: true, trees: map[uint32]*tree{}, open: map[[16]byte]*open{}}
		c.sessions[7] = s
		for i := range v.shares {
			s.trees[uint32(i+1)] = &tree{id: uint32(i + 1), share: &v.shares[i]}
		}
		k := &shared{session: s, tree: s.trees[2]}
		folder := &open{tree: k.tree, node: k.tree.share.root}
		c.opened(k, folder, 1)
		pipe := &open{tree: k.tree, pipe: &pipe{rpc: rpc{server: v, name: "srvsvc"}}}
		c.opened(k, pipe, 1)
		pipe.pipe.in(c, rpcMessage)
		for number := range uint16(80) {
			for _, name := range []string{"svcctl", "srvsvc", "samr", "lsarpc"} {
				if answer := (&rpc{server: v, name: name, trust: member}).call(c, number, rpcMessage); len(answer) > 64*len(rpcMessage)+64<<10 {
					t.Fatalf("call %d of %s makes %d bytes of %d", number, name, len(answer), len(rpcMessage))
				}
			}
		}
		if at, ok := fileAt[number%19]; ok && len(content) >= at+16 {
			copy(content[at:], [][]byte{folder.id[:], pipe.id[:]}[len(rpcMessage)%2])
		}
		for id := range s.trees {
			message := command(number%19, 7, id, content)
			c.answer(message)
		}
		if len(s.open) > maxOpen || len(s.trees) > maxTrees {
			t.Fatal("more is open than may be")
		}
		c.closeAll()
		if !v.memory.TryAcquire(maxMemory) {
			t.Fatal("not all of the memory was given back")
		}
		v.memory.Release(maxMemory)
	})
}

func FuzzStrangers(f *testing.F) {
	f.Add(negotiation)
	f.Add([]byte("\xffSMB\x72" + strings.Repeat("\x00", 30) + "\x02NT LM 0.12\x00\x02SMB 2.???\x00"))
	f.Add(append(command(cmdSessionSetup, 0, 0, []byte{25, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0}), "NTLMSSP\x00\x03\x00\x00\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"...))
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(_ *testing.T, message []byte) {
		for _, dialect := range []uint16{0, 0x0202, 0x0311} {
			c := &conn{server: v, s: &decoy.Session{}, sessions: map[uint64]*session{}, dialect: dialect}
			if len(message) >= 4 {
				c.answer(bytes.Clone(message))
			}
			nameOf(message, 0)
		}
		for _, in := range []bool{true, false} {
			c := &conn{server: v, s: &decoy.Session{}, dialect: 1, legacy: &legacy{exchange: ntlm.NewExchange(v.machine), in: in}}
			c.legacyCommand(bytes.Clone(message))
		}
	})
}

// asked is a question of the name service.
func asked(name string, use byte, kind uint16) string {
	plain := append(padded(name), use)
	if name == "*" {
		plain = append([]byte("*"), make([]byte, 15)...)
	}
	b := []byte("\x12\x34\x00\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20")
	for _, c := range plain {
		b = append(b, 'A'+c>>4, 'A'+c&15)
	}
	return string(binary.BigEndian.AppendUint16(append(b, 0), kind)) + "\x00\x01"
}

func TestNeighboursAreToldTheNames(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	id.OS, id.Hostname, id.Archetype = "windows_server", "DC01", "domain-controller"
	d := decoytest.StartAs(t, id, "smb")
	domain := windows.MachineOf(d.Host).Domain
	out := servicetest.Scripts(t, d, 137, "nbstat")
	servicetest.Contains(t, out, "Microsoft Windows netbios-ns", "Domain controller: "+domain, "NetBIOS name: DC01")
	answers := servicetest.Ask(t, d, 137, time.Minute, asked("*", 0, typeStat), asked("dc01", 0x20, typeNB), asked(domain, 0x1c, typeNB))
	if !strings.HasPrefix(answers[0], "\x12\x34\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x20CKAAAAAA") || !strings.Contains(answers[0], "\x05DC01           \x00\x04\x00") ||
		!strings.Contains(answers[0], fmt.Sprintf("%-15s\x1c\x84\x00", domain)) {
		t.Errorf("its names: %q", answers[0])
	}
	own := netip.MustParseAddr(d.Host.IP).As4()
	if !strings.HasSuffix(answers[1], "\x00\x04\x93\xe0\x00\x06\x00\x00"+string(own[:])) || !strings.HasSuffix(answers[2], "\x00\x06\x80\x00"+string(own[:])) {
		t.Errorf("its address: %q", answers[1:3])
	}
	if others := servicetest.Ask(t, d, 137, time.Second, asked("OTHER", 0x20, typeNB), asked("DC01", 0x1d, typeStat)); others[0] != "" || others[1] != "" {
		t.Errorf("others' names are answered: %q", others)
	}
	d.Wait("netbios_query", decoytest.Has("name", "OTHER"), decoytest.Has("qtype", "NB"), decoytest.Has("use", "32"))
	samba := decoytest.Start(t, "smb")
	servicetest.Contains(t, servicetest.Scripts(t, samba, 137, "nbstat"), "Samba nmbd netbios-ns", "workgroup: WORKGROUP")
	servicetest.Datagrams(t, samba, 137, asked("*", 0, typeStat), asked("*", 0, typeStat)[:30])
}

func FuzzNames(f *testing.F) {
	f.Add([]byte(asked("*", 0, typeStat)))
	f.Add([]byte(asked("SRV-ALPHA-42", 0x20, typeNB)))
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, data []byte) {
		name, use, kind, ok := nbQuestion(data)
		if !ok {
			return
		}
		if a := v.nbAnswer(data, name, use, kind); len(a) > 5*len(data) {
			t.Fatalf("%d bytes for %d", len(a), len(data))
		}
	})
}
