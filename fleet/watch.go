package fleet

import (
	"context"
	"fmt"
	"time"

	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/deployment"
	"decnet/lifecycle"
	"decnet/store"
)

// Watch shows deckies as they change.
type Watch struct {
	store *store.Store
	bell  *lifecycle.Bell // rung when a decky has changed
}

// NewWatch returns a watch that looks whenever touched rings.
func NewWatch(s *store.Store, touched *lifecycle.Bell) *Watch { return &Watch{store: s, bell: touched} }

// lookAnyway is how often to look without a ring: another server may have written.
const lookAnyway = time.Second

// Follow sends each matching decky as it is, and then again after each change, until ctx ends or send returns false. Changes that follow each other
// faster than the reader takes them are seen as one. Empty names are all deckies.
func (w *Watch) Follow(ctx context.Context, deploymentName string, names []string, send func(*ent.Decky) bool) error {
	at := int64(-1)
	for {
		rung := w.bell.C()
		q := w.store.Read.Decky.Query().Where(decky.ChangeGT(at))
		if deploymentName != "" {
			q.Where(decky.HasDeploymentWith(deployment.Name(deploymentName)))
		}
		if names != nil {
			q.Where(decky.NameIn(names...))
		}
		rows, err := q.Order(decky.ByChange()).WithDeployment().All(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("read the deckies: %w", err)
		}
		for _, d := range rows {
			if !send(d) {
				return nil
			}
			at = d.Change
		}
		select {
		case <-rung:
		case <-time.After(lookAnyway):
		case <-ctx.Done():
			return nil
		}
	}
}
