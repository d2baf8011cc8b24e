package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) teardownCommand() *cobra.Command {
	var follow following
	var deployment string
	var all, yes bool
	c := &cobra.Command{
		Use: "teardown NAME…", ValidArgsFunction: a.deckyNames(), Short: "Take deckies down for good",
		Long: `Take deckies down for good. What was recorded of them stays. It asks before it does, naming what goes; where there is no terminal to
ask on, it wants --yes.`,
		Example: "  decnet teardown shop-01 shop-02\n  decnet teardown --all --yes --wait",
		RunE: func(c *cobra.Command, names []string) error {
			if err := noneEmpty(c); err != nil {
				return err
			}
			names, err := a.named(c.Context(), deployment, names, all)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				a.say("There are no deckies in deployment %s.", show.Safe(deployment))
				return nil
			}
			if !yes {
				if agreed, err := a.confirm(names, deployment); err != nil || !agreed {
					return err
				}
			}
			// The names that were agreed to, even with --all: a decky that came in between was not part of the question.
			r, err := a.client.Teardown(c.Context(), client.TeardownInput{Deployment: deployment, Names: names})
			if err != nil {
				return err
			}
			if a.json {
				if err := show.JSON(a.out, r); err != nil {
					return err
				}
			}
			return a.follow(c, follow, r.Lifecycles)
		},
	}
	c.Flags().StringVarP(&deployment, "deployment", "d", defaultDeployment, "the deckies' deployment")
	c.Flags().BoolVar(&all, "all", false, "every decky of the deployment")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	follow.flags(c)
	return c
}

// confirm asks whether the deckies may go.
func (a *app) confirm(names []string, deployment string) (bool, error) {
	what := fmt.Sprintf("%s of deployment %s", show.Safe(strings.Join(names, ", ")), show.Safe(deployment))
	if !a.promptable {
		return false, usagef("there is no terminal to ask on; to take down %s, say --yes", what)
	}
	fmt.Fprintf(a.errOut, "Take down %s, for good? [y/N] ", what)
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	a.say("Nothing was changed.")
	return false, nil
}
