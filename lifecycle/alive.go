package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// stale is how long a loop may be without a good look before it is not ready: several of its ticks.
const stale = 10 * time.Second

// pulse notes how a loop's last looks went.
type pulse struct {
	mu   sync.Mutex
	good time.Time
	err  error
}

func (p *pulse) looked(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err = err; err == nil {
		p.good = time.Now()
	}
}

// Ready is nil when the loop works: it has lately had a good look at the database.
func (p *pulse) Ready(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case time.Since(p.good) <= stale:
		return nil
	case p.err != nil:
		return p.err
	case p.good.IsZero():
		return errors.New("it has not begun")
	}
	return fmt.Errorf("nothing was heard of it for %s", time.Since(p.good).Round(time.Second))
}
