package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) mutateCommand() *cobra.Command {
	var (
		follow                 following
		deployment, key        string
		services, set, unset   []string
		seed, expectGeneration int
		all, dryRun            bool
	)
	c := &cobra.Command{
		Use: "mutate NAME…", ValidArgsFunction: a.deckyNames(), Short: "Give deckies other services",
		Long: `Give deckies other services, so that what an intruder learned goes stale. Without --services the server picks a set that differs from the
present one and the last few.

With --set or --unset the services stay, unless --services names others, and are as that says from then on. A service of which a setting changes ends its sessions;
the others go on. ` + "`decnet services --settings`" + ` lists what there is to set.

The answer comes at once; the work happens behind it. On a terminal the command stays and shows it, else say --follow or --wait.`,
		Example: `  decnet mutate shop-01
  decnet mutate shop-01 shop-02 --services ssh,redis
  decnet mutate shop-01 --set mysql.version=8.0.36 --unset ssh.password
  decnet mutate --all --wait
  decnet mutate shop-01 --expected-generation 4   # refused when it has changed since
  decnet mutate shop-01 --dry-run`,
		RunE: func(c *cobra.Command, names []string) error {
			if err := noneEmpty(c); err != nil {
				return err
			}
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
				if len(set)+len(unset) > 0 {
					if err := a.choose(c.Context(), &in, set, unset); err != nil {
						return err
					}
				}
				r, err := a.client.MutateDecky(c.Context(), in)
				if err != nil {
					err = inFlags(&in, set, err)
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
				if err := a.keptForLater(&r.Decky, set); err != nil {
					return err
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
	f.StringArrayVar(&set, "set", nil, "SERVICE.KEY=VALUE: what a service is to be like; may be repeated")
	f.StringArrayVar(&unset, "unset", nil, "SERVICE.KEY: as it is drawn for the decky; may be repeated")
	f.IntVar(&seed, "seed", 0, "make the pick repeatable")
	f.IntVar(&expectGeneration, "expected-generation", 0, "refuse when the decky has moved on from this generation")
	f.StringVar(&key, "idempotency-key", "", "asking again with the same key starts nothing new")
	f.BoolVar(&all, "all", false, "every decky of the deployment")
	f.BoolVar(&dryRun, "dry-run", false, "show what would be, change nothing")
	follow.flags(c)
	a.completeCatalog(c)
	return c
}

// choose puts a decky's settings, changed by --set and --unset, into a mutation. The mutation is refused when somebody else has changed the decky meanwhile.
func (a *app) choose(ctx context.Context, in *client.MutateDeckyInput, set, unset []string) error {
	now, err := a.client.Settings(ctx, in.Deployment, in.Name)
	if err != nil {
		return err
	}
	if now == nil {
		return &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("there is no decky %q in deployment %q", in.Name, in.Deployment)}
	}
	if in.ExpectedGeneration == nil {
		in.ExpectedGeneration = &now.Generation
	}
	chosen := map[[2]string]string{}
	for _, s := range now.Settings {
		chosen[[2]string{s.Service, s.Key}] = s.Value
	}
	for _, name := range unset {
		service, key, ok := strings.Cut(name, ".")
		if !ok {
			return usagef("--unset wants SERVICE.KEY, not %q", name)
		}
		if _, ok := chosen[[2]string{service, key}]; !ok {
			return usagef("nothing was chosen for %s of %s", name, in.Name)
		}
		delete(chosen, [2]string{service, key})
	}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		service, key, dotted := strings.Cut(name, ".")
		if !ok || !dotted {
			return usagef("--set wants SERVICE.KEY=VALUE, not %q", s)
		}
		chosen[[2]string{service, key}] = value
	}
	settings := []client.ServiceSettingInput{}
	for _, k := range slices.SortedFunc(maps.Keys(chosen), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		settings = append(settings, client.ServiceSettingInput{Service: k[0], Key: k[1], Value: chosen[k]})
	}
	in.Settings = &settings
	return nil
}

// keptForLater tells of what was set for services that the decky does not have.
func (a *app) keptForLater(d *client.Decky, set []string) error {
	var told []string
	for _, s := range set {
		service, _, _ := strings.Cut(s, ".")
		if slices.Contains(d.Services, service) || slices.Contains(told, service) {
			continue
		}
		told = append(told, service)
		if _, err := fmt.Fprintf(a.errOut, "%s %s is not among %s's services: kept for when it is\n", show.Paint(a.color, show.Yellow, "warning:"), show.Safe(service), show.Safe(d.Name)); err != nil {
			return err
		}
	}
	return nil
}

// inFlags says of a refused setting how it was given: its place among all of the decky's settings tells nobody anything.
func inFlags(in *client.MutateDeckyInput, set []string, err error) error {
	e, ok := errors.AsType[*client.Error](err)
	if !ok || in.Settings == nil {
		return err
	}
	var i int
	if _, scanErr := fmt.Sscanf(e.Argument, "input.settings[%d]", &i); scanErr != nil || i < 0 || i >= len(*in.Settings) {
		return err
	}
	refused := (*in.Settings)[i]
	told := *e
	told.Argument = refused.Service + "." + refused.Key
	if slices.ContainsFunc(set, func(s string) bool { return strings.HasPrefix(s, told.Argument+"=") }) {
		told.Argument = "--set " + told.Argument
	}
	return &told
}
