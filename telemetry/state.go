package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"decnet/ent"
	"decnet/ent/decky"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/export"
	"decnet/interactions"
	"decnet/lifecycle"
	"decnet/store"
)

// scrapeWithin bounds what a scrape may ask of the database.
const scrapeWithin = 3 * time.Second

// Sources are where the metrics come from that are looked up rather than counted.
type Sources struct {
	Store *store.Store
	Feed  *lifecycle.Feed
	// Connections tells how many WebSockets are open.
	Connections func() int
	// Exporters hand interactions on.
	Exporters []*export.Exporter
	Now       func() time.Time
}

var (
	openDesc          = prometheus.NewDesc("decnet_lifecycles_open", "Lifecycles that have not ended, by status: PENDING is the queue's depth.", []string{"status"}, nil)
	oldestDesc        = prometheus.NewDesc("decnet_lifecycle_oldest_pending_seconds", "How long the oldest lifecycle has waited that waits for a runner; 0: none does.", nil, nil)
	leasesDesc        = prometheus.NewDesc("decnet_leases", "Lifecycles under way, by whether their runner's lease holds.", []string{"state"}, nil)
	deckiesDesc       = prometheus.NewDesc("decnet_deckies", "Deckies by state.", []string{"state"}, nil)
	givenUpDesc       = prometheus.NewDesc("decnet_deckies_given_up", "Deckies whose repair the reconciler has given up.", nil, nil)
	journalDesc       = prometheus.NewDesc("decnet_journal_entries_total", "Entries that were ever appended to the journal, by any server on this database.", nil, nil)
	interactionDesc   = prometheus.NewDesc("decnet_interactions_total", "Interactions that were ever recorded, by any server on this database.", nil, nil)
	subscribersDesc   = prometheus.NewDesc("decnet_subscribers", "Open subscriptions to lifecycles.", nil, nil)
	lagDesc           = prometheus.NewDesc("decnet_subscriber_lag_entries", "How many entries of the journal the slowest subscriber is behind.", nil, nil)
	exportBehindDesc  = prometheus.NewDesc("decnet_export_behind", "Interactions that an export has still to send.", []string{"export"}, nil)
	exportSentDesc    = prometheus.NewDesc("decnet_export_sent_total", "Interactions that an export has sent since the server started.", []string{"export"}, nil)
	exportSkippedDesc = prometheus.NewDesc("decnet_export_skipped_total", "Interactions that had been pruned before an export could send them, since the server started.", []string{"export"}, nil)
	exportFailedDesc  = prometheus.NewDesc("decnet_export_failures_total", "Tries of an export that failed since the server started; it tries again.", []string{"export"}, nil)
	socketsDesc       = prometheus.NewDesc("decnet_websocket_connections", "Open WebSockets.", nil, nil)
)

// Watch adds what is looked up at each scrape.
func (m *Metrics) Watch(s Sources) { m.registry.MustRegister(&state{s}) }

type state struct{ Sources }

// Describe names what Collect gives.
func (*state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{openDesc, oldestDesc, leasesDesc, deckiesDesc, givenUpDesc, journalDesc, interactionDesc, subscribersDesc, lagDesc, socketsDesc, exportBehindDesc, exportSentDesc, exportSkippedDesc, exportFailedDesc} {
		ch <- d
	}
}

// Collect looks everything up. What the database does not tell is left out of the scrape, and logged.
func (s *state) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWithin)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	subscribers, lag := s.Feed.Subscribers()
	gauge(subscribersDesc, float64(subscribers))
	gauge(lagDesc, float64(lag))
	gauge(socketsDesc, float64(s.Connections()))
	for _, look := range []func(context.Context, func(*prometheus.Desc, float64, ...string)) error{s.queue, s.deckies} {
		if err := look(ctx, gauge); err != nil {
			slog.WarnContext(ctx, "a scrape can't read the database", "error", err)
		}
	}
	for _, stream := range []struct {
		name string
		desc *prometheus.Desc
	}{{"journal", journalDesc}, {"interaction", interactionDesc}} {
		if span, err := store.SpanOf(ctx, s.Store.Read, stream.name); err == nil {
			ch <- prometheus.MustNewConstMetric(stream.desc, prometheus.CounterValue, float64(span.Head))
		}
	}
	s.exports(ctx, ch)
}

func (s *state) queue(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	lifecycles := s.Store.Read.Lifecycle
	pending, err := lifecycles.Query().Where(entlifecycle.StatusEQ(entlifecycle.StatusPending)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	gauge(openDesc, float64(pending), "PENDING")
	oldest, err := lifecycles.Query().Where(entlifecycle.StatusEQ(entlifecycle.StatusPending)).Order(entlifecycle.ByCreatedAt()).First(ctx)
	switch {
	case ent.IsNotFound(err):
		gauge(oldestDesc, 0)
	case err != nil:
		return fmt.Errorf("find what has waited longest: %w", err)
	default:
		gauge(oldestDesc, s.Now().Sub(oldest.CreatedAt).Seconds())
	}
	running, err := lifecycles.Query().Where(entlifecycle.StatusEQ(entlifecycle.StatusRunning)).All(ctx)
	if err != nil {
		return fmt.Errorf("read what is under way: %w", err)
	}
	gauge(openDesc, float64(len(running)), "RUNNING")
	held := 0
	for _, lc := range running {
		if lc.LeaseOwner != "" && lc.LeaseExpiresAt != nil && lc.LeaseExpiresAt.After(s.Now()) {
			held++
		}
	}
	gauge(leasesDesc, float64(held), "held")
	gauge(leasesDesc, float64(len(running)-held), "free")
	return nil
}

func (s *state) deckies(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	var rows []struct {
		State decky.State `json:"state"`
		Count int         `json:"count"`
	}
	if err := s.Store.Read.Decky.Query().GroupBy(decky.FieldState).Aggregate(ent.Count()).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("count the deckies: %w", err)
	}
	count := map[decky.State]int{decky.StatePending: 0, decky.StateRunning: 0, decky.StateDegraded: 0, decky.StateFailed: 0, decky.StateRemoving: 0}
	for _, row := range rows {
		count[row.State] = row.Count
	}
	for state, n := range count {
		gauge(deckiesDesc, float64(n), string(state))
	}
	given, err := s.Store.Read.Decky.Query().Where(decky.RepairGaveUp(true)).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the deckies that were given up: %w", err)
	}
	gauge(givenUpDesc, float64(given))
	return nil
}

// exports tells how the exporters stand.
func (s *state) exports(ctx context.Context, ch chan<- prometheus.Metric) {
	span, err := store.SpanOf(ctx, s.Store.Read, interactions.Stream)
	for _, e := range s.Exporters {
		now := e.State()
		if err == nil && now.At >= 0 {
			ch <- prometheus.MustNewConstMetric(exportBehindDesc, prometheus.GaugeValue, float64(max(span.Head-now.At, 0)), now.Name)
		}
		ch <- prometheus.MustNewConstMetric(exportSentDesc, prometheus.CounterValue, float64(now.Sent), now.Name)
		ch <- prometheus.MustNewConstMetric(exportSkippedDesc, prometheus.CounterValue, float64(now.Skipped), now.Name)
		ch <- prometheus.MustNewConstMetric(exportFailedDesc, prometheus.CounterValue, float64(now.Failures), now.Name)
	}
}
