// Package health answers those who look after the server: is it alive, and is each of its parts ready.
package health

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// within bounds a look: a probe wants an answer, not the whole truth.
const within = 3 * time.Second

// Part is something that the server needs.
type Part struct {
	Name string
	// Ready is nil when the part works.
	Ready func(context.Context) error
}

// Checks looks at the parts of a server.
type Checks []Part

// Healthz answers 200 as long as the process serves at all.
func (Checks) Healthz(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") }

// Readyz answers 200 when every part is ready, and 503 with the name of each that is not.
func (c Checks) Readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	text, status := "", http.StatusOK
	for _, part := range c {
		// The reason may name hosts and paths: it is for the log, not for whoever asks.
		if err := part.Ready(ctx); err != nil {
			slog.WarnContext(ctx, "not ready", "part", part.Name, "error", err)
			text, status = text+part.Name+": not ready\n", http.StatusServiceUnavailable
		} else {
			text += part.Name + ": ready\n"
		}
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, text)
}
