package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"decnet/engine"
)

// Client is an engine in another process.
type Client struct {
	installation string
	http         *http.Client
	log          *slog.Logger
	name         string // of the engine
	host         atomic.Pointer[[]netip.Prefix]
}

var _ engine.Engine = (*Client)(nil)

const (
	// Scheme begins the address of an engine process: unix:///run/decnet/engine.sock.
	Scheme = "unix://"
	// helloWithin is how long Dial waits for the engine process.
	helloWithin = 3 * time.Second
	// undoWithin is how long an Ensure may go on after its deadline, to take back what it has made.
	undoWithin = 6 * time.Second
)

// Dial returns the engine behind a socket, and the networks that it makes, the default first. An engine process that does not answer is taken for Docker's and is
// asked again at each call: it may well be started later, and restarted at any time.
func Dial(ctx context.Context, address, installation string, log *slog.Logger) (*Client, []engine.Driver) {
	path := strings.TrimPrefix(address, Scheme)
	var d net.Dialer
	c := &Client{installation: installation, log: log, name: "docker", http: &http.Client{Transport: &http.Transport{
		// A new connection for each call costs microseconds, and none is ever found dead.
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) },
	}}}
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	drivers := []engine.Driver{engine.Bridge, engine.MACVLAN, engine.IPVLAN}
	err := c.call(ctx, verbHello, request{}, func(f frame) error {
		if f.Hello != nil {
			c.name, drivers = f.Hello.Engine, f.Hello.Drivers
			c.host.Store(&f.Host)
		}
		return nil
	})
	if err != nil {
		log.WarnContext(ctx, "the engine process does not say what it is; going on as with Docker's", "socket", path, "error", err)
	}
	return c, drivers
}

// Name is that of the engine in the other process.
func (c *Client) Name() string { return c.name }

// HostAddresses are those of the other process's host, with their networks, as of when it was last looked at. From within a container they are not to be seen.
func (c *Client) HostAddresses() []netip.Prefix {
	if host := c.host.Load(); host != nil {
		return *host
	}
	return nil
}

// Ping tells whether the other process answers, and its engine.
func (c *Client) Ping(ctx context.Context) error { return c.call(ctx, verbPing, request{}, ignore) }

// Close does nothing: no connection outlives its call.
func (*Client) Close() error { return nil }

// Ensure has the other process make the decky as it should be.
func (c *Client) Ensure(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	longer, cancel := outlive(ctx, undoWithin)
	defer cancel()
	return c.change(longer, verbEnsure, request{Decky: &d, Timeout: left(ctx)}, p)
}

// Apply has the other process change the services.
func (c *Client) Apply(ctx context.Context, d engine.Decky, p engine.Progress) (engine.Observed, error) {
	return c.change(ctx, verbApply, request{Decky: &d}, p)
}

func (c *Client) change(ctx context.Context, verb string, q request, p engine.Progress) (engine.Observed, error) {
	var o *engine.Observed
	err := c.call(ctx, verb, q, func(f frame) error {
		switch {
		case f.Stage != "":
			p(f.Stage)
		case f.Observed != nil:
			o = f.Observed
		}
		return nil
	})
	if err == nil && o == nil {
		err = broken(errors.New("an answer that says nothing"))
	}
	if err != nil {
		return engine.Observed{}, err
	}
	return *o, nil
}

// Remove has the other process make the decky not exist.
func (c *Client) Remove(ctx context.Context, r engine.Ref, p engine.Progress) error {
	return c.call(ctx, verbRemove, request{Ref: &r}, func(f frame) error {
		if f.Stage != "" {
			p(f.Stage)
		}
		return nil
	})
}

// Observe returns everything that the other process's engine has.
func (c *Client) Observe(ctx context.Context) ([]engine.Observed, error) {
	all := []engine.Observed{}
	err := c.call(ctx, verbObserve, request{}, func(f frame) error {
		switch {
		case f.Host != nil:
			c.host.Store(&f.Host)
		case f.Observed != nil:
			all = append(all, *f.Observed)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Events reads a decky's lines.
func (c *Client) Events(ctx context.Context, r engine.Ref, position string, follow bool, sink func(engine.Line) error) error {
	var refused error
	err := c.call(ctx, verbEvents, request{Ref: &r, Position: position, Follow: follow}, func(f frame) error {
		if f.Line != nil {
			refused = sink(*f.Line)
		}
		return refused
	})
	if refused != nil {
		return refused
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func ignore(frame) error { return nil }

// call sends a request and hands its answer on, frame by frame, until it ends, or each fails.
func (c *Client) call(ctx context.Context, verb string, q request, each func(frame) error) error {
	q.Installation = c.installation
	if q.Timeout == 0 {
		q.Timeout = left(ctx)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://engine"+version+verb, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header)) // what is done there is part of the same trace
	res, err := c.http.Do(req)
	if err != nil {
		return c.away(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &engine.Error{Code: engine.Failed, Message: "the engine process does not know the call: is it of another version?", Detail: res.Status + " " + verb}
	}
	for dec := json.NewDecoder(res.Body); ; {
		var f frame
		if err := dec.Decode(&f); err != nil {
			return c.away(ctx, err)
		}
		switch {
		case f.Done:
			return nil
		case f.Error != nil:
			if ctx.Err() != nil {
				return ended(ctx)
			}
			return f.Error.error()
		}
		if err := each(f); err != nil {
			return err
		}
	}
}

// away says why there is no answer, or not the whole: the caller's time is over, or the other process is gone.
func (c *Client) away(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return broken(err)
	}
	return &engine.Error{Code: engine.Unavailable, Message: "the engine process does not answer", Detail: err.Error(), Transient: true, Err: err}
}

func broken(err error) error {
	return &engine.Error{Code: engine.Unavailable, Message: "the engine process broke off in the middle", Transient: true, Err: err}
}

// ended is the error of a call whose context is over: DEADLINE_EXCEEDED, or that it was canceled.
func ended(ctx context.Context) error {
	return engine.AsError(fmt.Errorf("wait for the engine process: %w", context.Cause(ctx)))
}

// left is how long a context still has, in milliseconds; 0: as long as it takes.
func left(ctx context.Context) int64 {
	at, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(1, time.Until(at).Milliseconds())
}

// outlive is ctx, but its deadline comes later by so much. The other process knows the deadline, and is to end the call by itself: to find the connection closed
// would look to it as if the caller had gone, and nobody would take back what has been made.
func outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			late := time.AfterFunc(by, func() { cancel(context.Cause(ctx)) })
			context.AfterFunc(longer, func() { late.Stop() })
			return
		}
		cancel(context.Cause(ctx))
	})
	return longer, func() { stop(); cancel(nil) }
}
