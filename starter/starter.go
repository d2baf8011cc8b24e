// Package starter gives a first run something to see: three deckies come up, one mutates, and every step streams into the terminal
// as a subscriber would see it.
package starter

import (
	"context"
	"fmt"
	"io"
	"strings"

	"decnet/ent"
	"decnet/fleet"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
)

// Deckies is the starter fleet: an archetype each.
var Deckies = []struct{ Name, Archetype string }{
	{"web-01", "web-server"}, {"db-01", "database-server"}, {"linux-01", "linux-server"},
}

// mutated is the decky that shows a mutation.
const mutated = "linux-01"

// Starter deploys the starter fleet.
type Starter struct {
	Store *store.Store
	Fleet *fleet.Fleet
	Feed  *lifecycle.Feed
	Out   io.Writer
	// URL is where the server is reached, for the addresses to try.
	URL string
	// Unreal says that the engine's deckies are not real: there is nothing to touch.
	Unreal bool
}

// Run deploys the starter fleet on an empty database, mutates one decky, and says what to try. On a database with deployments it only says what to try.
func (s *Starter) Run(ctx context.Context) error {
	n, err := s.Store.Read.Deployment.Query().Count(ctx)
	if err != nil {
		return fmt.Errorf("count the deployments: %w", err)
	}
	if n == 0 {
		if err := s.deploy(ctx); err != nil {
			return err
		}
	}
	return s.invite(ctx)
}

func (s *Starter) deploy(ctx context.Context) error {
	in := fleet.DeployInput{Deployment: "default", Mode: fleet.Add}
	for _, d := range Deckies {
		in.Deckies = append(in.Deckies, &fleet.DeckySpec{Name: d.Name, Count: 1, Archetype: &d.Archetype})
	}
	s.say("\nThe starter fleet: deploying %d deckies.\n", len(Deckies))
	done, err := s.Fleet.Deploy(ctx, "starter", in)
	if err != nil {
		return fmt.Errorf("deploy the starter fleet: %w", err)
	}
	if err := s.follow(ctx, done.Lifecycles); err != nil {
		return err
	}
	s.say("\nMutating %s: other services, the same host.\n", mutated)
	m, err := s.Fleet.Mutate(ctx, fleet.Operator("starter"), fleet.MutateInput{Name: mutated, Deployment: "default"})
	if err != nil {
		return fmt.Errorf("mutate %s: %w", mutated, err)
	}
	return s.follow(ctx, []*ent.Lifecycle{m.Lifecycle})
}

// follow prints the lifecycles' entries as they come, to the last one.
func (s *Starter) follow(ctx context.Context, lcs []*ent.Lifecycle) error {
	ids := make([]pid.ID, 0, len(lcs))
	for _, lc := range lcs {
		ids = append(ids, lc.ID)
	}
	sub, err := s.Feed.Open(ctx, lifecycle.Filter{IDs: ids}, nil)
	if err != nil {
		return err
	}
	return sub.Run(ctx, func(e *lifecycle.Event) bool {
		stage := ""
		if e.Stage != nil {
			stage = *e.Stage
		}
		s.say("  %s  %-9s %-8s %-9s %s\n", e.At.Local().Format("15:04:05.000"), e.Lifecycle.DeckyName,
			strings.ToLower(string(e.Lifecycle.Operation)), strings.ToLower(string(e.Status)), stage)
		if e.Lifecycle.ErrorMessage != nil && e.Status == e.Lifecycle.Status {
			s.say("             %s: %s\n", *e.Lifecycle.ErrorCode, *e.Lifecycle.ErrorMessage)
		}
		return true
	})
}

// tools are how to touch a service.
var tools = map[string]string{
	"ssh": "ssh -p %[2]d root@%[1]s", "telnet": "telnet %[1]s %[2]d", "ftp": "ftp %[1]s %[2]d", "http": "curl http://%[1]s:%[2]d/",
	"https": "curl -k https://%[1]s:%[2]d/", "redis": "redis-cli -h %[1]s -p %[2]d", "mysql": "mysql -h %[1]s -P %[2]d -u root -p",
	"postgres": "psql -h %[1]s -p %[2]d -U postgres",
}

// invite says where everything is.
func (s *Starter) invite(ctx context.Context) error {
	s.say("\nTry:\n  %s/            the fleet, live\n  %s/graphiql    the API\n", s.URL, s.URL)
	if s.Unreal {
		s.say("\n")
		return nil
	}
	rows, err := s.Store.Read.Decky.Query().WithDeployment().All(ctx)
	if err != nil {
		return fmt.Errorf("read the deckies: %w", err)
	}
	seen := map[string]bool{}
	for _, d := range rows {
		for _, e := range d.Endpoints {
			if tool, ok := tools[e.Service]; ok && !seen[e.Service] {
				seen[e.Service] = true
				s.say("  "+tool+"\n", e.Address, e.Port)
			}
		}
	}
	s.say("What you do to a decky shows in the fleet page and in `interactions` as it happens.\n\n")
	return nil
}

func (s *Starter) say(format string, a ...any) { _, _ = fmt.Fprintf(s.Out, format, a...) }
