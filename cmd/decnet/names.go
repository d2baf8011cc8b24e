package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noneEmpty refuses flags that are given without a value, as an unset variable of a script leaves them: to go on as if they had been left out would do
// something that nobody asked for.
func noneEmpty(c *cobra.Command) error {
	var err error
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		switch list, many := f.Value.(pflag.SliceValue); {
		case !f.Changed || err != nil:
		case f.Name == "services" && many && len(list.GetSlice()) == 0:
			err = usagef("--services is empty: name services, or leave the flag out for a pick")
		case f.Value.Type() == "string" && f.Value.String() == "":
			err = usagef("--%s is empty: give it a value, or leave the flag out", f.Name)
		}
	})
	return err
}

// named settles which deckies a command means: the names given, or with --all every one of the deployment.
func (a *app) named(ctx context.Context, deployment string, names []string, all bool) ([]string, error) {
	switch {
	case all && len(names) > 0:
		return nil, usagef("give names or --all, not both")
	case !all && len(names) == 0:
		return nil, usagef("name the deckies, or say --all")
	case !all:
		var once []string // to mutate a decky twice is not what a name given twice means
		for _, name := range names {
			if !slices.Contains(once, name) {
				once = append(once, name)
			}
		}
		return once, nil
	}
	for d, err := range a.client.Deckies(ctx, deployment) {
		if err != nil {
			return nil, err
		}
		names = append(names, d.Name)
	}
	return names, nil
}
