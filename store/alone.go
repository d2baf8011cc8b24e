package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrServed is a SQLite database that another server works with.
var ErrServed = errors.New("another decnetd works with this database")

// Alone takes a SQLite database for one server, until it is closed or its process is gone, however that ends: a second server would not hear of what the first one commits, and
// each would mend the other's deckies. Others may open the database meanwhile, for a look or to change a user. The lock is on a file beside the database, for the reasons of
// migrateSQLite, and not the one of migrations, which is held for moments.
func Alone(path string) (io.Closer, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(path+".server", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the server: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrServed
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
