package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// mostLog is how large a decoy's diagnostics may become, in bytes; as much again is kept of those before.
	mostLog = 1 << 20
	logTail = 4 << 10
)

// openDiagnostics begins a new file for a decoy that is started, and keeps what the one before it said.
func openDiagnostics(dir string) (*os.File, error) {
	path := filepath.Join(dir, "decoy.log")
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("keep the diagnostics before: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the diagnostics: %w", err)
	}
	return f, nil
}

// boundDiagnostics keeps a decoy's diagnostics from growing without end. The process holds the file open, and always writes at its end: so it is copied and
// emptied in place. A line that is written in between is lost.
func boundDiagnostics(dir string) error {
	path := filepath.Join(dir, "decoy.log")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Size() <= mostLog) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the diagnostics: %w", err)
	}
	b, err := tail(path, mostLog)
	if err == nil {
		err = os.WriteFile(path+".1", b, 0o600)
	}
	if err = errors.Join(err, os.Truncate(path, 0)); err != nil {
		return fmt.Errorf("shorten the diagnostics: %w", err)
	}
	return nil
}

// tail is the end of a file, n bytes at most.
func tail(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, min(n, info.Size()))
	read, err := f.ReadAt(b, info.Size()-int64(len(b)))
	if read < len(b) {
		return nil, err
	}
	return b, nil
}

// lastWords are the end of a decoy's diagnostics.
func (e *Engine) lastWords(id string) string {
	dir, err := e.folder(id)
	if err != nil {
		return ""
	}
	b, err := tail(filepath.Join(dir, "decoy.log"), logTail)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
