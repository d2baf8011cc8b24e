package interactions

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/interaction"
	"decnet/ent/knownsource"
	"decnet/pid"
	"decnet/store"
)

// The bounds of known sources. Networks are small, so that nobody hides everybody by a slip; and each batch of events is held against all of them.
const (
	knownMax     = 200
	noteMax      = 200 // characters
	minBits4     = 16
	minBits6     = 48
	minKnownLife = time.Minute
	maxKnownLife = 10 * 365 * 24 * time.Hour
)

// What may be wrong with a known source.
var (
	ErrBadNetwork   = errors.New("it is an IP address, or a network as ADDRESS/BITS of at most 65,536 addresses (IPv6: a /48)")
	ErrBadNote      = fmt.Errorf("it says who that is, in 1 to %d characters", noteMax)
	ErrBadKnownLife = errors.New("it is a minute to ten years")
	ErrKnown        = errors.New("this source is known already: remove it to say something else of it")
	ErrTooManyKnown = fmt.Errorf("there are %d known sources already: remove some that have ended", knownMax)
	ErrNotKnown     = errors.New("there is no such known source")
)

// Known are the sources whose touches are expected: what comes from there is kept, and is no evidence.
type Known struct {
	store *store.Store
	now   func() time.Time
}

// NewKnown returns the known sources of a database.
func NewKnown(s *store.Store, now func() time.Time) *Known { return &Known{s, now} }

// Add says of an address or a network that its touches are expected from now on; a life of nil is until it is removed. The errors are ErrBadNetwork, ErrBadNote, ErrBadKnownLife,
// ErrKnown and ErrTooManyKnown.
func (k *Known) Add(ctx context.Context, network, note, by string, life *time.Duration) (*ent.KnownSource, error) {
	canonical, err := networkOf(network)
	note = strings.TrimSpace(note)
	switch {
	case err != nil:
		return nil, err
	case note == "" || !utf8.ValidString(note) || utf8.RuneCountInString(note) > noteMax:
		return nil, ErrBadNote
	case life != nil && (*life < minKnownLife || *life > maxKnownLife):
		return nil, ErrBadKnownLife
	}
	var made *ent.KnownSource
	err = k.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		there, err := tx.KnownSource.Query().Select(knownsource.FieldNetwork).Strings(ctx)
		if err != nil {
			return fmt.Errorf("read the known sources: %w", err)
		}
		if slices.Contains(there, canonical) {
			return ErrKnown
		}
		if len(there) >= knownMax {
			return ErrTooManyKnown
		}
		now := k.now()
		create := tx.KnownSource.Create().SetNetwork(canonical).SetNote(note).SetCreatedBy(by).SetCreatedAt(store.Time(now))
		if life != nil {
			create.SetExpiresAt(store.Time(now.Add(*life)))
		}
		if made, err = create.Save(ctx); err != nil {
			return fmt.Errorf("store the known source: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return made.Unwrap(), nil
}

// Remove takes one back. The error is ErrNotKnown.
func (k *Known) Remove(ctx context.Context, id pid.ID) error {
	return k.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.KnownSource.Delete().Where(knownsource.ID(id)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("remove the known source: %w", err)
		}
		if n == 0 {
			return ErrNotKnown
		}
		return nil
	})
}

// All lists them, by network.
func (k *Known) All(ctx context.Context) ([]*ent.KnownSource, error) {
	return allKnown(ctx, k.store.Read.KnownSource.Query())
}

// Of is the source that an address belongs to now, nil when it is not known.
func (k *Known) Of(ctx context.Context, address string) (*ent.KnownSource, error) {
	all, err := k.All(ctx)
	if err != nil {
		return nil, err
	}
	return knownAs(all, address, k.now()), nil
}

func allKnown(ctx context.Context, q *ent.KnownSourceQuery) ([]*ent.KnownSource, error) {
	all, err := q.Order(knownsource.ByNetwork(), knownsource.ByID(sql.OrderAsc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the known sources: %w", err)
	}
	return all, nil
}

// knownAs is the source to which an address belongs at a moment, the narrowest of them; nil for none.
func knownAs(all []*ent.KnownSource, address string, at time.Time) (source *ent.KnownSource) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	a = a.Unmap().WithZone("") // a network's addresses are in it on whichever link they come by
	narrowest := -1
	for _, k := range all {
		p, err := prefixOf(k.Network)
		if err == nil && p.Bits() > narrowest && p.Contains(a) && !at.Before(k.CreatedAt) && (k.ExpiresAt == nil || at.Before(*k.ExpiresAt)) {
			source, narrowest = k, p.Bits()
		}
	}
	return source
}

// networkOf is a network in the one form in which it is kept: an address alone, or a network by its first address.
func networkOf(text string) (string, error) {
	p, err := prefixOf(strings.TrimSpace(text))
	if err != nil {
		return "", ErrBadNetwork
	}
	if a := p.Addr(); a.Is4() && p.Bits() < minBits4 || a.Is6() && p.Bits() < minBits6 || a.Is4In6() {
		return "", ErrBadNetwork
	}
	if p.IsSingleIP() {
		return p.Addr().String(), nil
	}
	return p.Masked().String(), nil
}

func prefixOf(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, ErrBadNetwork
		}
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// expected marks the events that come from known sources, and counts them there.
func expected(ctx context.Context, tx *store.Tx, events []event.Event, origins []interaction.Origin) error {
	all, err := allKnown(ctx, tx.KnownSource.Query())
	if err != nil || len(all) == 0 {
		return err
	}
	type tally struct {
		n    int
		last time.Time
	}
	tallies := map[pid.ID]tally{}
	for i, e := range events {
		src, _ := e.Get(event.SrcIP)
		k := knownAs(all, src, e.Time)
		if k == nil || origins[i] != interaction.OriginIntruder {
			continue
		}
		origins[i] = interaction.OriginKnown
		t := tallies[k.ID]
		tallies[k.ID] = tally{t.n + 1, later(t.last, store.Time(e.Time))}
	}
	for _, k := range all {
		t, ok := tallies[k.ID]
		if !ok {
			continue
		}
		if k.LastSeenAt != nil {
			t.last = later(*k.LastSeenAt, t.last)
		}
		if err := tx.KnownSource.UpdateOneID(k.ID).AddInteractions(t.n).SetLastSeenAt(t.last).Exec(ctx); err != nil {
			return fmt.Errorf("count what came from a known source: %w", err)
		}
	}
	return nil
}
