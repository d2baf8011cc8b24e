package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

// redraw is how often the elapsed times on a terminal move.
const redraw = 100 * time.Millisecond

// following is whether a command stays until its work is done, and what it shows of it.
type following struct{ follow, wait bool }

func (f *following) flags(c *cobra.Command) {
	c.Flags().BoolVar(&f.follow, "follow", false, "stay, and show how far the work is (default: on a terminal)")
	c.Flags().BoolVar(&f.wait, "wait", false, "stay until the work is done, and show only how it ended")
	c.MarkFlagsMutuallyExclusive("follow", "wait")
}

// follow stays with accepted lifecycles as the flags say, and returns errWorkFailed when one of them failed.
func (a *app) follow(c *cobra.Command, f following, accepted []client.Lifecycle) error {
	if len(accepted) == 0 {
		return nil
	}
	ids := idsOf(accepted)
	if !f.wait && !f.follow && (!a.terminal || a.json || c.Flags().Changed("follow")) {
		if !a.json {
			a.say("%s accepted; watch: %s", plural(len(ids), "lifecycle"), a.watchCommand(ids, ""))
		}
		return nil
	}
	return a.stay(c.Context(), f.wait, ids, accepted)
}

// stay shows lifecycles until they have ended.
func (a *app) stay(ctx context.Context, quiet bool, ids []string, accepted []client.Lifecycle) error {
	width, height := 100, 40
	inline := a.terminal && !a.json && !quiet
	if f, ok := a.out.(*os.File); ok && inline {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			width, height = w, h
		}
	}
	p := newProgress(a.out, inline, a.color, width, height, a.now)
	p.expect(accepted)
	began := a.now()

	events, done := make(chan client.Event), make(chan error, 1)
	interrupted := make(chan string, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		done <- a.client.FollowLifecycles(ctx, client.Follow{IDs: ids, Interrupted: func(err error, retryIn time.Duration) {
			select {
			case interrupted <- lostText(err, retryIn):
			case <-ctx.Done():
			}
		}}, func(e client.Event) error {
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	}()
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	cursor := ""
	for {
		select {
		case e := <-events:
			cursor = e.Cursor
			switch {
			case a.json:
				if err := show.JSON(a.out, &e); err != nil {
					return err
				}
			case quiet:
				p.job(e)
			default:
				p.event(e)
			}
		case problem := <-interrupted:
			p.drawn = 0
			fmt.Fprintln(a.errOut, show.Safe(problem))
		case <-tick.C:
			if inline {
				p.draw()
			}
		case err := <-done:
			if err != nil {
				if ctx.Err() != nil {
					a.goesOn(ids, cursor)
				}
				return err
			}
			return a.summary(p, a.now().Sub(began))
		}
	}
}

// lostText says that a connection was lost, and why that is no reason to worry.
func lostText(err error, retryIn time.Duration) string {
	return fmt.Sprintf("connection lost (%v); trying again in %s, nothing will be missed", err, short(retryIn))
}

// summary says how the work ended.
func (a *app) summary(p *progress, took time.Duration) error {
	failed := p.failures()
	if !a.json {
		a.say("%s in %s", p.counts(p.color), short(took))
		for _, lc := range failed {
			if lc.Error == nil {
				continue
			}
			fmt.Fprintf(a.errOut, "%s %s: %s\n", show.Paint(a.color, show.Red, "failed:"), show.Safe(qualified(lc)), show.Safe(lc.Error.Code+": "+lc.Error.Message))
			for line := range strings.SplitSeq(strings.TrimSpace(value(lc.Error.Detail)), "\n") {
				if line != "" {
					fmt.Fprintf(a.errOut, "        %s\n", show.Safe(line))
				}
			}
		}
		if len(failed) > 0 {
			fmt.Fprintf(a.errOut, "%s decnet retry %s%s\n", show.Paint(a.color, show.Blue, " hint:"), failed[0].Id, a.urlFlag())
		}
	}
	if len(failed) > 0 {
		return errWorkFailed
	}
	return nil
}

// goesOn tells whoever interrupts the showing that the work is not interrupted.
func (a *app) goesOn(ids []string, cursor string) {
	fmt.Fprintf(a.errOut, "\nThe work goes on behind. Watch it again with:\n  %s\n", a.watchCommand(ids, cursor))
}

// watchCommand is the command that shows lifecycles again, from a cursor.
func (a *app) watchCommand(ids []string, cursor string) string {
	s := "decnet watch" + a.urlFlag()
	if cursor != "" {
		s += " --after " + cursor
	}
	const most = 20 // beyond that, the whole journal from the cursor is the shorter thing to say
	if len(ids) <= most {
		s += " " + strings.Join(ids, " ")
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func idsOf(list []client.Lifecycle) []string {
	ids := make([]string, len(list))
	for i, lc := range list {
		ids[i] = lc.Id
	}
	return ids
}
