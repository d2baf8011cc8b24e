package main

import (
	"context"
)

// named settles which deckies a command means: the names given, or with --all every one of the deployment.
func (a *app) named(ctx context.Context, deployment string, names []string, all bool) ([]string, error) {
	switch {
	case all && len(names) > 0:
		return nil, usagef("give names or --all, not both")
	case !all && len(names) == 0:
		return nil, usagef("name the deckies, or say --all")
	case !all:
		return names, nil
	}
	for d, err := range a.client.Deckies(ctx, deployment) {
		if err != nil {
			return nil, err
		}
		names = append(names, d.Name)
	}
	return names, nil
}
