package shell

import (
	"io"
	"strings"

	"decnet/decoy/shell/awk"
	"decnet/decoy/shell/sed"
)

// runAwk is awk.
func runAwk(c *call) int {
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
	quiet, extended, inPlace := false, false, false
	args := c.args[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-e" || a == "--expression" || a == "-f":
			if i++; i < len(args) {
				scripts = append(scripts, args[i])
			}
		case strings.HasPrefix(a, "-e"):
			scripts = append(scripts, a[2:])
		case strings.HasPrefix(a, "-i") || strings.HasPrefix(a, "--in-place"):
			inPlace = true
		case len(a) > 1 && a[0] == '-' && a[1] != '-':
			quiet = quiet || strings.Contains(a, "n")
			extended = extended || strings.ContainsAny(a, "Er")
			inPlace = inPlace || strings.Contains(a, "i")
		default:
			operands = append(operands, a)
		}
	}
	if len(scripts) == 0 {
		if len(operands) == 0 {
			return c.fail(1, "no script specified")
		}
		scripts, operands = operands[:1], operands[1:]
	}
	script, err := sed.Parse(strings.Join(scripts, "\n"), extended)
	if err != nil {
		return c.fail(1, "%s", err)
	}
	if !inPlace {
		texts, ok := c.inputs(operands)
		c.printf("%s", script.Run(strings.Join(texts, ""), quiet))
		return truth(ok)
	}
	status := 0
	for _, name := range operands {
		text, err := c.readFile(name)
		if err != nil {
			status = c.fail(4, "can't read %s", err)
			continue
		}
		if err := c.save(name, script.Run(text, quiet)); err != nil {
			status = c.fail(4, "couldn't open temporary file ./sedXx1yZz: %s", problem(err))
		}
	}
	return status
}
