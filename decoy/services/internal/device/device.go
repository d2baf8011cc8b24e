// Package device is what an embedded decky is when it is looked at as a thing with a name on it: the same in its web pages, its management and its files.
package device

import (
	"maps"
	"slices"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/conpot"
)

// models are the things of each kind, by the word with which their maker is called.
var models = map[string]map[string][]string{
	"printer": {
		"HP": {"HP LaserJet Pro M404dn"}, "Brother": {"Brother HL-L5200DW series"}, "Lexmark": {"Lexmark MS521dn"}, "Kyocera": {"Kyocera ECOSYS P3145dn"},
		"Canon": {"Canon LBP223dw"}, "Xerox": {"Xerox VersaLink B400"},
	},
	"iot-device": {
		"Axis": {"AXIS M1065-L Network Camera", "AXIS P3245-LV Network Camera"}, "Hikvision": {"IP Camera", "Network Video Client"}, "Dahua": {"WEB SERVICE", "DVR Login"},
	},
}

// others are what is neither.
var others = []string{"DiskStation", "RT-N66U", "WebAdmin", "ReadyNAS", "Router Configuration"}

// makers are those of network cards, by what their addresses begin with, and names those whose things come with names that begin so.
var (
	makers = map[string]string{
		"00:17:08": "HP", "3c:d9:2b": "HP", "00:80:77": "Brother", "00:1e:8f": "Canon", "00:00:aa": "Xerox", "00:c0:ee": "Kyocera", "00:04:00": "Lexmark",
		"00:40:8c": "Axis", "44:19:b6": "Hikvision", "3c:ef:8c": "Dahua",
	}
	names = map[string]string{"NPI": "HP", "HP": "HP", "BRN": "Brother", "BRW": "Brother", "CANON": "Canon", "XRX": "Xerox", "KM": "Kyocera", "ET0": "Lexmark", "AXIS": "Axis", "HIK": "Hikvision"}
)

// Name returns the thing's. It is one of the maker of the host's network card, or whose names the host's is like: a neighbour sees both.
func Name(h *decoy.Host) string {
	if h.Archetype == "industrial-control" {
		return "SIMATIC " + conpot.ControllerOf(h).Family
	}
	known := models[h.Archetype]
	if known == nil {
		return decoy.Pick(h, "device", others...)
	}
	var maker string
	if card := h.Card(); card != nil {
		maker = makers[card.String()[:8]]
	}
	for prefix, by := range names {
		if known[maker] == nil && strings.HasPrefix(strings.ToUpper(h.Hostname), prefix) {
			maker = by
		}
	}
	if known[maker] == nil {
		maker = decoy.Pick(h, "device-maker", slices.Sorted(maps.Keys(known))...)
	}
	return decoy.Pick(h, "device", known[maker]...)
}
