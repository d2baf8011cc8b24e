package shell

import "testing"

// TestBash compares what a shell says to a command that comes with the login, word for word, with what bash 5.2 on a Debian 12 says.
func TestBash(t *testing.T) {
	for line, want := range map[string]string{
		`function g { local v=1; echo $v; }; v=0; g; echo "[$v]"; local x`:                       "1\n[0]\nbash: line 1: local: can only be used in a function\n",
		`declare -A m=([a]=1 [b]=2); m[c]=3; for k in a b c; do echo -n $k=${m[$k]},; done`:      "a=1,b=2,c=3,",
		`declare -i n=5+3; n+=1; echo $n; declare -p n; readonly r=1; r=2; echo no`:              "9\ndeclare -i n=\"9\"\nbash: line 1: r: readonly variable\n",
		`false | true | false; echo $? ${PIPESTATUS[@]}; set -o pipefail; false | true; echo $?`: "1 1 0 1\n1\n",
		`set -e; if false; then :; fi; false || true; ! true; echo on; false; echo off`:          "on\n",
		`set -u; echo $nosuch; echo after`:                                                       "bash: line 1: nosuch: unbound variable\n",
		`set -x; a='b c'; echo "$a" d`:                                                           "+ a='b c'\n+ echo 'b c' d\nb c d\n",
		`trap 'echo bye' EXIT; trap 'echo bad' ERR; trap; false; echo hi`:                        "trap -- 'echo bad' ERR\ntrap -- 'echo bye' EXIT\nbad\nhi\nbye\n",
		`[[ abc-12 =~ ([a-z]+)-([0-9]+) ]] && echo ${BASH_REMATCH[2]}`:                           "12\n",
		`cat <(echo a) <(echo b); while read l; do n=$((n+1)); done < <(seq 3); echo $n`:         "a\nb\n3\n",
		`cat <<-EOF
	a
		b
	EOF`: "a\nb\n",
		`exec 3>/tmp/f; echo x >&3; cat /tmp/f; echo y >&7`:                                                         "x\nbash: line 1: 7: Bad file descriptor\n",
		`exec 2>/dev/null; nosuch; exec >/tmp/o; echo hidden; cat /tmp/o >&2`:                                       "",
		`ls /nosuch >& /tmp/e; cat /tmp/e`:                                                                          "ls: cannot access '/nosuch': No such file or directory\n",
		`mapfile -t l < <(printf '1\n2\n'); echo ${#l[@]} ${l[1]}; IFS=, read -ra p <<< a,b; echo ${p[1]}`:          "2 2\nb\n",
		`while getopts ab:c x -a -b v -cz; do echo -n "$x$OPTARG "; done; echo $OPTIND`:                             "a bv cv bash: illegal option -- z\n?v 5\n",
		`pushd /tmp; popd; umask 077; umask; touch /tmp/u; stat -c %a /tmp/u`:                                       "/tmp ~\n~\n0077\n600\n",
		`printf '%5.2f|%-4s|%03d|%x|%q\n' 3.14159 a 7 255 'a b'; printf -v v '%s-' x y; echo $v; printf '%d\n' abc`: " 3.14|a   |007|ff|a\\ b\nx-y-\nbash: line 1: printf: abc: invalid number\n0\n",
		`echo -e '\0101\x42\tc\e[0m\u20ac\cgone'`:                                                                   "AB\tc\x1b[0m€",
		`echo )`:                   "bash: -c: line 1: syntax error near unexpected token `)'\nbash: -c: line 1: `echo )'\n",
		`fi`:                       "bash: -c: line 1: syntax error near unexpected token `fi'\nbash: -c: line 1: `fi'\n",
		`echo hi >`:                "bash: -c: line 1: syntax error near unexpected token `newline'\nbash: -c: line 1: `echo hi >'\n",
		`if true`:                  "bash: -c: line 2: syntax error: unexpected end of file\n",
		`echo 'a`:                  "bash: -c: line 1: unexpected EOF while looking for matching `''\n",
		`echo ${x:?gone}; echo no`: "bash: line 1: x: gone\n",
		`exec nosuch; echo no`:     "bash: line 1: exec: nosuch: not found\n",
		`cd a b; return 3; break`:  "bash: line 1: cd: too many arguments\nbash: line 1: return: can only `return' from a function or sourced script\nbash: line 1: break: only meaningful in a `for', `while', or `until' loop\n",
		`hash nosuch; unalias x; shopt x; bg; type -t cd ls`:                                                                            "bash: line 1: hash: nosuch: not found\nbash: line 1: unalias: x: not found\nbash: line 1: shopt: x: invalid shell option name\nbash: line 1: bg: no job control\nbuiltin\nfile\n",
		`exec 5</etc/hostname; read -u 5 h; echo $h; command -v ls nosuch; echo $?; type if; f() { echo hi; }; declare -f f; type -t f`: "SRV-ALPHA-42\n/usr/bin/ls\n0\nif is a shell keyword\nf () \n{ \n    echo hi\n}\nfunction\n",
		`echo 'if [ 1 ]; then echo y' | bash; sh -c 'echo {1..2}'; busybox sh -c 'nosuch'`:                                              "bash: line 2: syntax error: unexpected end of file\n{1..2}\nsh: nosuch: not found\n",
		`[ 1 -eq a ]; echo $?`: "bash: line 1: [: a: integer expression expected\n2\n",
	} {
		if got := newSession(t, Options{User: "root"}).do(line); got != want {
			t.Errorf("%s\n got %q\nwant %q", line, got, want)
		}
	}
}

// TestWhoSpeaks: an error bears the name of the shell or script that it comes from, and Debian's sh is not bash.
func TestWhoSpeaks(t *testing.T) {
	for line, want := range map[string]string{
		`sh -c nosuch; sh -c 'echo $0 $1' a b; sh -c 'cd /nosuch'`:                   "sh: 1: nosuch: not found\na b\nsh: 1: cd: can't cd to /nosuch\n",
		`printf 'echo $0 $1\nnosuch\n' > /tmp/x; sh /tmp/x y`:                        "/tmp/x y\n/tmp/x: 2: nosuch: not found\n",
		`printf 'echo $0 $1\nnosuch\n' > /tmp/x; bash /tmp/x y`:                      "/tmp/x y\n/tmp/x: line 2: nosuch: command not found\n",
		`printf '#!/bin/sh\nnosuch\n' > x; chmod +x x; ./x`:                          "./x: 2: nosuch: not found\n",
		`printf 'echo a\necho )\necho b\n' > x; bash x; sh x`:                        "a\nx: line 2: syntax error near unexpected token `)'\nx: line 2: `echo )'\na\nx: 2: Syntax error: \")\" unexpected\n",
		`sh -c 'cat < /nosuch; echo x > /no/such'`:                                   "sh: 1: cannot open /nosuch: No such file\nsh: 1: cannot create /no/such: Directory nonexistent\n",
		`sh -c 'source x; [[ a == a ]] || echo "[$RANDOM]"'`:                         "sh: 1: source: not found\nsh: 1: [[: not found\n[]\n",
		`echo 'echo $0 $1; echo -e a' | sh -s b; echo 'trap "echo end" EXIT' | bash`: "sh b\n-e a\nend\n",
	} {
		if got := newSession(t, Options{User: "root", Interactive: true}).do(line); got != want {
			t.Errorf("%s\n got %q\nwant %q", line, got, want)
		}
	}
	s := newSession(t, Options{User: "root", Interactive: true})
	for _, c := range []struct{ line, want string }{
		{"alias ll='ls -d'", ""}, {"ll /etc", "/etc\n"}, {"echo )", "-bash: syntax error near unexpected token `)'\n"}, {"echo ${x:?gone}; echo no", "-bash: x: gone\n"}, {"echo still", "still\n"},
	} {
		if got := s.do(c.line); got != c.want {
			t.Errorf("%s says %q", c.line, got)
		}
	}
}

// TestADeviceSpeaksAsBusyBox is what the bots that go from telnet to telnet see.
func TestADeviceSpeaksAsBusyBox(t *testing.T) {
	s := newSessionOn(SystemOf(host(t, "embedded", "alpine")), Options{User: "root", Interactive: true})
	for _, c := range []struct{ line, want string }{
		{"enable", "-sh: enable: not found\n"}, {"shell", "-sh: shell: not found\n"}, {"/bin/busybox ECCHI", "ECCHI: applet not found\n"}, {"echo )", "-sh: syntax error: unexpected \")\"\n"},
		{"dd bs=52 count=1 if=.s || cat .s || while read i; do echo $i; done < .s", "dd: can't open '.s': No such file or directory\ncat: can't open '.s': No such file or directory\n-sh: can't open .s: no such file\n"},
		{"mkdir /tmp; rm nosuch; cp a b; mv a b; ls nosuch; touch /x/y", "mkdir: can't create directory '/tmp': File exists\nrm: can't remove 'nosuch': No such file or directory\ncp: can't stat 'a': No such file or directory\nmv: can't rename 'a': No such file or directory\nls: nosuch: No such file or directory\ntouch: /x/y: No such file or directory\n"},
		{"cd /nosuch; >/nosuch/.x", "-sh: cd: can't cd to /nosuch: No such file or directory\n-sh: can't create /nosuch/.x: nonexistent directory\n"},
		{"wget 2>&1 | sed -n 1,3p", "BusyBox v1.30.1 (2019-06-12 17:51:55 UTC) multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n"},
	} {
		if got := s.do(c.line); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.line, got, c.want)
		}
	}
}
