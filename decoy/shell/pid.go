package shell

import (
	"slices"

	"decnet/decoy"
)

// PID is the number of the process that the decky's service seems to be, as ps shows it; 0 where there is none.
func (s *System) PID(service string) int {
	open := s.host.Listening()
	at := slices.IndexFunc(open, func(l decoy.Listening) bool { return l.Service == service })
	if at < 0 {
		return 0
	}
	command := programOf(open[at]).Command
	for _, p := range (&Shell{Machine: &Machine{sys: s}}).processes() {
		if p.command == command && command != "" {
			return p.pid
		}
	}
	return 0
}
