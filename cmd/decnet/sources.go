package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

// intruders are the origins that a list or a stream of interactions shows unless it is asked for all.
var intruders = []client.InteractionOrigin{client.InteractionOriginIntruder, client.InteractionOriginCheck}

// knownFlag adds the flag by which known sources' interactions are shown too.
func knownFlag(c *cobra.Command, all *bool) {
	c.Flags().BoolVar(all, "known", false, "what comes from known sources too (see: decnet sources)")
}

func (a *app) sourcesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "sources", Short: "See and name the sources whose touches are expected: scanners, monitors", Args: cobra.NoArgs,
		Long: `See the known sources, and name others: addresses and networks from which deckies are touched and no alarm is due, such as your vulnerability
scanner's. What comes from there is kept and marked, but is no attacker's: it counts nowhere else. Whoever takes such a source over is hidden too, so name
addresses rather than networks, and let them end.`,
		Example: "  decnet sources\n  decnet sources add 10.0.5.7 'the weekly vulnerability scan' --for 2160h\n  decnet sources rm 10.0.5.7\n  decnet interactions --known",
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := a.client.KnownSources(c.Context())
			if err != nil {
				return err
			}
			if len(list) == 0 && !a.json {
				a.say("None: every touch is an intruder's. Name one with: decnet sources add NETWORK NOTE" + a.urlFlag())
				return nil
			}
			t := show.NewTable(a.color, "NETWORK", "WHO", "BY", "SINCE", "ENDS", "HIDDEN", "LAST")
			for i := range list {
				k := &list[i]
				if a.json {
					if err := show.JSON(a.out, k); err != nil {
						return err
					}
					continue
				}
				ends := show.Cell{Text: "never"}
				if k.ExpiresAt != nil {
					ends.Text = until(k.ExpiresAt, a.now())
					if !k.ExpiresAt.After(a.now()) {
						ends = show.Cell{Text: "has ended", Color: show.Yellow}
					}
				}
				t.Row(k.Network, k.Note, k.CreatedBy, ago(&k.CreatedAt, a.now()), ends, k.Interactions, ago(k.LastSeenAt, a.now()))
			}
			if a.json {
				return nil
			}
			return t.Write(a.out)
		},
	}
	var life time.Duration
	add := &cobra.Command{
		Use: "add NETWORK NOTE", Short: "Name an address or a network, and say who that is", Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			in := client.AddKnownSourceInput{Network: args[0], Note: strings.Join(args[1:], " ")}
			if c.Flags().Changed("for") {
				in.ExpiresIn = &life
			}
			made, err := a.client.AddKnownSource(c.Context(), in)
			if err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, made)
			}
			a.say("What comes from %s from now on is kept, and is nobody's attack.", made.Network)
			return nil
		},
	}
	add.Flags().DurationVar(&life, "for", 0, "how long it holds, such as 2160h (default: until it is removed)")
	remove := &cobra.Command{
		Use: "rm NETWORK|ID", Short: "Take one back: what comes from there is an intruder's again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := a.client.KnownSources(c.Context())
			if err != nil {
				return err
			}
			for i := range list {
				if k := &list[i]; k.Network == network(args[0]) || k.Id == args[0] {
					return a.client.RemoveKnownSource(c.Context(), k.Id)
				}
			}
			return &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("there is no known source %q", args[0])}
		},
	}
	cmd.AddCommand(add, remove)
	return cmd
}

// network is a network as the server names it: by its first address, and an address alone without its length.
func network(text string) string {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return text
	}
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.Masked().String()
}
