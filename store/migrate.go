package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"
)

//go:embed migrations
var migrations embed.FS

// Migrations are the SQL files of a kind of database, "sqlite" or "postgres", as goose takes them.
func Migrations(name string) (fs.FS, error) {
	files, err := fs.Sub(migrations, "migrations/"+name)
	if err != nil {
		return nil, fmt.Errorf("find the migrations: %w", err)
	}
	return files, nil
}

// migrationWait bounds the wait for another server that migrates the same database.
const migrationWait = 5 * time.Minute

// postgresMigration is the key of the advisory lock that one server at a time migrates under.
const postgresMigration = postgresDoor + 1

// migrate brings the tables to this build's version, alone: several servers may start at once.
func (s *Store) migrate(ctx context.Context, dsn string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, migrationWait, fmt.Errorf("not done within %s: does another server migrate it, and stand still?", migrationWait))
	defer cancel()
	var err error
	if s.name == "postgres" {
		err = migratePostgres(ctx, dsn)
	} else {
		err = s.migrateSQLite(ctx)
	}
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("migrate the database: %w", errors.Join(context.Cause(ctx), err))
	}
	return err
}

// migratePostgres migrates over connections of its own: a migration may take longer than a write. The lock is a transaction's, not a session's: poolers that
// give each transaction another session know no other.
func migratePostgres(ctx context.Context, dsn string) (err error) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // which is what gives the lock back
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(postgresMigration)); err != nil {
		return fmt.Errorf("wait for the lock of migrations: %w", err)
	}
	return migrate(ctx, db, "postgres")
}

// migrateSQLite migrates under the lock of a file beside the database. To lock the database itself would meddle with SQLite's own locks: they go when
// any descriptor of the file is closed.
func (s *Store) migrateSQLite(ctx context.Context) (err error) {
	f, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the lock of migrations: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }() // which gives it back
	if err := lockFile(ctx, f); err != nil {
		return fmt.Errorf("wait for the lock of migrations: %w", err)
	}
	return migrate(ctx, s.writeDB, "sqlite")
}

// lockFile waits until nobody else holds the file's lock.
func lockFile(ctx context.Context, f *os.File) error {
	tick := time.NewTicker(lockLook)
	defer tick.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// lockLook is how often a file's lock is tried for: who waits in the kernel for it can't be called back.
const lockLook = 20 * time.Millisecond

// migrate brings the tables to this build's version. A database that a newer build has migrated is refused.
func migrate(ctx context.Context, db *sql.DB, name string) error {
	p, err := provider(db, name)
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	if err := known(have, p); err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

func provider(db *sql.DB, name string) (*goose.Provider, error) {
	files, err := Migrations(name)
	if err != nil {
		return nil, err
	}
	dial := map[string]goose.Dialect{"sqlite": goose.DialectSQLite3, "postgres": goose.DialectPostgres}[name]
	p, err := goose.NewProvider(dial, db, files)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

// known refuses a version that is newer than this build's.
func known(have int64, p *goose.Provider) error {
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fmt.Errorf("the database has version %d and this build knows %d at most: run a newer decnetd, or restore the backup made before the upgrade", have, newest)
	}
	return nil
}
