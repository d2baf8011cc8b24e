package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the tables to this build's version, over a connection of its own on PostgreSQL: a migration may take longer than a write.
func (s *Store) migrate(ctx context.Context, dsn string) error {
	if s.name != "postgres" {
		return migrate(ctx, s.writeDB, s.name)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	return errors.Join(migrate(ctx, db, s.name), db.Close())
}

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
	files, err := fs.Sub(migrations, "migrations/"+name)
	if err != nil {
		return nil, fmt.Errorf("find the migrations: %w", err)
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
