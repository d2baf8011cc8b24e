package decoy

import "time"

// Limits bound what intruders can make a decky spend.
type Limits struct {
	Connections          int // open at once, of everybody
	ConnectionsPerSource int // to all ports, at least: a decky's own number is up to a half above it
	// ConnectionsPerSourcePort is the same for one port, where the product has no bound of its own.
	ConnectionsPerSourcePort int
	ConnectionsPerPort       int           // of everybody
	Idle                     time.Duration // without a byte
	SessionTime              time.Duration
	BytesIn                  int64 // of one session
	BytesOut                 int64
	EventRate                float64 // events a second of one source, sustained
	EventBurst               float64 // what matters most has reserves of its own, in all as much again and three quarters
	PacketRate               float64 // datagrams a second answered to one source, sustained
	PacketBurst              float64
	// AnswerRate bounds the bytes a second that go to one source in datagrams, sustained: whoever forges the source of a question makes
	// the decky send no more than that to who is forged.
	AnswerRate  float64
	AnswerBurst float64
}

// DefaultLimits are those of a small host that many people probe.
func DefaultLimits() Limits {
	return Limits{
		Connections:              512,
		ConnectionsPerSource:     192,
		ConnectionsPerSourcePort: 64,
		ConnectionsPerPort:       256,
		Idle:                     5 * time.Minute,
		SessionTime:              time.Hour,
		BytesIn:                  16 << 20,
		BytesOut:                 64 << 20,
		EventRate:                50,
		EventBurst:               400,
		PacketRate:               40,
		PacketBurst:              800, // a few walks of all that SNMP knows
		AnswerRate:               4 << 10,
		AnswerBurst:              64 << 10,
	}
}
