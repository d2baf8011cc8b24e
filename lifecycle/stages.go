package lifecycle

import (
	"context"
	"slices"
	"sync"
	"time"

	"decnet/ent"
	"decnet/store"
)

// stagePatience is how long a stage may wait to be written down. The engine's work does not wait for it, people can't tell, and what is over sooner is written
// with its outcome, in one commit: each commit that is not made is a moment in which an operator's has the disk to itself.
const stagePatience = 40 * time.Millisecond

// stage is what is being done, in words for people, since a moment.
type stage struct {
	words string
	at    time.Time
}

// stages are the stages of one attempt that are not journaled yet.
type stages struct {
	now   func() time.Time
	write func(told []stage) (left []stage)

	mu      sync.Mutex
	told    []stage
	more    chan struct{} // has room for one; closed at the end
	ended   bool
	writing sync.WaitGroup
}

// stages begins to journal an attempt's stages, in their order.
func (r *Runner) stages(ctx context.Context, lc *ent.Lifecycle) *stages {
	s := &stages{more: make(chan struct{}, 1), now: r.journal.Now, write: func(told []stage) []stage { return r.tell(ctx, lc, told) }}
	s.writing.Go(s.run)
	return s
}

// tell is an [engine.Progress].
func (s *stages) tell(words string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.told = append(s.told, stage{words, s.now()})
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *stages) run() {
	for range s.more {
		if s.endedWithin(stagePatience) {
			return
		}
		s.mu.Lock()
		told := slices.Clone(s.told)
		s.mu.Unlock()
		if len(told) == 0 {
			continue // it went along with the one before
		}
		left := s.write(told)
		s.mu.Lock()
		s.told = append(left, s.told[len(told):]...)
		s.mu.Unlock()
	}
}

func (s *stages) endedWithin(d time.Duration) bool {
	patience := time.NewTimer(d)
	defer patience.Stop()
	for {
		select {
		case <-patience.C:
			return false
		case _, goesOn := <-s.more:
			if !goesOn {
				return true
			}
		}
	}
}

// end returns what is to be written with the outcome.
func (s *stages) end() []stage {
	s.mu.Lock()
	s.ended = true
	close(s.more)
	s.mu.Unlock()
	s.writing.Wait()
	return s.told
}

// tell journals what is being done, and returns what could not be written. It is told for people: the work goes on when it can't be.
func (r *Runner) tell(ctx context.Context, lc *ent.Lifecycle, told []stage) (left []stage) {
	before, last := told[:len(told)-1], told[len(told)-1]
	err := r.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := r.journal.stepAt(ctx, tx, lc.ID, before, last.at, func(u *ent.LifecycleUpdate) { u.SetStage(last.words) }, r.mine(lc)...)
		return err
	})
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "can't journal a stage", "lifecycle", lc.ID, "stage", last.words, "error", err)
	}
	if err != nil {
		return told
	}
	return nil
}
