// Package device is what an embedded decky is when it is looked at as a thing with a name on it: the same in its web pages, its management and its files.
package device

import "decnet/decoy"

// Name returns the thing's.
func Name(h *decoy.Host) string {
	names := []string{"DiskStation", "RT-N66U", "WebAdmin", "ReadyNAS", "Router Configuration"}
	switch h.Archetype {
	case "printer":
		names = []string{"HP LaserJet Pro M404dn", "Brother HL-L5200DW series", "Lexmark MS521dn", "Kyocera ECOSYS P3145dn"}
	case "iot-device":
		names = []string{"IP Camera", "NETSurveillance WEB", "DVR Login", "Network Video Client"}
	}
	return decoy.Pick(h, "device", names...)
}
