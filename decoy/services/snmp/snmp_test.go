package snmp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// as returns an identity of that system and archetype.
func as(system, archetype string) control.Identity {
	id := decoytest.Identity()
	id.OS, id.Archetype = system, archetype
	return id
}

// run runs a program of net-snmp against the decky.
func run(t *testing.T, d *decoytest.Decky, name string, args ...string) string {
	t.Helper()
	i := slices.Index(args, "@")
	args = slices.Replace(args, i, i+1, d.Address(161))
	out, _ := servicetest.Run(t, "", name, append([]string{"-On", "-t", "10", "-r", "0"}, args...)...) // a refusal is a failure, too
	return out
}

// A camera's programs are a camera's, and what its neighbours see of its card is what it tells.
func TestFirmware(t *testing.T) {
	t.Parallel()
	id := as("embedded", "iot-device")
	id.MAC = "00:40:8c:0a:0b:0c"
	walk := run(t, decoytest.StartAs(t, id, "snmp"), "snmpwalk", "-v2c", "-c", "public", "@", "1.3.6.1.2.1")
	servicetest.Contains(t, walk, `"init"`, `"telnetd"`, "Hex-STRING: 00 40 8C 0A 0B 0C")
	if strings.Contains(walk, "systemd") {
		t.Error("a camera runs systemd")
	}
}

func TestNetSNMP(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "snmp")
	a := newAgent(d.Host)
	servicetest.Contains(t, run(t, d, "snmpget", "-v1", "-c", "public", "@", "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.5.0"), "Linux SRV-ALPHA-42", "STRING: \"SRV-ALPHA-42\"")
	servicetest.Contains(t, run(t, d, "snmpget", "-v1", "-c", "public", "@", "1.3.6.1.2.1.99.0"), "noSuchName")
	servicetest.Contains(t, run(t, d, "snmpget", "-v2c", "-c", "public", "@", "1.3.6.1.2.1.99.0"), "No Such Object")
	servicetest.Contains(t, run(t, d, "snmpget", "-v2c", "-c", "public", "@", "1.3.6.1.2.1.1.5.7"), "No Such Instance")
	servicetest.Contains(t, run(t, d, "snmpget", "-v1", "-c", "public", "@", "1.3.6.1.2.1.31.1.1.1.6.2"), "noSuchName")
	servicetest.Contains(t, run(t, d, "snmpwalk", "-v2c", "-c", "public", "@", "1.3.6.1.2.1.1.9"), "View-based Access Control Model for SNMP.")
	servicetest.Contains(t, run(t, d, "snmpget", "-v2c", "-t", "1", "-c", "cisco-ro", "@", "1.3.6.1.2.1.1.1.0"), "Timeout")
	servicetest.Contains(t, run(t, d, "snmpset", "-v2c", "-c", "public", "@", "1.3.6.1.2.1.1.6.0", "s", "here"), "noAccess")
	servicetest.Contains(t, run(t, d, "snmpset", "-v2c", "-c", a.write, "@", "1.3.6.1.2.1.1.6.0", "s", "here"), "STRING: \"here\"")
	servicetest.Contains(t, run(t, d, "snmpget", "-v2c", "-c", "public", "@", "1.3.6.1.2.1.1.6.0"), "STRING: \"here\"")
	servicetest.Contains(t, run(t, d, "snmpget", "-v3", "-l", "authNoPriv", "-u", "monitor", "-a", "SHA", "-A", "secret123", "@", "1.3.6.1.2.1.1.1.0"), "Unknown user name")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "cisco-ro"), decoytest.Has(event.Outcome, event.Rejected), decoytest.Has(event.SecretKind, "snmp_community"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "public"), decoytest.Has(event.Outcome, event.Accepted))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "monitor"), decoytest.Has(event.SecretKind, "snmpv3_hmac"))
	d.Wait("snmp_set", decoytest.Has("operation", "set"), decoytest.Has("oids", "1.3.6.1.2.1.1.6.0"), decoytest.Has("content", "here"))
	// Last, since walks use up what events one source may cause.
	for _, walk := range []string{run(t, d, "snmpwalk", "-v2c", "-c", "public", "@", "1.3.6.1.2.1"), run(t, d, "snmpbulkwalk", "-v2c", "-c", "public", "@", "1.3.6.1.2.1")} {
		if lines := strings.Count(walk, " = ") - strings.Count(walk, " = No more"); lines != len(mib2(a)) {
			t.Errorf("a walk gives %d of %d variables:\n%s", lines, len(mib2(a)), walk)
		}
		servicetest.Contains(t, walk, "eth0", "Timeticks: (", "Gauge32: 1000000000", "IpAddress: "+d.Host.IP, "snmpd")
	}
	// Version 1 has no numbers of 64 bits: they are passed over.
	first := run(t, d, "snmpwalk", "-v1", "-c", "public", "@", "1.3.6.1.2.1")
	if strings.Contains(first, "Counter64") || !strings.Contains(first, "1.3.6.1.2.1.31.1.1.1.15.2 = Gauge32: 1000") {
		t.Errorf("a walk by version 1 gives\n%s", first)
	}
}

// A walk asks a hundred times and more: it is one session, with the community once, and told in a few events.
func TestAWalkIsOneSession(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "snmp")
	rows := mib2(newAgent(d.Host))
	run(t, d, "snmpwalk", "-v2c", "-c", "public", "@", "1.3.6.1.2.1")
	if err := d.Apply(t.Context(), 2, nil, nil); err != nil { // which ends all sessions
		t.Fatal(err)
	}
	end := d.Wait(event.Disconnect)
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "public"), decoytest.Has(event.Outcome, event.Accepted))
	// After the first ten questions, of which one is no variable of the walk's.
	d.Wait(event.Repeated, decoytest.Has("kind", "snmp"), decoytest.Has("operation", "getnext"), decoytest.Has(event.Count, fmt.Sprint(len(rows)-9)),
		decoytest.Has("first", rows[9].id.String()), decoytest.Has("last", rows[len(rows)-1].id.String()))
	events := d.Events()
	said := 0
	for _, e := range events {
		if strings.HasPrefix(e.Message, "snmp getnext 1.3.6.1.2.1 from ") || strings.HasPrefix(e.Message, fmt.Sprintf("repeated snmp getnext %d from ", len(rows)-9)) {
			said++
		}
		if e.Session != end.Session {
			t.Errorf("%s is of session %q, want %q", e.Type, e.Session, end.Session)
		}
	}
	if len(events) > 15 {
		t.Errorf("a walk is told in %d events", len(events))
	}
	if said != 2 {
		t.Errorf("the messages don't say what was asked: %v", events)
	}
}

// mib2 are the variables that a walk of 1.3.6.1.2.1 gives.
func mib2(a *agent) (rows []row) {
	for _, r := range a.rows() {
		if strings.HasPrefix(r.id.String(), "1.3.6.1.2.1.") {
			rows = append(rows, r)
		}
	}
	return rows
}

// Each of these is net-snmp 5.9's answer.
func TestAnswersAreNetSNMPs(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "snmp")
	a := newAgent(d.Host)
	for _, c := range []struct {
		program string
		args    []string
		want    string
	}{
		{"snmpget", []string{"-v2c", "-c", "public", "@", "1.3.6.1.2.1.1"}, "No Such Object"},
		{"snmpget", []string{"-v2c", "-c", "public", "@", "1.3.6.1.2.1.1.2"}, "No Such Instance"},
		{"snmpget", []string{"-v2c", "-c", "public", "@", "1.3.6.1.2.1.1.2.0.0"}, "No Such Instance"},
		{"snmpget", []string{"-v2c", "-c", "public", "@", "1.3.6.1.2.1.1.7.0"}, "INTEGER: 72"},
		{"snmpget", []string{"-v2c", "-Ox", "-c", "public", "@", "1.3.6.1.6.3.10.2.1.1.0"}, "80 00 1F 88 80"},
		{"snmpset", []string{"-v1", "-c", a.write, "@", "1.3.6.1.2.1.1.1.0", "s", "x"}, "noSuchName"},
		{"snmpset", []string{"-v1", "-c", a.write, "@", "1.3.6.1.2.1.1.6.0", "i", "4"}, "badValue"},
		{"snmpset", []string{"-v2c", "-c", a.write, "@", "1.3.6.1.2.1.1.6.0", "i", "4"}, "wrongType"},
		{"snmpset", []string{"-v2c", "-c", a.write, "@", "1.3.6.1.2.1.1.6.0", "s", strings.Repeat("x", 256)}, "wrongLength"},
		{"snmpwalk", []string{"-v2c", "-c", "public", "@", "1.3.6.1.2.1.7.5"}, "1.3.6.1.2.1.7.5.1.2.0.0.0.0.161 = INTEGER: 161"}, // what it listens on
	} {
		servicetest.Contains(t, run(t, d, c.program, c.args...), c.want)
	}
}

// A discovery that doesn't ask for a report gets one all the same; what no message may be gets none.
func TestReportsAreNetSNMPs(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "snmp")
	ask := func(id, size int64, flags byte, user string, kind byte) string {
		number := func(n int64) ber.Node { return ber.Number(ber.Integer, n) }
		text := func(s string) ber.Node { return ber.Text(ber.OctetString, s) }
		return string(ber.Of(ber.Sequence, number(3), ber.Of(ber.Sequence, number(id), number(size), ber.Bytes(ber.OctetString, []byte{flags}), number(3)),
			ber.Bytes(ber.OctetString, ber.Of(ber.Sequence, text(""), number(0), number(0), text(user), text(""), text("")).Encode()),
			ber.Of(ber.Sequence, text(""), text(""), ber.Of(kind, number(7), number(0), number(0), ber.Of(ber.Sequence)))).Encode())
	}
	for name, c := range map[string]struct {
		asked    string
		answered bool
	}{
		"a discovery":                 {ask(1, 65507, 4, "", getRequest), true},
		"one that wants no report":    {ask(1, 65507, 0, "", getRequest), true},
		"the smallest that may be":    {ask(1, 484, 4, "", getRequest), true},
		"a size that is too small":    {ask(1, 483, 4, "", getRequest), false},
		"a number below 0":            {ask(-1, 65507, 4, "", getRequest), false},
		"privacy without a proof":     {ask(1, 65507, 6, "", getRequest), false},
		"a name that is too long":     {ask(1, 65507, 4, strings.Repeat("u", 33), getRequest), false},
		"a report":                    {ask(1, 65507, 4, "", report), false},
		"a trap, which has no answer": {ask(1, 65507, 4, "", 0xa7), false},
	} {
		patience := time.Minute
		if !c.answered {
			patience = 200 * time.Millisecond
		}
		if answer := servicetest.Ask(t, d, 161, patience, c.asked)[0]; (answer != "") != c.answered {
			t.Errorf("%s is answered with %q", name, answer)
		}
	}
}

func TestScannerNamesTheAgent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id    control.Identity
		wants []string
	}{
		"net-snmp":   {as("linux", "monitoring-node"), []string{"net-snmp", "enterprise: net-snmp", "Linux SRV-ALPHA-42"}},
		"printer":    {as("embedded", "printer"), []string{"SNMPv3 server", "engineIDFormat: mac"}},
		"controller": {as("embedded", "industrial-control"), []string{"enterprise: Siemens", "Siemens, SIMATIC, S7-"}},
		"switch":     {as("cisco", ""), []string{"ciscoSystems", "Cisco IOS Software, C2960"}},
		"windows":    {as("windows_server", ""), []string{"SNMPv1 server", "public", "Software: Windows Version 6.3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decoytest.StartAs(t, c.id, "snmp")
			servicetest.Contains(t, servicetest.Scripts(t, d, 161, "snmp-info,+snmp-sysdescr"), c.wants...)
		})
	}
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		a := newAgent(h)
		return fmt.Sprint(a.product, a.write)
	})
}

// get is a request for the variables, as it is on the wire.
func get(kind byte, non, many int64, ids ...string) string {
	var bound []ber.Node
	for _, id := range ids {
		bound = append(bound, ber.Of(ber.Sequence, ber.NewObjectID(id).Node(), ber.Bytes(ber.Null, nil)))
	}
	return string(ber.Of(ber.Sequence, ber.Number(ber.Integer, 1), ber.Text(ber.OctetString, "public"),
		ber.Of(kind, ber.Number(ber.Integer, 77), ber.Number(ber.Integer, non), ber.Number(ber.Integer, many), ber.Of(ber.Sequence, bound...))).Encode())
}

// The request that attackers forge to flood somebody must not get what it asks for.
func TestBulkAnswersAreShort(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "snmp")
	answer := servicetest.Ask(t, d, 161, time.Minute, get(bulkRequest, 0, 2250, "1.3.6.1.2.1"))[0]
	if len(answer) < 100 || len(answer) > 600 {
		t.Errorf("%d bytes", len(answer))
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "snmp")
	request := get(getRequest, 0, 0, "1.3.6.1.2.1.1.1.0")
	servicetest.Datagrams(t, d, 161, request[:20], "\x30\x82\x01\x00\x02\x01\x03", "\x30\x81\xff\x02\x01\x00\x04\x06public")
	if answer := servicetest.Ask(t, d, 161, time.Minute, request)[0]; !strings.Contains(answer, "Linux") {
		t.Errorf("after the garbage the answer is %q", answer)
	}
}

// TestCommunitiesTakeLittleMemory tries some that are as long as a datagram. The right one is remembered whatever was tried before, so that it is told once.
func TestCommunitiesTakeLittleMemory(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := newAgent(h)
	for i := range 2 * maxTried {
		a.community(&decoy.Session{}, 1, fmt.Sprint(i, strings.Repeat("x", 8<<10)), pdu{kind: getRequest})
		a.community(&decoy.Session{}, 1, fmt.Sprint(i), pdu{kind: getRequest})
	}
	a.community(&decoy.Session{}, 1, "public", pdu{kind: getRequest})
	a.visitors.With(netip.Addr{}, func(v *visitor) {
		size := 0
		for community := range v.tried {
			size += len(community)
		}
		if _, told := v.tried["public"]; !told || len(v.tried) != maxTried+1 || size > maxTried*maxCommunity {
			t.Errorf("%d communities of %d bytes are kept", len(v.tried), size)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(get(getRequest, 0, 0, "1.3.6.1.2.1.1.1.0")))
	f.Add([]byte(get(nextRequest, 0, 0, "1.3", "1.3.6.1.2.1.99")))
	f.Add([]byte(get(bulkRequest, 1, 100, "1.3", "1.3.6")))
	f.Add([]byte(get(setRequest, 0, 0, "1.3.6.1.2.1.1.6.0")))
	f.Add([]byte("\x30\x3a\x02\x01\x03\x30\x0f\x02\x02\x4a\x69\x02\x03\x00\xff\xe3\x04\x01\x04\x02\x01\x03\x04\x10\x30\x0e\x04\x00\x02\x01\x00\x02\x01\x00\x04\x00\x04\x00\x04\x00\x30\x12\x04\x00\x04\x00\xa0\x0c\x02\x02\x37\xf0\x02\x01\x00\x02\x01\x00\x30\x00"))
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	a := newAgent(h)
	f.Fuzz(func(t *testing.T, data []byte) {
		if answer := a.answer(&decoy.Session{}, data); len(answer) > max(2*maxAnswer, 3*len(data)) {
			t.Fatalf("%d bytes for %d", len(answer), len(data))
		}
	})
}
