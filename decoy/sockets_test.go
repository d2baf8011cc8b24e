package decoy

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/control"
)

// Which ports others listen on is told of the decky's own address, and without a connection that they would see.
func TestWhoListensIsToldWithoutATouch(t *testing.T) {
	port := func(a net.Addr) int {
		if u, ok := a.(*net.UDPAddr); ok {
			return u.Port
		}
		return a.(*net.TCPAddr).Port
	}
	all, err := net.Listen("tcp4", "0.0.0.0:0")
	require.NoError(t, err)
	defer all.Close()
	both, err := net.Listen("tcp", "[::]:0")
	require.NoError(t, err)
	defer both.Close()
	elsewhere, err := net.Listen("tcp4", "127.0.0.3:0")
	require.NoError(t, err)
	defer elsewhere.Close()
	udp, err := net.ListenPacket("udp4", "127.0.0.2:0")
	require.NoError(t, err)
	defer udp.Close()
	gone, err := net.Listen("tcp4", "127.0.0.2:0")
	require.NoError(t, err)
	gone.Close()

	want := []control.Port{{Proto: "tcp", Number: port(all.Addr())}, {Proto: "tcp", Number: port(both.Addr())}, {Proto: "udp", Number: port(udp.LocalAddr())}}
	ask := append([]control.Port{{Proto: "tcp", Number: port(elsewhere.Addr())}, {Proto: "tcp", Number: port(gone.Addr())}}, want...)
	require.Equal(t, want, listening(t.Context(), "127.0.0.2", ask))

	require.NoError(t, all.(*net.TCPListener).SetDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = all.Accept()
	require.Error(t, err, "nobody has connected")
}
