package device

import (
	"strings"
	"testing"

	"decnet/decoy"
	"decnet/decoy/decoytest"
)

// A scanner on the LAN sees who made the network card before it sees anything else, and the name that it has leased tells the same.
func TestTheThingIsOfTheMakerThatItsNeighboursSee(t *testing.T) {
	for _, c := range []struct{ archetype, mac, hostname, want string }{
		{"printer", "3c:d9:2b:01:02:03", "NPI010203", "HP "}, {"printer", "00:80:77:01:02:03", "office-printer", "Brother "}, {"printer", "00:1e:8f:01:02:03", "Canon010203", "Canon "},
		{"printer", "00:00:aa:01:02:03", "XRX0000AA010203", "Xerox "}, {"printer", "00:c0:ee:01:02:03", "KM010203", "Kyocera "}, {"printer", "00:04:00:01:02:03", "ET000400010203", "Lexmark "},
		{"printer", "", "BRN008077010203", "Brother "}, {"printer", "00:50:56:01:02:03", "NPI010203", "HP "},
		{"iot-device", "00:40:8c:01:02:03", "cam-1", "AXIS "}, {"iot-device", "3c:ef:8c:01:02:03", "NPI010203", "WEB SERVICE|DVR Login"},
	} {
		id := decoytest.Identity()
		id.Archetype, id.OS, id.MAC, id.Hostname = c.archetype, "embedded", c.mac, c.hostname
		h, err := decoy.NewHost(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		fits := false
		for begin := range strings.SplitSeq(c.want, "|") {
			fits = fits || strings.HasPrefix(Name(h), begin)
		}
		if !fits {
			t.Errorf("a %s with the card %s that is called %s is a %s", c.archetype, c.mac, c.hostname, Name(h))
		}
	}
}
