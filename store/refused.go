package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"decnet/ent"
)

// Refused tells whether a write failed for a value in it that no column takes, and would fail again for as long as it is in it. What breaks a constraint
// is another matter: that depends on the rows that are there.
func Refused(err error) bool {
	if ent.IsValidationError(err) {
		return true
	}
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "22") // the class of data exceptions
	}
	var lite sqlite3.Error
	return errors.As(err, &lite) && (lite.Code == sqlite3.ErrTooBig || lite.Code == sqlite3.ErrMismatch)
}
