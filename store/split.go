package store

import (
	"context"
	"database/sql"
	"errors"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// split sends queries to the readers and transactions to the writer, so that one Ent client serves both: an entity that has left its
// transaction reads its edges from the readers.
type split struct {
	*entsql.Driver // the readers
	writer         *entsql.Driver
}

var errNoDoor = errors.New("writes pass Store.Write")

// Exec refuses: nothing is written outside a transaction of the door.
func (*split) Exec(context.Context, string, any, any) error { return errNoDoor }

// ExecContext refuses like Exec.
func (*split) ExecContext(context.Context, string, ...any) (sql.Result, error) { return nil, errNoDoor }

// Tx begins the door's transaction.
func (s *split) Tx(ctx context.Context) (dialect.Tx, error) { return s.writer.Tx(ctx) }

// BeginTx begins a reader's transaction when it is read-only, the door's else.
func (s *split) BeginTx(ctx context.Context, o *sql.TxOptions) (dialect.Tx, error) {
	if o != nil && o.ReadOnly {
		return s.Driver.BeginTx(ctx, o)
	}
	return s.writer.BeginTx(ctx, o)
}
