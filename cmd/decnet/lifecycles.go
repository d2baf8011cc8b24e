package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) lifecyclesCommand() *cobra.Command {
	var q client.Follow
	var statuses []string
	var most int
	c := &cobra.Command{
		Use: "lifecycles [ID…]", Short: "List what was done to deckies, newest first",
		Example: "  decnet lifecycles\n  decnet lifecycles --decky shop-01 --limit 100\n  decnet lifecycles --status FAILED --status CANCELED\n  decnet lifecycles --json | jq -r .id",
		RunE: func(c *cobra.Command, ids []string) error {
			if len(ids) > 0 {
				q.IDs = ids
			}
			for _, s := range statuses {
				status := client.LifecycleStatus(strings.ToUpper(s))
				if !slices.Contains(client.AllLifecycleStatus, status) {
					return usagef("there is no status %q%s", s, show.DidYouMean(s, statusNames()))
				}
				q.Statuses = append(q.Statuses, status)
			}
			if most < 1 {
				return usagef("--limit is at least 1, not %d", most)
			}
			t := show.NewTable(a.color, "ID", "DECKY", "OPERATION", "STATUS", "BY", "WHEN", "TOOK", "WHAT")
			shown := 0
			for lc, err := range a.client.Lifecycles(c.Context(), q) {
				if err != nil {
					return err
				}
				if a.json {
					if err := show.JSON(a.out, lc); err != nil {
						return err
					}
				} else {
					t.Row(lc.Id, qualified(*lc), lc.Operation, show.Cell{Text: string(lc.Status), Color: statusColor(lc.Status)}, doneBy(lc),
						ago(&lc.CreatedAt, a.now()), a.took(lc), whatHappens(client.Event{Status: lc.Status, Stage: lc.Stage, Attempt: lc.Attempt, Lifecycle: *lc}))
				}
				if shown++; shown == most {
					break
				}
			}
			if shown == 0 {
				if err := a.known(c.Context(), q.Deployment, q.Decky); err != nil {
					return err
				}
			}
			if a.json {
				return nil
			}
			if t.Len() == 0 {
				a.nothing(c, "Nothing was done yet.")
				return nil
			}
			return t.Write(a.out)
		},
	}
	c.Flags().StringVarP(&q.Deployment, "deployment", "d", "", "only this deployment's")
	c.Flags().StringVar(&q.Decky, "decky", "", "only this decky's")
	c.Flags().StringSliceVar(&statuses, "status", nil, "only those that stand so: "+strings.Join(statusNames(), ", ")+" (may be given again)")
	c.Flags().IntVar(&most, "limit", 50, "how many at most")
	completeWords(c, "status", statusNames()...)
	return c
}

func statusNames() []string {
	var names []string
	for _, s := range client.AllLifecycleStatus {
		names = append(names, string(s))
	}
	return names
}

// doneBy is who or what made a lifecycle.
func doneBy(lc *client.Lifecycle) string {
	if lc.Actor != nil {
		return *lc.Actor
	}
	return string(lc.Trigger)
}

func (a *app) took(lc *client.Lifecycle) string {
	if lc.CompletedAt == nil {
		return "-"
	}
	return short(lc.CompletedAt.Sub(lc.CreatedAt))
}

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID", Short: "End a lifecycle before its time",
		Long: `End a lifecycle before its time. One that still waits ends at once; one under way is interrupted, and the decky brought back to its last good
services.`,
		Example: "  decnet cancel lcy_…", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			lc, err := a.client.CancelLifecycle(c.Context(), args[0])
			if err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, lc)
			}
			if terminal(lc.Status) {
				a.say("%s of %s: %s", lc.Operation, show.Safe(qualified(*lc)), lc.Status)
				return nil
			}
			a.say("%s of %s is being interrupted; watch: %s", lc.Operation, show.Safe(qualified(*lc)), a.watchCommand([]string{lc.Id}, ""))
			return nil
		},
	}
}

func (a *app) retryCommand() *cobra.Command {
	var follow following
	c := &cobra.Command{
		Use: "retry ID", Short: "Try a failed or canceled lifecycle again", Example: "  decnet retry lcy_… --wait", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			lc, err := a.client.RetryLifecycle(c.Context(), args[0])
			if err != nil {
				return err
			}
			if a.json {
				if err := show.JSON(a.out, lc); err != nil {
					return err
				}
			}
			return a.follow(c, follow, []client.Lifecycle{*lc})
		},
	}
	follow.flags(c)
	return c
}
