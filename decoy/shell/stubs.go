package shell

import "fmt"

func man(c *call) int {
	_, operands := c.options("")
	if len(operands) == 0 {
		c.printf("What manual page do you want?\nFor example, try 'man man'.\n")
		return 1
	}
	// A server's packages come without their pages.
	fmt.Fprintf(c.err, "No manual entry for %s\n", operands[len(operands)-1])
	return 16
}

// version is what a program says of itself that does nothing else here.
func version(text string) command {
	return func(c *call) int {
		if len(c.args) > 1 {
			c.printf("%s\n", text)
		}
		return 0
	}
}

// editor is vi and its kin. They need a terminal of their own, which what is typed here is not.
func editor(c *call) int {
	if !c.Interactive {
		fmt.Fprintln(c.err, "Vim: Warning: Output is not to a terminal\nVim: Warning: Input is not from a terminal")
		return 1
	}
	fmt.Fprintf(c.err, "Error opening terminal: %s.\n", c.vars["TERM"].String())
	return 1
}

// quietly is a tool that does its work without a word, where it is given what it needs.
func quietly(root bool) command {
	return func(c *call) int {
		if root && c.user.uid != 0 {
			return c.fail(1, "Permission denied")
		}
		return 0
	}
}

// stty tells of the terminal, where there is one.
func stty(c *call) int {
	if !c.atTerminal() {
		return c.fail(1, "'standard input': Inappropriate ioctl for device")
	}
	switch {
	case len(c.args) == 1:
		c.printf("speed 38400 baud; line = 0;\n-brkint -imaxbel\n")
	case c.args[1] == "size":
		c.printf("24 80\n")
	case c.args[1] == "-a":
		c.printf("speed 38400 baud; rows 24; columns 80; line = 0;\nintr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>; eol2 = <undef>; swtch = <undef>; start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R; werase = ^W; lnext = ^V; discard = ^O; min = 1; time = 0;\n")
	}
	return 0
}
