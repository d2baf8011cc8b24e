// Package store opens the database, brings its tables up to date and holds the one door that all writes pass.
//
// The database is the one truth of the system. SQLite is the default: WAL, foreign keys on, one writer and a pool of
// readers, synchronous=FULL so that what was accepted survives a power cut. PostgreSQL holds the same rows behind the same
// door.
//
// Reads go through [Store.Read] at any time. Writes go through [Store.Write]: one goroutine takes what has queued and commits it
// together, each function inside a savepoint of its own. A pool of writers starves under load; one writer with group
// commit is both durable and faster.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/mattn/go-sqlite3" // which is the driver, too

	"decnet/ent"
)

// Store is an open database.
type Store struct {
	// Read is for queries only, at any time, from any goroutine. It sees a write as soon as Write has returned.
	Read *ent.Client

	name    string
	readDB  *sql.DB
	writeDB *sql.DB
	door    *door
	epoch   int64
	// installation is read once: who asks within a write must not wait for a reader.
	installation string
	path         string        // SQLite's file
	copying      chan struct{} // full while a backup is taken
	behind       atomic.Int64  // by how much this machine's clock is behind the database's, in nanoseconds
	comparing    func()        // ends the comparing of clocks
}

// Options says which database to open.
type Options struct {
	// Path is SQLite's file; its folder is made when absent. Ignored when URL is given.
	Path string
	// URL is a PostgreSQL connection string, "postgres://user:password@host/database".
	URL string
	// Committed, where given, hears of each write transaction: how many writes it was made of, and what it took. It must be quick.
	Committed func(writes int, took time.Duration)
	// Patience, where given, takes the place of [Patience].
	Patience time.Duration
}

// Open opens the database, migrates it to the tables of this build and starts the write door.
func Open(ctx context.Context, o Options) (*Store, error) {
	var s *Store
	var err error
	patience, deadline := cmp.Or(o.Patience, Patience), time.Duration(0)
	if o.URL != "" {
		s, err = openPostgres(o.URL, patience)
		deadline = patience * 3 / 2
	} else {
		s, err = openSQLite(o.Path)
	}
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, o.URL); err != nil {
		return nil, errors.Join(inWords(s.path, err), s.closeDBs())
	}
	s.Read = ent.NewClient(ent.Driver(&split{Driver: entsql.OpenDB(s.Dialect(), s.readDB), writer: entsql.OpenDB(s.Dialect(), s.writeDB)}))
	whole(s.Read)
	s.door = newDoor(s.Read, s.name == "postgres", deadline, o.Committed)
	s.comparing = func() {}
	if err := s.awake(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.name == "postgres" {
		if err := s.setClock(ctx, time.Now); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		comparing, end := context.WithCancel(context.WithoutCancel(ctx))
		var done sync.WaitGroup
		done.Go(func() { s.compare(comparing) })
		s.comparing = func() { end(); done.Wait() }
	}
	return s, nil
}

// inWords says what to do about a SQLite file that can't be used; any other error it leaves as it is.
func inWords(path string, err error) error {
	var refused sqlite3.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("%s is locked by another program: end that one first (%w)", path, refused)
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt:
		return fmt.Errorf("%s is damaged, or no database: put a backup in its place with decnetd restore (%w)", path, refused)
	}
	return err
}

func openSQLite(path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("open the database: no path given")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	// SQLite would make it readable by everyone, and it holds the hashes of passwords.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("make the database: %w", err)
	}
	q := url.Values{"_fk": {"1"}, "_busy_timeout": {"5000"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_cache_size": {"-16000"}, "_stmt_cache_size": {"64"}}
	q.Set("_txlock", "immediate")
	w, err := sql.Open("sqlite3", sqliteDSN(path, q))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	w.SetMaxOpenConns(1)
	q.Del("_txlock")
	q.Set("mode", "ro")
	q.Set("_query_only", "1")
	r, err := sql.Open("sqlite3", sqliteDSN(path, q))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s for reading: %w", path, err), w.Close())
	}
	n := max(4, runtime.NumCPU())
	r.SetMaxOpenConns(n)
	r.SetMaxIdleConns(n)
	return &Store{name: "sqlite", path: path, copying: make(chan struct{}, 1), readDB: r, writeDB: w}, nil
}

// sqliteDSN is how the driver is told of a file and of options for it.
func sqliteDSN(path string, options url.Values) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + options.Encode()
}

func openPostgres(dsn string, patience time.Duration) (*Store, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return nil, errors.New(`open the database: the URL must begin with "postgres://"`)
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	// Set in the session, not at its start: there are poolers that refuse a start with settings.
	limits := fmt.Sprintf("SET statement_timeout = %d; SET lock_timeout = %[1]d; SET idle_in_transaction_session_timeout = %d", patience.Milliseconds(), (patience / 2).Milliseconds())
	w := stdlib.OpenDB(*c, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.PgConn().Exec(ctx, limits).ReadAll()
		return err
	}))
	w.SetMaxOpenConns(1) // the door's
	r, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open PostgreSQL for reading: %w", err), w.Close())
	}
	r.SetMaxOpenConns(16)
	r.SetMaxIdleConns(8)
	return &Store{name: "postgres", readDB: r, writeDB: w}, nil
}

// Name is "sqlite" or "postgres".
func (s *Store) Name() string { return s.name }

// Dialect is the database's name for Ent's SQL builder.
func (s *Store) Dialect() string {
	return map[string]string{"sqlite": dialect.SQLite, "postgres": dialect.Postgres}[s.name]
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.readDB.PingContext(ctx); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	return nil
}

// Installation names this database for good: what an engine's deckies are labelled with, so that two servers with databases of their own
// leave each other's alone.
func (s *Store) Installation() string { return s.installation }

// Snapshot runs fn on one consistent state of the database: what is committed meanwhile does not show. Entities that leave fn must be released, by
// [Release].
func (s *Store) Snapshot(ctx context.Context, fn func(c *ent.Client) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.name == "postgres" {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.Read.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin a reading transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return fn(tx.Client())
}

// Release lets entities that leave a transaction read their edges afterwards, from the readers. A list may hold one twice, as eager loading makes them,
// and nil.
func Release[E interface {
	comparable
	Unwrap() E
}](list []E) {
	var none E
	seen := map[E]bool{none: true}
	for _, e := range list {
		if !seen[e] {
			seen[e] = true
			e.Unwrap()
		}
	}
}

// Close waits for the transaction under way, refuses the writes that wait behind it, and closes the database.
func (s *Store) Close() error {
	s.comparing()
	s.door.close()
	return s.closeDBs()
}

func (s *Store) closeDBs() error { return errors.Join(s.readDB.Close(), s.writeDB.Close()) }

// Now is the moment as the database keeps it: UTC, in microseconds, which is all that PostgreSQL stores.
func Now() time.Time { return Time(time.Now()) }

// Time is t as the database keeps it.
func Time(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
