package shell

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// dd copies its input to its output, as bs and count say.
func dd(c *call) int {
	from, to, size, count, skip, silent := "", "", 512, -1, 0, false
	for _, a := range c.args[1:] {
		key, value, _ := strings.Cut(a, "=")
		n, ok := blocks(value)
		switch key {
		case "if":
			from = value
		case "of":
			to = value
		case "bs", "ibs", "count", "skip":
			if !ok || (key == "bs" || key == "ibs") && n == 0 || n > 1<<31 {
				return c.fail(1, "invalid number: ‘%s’", value)
			}
			switch key {
			case "count":
				count = n
			case "skip":
				skip = n
			default:
				size = n
			}
		case "status":
			silent = value == "none"
		}
	}
	began := time.Now()
	var text string
	var err error
	if from == "" {
		text = c.input()
	} else if text, err = c.readFile(from); err != nil {
		_, why, _ := strings.Cut(err.Error(), ": ")
		return c.fail(1, c.words("failed to open '%s': %s", "can't open '%s': %s"), from, why)
	}
	text = text[min(len(text), skip*size):]
	total := len(text)
	if count >= 0 {
		total = min(total, count*size)
	}
	if n, err := c.fs.lookup(c.abs(from), true); err == nil && from != "" && n.mode&fs.ModeCharDevice != 0 && total > 0 { // it has no end
		if total = max(count, 1) * size; count < 0 {
			total = maxFile
		}
	}
	text = text[:min(len(text), total)]
	if to == "" {
		c.printf("%s", text)
	} else if to != "/dev/null" {
		text = text[:min(len(text), maxDropped)]
		w, finish, err := c.openForWriting(to, false)
		if err != nil {
			return c.fail(1, "failed to open '%s': Permission denied", to)
		}
		fmt.Fprint(w, text)
		finish()
		if n, err := c.fs.lookup(c.abs(to), true); err == nil && n.mode.IsRegular() && total > len(n.content) {
			n.apparent = total // of which not all is kept
		}
	}
	if silent {
		return 0
	}
	took := max(time.Since(began), time.Duration(total)/2+180*time.Microsecond).Seconds() // a disk has a speed
	amount := fmt.Sprintf("%d bytes", total)
	if total >= 1000 {
		amount += fmt.Sprintf(" (%s, %s)", scaled(float64(total), 1000, "B", "kB", "MB", "GB"), scaled(float64(total), 1024, "B", "KiB", "MiB", "GiB"))
	}
	part := boolInt(total%size > 0)
	fmt.Fprintf(c.err, "%d+%d records in\n%[1]d+%[2]d records out\n%[3]s copied, %.6[4]g s, %[5]s/s\n", total/size, part, amount, took, scaled(float64(total)/took, 1000, "B", "kB", "MB", "GB"))
	return 0
}

// maxDropped is how much of a file that dd makes is kept; it seems to have its size.
const maxDropped = 64 << 10

// blocks reads a number as dd has them, such as 1M or 4k.
func blocks(text string) (int, bool) {
	unit := 1
	for suffix, of := range map[string]int{"c": 1, "w": 2, "b": 512, "k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "kB": 1000, "MB": 1000000} {
		if digits, ok := strings.CutSuffix(text, suffix); ok && strings.Trim(digits, "0123456789") == "" {
			text, unit = digits, of
			break
		}
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) > 1<<40/unit {
		return 0, false
	}
	return int(n) * unit, true
}
