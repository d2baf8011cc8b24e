// Package control is the protocol between an engine and the decoy that it runs: one JSON object a line, requests in on
// the decoy's stdin (or a Unix socket), replies out on its stderr (or that socket).
//
// Evidence never shares a stream with control: event lines go to stdout (see decoy/event), so that a flood of
// them can't hold up a reply, and nothing an intruder does can look like one. A reply repeats the request's ID, which is
// random and never leaves the two ends. Lines on stderr that are not replies are the decoy's own diagnostics.
package control

// Op is what a request asks for.
type Op string

// The operations.
const (
	// Apply asks for exactly these services: all of them or, on error, the old ones go on untouched.
	Apply Op = "apply"
	// Status asks what is open now.
	Status Op = "status"
)

// Request is one line to the decoy.
type Request struct {
	ID         string   `json:"id"`
	Op         Op       `json:"op"`
	Generation int      `json:"generation,omitempty"`
	Services   []string `json:"services,omitempty"`
	// Settings are all that the operator has chosen for services; absent: as they are. They come this way, and not with the identity, because they change while
	// the decoy runs, and because whoever may look at a container sees its environment.
	Settings Settings `json:"settings,omitzero"`
	// Ports are those of services that others run in the decky's network namespace: which of them somebody listens on is asked.
	Ports []Port `json:"ports,omitempty"`
}

// Port is a port of the decky's address.
type Port struct {
	Proto  string `json:"proto"` // tcp or udp
	Number int    `json:"number"`
}

// Settings are an operator's choices, by service and key. They were checked against the catalog.
type Settings map[string]map[string]string

// Reply is one line from the decoy. Control is always true: it tells a reply from a diagnostic line.
type Reply struct {
	Control    bool       `json:"control"`
	ID         string     `json:"id"`
	Error      *Error     `json:"error,omitempty"`
	Boot       string     `json:"boot"` // this run of the decoy
	Generation int        `json:"generation"`
	Services   []string   `json:"services"`
	Endpoints  []Endpoint `json:"endpoints"`
	// Listening are those of the request's ports on which somebody listens.
	Listening []Port `json:"listening,omitempty"`
}

// Endpoint is one port that the decoy has bound and, for TCP, connected to itself.
type Endpoint struct {
	Service string `json:"service"`
	Proto   string `json:"proto"`
	Port    int    `json:"port"`
}

// Error says why a request was refused. The codes are the engine's (PORT_UNAVAILABLE, SERVICE_NOT_ANSWERING, UNSUPPORTED, …).
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
}

// Identity is who the decoy pretends to be. It is given once, at the start, as JSON in the environment variable
// DECOY_IDENTITY.
type Identity struct {
	ID        string `json:"id"`
	Name      string `json:"name"` // the decky's name: the HOSTNAME of its event lines
	Hostname  string `json:"hostname"`
	IP        string `json:"ip"`            // the address to bind: "" is all
	MAC       string `json:"mac,omitempty"` // of its network card; "" where it has none of its own
	OS        string `json:"os"`
	Distro    string `json:"distro"`
	Archetype string `json:"archetype,omitempty"`
	Seed      []byte `json:"seed"`
	// PortOffset is added to a port that can't be bound (no right to it, or taken): 0 refuses instead.
	PortOffset int `json:"portOffset,omitempty"`
	// Settings are those that hold until an Apply brings others.
	Settings Settings `json:"settings,omitempty"`
}

// The codes that a decoy itself gives. They are the engine's, word for word.
const (
	PortUnavailable = "PORT_UNAVAILABLE"
	NotAnswering    = "SERVICE_NOT_ANSWERING"
	NotRunning      = "DECKY_NOT_RUNNING"
	Unsupported     = "UNSUPPORTED"
	Failed          = "ENGINE_FAILED"
)

// Error joins the code, the message and the detail.
func (e *Error) Error() string {
	s := e.Code + ": " + e.Message
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}
