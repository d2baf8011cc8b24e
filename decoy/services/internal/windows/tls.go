package windows

import (
	"decnet/decoy"
	"decnet/decoy/internal/tlswire"
)

// firstWith13 is the first build of Windows whose Schannel speaks TLS 1.3: Server 2022's.
const firstWith13 = 20348

// TLS is how the host's Windows speaks TLS, whichever of its services does.
func TLS(h *decoy.Host) tlswire.Profile {
	switch m := MachineOf(h); {
	case m.Build >= firstWith13:
		return tlswire.Windows
	case m.Major >= 10:
		return tlswire.Windows2016
	}
	return tlswire.Windows2012
}
