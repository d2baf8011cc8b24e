package store

import (
	"context"
	"slices"

	"decnet/ent"
)

// whole leaves out of what a client reads whatever lost what it belongs to while it was read. Ent reads rows, and then what they belong to: a teardown that comes between the two has taken
// both, and whoever follows the edge that must be there would follow nothing.
func whole(c *ent.Client) {
	c.Decky.Intercept(kept(func(d *ent.Decky) error { _, err := d.Edges.DeploymentOrErr(); return err }))
	c.Token.Intercept(kept(func(t *ent.Token) error { _, err := t.Edges.UserOrErr(); return err }))
	c.Touch.Intercept(kept(func(t *ent.Touch) error { _, err := t.Edges.AttackerOrErr(); return err }))
}

// kept keeps those that belong to something, or of which nobody asked to what.
func kept[E any](belongs func(E) error) ent.Interceptor {
	return ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			v, err := next.Query(ctx, q)
			if list, ok := v.([]E); ok && err == nil {
				return slices.DeleteFunc(list, func(e E) bool { return ent.IsNotFound(belongs(e)) }), nil
			}
			return v, err
		})
	})
}
