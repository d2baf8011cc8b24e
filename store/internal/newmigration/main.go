// Command newmigration writes the SQL that takes the newest migration's tables to what ent/schema now says, for both databases:
//
//	go run ./store/internal/newmigration NAME postgres://user@host/empty-database
//
// Read what it wrote before you commit it. For SQLite it likes to make a table anew to add a column with a default, and inside a migration's transaction dropping the
// old table takes the rows with it that refer to it: write ALTER TABLE … ADD COLUMN instead.
//
// The PostgreSQL database is scratch space: it must be empty and may be thrown away afterwards.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib" // the postgres driver
	_ "github.com/mattn/go-sqlite3"    // the sqlite3 driver

	"decnet/ent/migrate"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: newmigration NAME POSTGRES-URL")
	}
	name, pg := os.Args[1], os.Args[2]
	diff(name, dialect.SQLite, "sqlite3", "file:dev?mode=memory&cache=shared&_fk=1", "store/migrations/sqlite")
	diff(name, dialect.Postgres, "pgx", pg, "store/migrations/postgres")
}

func diff(name, dial, driver, dsn, path string) {
	dir, err := sqltool.NewGooseDir(path)
	if err != nil {
		log.Fatalf("open %s: %v", path, err)
	}
	// Atlas wants a file of checksums, which is of use to Atlas alone: goose applies the migrations. It lives as long as this takes.
	sum, err := dir.Checksum()
	if err != nil {
		log.Fatalf("sum up %s: %v", path, err)
	}
	if err := atlas.WriteSumFile(dir, sum); err != nil {
		log.Fatalf("sum up %s: %v", path, err)
	}
	defer os.Remove(filepath.Join(path, atlas.HashFileName))
	drv, err := entsql.Open(driver, dsn)
	if err != nil {
		log.Fatalf("open the %s scratch database: %v", dial, err)
	}
	defer drv.Close()
	m, err := schema.NewMigrate(entsql.OpenDB(dial, drv.DB()),
		schema.WithDir(dir), schema.WithMigrationMode(schema.ModeReplay), schema.WithDialect(dial),
		schema.WithFormatter(sqltool.GooseFormatter), schema.WithDropColumn(true), schema.WithDropIndex(true))
	if err != nil {
		log.Fatalf("prepare the %s migration: %v", dial, err)
	}
	tables, err := schema.CopyTables(migrate.Tables)
	if err != nil {
		log.Fatalf("copy the tables: %v", err)
	}
	if err := m.NamedDiff(context.Background(), name, tables...); err != nil {
		log.Fatalf("diff %s: %v", dial, err)
	}
}
