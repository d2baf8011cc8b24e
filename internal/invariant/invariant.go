// Package invariant holds what must be true of the database at every moment, and of the database and the world once all is settled: the rules of the
// design as code, one function a rule. Tests that crash servers and shuffle operations check them all.
package invariant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"decnet/engine"
	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/journalentry"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/lifecycle"
	"decnet/pid"
)

// State is everything the rules speak of, read at one moment.
type State struct {
	Journal     []*ent.JournalEntry // by number
	Lifecycles  []*ent.Lifecycle    // by ID, which is by age
	Deckies     []*ent.Decky        // with their deployments
	Deployments []*ent.Deployment
	Counters    map[string]int64

	byID map[pid.ID]*ent.Lifecycle
}

// Read reads the state from a consistent view of the database.
func Read(ctx context.Context, c *ent.Client) (*State, error) {
	s := &State{Counters: map[string]int64{}, byID: map[pid.ID]*ent.Lifecycle{}}
	var err error
	if s.Journal, err = c.JournalEntry.Query().Order(journalentry.ByID()).All(ctx); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	if s.Lifecycles, err = c.Lifecycle.Query().Order(entlifecycle.ByID()).All(ctx); err != nil {
		return nil, fmt.Errorf("read the lifecycles: %w", err)
	}
	if s.Deckies, err = c.Decky.Query().WithDeployment().Order(decky.ByName()).All(ctx); err != nil {
		return nil, fmt.Errorf("read the deckies: %w", err)
	}
	if s.Deployments, err = c.Deployment.Query().WithDeckies().All(ctx); err != nil {
		return nil, fmt.Errorf("read the deployments: %w", err)
	}
	counters, err := c.Counter.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the counters: %w", err)
	}
	for _, n := range counters {
		s.Counters[n.ID] = n.Value
	}
	for _, lc := range s.Lifecycles {
		s.byID[lc.ID] = lc
	}
	return s, nil
}

// Always checks the rules that hold after every commit.
func (s *State) Always() error {
	return errors.Join(s.journalHasNoGap(), s.entriesTellTheRows(), s.statusesFollowTheMachine(), s.oneOperationAtATime(), s.supersededByAYoungerOne(),
		s.openOnesHaveADecky(), s.everyWishIsALifecycle())
}

// Settled checks what holds besides when nothing is under way, nothing fails any more, and the reconciler has looked: everything has ended,
// and the world is what was wished. seen is what the engine observes.
func (s *State) Settled(seen []engine.Observed) error {
	return errors.Join(s.Always(), s.allHaveEnded(), s.deckiesAreInStep(), s.nothingIsLeftBehind(), s.worldIsAsWished(seen))
}

// journalHasNoGap: numbers are contiguous from the oldest that is kept to the counter, so that a reader who has seen n has seen all before it.
func (s *State) journalHasNoGap() error {
	if len(s.Journal) == 0 {
		return nil
	}
	for i, e := range s.Journal[1:] {
		if before := s.Journal[i]; e.ID != before.ID+1 {
			return fmt.Errorf("the journal goes from %d to %d", before.ID, e.ID)
		}
	}
	if last := s.Journal[len(s.Journal)-1].ID; last != s.Counters["journal"] {
		return fmt.Errorf("the journal ends at %d and its counter is at %d", last, s.Counters["journal"])
	}
	return nil
}

// entries are a lifecycle's, in order.
func (s *State) entries() map[pid.ID][]*ent.JournalEntry {
	out := map[pid.ID][]*ent.JournalEntry{}
	for _, e := range s.Journal {
		out[e.LifecycleID] = append(out[e.LifecycleID], e)
	}
	return out
}

// entriesTellTheRows: each lifecycle's entries are numbered contiguously, from 1 unless the oldest were pruned, and the last of them is where the row stands.
func (s *State) entriesTellTheRows() error {
	entries := s.entries()
	pruned := len(s.Journal) > 0 && s.Journal[0].ID > 1
	for id := range entries {
		if s.byID[id] == nil {
			return fmt.Errorf("the journal tells of lifecycle %s, which is not there", id)
		}
	}
	for _, lc := range s.Lifecycles {
		mine := entries[lc.ID]
		if len(mine) == 0 {
			return fmt.Errorf("lifecycle %s is not in the journal", lc.ID)
		}
		if mine[0].Seq != 1 && !pruned {
			return fmt.Errorf("lifecycle %s begins with entry %d", lc.ID, mine[0].Seq)
		}
		for i, e := range mine[1:] {
			if e.Seq != mine[i].Seq+1 {
				return fmt.Errorf("lifecycle %s goes from entry %d to %d", lc.ID, mine[i].Seq, e.Seq)
			}
		}
		last := mine[len(mine)-1]
		if last.Seq != lc.Seq || last.Status != string(lc.Status) || last.Attempt != lc.Attempt {
			return fmt.Errorf("lifecycle %s stands at %s (entry %d, attempt %d) and its journal ends with %s (entry %d, attempt %d)",
				lc.ID, lc.Status, lc.Seq, lc.Attempt, last.Status, last.Seq, last.Attempt)
		}
	}
	return nil
}

// next are the statuses that may follow a status.
var next = map[entlifecycle.Status][]entlifecycle.Status{
	entlifecycle.StatusPending: {entlifecycle.StatusPending, entlifecycle.StatusRunning, entlifecycle.StatusSuperseded, entlifecycle.StatusCanceled},
	entlifecycle.StatusRunning: {entlifecycle.StatusRunning, entlifecycle.StatusSucceeded, entlifecycle.StatusFailed, entlifecycle.StatusCanceled},
}

// statusesFollowTheMachine: PENDING → RUNNING → SUCCEEDED | FAILED | CANCELED, and PENDING → SUPERSEDED | CANCELED; nothing follows an end.
func (s *State) statusesFollowTheMachine() error {
	for id, mine := range s.entries() {
		for i, e := range mine[1:] {
			from, to := entlifecycle.Status(mine[i].Status), entlifecycle.Status(e.Status)
			if !slices.Contains(next[from], to) {
				return fmt.Errorf("lifecycle %s went from %s to %s", id, from, to)
			}
		}
	}
	return nil
}

// oneOperationAtATime: at no place of the journal are two lifecycles of one decky RUNNING.
func (s *State) oneOperationAtATime() error {
	running := map[pid.ID]pid.ID{}
	for _, e := range s.Journal {
		switch other, busy := running[e.DeckyRef]; {
		case e.Status == string(entlifecycle.StatusRunning) && busy && other != e.LifecycleID:
			return fmt.Errorf("at %d, decky %s has %s running while %s runs", e.ID, e.DeckyRef, e.LifecycleID, other)
		case e.Status == string(entlifecycle.StatusRunning):
			running[e.DeckyRef] = e.LifecycleID
		case other == e.LifecycleID:
			delete(running, e.DeckyRef)
		}
	}
	return nil
}

// supersededByAYoungerOne: what was superseded says by which lifecycle of the same decky, one that brings about a later generation.
func (s *State) supersededByAYoungerOne() error {
	for _, lc := range s.Lifecycles {
		if lc.Status != entlifecycle.StatusSuperseded {
			continue
		}
		if lc.SupersededBy == nil {
			return fmt.Errorf("lifecycle %s does not say by whom it is superseded", lc.ID)
		}
		by := s.byID[*lc.SupersededBy]
		if by == nil || by.DeckyRef != lc.DeckyRef || by.Generation <= lc.Generation {
			return fmt.Errorf("lifecycle %s is superseded by %s, which is no later one of its decky", lc.ID, *lc.SupersededBy)
		}
	}
	return nil
}

// openOnesHaveADecky: what is under way is of a decky that is there.
func (s *State) openOnesHaveADecky() error {
	for _, lc := range s.Lifecycles {
		if !lifecycle.Terminal(lc.Status) && s.decky(lc.DeckyRef) == nil {
			return fmt.Errorf("lifecycle %s is %s and its decky is gone", lc.ID, lc.Status)
		}
	}
	return nil
}

func (s *State) decky(id pid.ID) *ent.Decky {
	for _, d := range s.Deckies {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// everyWishIsALifecycle: no update is lost: each wish that somebody made raised the decky's generation to one that no other wish has.
func (s *State) everyWishIsALifecycle() error {
	type wish struct {
		decky      pid.ID
		generation int
	}
	made := map[wish]pid.ID{}
	for _, lc := range s.Lifecycles {
		if lc.Operation == entlifecycle.OperationRepair || lc.RetryOf != nil {
			continue // these bring about a wish that was made before
		}
		w := wish{lc.DeckyRef, lc.Generation}
		if other, taken := made[w]; taken {
			return fmt.Errorf("lifecycles %s and %s both bring about generation %d of decky %s", other, lc.ID, lc.Generation, lc.DeckyName)
		}
		made[w] = lc.ID
		if d := s.decky(lc.DeckyRef); d != nil && d.Generation < lc.Generation {
			return fmt.Errorf("decky %s is at generation %d and lifecycle %s brings about %d", d.Name, d.Generation, lc.ID, lc.Generation)
		}
	}
	return nil
}

// allHaveEnded: no lifecycle is lost and none is stuck.
func (s *State) allHaveEnded() error {
	for _, lc := range s.Lifecycles {
		if !lifecycle.Terminal(lc.Status) {
			return fmt.Errorf("lifecycle %s (%s of %s) is still %s", lc.ID, lc.Operation, lc.DeckyName, lc.Status)
		}
		if lc.LeaseOwner != "" || lc.CompletedAt == nil {
			return fmt.Errorf("lifecycle %s has ended and is leased to %q, completed at %v", lc.ID, lc.LeaseOwner, lc.CompletedAt)
		}
	}
	return nil
}

// deckiesAreInStep: each decky runs what is wished of it.
func (s *State) deckiesAreInStep() error {
	for _, d := range s.Deckies {
		if d.State != decky.StateRunning || d.Generation != d.ObservedGeneration || !slices.Equal(d.Services, d.ObservedServices) {
			return fmt.Errorf("decky %s is %s at generation %d of %d, with %v of %v", d.Name, d.State, d.ObservedGeneration, d.Generation, d.ObservedServices, d.Services)
		}
	}
	return nil
}

// nothingIsLeftBehind: a deployment that was to go with its last decky has gone.
func (s *State) nothingIsLeftBehind() error {
	for _, d := range s.Deployments {
		if d.Removing && len(d.Edges.Deckies) == 0 {
			return fmt.Errorf("deployment %s was to be removed with its last decky", d.Name)
		}
	}
	return nil
}

// worldIsAsWished: the engine has each decky, running with the services of its row, and nothing else of ours.
func (s *State) worldIsAsWished(seen []engine.Observed) error {
	found := map[string]engine.Observed{}
	for _, o := range seen {
		if _, twice := found[o.ID]; twice {
			return fmt.Errorf("the engine has decky %s twice", o.ID)
		}
		found[o.ID] = o
	}
	for _, d := range s.Deckies {
		o, exists := found[string(d.ID)]
		switch {
		case !exists:
			return fmt.Errorf("the engine has no decky %s", d.Name)
		case !o.Running:
			return fmt.Errorf("decky %s does not run: %s", d.Name, o.Detail)
		case o.Services != nil && !slices.Equal(slices.Sorted(slices.Values(o.Services)), d.Services):
			return fmt.Errorf("decky %s runs %v and should run %v", d.Name, o.Services, d.Services)
		}
		delete(found, string(d.ID))
	}
	var strays []string
	for id := range found {
		strays = append(strays, id)
	}
	if len(strays) > 0 {
		slices.Sort(strays)
		return fmt.Errorf("the engine has what nobody wishes for: %s", strings.Join(strays, ", "))
	}
	return nil
}
