package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"decnet/config"
)

// A server whose listener fails ends, and says why, in the place of going on deaf.
func TestAServerThatCanServeNobodyEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().(*net.TCPAddr)
	require.NoError(t, l.Close())
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cfg := config.Flags(flags)
	require.NoError(t, flags.Parse([]string{"--listen", address.String(), "--data", t.TempDir(), "--engine", "sim", "--auth", "off", "--log-level", "error"}))
	require.NoError(t, cfg.Load())

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg) }()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address.String())
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, 20*time.Second, 10*time.Millisecond, "it serves")
	deafen(t, address.Port)
	select {
	case err := <-ended:
		require.ErrorContains(t, err, "serve: ")
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on, and serves nobody")
	}
}

// deafen shuts the socket of this process that listens on a port down, as nothing but a fault of the system does.
func deafen(t *testing.T, port int) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		require.NoError(t, err)
		listens, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
		if err != nil || listens == 0 {
			continue
		}
		at, err := syscall.Getsockname(fd)
		require.NoError(t, err)
		if in, ok := at.(*syscall.SockaddrInet4); ok && in.Port == port {
			require.NoError(t, syscall.Shutdown(fd, syscall.SHUT_RDWR))
			return
		}
	}
	t.Fatal("nothing listens there")
}
