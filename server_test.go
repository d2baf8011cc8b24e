package main

import (
	"context"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"decnet/auth"
	"decnet/config"
	"decnet/internal/ports"
	"decnet/store"
)

// A server whose listener fails ends, and says why, in the place of going on deaf.
func TestAServerThatCanServeNobodyEnds(t *testing.T) {
	address := freeAddress(t)
	cfg := serving(t, "--listen", address)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg) }()
	serves(t, address)
	deafen(t, address)
	select {
	case err := <-ended:
		require.ErrorContains(t, err, "serve: ")
	case <-time.After(time.Minute):
		t.Fatal("it goes on, and serves nobody")
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := ports.Free()
	require.NoError(t, err)
	return address
}

// serves waits until an address does.
func serves(t *testing.T, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		r, err := http.Get("http://" + address + "/healthz")
		return err == nil && r.Body.Close() == nil
	}, time.Minute, 10*time.Millisecond, "it serves")
}

// serving are the settings of a server on some port, and on a folder of its own.
func serving(t *testing.T, args ...string) *config.Config {
	t.Helper()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cfg := config.Flags(flags)
	require.NoError(t, flags.Parse(append([]string{"--listen", "127.0.0.1:0", "--data", t.TempDir(), "--engine", "sim", "--auth", "off", "--log-level", "error"}, args...)))
	require.NoError(t, cfg.Load())
	return cfg
}

// Two servers on one SQLite database would each mend what the other does; the second one says so, and leaves the first one alone.
func TestASecondServerOnTheSameDataIsRefused(t *testing.T) {
	address := freeAddress(t)
	cfg := serving(t, "--listen", address)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg) }()
	serves(t, address)
	second := serving(t, "--data", cfg.Data)
	require.ErrorContains(t, run(ctx, second), "stop that one first, or give this one a --data of its own")
	cancel()
	require.NoError(t, <-ended)
	alone, err := store.Alone(databasePath(cfg))
	require.NoError(t, err, "it has left it")
	require.NoError(t, alone.Close())
}

// A first start that its settings fail makes nothing.
func TestSettingsThatFailAreToldBeforeAnythingIsMade(t *testing.T) {
	for setting, value := range map[string]string{
		"operations": "/nonexistent", "alert-webhook": "hooks.example.org", "export-syslog": "udp://127.0.0.1:514",
	} {
		cfg := serving(t, "--"+setting, value)
		require.Error(t, run(t.Context(), cfg), setting)
		made, err := os.ReadDir(cfg.Data)
		require.NoError(t, err)
		require.Empty(t, made, setting)
	}
}

// A first start that fails late makes no user, whose password would have been printed for a server that is not there.
func TestAFirstStartThatFailsMakesNoUser(t *testing.T) {
	list := filepath.Join(t.TempDir(), "operations.graphql")
	require.NoError(t, os.WriteFile(list, []byte("query Nothing { nothingOfTheKind }"), 0o600))
	cfg := serving(t, "--auth", "on", "--operations", list)
	require.ErrorContains(t, run(t.Context(), cfg), "nothingOfTheKind")
	db, err := openStore(t.Context(), cfg, nil)
	require.NoError(t, err)
	defer db.Close()
	users, err := auth.New(db, time.Now).Users(t.Context())
	require.NoError(t, err)
	require.Empty(t, users)
}

// A slip in --data makes no other database, with users of its own.
func TestUsersAreOfADatabaseThatIsThere(t *testing.T) {
	cfg := serving(t)
	err := withAuth(t.Context(), cfg, func(*auth.Auth) error { return nil })
	require.ErrorContains(t, err, "there is no database in "+cfg.Data)
	made, err := os.ReadDir(cfg.Data)
	require.NoError(t, err)
	require.Empty(t, made)
}

// deafen shuts the socket of this process that listens on a port down, as nothing but a fault of the system does.
func deafen(t *testing.T, address string) {
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
		if in, ok := at.(*syscall.SockaddrInet4); ok && netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port)).String() == address {
			require.NoError(t, syscall.Shutdown(fd, syscall.SHUT_RDWR))
			return
		}
	}
	t.Fatal("nothing listens there")
}
