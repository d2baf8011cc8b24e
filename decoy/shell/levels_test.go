package shell

import (
	"strings"
	"testing"
)

func TestShellsInShells(t *testing.T) {
	sys := SystemOf(host(t, "linux", "debian"))
	s := newSessionOn(sys, Options{User: "root", Interactive: true})
	for _, step := range []struct{ line, want string }{
		{"cd /tmp; X=1; export Y=2; echo $SHLVL", "1\n"},
		{"bash", ""},
		{`echo $SHLVL $0 "[$X]" $Y $PWD; [ $$ != $PPID ] && echo other`, "2 bash [] 2 /tmp\nother\n"},
		{"su " + sys.User, ""},
		{"id -un; echo $SHLVL $HOME $Y; pwd", sys.User + "\n3 /home/" + sys.User + " 2\n/tmp\n"},
		{"exit", "exit\n"},
		{"id -un; echo $SHLVL", "root\n2\n"},
		{"su - " + sys.User, ""},
		{"id -un; echo $SHLVL $0 [$Y]; pwd; ps | grep -c bash", sys.User + "\n1 -bash []\n/home/" + sys.User + "\n1\n"},
		{"exit 7", "logout\n"},
		{"echo $?; id -un; echo $X", "7\nroot\n\n"},
		{"sudo su -", ""},
		{"exit", "logout\n"},
		{"exit", "exit\n"},
		{"echo $X $SHLVL; pwd", "1 1\n/tmp\n"},
		{"echo echo from the pipe | bash; su -c 'id -un; exit 3' " + sys.User + "; echo $?", "from the pipe\n" + sys.User + "\n3\n"},
		{"exec bash", ""},
	} {
		if got := s.do(step.line); got != step.want {
			t.Errorf("%s\n got %q\nwant %q", step.line, got, step.want)
		}
	}
	if ended, _ := s.Run(t.Context(), "exit", strings.NewReader(""), &s.out, &s.out); !ended {
		t.Error("the outermost shell doesn't end")
	}
	for range 30 {
		s.do("bash")
	}
	if len(s.outer) != maxLevels {
		t.Errorf("%d shells are open", len(s.outer))
	}
}
