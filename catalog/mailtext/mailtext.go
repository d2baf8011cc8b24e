// Package mailtext reads the mail that an operator lays out as bait: a head of Subject and, if wanted, From, a blank line and the text; a line of three dashes stands between two letters.
package mailtext

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
)

const (
	maxLetters = 50
	maxSubject = 200
)

// Letter is one. From is "" where it is left to the decoy.
type Letter struct{ From, Subject, Text string }

// Parse reads letters, the oldest first. An error names the letter, from 1.
func Parse(text string) ([]Letter, error) {
	var out []Letter
	for i, part := range split(text) {
		l, err := parse(part)
		if err == nil && i == maxLetters {
			err = fmt.Errorf("more than %d", maxLetters)
		}
		if err != nil {
			return nil, fmt.Errorf("letter %d: %w", i+1, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// split parts the text at its lines of dashes.
func split(text string) [][]string {
	parts := [][]string{nil}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimRight(line, " ") == "---" {
			parts = append(parts, nil)
			continue
		}
		last := len(parts) - 1
		if len(parts[last]) > 0 || strings.TrimSpace(line) != "" { // not the blank lines before a head
			parts[last] = append(parts[last], line)
		}
	}
	return parts
}

func parse(lines []string) (l Letter, err error) {
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			l.Text = strings.TrimRight(strings.Join(lines[i+1:], "\n"), "\n ") + "\n"
			break
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case ok && strings.EqualFold(name, "Subject"):
			l.Subject = value
		case ok && strings.EqualFold(name, "From"):
			if _, err := mail.ParseAddress(value); err != nil {
				return l, fmt.Errorf("From is no address: %s", strings.TrimPrefix(err.Error(), "mail: "))
			}
			l.From = value
		default:
			return l, fmt.Errorf("its head has Subject and From, and not %q", line)
		}
	}
	switch {
	case l.Subject == "" || len(l.Subject) > maxSubject:
		return l, fmt.Errorf("a Subject has 1 to %d bytes", maxSubject)
	case l.Text == "":
		return l, errors.New("there is no text below its head and a blank line")
	}
	return l, nil
}
