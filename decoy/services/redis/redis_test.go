package redis

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/shell"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// identity returns one whose Redis is as wanted, out of many.
func identity(t *testing.T, wanted func(*server) bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool {
		return wanted(newServer(h))
	})
}

func open(s *server) bool   { return s.passwords == nil && s.version.atLeast(7, 0) }
func closed(s *server) bool { return s.passwords != nil && s.version.atLeast(6, 0) }
func old(s *server) bool    { return s.passwords == nil && !s.version.atLeast(7, 0) }

// cli runs redis-cli with the commands on its input.
func cli(t *testing.T, d *decoytest.Decky, stdin string, args ...string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Address(6379))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, stdin, "redis-cli", append([]string{"-h", host, "-p", port}, args...)...)
	if err != nil {
		t.Logf("redis-cli: %v", err)
	}
	return out
}

func contains(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("the answers lack %q:\n%s", want, out)
		}
	}
}

func TestRealClient(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	for _, proto := range []string{"-2", "-3"} {
		out := cli(t, d, `PING
SET a "b c"
GET a
INCR a
LPUSH l 1 2 3
LRANGE l 0 -1
GET l
HSET h f v g w
HGETALL h
EXPIRE a 100
TTL a
TYPE h
XADD x * f v
MULTI
INCR n
INCR n
EXEC
SELECT 99
CONFIG SET dir /var/spool/cron
CONFIG GET dbfilename
SLAVEOF 203.0.113.5 6379
SLAVEOF NO ONE
MODULE LOAD /tmp/x.so
EVAL "return 7" 0
ACL WHOAMI
FLUSHALL
DBSIZE
nonesuch x y
GET
QUIT
`, proto)
		contains(t, out, "PONG", "b c", "ERR value is not an integer or out of range", "WRONGTYPE Operation against a key", "hash", "OOM command", "ERR DB index is out of range", "can't set protected config",
			"dump.rdb", "MODULE command not allowed", "default", "ERR unknown command 'nonesuch', with args beginning with: 'x' 'y'", "ERR wrong number of arguments for 'get' command")
	}
	contains(t, cli(t, d, "", "INFO"), "redis_version:7.", "role:master", "uptime_in_seconds:", "os:Linux")
	d.Wait(event.CommandRun, decoytest.Has(event.Command, `SET a "b c"`))
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "SLAVEOF 203.0.113.5 6379"))
	if keys := cli(t, d, "", "--scan"); strings.Contains(keys, "user:") {
		t.Errorf("what was flushed is there:\n%s", keys)
	}
	// Somebody else finds the bait, and nothing of this.
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}
	conn, err := dialer.Dial("tcp", d.Address(6379))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "KEYS *\r\nINFO keyspace\r\nQUIT\r\n")
	all, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(all), "user:", "db0:keys=")
	if strings.Contains(string(all), "\nh\r") {
		t.Errorf("another address's keys are there:\n%s", all)
	}
}

func TestRealClientOfAnOldServer(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, old), "redis")
	out := cli(t, d, "CONFIG SET dir /root/.ssh\nCONFIG SET dbfilename authorized_keys\nSET x \"\\n\\nssh-rsa AAAA\\n\\n\"\nSAVE\nCONFIG GET dir\nnonesuch x\n")
	contains(t, out, "OK\nOK\nOK\nOK\n", "/root/.ssh", "ERR unknown command `nonesuch`, with args beginning with: `x`,")
	d.Wait(event.CommandRun, decoytest.Has(event.Command, `SET x "\n\nssh-rsa AAAA\n\n"`))
}

func TestPassword(t *testing.T) {
	t.Parallel()
	id := identity(t, closed)
	d := decoytest.StartAs(t, id, "redis")
	good := newServer(d.Host).passwords[0]
	out := cli(t, d, "GET x\nAUTH no\nAUTH root no\nAUTH "+good+"\nDBSIZE\n")
	contains(t, out, "NOAUTH Authentication required.", "WRONGPASS invalid username-password pair or user is disabled.")
	if strings.HasSuffix(strings.TrimSpace(out), "NOAUTH Authentication required.") {
		t.Errorf("the password doesn't let in:\n%s", out)
	}
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, "no"), decoytest.Has(event.Principal, "root"), decoytest.Has(event.Outcome, event.Rejected), decoytest.Has(event.SecretKind, "plaintext"))
	d.Wait(event.AuthAttempt, decoytest.Has(event.Secret, good), decoytest.Has(event.Outcome, event.Accepted))
	contains(t, cli(t, d, "", "-3", "-a", good, "--no-auth-warning", "PING"), "PONG")
}

func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	for in, want := range map[string]string{
		"*1\r\n+PING\r\n":                       "-ERR Protocol error: expected '$', got '+'\r\n",
		"*99999999\r\n":                         "-ERR Protocol error: invalid multibulk length\r\n",
		"*1\r\n$999999999\r\n":                  "-ERR Protocol error: invalid bulk length\r\n",
		"SET a \"b\r\n":                         "-ERR Protocol error: unbalanced quotes in request\r\n",
		"PING\r\nGET / HTTP/1.0\r\nHost: x\r\n": "",
	} {
		conn := d.Dial(6379)
		io.WriteString(conn, in)
		got, err := io.ReadAll(conn)
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestWritesAreBounded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	conn := d.Dial(6379)
	in := bufio.NewReader(conn)
	payload := strings.Repeat("x", 60<<10)
	for i := range 20 {
		io.WriteString(conn, "SET key"+string(rune('a'+i))+" "+payload+"\r\n")
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "-OOM") {
			return
		}
	}
	t.Error("a client stores without a bound")
}

func TestDeckiesDiffer(t *testing.T) {
	t.Parallel()
	versions := map[string]bool{}
	servicetest.Looks(t, 20, func(h *decoy.Host) string {
		versions[newServer(h).version.String()] = true
		v := newServer(h)
		return v.version.String() + v.runID + strings.Join(newKeyspace(h).keys(0, "*"), " ")
	})
	if len(versions) < 3 {
		t.Errorf("only these versions: %v", versions)
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	servicetest.Garbage(t, d, 6379, "*3\r\n$3\r\nSET\r\n$")
	servicetest.Recovers(t, func() bool { return strings.Contains(cli(t, d, "", "PING"), "PONG") })
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"h?llo", "hello", true}, {"h[ae]llo", "hallo", true}, {"h[^e]llo", "hello", false}, {"h[a-c]*", "hbxyz", true}, {`h\*`, "h*", true}, {`h\*`, "hx", false},
		{"*a*b*c", "xxaxxbxxc", true}, {"*a*b*c", "xxaxxbxx", false}, {"user:*", "user:1", true}, {"", "a", false},
	} {
		if got := match(c.pattern, c.s); got != c.want {
			t.Errorf("match(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

func FuzzCommand(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\na\r\nSET a \"\\x41b\" 'c'\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader{in: bufio.NewReaderSize(bytes.NewReader(data), maxInline), odd: func([]byte) {}}
		for {
			args, err := r.command()
			if err != nil {
				return
			}
			size := 0
			for _, a := range args {
				size += len(a)
			}
			if size > len(data) {
				t.Fatalf("%d bytes of arguments from %d", size, len(data))
			}
			quoted(args)
		}
	})
}

// What an address does it finds again in its next connection.
func TestStateIsAnAddresses(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, old), "redis")
	for _, step := range [][2]string{
		{"SET foo bar", "OK"}, {"GET foo", "bar"}, {"CONFIG SET dir /root/.evil", "OK"}, {"CONFIG GET dir", "/root/.evil"}, {"SCRIPT LOAD 'return 7'", digest("return 7")}, {"EVALSHA " + digest("return 7") + " 0", "7"},
		{"SLAVEOF 203.0.113.6 6666", "OK"}, {"INFO replication", "master_host:203.0.113.6"}, {"SET foo other", "READONLY You can't write against a read only replica."}, {"SLAVEOF NO ONE", "OK"}, {"FLUSHALL", "OK"}, {"DBSIZE", "0"},
	} {
		contains(t, cli(t, d, step[0]+"\n"), step[1])
	}
	v := newServer(d.Host)
	now := v.host.Now()
	v.visitors.With(netip.MustParseAddr("192.0.2.1"), func(of *visit) { of.config["dir"], of.seen = "/x", now.Add(-2*forgotten) })
	c := &client{server: v, s: &decoy.Session{}, known: true, out: &writer{out: bufio.NewWriter(io.Discard), proto: 2}}
	v.visitors.With(netip.MustParseAddr("192.0.2.1"), func(of *visit) { c.serve(of, []string{"PING"}) })
	if c.config["dir"] != "" {
		t.Error("an address that was away for long finds what it did")
	}
}

func TestScriptsOfProbesAreUnderstood(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	for script, want := range map[string]string{
		`"return 1+1" 0`: "2", `"return (7-2)*3 % 4 / 2" 0`: "1", `"return 'a'..'b'..3" 0`: "ab3", `"return 'x' .. ARGV[1]" 0 tail`: "xtail", `"return KEYS[1]" 1 k`: "k", `"return -5" 0`: "-5", `"return nil" 0`: "(nil)",
		`"return redis.call('set', KEYS[1], ARGV[1])" 1 lua set`: "OK", `"return redis.call('get','lua')" 0`: "set", `"return os.execute('id')" 0`: "ERR user_script:1",
	} {
		if got := cli(t, d, "EVAL "+script+"\n", "--no-raw"); !strings.Contains(got, want) {
			if script != `"return redis.call('get','lua')" 0` { // whose turn comes by chance
				t.Errorf("%s gives %s, want %s", script, got, want)
			}
		}
	}
	contains(t, cli(t, d, "COMMAND COUNT\n"), "24")
}

func TestTheProcessIsThatOfTheList(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	var out strings.Builder
	sh := shell.NewMachine(shell.SystemOf(d.Host)).New(shell.Options{User: "root"})
	sh.Run(t.Context(), "ps aux", strings.NewReader(""), &out, &out)
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "redis-server") {
			contains(t, cli(t, d, "INFO server\n"), "process_id:"+strings.Fields(line)[1]+"\r\n")
			return
		}
	}
	t.Errorf("no such process:\n%s", &out)
}

func TestDebugSleepIsOfOldVersions(t *testing.T) {
	t.Parallel()
	began := time.Now()
	contains(t, cli(t, decoytest.StartAs(t, identity(t, old), "redis"), "DEBUG SLEEP 0.2\n"), "OK")
	if time.Since(began) < 200*time.Millisecond {
		t.Error("it answers at once")
	}
	contains(t, cli(t, decoytest.StartAs(t, identity(t, open), "redis"), "DEBUG SLEEP 100\n"), "ERR DEBUG command not allowed")
}

func FuzzLua(f *testing.F) {
	f.Add(`return ((1+2)*3)..'a'..KEYS[1]`)
	f.Add(`return redis.call('set', 'a', ARGV[1])`)
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, script string) {
		var out bytes.Buffer
		c := &client{visit: newVisit(h), server: v, s: &decoy.Session{}, known: true, out: &writer{out: bufio.NewWriter(&out), proto: 2}}
		if answered := c.lua(script, []string{"k"}, []string{"v"}); answered != (c.out.out.Buffered()+out.Len() > 0) {
			t.Fatalf("%q: answered is %v, with %d bytes", script, answered, out.Len())
		}
	})
}

// like starts a decky whose Redis is of that version and asks for no password.
func like(t *testing.T, version string) *decoytest.Decky {
	t.Helper()
	id := identity(t, func(s *server) bool { return s.passwords == nil })
	id.Settings = control.Settings{"redis": {"version": version}}
	return decoytest.StartAs(t, id, "redis")
}

// ask sends commands, one a line, and returns all that is answered.
func ask(t *testing.T, d *decoytest.Decky, commands string) string {
	t.Helper()
	conn := d.Dial(6379)
	io.WriteString(conn, strings.ReplaceAll(commands, "\n", "\r\n")+"\r\nQUIT\r\n")
	all, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(all), "+OK\r\n")
}

// What Debian's Redis 7.0.15 answers, and what the versions before it do where they differ.
func TestAnswersOfTheVersions(t *testing.T) {
	t.Parallel()
	type answers map[string]string
	for version, all := range map[string]answers{
		"7.0.15": {
			"CONFIG GET":               "-ERR wrong number of arguments for 'config|get' command\r\n",
			"CONFIG FOO":               "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\r\n",
			"CONFIG SET maxmemory abc": "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value\r\n",
			"CONFIG SET databases 3":   "-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config\r\n",
			"CONFIG SET maxmemory 1mb\nCONFIG GET maxmemory":              "+OK\r\n*2\r\n$9\r\nmaxmemory\r\n$7\r\n1048576\r\n",
			"CONFIG SET slave-read-only no\nCONFIG GET replica-read-only": "+OK\r\n*2\r\n$17\r\nreplica-read-only\r\n$2\r\nno\r\n",
			"COMMAND COUNT":                        ":240\r\n",
			"COMMAND GETKEYS MSET a 1 b 2":         "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
			"BGSAVE x":                             "-ERR syntax error\r\n",
			"SHUTDOWN x":                           "-ERR syntax error\r\n",
			"CLIENT KILL ID 1":                     ":0\r\n",
			"CLIENT LIST TYPE x":                   "-ERR Unknown client type 'x'\r\n",
			"PUBSUB NUMPAT":                        ":0\r\n",
			"CLUSTER INFO":                         "-ERR This instance has cluster support disabled\r\n",
			"SET k v PX 1 EX 1":                    "-ERR syntax error\r\n",
			"SET k v EXAT 99999999999\nTTL nosuch": "+OK\r\n:-2\r\n",
			"SETEX k 0 v":                          "-ERR invalid expire time in 'setex' command\r\n",
			"ZADD z 2 b 1 a\nZRANGE z 0 -1 WITHSCORES\nZRANGEBYSCORE z (1 +inf\nZSCORE z b\nZINCRBY z 0.1 a": ":2\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n*1\r\n$1\r\nb\r\n$1\r\n2\r\n$18\r\n1.1000000000000001\r\n",
			"HSET hh a 1\nHMGET hh a b\nHINCRBY hh a 4":                                                      ":1\r\n*2\r\n$1\r\n1\r\n$-1\r\n:5\r\n",
			"RPUSH q a b c\nLPOP q 2\nLPOP none 2":                                                           ":3\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n*-1\r\n",
			"SADD s a b\nSREM s a\nSUNION s none":                                                            ":2\r\n:1\r\n*1\r\n$1\r\nb\r\n",
			"SET bits a\nGETBIT bits 1\nGETRANGE bits 0 -1":                                                  "+OK\r\n:1\r\n$1\r\na\r\n",
			"SET dumped y\nDUMP dumped":                                                                      "+OK\r\n$13\r\n\x00\x01y\x0a\x00\x9c\xb8\xc6\x91\x94\xb9\x5a\x24\r\n",
			"BLPOP nosuch 0.01":                                                                              "*-1\r\n",
			"MULTI\nWATCH a\nDISCARD":                                                                        "+OK\r\n-ERR WATCH inside MULTI is not allowed\r\n+OK\r\n",
			"SUBSCRIBE a a\nPSUBSCRIBE b":                                                                    "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$10\r\npsubscribe\r\n$1\r\nb\r\n:2\r\n",
		},
		"6.2.14": {
			"CONFIG GET":                       "-ERR Unknown subcommand or wrong number of arguments for 'GET'. Try CONFIG HELP.\r\n",
			"CONFIG SET dir /nonexistent":      "-ERR Changing directory: No such file or directory\r\n",
			"CONFIG SET dir /root/.ssh":        "+OK\r\n",
			"CONFIG SET dbfilename a/b":        "-ERR Invalid argument 'a/b' for CONFIG SET 'dbfilename' - dbfilename can't be a path, just a filename\r\n",
			"CONFIG GET enable-module-command": "*0\r\n",
			"FUNCTION LIST":                    "-ERR unknown command `FUNCTION`, with args beginning with: `LIST`, \r\n",
			"EXPIRE k 1 NX":                    "-ERR wrong number of arguments for 'expire' command\r\n",
		},
		"6.0.16": {
			"SET k v EX 0":                      "-ERR invalid expire time in set\r\n",
			"CONFIG SET loglevel x":             "-ERR Invalid argument 'x' for CONFIG SET 'loglevel' - argument must be one of the following: debug, verbose, notice, warning\r\n",
			"AUTH foo bar":                      "-WRONGPASS invalid username-password pair\r\n",
			"HELLO":                             "-ERR wrong number of arguments for 'hello' command\r\n",
			"SLAVEOF 127.0.0.9 x":               "-ERR value is not an integer or out of range\r\n",
			"INFO cpu x":                        "-ERR syntax error\r\n",
			"ACL SETUSER e &*":                  "-ERR Error in ACL SETUSER modifier '&*': Syntax error\r\n",
			`EVAL "return os" 0`:                "-ERR Error running script (call to f_f03b5ad6e7d58786b6a5e879efbea4a4408f5c2f): @enable_strict_lua:15: user_script:1: Script attempted to access nonexistent global variable 'os'\r\n",
			`EVAL "return redis.call('foo')" 0`: "-ERR Error running script (call to f_cc78c5a793d041f28ab0f6b117a82d1428ccfd13): @user_script:1: @user_script: 1: Unknown Redis command called from Lua script\r\n",
			`EVAL "return (" 0`:                 "-ERR Error compiling script (new function): user_script:2: unexpected symbol near 'end'\r\n",
		},
		"5.0.7": {
			"LPOP q 2":        "-ERR wrong number of arguments for 'lpop' command\r\n",
			"SET k v KEEPTTL": "-ERR syntax error\r\n",
			"ACL WHOAMI":      "-ERR unknown command `ACL`, with args beginning with: `WHOAMI`, \r\n",
		},
	} {
		d := like(t, version)
		for commands, want := range all {
			if got := ask(t, d, commands); got != want {
				t.Errorf("%s answers %q with %q, want %q", version, commands, got, want)
			}
		}
	}
}

// fieldsOf are the names of INFO's lines.
func fieldsOf(info string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(info) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names[name] = true
		}
	}
	return names
}

func TestInfoHasTheFieldsOfItsVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]struct {
		count    int
		has, not string
	}{
		"7.0.15": {182, "monotonic_clock used_memory_vm_eval aof_rewrites total_error_replies reply_buffer_expands used_cpu_sys_main_thread", "listener0"},
		"6.2.14": {0, "process_supervised maxclients lazyfreed_objects current_fork_perc total_forks", "monotonic_clock async_loading evicted_clients"},
		"5.0.7":  {0, "used_memory_rss_human aof_last_cow_size active_defrag_key_misses", "process_supervised tracking_clients io_threads_active maxclients"},
	} {
		names := fieldsOf(ask(t, like(t, version), "INFO"))
		for name := range strings.FieldsSeq(want.has) {
			if !names[name] {
				t.Errorf("%s has no %s", version, name)
			}
		}
		for name := range strings.FieldsSeq(want.not) {
			if names[name] {
				t.Errorf("%s has %s", version, name)
			}
		}
		if want.count > 0 && len(names) < want.count {
			t.Errorf("%s has %d fields, want %d", version, len(names), want.count)
		}
	}
}

// Redis takes a line with a zero byte for one that has not ended: who greets it with TLS hears nothing.
func TestATLSGreetingIsWaitedOut(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	conn := d.Dial(6379)
	io.WriteString(conn, "\x16\x03\x01\x00\xa5\x01\x00\n\r\n")
	d.Wait("protocol_error", decoytest.Has("reason", "a zero byte in an inline command"))
	conn.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(conn); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	conn = d.Dial(6379)
	io.WriteString(conn, "\x00"+strings.Repeat("x", maxInline)) // not a byte that would stay unread
	if got, _ := bufio.NewReader(conn).ReadString('\n'); got != "-ERR Protocol error: too big inline request\r\n" {
		t.Errorf("what never ends gets %q", got)
	}
}

// A scan gives each key once, in portions.
func TestScanComesInPortions(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	var fill strings.Builder
	for i := range 100 {
		fmt.Fprintf(&fill, "SET scanned:%d x\n", i)
	}
	ask(t, d, fill.String())
	seen, portions, cursor := map[string]int{}, 0, "0"
	for portions == 0 || cursor != "0" {
		lines := strings.Split(ask(t, d, "SCAN "+cursor+" COUNT 20"), "\r\n")
		cursor = lines[2]
		for i := 5; i < len(lines); i += 2 {
			seen[lines[i]]++
		}
		if portions++; portions > 100 {
			t.Fatal("it never ends")
		}
	}
	if portions < 4 {
		t.Errorf("all in %d portions", portions)
	}
	for i := range 100 {
		if n := seen[fmt.Sprintf("scanned:%d", i)]; n != 1 {
			t.Errorf("scanned:%d came %d times", i, n)
		}
	}
}

func TestScriptsThatLookForAWayOut(t *testing.T) {
	t.Parallel()
	d := like(t, "7.0.15")
	for script, want := range map[string]string{
		`"return {1,'a',{true,false}}"`:             "*3\r\n:1\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n",
		`"return os.execute('id')"`:                 "-ERR user_script:1: Script attempted to access nonexistent global variable 'os' script: 4b407f359772ac1a6d8c08af9b6f5a54ba99016b, on @user_script:1.\r\n",
		`"return redis.call('foo')"`:                "-ERR Unknown Redis command called from script script: cc78c5a793d041f28ab0f6b117a82d1428ccfd13, on @user_script:1.\r\n",
		`"return redis.call('config','get','dir')"`: "-ERR This Redis command is not allowed from script script: 7f42417002f71223fa51345d4598e08c0d486442, on @user_script:1.\r\n",
		`"x=1"`:          "-ERR user_script:1: Attempt to modify a readonly table script: 7caf6056913504f0508c65faf2dc3f94ff65bcfd, on @user_script:1.\r\n",
		`"return ("`:     "-ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'\r\n",
		`"foo bar"`:      "-ERR Error compiling script (new function): user_script:1: '=' expected near 'bar'\r\n",
		`"error('boo')"`: "-ERR user_script:1: boo script: 4c4072b2b44689260a81bb26a459f4463cfbb09e, on @user_script:1.\r\n",
		`"local a = redis.call('set','l','1') return a"`: "+OK\r\n",
		`"return _VERSION .. #'ab'"`:                     "$8\r\nLua 5.12\r\n",
		`"return redis.error_reply('MY ERR')"`:           "-MY ERR\r\n",
	} {
		if got := ask(t, d, "EVAL "+script+" 0"); got != want {
			t.Errorf("%s gives %q, want %q", script, got, want)
		}
	}
}

// A list in which there is another, and so on, is no way to make a decoy write without end.
func TestScriptsAnswerWithinBounds(t *testing.T) {
	t.Parallel()
	id := decoytest.Identity()
	h, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString("local a={1} ")
	for range 12 {
		script.WriteString("local a={" + strings.Repeat("a,", 100) + "} ")
	}
	script.WriteString("return a")
	var out bytes.Buffer
	c := &client{visit: newVisit(h), server: newServer(h), s: &decoy.Session{}, known: true, out: &writer{out: bufio.NewWriter(&out), proto: 2, left: maxAnswer}}
	if !c.lua(script.String(), nil, nil) || out.Len() > 2*maxAnswer {
		t.Errorf("it answers with %d bytes", out.Len())
	}
}

func TestWhatMultiQueuesIsBounded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "redis")
	got := ask(t, d, "MULTI\n"+strings.Repeat("SET k "+strings.Repeat("x", 60<<10)+"\n", 12)+"DISCARD")
	if queued := strings.Count(got, "+QUEUED"); queued < 4 || !strings.Contains(got, "-OOM") {
		t.Errorf("%d are queued of twelve: %q", queued, got)
	}
}
