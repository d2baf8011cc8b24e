package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Follow says what to follow; the zero Follow is everything.
type Follow struct {
	// IDs are lifecycles: following ends by itself when all of them have. An empty list that is not nil ends at once.
	IDs []string
	// Deployment and Decky keep what belongs to them; "" is any.
	Deployment, Decky string
	// Statuses are for the list of lifecycles; they play no part in following.
	Statuses []LifecycleStatus
	// Origins are for interactions: only what is of any of these; none is all.
	Origins []InteractionOrigin
	// After is the cursor to go on from. Without it, lifecycles start with where each one stands, and interactions with what is new.
	After string
	// Interrupted, where given, hears of each lost connection, and how long it will be until the next try.
	Interrupted func(err error, retryIn time.Duration)
}

// FollowLifecycles calls handle for each entry of the journal: in order, none missing, none twice, across lost connections. It returns nil when
// every lifecycle of f.IDs has ended, handle's error when that returns one, ctx's when that ends, and an *Error or *GapError
// when going on is no use. The first connection is tried once; one that was good and broke is replaced until ctx ends.
func (c *Client) FollowLifecycles(ctx context.Context, f Follow, handle func(Event) error) error {
	if f.IDs != nil && len(f.IDs) == 0 {
		return nil
	}
	t := tracker{seen: map[string]int{}, gaps: map[string]int{}}
	return c.keepFollowing(ctx, f, stream{
		request: func(cursor string) any {
			return subscribePayload("lifecycleUpdated", lifecycleUpdated_Operation, &__lifecycleUpdatedInput{
				Ids: f.IDs, Decky: Optional(f.Decky), Deployment: Optional(f.Deployment), After: Optional(cursor),
			})
		},
		next: func(data json.RawMessage) (string, error) {
			var r lifecycleUpdatedResponse
			if err := json.Unmarshal(data, &r); err != nil {
				return "", fmt.Errorf("read an entry of the journal: %w", err)
			}
			e := r.LifecycleUpdated
			fresh, err := t.check(e.Lifecycle.Id, e.Seq)
			if err != nil || !fresh {
				return "", err
			}
			return e.Cursor, handle(e)
		},
	})
}

// FollowInteractions calls handle for each interaction as it is recorded, in order, none missing, none twice, across lost connections. It goes
// on until ctx ends or handle returns an error; f.IDs plays no part.
func (c *Client) FollowInteractions(ctx context.Context, f Follow, handle func(Interaction) error) error {
	if f.After == "" {
		// A place to come back to, should the connection break before the first interaction.
		newest, err := c.LastInteractions(ctx, Follow{Deployment: f.Deployment, Decky: f.Decky}, 1)
		if err != nil {
			return err
		}
		if len(newest) > 0 {
			f.After = newest[0].Cursor
		}
	}
	var last string
	deliver := func(i Interaction) (string, error) {
		if i.Cursor == last {
			return "", nil
		}
		last = i.Cursor
		return i.Cursor, handle(i)
	}
	return c.keepFollowing(ctx, f, stream{
		request: func(cursor string) any {
			return subscribePayload("interactionRecorded", interactionRecorded_Operation, &__interactionRecordedInput{
				Decky: Optional(f.Decky), Deployment: Optional(f.Deployment), Origins: f.Origins, After: Optional(cursor),
			})
		},
		next: func(data json.RawMessage) (string, error) {
			var r interactionRecordedResponse
			if err := json.Unmarshal(data, &r); err != nil {
				return "", fmt.Errorf("read an interaction: %w", err)
			}
			return deliver(r.InteractionRecorded)
		},
		resume: func(ctx context.Context) (string, error) {
			// There was none at the start: the oldest that there is now came while nobody listened.
			one := 1
			r, err := interactions(ctx, transport{c}, Optional(f.Decky), Optional(f.Deployment), f.Origins, &one, nil, nil, nil)
			if err != nil {
				return "", err
			}
			for _, e := range r.Interactions.Edges {
				return deliver(*e.Node)
			}
			return "", nil
		},
	})
}

// stream is what keepFollowing keeps alive.
type stream struct {
	// request makes the subscribe message that goes on from a cursor; "" is from the start.
	request func(cursor string) any
	// next takes a result and returns its cursor; "" when it brought nothing new.
	next func(json.RawMessage) (string, error)
	// resume, where given, finds the place to go on from when the connection broke before there was a cursor.
	resume func(ctx context.Context) (string, error)
}

// keepFollowing runs a subscription until its end, over as many connections as it takes.
func (c *Client) keepFollowing(ctx context.Context, f Follow, s stream) error {
	cursor, everOpened, failures := f.After, false, 0
	once := func() error {
		if everOpened && cursor == "" && s.resume != nil {
			at, err := s.resume(ctx)
			if CodeOf(err) == CodeUnreachable {
				return &lost{err}
			}
			if err != nil {
				return err
			}
			cursor = at
		}
		opened, err := c.subscribeOnce(ctx, s.request(cursor), func(data json.RawMessage) error {
			at, err := s.next(data)
			if err == nil && at != "" {
				cursor, failures = at, 0
			}
			return err
		})
		everOpened = everOpened || opened
		return err
	}
	for {
		err := once()
		broke, again := errors.AsType[*lost](err)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !again:
			return err
		case !everOpened:
			return &Error{Code: CodeUnreachable, Message: broke.Error(), err: broke.err}
		}
		wait := c.backoff.after(failures)
		failures++
		if f.Interrupted != nil {
			f.Interrupted(broke.err, wait)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tracker proves that the journal's entries arrive whole.
type tracker struct {
	seen map[string]int // the last seq of each lifecycle
	gaps map[string]int // the last seq before a gap that has been asked about again
}

// check tells whether an entry is a new one. A gap is a reason to ask again from the last good place; a second time it is a fault.
func (t *tracker) check(id string, seq int) (fresh bool, err error) {
	last, known := t.seen[id]
	switch {
	case known && seq <= last:
		return false, nil
	case known && seq != last+1:
		gap := &GapError{LifecycleID: id, After: last, Got: seq}
		if t.gaps[id] == last {
			return false, gap
		}
		t.gaps[id] = last
		return false, &lost{gap}
	}
	t.seen[id] = seq
	return true, nil
}

func subscribePayload(name, document string, variables any) any {
	return struct {
		OperationName string `json:"operationName"`
		Query         string `json:"query"`
		Variables     any    `json:"variables"`
	}{name, document, variables}
}

// backoff says how long to wait between tries: twice as long after each failure, with jitter, so that many clients of a server that comes back
// do not all come at once.
type backoff struct{ first, most time.Duration }

func (b backoff) after(failures int) time.Duration {
	d := b.most
	if failures < 20 {
		d = min(b.first<<failures, b.most)
	}
	return d/2 + rand.N(d/2+1)
}
