package main

import (
	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) mutateCommand() *cobra.Command {
	var (
		follow                 following
		deployment, key        string
		services               []string
		seed, expectGeneration int
		all, dryRun            bool
	)
	c := &cobra.Command{
		Use: "mutate NAME…", ValidArgsFunction: a.deckyNames(), Short: "Give deckies other services",
		Long: `Give deckies other services, so that what an intruder learned goes stale. Without --services the server picks a set that differs from the
present one and the last few.

The answer comes at once; the work happens behind it. On a terminal the command stays and shows it, else say --follow or --wait.`,
		Example: `  decnet mutate web-01
  decnet mutate web-01 web-02 --services ssh,redis
  decnet mutate --all --wait
  decnet mutate web-01 --expected-generation 4   # refused when it has changed since
  decnet mutate web-01 --dry-run`,
		RunE: func(c *cobra.Command, names []string) error {
			names, err := a.named(c.Context(), deployment, names, all)
			if err != nil {
				return err
			}
			if key != "" && len(names) > 1 {
				return usagef("--idempotency-key goes with one decky")
			}
			var accepted []client.Lifecycle
			plan := show.NewTable(a.color, "NAME", "SERVICES", "CHANGE", "GEN")
			for _, name := range names {
				in := client.MutateDeckyInput{Deployment: deployment, Name: name, Services: services, IdempotencyKey: client.Optional(key), DryRun: dryRun}
				if c.Flags().Changed("seed") {
					in.Seed = &seed
				}
				if c.Flags().Changed("expected-generation") {
					in.ExpectedGeneration = &expectGeneration
				}
				r, err := a.client.MutateDecky(c.Context(), in)
				if err != nil {
					if len(accepted) > 0 {
						a.say("%s accepted before the error; watch: %s", plural(len(accepted), "mutation"), a.watchCommand(idsOf(accepted), ""))
					}
					return err
				}
				if a.json {
					if err := show.JSON(a.out, r); err != nil {
						return err
					}
				}
				accepted = append(accepted, r.Lifecycles...)
				plan.Row(r.Decky.Name, servicesText(&r.Decky), changes(r.Decky.ObservedServices, r.Decky.Services), r.Decky.Generation)
			}
			if dryRun && !a.json {
				if err := plan.Write(a.out); err != nil {
					return err
				}
				a.say("A dry run: nothing was changed.")
			}
			return a.follow(c, follow, accepted)
		},
	}
	f := c.Flags()
	f.StringVarP(&deployment, "deployment", "d", defaultDeployment, "the deckies' deployment")
	f.StringSliceVarP(&services, "services", "s", nil, "exactly these services (default: the server picks)")
	f.IntVar(&seed, "seed", 0, "make the pick repeatable")
	f.IntVar(&expectGeneration, "expected-generation", 0, "refuse when the decky has moved on from this generation")
	f.StringVar(&key, "idempotency-key", "", "asking again with the same key starts nothing new")
	f.BoolVar(&all, "all", false, "every decky of the deployment")
	f.BoolVar(&dryRun, "dry-run", false, "show what would be, change nothing")
	follow.flags(c)
	a.completeCatalog(c)
	return c
}
