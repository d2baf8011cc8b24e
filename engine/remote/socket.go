package remote

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Listen returns the socket to serve on: the one that systemd passes when it has one (LISTEN_FDS), else one made at path. It belongs to the first of uids and
// nobody else may open it (0600); and whoever has opened it by other means, as root can, is refused unless its uid is among them.
func Listen(path string, uids []int, log *slog.Logger) (net.Listener, error) {
	if len(uids) == 0 {
		return nil, errors.New("a socket that nobody may connect to")
	}
	l, err := inherited()
	if l == nil && err == nil {
		l, err = listen(path, uids[0])
	}
	if err != nil {
		return nil, err
	}
	return &guarded{Listener: l, uids: uids, log: log}, nil
}

// inherited is the socket that systemd has made, nil when it has made none.
func inherited() (net.Listener, error) {
	const first = 3 // after stdin, stdout and stderr
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) || os.Getenv("LISTEN_FDS") != "1" {
		return nil, nil
	}
	f := os.NewFile(first, "LISTEN_FDS")
	defer f.Close() // the listener has a copy
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("take over the socket from systemd: %w", err)
	}
	if _, ok := l.(*net.UnixListener); !ok {
		return nil, errors.Join(fmt.Errorf("systemd passed %s, which is no Unix socket", l.Addr()), l.Close())
	}
	return l, nil
}

func listen(path string, owner int) (net.Listener, error) {
	// A socket that nobody serves is one that a crash has left.
	if conn, err := net.Dial("unix", path); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("somebody serves %s already", path)
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		if at, err := os.Lstat(path); err == nil && at.Mode().Type() != os.ModeSocket { // connecting to any file is refused so
			return nil, fmt.Errorf("%s is there, and is no socket: give another path", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove the old socket: %w", err)
		}
	}
	before := unix.Umask(0o177) // it is never open to others, not even for a moment
	l, err := net.Listen("unix", path)
	unix.Umask(before)
	if err != nil {
		return nil, fmt.Errorf("make the socket: %w", err)
	}
	if owner != os.Geteuid() {
		if err := os.Chown(path, owner, -1); err != nil {
			return nil, errors.Join(fmt.Errorf("give the socket to its user: %w", err), l.Close())
		}
	}
	return l, nil
}

// guarded is a Unix socket that accepts some users' connections only.
type guarded struct {
	net.Listener
	uids []int
	log  *slog.Logger
}

// Accept returns the next connection of a user who may connect, and closes the others.
func (g *guarded) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := credentials(conn)
		if err == nil && slices.Contains(g.uids, int(peer.Uid)) {
			return conn, nil
		}
		if err != nil {
			g.log.Warn("a connection that does not say whose it is, refused", "error", err)
		} else {
			g.log.Warn("a connection of another user, refused", "uid", peer.Uid, "pid", peer.Pid)
		}
		_ = conn.Close()
	}
}

// credentials are the peer's at the time that it connected, as the kernel knows them.
func credentials(conn net.Conn) (*unix.Ucred, error) {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.New("no Unix socket")
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	var peer *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) { peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	return peer, errors.Join(err, failed)
}
