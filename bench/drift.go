package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
)

// drift measures how soon deckyUpdated shows that a container was killed, and how soon the decky is back, against the moment that the engine itself tells of the death.
func (b *bench) drift(ctx context.Context) error {
	cli, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return err
	}
	defer cli.Close()
	ids, err := b.deploy(ctx, "drift", 1)
	if err != nil {
		return err
	}
	if err := b.settle(ctx, ids); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	states, err := b.states(ctx, "drift")
	if err != nil {
		return err
	}
	told, _ := cli.Events(ctx, events.ListOptions{Filters: filters.NewArgs(filters.Arg("event", "die"), filters.Arg("label", "decnet.name=drift"))})
	var floor, shown, back []time.Duration
	for range 7 {
		if err := await(ctx, states, "RUNNING"); err != nil {
			return err
		}
		found, err := b.ours(ctx, cli, "drift")
		if err != nil || len(found) != 1 {
			return fmt.Errorf("find the decky's container (%d): %w", len(found), err)
		}
		began := time.Now()
		if err := cli.ContainerKill(ctx, found[0].ID, "KILL"); err != nil {
			return err
		}
		select {
		case <-told:
			floor = append(floor, time.Since(began))
		case <-ctx.Done():
			return errors.New("the engine does not tell of the death")
		}
		if err := await(ctx, states, "FAILED"); err != nil {
			return err
		}
		shown = append(shown, time.Since(began))
		if err := await(ctx, states, "RUNNING"); err != nil {
			return err
		}
		back = append(back, time.Since(began))
		states <- "RUNNING" // for the next turn
	}
	row("docker kill to deckyUpdated, p50", ms(quantile(shown, .5)), ms(quantile(floor, .5))+" (the engine's own event)", ratio(quantile(shown, .5), quantile(floor, .5)), "within 1 s")
	row("… to the decky running again, p50", ms(quantile(back, .5)), "–", "–", "–")
	return nil
}

// states subscribes to a decky by server-sent events.
func (b *bench) states(ctx context.Context, name string) (chan string, error) {
	body, err := json.Marshal(map[string]any{"query": `subscription($n: [String!]) { deckyUpdated(names: $n) { state } }`, "variables": map[string]any{"n": []string{name}}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	out := make(chan string, 100)
	go func() {
		defer res.Body.Close()
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			_, state, ok := strings.Cut(lines.Text(), `"state":"`)
			if ok {
				state, _, _ = strings.Cut(state, `"`)
				out <- state
			}
		}
	}()
	return out, nil
}

func await(ctx context.Context, states <-chan string, state string) error {
	for {
		select {
		case s := <-states:
			if s == state {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("the decky was never shown %s", state)
		}
	}
}
