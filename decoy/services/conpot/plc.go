package conpot

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"decnet/decoy"
)

// model is a controller as it is sold.
type model struct {
	name    string // of the module
	order   string // its number
	version [3]byte
	slots   []byte // where it answers
	pdu     uint16 // the longest message of S7
	card    string // the make of its memory card
}

var models = []model{
	{"CPU 315-2 PN/DP", "6ES7 315-2EH14-0AB0", [3]byte{3, 2, 8}, []byte{2}, 240, "MMC"},
	{"CPU 315-2 PN/DP", "6ES7 315-2EH14-0AB0", [3]byte{3, 2, 14}, []byte{2}, 240, "MMC"},
	{"CPU 314C-2 PN/DP", "6ES7 314-6EH04-0AB0", [3]byte{3, 3, 10}, []byte{2}, 240, "MMC"},
	{"CPU 317-2 PN/DP", "6ES7 317-2EK14-0AB0", [3]byte{3, 2, 7}, []byte{2}, 240, "MMC"},
	{"CPU 319-3 PN/DP", "6ES7 318-3EL01-0AB0", [3]byte{3, 2, 12}, []byte{2}, 240, "MMC"},
	{"CPU 1212C DC/DC/DC", "6ES7 212-1AE40-0XB0", [3]byte{4, 2, 3}, []byte{0, 1}, 240, "SMC"},
	{"CPU 1214C DC/DC/DC", "6ES7 214-1AG40-0XB0", [3]byte{4, 4, 1}, []byte{0, 1}, 240, "SMC"},
	{"CPU 1215C AC/DC/Rly", "6ES7 215-1BG40-0XB0", [3]byte{4, 5, 2}, []byte{0, 1}, 240, "SMC"},
}

// The size of the memory: coils or inputs, and registers.
const (
	coils     = 512
	registers = 256
)

// plc is the controller. Its memory is one for all that talk to it, as it is in a real one.
type plc struct {
	model
	host   *decoy.Host
	system string // the name that the plant gave it
	plant  string
	serial string
	memory string // the card's serial number
	levels []level

	mu       sync.Mutex
	coil     [coils]bool
	register [registers]uint16
	written  [registers]bool // by a client: its value stands
	stopped  bool
}

// level is a measured value that rises and falls around a mean.
type level struct {
	mean, swing float64
	period      time.Duration
}

func newPLC(h *decoy.Host) *plc {
	r := h.Rand("conpot")
	p := &plc{host: h, model: decoy.Pick(h, "conpot-model", models...)}
	// The names that the engineering tools give, where nobody gave another.
	names := []string{"SIMATIC 300(1)", "SIMATIC 300 Station", "S7300/ET200M station_1", strings.ToUpper(h.Hostname)}
	if strings.HasPrefix(p.name, "CPU 12") {
		names = []string{"PLC_1", "S71200 station_1", "SIMATIC 1200 Station", strings.ToUpper(h.Hostname)}
	}
	p.system = decoy.Pick(h, "conpot-system", names...)
	p.plant = decoy.Pick(h, "conpot-plant", "", "Line 2", "Pump station", "Boiler house", "Packing", "Water treatment")
	p.serial = fmt.Sprintf("S C-%c%dU%07d%d", 'A'+rune(r.IntN(16)), 1+r.IntN(9), r.IntN(10000000), 10+r.IntN(15))
	p.memory = fmt.Sprintf("%s %08X", p.card, r.Uint32())
	for range 24 {
		p.levels = append(p.levels, level{mean: 100 + r.Float64()*3000, swing: 5 + r.Float64()*60, period: time.Duration(60+r.IntN(1800)) * time.Second})
	}
	for i := range 64 {
		p.coil[i] = r.IntN(3) == 0
	}
	for i := len(p.levels); i < 96; i++ {
		if r.IntN(2) == 0 {
			p.register[i] = uint16(r.IntN(500)) // settings
		}
	}
	return p
}

// firmware is the version as it is written.
func (p *plc) firmware() string {
	return fmt.Sprintf("V%d.%d.%d", p.version[0], p.version[1], p.version[2])
}

// value is what a register holds now. The first ones are measured. p.mu is held.
func (p *plc) value(i int) uint16 {
	if i >= len(p.levels) || p.written[i] || p.stopped {
		return p.register[i]
	}
	l := p.levels[i]
	phase := float64(p.host.Now().UnixMilli()%l.period.Milliseconds()) / float64(l.period.Milliseconds())
	p.register[i] = uint16(l.mean + l.swing*math.Sin(2*math.Pi*phase))
	return p.register[i]
}

// set writes a register. p.mu is held.
func (p *plc) set(i int, v uint16) { p.register[i], p.written[i] = v, true }
