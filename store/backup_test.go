package store_test

import (
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/pid"
	"decnet/store"
	"decnet/store/storetest"
)

// patience bounds every wait of a test.
const patience = time.Minute

// take writes a backup of a store to a file of its own.
func take(t *testing.T, s *store.Store) string {
	t.Helper()
	r, size, err := s.Backup(t.Context())
	require.NoError(t, err)
	defer r.Close()
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Len(t, b, int(size))
	path := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	return path
}

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestABackupUnderLoadIsOneMoment(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "decnet.db"))
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	defer writers.Wait()
	defer cancel()
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				// Two rows that are always equal, as far as anyone may see.
				_ = s.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
					if _, err := tx.Next(ctx, "journal", 1); err != nil {
						return err
					}
					_, err := tx.Next(ctx, "decky", 1)
					return err
				})
			}
		})
	}
	last := int64(0)
	for range 5 {
		require.Eventually(t, func() bool {
			c, err := s.Read.Counter.Get(t.Context(), "journal")
			return err == nil && c.Value > last
		}, patience, time.Millisecond)
		copied := open(t, take(t, s))
		journal, err := copied.Read.Counter.Get(t.Context(), "journal")
		require.NoError(t, err)
		decky, err := copied.Read.Counter.Get(t.Context(), "decky")
		require.NoError(t, err)
		require.Equal(t, journal.Value, decky.Value)
		require.Greater(t, journal.Value, last)
		last = journal.Value
	}
	left, err := filepath.Glob(filepath.Join(dir, "*backup*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestOneBackupAtATime(t *testing.T) {
	s := storetest.New(t)
	r, _, err := s.Backup(t.Context())
	require.NoError(t, err)
	_, _, err = s.Backup(t.Context())
	require.ErrorIs(t, err, store.ErrBackupRunning)
	go func() { _ = r.Close() }() // as the server does, when its client has all of it and may ask for the next
	take(t, s)
}

// A copy that nobody waits for any more, and what a crash left of one, are in no way of the next.
func TestABackupThatBrokeOffLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "decnet.db"))
	files := func() []string {
		left, err := filepath.Glob(filepath.Join(dir, "decnet.db.backup*"))
		require.NoError(t, err)
		return left
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.Backup(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, files())
	for _, name := range []string{"decnet.db.backup", "decnet.db.backup-journal"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("left by a crash"), 0o600))
	}
	require.Equal(t, s.Name(), open(t, take(t, s)).Name())
	require.Empty(t, files())
}

// A copy is another life of the database: other cursors, and nobody signed in.
func TestACopyBeginsANewEpoch(t *testing.T) {
	s := storetest.New(t)
	require.NoError(t, s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.User.Create().SetUsername("alice").SetPasswordHash("x").SetRole("ADMIN").SetCreatedAt(store.Now()).Save(ctx)
		if err != nil {
			return err
		}
		return tx.Token.Create().SetID(pid.New(pid.Token)).SetUserID(u.ID).SetHash([]byte("h")).SetExpiresAt(store.Now()).SetCreatedAt(store.Now()).Exec(ctx)
	}))
	path := take(t, s)
	copied := open(t, path)
	require.NotEqual(t, s.Epoch(), copied.Epoch())
	users, err := copied.Read.User.Query().Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, users)
	tokens, err := copied.Read.Token.Query().Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, tokens)
	was := copied.Epoch()
	require.NoError(t, copied.Close())
	require.Equal(t, was, open(t, path).Epoch(), "only at the first start")
	require.Equal(t, s.Installation(), open(t, path).Installation(), "the deckies out there are still its own")
}

func TestPostgresIsBackedUpByItsOwnTools(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if s.Name() == "postgres" {
			_, _, err := s.Backup(t.Context())
			require.ErrorIs(t, err, store.ErrBackupElsewhere)
			require.ErrorContains(t, err, "pg_dump")
		}
	})
}

// Whoever restores by other means marks the copy by hand.
func TestAMarkedDatabaseBeginsANewEpoch(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, o store.Options) {
		s, err := store.Open(t.Context(), o)
		require.NoError(t, err)
		was := s.Epoch()
		require.NoError(t, s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO counters (id, value) VALUES ('restored', 1)")
			return err
		}))
		require.NoError(t, s.Close())
		var servers [2]*store.Store
		for i := range servers { // of which the second finds it done
			servers[i], err = store.Open(t.Context(), o)
			require.NoError(t, err)
			defer servers[i].Close()
		}
		require.NotEqual(t, was, servers[0].Epoch())
		require.Equal(t, servers[0].Epoch(), servers[1].Epoch())
	})
}

// A database of an earlier build keeps its rows and gets what it lacks.
func TestOpenMigratesAnOlderDatabase(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, o store.Options) {
		storetest.Older(t, o, 20261123000001)
		driver, dsn := "sqlite3", o.Path
		if o.URL != "" {
			driver, dsn = "pgx", o.URL
		}
		db, err := sql.Open(driver, dsn)
		require.NoError(t, err)
		_, err = db.Exec("UPDATE counters SET value = 7 WHERE id = 'interaction'")
		require.NoError(t, err)
		require.NoError(t, db.Close())

		s, err := store.Open(t.Context(), o)
		require.NoError(t, err)
		defer s.Close()
		span, err := store.SpanOf(t.Context(), s.Read, "interaction")
		require.NoError(t, err)
		require.Equal(t, store.Span{Head: 7}, span)
		require.NotZero(t, s.Epoch())
	})
}

func TestRestore(t *testing.T) {
	count := func(t *testing.T, s *store.Store) int64 {
		c, err := s.Read.Counter.Get(t.Context(), "journal")
		require.NoError(t, err)
		return c.Value
	}
	write := func(t *testing.T, s *store.Store) {
		require.NoError(t, s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Next(ctx, "journal", 1)
			return err
		}))
	}
	source := storetest.New(t)
	write(t, source)
	backup := take(t, source)

	t.Run("into an empty folder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "new", "decnet.db")
		_, err := store.Restore(t.Context(), backup, path, false)
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		s := open(t, path)
		require.EqualValues(t, 1, count(t, s))
		write(t, s)
	})
	t.Run("over a database, which is kept beside", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "decnet.db")
		s := open(t, path)
		for range 3 {
			write(t, s)
		}
		_, err := store.Restore(t.Context(), backup, path, false)
		require.ErrorIs(t, err, store.ErrExists)
		_, err = store.Restore(t.Context(), backup, path, true)
		require.ErrorIs(t, err, store.ErrInUse)
		require.EqualValues(t, 3, count(t, s))
		require.NoError(t, s.Close())
		kept, err := store.Restore(t.Context(), backup, path, true)
		require.NoError(t, err)
		require.EqualValues(t, 1, count(t, open(t, path)))
		require.EqualValues(t, 3, count(t, open(t, kept)))
	})
	t.Run("over a damaged one", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "decnet.db")
		require.NoError(t, os.WriteFile(path, []byte("not a database at all"), 0o600))
		_, err := store.Restore(t.Context(), backup, path, true)
		require.NoError(t, err)
		require.EqualValues(t, 1, count(t, open(t, path)))
	})
	t.Run("beside a log that was left", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "decnet.db")
		require.NoError(t, os.WriteFile(path+"-wal", []byte("left"), 0o600))
		_, err := store.Restore(t.Context(), backup, path, false)
		require.ErrorIs(t, err, store.ErrExists)
		_, err = store.Restore(t.Context(), backup, path, true)
		require.NoError(t, err)
		require.EqualValues(t, 1, count(t, open(t, path)))
	})
	t.Run("the files of a server that crashed, with what is only in their log", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, filepath.Join(dir, "decnet.db"))
		write(t, s)
		write(t, s)
		crashed := t.TempDir()
		for _, part := range []string{"", "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, "decnet.db"+part))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(crashed, "copy.db"+part), b, 0o600))
		}
		path := filepath.Join(t.TempDir(), "decnet.db")
		_, err := store.Restore(t.Context(), filepath.Join(crashed, "copy.db"), path, false)
		require.NoError(t, err)
		restored := open(t, path)
		require.EqualValues(t, 2, count(t, restored))
		require.NotEqual(t, s.Epoch(), restored.Epoch())
	})
	t.Run("refuses what is no backup", func(t *testing.T) {
		bad := func(change func(t *testing.T, path string)) string {
			path := filepath.Join(t.TempDir(), "bad.db")
			b, err := os.ReadFile(backup)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, b, 0o600))
			change(t, path)
			return path
		}
		run := func(statement string) func(*testing.T, string) {
			return func(t *testing.T, path string) {
				db, err := sql.Open("sqlite3", path)
				require.NoError(t, err)
				_, err = db.Exec(statement)
				require.NoError(t, err)
				require.NoError(t, db.Close())
			}
		}
		for name, test := range map[string]struct{ file, says string }{
			"absent":  {filepath.Join(t.TempDir(), "none"), "no such file"},
			"a text":  {bad(func(t *testing.T, p string) { require.NoError(t, os.WriteFile(p, []byte("hello"), 0o600)) }), "no database"},
			"empty":   {bad(func(t *testing.T, p string) { require.NoError(t, os.Truncate(p, 0)) }), "no database"},
			"cut off": {bad(func(t *testing.T, p string) { require.NoError(t, os.Truncate(p, 40_000)) }), "damaged"},
			"another": {bad(run("DROP TABLE journal")), "not a database of decnet's"},
			"newer":   {bad(run("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999999999999, 1)")), "newer decnetd"},
		} {
			path := filepath.Join(t.TempDir(), "decnet.db")
			_, err := store.Restore(t.Context(), test.file, path, true)
			require.ErrorContains(t, err, test.says, name)
			left, err := filepath.Glob(path + "*")
			require.NoError(t, err)
			require.Empty(t, left, name)
		}
	})
}
