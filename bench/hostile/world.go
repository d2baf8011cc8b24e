package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"decnet/internal/mortal"
)

const password = "a password for the bench"

// world is the server under attack, and those who use it.
type world struct {
	url, address string
	pid          func() int
	// honest and hostile are clients at addresses of their own.
	honest, hostile    *http.Client
	admin              string // tokens
	annToken, malToken string
}

// from is a client at an address of its own, with so many connections.
func from(address string, connections int) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
}

// longAnswer is more than a refusal or a user's twenty deckies have, in bytes.
const longAnswer = 32 << 10

const hostileAddress = "127.0.0.66"

// prepare makes a fleet, the user ann, and mallory, who has got hold of a viewer's token.
func prepare(ctx context.Context, s *mortal.Server) (*world, error) {
	w := &world{
		url: s.URL, address: strings.TrimPrefix(s.URL, "http://"), pid: s.PID,
		honest: from("127.0.0.1", 64), hostile: from(hostileAddress, attackers),
	}
	var err error
	if w.admin, err = w.signIn(ctx, "admin"); err != nil {
		return nil, err
	}
	for name, token := range map[string]*string{"ann": &w.annToken, "mallory": &w.malToken} {
		err := w.ask(ctx, w.honest, w.admin, `mutation($n: String!, $p: String!) { createUser(input: {username: $n, role: VIEWER, password: $p}) { user { username } } }`,
			map[string]any{"n": name, "p": password}, nil)
		if err != nil {
			return nil, err
		}
		if *token, err = w.signIn(ctx, name); err != nil {
			return nil, err
		}
	}
	err = w.ask(ctx, w.honest, w.admin, `mutation($n: Int!) { deploy(input: {deckies: [{name: "decky", archetype: "linux-server", count: $n}]}) { lifecycleIds } }`, map[string]any{"n": fleetSize}, nil)
	if err != nil {
		return nil, err
	}
	for {
		var out struct{ Deckies struct{ TotalCount int } }
		if err := w.ask(ctx, w.honest, w.admin, `{ deckies(where: {state: RUNNING}) { totalCount } }`, nil, &out); err != nil {
			return nil, err
		}
		if out.Deckies.TotalCount == fleetSize {
			return w, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (w *world) signIn(ctx context.Context, name string) (string, error) {
	var out struct{ Login struct{ Token string } }
	err := w.ask(ctx, w.honest, "", `mutation($n: String!, $p: String!) { login(username: $n, password: $p) { token } }`, map[string]any{"n": name, "p": password}, &out)
	return out.Login.Token, err
}

// refusal is a GraphQL error, or an HTTP status where there is none.
type refusal struct{ code, message string }

func (r refusal) Error() string { return r.code + ": " + r.message }

// ask sends an operation.
func (w *world) ask(ctx context.Context, as *http.Client, token, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	return w.send(ctx, as, token, bytes.NewReader(body), into)
}

func (w *world) send(ctx context.Context, as *http.Client, token string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/graphql", body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := as.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	// An attacker does not care what a long answer says: to decode it would take from the core that both share.
	text, err := io.ReadAll(io.LimitReader(res.Body, longAnswer))
	if err != nil {
		return err
	}
	if len(text) == longAnswer && into == nil {
		_, err := io.Copy(io.Discard, res.Body)
		return err
	}
	var out struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if json.Unmarshal(text, &out) != nil {
		return refusal{code: strconv.Itoa(res.StatusCode)}
	}
	if len(out.Errors) > 0 {
		return refusal{out.Errors[0].Extensions.Code, out.Errors[0].Message}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out.Data, into)
}

// tally counts what an attack was answered with.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (t *tally) count(err error) {
	what := "an answer"
	var r refusal
	switch {
	case errors.As(err, &r):
		what = r.code
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		what = "a closed connection"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n[what]++
}

// hold counts a connection that was opened.
func (t *tally) hold() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n["opened"]++
}

func (t *tally) total() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.n {
		n += k
	}
	return n
}

// String lists the answers, the most frequent first.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var whats []string
	for what := range t.n {
		whats = append(whats, what)
	}
	slices.SortFunc(whats, func(a, b string) int { return t.n[b] - t.n[a] })
	for i, what := range whats {
		whats[i] = fmt.Sprintf("%s (%d)", what, t.n[what])
	}
	return strings.Join(whats, ", ")
}

// memory is a process's resident memory in MB.
func memory(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize() / 1_000_000
}
