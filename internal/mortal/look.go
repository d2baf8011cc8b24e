package mortal

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"decnet/engine"
	"decnet/engine/open"
	"decnet/ent"
	"decnet/internal/invariant"
	"decnet/store"
)

// Found is what a look at a server finds.
type Found struct {
	State *invariant.State
	Seen  []engine.Observed
	// Owner is what the engine's things are labelled with.
	Owner string
}

// Settled checks the rules that hold once all is settled.
func (f *Found) Settled() error { return f.State.Settled(f.Seen) }

// Look reads what the database and the engine of a server hold, past the server.
func Look(ctx context.Context, data, engineKind, decoyBinary string) (*Found, error) {
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(data, "decnet.db")})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	found := &Found{Owner: db.Installation()}
	e, err := open.Engine(ctx, open.Options{
		Kind: engineKind, Owner: found.Owner, Dir: filepath.Join(data, "deckies"), DecoyBinary: decoyBinary, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if found.Seen, err = e.Observe(ctx); err != nil {
		return nil, fmt.Errorf("observe the engine: %w", err)
	}
	err = db.Snapshot(ctx, func(c *ent.Client) error {
		found.State, err = invariant.Read(ctx, c)
		return err
	})
	return found, err
}

// SawAll waits, up to a time, until the follower has as many entries as the journal, and checks that they are the same: in order, none missing, none twice. It
// must have followed from the journal's beginning.
func (f *Follower) SawAll(ctx context.Context, state *invariant.State, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		entries, err := f.Entries()
		if err != nil {
			return err
		}
		if len(entries) >= len(state.Journal) {
			return same(entries, state.Journal)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the subscriber has %d entries of %d", len(entries), len(state.Journal))
		}
	}
}

func same(entries []Entry, journal []*ent.JournalEntry) error {
	for i, want := range journal {
		got := entries[i]
		if got.Lifecycle.ID != string(want.LifecycleID) || got.Seq != want.Seq || got.Status != want.Status {
			return fmt.Errorf("the subscriber's entry %d is %s of %s (%d), not %s of %s (%d)",
				i+1, got.Status, got.Lifecycle.ID, got.Seq, want.Status, want.LifecycleID, want.Seq)
		}
	}
	if len(entries) > len(journal) {
		return fmt.Errorf("the subscriber has %d entries, and the journal %d: something came twice", len(entries), len(journal))
	}
	return nil
}
