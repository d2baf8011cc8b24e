package visitors

import (
	"net/netip"
	"testing"
)

func TestEachAddressHasItsOwn(t *testing.T) {
	m := New(func() map[string]int { return map[string]int{} })
	count := func(addr string) (n int) {
		m.With(netip.MustParseAddr(addr), func(of map[string]int) {
			of["seen"]++
			n = of["seen"]
		})
		return n
	}
	count("192.0.2.1")
	count("2001:db8::1")
	if a, b, c := count("::ffff:192.0.2.1"), count("2001:db8::2"), count("192.0.2.2"); a != 2 || b != 2 || c != 1 {
		t.Errorf("%d, %d, %d", a, b, c)
	}
	for i := range 2 * maxVisitors {
		count(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String())
	}
	if len(m.of) != maxVisitors || len(m.ages) != maxVisitors || count("192.0.2.1") != 1 {
		t.Errorf("%d addresses are remembered", len(m.of))
	}
}
