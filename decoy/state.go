package decoy

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// applied is the last set of services that was in force: what a decoy that restarts on its own opens again.
type applied struct {
	Generation int      `json:"generation"`
	Services   []string `json:"services"`
	// Save counts the saves: of two that are whole, the higher is the last.
	Save uint64 `json:"save"`
}

// state keeps it in a directory; the empty one keeps nothing. The file has two places, which are written in turn: whatever moment
// the power goes, the other one is whole. That costs one sync of a file that doesn't grow, where replacing a file costs
// two and a change of its directory: a quarter of the time, and a change of services waits for it.
type state string

// place is the size of each: checksum, length, JSON.
const (
	place      = 4096
	placeFront = 8
)

func (s state) path() string { return filepath.Join(string(s), "applied") }

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
	var last *applied
	for len(content) > 0 {
		part := content[:min(place, len(content))]
		content = content[len(part):]
		if a := decodePlace(part); a != nil && (last == nil || a.Save > last.Save) {
			last = a
		}
	}
	if last == nil {
		return nil, errors.New("reading the applied services: the file is damaged")
	}
	return last, nil
}

func decodePlace(part []byte) *applied {
	if len(part) < placeFront {
		return nil
	}
	size := binary.BigEndian.Uint32(part[4:])
	if int64(size) > int64(len(part)-placeFront) || crc32.ChecksumIEEE(part[4:placeFront+size]) != binary.BigEndian.Uint32(part) {
		return nil
	}
	var a applied
	if json.Unmarshal(part[placeFront:placeFront+size], &a) != nil {
		return nil
	}
	return &a
}

// save keeps the services: when it returns they survive a power cut, and until then the last ones do.
func (s state) save(generation int, services []string) error {
	if s == "" {
		return nil
	}
	if err := s.write(generation, services); err != nil {
		return fmt.Errorf("keeping the applied services: %w", err)
	}
	return nil
}

func (s state) write(generation int, services []string) error {
	next := applied{Generation: generation, Services: services, Save: 1}
	if last, err := s.load(); err == nil && last != nil {
		next.Save = last.Save + 1
	}
	content, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if len(content) > place-placeFront {
		return fmt.Errorf("%d services are too many", len(services))
	}
	part := make([]byte, place)
	copy(part[placeFront:], content)
	binary.BigEndian.PutUint32(part[4:], uint32(len(content)))
	binary.BigEndian.PutUint32(part, crc32.ChecksumIEEE(part[4:placeFront+len(content)]))

	file, err := os.OpenFile(s.path(), os.O_RDWR|os.O_SYNC, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = s.create()
	}
	if err != nil {
		return err
	}
	_, err = file.WriteAt(part, int64(next.Save%2)*place)
	return errors.Join(err, file.Close())
}

// create makes the file with both places empty, so that it never grows later, and sees to it that it is in its directory for good.
func (s state) create() (*os.File, error) {
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(s.path(), os.O_CREATE|os.O_RDWR|os.O_SYNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = file.Write(make([]byte, 2*place))
	dir, openErr := os.Open(string(s))
	if err = errors.Join(err, openErr); err == nil {
		err = errors.Join(dir.Sync(), dir.Close())
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
