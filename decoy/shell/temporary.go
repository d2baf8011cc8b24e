package shell

import (
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
)

// mktemp makes a file or a directory that nobody else has.
func mktemp(c *call) int {
	flags, operands := c.options("p")
	template, dir := "tmp.XXXXXXXXXX", "/tmp"
	if v := c.vars["TMPDIR"].String(); v != "" {
		dir = v
	}
	if len(operands) > 0 {
		if template = operands[0]; flags['t'] == "" {
			dir = ""
		}
	}
	if flags['p'] != "" {
		dir = flags['p']
	}
	marks := len(template) - len(strings.TrimRight(template, "X"))
	if marks < 3 {
		return c.fail(1, "too few X's in template %s", c.quoted(template))
	}
	name := []byte(template)
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for i := len(name) - marks; i < len(name); i++ {
		name[i] = letters[rand.IntN(len(letters))]
	}
	p := string(name)
	if dir != "" {
		p = strings.TrimSuffix(dir, "/") + "/" + p
	}
	n := &node{mode: 0o600, owner: c.user.name, group: c.user.name}
	if flags['d'] != "" {
		n.mode = fs.ModeDir | 0o700
	}
	if flags['u'] == "" {
		err := c.dirWritable(p)
		if err == nil {
			err = c.fs.add(c.abs(p), n)
		}
		if err != nil {
			kind := "file"
			if flags['d'] != "" {
				kind = "directory"
			}
			return c.fail(1, "failed to create %s via template %s: %s", kind, c.quoted(path.Join(dir, template)), problem(err))
		}
	}
	c.printf("%s\n", p)
	return 0
}

// truncate makes files as long as it is told.
func truncate(c *call) int {
	flags, operands := c.options("sr")
	value := strings.TrimPrefix(flags['s'], "size=")
	if value == "" {
		return c.fail(1, "you must specify either %s or %s%s", c.quoted("--size"), c.quoted("--reference"), c.tryHelp())
	}
	size, ok := blocks(strings.TrimLeft(value, "+-<>/%"))
	if !ok {
		return c.fail(1, "Invalid number: %s", c.quoted(value))
	}
	return c.each(operands, func(p string) error {
		if err := c.writable(p); err != nil {
			return err
		}
		text, err := c.readFile(p)
		if err != nil {
			text = ""
		}
		size := size
		switch {
		case strings.HasPrefix(value, "+"):
			size += len(text)
		case strings.HasPrefix(value, "-"):
			size = max(0, len(text)-size)
		}
		return c.fs.write(c.abs(p), c.user.name, text[:min(size, len(text))]+strings.Repeat("\x00", min(max(0, size-len(text)), maxFile+1)), false)
	}, "cannot open '%s' for writing: %s")
}

// shred writes over files and, if it is told to, takes them away.
func shred(c *call) int {
	flags, operands := c.options("ns")
	if len(operands) == 0 {
		return c.missing("file operand")
	}
	status := 0
	for _, p := range operands {
		n, err := c.fs.lookup(c.abs(p), true)
		if err == nil && !may(n, c.user.name, 2) {
			err = fs.ErrPermission
		}
		switch {
		case err != nil:
			reason := "Permission denied"
			if n == nil {
				reason = problem(err)
			}
			status = c.fail(1, "%s: failed to open for writing: %s", p, reason)
		case flags['u'] != "":
			c.fs.remove(c.abs(p))
		default:
			c.fs.write(c.abs(p), c.user.name, device("urandom")[:min(n.size(), maxFile)], false)
		}
	}
	return status
}

// split cuts a file into several.
func split(c *call) int {
	flags, operands := c.options("bln")
	texts, ok := c.inputs(operands[:min(1, len(operands))])
	if !ok {
		return 1
	}
	prefix := "x"
	if len(operands) > 1 {
		prefix = operands[1]
	}
	text := strings.Join(texts, "")
	size, byBytes := blocks(flags['b'])
	count, byLines := blocks(flags['l'])
	if !byLines || count < 1 {
		count = 1000
	}
	for i := 0; text != "" && i < 26*26; i++ {
		var end int
		if byBytes && size > 0 {
			end = min(size, len(text))
		} else {
			for range count {
				next := strings.IndexByte(text[end:], '\n')
				if next < 0 {
					end = len(text)
					break
				}
				end += next + 1
			}
		}
		name := prefix + string(rune('a'+i/26)) + string(rune('a'+i%26))
		if err := c.save(name, text[:end]); err != nil {
			return c.fail(1, "%s: %s", name, problem(err))
		}
		text = text[end:]
	}
	return 0
}
