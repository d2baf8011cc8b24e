// Package lines takes what decoys and services write apart into lines, without trusting them to end any: whoever has taken one over may write for ever, and the
// server remembers no more of it than the beginning of a line.
package lines

import "bytes"

// Splitter makes lines of bytes as they come. Its zero value keeps nothing of them.
type Splitter struct {
	Max int // bytes that are kept of a line
	// Line takes each line that has ended, without its newline: its beginning, which is Line's to keep, and how long it was. Its error ends the Write.
	Line func(text []byte, size int) error

	text []byte
	size int
}

// Pending is how long the line is that has not ended yet.
func (s *Splitter) Pending() int { return s.size }

// Write takes bytes. It implements io.Writer.
func (s *Splitter) Write(p []byte) (int, error) {
	taken := 0
	for taken < len(p) {
		end := bytes.IndexByte(p[taken:], '\n')
		if end < 0 {
			s.add(p[taken:])
			break
		}
		s.add(p[taken : taken+end])
		taken += end + 1
		text, size := s.text, s.size
		s.text, s.size = nil, 0
		if err := s.Line(text, size); err != nil {
			return taken, err
		}
	}
	return len(p), nil
}

func (s *Splitter) add(p []byte) {
	s.size += len(p)
	s.text = append(s.text, p[:min(len(p), s.Max-len(s.text))]...)
}
