package store_test

import (
	"database/sql"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/store"
	"decnet/store/storetest"
)

// Servers that start at once on one database all start: one that is new, and one of an older build.
func TestServersThatStartTogetherAllStart(t *testing.T) {
	const rounds, servers = 3, 3
	start := func(t *testing.T, o store.Options) {
		t.Helper()
		errs := make([]error, servers)
		var wg sync.WaitGroup
		for i := range servers {
			wg.Go(func() {
				s, err := store.Open(t.Context(), o)
				if err == nil {
					err = errors.Join(s.Write(t.Context(), nothing), s.Close())
				}
				errs[i] = err
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
	}
	for range rounds {
		storetest.EachEmpty(t, func(t *testing.T, o store.Options) {
			start(t, o)
			// As an older build has it.
			driver, source := "sqlite3", o.Path
			if o.URL != "" {
				driver, source = "pgx", o.URL
			}
			db, err := sql.Open(driver, source)
			require.NoError(t, err)
			for _, q := range []string{"DROP INDEX lifecycle_decky_ref_status", "DROP INDEX lifecycle_decky_ref", "CREATE INDEX lifecycle_decky_ref ON lifecycles (decky_ref)",
				"ALTER TABLE interactions DROP COLUMN origin", "DELETE FROM goose_db_version WHERE version_id >= 20261126191636"} {
				_, err := db.Exec(q)
				require.NoError(t, err)
			}
			require.NoError(t, db.Close())
			start(t, o)
		})
	}
}
