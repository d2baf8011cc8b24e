package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// completionTimeout bounds how long a press of the Tab key may wait for the server.
const completionTimeout = 2 * time.Second

// complete makes a shell completion of what the server knows; where it can't be asked, there is none.
func (a *app) complete(list func(ctx context.Context, c *cobra.Command) []string) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
		defer cancel()
		if a.start(c) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := list(ctx, c)
		return slices.DeleteFunc(names, func(n string) bool { return slices.Contains(args, n) }), cobra.ShellCompDirectiveNoFileComp
	}
}

// deckyNames completes the names of the deployment's deckies.
func (a *app) deckyNames() cobra.CompletionFunc {
	return a.complete(func(ctx context.Context, c *cobra.Command) (names []string) {
		deployment, _ := c.Flags().GetString("deployment") // every command that names deckies has it
		for d, err := range a.client.Deckies(ctx, deployment) {
			if err != nil {
				break
			}
			names = append(names, d.Name)
		}
		return names
	})
}

// completeCatalog completes the flags that name archetypes and services, where the command has them.
func (a *app) completeCatalog(c *cobra.Command) {
	for flag, list := range map[string]func(context.Context, *cobra.Command) []string{
		"archetype": func(ctx context.Context, _ *cobra.Command) (slugs []string) {
			archetypes, _ := a.client.Archetypes(ctx) // none, then
			for _, t := range archetypes {
				if t.Available {
					slugs = append(slugs, t.Slug)
				}
			}
			return slugs
		},
		"services": func(ctx context.Context, _ *cobra.Command) (slugs []string) {
			services, _ := a.client.Services(ctx) // none, then
			for _, s := range services {
				if s.Available {
					slugs = append(slugs, s.Slug)
				}
			}
			return slugs
		},
	} {
		if c.Flags().Lookup(flag) != nil {
			cobra.CheckErr(c.RegisterFlagCompletionFunc(flag, a.complete(list))) // only a flag that is not there is an error
		}
	}
}

// completeWords completes a flag that is one of a few words.
func completeWords(c *cobra.Command, flag string, words ...string) {
	cobra.CheckErr(c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)))
}
