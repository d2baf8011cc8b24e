package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"decnet/engine"
)

// record is a decky as its file holds it.
type record struct {
	Spec     engine.Decky
	Instance string
	Running  bool
	Started  time.Time
}

const suffix = ".json"

func (e *Engine) load() ([]record, error) {
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the sim's folder: %w", err)
	}
	paths, err := filepath.Glob(filepath.Join(e.dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("list the sim's deckies: %w", err)
	}
	records := make([]record, 0, len(paths))
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a sim decky: %w", err)
		}
		var r record
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, fmt.Errorf("read the sim decky %s: %w", path, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// save replaces a decky's file in one step, so that a crash leaves the old one or the new.
func (e *Engine) save(r record) error {
	if e.dir == "" {
		return nil
	}
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write a sim decky: %w", err)
	}
	path := filepath.Join(e.dir, r.Spec.ID+suffix)
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return fmt.Errorf("write a sim decky: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write a sim decky: %w", err)
	}
	return nil
}

func (e *Engine) forget(id string) error {
	if e.dir == "" {
		return nil
	}
	if err := os.Remove(filepath.Join(e.dir, id+suffix)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove a sim decky: %w", err)
	}
	return nil
}
