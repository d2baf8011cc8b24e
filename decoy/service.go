package decoy

import (
	"context"
	"maps"
	"net/netip"
	"slices"
)

// A Service is one decoy protocol, made for one decky. Implement Streamer, PacketAnswerer or both.
type Service any

// Streamer answers TCP connections.
type Streamer interface {
	// ServeConn answers one connection until it ends or ctx does. The runtime owns the connection: it counts and bounds
	// it, closes it after ServeConn returns, and recovers a panic. Errors of the peer are not errors: just return.
	ServeConn(ctx context.Context, s *Session)
}

// PacketAnswerer answers UDP datagrams.
type PacketAnswerer interface {
	// ServePacket answers one datagram by writing to s; data is only valid during the call.
	ServePacket(ctx context.Context, s *Session, data []byte)
}

// GroupMember is a PacketAnswerer that neighbours also reach by multicast.
type GroupMember interface {
	PacketAnswerer
	// Groups returns the IPv4 groups whose datagrams to the port are answered like those to the decky's own address, from which the answers go.
	Groups(port int) []netip.Addr
}

// PortChooser is a service that does not always listen on all ports that the catalog has for it.
type PortChooser interface {
	// Listens tells whether it does on this one. It is always the same for one instance.
	Listens(port Port) bool
}

// Preparer is a service that needs something for its first client which takes a while to make, such as keys.
type Preparer interface {
	// Prepare makes it. The runtime calls it once, some time after the service has begun to answer: who comes before it is done waits for the rest (see [Once]).
	Prepare()
}

// Factory makes a service for a host. It must be cheap and do no I/O.
type Factory func(h *Host) (Service, error)

var registry = map[string]Factory{}

// Register makes a service known by its catalog slug; each service's file calls it from init. A slug given twice is a bug: it
// panics.
func Register(slug string, f Factory) {
	if _, dup := registry[slug]; dup {
		panic("decoy: service registered twice: " + slug)
	}
	registry[slug] = f
}

// Registered returns the slugs of the services in this binary, sorted.
func Registered() []string { return slices.Sorted(maps.Keys(registry)) }
