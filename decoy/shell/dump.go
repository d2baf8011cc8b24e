package shell

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"decnet/decoy/shell/notation"
)

// od knows the formats that are asked for most: octal words, bytes in hexadecimal or octal, characters.
func od(c *call) int {
	flags, operands := c.options("AtNjw")
	texts, ok := c.inputs(operands)
	data := strings.Join(texts, "")
	if n, err := strconv.Atoi(flags['N']); err == nil && n >= 0 {
		data = data[:min(n, len(data))]
	}
	kind := flags['t']
	switch {
	case flags['c'] != "":
		kind = "c"
	case flags['x'] != "":
		kind = "x2"
	case flags['b'] != "":
		kind = "o1"
	case flags['d'] != "":
		kind = "u2"
	}
	size := 2
	if strings.HasSuffix(kind, "1") || strings.HasPrefix(kind, "c") {
		size = 1
	} else if strings.HasSuffix(kind, "4") {
		size = 4
	}
	address := func(at int) string {
		switch flags['A'] {
		case "n":
			return ""
		case "x":
			return fmt.Sprintf("%06x", at)
		case "d":
			return fmt.Sprintf("%07d", at)
		}
		return fmt.Sprintf("%07o", at)
	}
	characters := map[byte]string{0: `\0`, 7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`}
	for at := 0; at < len(data); at += 16 {
		var row strings.Builder
		row.WriteString(address(at))
		part := data[at:min(len(data), at+16)]
		for i := 0; i < len(part); i += size {
			n := uint64(0)
			for j := min(size, len(part)-i) - 1; j >= 0; j-- {
				n = n<<8 | uint64(part[i+j])
			}
			switch {
			case strings.HasPrefix(kind, "c"):
				text := characters[part[i]]
				if text == "" && (part[i] < ' ' || part[i] > '~') {
					text = fmt.Sprintf("%03o", part[i])
				}
				fmt.Fprintf(&row, " %3s", cmp.Or(text, part[i:i+1]))
			case strings.HasPrefix(kind, "x"):
				fmt.Fprintf(&row, " %0*x", size*2, n)
			case strings.HasPrefix(kind, "u"), strings.HasPrefix(kind, "d"):
				fmt.Fprintf(&row, " %*d", map[int]int{1: 3, 2: 5, 4: 10}[size], n)
			default:
				fmt.Fprintf(&row, " %0*o", map[int]int{1: 3, 2: 6, 4: 11}[size], n)
			}
		}
		if !c.printf("%s\n", row.String()) {
			break
		}
	}
	if end := address(len(data)); end != "" {
		c.printf("%s\n", end)
	}
	return truth(ok)
}

func xxd(c *call) int {
	flags, operands := c.options("lcgs")
	texts, ok := c.inputs(operands[:min(1, len(operands))])
	data := strings.Join(texts, "")
	if n, err := strconv.ParseInt(flags['l'], 0, 32); err == nil && n >= 0 {
		data = data[:min(int(n), len(data))]
	}
	if flags['p'] != "" {
		return plainHex(c, data, flags['r'] != "")
	}
	for at := 0; at < len(data); at += 16 {
		part := data[at:min(len(data), at+16)]
		var digits strings.Builder
		for i := range len(part) {
			digits.WriteString(hex.EncodeToString([]byte(part[i : i+1])))
			if i%2 == 1 {
				digits.WriteByte(' ')
			}
		}
		if !c.printf("%08x: %-40s %s\n", at, digits.String(), notation.Printable(part)) {
			break
		}
	}
	return 1 - boolInt(ok)
}

func hexdump(c *call) int {
	flags, operands := c.options("nse")
	if c.args[0] == "hd" {
		flags['C'] = "y"
	}
	texts, ok := c.inputs(operands)
	data := strings.Join(texts, "")
	if n, err := strconv.Atoi(flags['n']); err == nil && n >= 0 {
		data = data[:min(n, len(data))]
	}
	for at := 0; at < len(data); at += 16 {
		part := data[at:min(len(data), at+16)]
		var row strings.Builder
		for i := range len(part) {
			if flags['C'] == "" {
				if i%2 == 0 {
					high := byte(0)
					if i+1 < len(part) {
						high = part[i+1]
					}
					fmt.Fprintf(&row, " %02x%02x", high, part[i])
				}
				continue
			}
			if i == 8 {
				row.WriteByte(' ')
			}
			fmt.Fprintf(&row, " %02x", part[i])
		}
		if flags['C'] != "" {
			c.printf("%08x %-49s  |%s|\n", at, row.String(), notation.Printable(part))
		} else if !c.printf("%07x%-40s\n", at, row.String()) {
			break
		}
	}
	if data != "" {
		c.printf("%0*x\n", 7+boolInt(flags['C'] != ""), len(data))
	}
	return 1 - boolInt(ok)
}

func base64Tool(c *call) int {
	flags, operands := c.options("w")
	texts, ok := c.inputs(operands)
	if !ok {
		return 1
	}
	text := strings.Join(texts, "")
	if flags['d'] == "" && flags['D'] == "" {
		width := 76
		if w, err := strconv.Atoi(strings.TrimPrefix(flags['w'], "wrap=")); err == nil && w >= 0 {
			width = w
		}
		coded := base64.StdEncoding.EncodeToString([]byte(text))
		for width > 0 && len(coded) > width {
			if !c.printf("%s\n", coded[:width]) {
				return 1
			}
			coded = coded[width:]
		}
		c.printf("%s", coded)
		if width > 0 && coded != "" {
			c.printf("\n")
		}
		return 0
	}
	// What is good up to the first mistake is written, padded or not.
	text = strings.NewReplacer("\n", "", "\r", "\r").Replace(text)
	if flags['i'] != "" {
		text = strings.Map(func(r rune) rune {
			if r == '+' || r == '/' || r == '=' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
				return r
			}
			return -1
		}, text)
	}
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		good := strings.TrimRight(text, "=")
		if i := strings.IndexFunc(good, func(r rune) bool {
			return !strings.ContainsRune("+/", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > 127
		}); i >= 0 {
			good = good[:i]
		}
		if len(good)%4 == 1 {
			good = good[:len(good)-1]
		}
		plain, _ = base64.RawStdEncoding.DecodeString(good)
	}
	c.printf("%s", plain)
	if err != nil {
		return c.fail(1, "invalid input")
	}
	return 0
}
