package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

// defaultDeployment is the deployment meant where none is named.
const defaultDeployment = "default"

func (a *app) lsCommand() *cobra.Command {
	var deployment string
	c := &cobra.Command{
		Use: "ls", Aliases: []string{"list", "status"}, Short: "List the deckies",
		Long: `List the deckies, of all deployments or of one.

SERVICES shows what is wanted. A service that does not answer yet (or no more) is marked +, one that still answers but is to go is marked -.
GEN is the generation wanted; 3/4 means that generation 3 is confirmed and 4 is wanted. EVERY is how often it mutates by itself.`,
		Example: "  decnet ls\n  decnet ls --deployment lab --json | jq -r .ip",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t := show.NewTable(a.color, "NAME", "STATE", "IP", "SERVICES", "GEN", "OS", "MUTATED", "EVERY", "NEXT")
			for d, err := range a.client.Deckies(c.Context(), deployment) {
				if err != nil {
					return err
				}
				if a.json {
					if err := show.JSON(a.out, d); err != nil {
						return err
					}
					continue
				}
				name := d.Name
				if d.Deployment.Name != defaultDeployment && deployment == "" {
					name = d.Deployment.Name + "/" + d.Name
				}
				t.Row(name, show.Cell{Text: string(d.State), Color: stateColor(d.State)}, d.Ip, servicesText(d), generationText(d), d.Os,
					ago(d.LastMutatedAt, a.now()), every(d), until(d.NextMutationAt, a.now()))
			}
			if a.json {
				return nil
			}
			if t.Len() == 0 {
				a.say("No deckies yet. Deploy some: decnet deploy --name shop --count 3 --archetype web-server%s", a.urlFlag())
				return nil
			}
			return t.Write(a.out)
		},
	}
	c.Flags().StringVarP(&deployment, "deployment", "d", "", "only this deployment's")
	return c
}

// servicesText lists the wanted services, and marks where the observed ones differ.
func servicesText(d *client.Decky) string {
	var parts []string
	for _, s := range d.Services {
		if !slices.Contains(d.ObservedServices, s) {
			s = "+" + s
		}
		parts = append(parts, s)
	}
	for _, s := range d.ObservedServices {
		if !slices.Contains(d.Services, s) {
			parts = append(parts, "-"+s)
		}
	}
	return strings.Join(parts, ",")
}

func generationText(d *client.Decky) string {
	if d.ObservedGeneration == d.Generation {
		return fmt.Sprint(d.Generation)
	}
	return fmt.Sprintf("%d/%d", d.ObservedGeneration, d.Generation)
}

func stateColor(s client.DeckyState) show.Color {
	switch s {
	case client.DeckyStateRunning:
		return show.Green
	case client.DeckyStateFailed:
		return show.Red
	}
	return show.Yellow
}

// every is how often a decky mutates by itself: by its own interval or the deployment's; a dash for never.
func every(d *client.Decky) string {
	switch {
	case d.MutateInterval != nil:
		return span(*d.MutateInterval)
	case d.NextMutationAt != nil && d.Deployment.MutateInterval != nil: // without a next mutation it was turned off
		return span(*d.Deployment.MutateInterval)
	}
	return "-"
}

// span is an interval as it is typed: 2h, 1h30m.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ago and until say a moment relative to now; a dash for none.
func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return short(max(now.Sub(*t), 0)) + " ago"
}

func until(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	if !t.After(now) {
		return "now"
	}
	return "in " + short(t.Sub(now))
}
