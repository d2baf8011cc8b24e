package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) archetypesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "archetypes", Short: "List the presets that deckies are made from", Example: "  decnet archetypes", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := a.client.Archetypes(c.Context())
			if err != nil {
				return err
			}
			t := show.NewTable(a.color, "ARCHETYPE", "SERVICES", "OS", "AVAILABLE", "DESCRIPTION")
			return listing(a, list, t, func(r client.Archetype) {
				t.Row(r.Slug, strings.Join(r.Services, ","), r.Os, availability(r.Available), r.Description)
			})
		},
	}
}

func (a *app) servicesCommand() *cobra.Command {
	var settings bool
	cmd := &cobra.Command{
		Use: "services", Short: "List the decoy protocols", Example: "  decnet services\n  decnet services --settings", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := a.client.Services(c.Context())
			if err != nil {
				return err
			}
			if settings && !a.json {
				return a.listSettings(list)
			}
			t := show.NewTable(a.color, "SERVICE", "PORTS", "CATEGORY", "AVAILABLE", "DESCRIPTION")
			return listing(a, list, t, func(s client.Service) {
				var ports []string
				for _, p := range s.Ports {
					ports = append(ports, fmt.Sprintf("%d/%s", p.Number, p.Proto))
				}
				t.Row(s.Slug, strings.Join(ports, ","), s.Category, availability(s.Available), s.Description)
			})
		},
	}
	cmd.Flags().BoolVar(&settings, "settings", false, "what a deploy or a mutation may choose of them")
	return cmd
}

// listSettings shows what there is to choose; as JSON it is in the list of services.
func (a *app) listSettings(services []client.Service) error {
	t := show.NewTable(a.color, "SETTING", "VALUE", "WHAT IT IS")
	for _, s := range services {
		for _, o := range s.Settings {
			what := strings.ToLower(string(o.Type))
			switch {
			case o.Type == client.SettingTypeSet:
				what = "of " + strings.Join(o.Choices, ",")
			case len(o.Choices) > 0:
				what = strings.Join(o.Choices, " | ")
			case o.Type == client.SettingTypeInt:
				what = fmt.Sprintf("%d to %d", o.Min, o.Max)
			}
			help := o.Help
			if o.Secret {
				help += " (secret)"
			}
			t.Row(s.Slug+"."+o.Key, what, help)
		}
	}
	return t.Write(a.out)
}

// listing prints a list as a table, or as JSON lines.
func listing[T any](a *app, list []T, t *show.Table, row func(T)) error {
	for i := range list {
		if a.json {
			if err := show.JSON(a.out, &list[i]); err != nil {
				return err
			}
			continue
		}
		row(list[i])
	}
	if a.json {
		return nil
	}
	return t.Write(a.out)
}

func availability(yes bool) show.Cell {
	if yes {
		return show.Cell{Text: "yes", Color: show.Green}
	}
	return show.Cell{Text: "no", Color: show.Dim}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show this program's version, and what the server is", Example: "  decnet version", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.client.Server(c.Context())
			if a.json {
				return errors.Join(err, show.JSON(a.out, struct {
					Client string         `json:"client"`
					Server *client.Server `json:"server"`
				}{version, s}))
			}
			a.say("decnet   %s", version)
			if err != nil {
				return err
			}
			a.say("decnetd  %s at %s", show.Safe(s.Version), a.url)
			engine := s.Engine
			if !s.EngineReady {
				engine += ", not ready: " + value(s.EngineProblem)
			}
			a.say("engine   %s", show.Safe(engine))
			a.say("database %s", show.Safe(s.Database))
			l := s.Limits
			a.say("limits   %d deckies a deployment, %d a deploy, %d services a decky, %d elements a page, %d lifecycle IDs a question",
				l.DeckiesPerDeployment, l.DeckiesPerDeploy, l.ServicesPerDecky, l.PageSize, l.LifecycleIds)
			return nil
		},
	}
}
