package catalog

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// styles are host-name patterns. {word} and {WORD} are a word, {n} a number of two digits without a leading zero, {d} one of
// two digits that counts from 01, {b} seven and {B} eleven letters or digits, {h} and {H} six hex digits; {m} is the second half of the MAC, {M} all of it.
var styles = map[string]string{
	"generic":             "SRV-{WORD}-{n}",
	"rhel":                "{word}{n}",
	"minimal":             "{word}-{n}",
	"rolling":             "{word}-{word}",
	"windows-workstation": "DESKTOP-{b}",
	"windows-server":      "WIN-{B}",
	"domain-controller":   "DC{d}",
	"web":                 "web-{word}-{d}",
	"database":            "db-{word}-{d}",
	"mail":                "mail-{word}-{d}",
	"files":               "nas-{word}-{d}",
	"printer":             "NPI{m}", // HP's; printers has those of the others
	"camera":              "cam-{h}",
	"plc":                 "plc-{word}-{d}",
	"voip":                "pbx-{word}-{d}",
	"monitoring":          "mon-{word}-{d}",
	"devops":              "build-{word}-{d}",
}

// printers are the names with which printers leave the factory, by the maker of their network card.
var printers = map[string]string{"00:80:77": "BRN{M}", "00:1e:8f": "Canon{m}", "00:00:aa": "XRX{M}", "00:c0:ee": "KM{m}", "00:04:00": "ET{M}"}

var words = strings.Fields(`amber anvil apex arbor aspen atlas basalt beacon birch boreal brook canyon cedar cinder cobalt comet
copper coral crest cypress delphi dune ember falcon fjord flint forge garnet glacier granite harbor hazel heron indigo ivory
jasper juniper kestrel lagoon larch linden maple marble meadow mesa nimbus onyx opal orchid osprey pine quartz raven ridge
saffron slate sparrow summit thistle tundra umber walnut willow zephyr`)

const (
	base36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	base16 = "0123456789ABCDEF"
)

// Hostname draws a host name in a style: one label that RFC 1123 allows. An unknown style is drawn as generic. mac is the host's, whose maker and digits a printer's
// name has; one without a MAC of its own ("") is named as if it had one.
func (c *Catalog) Hostname(style, mac string, r *rand.Rand) string {
	pattern, ok := styles[style]
	if !ok {
		pattern = styles["generic"]
	}
	if style == "printer" {
		if mac == "" {
			mac = c.MAC("printer", "", r)
		}
		if own := printers[mac[:min(len(mac), 8)]]; own != "" {
			pattern = own
		}
	}
	digits := strings.ToUpper(strings.ReplaceAll(mac, ":", ""))
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		var name string
		name, pattern, _ = strings.Cut(rest, "}")
		switch name {
		case "m":
			b.WriteString(digits[len(digits)/2:])
		case "M":
			b.WriteString(digits)
		default:
			b.WriteString(draw(name, r))
		}
	}
}

func draw(placeholder string, r *rand.Rand) string {
	switch placeholder {
	case "word":
		return words[r.IntN(len(words))]
	case "WORD":
		return strings.ToUpper(words[r.IntN(len(words))])
	case "n":
		return fmt.Sprint(10 + r.IntN(90))
	case "d":
		return fmt.Sprintf("%02d", 1+r.IntN(99))
	case "b":
		return letters(base36, 7, r)
	case "B":
		return letters(base36, 11, r)
	case "h":
		return strings.ToLower(letters(base16, 6, r))
	default: // H
		return letters(base16, 6, r)
	}
}

func letters(alphabet string, n int, r *rand.Rand) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// MAC draws an address from a vendor that fits the archetype, or where it is none or names none the personality, in lower case. An unknown
// personality is drawn as linux.
func (c *Catalog) MAC(archetype, personality string, r *rand.Rand) string {
	ouis := c.archetypes[archetype].OUIs
	if len(ouis) == 0 {
		p, ok := c.personalities[personality]
		if !ok {
			p = c.personalities["linux"]
		}
		ouis = p.OUIs
	}
	rest := r.Uint32()
	return fmt.Sprintf("%s:%02x:%02x:%02x", strings.ToLower(ouis[r.IntN(len(ouis))]), byte(rest>>16), byte(rest>>8), byte(rest))
}
