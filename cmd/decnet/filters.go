package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

// noFilters are the flags of lists and streams that say how much is shown, not of what.
var noFilters = []string{"limit", "last", "by", "follow", "after", "interactions", "known"}

// filters are the flags that keep a list to a part, as they were given: " --decky web-01".
func filters(c *cobra.Command) string {
	var b strings.Builder
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case !f.Changed || slices.Contains(noFilters, f.Name):
		case f.Value.Type() == "bool":
			b.WriteString(" --" + f.Name)
		default:
			b.WriteString(" --" + f.Name + " " + strings.Trim(f.Value.String(), "[]"))
		}
	})
	return b.String()
}

// nothing says why a list is empty: by what was asked for, or because there is nothing at all yet.
func (a *app) nothing(c *cobra.Command, yet string) {
	if asked := filters(c); asked != "" {
		yet = "Nothing matches" + show.Safe(asked) + "."
	}
	a.say("%s", yet)
}

// known warns of a deployment or a decky that neither the fleet nor the record has: a name with a slip in it looks as if all were quiet. It is no error: the decky may be
// deployed yet.
func (a *app) known(ctx context.Context, deployment, decky string) error {
	if deployment == "" && decky == "" {
		return nil
	}
	for _, err := range a.client.Lifecycles(ctx, client.Follow{Deployment: deployment, Decky: decky}) {
		return err
	}
	if touched, err := a.client.LastInteractions(ctx, client.Follow{Deployment: deployment, Decky: decky}, 1); err != nil || len(touched) > 0 {
		return err
	}
	// What it was deployed by may be older than what is kept.
	if decky == "" {
		if d, err := a.client.Deployment(ctx, deployment); err != nil || d != nil {
			return err
		}
	} else {
		for d, err := range a.client.Deckies(ctx, deployment) {
			if client.CodeOf(err) == client.CodeNotFound {
				break
			}
			if err != nil {
				return err
			}
			if d.Name == decky {
				return nil
			}
		}
	}
	_, err := fmt.Fprintf(a.errOut, "%s neither the fleet nor the record has anything of%s\n", show.Paint(a.color, show.Yellow, "warning:"), show.Safe(place(deployment, decky)))
	return err
}

// place is the flags that name a deployment and a decky.
func place(deployment, decky string) (s string) {
	if deployment != "" {
		s = " --deployment " + deployment
	}
	if decky != "" {
		s += " --decky " + decky
	}
	return s
}
