// Package mortal runs a real decnetd that dies and comes back, for tests and soaks: each time the process is killed, by itself at a failpoint or by
// whoever torments it, it is started again at once, on the same address and the same data. A [Follower] watches it meanwhile as a client does.
package mortal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"decnet/internal/ports"
)

// Options say which server.
type Options struct {
	Binary string
	Args   []string // besides --data, --listen and --auth
	Data   string
	// Failpoints arm the first boots: the first of them the first boot, and so on. "" arms none.
	Failpoints []string
	// Trace is a file that gets the name of each failpoint that is reached.
	Trace string
}

// Server is a decnetd that is started again whenever it is killed.
type Server struct {
	URL  string
	opts Options

	mu       sync.Mutex
	cmd      *exec.Cmd
	boots    int
	kills    int
	bootedAt time.Time
	stopping bool
	err      error // how the process ended for good
	log      bytes.Buffer
	done     chan struct{} // closed once the process has ended for good
}

// readyWithin bounds how long a boot may take.
const readyWithin = 60 * time.Second

// Start starts a server and waits until it serves. It may have died and come back by then.
func Start(ctx context.Context, o Options) (*Server, error) {
	address, err := ports.Free()
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://" + address, opts: o, done: make(chan struct{})}
	s.opts.Args = append([]string{"--data", o.Data, "--listen", address, "--auth", "off", "--grace", "5s"}, o.Args...)
	if err := s.boot(); err != nil {
		return nil, err
	}
	return s, s.WaitReady(ctx)
}

// Write takes what the process prints.
func (s *Server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// Log is what all the boots have printed.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *Server) boot() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := exec.Command(s.opts.Binary, s.opts.Args...)
	cmd.Stdout, cmd.Stderr = s, s
	cmd.Env = append(os.Environ(), "DECNET_FAILPOINT_TRACE="+s.opts.Trace)
	if s.boots < len(s.opts.Failpoints) {
		cmd.Env = append(cmd.Env, "DECNET_FAILPOINT="+s.opts.Failpoints[s.boots])
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start decnetd: %w", err)
	}
	s.cmd, s.bootedAt = cmd, time.Now()
	s.boots++
	go s.watch(cmd)
	return nil
}

// watch starts the process again when it was killed, and gives up when it ended in any other way.
func (s *Server) watch(cmd *exec.Cmd) {
	err := cmd.Wait()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	s.mu.Lock()
	killed, stopping := status.Signaled() && status.Signal() == syscall.SIGKILL, s.stopping
	if killed {
		s.kills++
	}
	s.mu.Unlock()
	if killed && !stopping {
		if err = s.boot(); err == nil {
			return
		}
	}
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
	close(s.done)
}

// Kill kills the process; it is back in a moment.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill decnetd: %w", err)
	}
	return nil
}

// Kills tells how often the process was killed, and when it was last started.
func (s *Server) Kills() (n int, bootedAt time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kills, s.bootedAt
}

// PID is the process's at present.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd.Process.Pid
}

// WaitReady waits until the server answers.
func (s *Server) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/healthz", http.NoBody)
		if err != nil {
			return fmt.Errorf("ask for /healthz: %w", err)
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-s.done:
			return fmt.Errorf("decnetd ended: %w\n%s", s.err, s.Log())
		case <-ctx.Done():
			return fmt.Errorf("decnetd does not answer: %w\n%s", ctx.Err(), s.Log())
		}
	}
}

// Stop ends the process in an orderly way and tells how it ended.
func (s *Server) Stop() error {
	s.mu.Lock()
	s.stopping = true
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	s.mu.Unlock()
	select {
	case <-s.done:
	case <-time.After(readyWithin):
		_ = s.Kill()
		<-s.done
		return fmt.Errorf("decnetd did not stop\n%s", s.Log())
	}
	if s.err != nil {
		return fmt.Errorf("decnetd ended badly: %w\n%s", s.err, s.Log())
	}
	return nil
}
