// Package storetest opens databases for tests: SQLite always, and PostgreSQL where DECNET_TEST_POSTGRES gives the URL of a server
// on which databases may be made and dropped.
package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"decnet/seal"
	"decnet/store"
)

// New opens a new SQLite database that goes with the test.
func New(t testing.TB) *store.Store {
	t.Helper()
	return open(t, store.Options{Path: filepath.Join(t.TempDir(), "decnet.db")})
}

// Each runs fn once for each kind of database that is at hand.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachEmpty(t, func(t *testing.T, o store.Options) { fn(t, open(t, o)) })
}

// EachEmpty runs fn once for each kind of database that is at hand: an empty one, for the test to open.
func EachEmpty(t *testing.T, fn func(t *testing.T, o store.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, store.Options{Path: filepath.Join(t.TempDir(), "decnet.db")}) })
	OnPostgres(t, fn)
}

// OnPostgres is EachEmpty for what is a matter of PostgreSQL's alone.
func OnPostgres(t *testing.T, fn func(t *testing.T, o store.Options)) {
	t.Helper()
	if server := os.Getenv("DECNET_TEST_POSTGRES"); server != "" {
		t.Run("postgres", func(t *testing.T) { fn(t, store.Options{URL: scratch(t, server)}) })
	}
}

// Older takes a database that is open nowhere to a version: forward, or back by the migrations' own way.
func Older(t *testing.T, o store.Options, version int64) {
	t.Helper()
	driver, source, name, dialect := "sqlite3", o.Path, "sqlite", goose.DialectSQLite3
	if o.URL != "" {
		driver, source, name, dialect = "pgx", o.URL, "postgres", goose.DialectPostgres
	}
	files, err := store.Migrations(name)
	require.NoError(t, err)
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	defer db.Close()
	p, err := goose.NewProvider(dialect, db, files)
	require.NoError(t, err)
	have, err := p.GetDBVersion(t.Context())
	require.NoError(t, err)
	if have < version {
		_, err = p.UpTo(t.Context(), version)
	} else {
		_, err = p.DownTo(t.Context(), version)
	}
	require.NoError(t, err)
}

// key seals what is secret in the tests' databases.
var key = sync.OnceValues(func() (*seal.Key, error) { return seal.NewKey(bytes.Repeat([]byte("k"), 32)) })

func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	k, err := key()
	if err != nil {
		t.Fatal(err)
	}
	seal.Use(k)
	s, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

var scratches atomic.Int64

// scratch makes a database of its own for the test on the server and returns its URL.
func scratch(t *testing.T, server string) string {
	t.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("decnet_test_%d_%d", os.Getpid(), scratches.Add(1))
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
		_ = db.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
