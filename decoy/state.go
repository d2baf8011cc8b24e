package decoy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// applied is the last set of services that was in force: what a decoy that restarts on its own opens again.
type applied struct {
	Generation int      `json:"generation"`
	Services   []string `json:"services"`
}

// state keeps it in a directory; the empty one keeps nothing.
type state string

func (s state) path() string { return filepath.Join(string(s), "applied.json") }

// load returns nil when nothing was kept.
func (s state) load() (*applied, error) {
	if s == "" {
		return nil, nil
	}
	content, err := os.ReadFile(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the applied services: %w", err)
	}
	var a applied
	if err := json.Unmarshal(content, &a); err != nil {
		return nil, fmt.Errorf("reading the applied services: %w", err)
	}
	return &a, nil
}

// save replaces what is kept: after a power cut it is either the old or the new, whole.
func (s state) save(a applied) error {
	if s == "" {
		return nil
	}
	content, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keeping the applied services: %w", err)
	}
	if err := s.replace(content); err != nil {
		return fmt.Errorf("keeping the applied services: %w", err)
	}
	return nil
}

func (s state) replace(content []byte) error {
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(s.path()+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(s.path()+".new", s.path()); err != nil {
		return err
	}
	dir, err := os.Open(string(s))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
