package client

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
)

// pageSize is how many elements the lists ask for at a time; every server allows it unless it was set lower.
const pageSize = 100

// Login trades a user name and a password for a token. The Client itself stays as it was: make one [WithToken].
func (c *Client) Login(ctx context.Context, username, password string) (*Login, error) {
	r, err := login(ctx, transport{c}, username, password)
	if err != nil {
		return nil, err
	}
	return &r.Login, nil
}

// Logout ends the token that the Client was made with.
func (c *Client) Logout(ctx context.Context) error {
	_, err := logout(ctx, transport{c})
	return err
}

// Viewer returns who is asking; nil when nobody has signed in.
func (c *Client) Viewer(ctx context.Context) (*Viewer, error) {
	r, err := viewer(ctx, transport{c})
	if err != nil {
		return nil, err
	}
	return r.Viewer, nil
}

// Server returns what the server is, and the limits in force.
func (c *Client) Server(ctx context.Context) (*Server, error) {
	r, err := server(ctx, transport{c})
	if err != nil {
		return nil, err
	}
	return &r.Server, nil
}

// Archetypes returns the presets that a decky can be made from.
func (c *Client) Archetypes(ctx context.Context) ([]Archetype, error) {
	r, err := archetypes(ctx, transport{c})
	if err != nil {
		return nil, err
	}
	return r.Archetypes, nil
}

// Services returns the decoy protocols that the catalog knows.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	r, err := services(ctx, transport{c})
	if err != nil {
		return nil, err
	}
	return r.Services, nil
}

// Deploy adds deckies, or with DeployModeReplace makes the input the whole fleet. It answers before the work is done: follow
// DeployResult.LifecycleIds.
func (c *Client) Deploy(ctx context.Context, in DeployInput) (*DeployResult, error) {
	r, err := deploy(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.Deploy, nil
}

// MutateDecky gives a decky other services. It answers before the work is done: follow MutateResult.LifecycleIds.
func (c *Client) MutateDecky(ctx context.Context, in MutateDeckyInput) (*MutateResult, error) {
	r, err := mutateDecky(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.MutateDecky, nil
}

// SetMutateInterval sets how often a decky, or without a name the deployment, mutates by itself; a nil interval turns it off.
func (c *Client) SetMutateInterval(ctx context.Context, in SetMutateIntervalInput) (*IntervalResult, error) {
	r, err := setMutateInterval(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.SetMutateInterval, nil
}

// Teardown takes deckies down for good; without names, all of the deployment.
func (c *Client) Teardown(ctx context.Context, in TeardownInput) (*TeardownResult, error) {
	r, err := teardown(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.Teardown, nil
}

// CancelLifecycle ends a lifecycle before its time.
func (c *Client) CancelLifecycle(ctx context.Context, id string) (*Lifecycle, error) {
	r, err := cancelLifecycle(ctx, transport{c}, id)
	if err != nil {
		return nil, err
	}
	return &r.CancelLifecycle.Lifecycle, nil
}

// RetryLifecycle tries a FAILED or CANCELED lifecycle again, and returns the new one.
func (c *Client) RetryLifecycle(ctx context.Context, id string) (*Lifecycle, error) {
	r, err := retryLifecycle(ctx, transport{c}, id)
	if err != nil {
		return nil, err
	}
	return &r.RetryLifecycle.Lifecycle, nil
}

// Decky returns one decky; nil when there is none of that name.
func (c *Client) Decky(ctx context.Context, deployment, name string) (*Decky, error) {
	r, err := decky(ctx, transport{c}, name, deployment)
	if err != nil {
		return nil, err
	}
	return r.Decky, nil
}

// Settings returns what was chosen for a decky's services, and at which generation; nil when there is no decky of that name. Viewers do not see the secret ones.
func (c *Client) Settings(ctx context.Context, deployment, name string) (*ChosenSettings, error) {
	r, err := chosen(ctx, transport{c}, name, deployment)
	if err != nil {
		return nil, err
	}
	return r.Decky, nil
}

// Deployment returns one deployment; nil when there is none of that name.
func (c *Client) Deployment(ctx context.Context, name string) (*Deployment, error) {
	r, err := deployment(ctx, transport{c}, name)
	if err != nil {
		return nil, err
	}
	return r.Deployment, nil
}

// JournalCursor returns the journal's end: as Follow.After it shows only what is new.
func (c *Client) JournalCursor(ctx context.Context) (string, error) {
	r, err := journalCursor(ctx, transport{c})
	if err != nil {
		return "", err
	}
	return r.JournalCursor, nil
}

// Deckies goes through the deckies of a deployment, or with "" of all, by name. It asks for the next page when the first is used up, and ends
// after an error.
func (c *Client) Deckies(ctx context.Context, deployment string) iter.Seq2[*Decky, error] {
	return paged(func(after *string) ([]*Decky, PageInfo, error) {
		if deployment == "" {
			r, err := allDeckies(ctx, transport{c}, pageSize, after)
			if err != nil {
				return nil, PageInfo{}, err
			}
			return nodes(r.Deckies.Edges, func(e *allDeckiesDeckiesDeckyConnectionEdgesDeckyEdge) *Decky { return e.Node }), r.Deckies.PageInfo, nil
		}
		r, err := deckies(ctx, transport{c}, deployment, pageSize, after)
		if err != nil {
			return nil, PageInfo{}, err
		}
		if r.Deployment == nil {
			return nil, PageInfo{}, &Error{Code: CodeNotFound, Message: "there is no deployment " + deployment}
		}
		return nodes(r.Deployment.Deckies.Edges, func(e *deckiesDeploymentDeckiesDeckyConnectionEdgesDeckyEdge) *Decky { return e.Node }),
			r.Deployment.Deckies.PageInfo, nil
	})
}

// Deployments goes through all deployments.
func (c *Client) Deployments(ctx context.Context) iter.Seq2[*Deployment, error] {
	return paged(func(after *string) ([]*Deployment, PageInfo, error) {
		r, err := deployments(ctx, transport{c}, pageSize, after)
		if err != nil {
			return nil, PageInfo{}, err
		}
		return nodes(r.Deployments.Edges, func(e *deploymentsDeploymentsDeploymentConnectionEdgesDeploymentEdge) *Deployment { return e.Node }),
			r.Deployments.PageInfo, nil
	})
}

// Lifecycles goes through lifecycles, newest first: those with the given IDs, or those of a deployment and a decky ("" is any), in any of the statuses (none is any).
func (c *Client) Lifecycles(ctx context.Context, q Follow) iter.Seq2[*Lifecycle, error] {
	return paged(func(after *string) ([]*Lifecycle, PageInfo, error) {
		r, err := lifecycles(ctx, transport{c}, q.IDs, Optional(q.Decky), Optional(q.Deployment), q.Statuses, pageSize, after)
		if err != nil {
			return nil, PageInfo{}, err
		}
		return nodes(r.Lifecycles.Edges, func(e *lifecyclesLifecyclesLifecycleConnectionEdgesLifecycleEdge) *Lifecycle { return e.Node }),
			r.Lifecycles.PageInfo, nil
	})
}

// LastInteractions returns the newest n (at most a page) interactions of f's deployment, decky and origins, oldest first.
func (c *Client) LastInteractions(ctx context.Context, f Follow, n int) ([]*Interaction, error) {
	r, err := interactions(ctx, transport{c}, Optional(f.Decky), Optional(f.Deployment), f.Origins, nil, nil, &n, nil)
	if err != nil {
		return nil, err
	}
	return nodes(r.Interactions.Edges, func(e *interactionsInteractionsInteractionConnectionEdgesInteractionEdge) *Interaction { return e.Node }), nil
}

// paged goes through a connection page by page.
func paged[T any](page func(after *string) ([]*T, PageInfo, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		var after *string
		for {
			list, info, err := page(after)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, n := range list {
				if !yield(n, nil) {
					return
				}
			}
			if !info.HasNextPage {
				return
			}
			after = info.EndCursor
		}
	}
}

// nodes takes the nodes out of a connection's edges.
func nodes[E, T any](edges []*E, node func(*E) *T) []*T {
	list := make([]*T, 0, len(edges))
	for _, e := range edges {
		if n := node(e); n != nil {
			list = append(list, n)
		}
	}
	return list
}

// Optional is a pointer to s, nil for "": what inputs take for a text that may be absent.
func Optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// checkInterval is how often CheckDecky looks whether the check has ended.
const checkInterval = 250 * time.Millisecond

// CheckDecky has a decky looked at as a scanner would who suspects a decoy, and waits for what was found.
func (c *Client) CheckDecky(ctx context.Context, in CheckDeckyInput) (*RealismCheck, error) {
	if _, err := checkDecky(ctx, transport{c}, in); err != nil {
		return nil, err
	}
	for {
		r, err := realism(ctx, transport{c}, in.Name, in.Deployment)
		if err != nil {
			return nil, err
		}
		if r.Decky == nil {
			return nil, &Error{Code: CodeNotFound, Message: fmt.Sprintf("decky %q was torn down meanwhile", in.Name)}
		}
		if check := r.Decky.Realism; check != nil && check.Status != CheckStatusRunning {
			return check, nil
		}
		select {
		case <-time.After(checkInterval):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// SessionQuery says which sessions are wanted; what is left out is any.
type SessionQuery struct {
	Search, Key, Deployment, Decky, Service, Source string
	Recorded                                        bool // only those whose terminal was recorded
}

// LastSessions returns the n (at most a page) sessions that began last, oldest first.
func (c *Client) LastSessions(ctx context.Context, q SessionQuery, n int) ([]*Session, error) {
	var recorded *bool
	if q.Recorded {
		recorded = &q.Recorded
	}
	r, err := sessions(ctx, transport{c}, Optional(q.Search), Optional(q.Key), Optional(q.Deployment), Optional(q.Decky), Optional(q.Service), Optional(q.Source), recorded, n)
	if err != nil {
		return nil, err
	}
	return nodes(r.Sessions.Edges, func(e *sessionsSessionsSessionConnectionEdgesSessionEdge) *Session { return e.Node }), nil
}

// Recording returns what a session's terminal showed, as an asciicast (version 2). It goes by the session's ID, or by its key: what its interactions have as session.
// It is NOT_FOUND when there is no such session or no recording of it.
func (c *Client) Recording(ctx context.Context, id string) (string, error) {
	if !strings.HasPrefix(id, "ses_") {
		found, err := c.LastSessions(ctx, SessionQuery{Key: id}, 2)
		switch {
		case err != nil:
			return "", err
		case len(found) == 0:
			return "", &Error{Code: CodeNotFound, Message: "there is no session " + id}
		case len(found) > 1: // keys are a decky's own
			return "", &Error{Code: CodeBadUserInput, Message: fmt.Sprintf("several deckies have a session %s: say %s or %s", id, found[0].Id, found[1].Id)}
		}
		id = found[0].Id
	}
	r, err := recording(ctx, transport{c}, id)
	if err != nil {
		return "", err
	}
	if r.Node == nil {
		return "", &Error{Code: CodeNotFound, Message: "there is no session " + id}
	}
	s, ok := (*r.Node).(*recordingNodeSession)
	if !ok {
		return "", &Error{Code: CodeNotFound, Message: id + " is no session"}
	}
	if s.Recording == nil {
		return "", &Error{Code: CodeNotFound, Message: "there is no recording of session " + id}
	}
	return *s.Recording, nil
}

// Credentials returns the n (at most a page) credentials that come first by an order, of a service ("" is any) and with the text ("" is any) in them.
func (c *Client) Credentials(ctx context.Context, search, service string, order CredentialOrderField, n int) ([]*Credential, error) {
	r, err := credentials(ctx, transport{c}, Optional(search), Optional(service), n, order)
	if err != nil {
		return nil, err
	}
	return nodes(r.Credentials.Edges, func(e *credentialsCredentialsCredentialConnectionEdgesCredentialEdge) *Credential { return e.Node }), nil
}

// Attackers returns the n (at most a page) attackers that come first by an order, with the text ("" is any) in them.
func (c *Client) Attackers(ctx context.Context, search string, order AttackerOrderField, n int) ([]*Attacker, error) {
	r, err := attackers(ctx, transport{c}, Optional(search), n, order)
	if err != nil {
		return nil, err
	}
	return nodes(r.Attackers.Edges, func(e *attackersAttackersAttackerConnectionEdgesAttackerEdge) *Attacker { return e.Node }), nil
}
