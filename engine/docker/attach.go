package docker

import (
	"context"
	"net"
	"net/http"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// boundKey marks contexts whose end closes the connections that are dialed with them.
type boundKey struct{}

// bindConnections makes the SDK's connections heed boundKey. An attach needs it: the SDK asks for it over a bare connection and waits for the answer whatever
// becomes of the context, which with a hung engine is for ever.
func bindConnections(c *client.Client) error {
	transport, ok := c.HTTPClient().Transport.(*http.Transport)
	if !ok || transport.DialContext == nil {
		return nil
	}
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil && ctx.Value(boundKey{}) != nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	return nil
}

// attach connects to a container's stdin and stderr. The connection ends with the context.
func (e *Engine) attach(ctx context.Context, containerID string) (types.HijackedResponse, error) {
	type attached struct {
		types.HijackedResponse

		err error
	}
	done := make(chan attached, 1)
	go func() {
		conn, err := e.cli.ContainerAttach(context.WithValue(ctx, boundKey{}, true), containerID, container.AttachOptions{Stream: true, Stdin: true, Stderr: true})
		done <- attached{conn, err}
		if err == nil {
			context.AfterFunc(ctx, conn.Close)
		}
	}()
	select {
	case a := <-done:
		return a.HijackedResponse, a.err
	case <-ctx.Done():
		// Over TLS the SDK dials by itself: its goroutine then lasts until the engine is back or the connection is found dead.
		return types.HijackedResponse{}, context.Cause(ctx)
	}
}
