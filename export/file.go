package export

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"decnet/ent/schema/schematype"
)

// maxLine bounds a line that is looked for at the file's end, in bytes; ours are shorter.
const maxLine = 1 << 20

// File appends JSON lines to a file, and has each batch on the disk before it counts as sent. The file may be renamed under it (logrotate without copytruncate): the
// next batch begins a new one. Where the server ended between writing a batch and remembering it, the file's last line tells, and nothing is written twice.
type File struct {
	path string
	file *os.File
	last string // the cursor of the file's last line
}

// NewFile returns a sink for a file, which is made when absent, readable by its owner alone: it holds secrets.
func NewFile(path string) *File { return &File{path: path} }

// Name is "file".
func (*File) Name() string { return "file" }

// Habits are none: it takes what comes.
func (*File) Habits() Habits { return Habits{} }

// Flush has nothing to do: Send holds nothing back.
func (*File) Flush(context.Context) error { return nil }

// Close closes the file; the next Send opens it again.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// Ready tells whether the file can be written, before there is something to write.
func (f *File) Ready() error { return f.open() }

// Send appends the records.
func (f *File) Send(_ context.Context, records []Record) error {
	if err := f.open(); err != nil {
		return err
	}
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	for _, r := range f.unwritten(records) {
		if err := w.Encode(jsonOf(r)); err != nil {
			return fmt.Errorf("write an interaction as JSON: %w", err)
		}
	}
	if _, err := f.file.Write(b.Bytes()); err != nil {
		return fmt.Errorf("append to %s: %w", f.path, err)
	}
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", f.path, err)
	}
	f.last = records[len(records)-1].Cursor
	return nil
}

// unwritten leaves out the records up to the file's last line.
func (f *File) unwritten(records []Record) []Record {
	for i, r := range records {
		if r.Cursor == f.last {
			return records[i+1:]
		}
	}
	return records
}

// open opens the file, or the new one where it has been moved away.
func (f *File) open() error {
	if f.file != nil {
		here, err := os.Stat(f.path)
		ours, err2 := f.file.Stat()
		if err == nil && err2 == nil && os.SameFile(here, ours) {
			return nil
		}
		_ = f.Close() // it has been moved away, and all of it is on the disk
	}
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the export's file: %w", err)
	}
	if f.last, err = mend(file); err != nil {
		return errors.Join(fmt.Errorf("look at the end of %s: %w", f.path, err), file.Close())
	}
	f.file = file
	return nil
}

// mend cuts off a line that is not whole, at whose writing the server ended, and returns the last whole line's cursor.
func mend(file *os.File) (cursor string, err error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return "", err
	}
	from := max(0, size-2*maxLine)
	tail, err := io.ReadAll(bufio.NewReader(io.NewSectionReader(file, from, size-from)))
	if err != nil {
		return "", err
	}
	end := bytes.LastIndexByte(tail, '\n') + 1
	if end < len(tail) {
		if err := file.Truncate(from + int64(end)); err != nil {
			return "", err
		}
	}
	if end == 0 {
		return "", nil
	}
	line := tail[:end-1]
	var last struct{ Cursor string }
	if json.Unmarshal(line[bytes.LastIndexByte(line, '\n')+1:], &last) != nil {
		return "", nil // somebody else's line
	}
	return last.Cursor, nil
}

// line is an interaction in the file. The names are the API's.
type line struct {
	Cursor     string                        `json:"cursor"`
	ID         string                        `json:"id"`
	At         time.Time                     `json:"at"`
	StoredAt   time.Time                     `json:"storedAt"`
	Deployment string                        `json:"deployment"`
	Decky      string                        `json:"decky"`
	Service    string                        `json:"service"`
	Type       string                        `json:"type"`
	Session    string                        `json:"session,omitempty"`
	SourceIP   string                        `json:"sourceIP,omitempty"`
	SourcePort int                           `json:"sourcePort,omitempty"`
	DestPort   int                           `json:"destPort,omitempty"`
	Principal  *string                       `json:"principal,omitempty"`
	Secret     *string                       `json:"secret,omitempty"`
	Credential *string                       `json:"credentialID,omitempty"`
	Command    *string                       `json:"command,omitempty"`
	Outcome    *string                       `json:"outcome,omitempty"`
	Fields     []schematype.InteractionField `json:"fields"`
	Message    string                        `json:"message,omitempty"`
}

func jsonOf(r Record) line {
	return line{
		Cursor: r.Cursor, ID: string(r.ID), At: r.At.UTC(), StoredAt: r.CreatedAt.UTC(), Deployment: r.DeploymentName, Decky: r.DeckyName, Service: r.Service, Type: r.Type,
		Session: r.Session, SourceIP: r.SourceIP, SourcePort: r.SourcePort, DestPort: r.DestPort, Principal: r.Principal, Secret: r.Secret, Credential: (*string)(r.CredentialID),
		Command: r.Command, Outcome: r.Outcome, Fields: r.Fields, Message: r.Message,
	}
}
