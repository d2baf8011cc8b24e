package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/stretchr/testify/require"

	"decnet/ent/migrate"
	"decnet/store"
	"decnet/store/storetest"
)

func TestEveryDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("a write is all or nothing, alone and in company", func(t *testing.T) {
			ctx := context.Background()
			boom := errors.New("boom")
			var wg sync.WaitGroup
			errs := make([]error, 200)
			for i := range errs {
				wg.Go(func() {
					errs[i] = s.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
						if _, err := tx.Next(ctx, "journal", 1); err != nil {
							return err
						}
						if i%2 == 1 {
							return boom
						}
						return nil
					})
				})
			}
			wg.Wait()
			for i, err := range errs {
				if i%2 == 1 {
					require.ErrorIs(t, err, boom)
				} else {
					require.NoError(t, err)
				}
			}
			c, err := s.Read.Counter.Get(ctx, "journal")
			require.NoError(t, err)
			require.EqualValues(t, 100, c.Value, "every refused write took its number back")
		})
		t.Run("a panic is its caller's error and the door goes on", func(t *testing.T) {
			err := s.Write(context.Background(), func(context.Context, *store.Tx) error { panic("oh") })
			require.ErrorContains(t, err, "oh")
			require.NoError(t, s.Write(context.Background(), func(context.Context, *store.Tx) error { return nil }))
		})
		t.Run("a caller that has left is not served", func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			require.Error(t, s.Write(ctx, func(context.Context, *store.Tx) error { return nil }))
		})
		t.Run("a value that no column takes is told from a constraint", func(t *testing.T) {
			add := func(id string) error {
				return s.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
					return tx.Counter.Create().SetID(id).SetValue(1).Exec(ctx)
				})
			}
			require.False(t, store.Refused(nil))
			err := add("journal")
			require.Error(t, err, "there is one")
			require.False(t, store.Refused(err))
			if s.Name() == "postgres" {
				require.True(t, store.Refused(add("a\x00b")))
			}
		})
		t.Run("what follows a commit runs only after one", func(t *testing.T) {
			ran := 0
			_ = s.Write(context.Background(), func(_ context.Context, tx *store.Tx) error {
				tx.AfterCommit(func() { ran += 10 })
				return errors.New("no")
			})
			require.NoError(t, s.Write(context.Background(), func(_ context.Context, tx *store.Tx) error {
				tx.AfterCommit(func() { ran++ })
				return nil
			}))
			require.Equal(t, 1, ran)
		})
	})
}

func TestOpenRefusesANewerDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decnet.db")
	s, err := store.Open(context.Background(), store.Options{Path: path})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite3", path)
	require.NoError(t, err)
	_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999999999999, 1)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = store.Open(context.Background(), store.Options{Path: path})
	require.ErrorContains(t, err, "newer decnetd")
}

// The migrations must lead to exactly the tables that the Ent schema describes.
func TestMigrationsMatchTheSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decnet.db")
	s, err := store.Open(context.Background(), store.Options{Path: path})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite3", "file:"+path+"?_fk=1")
	require.NoError(t, err)
	defer db.Close()
	var changes []string
	m, err := schema.NewMigrate(entsql.OpenDB(dialect.SQLite, db), schema.WithDropColumn(true), schema.WithDropIndex(true),
		schema.WithApplyHook(func(schema.Applier) schema.Applier {
			return schema.ApplyFunc(func(_ context.Context, _ dialect.ExecQuerier, plan *atlas.Plan) error {
				for _, c := range plan.Changes {
					changes = append(changes, c.Cmd)
				}
				return nil
			})
		}))
	require.NoError(t, err)
	require.NoError(t, m.Create(context.Background(), migrate.Tables...))
	require.Empty(t, changes, "run: go run ./store/internal/newmigration NAME postgres://…")
}

// What keeps a SQLite file from being used is told with what to do.
func TestAFileThatCantBeUsedIsToldOfInWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decnet.db")
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("no database. "), 1000), 0o600))
	_, err := store.Open(t.Context(), store.Options{Path: path})
	require.ErrorContains(t, err, path+" is damaged, or no database: put a backup in its place")

	path = filepath.Join(t.TempDir(), "decnet.db")
	other, err := sql.Open("sqlite3", "file:"+path+"?_txlock=exclusive")
	require.NoError(t, err)
	defer other.Close()
	tx, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback()) }()
	_, err = store.Open(t.Context(), store.Options{Path: path})
	require.ErrorContains(t, err, path+" is locked by another program: end that one first")
}
