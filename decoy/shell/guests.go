package shell

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"decnet/decoy"
)

// What is remembered of those who come.
const (
	maxGuests   = 512 // addresses; the oldest makes room
	maxAccounts = 8   // of each
	maxSecret   = 256 // bytes of a password

	// Of the files that a source has left, while it is not here.
	maxLeft      = 16      // sources
	maxLeftBytes = 4 << 20 // of all
	nodeCost     = 300     // bytes of a file's name and node
	leftTime     = 6 * time.Hour
)

// guest is one source address as the accounts know it, whichever door it comes in by.
type guest struct {
	mu      sync.Mutex
	secrets map[string]string // of an account, the one that lets this source in from now on
	visits  map[string]visit  // to an account, the last

	// Those of guests.mu.
	machine *Machine // nil where nothing was left
	here    int      // connections that use it
	left    time.Time
}

// visit is somebody's time at a terminal.
type visit struct {
	at, until time.Time
	from      string
}

// guests are those of a decky.
type guests struct {
	mu   sync.Mutex
	of   map[netip.Addr]*guest
	ages []netip.Addr
}

func (s *System) guests() *guests {
	return decoy.Once(s.host, "shell/guests", func() *guests { return &guests{of: map[netip.Addr]*guest{}} })
}

// guest is that of an address (for IPv6: its /64); one that is none is a guest of its own.
func (s *System) guest(from string) *guest {
	all := s.guests()
	addr, err := netip.ParseAddr(from)
	if err != nil {
		return newGuest()
	}
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		addr = netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	g := all.of[addr]
	if g == nil {
		if len(all.ages) == maxGuests {
			delete(all.of, all.ages[0])
			all.ages = all.ages[1:]
		}
		g = newGuest()
		all.of[addr] = g
		all.ages = append(all.ages, addr)
	}
	return g
}

// Visit returns the machine as the source has left it, which all of its connections share, and what is to be called when this one is over.
func (s *System) Visit(from netip.Addr) (m *Machine, leave func()) {
	g, all := s.guest(from.String()), s.guests()
	now := s.host.Now()
	all.mu.Lock()
	defer all.mu.Unlock()
	all.forget(now)
	if g.machine == nil || g.machine.sys.User != s.User || g.machine.sys.Hostname != s.Hostname { // the operator has made it another host
		g.machine = NewMachine(s)
		g.machine.host = true
	}
	m = g.machine
	g.here++
	return m, func() {
		all.mu.Lock()
		defer all.mu.Unlock()
		g.here--
		if g.left = s.host.Now(); g.machine == m && g.here == 0 && !m.fs.used {
			g.machine = nil // as it was
		}
		all.forget(g.left)
	}
}

// forget throws away what was left too long ago, and the oldest of what is too much. all.mu is held.
func (all *guests) forget(now time.Time) {
	var gone []*guest
	for _, g := range all.of {
		if g.machine != nil && g.here == 0 {
			gone = append(gone, g)
		}
	}
	slices.SortFunc(gone, func(a, b *guest) int { return b.left.Compare(a.left) })
	bytes := 0
	for i, g := range gone { // the latest first
		bytes += g.machine.fs.bytes + max(0, g.machine.fs.nodes)*nodeCost
		if i >= maxLeft || bytes > maxLeftBytes || now.Sub(g.left) > leftTime {
			g.machine = nil
		}
	}
}

// left is the machine as the source has left it; nil when that is forgotten, or it was never there.
func (s *System) left(g *guest) *Machine {
	all := s.guests()
	all.mu.Lock()
	defer all.mu.Unlock()
	all.forget(s.host.Now())
	return g.machine
}

// Authorized tells whether the source has put the key, as a line of authorized_keys has it, where the account's keys are.
func (s *System) Authorized(from netip.Addr, user, key string) bool {
	m := s.left(s.guest(from.String()))
	if m == nil {
		return false
	}
	m.using.Lock()
	defer m.using.Unlock()
	a, known := m.account(user)
	if !known || strings.HasSuffix(a.shell, "nologin") || strings.HasSuffix(a.shell, "false") {
		return false
	}
	n, err := m.fs.lookup(a.home+"/.ssh/authorized_keys", true)
	if err != nil {
		return false
	}
	kind, blob, _ := strings.Cut(strings.TrimSpace(key), " ")
	for _, line := range lines(n.read()) {
		words := strings.Fields(line)
		if at := slices.Index(words, kind); at >= 0 && at+1 < len(words) && words[at+1] == blob {
			return true
		}
	}
	return false
}

// hasMade tells whether the source has made the account, and it is still there.
func (s *System) hasMade(g *guest, user string) bool {
	m := s.left(g)
	if m == nil {
		return false
	}
	m.using.Lock()
	defer m.using.Unlock()
	_, known := m.account(user)
	return known
}

func newGuest() *guest { return &guest{secrets: map[string]string{}, visits: map[string]visit{}} }

// keep makes a password the only one of an account for this source.
func (g *guest) keep(user, secret string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.secrets[user]; (known || len(g.secrets) < maxAccounts) && len(secret) <= maxSecret {
		g.secrets[user] = secret
	}
}

func (g *guest) secret(user string) (string, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	secret, ok := g.secrets[user]
	return secret, ok
}

// arrive notes a visit and returns the one before.
func (g *guest) arrive(user, from string, now time.Time) (before visit, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before, ok = g.visits[user]
	if ok || len(g.visits) < maxAccounts {
		g.visits[user] = visit{at: now, from: from}
	}
	return before, ok
}

// leave notes the end of a visit.
func (g *guest) leave(user string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v, ok := g.visits[user]; ok {
		v.until = now
		g.visits[user] = v
	}
}

// Login tells whether the system lets the user in with the password from there. Of several weak ones the first that a source is let in with is the only one for it from
// then on, as an account has one password.
func (s *System) Login(from netip.Addr, user, password string) bool {
	g := s.guest(from.String())
	if secret, ok := g.secret(user); ok {
		_, own := s.account(user)
		return secret == password && (own || s.hasMade(g, user))
	}
	if !s.Admits(user, password) {
		return false
	}
	if len(s.passwords(user)) == 0 {
		g.keep(user, password)
	}
	return true
}

// changePassword makes a password the account's, for the source that is at the shell.
func (s *Shell) changePassword(user, secret string) {
	if s.host {
		s.sys.guest(s.From).keep(user, secret)
	}
}

// accepts tells whether a password is the account's, for who is at the shell.
func (s *Shell) accepts(user, password string) bool {
	if secret, ok := s.sys.guest(s.From).secret(user); ok {
		return secret == password
	}
	return s.sys.Admits(user, password)
}

// ownVisits are those of the account's owner, from the neighbourhood, the first first: one before the host was last booted, and some since.
func (s *System) ownVisits(user string, now time.Time) []visit {
	if user != "root" && user != s.User {
		return nil
	}
	r := s.host.Rand("visits/" + user)
	from := fmt.Sprintf("%s.%d", s.prefix(), 100+s.host.Bytes("owner", 1)[0]%100)
	var all []visit
	boot := s.host.BootTime()
	at := boot.Add(-time.Duration(4+r.IntN(50)) * time.Minute)
	if at.After(s.host.Installed()) {
		all = append(all, visit{at, boot, from})
	}
	at = boot.Add(time.Duration(20+r.IntN(400)) * time.Minute)
	for {
		length := time.Duration(2+r.IntN(80)) * time.Minute
		if at.Add(length).After(now.Add(-time.Hour)) {
			return all
		}
		all = append(all, visit{at.Add(time.Duration(r.IntN(60)) * time.Second), at.Add(length), from})
		at = at.Add(time.Duration(1+r.IntN(12))*24*time.Hour + time.Duration(r.IntN(300)-150)*time.Minute)
	}
}

// lastVisit is who was here last, as far as this source may know, and notes that it is here.
func (s *System) lastVisit(user, from string) (visit, bool) {
	now := s.host.Now()
	if before, ok := s.guest(from).arrive(user, from, now); ok {
		return before, true
	}
	own := s.ownVisits(user, now)
	if len(own) == 0 {
		return visit{}, false
	}
	return own[len(own)-1], true
}
