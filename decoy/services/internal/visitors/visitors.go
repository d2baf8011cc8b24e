// Package visitors keeps, for each address that talks to a decoy, what it has changed there: an intruder finds its own traces from another connection, nobody else does, and
// what all of them can leave is bounded.
package visitors

import (
	"net/netip"
	"sync"
)

// maxVisitors is how many addresses are remembered; the oldest makes room.
const maxVisitors = 32

// Map is what each address has. It is safe for use by several goroutines.
type Map[T any] struct {
	fresh func() T
	mu    sync.Mutex
	of    map[netip.Addr]*own[T]
	ages  []netip.Addr
}

type own[T any] struct {
	mu    sync.Mutex
	value T
}

// New makes a map; fresh makes what an address has at first.
func New[T any](fresh func() T) *Map[T] { return &Map[T]{fresh: fresh, of: map[netip.Addr]*own[T]{}} }

// With calls f with what the address has (for IPv6: its /64), which nobody else uses meanwhile.
func (m *Map[T]) With(addr netip.Addr, f func(T)) {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		addr = netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	m.mu.Lock()
	found := m.of[addr]
	if found == nil {
		if len(m.ages) == maxVisitors {
			delete(m.of, m.ages[0])
			m.ages = m.ages[1:]
		}
		found = &own[T]{value: m.fresh()}
		m.of[addr] = found
		m.ages = append(m.ages, addr)
	}
	m.mu.Unlock()
	found.mu.Lock()
	defer found.mu.Unlock()
	f(found.value)
}
