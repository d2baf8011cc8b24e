package telnet

import (
	"testing"

	"decnet/decoy/decoytest"
	"decnet/decoy/services/internal/servicetest"
)

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "telnet")
	servicetest.Garbage(t, d, 23, "\xff\xfb\x18\xff\xfa\x18\x00", "root\r\n")
	servicetest.Recovers(t, func() bool {
		n, err := d.Dial(23).Read(make([]byte, 1))
		return err == nil && n == 1
	})
}
