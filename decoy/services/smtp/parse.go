package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

const maxLine = 4096

// parse splits a line into the command, in capitals, and the rest.
func parse(line string) (command, argument string) {
	command, argument, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	return strings.ToUpper(command), strings.TrimSpace(argument)
}

// address takes the address out of FROM:<address> or TO:<address> and the parameters that follow it.
func address(argument, keyword string) (addr string, parameters []string, ok bool) {
	if len(argument) < len(keyword) || !strings.EqualFold(argument[:len(keyword)], keyword) {
		return "", nil, false
	}
	rest := strings.TrimLeft(argument[len(keyword):], " ")
	if inner, bracket := strings.CutPrefix(rest, "<"); bracket {
		addr, rest, ok = strings.Cut(inner, ">")
	} else {
		addr, rest, _ = strings.Cut(rest, " ")
		ok = addr != ""
	}
	if strings.ContainsAny(addr, " <>\r\n") || len(addr) > 320 {
		return "", nil, false
	}
	return addr, strings.Fields(rest), ok
}

// copyData copies a message to w, without the dots that protect lines and as far as its final one. A strict one whose first line ends with CRLF is ended by no other line.
func copyData(w io.Writer, in *bufio.Reader, strict bool) error {
	first := true
	for begin := true; ; {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		whole := bytes.HasSuffix(line, []byte("\r\n"))
		if first {
			strict, first = strict && whole, false
		}
		if begin && line[0] == '.' {
			if line = line[1:]; len(bytes.TrimRight(line, "\r\n")) == 0 && (whole || !strict) {
				return nil
			}
		}
		begin = err == nil
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
}

// subject returns the message's subject, or "".
func subject(head []byte) string {
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.EqualFold(string(name), "Subject") {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
