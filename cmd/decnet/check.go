package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
	"decnet/realism"
)

// errGivenAway is the exit of a check that found something: a script need not read the table.
var errGivenAway = errors.New("something gives the decky away")

func (a *app) checkCommand() *cobra.Command {
	var deployment string
	var fromHere bool
	c := &cobra.Command{
		Use: "check NAME", ValidArgsFunction: a.deckyNames(), Short: "Look at a decky as a scanner would, and tell what gives it away",
		Long: `Look at a decky as a scanner would who suspects a decoy: banners, versions, TLS, timing, salts that never change, refusals that no product gives, keys that other deckies have too, names and
systems that contradict each other. The server looks; with --from-here this program does, from where it runs: a server can't reach deckies on its own MACVLAN.

The decky records the look as it records every touch. The server's is marked as a check and counts as nobody's attack; one --from-here is taken for an intruder's. The command fails when something is found.`,
		Example: "  decnet check shop-01\n  decnet check shop-01 --from-here", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			look := a.checkByServer
			if fromHere {
				look = a.checkFromHere
			}
			check, err := look(c, deployment, args[0])
			if err != nil {
				return err
			}
			return a.showCheck(args[0], check)
		},
	}
	c.Flags().StringVarP(&deployment, "deployment", "d", defaultDeployment, "the decky's deployment")
	c.Flags().BoolVar(&fromHere, "from-here", false, "look from where this program runs")
	return c
}

func (a *app) checkByServer(c *cobra.Command, deployment, name string) (*client.RealismCheck, error) {
	return a.client.CheckDecky(c.Context(), client.CheckDeckyInput{Deployment: deployment, Name: name})
}

func (a *app) checkFromHere(c *cobra.Command, deployment, name string) (*client.RealismCheck, error) {
	d, err := a.client.Decky(c.Context(), deployment, name)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("there is no decky %q in deployment %q", name, deployment)}
	}
	server, err := a.client.Server(c.Context())
	if err != nil {
		return nil, err
	}
	if server.Engine == "sim" { // its deckies' addresses may well be somebody else's
		return nil, &client.Error{Code: client.CodeConflict, Message: "the sim engine's deckies are not real: there is nothing to look at"}
	}
	target := realism.Target{Name: d.Name, Hostname: d.Hostname}
	for _, e := range d.Endpoints {
		target.Endpoints = append(target.Endpoints, realism.Endpoint{Service: e.Service, Proto: e.Proto, Address: e.Address, Port: e.Port})
	}
	record := realism.Record{StartedAt: a.now()}
	record.Finish(realism.Check(c.Context(), target), a.now())
	out := &client.RealismCheck{
		Status: client.CheckStatus(record.Status), StartedAt: record.StartedAt, FinishedAt: record.FinishedAt, Problem: record.Problem,
		Probed: record.Probed, Unreachable: record.Unreachable,
	}
	for _, f := range record.Findings {
		out.Findings = append(out.Findings, client.RealismFinding{Service: f.Service, Tell: f.Tell, Severity: client.Severity(f.Severity), Detail: f.Detail})
	}
	return out, nil
}

func (a *app) showCheck(name string, check *client.RealismCheck) error {
	if a.json {
		if err := show.JSON(a.out, check); err != nil {
			return err
		}
	} else {
		t := show.NewTable(a.color, "SEVERITY", "SERVICE", "TELL", "")
		for _, f := range check.Findings {
			t.Row(string(f.Severity), f.Service, f.Tell, f.Detail)
		}
		if t.Len() > 0 {
			if err := t.Write(a.out); err != nil {
				return err
			}
		}
		if len(check.Probed) > 0 {
			fmt.Fprintf(a.out, "looked at: %s\n", strings.Join(check.Probed, ", "))
		}
		if len(check.Unreachable) > 0 {
			fmt.Fprintf(a.out, "not reached: %s\n", strings.Join(check.Unreachable, ", "))
		}
	}
	switch check.Status {
	case client.CheckStatusFailed:
		return fmt.Errorf("decky %q could not be checked: %s", name, value(check.Problem))
	case client.CheckStatusFound:
		return errGivenAway
	}
	if !a.json && check.FinishedAt != nil {
		fmt.Fprintf(a.out, "nothing gives %s away (%s)\n", name, check.FinishedAt.Sub(check.StartedAt).Round(100*time.Millisecond))
	}
	return nil
}
