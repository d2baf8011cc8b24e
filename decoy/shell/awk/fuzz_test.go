package awk

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"decnet/internal/spent"
)

// world is one with a single file, in which each command prints its own line.
func world(out io.Writer, input string) World {
	return World{
		Name: "awk", Out: out, Err: out,
		Read: func(p string) (string, error) {
			if p == "-" || p == "/f" {
				return input, nil
			}
			return "", errors.New(p + ": No such file or directory")
		},
		Write: func(string, bool) (io.Writer, func(), error) { return io.Discard, func() {}, nil },
		Command: func(line string, in io.Reader, out io.Writer) int {
			io.WriteString(out, line+"\n")
			return len(line) & 1
		},
		Variable: func(name string) (string, bool) { return strings.ToLower(name), name == "HOME" },
		Alive:    func() bool { return true },
		Now:      func() time.Time { return time.Unix(1700000000, 0) },
		Rand:     rand.New(rand.NewPCG(1, 2)),
	}
}

func TestRunSeesItsWorldAlone(t *testing.T) {
	for _, c := range []struct{ program, want string }{
		{`{n += $2} END {print n, NR, FILENAME}`, "3 2 \n"},
		{`BEGIN {print ENVIRON["HOME"], ENVIRON["PATH"]; "x y" | getline v; print v, system("abc"); print "in" | "to"}`, "home \nabc\nx y 1\nto\n"},
		{`BEGIN {while ((getline l < "/f") > 0) s = s l ";"; print s; print (getline l < "/etc/passwd")}`, "a 1;b 2;\n-1\n"},
	} {
		var out bytes.Buffer
		if status := Run(world(&out, "a 1\nb 2\n"), []string{c.program}); status != 0 || out.String() != c.want {
			t.Errorf("%s\n got %q, %d\nwant %q", c.program, out.String(), status, c.want)
		}
	}
}

// FuzzRun looks for programs that make awk panic or go on for ever.
func FuzzRun(f *testing.F) {
	for _, program := range []string{
		`function f(a,i){a[1]=i; return i?f(a,i-1):a[1]} BEGIN{print f(x,3); delete x; for(k in x) print k}`, `{$3=$1; NF=2; print $0 > "/o"; print | "c"} END{close("c"); printf "%5.2f %c %s\n", $1, 65, "x"}`,
		`BEGIN{do{i++; if(i==2)continue; if(i>4)break}while(1); while((getline l)>0) gsub(/a+|b/,"[&]",l); print l, substr(l,2,3), split("a:b",p,":"), match(l,/b/), -i^2%3}`,
		`/a/,/b/ && NR!=1 || $1~"x" {next} !s[$1]++ {nextfile} 1; BEGIN{RS="";FS="[ :]";"c"|getline; exit 3}`,
	} {
		f.Add(program, "a 1\nb 2\n")
	}
	f.Fuzz(func(t *testing.T, program, input string) {
		if len(program) > 2000 || len(input) > 2000 {
			return
		}
		var out bytes.Buffer
		took := spent.CPU(t, func() { Run(world(&limited{&out, 1 << 20}, input), []string{program}) })
		if took > 10*time.Second {
			t.Errorf("%q takes %v", program, took)
		}
	})
}
