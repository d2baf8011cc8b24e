package all

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"decnet/decoy/control"
	"decnet/decoy/decoytest"
)

// TestFromInsideTheDeckyIsWhatItIsFromOutside: who logs in finds the ports that he has scanned, each with a program behind it that runs.
func TestFromInsideTheDeckyIsWhatItIsFromOutside(t *testing.T) {
	id := decoytest.Identity()
	id.Settings = control.Settings{"ssh": {"password": "toor"}, "http": {"server_header": "nginx/1.22.1", "fake_app": "none"}, "mysql": {"version": "10.11.6-MariaDB-0+deb12u1"}}
	d := decoytest.StartAs(t, id, "ssh", "http", "mysql", "redis", "tftp")
	run := func(command string) string {
		t.Helper()
		client, err := ssh.Dial("tcp", d.Address(22), &ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.Password("toor")}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		out, err := session.CombinedOutput(command)
		if err != nil {
			t.Errorf("%s: %v: %s", command, err, out)
		}
		return string(out)
	}
	open, running := run("ss -lntup"), run("ps aux")
	for port, program := range map[string]string{"tcp +LISTEN .*:22 ": "sshd", "tcp +LISTEN .*:80 ": "nginx", "tcp +LISTEN .*:3306 ": "mariadbd", "tcp +LISTEN .*:6379 ": "redis-server", "udp +UNCONN .*:69 ": "in.tftpd"} {
		found := regexp.MustCompile(fmt.Sprintf(`(?m)^%s.*users:\(\("%s",pid=(\d+),`, port, regexp.QuoteMeta(program))).FindStringSubmatch(open)
		if found == nil {
			t.Errorf("no %s on %s in\n%s", program, port, open)
			continue
		}
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^\S+ +%s .*%s`, found[1], regexp.QuoteMeta(program))).MatchString(running) {
			t.Errorf("%s does not run as %s in\n%s", program, found[1], running)
		}
	}
	if lines := strings.Count(open, "\n"); lines != 6 {
		t.Errorf("%d lines: what is open is another thing:\n%s", lines, open)
	}
	if got := run("systemctl is-active nginx mariadb"); got != "active\n" {
		t.Errorf("nginx is %q", got)
	}
	// A mutation is seen, too, and by who is there already.
	if err := d.Apply(t.Context(), 2, []string{"ssh", "redis"}, nil); err != nil {
		t.Fatal(err)
	}
	if open := run("ss -lntup"); strings.Contains(open, ":80 ") || !strings.Contains(open, ":6379 ") {
		t.Errorf("behind a mutation open is\n%s", open)
	}
}
