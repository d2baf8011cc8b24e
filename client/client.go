// Package client is the Go client of decnet's GraphQL API.
//
// The types and documents are generated from the schema and operations.graphql by genqlient (generated.go); each operation has a method on
// [Client]. Subscriptions run over a graphql-transport-ws socket of this package's own, because following a lifecycle has to survive what
// happens to connections: it comes back by itself, goes on from the last cursor, and proves by each lifecycle's contiguous seq that nothing was
// missed and nothing came twice.
//
// Mutate a decky and follow it to its end:
//
//	c := client.New("http://127.0.0.1:8080", client.WithToken(os.Getenv("DECNET_TOKEN")))
//	accepted, err := c.MutateDecky(ctx, client.MutateDeckyInput{Name: "web-01"})
//	if err != nil {
//		return err // a *client.Error says by its Code what is wrong
//	}
//	err = c.FollowLifecycles(ctx, client.Follow{IDs: accepted.LifecycleIds}, func(e client.Event) error {
//		fmt.Println(e.Seq, e.Status, e.Lifecycle.DeckyName)
//		if e.Status == client.LifecycleStatusFailed {
//			return errors.New(e.Lifecycle.Error.Message)
//		}
//		return nil
//	})
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
)

//go:generate go tool genqlient

const (
	// requestTimeout bounds one query or mutation: they answer at once, the work happens behind them.
	requestTimeout = 30 * time.Second
	// maxAnswer bounds one answer; the largest page of interactions stays far below.
	maxAnswer = 64 << 20
)

// Client talks to one server. It is safe for use by several goroutines.
type Client struct {
	url     string
	token   string
	agent   string
	http    *http.Client
	dialer  *websocket.Dialer
	backoff backoff
	quiet   time.Duration
}

// Option changes how a Client works.
type Option func(*Client)

// WithToken signs every request in with a token from [Client.Login].
func WithToken(token string) Option { return func(c *Client) { c.token = token } }

// WithUserAgent names the program to the server.
func WithUserAgent(agent string) Option { return func(c *Client) { c.agent = agent } }

// WithAuthorities trusts these certificates in place of the system's: a server that vouches for itself, for one.
func WithAuthorities(pool *x509.CertPool) Option {
	return func(c *Client) {
		secured := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		c.http.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: secured}
		c.dialer.TLSClientConfig = secured
	}
}

// New returns a client for the server at url, such as http://127.0.0.1:8080.
func New(url string, options ...Option) *Client {
	c := &Client{
		url:     strings.TrimSuffix(strings.TrimRight(url, "/"), "/graphql") + "/graphql",
		agent:   "decnet-go-client",
		http:    &http.Client{Timeout: requestTimeout},
		dialer:  &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: 10 * time.Second, Subprotocols: []string{subprotocol}},
		backoff: backoff{first: 250 * time.Millisecond, most: 15 * time.Second},
		quiet:   30 * time.Second,
	}
	for _, o := range options {
		o(c)
	}
	return c
}

// header is what every request and socket bears.
func (c *Client) header() http.Header {
	h := http.Header{"User-Agent": {c.agent}}
	if c.token != "" {
		h.Set("Authorization", "Bearer "+c.token)
	}
	return h
}

// transport is the Client as genqlient's functions want it; apart, so that MakeRequest is no method of the public type.
type transport struct{ *Client }

// MakeRequest sends one query or mutation and turns a refusal into an *Error.
func (c transport) MakeRequest(ctx context.Context, req *graphql.Request, resp *graphql.Response) error {
	body, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("encode %s: %w", req.OpName, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the server's URL: %w", err)
	}
	r.Header = c.header()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	answer, err := c.http.Do(r)
	if err != nil {
		return unreachable(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return &Error{Code: CodeUnreachable, Message: fmt.Sprintf("the answer broke off: %v", err), err: err}
	}
	var envelope struct {
		Data   json.RawMessage `json:"data"`
		Errors []wireError     `json:"errors"`
	}
	if err := json.Unmarshal(text, &envelope); err != nil {
		if answer.StatusCode >= http.StatusInternalServerError {
			return outOfOrder(answer, text, c.url)
		}
		return notGraphQL(answer.StatusCode, c.url)
	}
	if len(envelope.Errors) > 0 {
		return joinErrors(envelope.Errors)
	}
	if len(envelope.Data) == 0 {
		return notGraphQL(answer.StatusCode, c.url)
	}
	if err := json.Unmarshal(envelope.Data, resp.Data); err != nil {
		return fmt.Errorf("read the answer to %s: %w", req.OpName, err)
	}
	return nil
}
