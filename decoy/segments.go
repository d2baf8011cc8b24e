package decoy

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// The bounds of kept event lines.
const (
	segmentSize = 4 << 20
	maxSegments = 64
)

// Segments keeps event lines in a directory of files events-0000000001.log, …, each at most segmentSize and at most maxSegments of them; the oldest is
// dropped. A run of the decoy begins a new file, so a line that a crash has torn can only be the last of its file. A reader
// follows the highest number; when a higher one appears, a file won't grow any more.
type Segments struct {
	dir    string
	onLoss func(lines int)
	kept   []int // numbers on disk, oldest first; the last is open
	file   *os.File
	size   int
	limit  int // of one file; segmentSize but in tests
}

// OpenSegments goes on after the files that are there.
func OpenSegments(dir string) (*Segments, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of event segments: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the directory of event segments: %w", err)
	}
	s := &Segments{dir: dir, onLoss: func(int) {}, limit: segmentSize}
	for _, entry := range entries {
		var n int
		if _, err := fmt.Sscanf(entry.Name(), "events-%010d.log", &n); err == nil && s.path(n) == filepath.Join(dir, entry.Name()) {
			s.kept = append(s.kept, n)
		}
	}
	slices.Sort(s.kept)
	return s, s.rotate()
}

func (s *Segments) path(n int) string {
	return filepath.Join(s.dir, fmt.Sprintf("events-%010d.log", n))
}

// Write appends whole lines, all to one file.
func (s *Segments) Write(lines []byte) (int, error) {
	if s.file == nil || s.size > 0 && s.size+len(lines) > s.limit {
		if err := s.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := s.file.Write(lines)
	s.size += n
	return n, err
}

func (s *Segments) rotate() error {
	next := 1
	if len(s.kept) > 0 {
		next = s.kept[len(s.kept)-1] + 1
	}
	file, err := os.OpenFile(s.path(next), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening an event segment: %w", err)
	}
	s.Close()
	s.file, s.size = file, 0
	s.kept = append(s.kept, next)
	for len(s.kept) > maxSegments {
		if err := s.drop(s.kept[0]); err != nil {
			return err
		}
		s.kept = s.kept[1:]
	}
	return nil
}

func (s *Segments) drop(n int) error {
	content, err := os.ReadFile(s.path(n))
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("counting the lines of the oldest event segment: %w", err)
	}
	if err := os.Remove(s.path(n)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("dropping the oldest event segment: %w", err)
	}
	if lines := bytes.Count(content, []byte{'\n'}); lines > 0 {
		s.onLoss(lines)
	}
	return nil
}

// Close closes the open file.
func (s *Segments) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}
