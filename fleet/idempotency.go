package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"decnet/ent"
	"decnet/ent/idempotencykey"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/pid"
	"decnet/store"
)

// keyLife is how long a key is remembered at least.
const keyLife = 24 * time.Hour

// key is a client's idempotency key, to be saved with what it was answered with. nil: the client gave none.
type key struct {
	text, actor string
	hash        []byte
	now         time.Time
}

// replay looks an idempotency key up. earlier is what it was answered with, nil when it is new.
func (f *Fleet) replay(ctx context.Context, tx *store.Tx, actor, operation string, text *string, input any) (k *key, earlier []*ent.Lifecycle, err error) {
	if text == nil {
		return nil, nil, nil
	}
	if *text == "" || len(*text) > 200 {
		return nil, nil, invalid([]any{"input", "idempotencyKey"}, "an idempotency key has 1 to 200 characters")
	}
	b, err := json.Marshal(input)
	if err != nil {
		return nil, nil, fmt.Errorf("hash the input: %w", err)
	}
	sum := sha256.Sum256(append([]byte(operation+"\x00"), b...))
	k = &key{text: *text, actor: actor, hash: sum[:], now: f.journal.Now()}
	if _, err := tx.IdempotencyKey.Delete().Where(idempotencykey.CreatedAtLT(k.now.Add(-keyLife))).Exec(ctx); err != nil {
		return nil, nil, fmt.Errorf("forget old idempotency keys: %w", err)
	}
	row, err := tx.IdempotencyKey.Query().Where(idempotencykey.Actor(actor), idempotencykey.Key(*text)).Only(ctx)
	if ent.IsNotFound(err) {
		return k, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("look the idempotency key up: %w", err)
	}
	if !bytes.Equal(row.InputHash, k.hash) {
		return nil, nil, conflict(map[string]any{"lifecycleIds": row.LifecycleIds},
			"the idempotency key %q was used with another input", *text)
	}
	earlier, err = tx.Lifecycle.Query().Where(entlifecycle.IDIn(row.LifecycleIds...)).Order(entlifecycle.ByID()).All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the lifecycles of the idempotency key: %w", err)
	}
	if earlier == nil {
		earlier = []*ent.Lifecycle{}
	}
	return k, earlier, nil
}

// save remembers what the key was answered with.
func (k *key) save(ctx context.Context, tx *store.Tx, lcs []*ent.Lifecycle) error {
	if k == nil {
		return nil
	}
	ids := make([]pid.ID, 0, len(lcs))
	for _, lc := range lcs {
		ids = append(ids, lc.ID)
	}
	err := tx.IdempotencyKey.Create().SetKey(k.text).SetActor(k.actor).SetInputHash(k.hash).SetLifecycleIds(ids).SetCreatedAt(k.now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remember the idempotency key: %w", err)
	}
	return nil
}
