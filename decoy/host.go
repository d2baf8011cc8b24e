package decoy

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"decnet/decoy/control"
)

// Host is the decky that the services pretend to be. Everything that makes it differ from other deckies (versions, keys,
// uptime, accounts) is drawn from its seed, by purpose: it is the same after every restart and in every service.
// A Host is safe for use by several goroutines.
type Host struct {
	control.Identity

	clock     func() time.Time
	installed time.Time
	boot      time.Time

	made *made
	open *atomic.Pointer[[]Listening]

	mu       sync.Mutex
	settings control.Settings
	read     map[[2]string]bool // the settings that were asked for, by service and key
}

// made is what [Once] has made.
type made struct {
	mu sync.Mutex
	by map[string]func() any
}

// NewHost makes the host of an identity. clock tells the time; nil means time.Now. An identity without a seed is refused: its
// secrets could be guessed.
func NewHost(id control.Identity, clock func() time.Time) (*Host, error) {
	if len(id.Seed) < 16 {
		return nil, errors.New("identity: the seed has less than 16 bytes")
	}
	if id.Name == "" {
		return nil, errors.New("identity: no name")
	}
	if _, err := netip.ParseAddr(id.IP); id.IP != "" && err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	if _, err := net.ParseMAC(id.MAC); id.MAC != "" && err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	if id.Hostname == "" {
		id.Hostname = id.Name
	}
	if clock == nil {
		clock = time.Now
	}
	h := &Host{Identity: id, clock: clock, made: &made{by: map[string]func() any{}}, open: &atomic.Pointer[[]Listening]{}, settings: id.Settings, read: map[[2]string]bool{}}
	h.installed, h.boot = h.history()
	return h, nil
}

// history draws when the host was installed and last booted. It seems to be rebooted each so many days, as hosts are that get their
// patches: so uptime grows as time passes, a restart of the decoy doesn't reset it, and it never becomes absurd.
func (h *Host) history() (installed, boot time.Time) {
	const day = 24 * time.Hour
	r := h.Rand("history")
	epoch := time.Date(2024, time.June, 1, 0, 0, 0, 0, time.UTC)
	installed = epoch.Add(time.Duration(r.Int64N(int64(600 * day)))).Truncate(time.Second)
	period := 20*day + time.Duration(r.Int64N(int64(90*day)))
	now := h.Now()
	if !now.After(installed) { // a clock that is far behind
		return installed, installed
	}
	return installed, installed.Add(now.Sub(installed) / period * period).Truncate(time.Second)
}

// Now returns the time in UTC.
func (h *Host) Now() time.Time { return h.clock().UTC() }

// Installed returns when the host seems to have been installed: the age of its files and certificates.
func (h *Host) Installed() time.Time { return h.installed }

// BootTime returns when the host seems to have booted last. It doesn't change while the decoy runs.
func (h *Host) BootTime() time.Time { return h.boot }

// Card returns the address of the network card that the neighbours see: its own, or where it shares one (IPVLAN) that of the interface that has its address. It
// is nil where there is none, as on the loopback.
func (h *Host) Card() net.HardwareAddr {
	if card, err := net.ParseMAC(h.MAC); err == nil {
		return card
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil || len(i.HardwareAddr) != 6 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().String() == h.IP {
				return i.HardwareAddr
			}
		}
	}
	return nil
}

// Bytes returns n secret bytes (at most 8,160) that are always the same for this decky and purpose, and tell nothing of those of another.
func (h *Host) Bytes(purpose string, n int) []byte {
	b, err := hkdf.Key(sha256.New, h.Seed, nil, "decnet/"+purpose, n)
	if err != nil {
		panic(fmt.Sprintf("decoy: %d bytes for %s: %v", n, purpose, err)) // more than HKDF can give: a bug of the caller
	}
	return b
}

// Hex returns n bytes of [Host.Bytes] as 2n hexadecimal digits.
func (h *Host) Hex(purpose string, n int) string { return hex.EncodeToString(h.Bytes(purpose, n)) }

// Rand returns a generator that gives the same sequence for this decky and purpose each time it is made. It isn't safe for
// use by several goroutines: make one for each use.
func (h *Host) Rand(purpose string) *rand.Rand {
	return rand.New(rand.NewChaCha8([32]byte(h.Bytes("rand/"+purpose, 32))))
}

// Pick returns one of the choices, always the same for a decky and purpose.
func Pick[T any](h *Host, purpose string, choices ...T) T {
	return choices[h.Rand("pick/"+purpose).IntN(len(choices))]
}

// Setting returns what the operator has chosen for a service, and whether anything was chosen. When the choice changes, a service that has asked for it
// is made anew, with the sessions that it has ended; to all others the change is invisible.
func (h *Host) Setting(service, key string) (value string, chosen bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.read[[2]string{service, key}] = true
	value, chosen = h.settings[service][key]
	return value, chosen
}

// Listening is a port that the decky listens on, and the service behind it.
type Listening struct {
	Port
	Service string
	Program Program                           // the zero value where the service has no say
	Inside  func(said string) (answer string) // nil where the service has none
}

// Program is the program that a service seems to be, as a list of processes shows it.
type Program struct{ User, Command string }

// Programmed is a service that knows which program it seems to be; others go by their name.
type Programmed interface{ Program() Program }

// Insider is a service that answers who talks to it from the decky's own shell, where nothing real connects: FromInside returns what a client that says this, and no more, is told.
type Insider interface {
	FromInside(said string) (answer string)
}

// Listening returns what the decky listens on now, by protocol and number: what somebody who looks from inside must see, too.
func (h *Host) Listening() []Listening {
	if open := h.open.Load(); open != nil {
		return *open
	}
	return nil
}

// with is the same host, with these settings, for a service of its own: what is asked for counts from now.
func (h *Host) with(settings control.Settings) *Host {
	return &Host{Identity: h.Identity, clock: h.clock, installed: h.installed, boot: h.boot, made: h.made, open: h.open, settings: settings, read: map[[2]string]bool{}}
}

// same tells whether nothing that was asked for differs in these settings.
func (h *Host) same(settings control.Settings) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k := range h.read {
		before, had := h.settings[k[0]][k[1]]
		after, has := settings[k[0]][k[1]]
		if before != after || had != has {
			return false
		}
	}
	return true
}

func (h *Host) adopt(settings control.Settings) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.settings = settings
}

// Once returns what make makes, which it makes once for a host and key: for what is drawn from the seed at a cost, such as keys. It
// outlives the services and their settings: make must not ask for any. The key must not be an intruder's choice, since nothing is forgotten.
func Once[T any](h *Host, key string, make func() T) T {
	h.made.mu.Lock()
	f := h.made.by[key]
	if f == nil {
		f = sync.OnceValue(func() any { return make() })
		h.made.by[key] = f
	}
	h.made.mu.Unlock()
	return f().(T)
}
