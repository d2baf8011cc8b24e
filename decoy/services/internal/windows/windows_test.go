package windows

import (
	"testing"

	"decnet/decoy"
	"decnet/decoy/decoytest"
)

func machine(t *testing.T, system, hostname string) *Machine {
	t.Helper()
	id := decoytest.Identity()
	id.OS, id.Hostname = system, hostname
	h, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	return MachineOf(h)
}

func TestNames(t *testing.T) {
	m := machine(t, "windows_server", "application-server-07.example.com")
	if m.Name != "APPLICATION-SER" || !m.Joined || !m.Real || m.DNSName != "application-server-07."+m.DNS || m.Domain == m.Name {
		t.Errorf("a server is %+v", m)
	}
	m = machine(t, "linux", "files-01")
	if m.Name != "FILES-01" || m.Joined || m.Real || m.Version() != "6.1.0" || m.DNSName != "files-01" || m.Domain != m.Name {
		t.Errorf("a Samba is %+v", m)
	}
}

func TestText(t *testing.T) {
	const text = "Ünï 管理者 \U0001F600"
	if got := Text(UTF16(text)); got != text {
		t.Errorf("%q comes back as %q", text, got)
	}
	if got := Text([]byte{'a', 0, 'b'}); got != "a" {
		t.Errorf("with half a character it is %q", got)
	}
}
