package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) intervalCommand() *cobra.Command {
	var deployment string
	var all bool
	c := &cobra.Command{
		Use: "interval NAME DURATION|off", ValidArgsFunction: a.deckyNames(), Short: "Set how often deckies mutate by themselves",
		Long: `Set how often a decky mutates by itself, or with --all the deployment: that holds for deckies that have no interval of their own. At least a
minute; "off" turns it off.`,
		Example: "  decnet interval shop-01 30m\n  decnet interval --all 2h\n  decnet interval shop-01 off",
		Args: func(c *cobra.Command, args []string) error {
			if all && len(args) != 1 {
				return errors.New("interval --all takes DURATION|off, and no name")
			} else if all {
				return nil
			}
			return cobra.ExactArgs(2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := noneEmpty(c); err != nil {
				return err
			}
			in := client.SetMutateIntervalInput{Deployment: deployment}
			if !all {
				in.Name = &args[0]
			}
			if text := args[len(args)-1]; text != "off" {
				d, err := time.ParseDuration(text)
				if err != nil {
					return usagef("%q is no length of time such as 30m or 2h, and not off", text)
				}
				in.Interval = &d
			}
			r, err := a.client.SetMutateInterval(c.Context(), in)
			if err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, r)
			}
			t := show.NewTable(a.color, "NAME", "EVERY", "NEXT")
			for i := range r.Deckies {
				d := &r.Deckies[i]
				t.Row(d.Name, every(d), until(d.NextMutationAt, a.now()))
			}
			if t.Len() > 0 {
				return t.Write(a.out)
			}
			set := "off"
			if in.Interval != nil {
				set = span(*in.Interval)
			}
			a.say("Set to %s; no decky's next mutation changes by it.", set)
			return nil
		},
	}
	c.Flags().StringVarP(&deployment, "deployment", "d", defaultDeployment, "the deployment")
	c.Flags().BoolVar(&all, "all", false, "the deployment's own interval")
	return c
}
