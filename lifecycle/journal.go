package lifecycle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"decnet/ent"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/ent/predicate"
	"decnet/ent/schema/schematype"
	"decnet/failpoint"
	"decnet/pid"
	"decnet/store"
)

// Where a crash finds a lifecycle that has moved and whose entry is not, or just, written.
var (
	beforeAppend = failpoint.New("journal.append.before")
	afterAppend  = failpoint.New("journal.append.after")
)

// ErrMoved says that a lifecycle was no longer where the caller thought: somebody else moved it first.
var ErrMoved = errors.New("the lifecycle has moved on")

// Journal writes lifecycles and their entries. All its methods work inside the caller's transaction and ring the bells once it is
// committed.
type Journal struct {
	// Moved, where given, hears of each lifecycle that has come into its status, once that is committed. It must be quick.
	Moved func(*ent.Lifecycle)

	bells *Bells
	now   func() time.Time

	mu      sync.Mutex
	runners []*Runner // they may take up a lifecycle in the transaction that makes it
}

// starting is the stage in which a lifecycle becomes RUNNING.
const starting = "starting"

// NewJournal returns a journal that rings the bells and dates entries by now.
func NewJournal(bells *Bells, now func() time.Time) *Journal {
	return &Journal{bells: bells, now: func() time.Time { return store.Time(now()) }}
}

// Now is the journal's clock, as the database keeps moments.
func (j *Journal) Now() time.Time { return j.now() }

// New says what a lifecycle is to do.
type New struct {
	Decky      *ent.Decky
	Deployment string // its name
	Operation  entlifecycle.Operation
	Trigger    entlifecycle.Trigger
	Actor      string // "" is the server itself
	From, To   []string
	Generation int
	Stage      string // why it is there; "" is that it waits for a runner
	Reshape    *schematype.Reshape
	RetryOf    *pid.ID
}

// waiting is the stage of a lifecycle that nobody has taken up.
const waiting = "waiting for a runner"

// Create adds a PENDING lifecycle and its first entry. It is returned as it is then: a runner with a free worker takes it up in the same transaction.
func (j *Journal) Create(ctx context.Context, tx *store.Tx, n New) (*ent.Lifecycle, error) {
	parent, span := accepted(ctx, n)
	defer span.End()
	stage := cmp.Or(n.Stage, waiting)
	c := tx.Lifecycle.Create().SetTraceParent(parent).
		SetDeckyID(n.Decky.ID).SetDeckyRef(n.Decky.ID).SetDeckyName(n.Decky.Name).SetDeploymentName(n.Deployment).
		SetOperation(n.Operation).SetTrigger(n.Trigger).SetStage(stage).
		SetFromServices(n.From).SetToServices(n.To).SetGeneration(n.Generation).
		SetNillableRetryOf(n.RetryOf).SetCreatedAt(j.now()).SetSeq(1)
	if n.Actor != "" {
		c.SetActor(n.Actor)
	}
	if n.Reshape != nil {
		c.SetReshape(n.Reshape)
	}
	r, err := j.freeRunner(ctx, tx, n.Decky.ID)
	if err != nil {
		return nil, err
	}
	if r != nil {
		r.born(c)
	}
	lc, err := c.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("create the lifecycle: %w", err)
	}
	if r == nil {
		tx.AfterCommit(j.bells.Work.Ring)
		return lc, j.append(ctx, tx, move{lc, j.now()})
	}
	first := *lc
	first.Status, first.Stage, first.Seq, first.Attempt = entlifecycle.StatusPending, &stage, 1, 0
	first.LeaseOwner, first.LeaseExpiresAt, first.StartedAt = "", nil, nil
	tx.AfterCommit(func() { r.release(lc.Unwrap()) })
	return &first, j.append(ctx, tx, move{&first, j.now()}, move{lc, j.now()})
}

// freeRunner returns a runner that keeps a worker for a lifecycle of the decky that is being made. It is nil when there is none, or when something of the
// decky is in the way.
func (j *Journal) freeRunner(ctx context.Context, tx *store.Tx, decky pid.ID) (*Runner, error) {
	r := j.promised()
	if r == nil {
		return nil, nil
	}
	tx.AfterRollback(func() { r.release(nil) })
	open, err := tx.Lifecycle.Query().Where(entlifecycle.DeckyRef(decky), entlifecycle.StatusIn(entlifecycle.StatusPending, entlifecycle.StatusRunning)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for what is in the way: %w", err)
	}
	if open {
		tx.AfterCommit(func() { r.release(nil) })
		return nil, nil
	}
	return r, nil
}

func (j *Journal) promised() *Runner {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.runners {
		if r.promise() {
			return r
		}
	}
	return nil
}

func (j *Journal) employ(r *Runner) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.runners = append(j.runners, r)
}

// Step moves a lifecycle: change says to what, where from what. It is ErrMoved when the row is not where `where` wants it.
func (j *Journal) Step(ctx context.Context, tx *store.Tx, id pid.ID, change func(*ent.LifecycleUpdate), where ...predicate.Lifecycle) (*ent.Lifecycle, error) {
	return j.stepAfter(ctx, tx, id, nil, change, where...)
}

// stepAfter is Step after stages of its work that nobody has written down yet: each is an entry of its own, before the step's.
func (j *Journal) stepAfter(ctx context.Context, tx *store.Tx, id pid.ID, stages []stage, change func(*ent.LifecycleUpdate), where ...predicate.Lifecycle) (*ent.Lifecycle, error) {
	return j.stepAt(ctx, tx, id, stages, j.now(), change, where...)
}

// stepAt is stepAfter for a step of an earlier moment.
func (j *Journal) stepAt(ctx context.Context, tx *store.Tx, id pid.ID, stages []stage, at time.Time, change func(*ent.LifecycleUpdate), where ...predicate.Lifecycle) (*ent.Lifecycle, error) {
	u := tx.Lifecycle.Update().Where(entlifecycle.ID(id)).Where(where...).AddSeq(1 + len(stages))
	change(u)
	n, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("move lifecycle %s: %w", id, err)
	}
	if n == 0 {
		return nil, ErrMoved
	}
	lc, err := tx.Lifecycle.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read lifecycle %s: %w", id, err)
	}
	// Its end may let another of the same decky go on; what was given back, or is to be broken off, wants a runner's eye.
	if Terminal(lc.Status) || lc.LeaseOwner == "" || lc.CancelRequested {
		tx.AfterCommit(j.bells.Work.Ring)
	}
	moves := make([]move, 0, 1+len(stages))
	for i, s := range stages {
		then := *lc
		then.Status, then.Stage, then.Seq = entlifecycle.StatusRunning, &s.words, lc.Seq-len(stages)+i
		moves = append(moves, move{&then, s.at})
	}
	return lc, j.append(ctx, tx, append(moves, move{lc, at})...)
}

// Supersede ends a PENDING lifecycle because another took its place.
func (j *Journal) Supersede(ctx context.Context, tx *store.Tx, id, by pid.ID) error {
	_, err := j.Step(ctx, tx, id, func(u *ent.LifecycleUpdate) {
		u.SetStatus(entlifecycle.StatusSuperseded).SetStage("superseded by " + string(by)).SetSupersededBy(by).SetCompletedAt(j.now())
	}, entlifecycle.StatusEQ(entlifecycle.StatusPending))
	return err
}

// Touch gives a decky that changes its new change number and rings for those who watch deckies.
func (j *Journal) Touch(ctx context.Context, tx *store.Tx) (int64, error) {
	tx.AfterCommit(j.bells.Touched.Ring)
	return tx.Next(ctx, "decky", 1)
}

// move is a lifecycle as it stood after a move, and when that was.
type move struct {
	*ent.Lifecycle
	at time.Time
}

// append journals moves of a lifecycle.
func (j *Journal) append(ctx context.Context, tx *store.Tx, moves ...move) error {
	beforeAppend.Hit()
	number, err := tx.Next(ctx, "journal", len(moves))
	if err != nil {
		return err
	}
	rows := make([]*ent.JournalEntryCreate, len(moves))
	for i, lc := range moves {
		rows[i] = tx.JournalEntry.Create().SetID(number + int64(i)).SetLifecycleID(lc.ID).SetSeq(lc.Seq).SetStatus(string(lc.Status)).
			SetAttempt(lc.Attempt).SetAt(lc.at).SetNillableStage(lc.Stage).
			SetDeckyRef(lc.DeckyRef).SetDeckyName(lc.DeckyName).SetDeploymentName(lc.DeploymentName)
		if j.Moved != nil && (lc.Seq == 1 || Terminal(lc.Status) || (lc.Stage != nil && *lc.Stage == starting)) {
			tx.AfterCommit(func() { j.Moved(lc.Lifecycle) })
		}
	}
	if err := tx.JournalEntry.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	afterAppend.Hit()
	tx.AfterCommit(j.bells.Grown.Ring)
	return nil
}

// Head returns the number of the journal's last entry, 0 when it has none.
func Head(ctx context.Context, c *ent.Client) (int64, error) {
	counter, err := c.Counter.Get(ctx, "journal")
	if err != nil {
		return 0, fmt.Errorf("read the journal's end: %w", err)
	}
	return counter.Value, nil
}
