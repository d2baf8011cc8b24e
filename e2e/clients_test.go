package e2e

import (
	"context"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

// touched is what a client's visit has to leave behind as a row.
type touched struct {
	typ, principal, secret, command string // secret and command are patterns
}

// The clients that intruders use, from Debian's packages, against deckies in containers on a real Docker Engine. Each logs in, fails to log in, or lists what it should, and
// what it said is a row with the right fields. $IP is the decky's address, and $PW the password that they all try.
var clients = []struct {
	service, command string
	prints           string // a pattern of what the client says
	leaves           touched
}{
	{"ssh", `sshpass -p $PW ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o PreferredAuthentications=password -o NumberOfPasswordPrompts=1 root@$IP id`, `Permission denied`, touched{"auth_attempt", "root", `^Hunter2!pass$`, ``}},
	{"telnet", `(sleep 1; echo root; sleep 1; echo $PW; sleep 2) | telnet $IP`, `ogin`, touched{"auth_attempt", "root", `^Hunter2!pass$`, ``}},
	{"http", `curl -s --max-time 10 -u admin:$PW http://$IP/admin-probe`, `404`, touched{"request", "", ``, `GET /admin-probe`}},
	{"https", `curl -sk --max-time 10 -A scanner https://$IP/evil`, `404`, touched{"request", "", ``, `GET /evil`}},
	{"ftp", `curl -sS --max-time 10 ftp://admin:$PW@$IP/`, `denied|530`, touched{"auth_attempt", "admin", `^Hunter2!pass$`, ``}},
	{"mysql", `mysql -h $IP -u root -p$PW --skip-ssl -e 'select 1'`, `Access denied for user 'root'`, touched{"auth_attempt", "root", `^([0-9a-f]{40}|Hunter2!pass)$`, ``}},
	{"postgres", `PGPASSWORD=$PW psql -h $IP -U postgres -c 'select 1'`, `password authentication failed`, touched{"auth_attempt", "postgres", `.`, ``}},
	{"redis", `redis-cli -h $IP CONFIG GET dir`, `dir|NOAUTH`, touched{"command", "", ``, `CONFIG GET dir`}},
	{"smtp", `swaks --server $IP --from a@b.example --to c@d.example --timeout 10`, `220 `, touched{"command", "", ``, `(?i)MAIL FROM:`}},
	{"imap", `curl -sS --max-time 10 imap://$IP/ -u bob:$PW`, `denied`, touched{"auth_attempt", "bob", `^Hunter2!pass$`, ``}},
	{"pop3", `curl -sS --max-time 10 pop3://$IP/ -u bob:$PW`, `denied`, touched{"auth_attempt", "bob", `^Hunter2!pass$`, ``}},
	{"elasticsearch", `curl -s --max-time 10 "http://$IP:9200/_search?q=secret"`, `"hits"`, touched{"request", "", ``, `GET /_search\?q=secret`}},
	{"docker_api", `docker -H tcp://$IP:2375 ps`, `CONTAINER ID`, touched{"request", "", ``, `/containers/json`}},
	{"vnc", `nmap -Pn -n -p5900 --script vnc-info $IP`, `Protocol version`, touched{"version", "", ``, ``}},
	{"smb", `smbclient -L //$IP -U bob%$PW`, `Sharename`, touched{"auth_attempt", "bob", `^bob::`, ``}},
	{"rdp", `nmap -Pn -n -p3389 --script rdp-enum-encryption $IP`, `3389/tcp open`, touched{"connection_request", "", ``, ``}},
	{"mssql", `echo 'select 1' | tsql -H $IP -p 1433 -U sa -P $PW`, `Login failed for user 'sa'`, touched{"auth_attempt", "sa", `^Hunter2!pass$`, ``}},
	{"k8s", `kubectl --server=http://$IP:8080 get pods -A`, `NAME|No resources|orbidden`, touched{"request", "", ``, `/pods`}},
	{"conpot", `mbpoll -m tcp -a 1 -r 1 -c 1 -1 $IP`, `\[1\]`, touched{"modbus", "", ``, ``}},
	{"smtp_relay", `swaks --server $IP --from a@b.example --to c@d.example --timeout 10`, `250 `, touched{"command", "", ``, `(?i)RCPT TO:`}},
	{"ldap", `ldapsearch -x -H ldap://$IP -D cn=bob,dc=corp -w $PW -b dc=corp`, `Invalid credentials`, touched{"auth_attempt", "cn=bob,dc=corp", `^Hunter2!pass$`, ``}},
	{"dns", `dig +time=2 +tries=1 @$IP secret.example A`, `status:`, touched{"query", "", ``, ``}},
	{"mqtt", `mosquitto_pub -h $IP -t x -m y -u bob -P $PW`, ``, touched{"auth_attempt", "bob", `^Hunter2!pass$`, ``}},
	{"snmp", `snmpget -v2c -c $PW -r0 -t2 $IP 1.3.6.1.2.1.1.1.0 || true`, ``, touched{"auth_attempt", "", `^Hunter2!pass$`, ``}},
	{"tftp", `cd $(mktemp -d) && tftp $IP -c get startup-config || true`, ``, touched{"tftp", "", ``, ``}},
	{"llmnr", `nmap -Pn -n -sU -p5353 --script dns-service-discovery $IP`, `5353/udp`, touched{"query", "", ``, ``}},
	{"mongodb", `nmap -Pn -n -p27017 --script mongodb-info $IP`, `27017/tcp open`, touched{"command", "", ``, ``}},
	{"sip", `sipsak -v -s sip:100@$IP || true`, ``, touched{"sip", "", ``, ``}},
}

func TestTheClientsThatIntrudersUse(t *testing.T) {
	enginetest.RequireDocker(t)
	s := start(t, "--engine", "docker")
	// Services that want the same port go on different deckies.
	deckies := map[string][]string{}
	for _, c := range clients {
		switch c.service {
		case "smtp_relay", "k8s", "smb", "rdp", "mssql", "conpot", "ldap", "dns", "mqtt", "snmp", "sip", "tftp", "llmnr":
			deckies["other"] = append(deckies["other"], c.service)
		default:
			deckies["linux"] = append(deckies["linux"], c.service)
		}
	}
	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("linux", deckies["linux"]...), spec("other", deckies["other"]...)}}))
	defer func() {
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	at := map[string]string{}
	for name, services := range deckies {
		ip := s.decky(name).IP
		for _, service := range services {
			at[service] = ip
		}
	}
	t.Run("clients", func(t *testing.T) {
		for _, c := range clients {
			t.Run(c.service, func(t *testing.T) {
				t.Parallel()
				s := *s
				s.t = t
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				cmd := exec.CommandContext(ctx, "bash", "-c", c.command)
				cmd.Env = append(cmd.Environ(), "IP="+at[c.service], "PW=Hunter2!pass")
				said, _ := cmd.CombinedOutput() // most of them fail, as they should
				require.Regexp(t, c.prints, string(said))
				s.eventually("there is a row of it", func() bool { return s.recorded(c.service, c.leaves) })
			})
		}
	})
}

// recorded tells whether there is a row of a service that says what it should.
func (s *server) recorded(service string, want touched) bool {
	s.t.Helper()
	var out struct {
		Interactions struct {
			Edges []struct {
				Node struct {
					Type, SourceIP             string
					Principal, Secret, Command *string
				}
			}
		}
	}
	s.as(s.Token).must(&out, `query($s: String!, $t: String!) { interactions(first: 100, where: {service: $s, type: $t}) { edges { node { type sourceIP principal secret command } } } }`,
		map[string]any{"s": service, "t": want.typ})
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for _, e := range out.Interactions.Edges {
		n := e.Node
		if strings.HasSuffix(n.SourceIP, ".1") && (want.principal == "" || want.principal == text(n.Principal)) &&
			regexp.MustCompile(want.secret).MatchString(text(n.Secret)) && regexp.MustCompile(want.command).MatchString(text(n.Command)) {
			return true
		}
	}
	return false
}
