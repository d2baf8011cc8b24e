package export

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/interaction"
	"decnet/interactions"
	"decnet/store"
	"decnet/store/storetest"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func did(source, decky, service, typ string, outcome ...string) Record {
	i := &ent.Interaction{SourceIP: source, DeploymentName: "lab", DeckyName: decky, Service: service, Type: typ, At: noon, Origin: interaction.OriginIntruder}
	if len(outcome) > 0 {
		i.Outcome = &outcome[0]
	}
	return Record{Interaction: i}
}

// said is what a watch says at a moment, a line an alert.
func said(w *watch, now time.Time, records ...Record) (lines []string) {
	w.add(records)
	alerts, done := w.due(now)
	for _, a := range alerts {
		lines = append(lines, fmt.Sprintf("%s %s %d %v %v", a.Source, a.Level, a.Interactions, a.Services, a.Deckies))
	}
	done()
	return lines
}

// Somebody is told of once, again when they come farther, and again after a while with all that was kept back.
func TestASourceIsToldOfOnceInAWhile(t *testing.T) {
	w := newWatch(time.Hour, "")
	scan := []Record{did("10.0.0.9", "web", "ssh", event.Connect), did("10.0.0.9", "db", "mysql", event.Connect), did("10.0.0.9", "web", "ssh", event.Disconnect)}
	require.Equal(t, []string{"10.0.0.9 TOUCHED 3 [mysql ssh] [lab/db lab/web]"}, said(w, noon, scan...))
	require.Empty(t, said(w, noon.Add(time.Minute), scan...), "no more of the same")
	require.Equal(t, []string{"10.0.0.9 TRIED 4 [ssh] [lab/web]"}, said(w, noon.Add(2*time.Minute), did("10.0.0.9", "web", "ssh", event.AuthAttempt, event.Rejected)),
		"farther, and with the three that were kept back")
	require.Empty(t, said(w, noon.Add(3*time.Minute), scan[0]))
	require.Equal(t, []string{"10.0.0.9 GOT_IN 2 [ssh] [lab/web]", "10.0.0.7 TOUCHED 1 [http] [lab/web]"},
		said(w, noon.Add(4*time.Minute), did("10.0.0.7", "web", "http", "request"), did("10.0.0.9", "web", "ssh", event.AuthAttempt, event.Accepted)), "who came farthest first")
	require.Empty(t, said(w, noon.Add(5*time.Minute), did("10.0.0.9", "web", "ssh", event.Download)))
	require.Equal(t, []string{"10.0.0.9 TOUCHED 2 [ssh] [lab/web]"}, said(w, noon.Add(64*time.Minute), scan[0]), "an hour later it is news again, whatever it is")
	require.Equal(t, []string{"2001:db8::1 GOT_IN 1 [redis] [lab/db]"}, said(w, noon.Add(65*time.Minute), did("2001:db8::1", "db", "redis", "write")))
}

// The time in a message is that of the first interaction that it counts.
func TestWhatWasKeptBackHasItsTime(t *testing.T) {
	w := newWatch(time.Hour, "")
	at := func(d time.Duration, outcome ...string) Record {
		r := did("10.0.0.9", "web", "ssh", event.AuthAttempt, outcome...)
		r.At = noon.Add(d)
		return r
	}
	require.Len(t, said(w, noon, at(0, event.Rejected)), 1)
	require.Empty(t, said(w, noon.Add(2*time.Minute), at(time.Minute, event.Rejected)))
	require.Empty(t, said(w, noon.Add(3*time.Minute), at(3*time.Minute, event.Rejected)))
	w.add([]Record{at(10*time.Minute, event.Accepted)})
	alerts, done := w.due(noon.Add(10 * time.Minute))
	done()
	require.Len(t, alerts, 1)
	require.Equal(t, 3, alerts[0].Interactions)
	require.Equal(t, noon.Add(time.Minute), alerts[0].FirstAt)
	require.Contains(t, alerts[0].line(), "(3 interactions since 2026-11-27 12:01:00Z)")
}

// What has been gathered is told though the retention takes away what comes next.
func TestTheRetentionDoesNotSilenceAnAlert(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := record(t, s)
		to := newReceiver(t)
		h, err := NewWebhook(WebhookOptions{URL: to.URL, Secret: []byte("s3cret"), Quiet: time.Hour})
		require.NoError(t, err)
		e := New(s, r.grown, pruned{h, func() {
			r.add(300)
			_, err := interactions.Prune(t.Context(), s, time.Time{}, 10)
			require.NoError(t, err)
		}}, r.Log)
		e.wait = func(context.Context, time.Duration) {}
		_, err = e.once(t.Context()) // it begins
		require.NoError(t, err)
		r.add(3)
		_, err = e.once(t.Context())
		require.NoError(t, err)
		require.Len(t, to.messages(t), 1)
		require.Equal(t, 3, to.messages(t)[0].Alerts[0].Interactions)
	})
}

// pruned is a sink that does something when it is given records.
type pruned struct {
	*Webhook
	then func()
}

func (p pruned) Send(ctx context.Context, records []Record) error {
	defer p.then()
	return p.Webhook.Send(ctx, records)
}

// Who never stops is told of all the same.
func TestAFloodDoesNotKeepTheNewsBack(t *testing.T) {
	s := storetest.New(t)
	r := record(t, s)
	to := newReceiver(t)
	h, err := NewWebhook(WebhookOptions{URL: to.URL, Secret: []byte("s3cret"), Quiet: time.Hour})
	require.NoError(t, err)
	given := 0
	e := New(s, r.grown, pruned{h, func() {
		if given++; given < 100 {
			r.add(1)
		}
	}}, r.Log)
	e.wait, e.most = func(context.Context, time.Duration) {}, 50
	_, err = e.once(t.Context())
	require.NoError(t, err)
	r.add(1)
	more, err := e.once(t.Context())
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, 50, to.messages(t)[0].Alerts[0].Interactions)
}

// What is no intruder's is no news, and neither is what has no address.
func TestOnlyIntrudersAreNews(t *testing.T) {
	w := newWatch(time.Hour, "")
	check, scanner := did("10.0.0.8", "web", "ssh", event.Connect), did("10.0.0.7", "web", "ssh", event.Connect)
	check.Origin, scanner.Origin = interaction.OriginCheck, interaction.OriginKnown
	require.Empty(t, said(w, noon, check, scanner, did("", "web", "decoy", event.Dropped), did("@everyone <!channel>", "web", "ssh", event.Connect)))
}

// A flood of addresses takes a bounded memory and a bounded message.
func TestAFloodIsOneMessage(t *testing.T) {
	w := newWatch(time.Hour, "https://decnet.example.org/")
	for i := range 2 * sourcesMost {
		w.add([]Record{did(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "web", "snmp", "request")})
	}
	alerts, done := w.due(noon)
	require.Len(t, alerts, sourcesMost)
	require.Equal(t, "https://decnet.example.org/interactions?source=10.0.0.0", alerts[0].URL)
	text := textOf(alerts)
	require.Equal(t, linesMost+2, strings.Count(text, "\n")+1)
	require.Contains(t, text, fmt.Sprintf("… and %d more sources", sourcesMost-linesMost))
	done()
	require.Len(t, w.told, sourcesMost)
	require.Len(t, said(w, noon.Add(time.Minute), did("192.0.2.1", "web", "ssh", event.Connect)), 1)
	require.Len(t, w.told, sourcesMost)
	require.Len(t, said(w, noon.Add(2*time.Hour), did("192.0.2.2", "web", "ssh", event.Connect)), 1)
	require.Len(t, w.told, 1, "those of long ago are forgotten")
}

// receiver is where alerts are posted to.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	signed []string
	refuse int // so many messages more
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.refuse > 0 {
			r.refuse--
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		r.bodies, r.signed = append(r.bodies, string(body)), append(r.signed, req.Header.Get(SignatureHeader))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) messages(t *testing.T) (all []message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, body := range r.bodies {
		var m message
		require.NoError(t, json.Unmarshal([]byte(body), &m))
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write([]byte(body))
		require.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), r.signed[i])
		require.Equal(t, m.Text, m.Content)
		all = append(all, m)
	}
	return all
}

// Alerts are posted, signed, about what is new: also what came while the receiver was down, or the server; and never in an intruder's words.
func TestAlertsArePosted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := record(t, s)
		r.add(5)
		to := newReceiver(t)
		start := func() (stop func()) {
			h, err := NewWebhook(WebhookOptions{URL: to.URL + "/T0KEN", Secret: []byte("s3cret"), Quiet: time.Hour})
			require.NoError(t, err)
			e, stop := r.export(h)
			eventually(t, func() bool { return e.State().At >= 5 }, "it has begun")
			return stop
		}
		stop := start()
		to.mu.Lock()
		to.refuse = 2
		to.mu.Unlock()
		r.add(300) // more than a batch
		eventually(t, func() bool { return len(to.messages(t)) > 0 }, "it is told in the end")
		told := 0
		for _, m := range to.messages(t) {
			require.Len(t, m.Alerts, 1)
			told += m.Alerts[0].Interactions
			require.Contains(t, m.Text, "10.0.0.9 tried to sign in: ssh of default/a (")
			require.NotContains(t, m.Text, "<34>")
		}
		require.LessOrEqual(t, told, 300, "what was there at its first start is no news")
		stop()

		r.add(1)
		before := len(to.messages(t))
		stop = start()
		eventually(t, func() bool { return len(to.messages(t)) == before+1 }, "what came while it was down")
		require.Equal(t, 1, to.messages(t)[before].Alerts[0].Interactions)
		stop()
	})
}

func TestTheWebhooksAddressIsItsSecret(t *testing.T) {
	for _, address := range []string{"", "hooks.example.org/T0KEN", "ftp://hooks.example.org/T0KEN", "https:///T0KEN", "https://hooks.example.org\x7f/T0KEN"} {
		_, err := NewWebhook(WebhookOptions{URL: address})
		require.ErrorContains(t, err, "the webhook is an address such as")
		require.NotContains(t, err.Error(), "T0KEN")
	}
	to := newReceiver(t)
	h, err := NewWebhook(WebhookOptions{URL: to.URL + "/T0KEN", Secret: []byte("s3cret")})
	require.NoError(t, err)
	require.NoError(t, h.Try(t.Context()))
	require.Contains(t, to.messages(t)[0].Text, "this is a trial")
	to.mu.Lock()
	to.refuse = 1
	to.mu.Unlock()
	require.EqualError(t, h.Try(t.Context()), `post an alert: the receiver answers 503 Service Unavailable: "not now\n"`)
	to.Close()
	err = h.Try(t.Context())
	require.Error(t, err)
	require.NotContains(t, err.Error(), "T0KEN")
}

// Messages come soon, and when they come without a pause ever more of them in one.
func TestMessagesGiveEachOtherRoom(t *testing.T) {
	to := newReceiver(t)
	h, err := NewWebhook(WebhookOptions{URL: to.URL, Secret: []byte("s3cret"), Quiet: time.Hour})
	require.NoError(t, err)
	now := noon
	h.now = func() time.Time { return now }
	var pace []time.Duration
	for i := range 9 {
		pace = append(pace, h.Habits().Gather)
		now = now.Add(h.gather)
		require.NoError(t, h.Send(t.Context(), []Record{did(fmt.Sprintf("10.0.0.%d", i), "web", "ssh", event.Connect)}))
		require.NoError(t, h.Flush(t.Context()))
	}
	require.Equal(t, []time.Duration{gatherFirst, gatherFirst, 2 * gatherFirst, 4 * gatherFirst, 8 * gatherFirst, 16 * gatherFirst, 32 * gatherFirst, gatherLast, gatherLast}, pace)
	now = now.Add(3 * gatherLast)
	require.Equal(t, gatherFirst, h.Habits().Gather)
}
