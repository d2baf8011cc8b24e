package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-sqlite3"
)

// What a backup or a restore can be refused for.
var (
	ErrBackupElsewhere = errors.New("the database is PostgreSQL, which has its own tools: back it up with pg_dump --format=custom, and restore it with pg_restore")
	ErrBackupRunning   = errors.New("another backup is being taken: wait until it is done")
	ErrExists          = errors.New("there is a database already")
	ErrInUse           = errors.New("the database is in use: stop its server first")
)

// Backup makes a consistent copy of the database as it is at one moment, while everyone goes on reading and writing, and returns it open for reading. It
// takes as much room again in the database's folder until it is closed, which deletes it: so there is one at a time, and another is
// ErrBackupRunning. On PostgreSQL it is ErrBackupElsewhere.
func (s *Store) Backup(ctx context.Context) (io.ReadCloser, int64, error) {
	if s.name != "sqlite" {
		return nil, 0, ErrBackupElsewhere
	}
	closing, cancel := context.WithTimeout(ctx, closesWithin)
	defer cancel()
	select {
	case s.copying <- struct{}{}:
	case <-closing.Done():
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		return nil, 0, ErrBackupRunning
	}
	b, size, err := s.backup(ctx)
	if err != nil {
		s.copied()
		return nil, 0, err
	}
	return b, size, nil
}

// closesWithin is how long a backup waits for the one before it: who has read the last byte of that may ask for another before it is closed.
const closesWithin = 2 * time.Second

// copied lets the next backup begin.
func (s *Store) copied() { <-s.copying }

func (s *Store) backup(ctx context.Context) (_ io.ReadCloser, size int64, err error) {
	path := s.path + ".backup" // always the same: what a crash leaves is overwritten by the next
	if err := copyDatabase(ctx, s.path, path); err != nil {
		return nil, 0, fmt.Errorf("copy the database: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open the copy: %w", err), os.Remove(path))
	}
	// It has no name from here on: nothing is left of it whatever happens.
	if err := os.Remove(path); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("unlink the copy: %w", err), f.Close())
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("measure the copy: %w", err), f.Close())
	}
	return &backup{File: f, done: s.copied}, info.Size(), nil
}

// backup is a copy that may be read once.
type backup struct {
	*os.File
	done func()
}

// Close deletes the copy and lets the next backup begin.
func (b *backup) Close() error {
	defer b.done()
	return b.File.Close()
}

// copyDatabase copies a SQLite database, with what its write-ahead log holds, into a new file for its owner's eyes only, and marks the copy: the first
// to open it begins a new epoch. What there is at the target is overwritten.
func copyDatabase(ctx context.Context, from, to string) (err error) {
	if err := removeAll(to); err != nil { // of a copy that broke off, also what SQLite would roll back into the new one
		return err
	}
	// SQLite would make the file readable by everyone, and it takes an empty one.
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, removeAll(to))
		}
	}()
	err = withSQLite(from, url.Values{"mode": {"ro"}}, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", to)
		return err
	})
	if err != nil {
		return err
	}
	err = withSQLite(to, url.Values{"_synchronous": {"FULL"}}, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "INSERT INTO counters (id, value) VALUES ('"+restored+"', 1) ON CONFLICT DO NOTHING")
		return err
	})
	if err != nil {
		return fmt.Errorf("mark the copy: %w", err)
	}
	return f.Sync()
}

// withSQLite opens a database file for a moment.
func withSQLite(path string, options url.Values, fn func(*sql.DB) error) error {
	db, err := sql.Open("sqlite3", sqliteDSN(path, options))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return errors.Join(fn(db), db.Close())
}

// Restore puts a copy of a database (a backup, or the files of a server that is stopped) in place at a path, for the next [Open] to migrate and take
// into use. It checks the copy first: that it is whole, that it is a database of decnet's, and of a version that this build knows. A database at the
// path is ErrExists, or with replace is kept beside, under the name that is returned. One that is in use is ErrInUse in any case.
func Restore(ctx context.Context, from, path string, replace bool) (kept string, err error) {
	if err := check(ctx, from); err != nil {
		return "", fmt.Errorf("%s can't be restored: %w", from, err)
	}
	exists, err := existing(path)
	if err != nil {
		return "", err
	}
	if exists && !replace {
		return "", ErrExists
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	incoming := path + ".restore"
	if err := copyDatabase(ctx, from, incoming); err != nil {
		return "", fmt.Errorf("copy %s: %w", from, err)
	}
	if exists {
		if kept, err = setAside(ctx, path); err != nil {
			return "", errors.Join(err, removeAll(incoming))
		}
	}
	if err := os.Rename(incoming, path); err != nil {
		return kept, fmt.Errorf("set the database in place: %w", err)
	}
	return kept, syncFolder(filepath.Dir(path))
}

// check refuses what is no whole database of a version that this build knows.
func check(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return errors.New("it is no database")
	}
	return withSQLite(path, url.Values{"mode": {"ro"}}, func(db *sql.DB) error {
		var verdict string
		if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
			return fmt.Errorf("it is damaged, or no database: %w", err)
		}
		if verdict != "ok" {
			return fmt.Errorf("it is damaged: %s", verdict)
		}
		return checkVersion(ctx, db)
	})
}

// checkVersion refuses a database that is not ours, or that a newer build has migrated.
func checkVersion(ctx context.Context, db *sql.DB) error {
	var ours int
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('goose_db_version', 'counters', 'journal')").Scan(&ours)
	if err != nil {
		return fmt.Errorf("read its tables: %w", err)
	}
	if ours != 3 {
		return errors.New("it is not a database of decnet's")
	}
	var have int64
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&have); err != nil {
		return fmt.Errorf("read its version: %w", err)
	}
	p, err := provider(db, "sqlite")
	if err != nil {
		return err
	}
	return known(have, p)
}

// parts are what SQLite adds to a database's name for each of its files. A log without its database counts as one: SQLite would apply it to whatever
// is put in place.
var parts = []string{"", "-wal", "-shm", "-journal"}

func existing(path string) (bool, error) {
	for _, part := range parts {
		_, err := os.Stat(path + part)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return false, fmt.Errorf("look for the database: %w", err)
		}
	}
	return false, nil
}

// removeAll deletes a database, as far as it is there.
func removeAll(path string) error {
	for _, part := range parts {
		if err := os.Remove(path + part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// setAside renames a database that nobody uses, with its write-ahead log, and returns its new name.
func setAside(ctx context.Context, path string) (string, error) {
	// Leaving the write-ahead log needs the database for oneself: SQLite refuses as long as anyone has it open. Damage is no reason to refuse: it may
	// be why something is restored.
	err := withSQLite(path, url.Values{"mode": {"rw"}, "_busy_timeout": {"0"}}, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
		return err
	})
	var refused sqlite3.Error
	if errors.As(err, &refused) && (refused.Code == sqlite3.ErrBusy || refused.Code == sqlite3.ErrLocked) {
		return "", ErrInUse
	}
	kept := path + ".before-restore"
	if err := removeAll(kept); err != nil {
		return "", fmt.Errorf("remove what an earlier restore replaced: %w", err)
	}
	for _, part := range parts {
		if err := os.Rename(path+part, kept+part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("set the old database aside: %w", err)
		}
	}
	return kept, nil
}

// syncFolder makes renames in a folder survive a power cut.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
