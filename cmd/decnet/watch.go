package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) watchCommandLine() *cobra.Command {
	var f client.Follow
	var ofInteractions, all bool
	c := &cobra.Command{
		Use: "watch [LIFECYCLE-ID…]", Short: "Show what happens, as it happens",
		Long: `Show the journal of lifecycles as it grows, or with --interactions what intruders do. Only what is new from now on; with --after, everything
since that cursor.

With lifecycle IDs it starts with where each of them stands, and ends when all of them have ended.
A lost connection is taken up again where it broke: nothing is missed and nothing shown twice.`,
		Example: `  decnet watch
  decnet watch --decky shop-01
  decnet watch --interactions --deployment lab
  decnet watch --after CURSOR --json | jq -r .status`,
		RunE: func(c *cobra.Command, ids []string) error {
			if ofInteractions && len(ids) > 0 {
				return usagef("lifecycle IDs do not go with --interactions")
			}
			if all && !ofInteractions {
				return usagef("--known goes with --interactions")
			}
			if err := a.known(c.Context(), f.Deployment, f.Decky); err != nil {
				return err
			}
			if ofInteractions {
				if !all {
					f.Origins = intruders
				}
				return a.followInteractions(c.Context(), f)
			}
			if len(ids) > 0 {
				f.IDs = ids
				if f.After == "" && f.Deployment == "" && f.Decky == "" {
					return a.stay(c.Context(), false, ids, nil)
				}
			} else if f.After == "" {
				var err error
				if f.After, err = a.client.JournalCursor(c.Context()); err != nil {
					return err
				}
			}
			return a.followJournal(c.Context(), f)
		},
	}
	c.Flags().StringVarP(&f.Deployment, "deployment", "d", "", "only this deployment's")
	c.Flags().StringVar(&f.Decky, "decky", "", "only this decky's")
	c.Flags().StringVar(&f.After, "after", "", "the cursor to go on from")
	c.Flags().BoolVar(&ofInteractions, "interactions", false, "what intruders do, in place of the journal")
	knownFlag(c, &all)
	return c
}

// followJournal prints entries until they end or the user has seen enough.
func (a *app) followJournal(ctx context.Context, f client.Follow) error {
	f.Interrupted = a.tellLost
	cursor, failed := f.After, false
	err := a.client.FollowLifecycles(ctx, f, func(e client.Event) error {
		cursor = e.Cursor
		failed = failed || e.Status == client.LifecycleStatusFailed || e.Status == client.LifecycleStatusCanceled
		if a.json {
			return show.JSON(a.out, &e)
		}
		_, err := fmt.Fprintln(a.out, eventLine(e, a.color))
		return err
	})
	if err == nil && failed {
		return errWorkFailed // with IDs, as a command that stays with its own work
	}
	return a.stopped(ctx, err, "", cursor)
}

// followInteractions prints interactions until the user has seen enough.
func (a *app) followInteractions(ctx context.Context, f client.Follow) error {
	f.Interrupted = a.tellLost
	cursor := f.After
	err := a.client.FollowInteractions(ctx, f, func(i client.Interaction) error {
		cursor = i.Cursor
		if a.json {
			return show.JSON(a.out, &i)
		}
		_, err := fmt.Fprintf(a.out, "%s  %s  %s  %s  %s  %s\n", i.At.Local().Format("15:04:05.000"), show.Safe(i.DeckyName),
			show.Paint(a.color, source(&i).Color, show.Safe(source(&i).Text)), pad(show.Safe(i.Service), 6), pad(show.Safe(i.Type), 12), show.Safe(deed(&i)))
		return err
	})
	return a.stopped(ctx, err, " --interactions", cursor)
}

func (a *app) tellLost(err error, retryIn time.Duration) {
	fmt.Fprintln(a.errOut, show.Safe(lostText(err, retryIn)))
}

// stopped says after Ctrl-C how to go on.
func (a *app) stopped(ctx context.Context, err error, flags, cursor string) error {
	if ctx.Err() != nil && cursor != "" {
		fmt.Fprintf(a.errOut, "\nGo on from here with:\n  decnet watch%s --after %s%s\n", flags, cursor, a.urlFlag())
	}
	return err
}
