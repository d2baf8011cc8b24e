package decoy

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"decnet/decoy/control"
)

// applied is the last set of services that was in force: what a decoy that restarts on its own opens again.
type applied struct {
	Generation int      `json:"generation"`
	Services   []string `json:"services"`
	// Settings are what was chosen for them. There are passwords in them: the file is its owner's only.
	Settings control.Settings `json:"settings,omitempty"`
	// Save counts the saves: of two that are whole, the higher is the last.
	Save uint64 `json:"save"`
}

// state keeps it in a directory; the empty one keeps nothing. The file has two places, which are written in turn: whatever moment
// the power goes, the other one is whole. That costs one sync of a file that doesn't grow, where replacing a file costs
// two and a change of its directory: a quarter of the time, and a change of services waits for it. Of a place only as much is written as is used.
type state string

// place is the size of each: checksum, length, JSON. It is written by whole blocks.
const (
	place      = 64 << 10
	block      = 4 << 10
	placeFront = 8
)

func (s state) path() string { return filepath.Join(string(s), "applied") }

// load returns nil when nothing was kept.
func (s state) load() (*applied, error) {
	if s == "" {
		return nil, nil
	}
	file, err := os.Open(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the applied services: %w", err)
	}
	defer file.Close()
	var last *applied
	for i := range 2 {
		a, err := readPlace(io.NewSectionReader(file, int64(i)*place, place))
		if err != nil {
			return nil, fmt.Errorf("reading the applied services: %w", err)
		}
		if a != nil && (last == nil || a.Save > last.Save) {
			last = a
		}
	}
	if last == nil {
		return nil, errors.New("reading the applied services: the file is damaged")
	}
	return last, nil
}

// readPlace returns nil for a place that is empty or damaged.
func readPlace(r io.Reader) (*applied, error) {
	part := make([]byte, block)
	n, err := io.ReadFull(r, part)
	part = part[:n]
	if n < placeFront {
		return nil, unlessShort(err)
	}
	if size := placeFront + int(binary.BigEndian.Uint32(part[4:])); err == nil && size > len(part) && size <= place {
		part = append(part, make([]byte, size-len(part))...)
		n, err = io.ReadFull(r, part[block:])
		part = part[:block+n]
	}
	if err := unlessShort(err); err != nil {
		return nil, err
	}
	return decodePlace(part), nil
}

func unlessShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func decodePlace(part []byte) *applied {
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
func (s state) save(generation int, services []string, settings control.Settings) error {
	if s == "" {
		return nil
	}
	if err := s.write(applied{Generation: generation, Services: services, Settings: settings, Save: 1}); err != nil {
		return fmt.Errorf("keeping the applied services: %w", err)
	}
	return nil
}

func (s state) write(next applied) error {
	if last, err := s.load(); err == nil && last != nil {
		next.Save = last.Save + 1
	}
	content, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if len(content) > place-placeFront {
		return fmt.Errorf("%d services and their settings are too much", len(next.Services))
	}
	part := make([]byte, (placeFront+len(content)+block-1)/block*block)
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

// create makes the file with both places empty, so that it does not grow later where little was chosen, and sees to it that it is in its directory for good.
func (s state) create() (*os.File, error) {
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(s.path(), os.O_CREATE|os.O_RDWR|os.O_SYNC, 0o600)
	if err != nil {
		return nil, err
	}
	for i := range int64(2) {
		if err == nil {
			_, err = file.WriteAt(make([]byte, block), i*place)
		}
	}
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
