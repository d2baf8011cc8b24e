// Package health answers those who look after the server: is it alive, is it ready, how much does it do.
package health

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"decnet/engine"
	"decnet/ent"
	"decnet/ent/decky"
	"decnet/ent/lifecycle"
	"decnet/store"
)

// within bounds a look: a probe wants an answer, not the whole truth.
const within = 3 * time.Second

// Checks looks at the parts that the server needs.
type Checks struct {
	Store  *store.Store
	Engine engine.Engine
}

// Healthz answers 200 as long as the process serves at all.
func (Checks) Healthz(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") }

// Readyz answers 200 when every part is ready, and 503 with the name of each that is not.
func (c Checks) Readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	text, status := "", http.StatusOK
	for _, part := range []struct {
		name string
		ping func(context.Context) error
	}{{"database", c.Store.Ping}, {"engine", c.Engine.Ping}} {
		if err := part.ping(ctx); err != nil {
			text, status = text+part.name+": not ready\n", http.StatusServiceUnavailable
		} else {
			text += part.name + ": ready\n"
		}
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, text)
}

// Metrics gives the counts that matter in Prometheus' text form.
func (c Checks) Metrics(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	var lifecycles []struct {
		Status string
		Count  int
	}
	var deckies []struct {
		State string
		Count int
	}
	err := c.Store.Read.Lifecycle.Query().GroupBy(lifecycle.FieldStatus).Aggregate(ent.Count()).Scan(ctx, &lifecycles)
	if err == nil {
		err = c.Store.Read.Decky.Query().GroupBy(decky.FieldState).Aggregate(ent.Count()).Scan(ctx, &deckies)
	}
	if err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = fmt.Fprintln(w, "# HELP decnet_lifecycles Lifecycles by status.\n# TYPE decnet_lifecycles gauge")
	for _, l := range lifecycles {
		_, _ = fmt.Fprintf(w, "decnet_lifecycles{status=%q} %d\n", l.Status, l.Count)
	}
	_, _ = fmt.Fprintln(w, "# HELP decnet_deckies Deckies by state.\n# TYPE decnet_deckies gauge")
	for _, d := range deckies {
		_, _ = fmt.Fprintf(w, "decnet_deckies{state=%q} %d\n", d.State, d.Count)
	}
}
