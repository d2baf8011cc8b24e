package main

import (
	"strings"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) interactionsCommand() *cobra.Command {
	var q client.Follow
	var follow, all bool
	var most int
	c := &cobra.Command{
		Use: "interactions", Short: "List what intruders did, newest last",
		Long: `List what intruders did to the deckies, newest last. What they typed is shown as text: anything that could give your terminal orders or
mislead your eye is shown escaped. --json has each interaction with all its fields, and in base64 what is not text.`,
		Example: "  decnet interactions\n  decnet interactions --follow --decky shop-01\n  decnet interactions --json | jq -r 'select(.secret)|[.sourceIP,.principal,.secret]|@tsv'",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if most < 1 || most > 100 {
				return usagef("--limit is 1 to 100, not %d", most)
			}
			if !all {
				q.Origins = intruders
			}
			list, err := a.client.LastInteractions(c.Context(), q, most)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				if err := a.known(c.Context(), q.Deployment, q.Decky); err != nil {
					return err
				}
			}
			if len(list) > 0 || a.json {
				err = a.showInteractions(list)
			} else {
				a.nothing(c, "Nobody has touched a decky yet.")
			}
			if err != nil {
				return err
			}
			if !follow {
				return nil
			}
			if len(list) > 0 {
				q.After = list[len(list)-1].Cursor
			}
			return a.followInteractions(c.Context(), q)
		},
	}
	c.Flags().StringVarP(&q.Deployment, "deployment", "d", "", "only this deployment's")
	c.Flags().StringVar(&q.Decky, "decky", "", "only this decky's")
	c.Flags().IntVar(&most, "limit", 50, "how many of the newest, at most 100")
	c.Flags().BoolVarP(&follow, "follow", "f", false, "stay, and show each new one")
	knownFlag(c, &all)
	return c
}

func (a *app) showInteractions(list []*client.Interaction) error {
	if a.json {
		for _, i := range list {
			if err := show.JSON(a.out, i); err != nil {
				return err
			}
		}
		return nil
	}
	t := show.NewTable(a.color, "WHEN", "DECKY", "FROM", "SERVICE", "TYPE", "WHAT")
	for _, i := range list {
		t.Row(i.At.Local().Format("2006-01-02 15:04:05"), i.DeckyName, source(i), i.Service, i.Type, deed(i))
	}
	return t.Write(a.out)
}

// source is where an interaction came from; what is no intruder's is marked.
func source(i *client.Interaction) show.Cell {
	if i.Origin != client.InteractionOriginIntruder {
		return show.Cell{Text: i.SourceIP + " (" + strings.ToLower(string(i.Origin)) + ")", Color: show.Dim}
	}
	return show.Cell{Text: i.SourceIP, Color: show.Yellow}
}

// deed says what an intruder did: what they asked for, or who they claimed to be by what proof, and what came of it.
func deed(i *client.Interaction) string {
	var parts []string
	if i.Principal != nil || i.Secret != nil {
		parts = append(parts, strings.TrimRight(value(i.Principal)+" / "+value(i.Secret), " /"))
	}
	if i.Command != nil {
		parts = append(parts, *i.Command)
	}
	if len(parts) == 0 {
		return i.Message
	}
	if i.Outcome != nil {
		parts = append(parts, "→ "+*i.Outcome)
	}
	return strings.Join(parts, "  ")
}
