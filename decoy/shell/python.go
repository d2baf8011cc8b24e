package shell

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy/event"
)

// pythonModules are those that an import finds.
var pythonModules = []string{"os", "sys", "pty", "socket", "subprocess", "platform", "time", "json", "base64", "re", "urllib", "http", "hashlib", "random", "string", "struct", "threading", "shutil", "pwd", "tempfile", "datetime", "math", "collections", "itertools", "select", "ssl", "getpass", "crypt", "ctypes", "glob", "signal", "zlib", "io"}

var (
	pythonImport  = regexp.MustCompile(`^import\s+([\w., ]+)$`)
	pythonFrom    = regexp.MustCompile(`^from\s+([\w.]+)\s+import\s+(.+)$`)
	pythonPrint   = regexp.MustCompile(`^print\s*\((.*)\)$`)
	pythonSpawn   = regexp.MustCompile(`^pty\.spawn\(\s*\[?\s*["']([^"']+)["'].*\)$`)
	pythonRun     = regexp.MustCompile(`^(?:os\.system|subprocess\.(?:call|run|check_call|Popen))\(\s*(.*)\)$`)
	pythonOutput  = regexp.MustCompile(`^(?:os\.popen\((.+)\)\.read\(\)|subprocess\.(?:getoutput|check_output)\((.+)\)(?:\.decode\(\))?)(?:\.strip\(\))?$`)
	pythonConnect = regexp.MustCompile(`connect\(\s*\(\s*["']([^"']+)["']\s*,\s*(\d+)\s*\)\s*\)`)
	pythonGet     = regexp.MustCompile(`urlopen\(\s*["']([^"']+)["']`)
	pythonOpen    = regexp.MustCompile(`^open\(\s*["']([^"']+)["'](?:\s*,\s*["']r["'])?\s*\)\.read\(\)(?:\.strip\(\))?$`)
	pythonText    = regexp.MustCompile(`^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")(?:\s*\*\s*(\d{1,3}))?$`)
	pythonSum     = regexp.MustCompile(`^(-?\d{1,15})\s*([-+*/%]|//|\*\*)\s*(-?\d{1,15})$`)
	pythonName    = regexp.MustCompile(`^([a-z_]\w*)\.`)
	pythonVar     = regexp.MustCompile(`^(?:os\.environ(?:\.get)?|os\.getenv)[\[(]\s*["'](\w+)["'].*[\])]$`)
	pythonCalls   = regexp.MustCompile(`["']([^"']*)["']`)
)

// python runs the statements that a one-liner is made of most often, in the make-believe system; all others do nothing, and are on record already.
func (c *call) python(script string) int {
	known := map[string]bool{}
	line := 0
	fail := func(kind, why string) int {
		fmt.Fprintf(c.err, "Traceback (most recent call last):\n  File \"<string>\", line %d, in <module>\n%s: %s\n", line, kind, why)
		return 1
	}
	for _, row := range lines(script) {
		line++
		for _, statement := range pythonStatements(row) {
			if !c.budget.step(c.ctx, c.depth) {
				c.flow = aborting
				return 1
			}
			if m := pythonImport.FindStringSubmatch(statement); m != nil {
				for name := range strings.SplitSeq(m[1], ",") {
					name, as, renamed := strings.Cut(strings.TrimSpace(name), " as ")
					first, _, _ := strings.Cut(name, ".")
					if !slices.Contains(pythonModules, first) {
						return fail("ModuleNotFoundError", "No module named '"+first+"'")
					}
					if known[first] = true; renamed {
						known[strings.TrimSpace(as)] = true
					}
				}
				continue
			}
			if m := pythonFrom.FindStringSubmatch(statement); m != nil {
				if first, _, _ := strings.Cut(m[1], "."); !slices.Contains(pythonModules, first) {
					return fail("ModuleNotFoundError", "No module named '"+first+"'")
				}
				continue
			}
			if m := pythonConnect.FindStringSubmatch(statement); m != nil {
				c.record("outbound", event.String("target", m[1]+":"+m[2]), event.String("tool", "python"))
				c.sleep(filteredTime, filteredTime)
				return fail("OSError", "[Errno 113] No route to host")
			}
			if m := pythonGet.FindStringSubmatch(statement); m != nil {
				c.record(event.Download, event.String("url", m[1]), event.String("tool", "python"), event.String(event.Command, strings.Join(c.args, " ")))
				c.sleep(filteredTime, filteredTime)
				return fail("urllib.error.URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>")
			}
			expression := statement
			m := pythonPrint.FindStringSubmatch(statement)
			if m != nil {
				expression = strings.TrimSpace(m[1])
			}
			if n := pythonName.FindStringSubmatch(expression); n != nil && !known[n[1]] && slices.Contains(pythonModules, n[1]) {
				return fail("NameError", "name '"+n[1]+"' is not defined")
			}
			switch spawn, run := pythonSpawn.FindStringSubmatch(statement), pythonRun.FindStringSubmatch(statement); {
			case m != nil:
				value, ok := c.pythonValue(expression)
				if ok {
					c.printf("%s\n", value)
				} else if regexp.MustCompile(`^\w+$`).MatchString(expression) {
					return fail("NameError", "name '"+expression+"' is not defined")
				}
			case spawn != nil && c.atTerminal():
				return c.runTool([]string{spawn[1]})
			case spawn != nil:
				c.runTool([]string{spawn[1]})
			case run != nil:
				c.subshell(program{dash: c.sys.isDash("sh"), text: pythonCommand(run[1])}, c.streams)
			case strings.HasPrefix(statement, "exit(") || strings.HasPrefix(statement, "sys.exit("):
				status, _ := strconv.Atoi(strings.Trim(statement[strings.IndexByte(statement, '('):], "()"))
				return status & 255
			}
			if c.flow != onward {
				return 1
			}
		}
	}
	return 0
}

// pythonStatements cuts a line at the semicolons that stand in no text.
func pythonStatements(row string) (list []string) {
	quote, from := byte(0), 0
	for i := 0; i < len(row); i++ {
		switch ch := row[i]; {
		case ch == '\\':
			i++
		case quote != 0 && ch == quote:
			quote = 0
		case quote == 0 && (ch == '"' || ch == '\''):
			quote = ch
		case quote == 0 && ch == ';':
			list = append(list, strings.TrimSpace(row[from:i]))
			from = i + 1
		}
	}
	return append(list, strings.TrimSpace(row[from:]))
}

// pythonCommand is the command that a call's arguments name, as one text or a list.
func pythonCommand(arguments string) string {
	var words []string
	for _, m := range pythonCalls.FindAllStringSubmatch(arguments, -1) {
		words = append(words, m[1])
	}
	if !strings.HasPrefix(strings.TrimSpace(arguments), "[") && len(words) > 1 {
		words = words[:1]
	}
	return strings.Join(words, " ")
}

// pythonValue is what an expression is, as print shows it.
func (c *call) pythonValue(expression string) (string, bool) {
	s := c.sys
	switch expression {
	case "":
		return "", true
	case "os.uname()":
		return fmt.Sprintf("posix.uname_result(sysname='Linux', nodename='%s', release='%s', version='%s', machine='%s')", s.Hostname, s.Kernel, s.Build, s.Machine), true
	case "os.getuid()", "os.geteuid()":
		return strconv.Itoa(c.user.uid), true
	case "os.getgid()":
		return strconv.Itoa(c.user.gid), true
	case "os.getpid()":
		return strconv.Itoa(c.pid + 9), true
	case "os.getcwd()":
		return c.dir, true
	case "os.name":
		return "posix", true
	case "os.cpu_count()":
		return strconv.Itoa(s.CPUs), true
	case "os.getlogin()", "getpass.getuser()":
		return c.user.name, true
	case "sys.version":
		return s.python() + " (main, Mar 13 2023, 12:18:29) [GCC 12.2.0]", true
	case "sys.platform":
		return "linux", true
	case "sys.executable":
		return "/usr/bin/python3", true
	case "platform.system()":
		return "Linux", true
	case "platform.release()":
		return s.Kernel, true
	case "platform.machine()":
		return s.Machine, true
	case "platform.node()", "socket.gethostname()":
		return s.Hostname, true
	case "platform.platform()":
		return "Linux-" + s.Kernel + "-" + s.Machine + "-with-glibc2.36", true
	case "time.time()":
		return fmt.Sprintf("%.7f", float64(s.host.Now().UnixNano())/float64(time.Second)), true
	}
	if m := pythonOutput.FindStringSubmatch(expression); m != nil {
		out := &limitedBuffer{limit: maxSubstitution}
		c.subshell(program{dash: c.sys.isDash("sh"), text: pythonCommand(m[1] + m[2])}, streams{in: strings.NewReader(""), out: out, err: c.err})
		if strings.HasPrefix(expression, "subprocess.check_output") && !strings.Contains(expression, "decode") {
			return "b'" + strings.ReplaceAll(out.String(), "\n", `\n`) + "'", true
		}
		if strings.Contains(expression, "getoutput") || strings.HasSuffix(expression, ".strip()") {
			return strings.TrimSpace(out.String()), true
		}
		return out.String(), true
	}
	if m := pythonOpen.FindStringSubmatch(expression); m != nil {
		text, err := c.readFile(m[1])
		return text, err == nil
	}
	if m := pythonVar.FindStringSubmatch(expression); m != nil {
		if v := c.vars[m[1]]; v.Exported {
			return v.String(), true
		}
		return "None", true
	}
	if m := pythonText.FindStringSubmatch(expression); m != nil {
		times, err := strconv.Atoi(m[3])
		if err != nil {
			times = 1
		}
		return strings.Repeat(strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`, `\'`, "'", `\"`, `"`).Replace((m[1] + m[2])[:min(len(m[1]+m[2]), 1000)]), times), true
	}
	if m := pythonSum.FindStringSubmatch(expression); m != nil {
		a, _ := strconv.Atoi(m[1])
		b, _ := strconv.Atoi(m[3])
		switch m[2] {
		case "+":
			return strconv.Itoa(a + b), true
		case "-":
			return strconv.Itoa(a - b), true
		case "*":
			return strconv.Itoa(a * b), true
		case "%", "/", "//":
			if b == 0 {
				return "", false
			}
			if m[2] == "/" {
				text := strconv.FormatFloat(float64(a)/float64(b), 'g', 16, 64)
				if !strings.Contains(text, ".") {
					text += ".0"
				}
				return text, true
			}
			if m[2] == "%" {
				return strconv.Itoa(((a % b) + b) % b), true
			}
			return strconv.Itoa((a - ((a%b)+b)%b) / b), true
		}
	}
	if regexp.MustCompile(`^-?\d+(\.\d+)?$`).MatchString(expression) {
		return expression, true
	}
	return "", false
}
