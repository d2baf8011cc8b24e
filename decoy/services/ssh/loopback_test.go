package ssh

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"decnet/decoy/decoytest"
	_ "decnet/decoy/services/http"
	_ "decnet/decoy/services/https"
)

// TestTheHostReachesItself looks from inside at what the decky shows outside.
func TestTheHostReachesItself(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh", "http", "https")
	c, err := dial(t, d, ssh.Password(password(t, d.Host)))
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"ping -c 2 127.0.0.1":                                    `^PING 127\.0\.0\.1 \(127\.0\.0\.1\) 56\(84\) bytes of data\.\n64 bytes from 127\.0\.0\.1: icmp_seq=1 ttl=64 time=0\.0\d\d ms\n64 bytes .*\n\n--- 127.0.0.1 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time \d+ms\nrtt min`,
		"ping -c 1 $(hostname)":                                  `^PING SRV-ALPHA-42 \(127\.0\.1\.1\)`,
		"ping -c 1 " + d.Host.IP:                                 `1 received`,
		"ping -c 1 203.0.113.9":                                  `0 received`,
		"nc -zv 127.0.0.1 22":                                    `^Connection to 127\.0\.0\.1 22 port \[tcp/ssh\] succeeded!\n$`,
		"nc -zv localhost 23; echo $?":                           `^nc: connect to localhost \(127\.0\.0\.1\) port 23 \(tcp\) failed: Connection refused\n1\n$`,
		"echo x | nc localhost 22":                               `^SSH-2\.0-OpenSSH_9\.2p1 Debian`,
		`printf 'HEAD / HTTP/1.0\r\n\r\n' | nc localhost 80`:     `^HTTP/1\.1 \d+ `,
		"curl -sI http://127.0.0.1/":                             `(?s)^HTTP/1\.1 \d+ .*\r\nServer: `,
		"curl -s localhost | wc -c":                              `^[1-9]\d+\n$`,
		"curl -s http://127.0.0.1:81/; echo $?":                  `^7\n$`,
		"curl https://127.0.0.1/; echo $?":                       `^curl: \(60\) SSL certificate problem`,
		"curl -sk -o /dev/null https://127.0.0.1/; echo $?":      `^0\n$`,
		"curl http://127.0.0.1:22/; echo $?":                     `^curl: \(1\) Received HTTP/0\.9 when not allowed\n1\n$`,
		"cd /tmp; wget http://localhost/ 2>&1; ls -l index.html": `(?s)Connecting to localhost \(localhost\)\|127\.0\.0\.1\|:80\.\.\. connected\..*200 OK.*saved.* index\.html\n$`,
		"wget -qO- http://127.0.0.1/nonesuch; echo $?":           `8\n$`,
		"wget http://127.0.0.1:82/; echo $?":                     `failed: Connection refused\.\n4\n$`,
		"ssh root@127.0.0.1":                                     `^Host key verification failed\.\n$`,
	} {
		session, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		out, _ := session.Output("{ " + line + "; } 2>&1")
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("%s prints\n%s", line, out)
		}
	}
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	inside, _ := session.Output("curl -s http://127.0.0.1/")
	conn := d.Dial(80)
	conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
	outside := new(strings.Builder)
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		outside.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if _, body, _ := strings.Cut(outside.String(), "\r\n\r\n"); body != string(inside) || body == "" {
		t.Errorf("inside the page is\n%s\noutside\n%s", inside, body)
	}
}
