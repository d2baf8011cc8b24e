package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) showCommand() *cobra.Command {
	var deployment string
	c := &cobra.Command{
		Use: "show NAME", ValidArgsFunction: a.deckyNames(), Short: "Show one decky", Example: "  decnet show shop-01", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := a.client.Decky(c.Context(), deployment, args[0])
			if err != nil {
				return err
			}
			if d == nil {
				return &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("there is no decky %q in deployment %q", args[0], deployment)}
			}
			chosen, err := a.client.Settings(c.Context(), deployment, args[0])
			if err != nil {
				return err
			}
			settings := []client.ChosenSetting{}
			if chosen != nil {
				settings = chosen.Settings
			}
			if a.json {
				return show.JSON(a.out, struct {
					*client.Decky
					Settings []client.ChosenSetting `json:"settings"`
				}{d, settings})
			}
			return a.showDecky(d, settings)
		},
	}
	c.Flags().StringVarP(&deployment, "deployment", "d", defaultDeployment, "the decky's deployment")
	return c
}

func (a *app) showDecky(d *client.Decky, settings []client.ChosenSetting) error {
	interval := "not by itself"
	if often := every(d); often != "-" {
		interval = "every " + often
		if d.MutateInterval == nil {
			interval += ", as the deployment"
		}
	}
	var endpoints []string
	for _, e := range d.Endpoints {
		endpoints = append(endpoints, fmt.Sprintf("%s %s:%d/%s", e.Service, e.Address, e.Port, e.Proto))
	}
	chosen := make([]string, len(settings))
	for i, s := range settings {
		chosen[i] = fmt.Sprintf("%s.%s=%q", s.Service, s.Key, s.Value)
	}
	for _, row := range [][2]string{
		{"name", d.Name},
		{"deployment", d.Deployment.Name},
		{"state", string(d.State)},
		{"services", servicesText(d)},
		{"answers at", strings.Join(endpoints, ", ")},
		{"settings", strings.Join(chosen, ", ")},
		{"generation", generationText(d)},
		{"address", d.Ip},
		{"MAC", value(d.Mac)},
		{"host name", d.Hostname},
		{"archetype", value(d.Archetype)},
		{"distribution", d.Distro},
		{"OS", d.Os},
		{"mutates", interval},
		{"last mutated", ago(d.LastMutatedAt, a.now())},
		{"next mutation", until(d.NextMutationAt, a.now())},
		{"deployed", ago(&d.CreatedAt, a.now())},
		{"ID", d.Id},
	} {
		if row[1] == "" {
			row[1] = "-"
		}
		text := show.Safe(row[1])
		if row[0] == "state" {
			text = show.Paint(a.color, stateColor(d.State), text)
		}
		if _, err := fmt.Fprintf(a.out, "%s %s\n", show.Paint(a.color, show.Dim, pad(row[0], 14)), text); err != nil {
			return err
		}
	}
	return nil
}
