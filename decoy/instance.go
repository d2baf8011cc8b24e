package decoy

import (
	"context"
	"sync"
)

// instance is one service while it is in force, with its sessions.
type instance struct {
	slug    string
	host    *Host // as this service sees it
	service Service
	ceiling ceiling
	ctx     context.Context
	cancel  context.CancelFunc

	mu       sync.Mutex
	closed   bool
	sessions sync.WaitGroup
}

func newInstance(slug string, host *Host, service Service, limits Limits) *instance {
	ctx, cancel := context.WithCancel(context.Background())
	return &instance{slug: slug, host: host, service: service, ceiling: ceilingOf(host, slug, service, limits), ctx: ctx, cancel: cancel}
}

// enter counts a session in; it says false when the service is no longer in force. Each true needs a leave.
func (i *instance) enter() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return false
	}
	i.sessions.Add(1)
	return true
}

func (i *instance) leave() { i.sessions.Done() }

// close ends all sessions; it doesn't wait for them.
func (i *instance) close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	i.cancel()
}
