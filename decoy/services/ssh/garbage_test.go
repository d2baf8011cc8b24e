package ssh

import (
	"bufio"
	"strings"
	"testing"

	"decnet/decoy/decoytest"
	"decnet/decoy/services/internal/servicetest"
)

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "ssh")
	servicetest.Garbage(t, d, 22, "SSH-2.0-x\r\n", "SSH-2.0-x\r\n\x00\x00\x01\x14\x06\x14")
	servicetest.Recovers(t, func() bool {
		line, err := bufio.NewReader(d.Dial(22)).ReadString('\n')
		return err == nil && strings.HasPrefix(line, "SSH-2.0-")
	})
}
