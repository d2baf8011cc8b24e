package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"decnet/engine"
	"decnet/engine/lock"
)

// Server lets an engine be used over a socket.
type Server struct {
	// Open makes the engine of an installation, and says which networks it makes.
	Open func(installation string) (engine.Engine, []engine.Driver, error)
	// PinFile remembers which installation that is.
	PinFile string
	Rules   Rules
	Log     *slog.Logger
	// Grace is how long changes that are under way may go on when the server stops.
	Grace time.Duration
}

const (
	// mostBytes is how long a request may be. The longest is a decky with all its services.
	mostBytes = 64 << 10
	// longest is how long any call may take that says no shorter time and is not a stream.
	longest = 10 * time.Minute
	// readWithin is how long a request may take to arrive.
	readWithin = 5 * time.Second
	// cleanUpWithin is how long calls that are broken off may take to wind up.
	cleanUpWithin = 6 * time.Second
)

// Serve answers until ctx ends: then streams end at once, and changes within the grace. It closes l and the engine.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	changing, endChanges := context.WithCancel(context.WithoutCancel(ctx))
	defer endChanges()
	h := &handler{
		pin: &pin{path: s.PinFile, open: s.Open}, rules: s.Rules, log: s.Log, stopping: ctx,
		streams: make(chan struct{}, mostStreams), changes: make(chan struct{}, mostChanges),
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: readWithin, MaxHeaderBytes: 8 << 10,
		BaseContext: func(net.Listener) context.Context { return changing }, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Grace)
		defer cancel()
		if server.Shutdown(grace) == nil {
			break
		}
		s.Log.Warn("changes are broken off", "grace", s.Grace)
		endChanges()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpWithin)
		defer cancel()
		err = errors.Join(server.Shutdown(last), server.Close())
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, h.pin.close())
}

type handler struct {
	pin      *pin
	rules    Rules
	log      *slog.Logger
	stopping context.Context // ends when the server stops; a call's own ends only when its grace is over
	streams  chan struct{}
	changes  chan struct{}
	// deckies are changed one call at a time each, as engines want it. A client that goes away and comes back may ask while its last call still winds up.
	deckies lock.ByKey
}

// ServeHTTP answers one call.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, known := strings.CutPrefix(r.URL.Path, version)
	v, ok := verbs[name]
	if !known || !ok || r.Method != http.MethodPost {
		h.log.Warn("no such verb, refused", "method", r.Method, "path", r.URL.Path)
		http.Error(w, "no such verb", http.StatusNotFound)
		return
	}
	began := time.Now()
	send := sender(w)
	c, err := h.read(w, r, v)
	told := v.change || err != nil // changes and refusals; the rest is reading, which ends in many ways
	if err == nil {
		c.send = send
		err = h.run(propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header)), v, c)
	}
	if told {
		h.told(name, c, began, err)
	}
	last := frame{Done: true}
	if err != nil {
		last = frame{Error: fail(err)}
	}
	_ = send(last) // whoever has gone needs no answer
}

// told logs what was asked for: this side's own record of it.
func (h *handler) told(verb string, c *call, began time.Time, err error) {
	log := h.log.With("verb", verb, "took", time.Since(began))
	switch {
	case c != nil && c.Decky != nil:
		log = log.With("decky", c.Decky.ID, "name", c.Decky.Name)
	case c != nil && c.Ref != nil:
		log = log.With("decky", c.Ref.ID, "name", c.Ref.Name)
	}
	if err != nil {
		log.Warn("not done", "error", err)
		return
	}
	log.Info("done")
}

// read reads a request and checks it.
func (h *handler) read(w http.ResponseWriter, r *http.Request, v verb) (*call, error) {
	c := &call{handler: h}
	rc := http.NewResponseController(w)
	if err := rc.SetReadDeadline(time.Now().Add(readWithin)); err != nil {
		return nil, fmt.Errorf("bound the request: %w", err)
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBytes))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c.request); err != nil {
		return nil, refuse("the request can't be read: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse("there is something after the request")
	}
	if err := rc.SetReadDeadline(time.Time{}); err != nil { // else the call would end with it
		return nil, fmt.Errorf("bound the request: %w", err)
	}
	check := v.check
	if check == nil {
		check = nothing
	}
	if err := check(h.rules, c.request); err != nil {
		return c, err
	}
	var err error
	c.engine, c.drivers, err = h.pin.take(c.Installation)
	return c, err
}

func (h *handler) run(ctx context.Context, v verb, c *call) error {
	places, most := h.streams, longest
	if v.change {
		places = h.changes
	}
	release, err := slot(places)
	if err != nil {
		return err
	}
	defer release()
	if v.stream {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(h.stopping, cancel)()
		if err := v.run(ctx, c); err != nil || h.stopping.Err() == nil {
			return err
		}
		return &engine.Error{Code: engine.Unavailable, Message: "the engine process stops", Transient: true}
	}
	if left := time.Duration(c.Timeout) * time.Millisecond; left > 0 && left < most {
		most = left
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if v.change {
		done, err := h.deckies.Take(ctx, c.id())
		if err != nil {
			return fmt.Errorf("wait for the decky's last change: %w", err)
		}
		defer done()
	}
	return v.run(ctx, c)
}

// sender writes frames, each at once, from one goroutine or several.
func sender(w http.ResponseWriter) func(frame) error {
	var mu sync.Mutex
	w.Header().Set("Content-Type", "application/jsonl")
	enc, rc := json.NewEncoder(w), http.NewResponseController(w)
	enc.SetEscapeHTML(false)
	return func(f frame) error {
		mu.Lock()
		defer mu.Unlock()
		if err := enc.Encode(f); err != nil {
			return err
		}
		return rc.Flush()
	}
}
