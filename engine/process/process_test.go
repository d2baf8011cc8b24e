package process_test

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/enginetest"
	"decnet/engine/process"
)

func TestContract(t *testing.T) {
	dir := t.TempDir() + "/a/folder/that/is/so/deep/that/no/unix/socket/could/be/reached/by/its/whole/path/because/the/kernel/takes/107/bytes"
	enginetest.Run(t, enginetest.Harness{
		Open: func(t *testing.T) engine.Engine {
			e, err := process.New(process.Options{Dir: dir, DecoyBinary: enginetest.Decoy(t)})
			require.NoError(t, err)
			t.Cleanup(func() { _ = e.Close() })
			return e
		},
		Network: engine.Network{ID: "dpl_contract", Driver: engine.Loopback, Subnet: netip.MustParsePrefix("127.90.1.0/24")},
		Kill: func(t *testing.T, o engine.Observed) {
			pid, _, _ := strings.Cut(o.Instance, ":")
			n, err := strconv.Atoi(pid)
			require.NoError(t, err, fmt.Sprint(o))
			require.NoError(t, syscall.Kill(n, syscall.SIGKILL))
		},
	})
}
