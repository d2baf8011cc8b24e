package shell

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// maxLevels is how many shells may be open inside of each other on a terminal.
const maxLevels = 8

// level is what a shell has of its own: the one that is typed to, and those that wait for one that was started in them to end.
type level struct {
	user       account
	dir        string
	vars       map[string]expand.Variable
	funcs      map[string]*syntax.Stmt
	params     []string
	pid        int
	loginShell bool // of those in others, one that began as at a login
}

// nested starts a shell in this one, as bash, su and sudo -i do. It begins with a prompt once the line is over.
func (c *call) nested(user account, login bool) int {
	s := c.Shell
	if len(s.outer) >= maxLevels {
		return c.shellFail(254, "fork: retry: Resource temporarily unavailable")
	}
	s.outer = append(slices.Clip(s.outer), s.level)
	depth, _ := strconv.Atoi(s.vars["SHLVL"].String())
	before, dir := s.copyVars(), s.dir
	s.become(user)
	s.loginShell = login
	s.funcs, s.params = map[string]*syntax.Stmt{}, nil
	s.pid += 3 + s.pid%11
	if !login { // the environment stays, and the directory
		maps.DeleteFunc(before, func(_ string, v expand.Variable) bool { return !v.Exported })
		for name, v := range before {
			switch name {
			case "HOME", "SHELL", "USER", "LOGNAME", "PATH", "MAIL":
			default:
				s.vars[name] = v
			}
		}
		s.dir = dir
		s.export("SHLVL", strconv.Itoa(depth+1))
	}
	return 0
}

// endLevel ends the innermost shell and says false where that is the outermost one too.
func (s *Shell) endLevel(io streams) bool {
	last := len(s.outer) - 1
	if last < 0 {
		return false
	}
	fmt.Fprintln(io.err, s.goodbye())
	s.level, s.outer = s.outer[last], s.outer[:last]
	return true
}

// goodbye is what the shell says at its end.
func (s *Shell) goodbye() string {
	if len(s.outer) == 0 || s.loginShell {
		return "logout"
	}
	return "exit"
}

// atTerminal tells whether the command reads what is typed.
func (c *call) atTerminal() bool { return c.Interactive && !c.piped && c.in == c.typed }

// firstPID is the process of the shell that the login began.
func (s *Shell) firstPID() int {
	if len(s.outer) > 0 {
		return s.outer[0].pid
	}
	return s.pid
}

// loginName is whom the login was for.
func (s *Shell) loginName() string {
	if len(s.outer) > 0 {
		return s.outer[0].user.name
	}
	return s.user.name
}
