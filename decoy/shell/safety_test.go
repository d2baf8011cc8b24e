package shell

import (
	"cmp"
	"context"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"decnet/decoy/event"
)

// TestNothingRealIsImported holds the package, and those below it, to what it promises: code that can't name the real system can't reach it.
func TestNothingRealIsImported(t *testing.T) {
	here, err := filepath.Glob("*.go")
	below, err2 := filepath.Glob("*/*.go")
	if err = cmp.Or(err, err2); err != nil || len(here) == 0 || len(below) == 0 {
		t.Fatal(here, below, err)
	}
	for _, name := range append(here, below...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			switch p := strings.Trim(imported.Path.Value, `"`); p {
			case "os", "os/exec", "os/user", "net", "net/http", "io/ioutil", "path/filepath", "plugin", "unsafe", "golang.org/x/sys/unix", "mvdan.cc/sh/v3/interp":
				t.Errorf("%s imports %s", name, p)
			}
		}
	}
}

func TestRealFilesAreOutOfReach(t *testing.T) {
	dir := t.TempDir()
	canary := filepath.Join(dir, "canary")
	if err := os.WriteFile(canary, []byte("real content"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DECOY_CANARY", "real content")
	link := filepath.Join(dir, "link")
	for _, line := range []string{
		"cat " + canary, "cat < " + canary, ". " + canary, "source " + canary, canary, "sh " + canary, "echo $(< " + canary + ")",
		"echo x > " + canary, "echo x >> " + canary, "rm -rf " + dir, "mv " + canary + " /tmp/x", "cp " + canary + " /tmp/x; cat /tmp/x", "chmod 777 " + canary,
		"touch " + link, "ln -s " + dir + " /tmp/d; ls /tmp/d; cat /tmp/d/canary", "cd " + dir + " && ls", "ls -la " + dir, "echo " + dir + "/*",
		"find " + dir, "test -e " + canary + " && echo real content", "[[ -f " + canary + " ]] && echo real content", "dd if=" + canary,
		"type " + canary, "command -v " + canary, "PATH=" + dir + " canary", "cat <(echo hi)", "cat " + canary + " | tee " + link, "env", "echo $DECOY_CANARY", "export",
		"cat /proc/self/environ", "cat /proc/$$/environ", "busybox cat " + canary, "bash -c 'cat " + canary + "'", "exec cat " + canary,
		"mapfile x < " + canary + "; echo $x", "trap 'cat " + canary + "' EXIT; exit", "head -c 100 " + canary + "; grep -r real " + dir,
	} {
		s := newSession(t, Options{User: "root", Interactive: true})
		if out := s.do(line); strings.Contains(out, "real content") {
			t.Errorf("%s\nprints %q", line, out)
		}
	}
	if content, err := os.ReadFile(canary); err != nil || string(content) != "real content" {
		t.Errorf("the real file is now %q, %v", content, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the real directory holds %v, %v", entries, err)
	}
}

// TestRealAccountsAreOutOfReach uses that a user who runs tests has an entry that the make-believe system has not, or another home.
func TestRealAccountsAreOutOfReach(t *testing.T) {
	s := newSession(t, Options{User: "root"})
	for _, user := range []string{"_apt", "gnats", "irc", "list", "uucp", "proxy", "sync"} {
		if got := s.do("echo ~" + user); got != "~"+user+"\n" {
			t.Errorf("~%s is %q", user, got)
		}
	}
}

// heap returns the bytes of objects in use, and of those that are not yet collected.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchHeap looks at the heap again and again until the returned function is called, which returns the most that it has seen.
func watchHeap() (peak func() uint64) {
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for most := uint64(0); ; {
			most = max(most, heap())
			select {
			case <-tick.C:
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-result
	}
}

func TestHostileLinesEnd(t *testing.T) {
	for name, line := range map[string]string{
		"endless loop":          `while true; do :; done`,
		"endless arithmetic":    `for ((;;)); do ((x++)); done`,
		"endless test":          `until [[ a == b ]]; do true; done`,
		"fork bomb":             `:(){ :|:& };:`,
		"background bomb":       `while :; do sleep 100 & done`,
		"recursion":             `f() { f; }; f`,
		"recursion by eval":     `x='eval "$x"'; eval "$x"`,
		"recursion by script":   `echo 'sh /tmp/s' > /tmp/s; sh /tmp/s`,
		"recursion by sudo":     `f() { sudo f; xargs f; }; f`,
		"variable doubling":     `a=aaaaaaaaaaaaaaaa; while :; do a=$a$a; done`,
		"array growth":          `while :; do a+=(xxxxxxxxxxxxxxxx); done`,
		"many variables":        `for i in {1..900}; do eval "v$i=xxxxxxxxxx"; done; for i in {1..900}; do eval "w$i=xxxxxxxxxx"; done`,
		"brace range":           `echo {1..999999999}`,
		"brace product":         `echo {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}`,
		"replacement":           `a=$(yes | head -c 16000); b=${a//y/$a}; echo ${#b}`,
		"long format":           `printf '%999999999d' 1`,
		"endless output":        `yes`,
		"endless substitution":  `a=$(yes); echo ${#a}`,
		"endless in the middle": `yes | cat | cat | wc -c`,
		"big sequence":          `seq 1 999999999`,
		"many files":            `i=0; while :; do i=$((i+1)); echo x > /tmp/$i; done`,
		"big file":              `while :; do cat /tmp/b /tmp/b > /tmp/c; cat /tmp/c >> /tmp/b; echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx >> /tmp/b; done`,
		"copies of trees":       `cd /tmp; mkdir a; while :; do cp -r /usr /tmp/a; cp -r /tmp/a /tmp/b; mv /tmp/b /tmp/a; done`,
		"links in a circle":     `ln -s /tmp/x /tmp/y; ln -s /tmp/y /tmp/x; cat /tmp/x; cd /tmp/x; find /tmp/x`,
		"arithmetic in circles": `a=b; b=a; echo $((a)); ((a++))`,
		"deep nesting":          strings.Repeat("(", 4000) + "echo" + strings.Repeat(")", 4000),
		"deep substitution":     strings.Repeat("$(", 4000) + "echo" + strings.Repeat(")", 4000),
		"many expansions":       `a=$(yes | head -c 16000); echo ` + strings.Repeat("$a", 4000),
		"long line":             strings.Repeat("a", 1<<20),
		"a long sleep":          `sleep 99999`,
		"sleeps in a pipe":      `sleep 9999 | sleep 9999 | sleep 9999`,
		"arguments doubling":    `f() { f "$@" "$@"; }; f a`,
		"argument growth":       `f() { f "$1$1$1$1$1$1$1$1"; }; f aaaaaaaaaaaaaaaa`,
		"parameters doubling":   `set -- a; while :; do set -- "$@" "$@" "$@" "$@"; done`,
		"glob product":          `echo /*/../*/../*/../*/../*/../*/../*/../*/../*`,
		"awk that doubles":      `awk 'BEGIN{s="aaaaaaaa"; while(1) s=s s}'`,
		"awk that remembers":    `awk 'BEGIN{while(1) a[i++]="xxxxxxxxxxxxxxxxxxxx"}'`,
		"awk that formats":      `awk 'BEGIN{while(1) s=sprintf("%900s%900s", s, s)}'`,
		"awk that replaces":     `awk 'BEGIN{s="aa"; while(1) gsub(/a/,"&&&&",s)}'`,
		"awk that nests":        "awk 'BEGIN{print " + strings.Repeat("(", 3000) + "'",
		"sed in circles":        `echo x | sed ':a;s/x/xx/g;ta'; echo x | sed ':a;G;h;ba'; yes | sed -n 'H;g;p'`,
		"find that runs":        `find / -exec find / -exec find / \\; \\;`,
		"formats without end":   `printf '%999s%999s%999s\n' {1..900} > /tmp/a; while :; do printf -v a '%s%s' "$a$a" x; done`,
		"sequences":             `seq 1 0.0000001 9999999; a=($(seq 1 9999)); mapfile -t b < <(yes)`,
		"pipes as files":        `while :; do cat <(yes) <(yes) > >(cat > /tmp/x); done`,
		"traps in circles":      `trap 'false' ERR; trap 'exit' EXIT; f() { trap f EXIT; f; }; f; false`,
		"awk that recurses":     `awk 'function f(x){return f(x x) f(x x)} BEGIN{f("aaaa")}'`,
		"awk that pipes":        `awk 'BEGIN{while(1) print "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" | "cat"}'; awk 'BEGIN{while(1) "cat /bin/ls" i++ | getline x}'`,
		"awk that runs":         `awk 'BEGIN{while(1) {print "x" > "/tmp/x"; system("cat /tmp/x")}}'`,
		"awk that calls itself": `echo "awk 'BEGIN{system(\"sh /tmp/a\")}'" > /tmp/a; sh /tmp/a`,
		"bad expression":        `grep '(((((((((((((' /etc/passwd; [[ a =~ (a{1000}){1000} ]]; echo x | sed 's/\(a*\)*b/c/'`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, Options{User: "root", Interactive: true})
			s.Record = func(string, ...event.Field) {} // what is recorded is the runtime's to bound
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			peak := watchHeap()
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.Run(ctx, line, strings.NewReader(""), &s.out, &s.out)
			}()
			select {
			case <-done:
			case <-time.After(2 * time.Minute):
				t.Fatal("the line does not end")
			}
			if most := peak(); most > 100<<20 {
				t.Errorf("%d bytes were in use", most)
			}
			kept, end := uint64(0), time.Now().Add(30*time.Second)
			for again := true; again; again = kept > 16<<20 && time.Now().Before(end) { // what was broken off may still be winding up
				runtime.GC()
				kept = heap()
			}
			if kept > 16<<20 {
				t.Errorf("%d bytes are kept", kept)
			}
			if s.out.Len() > maxOutput {
				t.Errorf("%d bytes printed", s.out.Len())
			}
			if got := s.do("echo alive"); got != "alive\n" {
				t.Errorf("afterwards the shell says %q", got)
			}
		})
	}
}
