package e2e

import (
	"cmp"
	"context"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

// touched is what a client's visit has to leave behind as a row.
type touched struct {
	typ, principal, secret, command string // secret and command are patterns
	fields                          fields
}

// fields are patterns of further facts of a row, by name.
type fields map[string]string

// tried is a password that was tried, as it is or as the proof of it that a protocol sends.
func tried(kind, user, secret string) touched {
	return touched{typ: "auth_attempt", principal: user, secret: secret, fields: fields{"secret_kind": "^" + kind + "$", "outcome": "^rejected$"}}
}

// asked is a request to an API over HTTP.
func asked(command string) touched { return touched{typ: "request", command: command} }

const theirs = `^Hunter2!pass$` // which they all try

// The clients that intruders use, from Debian's packages, against deckies in containers on a real Docker Engine. Each logs in, fails to log in, or lists what it should, and
// what it said is a row with the right fields. $IP is the decky's address, and $PW the password.
var clients = []struct {
	service, command string
	prints           string // a pattern of what the client says
	leaves           touched
}{
	{"ssh", `sshpass -p $PW ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o PreferredAuthentications=password -o NumberOfPasswordPrompts=1 root@$IP id`, `Permission denied`, tried("plaintext", "root", theirs)},
	{"telnet", `(sleep 1; echo root; sleep 1; echo $PW; sleep 2) | telnet $IP`, `ogin`, tried("plaintext", "root", theirs)},
	{"http", `curl -s --max-time 10 -u admin:$PW http://$IP/admin-probe`, `404`, asked(`GET /admin-probe`)},
	{"http", `curl -s --max-time 10 -u admin:$PW http://$IP/`, `.`, touched{typ: "auth_attempt", principal: "admin", secret: theirs}},
	{"http", `curl -si --max-time 10 -d "log=wpuser&pwd=$PW" http://$IP/wp-login.php`, `(?s)wordpress_test_cookie.*is not registered on this site`, touched{typ: "auth_attempt", principal: "wpuser", secret: theirs, fields: fields{"scheme": "^form$"}}},
	{"http", `curl -s --max-time 10 -d "<methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value>rpcuser</value></param><param><value>$PW</value></param></params></methodCall>" http://$IP/xmlrpc.php`,
		`Incorrect username or password\.`, touched{typ: "auth_attempt", principal: "rpcuser", secret: theirs, fields: fields{"scheme": "^xmlrpc$"}}},
	{"https", `curl -ski --max-time 10 -u tomcat:$PW https://$IP/manager/html`, `(?s)401.*Tomcat Manager Application`, touched{typ: "auth_attempt", principal: "tomcat", secret: theirs, fields: fields{"scheme": "^basic$"}}},
	{"https", `curl -sk --max-time 10 -A scanner https://$IP/evil`, `404`, touched{typ: "request", command: `GET /evil`, fields: fields{"user_agent": "^scanner$", "status": "^404$"}}},
	{"https", `curl -sk --max-time 10 -u admin:$PW https://$IP/`, `.`, touched{typ: "auth_attempt", principal: "admin", secret: theirs}},
	{"ftp", `curl -sS --max-time 10 ftp://admin:$PW@$IP/`, `denied|530`, tried("plaintext", "admin", theirs)},
	{"mysql", `mysql -h $IP -u root -p$PW --skip-ssl -e 'select 1'`, `Access denied for user 'root'`, touched{typ: "auth_attempt", principal: "root", secret: `^([0-9a-f]{40}|Hunter2!pass)$`}},
	{"postgres", `PGPASSWORD=$PW psql -h $IP -U postgres -c 'select 1'`, `password authentication failed`, touched{typ: "auth_attempt", principal: "postgres", secret: `.`}},
	{"redis", `redis-cli -h $IP CONFIG GET dir`, `dir|NOAUTH`, touched{typ: "command", command: `CONFIG GET dir`}},
	{"redis", `redis-cli -h $IP AUTH $PW`, `ERR|WRONGPASS|invalid`, touched{typ: "auth_attempt", secret: theirs}},
	{"smtp", `swaks --server $IP --from a@b.example --to c@d.example --timeout 10`, `220 `, touched{typ: "command", command: `(?i)MAIL FROM:`}},
	{"smtp", `swaks --server $IP:587 --auth PLAIN --auth-user bob --auth-password $PW --from a@b.example --to c@d.example --quit-after AUTH --timeout 10`, `535 `, tried("plaintext", "bob", theirs)},
	{"imap", `curl -sS --max-time 10 imap://$IP/ -u bob:$PW`, `denied`, tried("plaintext", "bob", theirs)},
	{"pop3", `curl -sS --max-time 10 pop3://$IP/ -u bob:$PW`, `denied`, tried("plaintext", "bob", theirs)},
	{"elasticsearch", `curl -s --max-time 10 "http://$IP:9200/_search?q=secret"`, `"hits"`, asked(`GET /_search\?q=secret`)},
	{"elasticsearch", `curl -s --max-time 10 -u elastic:$PW "http://$IP:9200/_cat/indices"`, `.`, touched{typ: "auth_attempt", principal: "elastic", secret: theirs}},
	{"docker_api", `docker -H tcp://$IP:2375 ps`, `CONTAINER ID`, asked(`/containers/json`)},
	{"docker_api", `docker -H tcp://$IP:2375 run --rm -v /:/host alpine chroot /host id`, `.`, touched{typ: "container_create", fields: fields{"image": "alpine", "command": "chroot"}}},
	{"vnc", `nmap -Pn -n -p5900 --script vnc-info $IP`, `Protocol version`, touched{typ: "version", fields: fields{"version": "^RFB 003"}}},
	{"vnc", `list=$(mktemp); echo $PW > $list; nmap -Pn -n -p5900 --script +vnc-brute --script-args passdb=$list $IP; rm $list`, `5900/tcp open`, tried("vnc", "", `.`)},
	{"smb", `smbclient -L //$IP -U bob%$PW`, `Sharename|LOGON_FAILURE`, touched{typ: "auth_attempt", principal: "bob", secret: `^bob::`, fields: fields{"secret_kind": "^netntlmv2$"}}},
	{"smb", `nmap -Pn -n -sU -p137 --script nbstat $IP`, `NetBIOS MAC`, touched{typ: "netbios_query", fields: fields{"name": `^\*$`, "qtype": "^NBSTAT$"}}},
	{"rdp", `xvfb-run -a xfreerdp /v:$IP /u:bob /p:$PW /cert:ignore /sec:nla +auth-only`, `LOGON_FAILURE|ERRCONNECT`, touched{typ: "auth_attempt", principal: "bob", secret: `^bob::`, fields: fields{"secret_kind": "^netntlmv2$"}}},
	{"mssql", `echo 'select 1' | tsql -H $IP -p 1433 -U sa -P $PW`, `Login failed for user 'sa'`, tried("plaintext", "sa", theirs)},
	{"k8s", `kubectl --server=http://$IP:8080 get pods -A`, `NAME|No resources|orbidden`, asked(`/pods`)},
	{"k8s", `kubectl --server=https://$IP:6443 --insecure-skip-tls-verify --token=$PW get secrets -A`, `nauthorized|logged in`, touched{typ: "auth_attempt", secret: theirs, fields: fields{"secret_kind": "^bearer$"}}},
	{"conpot", `mbpoll -m tcp -a 1 -r 1 -c 1 -1 $IP`, `\[1\]`, touched{typ: "modbus", fields: fields{"function": "."}}},
	{"smtp_relay", `swaks --server $IP --from a@b.example --to c@d.example --header 'Subject: probe' --timeout 10`, `250 `, touched{typ: "mail", fields: fields{"to": "^c@d.example$", "subject": "^probe$", "outcome": "^accepted$"}}},
	{"ldap", `ldapsearch -x -H ldap://$IP -D cn=bob,dc=corp -w $PW -b dc=corp`, `Invalid credentials`, tried("plaintext", "cn=bob,dc=corp", theirs)},
	{"ldap", `ldapsearch -x -H ldap://$IP -s base -b '' '(objectClass=*)' namingContexts`, `namingContexts`, touched{typ: "search", fields: fields{"scope": "^base$"}}},
	{"ldap", `ldapsearch -x -H ldap://$IP:3268 -s base -b '' '(objectClass=*)' isGlobalCatalogReady`, `isGlobalCatalogReady: TRUE`, touched{typ: "search", fields: fields{"attributes": "^isglobalcatalogready$"}}},
	{"kerberos", `nmap -Pn -n -p88 --script krb5-enum-users --script-args krb5-enum-users.realm=NOWHERE $IP`, `88/tcp open`, touched{typ: "as_request", fields: fields{"realm": "^NOWHERE$", "code": "^68$"}}},
	{"msrpc", `rpcclient "ncacn_ip_tcp:$IP[135,connect]" -U bob%$PW -c epmlookup`, `ACCESS_DENIED`, touched{typ: "auth_attempt", principal: "bob", secret: `^bob::`, fields: fields{"secret_kind": "^netntlmv2$"}}},
	{"dns", `dig +time=2 +tries=1 @$IP secret.example A`, `status:`, touched{typ: "query", fields: fields{"name": `^secret\.example\.$`, "qtype": "^A$", "transport": "^udp$"}}},
	{"dns", `dig +time=2 +tries=1 @$IP corp.example AXFR`, `Transfer failed`, touched{typ: "zone_transfer", fields: fields{"name": `^corp\.example\.$`, "transport": "^tcp$"}}},
	{"dns", `dig +time=2 +tries=1 +bufsize=4096 @$IP isc.org ANY +notcp`, `status:`, touched{typ: "amp_probe", fields: fields{"name": `^isc\.org\.$`, "edns_size": "^4096$"}}},
	{"mqtt", `mosquitto_pub -h $IP -t x -m y -u bob -P $PW`, ``, touched{typ: "auth_attempt", principal: "bob", secret: theirs, fields: fields{"secret_kind": "^plaintext$"}}}, // some brokers let anybody in
	{"snmp", `snmpget -v2c -c $PW -r0 -t2 $IP 1.3.6.1.2.1.1.1.0 || true`, ``, touched{typ: "auth_attempt", secret: theirs, fields: fields{"secret_kind": "^snmp_community$"}}},
	{"tftp", `cd $(mktemp -d) && tftp $IP -c get startup-config || true`, ``, touched{typ: "tftp", fields: fields{"operation": "read", "path": "^startup-config$"}}},
	{"llmnr", `nmap -Pn -n -sU -p5353 --script dns-service-discovery $IP`, `5353/udp`, touched{typ: "query", fields: fields{"protocol": "^mdns$", "name": `_services\._dns-sd`}}},
	{"mongodb", `nmap -Pn -n -p27017 --script mongodb-info $IP`, `27017/tcp open`, touched{typ: "command"}},
	{"mongodb", `/usr/bin/python3 -c "import pymongo; pymongo.MongoClient('$IP', username='bob', password='$PW', directConnection=True, serverSelectionTimeoutMS=9000).shop.users.find_one()"`, `Authentication failed`, tried("scram-sha-256", "bob", `^n=bob,r=.*,s=.*,p=`)},
	{"sip", `sipsak -v -s sip:100@$IP || true`, ``, touched{typ: "sip", fields: fields{"method": "^OPTIONS$"}}},
	{"sip", `sipsak -U -s sip:100@$IP -u 100 -a $PW || true`, ``, tried("sip_digest_md5", "100", `.`)},
}

func TestTheClientsThatIntrudersUse(t *testing.T) {
	enginetest.RequireDocker(t)
	s := start(t, "--engine", "docker")
	// Services that want the same port go on different deckies, and those of Windows on one of its own.
	on := map[string]string{"smb": "windows", "rdp": "windows", "mssql": "windows", "ldap": "windows", "dns": "windows", "kerberos": "windows", "msrpc": "windows"}
	for _, service := range []string{"smtp_relay", "k8s", "conpot", "mqtt", "snmp", "sip", "tftp", "llmnr", "https"} {
		on[service] = "other"
	}
	deckies := map[string][]string{}
	for _, c := range clients {
		name := cmp.Or(on[c.service], "linux")
		on[c.service] = name
		if !slices.Contains(deckies[name], c.service) {
			deckies[name] = append(deckies[name], c.service)
		}
	}
	windows := spec("windows", deckies["windows"]...)
	windows["os"], windows["settings"] = "windows_server", []any{map[string]any{"service": "rdp", "key": "nla", "value": "true"}}
	linux, other := spec("linux", deckies["linux"]...), spec("other", deckies["other"]...)
	linux["settings"] = []any{map[string]any{"service": "http", "key": "fake_app", "value": "wordpress"}}
	other["settings"] = []any{map[string]any{"service": "https", "key": "fake_app", "value": "tomcat"}}
	s.succeed(s.deploy(map[string]any{"deckies": []any{linux, windows, other}}))
	defer func() {
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	at := map[string]string{}
	for name := range deckies {
		at[name] = s.decky(name).IP
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
				cmd.Env = append(cmd.Environ(), "IP="+at[on[c.service]], "PW=Hunter2!pass")
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
					Fields                     []struct{ Name, Value string }
				}
			}
		}
	}
	s.as(s.Token).must(&out, `query($s: String!, $t: String!) { interactions(first: 100, where: {service: $s, type: $t}) { edges { node { type sourceIP principal secret command fields { name value } } } } }`,
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
			left := len(want.fields)
			for _, f := range n.Fields {
				if pattern, wanted := want.fields[f.Name]; wanted && regexp.MustCompile(pattern).MatchString(f.Value) {
					left--
				}
			}
			if left == 0 {
				return true
			}
		}
	}
	return false
}
