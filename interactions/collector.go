package interactions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"decnet/decoy/event"
	"decnet/engine"
	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/eventposition"
	"decnet/ent/interaction"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
)

const (
	batchLines = 256
	batchDelay = 50 * time.Millisecond
	retryDelay = time.Second
	lookAnyway = 2 * time.Second
	lookAtMost = 200 * time.Millisecond
	// drainAtMost is how long a teardown waits for the lines that are left, and how long a decky that has gone is read on.
	drainAtMost = 10 * time.Second
)

// Collector reads the event lines of all deckies into rows.
type Collector struct {
	store  *store.Store
	engine engine.Engine
	bell   *lifecycle.Bell // rung when deckies change
	grown  *lifecycle.Bell // to ring when interactions were added
	now    func() time.Time
	log    *slog.Logger
}

// NewCollector returns a collector; Run makes it go.
func NewCollector(s *store.Store, e engine.Engine, bell, grown *lifecycle.Bell, now func() time.Time, log *slog.Logger) *Collector {
	return &Collector{store: s, engine: e, bell: bell, grown: grown, now: now, log: log}
}

// Run reads every decky's lines until ctx ends: one reader a decky, started and stopped as deckies come and go.
func (c *Collector) Run(ctx context.Context) {
	readers := map[pid.ID]reader{}
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(lookAnyway)
	defer tick.Stop()
	for {
		rung := c.bell.C()
		come, gone, err := c.moved(ctx, readers)
		if err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "can't read which deckies there are; trying again", "error", err)
		}
		for _, d := range come {
			readCtx, cancel := context.WithCancel(ctx)
			r := reader{cancel: cancel, gone: make(chan struct{})}
			readers[d.ID] = r
			wg.Go(func() { c.follow(readCtx, d, r.gone) })
		}
		for _, id := range gone {
			// What the engine still gives of it is evidence: the reading ends with the decky's lines, or when that takes too long.
			close(readers[id].gone)
			time.AfterFunc(drainAtMost, readers[id].cancel)
			delete(readers, id)
		}
		select {
		case <-rung:
			// Deckies come and go by the dozen: one look at all of them will do.
			select {
			case <-time.After(lookAtMost):
			case <-ctx.Done():
			}
		case <-tick.C:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			for _, r := range readers {
				r.cancel()
			}
			return
		}
	}
}

// reader is what is held of a decky's reader: how to end it, and how to tell it that there will be no more.
type reader struct {
	cancel context.CancelFunc
	gone   chan struct{}
}

// moved returns the deckies that nobody reads yet, and those that are read and no more.
func (c *Collector) moved(ctx context.Context, readers map[pid.ID]reader) (come []*ent.Decky, gone []pid.ID, err error) {
	here, err := c.store.Read.Decky.Query().IDs(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list the deckies: %w", err)
	}
	left := maps.Clone(readers)
	fresh := here[:0]
	for _, id := range here {
		if _, known := readers[id]; !known {
			fresh = append(fresh, id)
		}
		delete(left, id)
	}
	if len(fresh) > 0 {
		if come, err = c.store.Read.Decky.Query().Where(decky.IDIn(fresh...)).WithDeployment().All(ctx); err != nil {
			return nil, nil, fmt.Errorf("read the new deckies: %w", err)
		}
	}
	return come, slices.Collect(maps.Keys(left)), nil
}

// follow reads one decky's lines until ctx ends, or they do once it has gone; trouble of the engine's only pauses it.
func (c *Collector) follow(ctx context.Context, d *ent.Decky, gone <-chan struct{}) {
	log := c.log.With("decky", d.Name, "deployment", d.Edges.Deployment.Name)
	for ctx.Err() == nil {
		_, err := c.read(ctx, d, true)
		if err != nil && ctx.Err() == nil {
			var e *engine.Error
			if !errors.As(err, &e) || e.Code != engine.NotRunning {
				log.WarnContext(ctx, "reading event lines stopped; trying again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-gone:
			return
		case <-time.After(retryDelay):
		}
	}
}

// Drain stores what a decky has recorded up to now and nobody has read yet: its engine is about to forget it. It takes a bounded time, and tells in
// the log what it could not do, since nothing of that is a reason to keep the decky. It may run beside the decky's reader, this server's or
// another's: what both read is stored once.
func (c *Collector) Drain(ctx context.Context, d *ent.Decky) {
	ctx, cancel := context.WithTimeoutCause(ctx, drainAtMost, fmt.Errorf("not done within %s", drainAtMost))
	defer cancel()
	n, err := c.read(ctx, d, false)
	if err == nil {
		err = context.Cause(ctx)
	}
	var e *engine.Error
	if err == nil || errors.As(err, &e) && e.Code == engine.NotRunning {
		return
	}
	c.log.WarnContext(ctx, "the last event lines of a decky could not all be read before it is removed",
		"decky", d.Name, "deployment", d.Edges.Deployment.Name, "lines", n, "error", err)
}

// read stores lines from where the decky was last read to, in batches, until the stream ends, and returns how many came. With follow that is when the
// decky does.
func (c *Collector) read(ctx context.Context, d *ent.Decky, follow bool) (n int, err error) {
	position := ""
	row, err := c.store.Read.EventPosition.Query().Where(eventposition.DeckyID(d.ID)).Only(ctx)
	if err == nil {
		position = row.Position
	} else if !ent.IsNotFound(err) {
		return 0, fmt.Errorf("read the event position: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Lines wait in a bounded channel: when the database is slow, so is the reading, and nothing is lost.
	lines := make(chan engine.Line, batchLines)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.storeBatches(context.WithoutCancel(ctx), d, lines); err != nil {
			cancel(err)
			for range lines { // let the reader end: it must not block on a channel that nobody empties
			}
		}
	})
	ref := lifecycle.Spec(d, nil, 0).Ref
	err = c.engine.Events(ctx, ref, position, follow, func(l engine.Line) error {
		select {
		case lines <- l:
			n++
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(lines)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return n, cause
	}
	return n, err
}

// storeBatches stores what comes: at once when it is little, together when it is much.
func (c *Collector) storeBatches(ctx context.Context, d *ent.Decky, lines <-chan engine.Line) error {
	batch := make([]engine.Line, 0, batchLines)
	for l := range lines {
		batch = append(batch[:0], l)
		late := time.NewTimer(batchDelay)
	gather:
		for len(batch) < batchLines {
			select {
			case l, ok := <-lines:
				if !ok {
					break gather
				}
				batch = append(batch, l)
			case <-late.C:
				break gather
			}
		}
		late.Stop()
		if err := c.save(ctx, d, batch); err != nil {
			return err
		}
	}
	return nil
}

// save stores a batch, or where the database will not have what is in it, each of its lines but those that it will not have.
func (c *Collector) save(ctx context.Context, d *ent.Decky, batch []engine.Line) error {
	var events []event.Event
	malformed, first, why := 0, "", error(nil)
	for _, l := range batch {
		e, err := parse(l.Text)
		if err != nil {
			if malformed++; malformed == 1 {
				first, why = string(l.Text[:min(len(l.Text), event.MaxMessage)]), err
			}
			continue
		}
		events = append(events, e)
	}
	if malformed > 0 { // once a batch: whoever has taken a decoy over may write as much rubbish as they like
		c.log.WarnContext(ctx, "event lines can't be read", "decky", d.Name, "lines", malformed, "error", why, "first", first)
	}
	err := c.write(ctx, d, events, malformed, batch[len(batch)-1].Position)
	if !store.Refused(err) {
		return err
	}
	if len(batch) > 1 {
		for i := range batch {
			if err := c.save(ctx, d, batch[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	c.log.ErrorContext(ctx, "an event line can't be stored and is left out", "decky", d.Name, "error", err, "line", string(batch[0].Text))
	return c.write(ctx, d, nil, 1, batch[0].Position)
}

// write stores events, and the place after them, in one transaction.
func (c *Collector) write(ctx context.Context, d *ent.Decky, events []event.Event, malformed int, position string) error {
	err := c.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Looked up before anything refers to it: on PostgreSQL a statement that fails spoils the transaction.
		here, err := tx.Decky.Query().Where(decky.ID(d.ID)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for the decky: %w", err)
		}
		fresh, err := unknown(ctx, tx, d.ID, events)
		if err != nil {
			return err
		}
		if len(fresh) > 0 {
			if err := c.insert(ctx, tx, d, here, fresh); err != nil {
				return err
			}
			tx.AfterCommit(c.grown.Ring)
		}
		if !here {
			return nil // what it did before it went is kept; there is no place to come back to
		}
		return advance(ctx, tx, d.ID, position, malformed, fresh)
	})
	if err != nil {
		return fmt.Errorf("store event lines: %w", err)
	}
	return nil
}

// unknown leaves out the events that are stored already, or were and have been pruned: a decoy numbers the lines of its run in the order in which it
// writes them, so that of the run that was read last everything up to the last number is known.
func unknown(ctx context.Context, tx *store.Tx, deckyID pid.ID, events []event.Event) ([]event.Event, error) {
	last, err := tx.EventPosition.Query().Where(eventposition.DeckyID(deckyID)).Only(ctx)
	if ent.IsNotFound(err) {
		last = &ent.EventPosition{}
	} else if err != nil {
		return nil, fmt.Errorf("read the last event: %w", err)
	}
	byBoot := map[string][]int64{}
	for _, e := range events {
		byBoot[e.Boot] = append(byBoot[e.Boot], int64(e.Seq))
	}
	type mark struct {
		boot string
		seq  int64
	}
	known := map[mark]bool{}
	for boot, seqs := range byBoot {
		have, err := tx.Interaction.Query().Where(interaction.DeckyRef(deckyID), interaction.Boot(boot), interaction.SeqIn(seqs...)).
			Select(interaction.FieldSeq).Ints(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for events that are stored: %w", err)
		}
		for _, seq := range have {
			known[mark{boot, int64(seq)}] = true
		}
	}
	var fresh []event.Event
	for _, e := range events {
		m := mark{e.Boot, int64(e.Seq)}
		if known[m] || m.boot == last.Boot && m.seq <= last.Seq {
			continue
		}
		known[m] = true // the batch itself may hold a line twice
		fresh = append(fresh, e)
	}
	return fresh, nil
}

// insert adds events of a decky, or of one that is not here any more: such a row has no edge to it.
func (c *Collector) insert(ctx context.Context, tx *store.Tx, d *ent.Decky, here bool, events []event.Event) error {
	number, err := tx.Next(ctx, Stream, len(events))
	if err != nil {
		return err
	}
	origins, err := originsOf(ctx, tx, d.ID, events)
	if err != nil {
		return err
	}
	var edge *pid.ID
	if here {
		edge = &d.ID
	}
	tried, err := derive(ctx, tx, d, edge, events, origins, number)
	if err != nil {
		return err
	}
	creates := make([]*ent.InteractionCreate, 0, len(events))
	for i, e := range events {
		create := tx.Interaction.Create().SetNumber(number).SetNillableDeckyID(edge).SetDeckyRef(d.ID).
			SetDeckyName(d.Name).SetDeploymentName(d.Edges.Deployment.Name).SetCreatedAt(store.Time(c.now())).SetNillableCredentialID(tried[i]).SetOrigin(origins[i])
		columns(create, e)
		creates = append(creates, create)
		number++
	}
	if err := tx.Interaction.CreateBulk(creates...).Exec(ctx); err != nil {
		return fmt.Errorf("insert interactions: %w", err)
	}
	return nil
}

// originsOf tells a look of our own, and what is expected, from what intruders do: the check has stored from where it looks before it began.
func originsOf(ctx context.Context, tx *store.Tx, deckyID pid.ID, events []event.Event) ([]interaction.Origin, error) {
	d, err := tx.Decky.Query().Where(decky.ID(deckyID)).Select(decky.FieldRealism).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("read the decky's check: %w", err)
	}
	origins := make([]interaction.Origin, len(events))
	for i, e := range events {
		origins[i] = interaction.OriginIntruder
		if src, _ := e.Get(event.SrcIP); d != nil && d.Realism.Made(src, number(e, event.SrcPort), e.Time) {
			origins[i] = interaction.OriginCheck
		}
	}
	return origins, expected(ctx, tx, events, origins)
}

// advance remembers the place after the batch, and the last event of it where it has any that is new.
func advance(ctx context.Context, tx *store.Tx, deckyID pid.ID, position string, malformed int, fresh []event.Event) error {
	update := tx.EventPosition.Update().Where(eventposition.DeckyID(deckyID)).SetPosition(position).AddMalformed(int64(malformed))
	create := tx.EventPosition.Create().SetDeckyID(deckyID).SetPosition(position).SetMalformed(int64(malformed))
	if len(fresh) > 0 {
		last := fresh[len(fresh)-1]
		update.SetBoot(last.Boot).SetSeq(int64(last.Seq))
		create.SetBoot(last.Boot).SetSeq(int64(last.Seq))
	}
	n, err := update.Save(ctx)
	if err == nil && n == 0 {
		err = create.Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("remember the event position: %w", err)
	}
	return nil
}
