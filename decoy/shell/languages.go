package shell

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"decnet/decoy/shell/awk"
	"decnet/decoy/shell/sed"
)

// runAwk is awk.
func runAwk(c *call) int {
	if len(c.args) == 1 && c.ofBusyBox() {
		return c.usage("awk")
	}
	spent := false
	return awk.Run(awk.World{
		Name: c.args[0], Out: c.out, Err: c.err,
		Read: func(p string) (string, error) {
			if p == "-" {
				return c.input(), nil
			}
			return c.readFile(p)
		},
		Write: c.openForWriting,
		Command: func(line string, in io.Reader, out io.Writer) int {
			if spent = !c.budget.step(c.ctx, c.depth); spent {
				return 1
			}
			io := streams{in: c.in, out: out, err: c.err}
			if in != nil {
				io.in = in
			}
			return c.subshell(program{dash: c.sys.isDash("sh"), text: line}, io)
		},
		Variable: func(name string) (string, bool) {
			v := c.vars[name]
			return v.String(), v.Exported
		},
		Alive: func() bool { return !spent && c.ctx.Err() == nil },
		Now:   c.sys.host.Now,
		Rand:  c.sys.host.Rand("awk"),
	}, c.args[1:])
}

// runSed is sed.
func runSed(c *call) int {
	var scripts, operands []string
	quiet, extended, inPlace, separate, backup := false, false, false, false, ""
	args := c.args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		take := func(rest string) string {
			if rest == "" && i+1 < len(args) {
				i++
				return args[i]
			}
			return rest
		}
		switch {
		case a == "--":
			operands = append(operands, args[i+1:]...)
			i = len(args)
		case a == "--version":
			c.printf("sed (GNU sed) 4.9\n")
			return 0
		case a == "--quiet" || a == "--silent":
			quiet = true
		case a == "--regexp-extended":
			extended = true
		case strings.HasPrefix(a, "--in-place"):
			inPlace = true
			_, backup, _ = strings.Cut(a, "=")
		case strings.HasPrefix(a, "--expression"):
			scripts = append(scripts, take(strings.TrimPrefix(strings.TrimPrefix(a, "--expression"), "=")))
		case len(a) > 1 && a[0] == '-' && a[1] != '-':
		letters:
			for j, letter := range a[1:] {
				switch rest := a[j+2:]; letter {
				case 'n':
					quiet = true
				case 'E', 'r':
					extended = true
				case 's':
					separate = true
				case 'u', 'z':
				case 'i':
					inPlace, backup = true, rest
					break letters
				case 'e':
					scripts = append(scripts, take(rest))
					break letters
				case 'f':
					text, err := c.readFile(take(rest))
					if err != nil {
						return c.fail(1, "couldn't open file %s", err)
					}
					if scripts = append(scripts, strings.TrimSuffix(text, "\n")); len(scripts) > 20 {
						return c.fail(4, "memory exhausted")
					}
					break letters
				default:
					return c.fail(1, "invalid option -- '%c'", letter)
				}
			}
		default:
			operands = append(operands, a)
		}
	}
	if len(scripts) == 0 {
		if len(operands) == 0 {
			if c.ofBusyBox() {
				return c.usage("sed")
			}
			fmt.Fprintln(c.err, "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...")
			return 1
		}
		scripts, operands = operands[:1], operands[1:]
	}
	script, err := sed.Parse(strings.Join(scripts, "\n"), extended)
	if err != nil {
		return c.fail(1, "%s", err)
	}
	alive := func() bool { return c.ctx.Err() == nil }
	if !inPlace && !separate {
		status := 0
		var texts []string
		if len(operands) == 0 {
			operands = []string{"-"}
		}
		for _, name := range operands {
			var text string
			var err error
			if name == "-" {
				text = c.input()
			} else if text, err = c.readFile(name); err != nil {
				status = c.fail(2, "can't read %s", err)
			}
			texts = append(texts, text)
		}
		out, ended := script.Run(strings.Join(texts, ""), quiet, alive)
		c.printf("%s", out)
		return cmp.Or(ended, status)
	}
	status := 0
	for _, name := range operands {
		text, err := c.readFile(name)
		if err != nil {
			c.fail(4, "can't read %s", err)
			if status = 4; strings.HasSuffix(err.Error(), "No such file or directory") {
				status = 2
			}
			continue
		}
		out, ended := script.Run(text, quiet, alive)
		status = cmp.Or(status, ended)
		if !inPlace {
			c.printf("%s", out)
			continue
		}
		if backup != "" {
			if err := c.save(name+backup, text); err != nil {
				return c.fail(4, "cannot rename %s: %s", name, problem(err))
			}
		}
		if err := c.save(name, out); err != nil {
			status = c.fail(4, "couldn't open temporary file ./sed%s: %s", shadowText(c.sys.host.Bytes("sed"+name, 6)), problem(err))
		}
	}
	return status
}
