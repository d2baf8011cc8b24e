package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"decnet/ent"
	"decnet/failpoint"
)

// Where a crash finds a batch that is written and not committed, and one that is committed while nobody has heard of it.
var (
	beforeCommit = failpoint.New("store.commit.before")
	afterCommit  = failpoint.New("store.commit.after")
)

// batchMax bounds how many writes share one commit, and so how long the first of them waits for the last.
const batchMax = 128

// PostgreSQL's words for a lock that was not had in time, by lock_timeout and by statement_timeout.
const (
	lockNotAvailable = "55P03"
	queryCanceled    = "57014"
)

// postgresDoor is the key of the advisory lock that makes the door one door for all servers on a database.
const postgresDoor = 0x6465636e6574 // "decnet"

// Patience is how long PostgreSQL may take over one statement of a write, the wait for the door among them: another server may hold it and stand still.
// Half of it is what a server may stand still inside a transaction before PostgreSQL ends that, so that the others still get the door; and half as
// much again is the whole write's deadline, for a database that does not answer at all.
const Patience = 10 * time.Second

// ErrClosed is what a write gets once the store is closing.
var ErrClosed = errors.New("the store is closed")

// Tx is one caller's part of a write transaction.
type Tx struct {
	*ent.Tx
	after, undone []func()
}

// AfterCommit has fn run once the transaction is committed and before Write returns. It does not run when anything fails. It must be quick: the
// door waits for it.
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// AfterRollback has fn run once it is clear that nothing of the transaction stays, as quickly.
func (t *Tx) AfterRollback(fn func()) { t.undone = append(t.undone, fn) }

// Next takes n numbers of a counter and returns the first of them. They become visible in their order: whoever sees a number
// sees all before it.
func (t *Tx) Next(ctx context.Context, counter string, n int) (int64, error) {
	rows, err := t.QueryContext(ctx, "UPDATE counters SET value = value + $1 WHERE id = $2 RETURNING value", n, counter)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", counter, err)
	}
	defer rows.Close()
	var last int64
	if !rows.Next() {
		return 0, errors.Join(fmt.Errorf("there is no counter %q", counter), rows.Err())
	}
	if err := rows.Scan(&last); err != nil {
		return 0, fmt.Errorf("count %s: %w", counter, err)
	}
	return last - int64(n) + 1, rows.Err()
}

type write struct {
	ctx context.Context
	// taken is set by the door when it begins, or by the caller when it leaves before: who sets it decides.
	taken atomic.Bool

	fn   func(ctx context.Context, tx *Tx) error
	done chan error
	tx   Tx
	err  error
}

type door struct {
	client   *ent.Client
	postgres bool
	deadline time.Duration                        // of a transaction; 0 for none: SQLite waits for nobody longer than its busy timeout
	observe  func(writes int, took time.Duration) // may be nil
	queue    chan *write
	quit     chan struct{}
	quitOnce sync.Once
	stopped  chan struct{}
}

func newDoor(c *ent.Client, postgres bool, deadline time.Duration, observe func(int, time.Duration)) *door {
	d := &door{client: c, postgres: postgres, deadline: deadline, observe: observe, queue: make(chan *write, batchMax), quit: make(chan struct{}), stopped: make(chan struct{})}
	go d.run()
	return d
}

func (d *door) close() {
	d.quitOnce.Do(func() { close(d.quit) })
	<-d.stopped
}

// Write runs fn in a transaction and returns once it is committed, durably. What fn returned is returned as it is, and then
// nothing of it was written. Entities that leave fn must be Unwrapped (ent's word for it). fn must not wait for anything but the
// database: every other writer waits for it. A write that has not begun when ctx ends is not made.
func (s *Store) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	w := &write{ctx: ctx, fn: withAlso(ctx, fn), done: make(chan error, 1)}
	select {
	case s.door.queue <- w:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.door.quit:
		return ErrClosed
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		if w.taken.CompareAndSwap(false, true) {
			return context.Cause(ctx)
		}
	case <-s.door.stopped:
	}
	// Once begun the outcome is the door's to tell: a caller that left early could not know whether it was committed.
	select {
	case err := <-w.done:
		return err
	case <-s.door.stopped:
		select {
		case err := <-w.done:
			return err
		default:
			return ErrClosed
		}
	}
}

func (d *door) run() {
	defer close(d.stopped)
	batch := make([]*write, 0, batchMax)
	for {
		batch = batch[:0]
		select {
		case <-d.quit:
			return // before what has queued, which is refused
		default:
		}
		select {
		case w := <-d.queue:
			batch = append(batch, w)
		case <-d.quit:
			return
		}
	gather:
		for len(batch) < batchMax {
			select {
			case w := <-d.queue:
				batch = append(batch, w)
			default:
				break gather
			}
		}
		d.commit(batch)
	}
}

func (d *door) commit(batch []*write) {
	// The batch belongs to all its callers: no one caller's deadline may end it.
	ctx := context.Background()
	if d.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.deadline)
		defer cancel()
	}
	began := time.Now()
	err := d.inTx(ctx, batch)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("the database did not answer a write within %s: %w", d.deadline, err)
	}
	if d.observe != nil {
		d.observe(len(batch), time.Since(began))
	}
	for _, w := range batch {
		if err != nil && (w.err == nil || errors.Is(w.err, context.DeadlineExceeded) || errors.Is(w.err, sql.ErrTxDone)) {
			w.err = err
		}
		outcome := w.tx.after
		if w.err != nil {
			outcome = w.tx.undone
		}
		for _, f := range outcome {
			f()
		}
		w.done <- w.err
	}
}

func (d *door) inTx(ctx context.Context, batch []*write) error {
	tx, err := d.client.Tx(ctx)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if d.postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", postgresDoor); err != nil {
			if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && (pg.Code == lockNotAvailable || pg.Code == queryCanceled) {
				return fmt.Errorf("another server has held the write lock for too long: %w", err)
			}
			return fmt.Errorf("take the write lock: %w", err)
		}
	}
	if len(batch) == 1 {
		w := batch[0]
		if w.err = w.run(ctx, tx); w.err != nil {
			return w.err
		}
		return commitTx(tx)
	}
	wrote := false
	for _, w := range batch {
		if _, err := tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
			return fmt.Errorf("set a savepoint: %w", err)
		}
		if w.err = w.run(ctx, tx); w.err != nil {
			if _, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT one"); err != nil {
				return fmt.Errorf("go back to a savepoint: %w", err)
			}
		} else {
			wrote = true
		}
		if _, err := tx.ExecContext(ctx, "RELEASE SAVEPOINT one"); err != nil {
			return fmt.Errorf("release a savepoint: %w", err)
		}
	}
	if !wrote {
		return nil
	}
	return commitTx(tx)
}

func commitTx(tx *ent.Tx) error {
	beforeCommit.Hit()
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	afterCommit.Hit()
	return nil
}

// run calls the caller's function. A panic is the caller's error, not the door's end.
func (w *write) run(ctx context.Context, tx *ent.Tx) (err error) {
	if w.ctx.Err() != nil || !w.taken.CompareAndSwap(false, true) {
		return context.Cause(w.ctx)
	}
	defer func() {
		if r := recover(); r != nil {
			slog.ErrorContext(w.ctx, "a write panicked", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("a write panicked: %v", r)
		}
	}()
	w.tx = Tx{Tx: tx}
	// The caller's values, and the batch's end, not the caller's: a statement that is broken off half-way would spoil the whole batch.
	return w.fn(within{ctx, context.WithoutCancel(w.ctx)}, &w.tx)
}

// within is a context that ends as one does, and has the values of another.
type within struct {
	context.Context

	values context.Context
}

func (c within) Value(key any) any { return c.values.Value(key) }
