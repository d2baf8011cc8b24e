package shell

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/event"
)

func host(t testing.TB, os, distro string) *decoy.Host {
	t.Helper()
	h, err := decoy.NewHost(control.Identity{
		ID: "d1", Name: "web-01", Hostname: "SRV-ALPHA-42", IP: "10.0.0.7", OS: os, Distro: distro, Seed: bytes.Repeat([]byte{7}, 32),
	}, func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// session is a shell with what it has said and recorded.
type session struct {
	*Shell
	out    bytes.Buffer
	events []event.Event
}

func newSession(t testing.TB, o Options) *session {
	return newSessionOn(SystemOf(host(t, "linux", "debian")), o)
}

func newSessionOn(sys *System, o Options) *session {
	s := &session{}
	o.Record = func(typ string, fields ...event.Field) {
		s.events = append(s.events, event.Event{Type: typ, Fields: fields})
	}
	s.Shell = NewMachine(sys).New(o)
	return s
}

// do runs lines and returns what they print, errors among it.
func (s *session) do(lines ...string) string {
	s.out.Reset()
	for _, line := range lines {
		s.Run(context.Background(), line, strings.NewReader(""), &s.out, &s.out)
	}
	return s.out.String()
}

func TestLanguage(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{`echo hello`, "hello\n"},
		{`echo -n a; echo -e 'b\tc\x41'`, "ab\tcA\n"},
		{`a=1; b="$a 2"; echo "$b" '$b' ${b#1 } ${#b} ${c:-none}`, "1 2 $b 2 3 none\n"},
		{`false && echo no || echo yes`, "yes\n"},
		{`echo a b c | wc -w | tr -d ' '`, "3\n"},
		{`if [ -f /etc/passwd ]; then echo file; else echo none; fi`, "file\n"},
		{`[[ abc == a* && 3 -gt 2 ]] && echo match`, "match\n"},
		{`for i in 1 2 {a..c}; do echo -n $i; [ $i = b ] && break; done; echo`, "12ab\n"},
		{`for ((i=0; i<3; i++)); do echo -n $((i*i)); done; echo`, "014\n"},
		{`i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i -eq 2 ] && continue; echo -n $i; done; echo`, "13\n"},
		{`case $(uname) in Lin*) echo linux;; *) echo other;; esac`, "linux\n"},
		{`f() { echo "$1-$#"; return 3; }; f x y; echo $?`, "x-2\n3\n"},
		{`(cd /etc; pwd); pwd`, "/etc\n/root\n"},
		{`cd /tmp && echo one > f && echo two >> f && cat f && wc -l < f`, "one\ntwo\n2\n"},
		{"cat << EOF\nx $HOME\nEOF", "x /root\n"},
		{`nonesuch; echo $?`, "-bash: nonesuch: command not found\n127\n"},
		{`cat /nonesuch`, "cat: /nonesuch: No such file or directory\n"},
		{`cat /nonesuch 2>/dev/null; echo $?`, "1\n"},
		{`nonesuch > /tmp/o 2>&1; cat /tmp/o`, "-bash: nonesuch: command not found\n"},
		{`echo ~ ~root ~nobody ~nonesuch`, "/root /root /nonexistent ~nonesuch\n"},
		{`echo /etc/host?*e /etc/hosts`, "/etc/hostname /etc/hosts\n"},
		{`export X=5; env | grep ^X=`, "X=5\n"},
		{`X=7 sh -c 'echo $X'; echo "[$X]"`, "7\n[]\n"},
		{`echo 'echo from script $1' > /tmp/s; chmod +x /tmp/s; /tmp/s arg; sh /tmp/s b`, "from script arg\nfrom script b\n"},
		{`/etc/passwd`, "-bash: /etc/passwd: Permission denied\n"},
		{`eval "echo a; echo b" | tail -n 1`, "b\n"},
		{`read x y <<< "one two three"; echo $y`, "two three\n"},
		{`printf '%s-%d\n' a 1 b 2`, "a-1\nb-2\n"},
		{`yes | head -n 2`, "y\ny\n"},
		{`set -- a b; echo $0 $2 $#`, "-bash b 2\n"},
		{`a=(x y z); echo ${a[1]} ${#a[@]}`, "y 3\n"},
		{`sudo id -u`, "0\n"},
		{`echo root:x | sed 's/:.*//' | base64`, "cm9vdAo=\n"},
		{`mkdir -p /tmp/a/b; touch /tmp/a/b/c; find /tmp/a -type f; rm -r /tmp/a; ls /tmp`, "/tmp/a/b/c\n"},
		{`grep -c : /etc/passwd | head -1`, "16\n"},
		{`awk -F: '{print $1,$3}' /etc/passwd | head -1`, "root 0\n"},
	} {
		s := newSession(t, Options{User: "root", Interactive: true})
		if got := s.do(test.line); got != test.want {
			t.Errorf("%s\n got %q\nwant %q", test.line, got, test.want)
		}
	}
}

func TestIncompleteLineIsAskedToGoOn(t *testing.T) {
	s := newSession(t, Options{Interactive: true})
	for _, line := range []string{`echo "open`, "cat << EOF\na", "for i in 1 2; do"} {
		if _, incomplete := s.Run(t.Context(), line, strings.NewReader(""), io.Discard, io.Discard); !incomplete {
			t.Errorf("%q counts as complete", line)
		}
	}
	if len(s.events) != 0 {
		t.Errorf("recorded before it was complete: %v", s.events)
	}
}
