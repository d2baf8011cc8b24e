package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"

	"decnet/ent/counter"
)

// restored is the counter whose presence marks a copy that has not been in use yet.
const restored = "restored"

// Epoch says which life of the database this is: a number that was drawn when it was made, and is drawn anew when it comes back from a backup. What
// clients remember of a database (their cursors) is good in one epoch only.
func (s *Store) Epoch() int64 { return s.epoch }

// awake reads the epoch and the installation's name. A copy that was restored begins a new one first, and ends all sign-ins: some of those it knows have been ended since it was
// taken.
func (s *Store) awake(ctx context.Context) error {
	fresh, err := s.Read.Counter.Query().Where(counter.ID(restored)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("read whether the database was restored: %w", err)
	}
	if fresh {
		if err := s.Write(ctx, begin); err != nil {
			return fmt.Errorf("begin a new epoch after a restore: %w", err)
		}
	}
	c, err := s.Read.Counter.Get(ctx, "epoch")
	if err != nil {
		return fmt.Errorf("read the epoch: %w", err)
	}
	s.epoch = c.Value
	if c, err = s.Read.Counter.Get(ctx, "installation"); err != nil {
		return fmt.Errorf("read the installation's ID: %w", err)
	}
	s.installation = strconv.FormatInt(c.Value, 36)
	return nil
}

// begin draws a new epoch, unless another server has done so meanwhile.
func begin(ctx context.Context, tx *Tx) error {
	n, err := tx.Counter.Delete().Where(counter.ID(restored)).Exec(ctx)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Token.Delete().Exec(ctx); err != nil {
		return fmt.Errorf("end all sign-ins: %w", err)
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails: crypto/rand
	return tx.Counter.UpdateOneID("epoch").SetValue(int64(binary.LittleEndian.Uint64(b[:]) >> 1)).Exec(ctx)
}
