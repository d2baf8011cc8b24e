// Package resolvers turns GraphQL into calls of the domain and back. It holds one file for each file of schema/, and no logic of its
// own: what may be asked for is fleet's, what happened is lifecycle's and interactions'.
package resolvers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"decnet/auth"
	"decnet/catalog"
	"decnet/cursor"
	"decnet/engine"
	"decnet/ent"
	"decnet/ent/attacker"
	"decnet/ent/credential"
	"decnet/ent/decky"
	"decnet/ent/deployment"
	"decnet/ent/interaction"
	"decnet/ent/knownsource"
	entlifecycle "decnet/ent/lifecycle"
	"decnet/ent/predicate"
	"decnet/ent/session"
	"decnet/ent/touch"
	"decnet/ent/user"
	"decnet/fleet"
	"decnet/graph"
	"decnet/interactions"
	"decnet/lifecycle"
	"decnet/pid"
	"decnet/store"
	"decnet/transport"
)

// Resolver holds what the resolvers call.
type Resolver struct {
	Version      string
	Store        *store.Store
	Fleet        *fleet.Fleet
	Watch        *fleet.Watch
	Feed         *lifecycle.Feed
	Interactions *interactions.Log
	Known        *interactions.Known
	Catalog      *catalog.Catalog
	Auth         *auth.Auth
	Engine       engine.Engine
}

// defaultPage is how many elements a list gives when `first` is absent.
const defaultPage = 50

// cursors writes and reads the marks of the database's streams.
func (r *Resolver) cursors() cursor.Codec { return cursor.New(r.Store.Epoch()) }

// invalid is the refusal of an argument.
func invalid(path []any, format string, a ...any) error {
	return &fleet.Error{Code: fleet.BadUserInput, Path: path, Message: fmt.Sprintf(format, a...)}
}

// page bounds how much a list gives at once. With last, first may be absent.
func (r *Resolver) page(first, last *int) (*int, error) {
	limit := r.Fleet.Limits().PageSize
	for name, n := range map[string]*int{"first": first, "last": last} {
		if n != nil && (*n < 0 || *n > limit) {
			return nil, invalid([]any{name}, "%s is %d: 0 to %d", name, *n, limit)
		}
	}
	if first == nil && last == nil {
		n := defaultPage
		return &n, nil
	}
	return first, nil
}

// place reads the cursor that a stream goes on from: that of the argument, or of the SSE client's Last-Event-ID, which wins because a client
// that reconnects repeats its first arguments.
func (r *Resolver) place(ctx context.Context, stream string, after *string) (*int64, error) {
	if id := transport.LastEventID(ctx); id != "" {
		after = &id
	}
	if after == nil {
		return nil, nil
	}
	n, err := r.cursors().Decode(stream, *after)
	if errors.Is(err, cursor.ErrExpired) {
		return nil, err
	}
	if err != nil {
		return nil, invalid([]any{"after"}, "%q is not a cursor of this stream", *after)
	}
	return &n, nil
}

// stream runs a reader in the background and gives what it sends to a subscription.
func stream[T any](ctx context.Context, id func(T) string, read func(send func(T) bool) error) <-chan T {
	out := make(chan T)
	go func() {
		defer close(out)
		err := read(func(v T) bool { return transport.Send(ctx, out, id(v), v) })
		if err != nil {
			transport.Fail(ctx, err)
		}
	}()
	return out
}

// known refuses IDs that name no lifecycle, and too many of them.
func (r *Resolver) known(ctx context.Context, ids []pid.ID) error {
	if n := r.Fleet.Limits().LifecycleIds; len(ids) > n {
		return invalid([]any{"ids"}, "%d IDs are too many: %d at most", len(ids), n)
	}
	if len(ids) == 0 {
		return nil
	}
	have, err := r.Store.Read.Lifecycle.Query().Where(entlifecycle.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("look the lifecycles up: %w", err)
	}
	for i, id := range ids {
		if !slices.Contains(have, id) {
			return &fleet.Error{Code: fleet.NotFound, Path: []any{"ids", i}, Message: fmt.Sprintf("there is no lifecycle %q", id)}
		}
	}
	return nil
}

// seesSecrets tells whether the one who asks may see what intruders gave as proof. Viewers may not: it takes no secrets to watch, and an intruder's may be
// good elsewhere.
func (r *Resolver) seesSecrets(ctx context.Context) bool {
	return auth.From(ctx).May(user.RoleOperator)
}

// chosen lists a decky's settings in their order, without the secret ones' values for those who may not see them. What the catalog does not know any more counts as secret.
func (r *Resolver) chosen(ctx context.Context, settings map[string]map[string]string) []*graph.ChosenSetting {
	out := []*graph.ChosenSetting{}
	for _, slug := range slices.Sorted(maps.Keys(settings)) {
		service, _ := r.Catalog.Service(slug)
		for _, key := range slices.Sorted(maps.Keys(settings[slug])) {
			value := settings[slug][key]
			if s, ok := service.Setting(key); (!ok || s.Secret) && !r.seesSecrets(ctx) {
				value = interactions.Redacted
			}
			out = append(out, &graph.ChosenSetting{Service: slug, Key: key, Value: value})
		}
	}
	return out
}

// top is the first of a list of counts.
func top(ctx context.Context, r *Resolver, first *int, count func(context.Context, int) ([]*interactions.NamedCount, error)) ([]*interactions.NamedCount, error) {
	first, err := r.page(first, nil)
	if err != nil {
		return nil, err
	}
	return count(ctx, *first)
}

// lifecycle reads one lifecycle by an ID that may be absent, or of a row that is gone.
func (r *Resolver) lifecycle(ctx context.Context, id *pid.ID) (*ent.Lifecycle, error) {
	if id == nil {
		return nil, nil
	}
	return mayBe(r.Store.Read.Lifecycle.Get(ctx, *id))
}

// engineProblem is why the engine does not answer, "" when it does.
func (r *Resolver) engineProblem(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := r.Engine.Ping(ctx); err != nil {
		return err.Error()
	}
	return ""
}

func filter(ids []pid.ID, decky, deployment *string) lifecycle.Filter {
	return lifecycle.Filter{IDs: ids, Decky: text(decky), Deployment: text(deployment)}
}

func viewer(id *auth.Identity) *graph.Viewer {
	if id == nil {
		return nil
	}
	return &graph.Viewer{Username: id.Username, Role: id.Role, PasswordDue: id.PasswordDue, External: id.External}
}

// table finds an ID's table by its prefix; an ID of no table names nothing.
func table(_ context.Context, id pid.ID) (string, error) {
	t, ok := map[string]string{
		pid.Deployment: deployment.Table, pid.Decky: decky.Table, pid.Lifecycle: entlifecycle.Table, pid.Interaction: interaction.Table,
		pid.Session: session.Table, pid.Credential: credential.Table, pid.Attacker: attacker.Table, pid.Touch: touch.Table,
		pid.KnownSource: knownsource.Table,
	}[id.Prefix()]
	if !ok {
		return "", &ent.NotFoundError{}
	}
	return t, nil
}

// inDeployment picks the deckies of a deployment by its name. (It stands here because resolvers have arguments of that name.)
func inDeployment(name string) predicate.Decky { return decky.HasDeploymentWith(deployment.Name(name)) }

// mayBe is nil, and no error, for a row that is not there.
func mayBe[T any](row *T, err error) (*T, error) {
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return row, err
}

func ids(lcs []*ent.Lifecycle) []pid.ID {
	out := make([]pid.ID, 0, len(lcs))
	for _, lc := range lcs {
		out = append(out, lc.ID)
	}
	return out
}

func pointers[T any](values []T) []*T {
	out := make([]*T, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return out
}

// orNone is an empty list for nil, which GraphQL would write as null.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// shown is a password that was made, which is shown once.
func shown(password string, made bool) *string {
	if !made {
		return nil
	}
	return &password
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
