package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"decnet/engine"
)

// pin holds the one installation that a server serves. What the engine makes bears the installation's name, so that somebody who may ask for another one could
// reach the decoys of another server on the same Docker Engine.
type pin struct {
	path string
	open func(installation string) (engine.Engine, []engine.Driver, error)

	mu      sync.Mutex
	is      string
	engine  engine.Engine
	drivers []engine.Driver
}

// take returns the engine of an installation. The first that asks is remembered, also across restarts.
func (p *pin) take(installation string) (engine.Engine, []engine.Driver, error) {
	if !installationPattern.MatchString(installation) {
		return nil, nil, refuse("%q is not an installation's ID", installation)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.is == "" {
		is, err := remembered(p.path, installation)
		if err != nil {
			return nil, nil, err
		}
		p.is = is
	}
	if p.is != installation {
		return nil, nil, refuse("it serves another installation (%s says which)", p.path)
	}
	if p.engine == nil {
		e, drivers, err := p.open(installation)
		if err != nil {
			return nil, nil, err
		}
		p.engine, p.drivers = e, drivers
	}
	return p.engine, p.drivers, nil
}

// remembered reads the file, or writes it when there is none.
func remembered(path, installation string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read which installation is served: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.WriteFile(path, []byte(installation+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("remember which installation is served: %w", err)
	}
	return installation, nil
}

func (p *pin) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.engine == nil {
		return nil
	}
	return p.engine.Close()
}

// bounds on what goes on at once, so that a client that has been taken over can't use up this process.
const (
	mostStreams = 20_000
	mostChanges = 256
)

// slot takes one of a bounded number of places, without waiting.
func slot(of chan struct{}) (release func(), err error) {
	select {
	case of <- struct{}{}:
		return func() { <-of }, nil
	default:
		return nil, &engine.Error{Code: engine.Unavailable, Message: "the engine process has too much else to do", Transient: true}
	}
}
