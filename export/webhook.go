package export

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// The pace of alerts: soon, and when they come without a pause ever more of them in one message.
const (
	gatherFirst = 5 * time.Second
	gatherLast  = 5 * time.Minute
	postWithin  = 15 * time.Second
	// answerMost is how much of an answer goes into an error, in bytes.
	answerMost = 200
)

// SignatureHeader bears "sha256=" and the HMAC-SHA256 of the body under the secret, in hexadecimal.
const SignatureHeader = "X-Decnet-Signature"

// Webhook posts alerts about intruders as JSON. A message's "text" (Slack, Mattermost, Teams) and "content" (Discord) say it in words, "alerts" has it in facts.
type Webhook struct {
	url    string
	secret []byte
	client *http.Client
	now    func() time.Time
	watch  *watch

	gather time.Duration
	posted time.Time
}

// WebhookOptions are what a Webhook is made of.
type WebhookOptions struct {
	// URL is where it posts to: https, or http.
	URL string
	// Secret signs the messages; empty: they bear no signature.
	Secret []byte
	// Quiet is for how long nothing more is said of a source that comes no farther.
	Quiet time.Duration
	// Link is the server's own address for people; "": messages bear no links.
	Link string
}

// NewWebhook returns a sink that alerts.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("the webhook is an address such as https://hooks.example.org/…") // what was given may hold a secret
	}
	if o.Quiet < 0 {
		return nil, fmt.Errorf("alerts are quiet for %s: not less than nothing", o.Quiet)
	}
	return &Webhook{
		url: o.URL, secret: o.Secret, now: time.Now, watch: newWatch(o.Quiet, o.Link), gather: gatherFirst,
		// A message goes where it was meant to go, or nowhere.
		client: &http.Client{Timeout: postWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Name is "webhook".
func (*Webhook) Name() string { return "webhook" }

// Habits are those of alerts: a scan is one message, and what is long past none.
func (h *Webhook) Habits() Habits {
	if h.now().Sub(h.posted) > 2*h.gather {
		h.gather = gatherFirst
	}
	return Habits{Gather: h.gather, OnlyNew: true}
}

// Send takes the records in; Flush tells of them.
func (h *Webhook) Send(_ context.Context, records []Record) error {
	h.watch.add(records)
	return nil
}

// Close forgets what was not told: it is sent again.
func (h *Webhook) Close() error {
	h.watch.forget()
	h.client.CloseIdleConnections()
	return nil
}

// Flush posts one message with all that is due, if anything is.
func (h *Webhook) Flush(ctx context.Context) error {
	alerts, done := h.watch.due(h.now())
	if len(alerts) > 0 {
		if err := h.post(ctx, alerts); err != nil {
			return err
		}
		if h.now().Sub(h.posted) <= 2*h.gather {
			h.gather = min(2*h.gather, gatherLast)
		}
		h.posted = h.now()
	}
	done()
	return nil
}

// Try posts a message that says that it is one of trial.
func (h *Webhook) Try(ctx context.Context) error {
	now := h.now()
	return h.post(ctx, []*Alert{{
		Source: "192.0.2.1", Level: Touched, FirstAt: now, LastAt: now, Interactions: 1, Services: []string{"ssh"}, Deckies: []string{"none/trial"}, where: "nothing: this is a trial",
	}})
}

type message struct {
	Text    string   `json:"text"`
	Content string   `json:"content"`
	Alerts  []*Alert `json:"alerts"`
	// More is how many alerts the message has left out.
	More int `json:"more,omitempty"`
}

func (h *Webhook) post(ctx context.Context, alerts []*Alert) error {
	text := textOf(alerts)
	m := message{Text: text, Content: text, Alerts: alerts[:min(len(alerts), alertsMost)], More: max(0, len(alerts)-alertsMost)}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write an alert as JSON: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the webhook's address can't be asked")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "decnet")
	if len(h.secret) > 0 {
		mac := hmac.New(sha256.New, h.secret)
		_, _ = mac.Write(body)
		r.Header.Set(SignatureHeader, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	answer, err := h.client.Do(r)
	if err != nil {
		// The address often is the secret: it stays out of the log.
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return fmt.Errorf("post an alert: %w", err)
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, answerMost)) // only to say it
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("post an alert: the receiver answers %s: %q", answer.Status, said)
	}
	return nil
}
