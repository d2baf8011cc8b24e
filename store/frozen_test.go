package store_test

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/store"
	"decnet/store/storetest"
)

// brief is how long these tests let PostgreSQL take over a statement.
const brief = time.Second

func nothing(context.Context, *store.Tx) error { return nil }

// onPostgres runs fn on an empty PostgreSQL, where there is one, that is to be opened with brief patience.
func onPostgres(t *testing.T, fn func(t *testing.T, o store.Options)) {
	storetest.OnPostgres(t, func(t *testing.T, o store.Options) {
		s, err := store.Open(t.Context(), o) // the migrations may take longer
		require.NoError(t, err)
		require.NoError(t, s.Close())
		o.Patience = brief
		fn(t, o)
	})
}

// ends fails the test when fn goes on for ever.
func ends(t *testing.T, what string, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s goes on for ever", what)
	}
}

// Somebody holds the write lock and does nothing: whoever waits is told, leaves when they have to, and can close.
func TestALockThatIsHeldForeverHoldsNobodyForever(t *testing.T) {
	onPostgres(t, func(t *testing.T, o store.Options) {
		s, err := store.Open(t.Context(), o)
		require.NoError(t, err)
		db, err := sql.Open("pgx", o.URL)
		require.NoError(t, err)
		defer db.Close()
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = tx.Exec("SELECT pg_advisory_xact_lock($1)", 0x6465636e6574)
		require.NoError(t, err)

		ends(t, "a write", func() { err = s.Write(context.Background(), nothing) })
		require.ErrorContains(t, err, "another server has held the write lock for too long")

		ctx, cancel := context.WithTimeout(t.Context(), brief/10)
		defer cancel()
		ends(t, "a write with a deadline", func() { err = s.Write(ctx, nothing) })
		require.ErrorIs(t, err, context.DeadlineExceeded)

		left := make(chan error, 1)
		go func() { left <- s.Write(context.Background(), nothing) }()
		ends(t, "to close", func() { require.NoError(t, s.Close()) })
		require.Error(t, <-left)

		require.NoError(t, tx.Rollback())
		s, err = store.Open(t.Context(), o)
		require.NoError(t, err)
		require.NoError(t, s.Write(t.Context(), nothing))
		require.NoError(t, s.Close())
	})
}

// A server is suspended in the middle of a write: the others wait no longer than PostgreSQL waits for it, and it goes on when it wakes.
func TestAServerThatStandsStillLosesTheDoor(t *testing.T) {
	onPostgres(t, func(t *testing.T, o store.Options) {
		open := func() *store.Store {
			s, err := store.Open(t.Context(), o)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			return s
		}
		suspended, other := open(), open()
		inside, awake, woken := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		wake := sync.OnceFunc(func() { close(awake) })
		t.Cleanup(wake) // before the stores close, which wait for it
		go func() {
			woken <- suspended.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Next(ctx, "journal", 1); err != nil {
					return err
				}
				close(inside)
				<-awake
				return nil
			})
		}()
		<-inside
		var err error
		ends(t, "a write of the other's", func() { err = other.Write(context.Background(), nothing) })
		require.NoError(t, err)
		wake()
		require.Error(t, <-woken, "what it had written is gone, and it is told")
		c, err := other.Read.Counter.Get(t.Context(), "journal")
		require.NoError(t, err)
		require.Zero(t, c.Value)
		require.NoError(t, suspended.Write(t.Context(), nothing))
	})
}

// The network drops everything from one moment on: a write ends by its own deadline.
func TestADatabaseThatFallsSilentFailsTheWrite(t *testing.T) {
	onPostgres(t, func(t *testing.T, o store.Options) {
		u, err := url.Parse(o.URL)
		require.NoError(t, err)
		wire := newWire(t, u.Host)
		u.Host = wire.address
		o.URL = u.String()
		s, err := store.Open(t.Context(), o)
		require.NoError(t, err)
		err = nil
		ends(t, "a write", func() {
			err = s.Write(context.Background(), func(ctx context.Context, tx *store.Tx) error {
				wire.cut()
				_, err := tx.Next(ctx, "journal", 1)
				return err
			})
		})
		require.ErrorContains(t, err, "the database did not answer a write within 1.5s")
		ends(t, "to close", func() { _ = s.Close() })
	})
}

// wire is a way to a server on which nothing comes through any more once it is cut.
type wire struct {
	address string
	silent  chan struct{}
	cut     func()
}

func newWire(t *testing.T, to string) *wire {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{address: l.Addr().String(), silent: make(chan struct{})}
	w.cut = sync.OnceFunc(func() { close(w.silent) })
	over := make(chan struct{})
	var wg sync.WaitGroup
	t.Cleanup(func() { close(over); _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				t.Error(err)
				return
			}
			for _, way := range [][2]net.Conn{{from, there}, {there, from}} {
				wg.Go(func() { _, _ = io.Copy(way[1], muted{way[0], w.silent}) })
			}
			wg.Go(func() { <-over; _, _ = from.Close(), there.Close() })
		}
	})
	return w
}

// muted swallows what comes once silent is closed.
type muted struct {
	io.Reader

	silent chan struct{}
}

func (m muted) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	select {
	case <-m.silent:
		return 0, err
	default:
		return n, err
	}
}
