package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

type seen struct {
	Cursor, Status, Stage string
	Seq                   int
	Lifecycle             struct{ ID, DeckyName, Operation string }
	Complete              bool
	Failed                any
}

// follow subscribes with the npm client; the events come on the channel, which ends with the client.
func (s *server) follow(variables map[string]any) <-chan seen {
	s.t.Helper()
	vars, err := json.Marshal(variables)
	require.NoError(s.t, err)
	cmd := exec.Command("node", filepath.Join(enginetest.Root(), "e2e", "follow.mjs"), s.URL, s.Token, string(vars))
	out, err := cmd.StdoutPipe()
	require.NoError(s.t, err)
	stderr, err := cmd.StderrPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, cmd.Start())
	s.t.Cleanup(func() { _ = cmd.Process.Kill() })
	first := bufio.NewScanner(stderr)
	for first.Scan() && first.Text() != "connected" {
		require.NotContains(s.t, first.Text(), "Error", "make sure of `npm ci` in transport/conformance")
	}
	events := make(chan seen, 1000)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var e seen
			if json.Unmarshal(lines.Bytes(), &e) == nil {
				events <- e
			}
		}
		_ = cmd.Wait()
	}()
	return events
}

// journalCursor is the place of what is to come.
func (s *server) journalCursor() string {
	s.t.Helper()
	var out struct{ JournalCursor string }
	s.as(s.Token).must(&out, `{ journalCursor }`, nil)
	return out.JournalCursor
}

// all waits for the subscription's end.
func all(t *testing.T, events <-chan seen) []seen {
	t.Helper()
	var out []seen
	deadline := time.After(patience)
	for {
		select {
		case e, ok := <-events:
			require.True(t, ok, "the client ended without complete; it saw %v", out)
			require.Nil(t, e.Failed)
			if e.Complete {
				return out
			}
			out = append(out, e)
		case <-deadline:
			t.Fatalf("the subscription did not complete; it saw %v", out)
		}
	}
}

func TestMutateAnswersBeforeTheEngineHasDoneAnything(t *testing.T) {
	s := start(t, "--engine", "sim", "--sim-latency", "1h", "--lease", "1s")
	args := s.args
	ids := s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}})
	before := s.decky("a")
	require.Equal(t, "PENDING", before.State)
	require.Empty(t, before.ObservedServices)

	mutation := s.mutate(map[string]any{"name": "a", "services": []string{"http"}}) // who waited for the engine would have no answer
	after := s.decky("a")
	require.Equal(t, []string{"http"}, after.Services)
	require.Equal(t, before.Generation+1, after.Generation)
	require.Empty(t, after.ObservedServices)
	require.Len(t, mutation, 1)

	both := slices.Concat(ids, mutation)
	first := <-s.follow(map[string]any{"ids": both})
	require.Contains(t, []string{"PENDING", "RUNNING"}, first.Status, "the first is where it stands")

	s.stop(syscall.SIGKILL)
	s.args = append(slices.Clone(args), "--sim-latency", "0s")
	s.boot()
	all(t, s.follow(map[string]any{"ids": both}))
	require.Equal(t, []string{"http"}, s.decky("a").ObservedServices)
}

func TestASubscriptionTellsTheWholeStory(t *testing.T) {
	s := start(t, "--engine", "sim", "--sim-latency", "2s")
	began := s.journalCursor()
	ids := s.deploy(map[string]any{"deckies": []any{spec("a", "ssh"), spec("b", "ssh")}})
	story := all(t, s.follow(map[string]any{"ids": ids, "after": began}))
	next := map[string]int{}
	last := map[string]string{}
	cursors := map[string]bool{}
	for _, e := range story {
		id := e.Lifecycle.ID
		if next[id] == 0 {
			require.Equal(t, "PENDING", e.Status, "from its beginning")
			next[id] = 1
		}
		require.Equal(t, next[id], e.Seq, "in order, none missing, none twice")
		next[id]++
		require.False(t, cursors[e.Cursor])
		cursors[e.Cursor] = true
		last[id] = e.Status
	}
	for _, id := range ids {
		require.Equal(t, "SUCCEEDED", last[id])
	}
	t.Run("after the end: the final entries, then complete", func(t *testing.T) {
		late := all(t, s.follow(map[string]any{"ids": ids}))
		require.Len(t, late, 2)
		for _, e := range late {
			require.Equal(t, "SUCCEEDED", e.Status)
		}
	})
	t.Run("with after: exactly the rest", func(t *testing.T) {
		for i := range story {
			rest := all(t, s.follow(map[string]any{"ids": ids, "after": story[i].Cursor}))
			require.Len(t, rest, len(story)-i-1, "after entry %d of %v: %v", i, story, rest)
			if i > 3 {
				break
			}
		}
	})
	t.Run("server-sent events go on from Last-Event-ID", func(t *testing.T) {
		read := func(last string) (ids []string, body string) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", strings.NewReader(
				`{"query":"subscription($ids:[ID!]){lifecycleUpdated(ids:$ids){seq status}}","variables":{"ids":`+quote(t, story)+`}}`))
			require.NoError(t, err)
			req.Header.Set("Accept", "text/event-stream")
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+s.Token)
			if last != "" {
				req.Header.Set("Last-Event-ID", last)
			}
			res, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			defer res.Body.Close()
			for lines := bufio.NewScanner(res.Body); lines.Scan(); {
				body += lines.Text() + "\n"
				if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
					ids = append(ids, id)
				}
			}
			return ids, body
		}
		seenIDs, body := read(story[0].Cursor)
		require.Len(t, seenIDs, len(story)-1)
		require.Contains(t, body, "event: complete")
		require.Equal(t, story[len(story)-1].Cursor, seenIDs[len(seenIDs)-1])
	})
	t.Run("polling tells the same story", func(t *testing.T) {
		var out struct {
			LifecycleEvents struct {
				Events      []seen
				HasNextPage bool
			}
		}
		s.as(s.Token).must(&out, `query($ids: [ID!]) { lifecycleEvents(ids: $ids) { events { cursor seq status lifecycle { id } } hasNextPage } }`, map[string]any{"ids": ids})
		require.GreaterOrEqual(t, len(out.LifecycleEvents.Events), len(story))
	})
}

// quote is the story's lifecycles as a JSON list.
func quote(t *testing.T, story []seen) string {
	t.Helper()
	var ids []string
	known := map[string]bool{}
	for _, e := range story {
		if !known[e.Lifecycle.ID] {
			known[e.Lifecycle.ID] = true
			ids = append(ids, e.Lifecycle.ID)
		}
	}
	b, err := json.Marshal(ids)
	require.NoError(t, err)
	return string(b)
}

// A server that is killed in the middle leaves nothing undone, and a subscriber who comes back with its cursor misses nothing.
func TestAKilledServerFinishesWhatItAccepted(t *testing.T) {
	s := start(t, "--engine", "sim", "--sim-latency", "1s", "--lease", "2s")
	began := s.journalCursor()
	ids := s.deploy(map[string]any{"deckies": []any{map[string]any{"name": "d", "count": 20, "services": []string{"ssh"}}}})
	events := s.follow(map[string]any{"ids": ids, "after": began})
	cursor, next := "", map[string]int{}
	for range 25 {
		e := <-events
		require.NotEmpty(t, e.Cursor, "%v", e.Failed)
		cursor = e.Cursor
		next[e.Lifecycle.ID] = e.Seq + 1
	}
	s.stop(syscall.SIGKILL)
	s.boot()
	for _, e := range all(t, s.follow(map[string]any{"ids": ids, "after": cursor})) {
		if next[e.Lifecycle.ID] != 0 {
			require.Equal(t, next[e.Lifecycle.ID], e.Seq)
		}
		next[e.Lifecycle.ID] = e.Seq + 1
	}
	s.succeed(ids)
}

func TestBadInput(t *testing.T) {
	s := start(t, "--engine", "sim")
	admin := s.as(s.Token)
	s.succeed(s.deploy(map[string]any{
		"deckies": []any{spec("a", "ssh"), map[string]any{"name": "dead", "archetype": "deaddeck"}},
		"network": map[string]any{"driver": "BRIDGE", "subnet": "10.250.0.0/24"},
	}))
	output(t, s.cmd.Path, "user", "ls", "--data", s.data)
	add := exec.Command(s.cmd.Path, "user", "add", "vera", "--data", s.data)
	add.Env = append(add.Environ(), "DECNET_USER_PASSWORD="+password)
	text, err := add.CombinedOutput()
	require.NoError(t, err, string(text))
	viewer := s.as(s.login("vera", password))

	const deploy = `mutation($in: DeployInput!) { deploy(input: $in) { lifecycleIds } }`
	const mutate = `mutation($in: MutateDeckyInput!) { mutateDecky(input: $in) { lifecycleIds } }`
	in := func(m map[string]any) map[string]any { return map[string]any{"in": m} }
	deckies := func(d ...any) map[string]any { return in(map[string]any{"deckies": d}) }

	s.as("").refused("UNAUTHENTICATED", `{ deckies { totalCount } }`, nil)
	s.as("").refused("UNAUTHENTICATED", `{ __schema { types { name } } }`, nil)
	s.as("decnet_nonsense").refused("UNAUTHENTICATED", `{ deckies { totalCount } }`, nil)
	viewer.must(nil, `{ deckies { totalCount } viewer { role } }`, nil)
	viewer.refused("FORBIDDEN", mutate, in(map[string]any{"name": "a"}))
	viewer.refused("FORBIDDEN", deploy, deckies(spec("Not A Name", "ssh")))

	require.Contains(t, admin.refused("NOT_FOUND", mutate, in(map[string]any{"name": "nope"})).Message, "nope")
	require.Contains(t, admin.refused("NOT_FOUND", mutate, in(map[string]any{"name": "a", "deployment": "other"})).Message, "other")
	admin.refused("NOT_FOUND", `mutation { teardown(input: {names: ["nope"]}) { lifecycleIds } }`, nil)
	admin.refused("NOT_FOUND", `{ lifecycles(ids: ["lcy_0"]) { totalCount } }`, nil)

	for name, c := range map[string]struct {
		variables map[string]any
		path      []any
		says      string
	}{
		"a name out of its pattern": {deckies(spec("Web.Mail_01", "ssh")), []any{"input", "deckies", 0., "name"}, "Web.Mail_01"},
		"an unknown service":        {deckies(spec("b", "ssh", "htpp")), []any{"input", "deckies", 0., "services", 1.}, "http"},
		"an unknown archetype":      {deckies(map[string]any{"name": "b", "archetype": "web-servr"}), []any{"input", "deckies", 0., "archetype"}, "web-server"},
		"an IP outside the subnet":  {deckies(map[string]any{"name": "b", "services": []string{"ssh"}, "ip": "192.0.2.1"}), []any{"input", "deckies", 0., "ip"}, "192.0.2.1"},
		"an IP that is taken":       {deckies(map[string]any{"name": "b", "services": []string{"ssh"}, "ip": s.decky("a").IP}), []any{"input", "deckies", 0., "ip"}, `"a"`},
		"an IP twice": {deckies(map[string]any{"name": "b", "services": []string{"ssh"}, "ip": "10.250.0.99"}, map[string]any{"name": "c", "services": []string{"ssh"}, "ip": "10.250.0.99"}),
			[]any{"input", "deckies", 1., "ip"}, `"b"`},
		"the network's own address": {deckies(map[string]any{"name": "b", "services": []string{"ssh"}, "ip": "10.250.0.0"}), []any{"input", "deckies", 0., "ip"}, "network"},
		"no deckies by count":       {deckies(map[string]any{"name": "b", "services": []string{"ssh"}, "count": 0}), []any{"input", "deckies", 0., "count"}, "0"},
		"no services":               {deckies(spec("b")), []any{"input", "deckies", 0., "services"}, "at least one"},
		"a name twice":              {deckies(spec("b", "ssh"), spec("b", "http")), []any{"input", "deckies", 1., "name"}, "twice"},
		"a name that exists":        {deckies(spec("a", "ssh")), []any{"input", "deckies", 0., "name"}, "exists"},
		"an interval too short":     {deckies(map[string]any{"name": "b", "services": []string{"ssh"}, "mutateInterval": "5s"}), []any{"input", "deckies", 0., "mutateInterval"}, "minute"},
	} {
		t.Run(name, func(t *testing.T) {
			e := admin.refused("BAD_USER_INPUT", deploy, c.variables)
			require.Equal(t, c.path, e.Extensions["argument"])
			require.Contains(t, e.Message, c.says)
		})
	}
	admin.refused("BAD_USER_INPUT", mutate, in(map[string]any{"name": "a", "services": []string{}}))
	require.EqualValues(t, 1, admin.refused("CONFLICT", mutate, in(map[string]any{"name": "a", "expectedGeneration": 7})).Extensions["currentGeneration"])
	require.EqualValues(t, 1, admin.refused("CONFLICT", deploy, in(map[string]any{"deckies": []any{spec("b", "ssh")}, "expectedRevision": 9})).Extensions["currentRevision"])
	admin.refused("NO_SERVICES_AVAILABLE", mutate, in(map[string]any{"name": "dead"}))
	admin.refused("BAD_USER_INPUT", `{ deckies(first: 201) { totalCount } }`, nil)
	for query, argument := range map[string][]any{
		`{ node(id: 5) { id } }`: {"id"}, `{ deckies(after: "rubbish") { totalCount } }`: {"after"}, `{ lifecycles(after: "") { totalCount } }`: {"after"},
		`{ deckies(where: {or: [{nameContains: "a"}, {}]}) { totalCount } }`:                           {"where"},
		`mutation { setMutateInterval(input: {name: "a", interval: "soon"}) { deployment { id } } }`:   {"input", "interval"},
		`mutation { setMutateInterval(input: {name: "a", interval: "P1000Y"}) { deployment { id } } }`: {"input", "interval"},
	} {
		require.Equal(t, argument, admin.refused("BAD_USER_INPUT", query, nil).Extensions["argument"], query)
	}
	after := func(cursor any) map[string]any { return map[string]any{"c": cursor} }
	for name, c := range map[string]struct {
		query     string
		variables map[string]any
		path      []any
	}{
		"not base64":          {`{ deckies(after: "§") { totalCount } }`, nil, []any{"deckies", "after"}},
		"a number":            {`{ some: deckies(after: 3) { totalCount } }`, nil, []any{"some", "after"}},
		"an object":           {`query($c: Cursor) { deckies(after: $c) { totalCount } }`, after(map[string]any{"i": "x"}), []any{"deckies", "after"}},
		"a stream's":          {`query($c: Cursor) { interactions(before: $c) { totalCount } }`, after("am91cm5hbDoxOjE"), []any{"interactions", "before"}},
		"of nothing":          {`{ deckies(after: "gA") { totalCount } }`, nil, []any{"deckies", "after"}},
		"of a list of values": {`{ deckies(after: "gqFpoXihdpEB") { totalCount } }`, nil, []any{"deckies", "after"}},
		"in an inner list":    {`{ deployments { edges { node { ...D } } } } fragment D on Deployment { deckies(after: "rubbish") { totalCount } }`, nil, []any{"deployments", "edges", "node", "deckies", "after"}},
	} {
		e := admin.refused("BAD_USER_INPUT", c.query, c.variables)
		require.Contains(t, e.Message, "is no cursor of a list", name)
		require.Equal(t, c.path, e.Path, name)
		require.Equal(t, c.path[len(c.path)-1:], e.Extensions["argument"], name)
	}
	admin.must(nil, `query($c: Cursor) { deckies(after: $c) { totalCount } }`, after(nil))
	var page struct {
		Deckies struct{ Edges []struct{ Cursor string } }
	}
	for order, others := range map[string][]string{
		"":                       nil, // which marks the element alone: any order can go on from it
		"orderBy: {field: NAME}": {"", "orderBy: {field: CREATED_AT}"},
		"orderBy: {field: CREATED_AT, direction: DESC}": {"", "orderBy: {field: STATE}"},
	} {
		admin.must(&page, `{ deckies(first: 1, `+order+`) { edges { cursor } } }`, nil)
		onward := after(page.Deckies.Edges[0].Cursor)
		admin.must(nil, `query($c: Cursor) { deckies(after: $c, `+order+`) { totalCount } }`, onward)
		for _, other := range others {
			e := admin.refused("BAD_USER_INPUT", `query($c: Cursor) { deckies(after: $c, `+other+`) { totalCount } }`, onward)
			require.Contains(t, e.Message, "in another order", "%s, then %s", order, other)
		}
	}
	admin.refused("BAD_USER_INPUT", `query { journalCursor lifecycleEvents(after: "rubbish") { cursor } }`, nil)

	var count struct{ Deckies struct{ TotalCount int } }
	admin.must(&count, `{ deckies { totalCount } }`, nil)
	require.Equal(t, 2, count.Deckies.TotalCount, "nothing of what was refused was written")
}

func TestIdempotencyKeysSurviveARestart(t *testing.T) {
	s := start(t, "--engine", "sim")
	first := s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}, "idempotencyKey": "k1"})
	s.succeed(first)
	s.stop(syscall.SIGTERM)
	s.boot()
	require.Equal(t, first, s.deploy(map[string]any{"deckies": []any{spec("a", "ssh")}, "idempotencyKey": "k1"}))
	s.as(s.Token).refused("CONFLICT", `mutation($in: DeployInput!) { deploy(input: $in) { lifecycleIds } }`,
		map[string]any{"in": map[string]any{"deckies": []any{spec("b", "ssh")}, "idempotencyKey": "k1"}})
}

// A list that does not say how long it may get is a page, also within another list.
func TestNestedListsArePages(t *testing.T) {
	s := start(t, "--engine", "sim")
	s.succeed(s.deploy(map[string]any{"deckies": []any{map[string]any{"name": "d", "count": 70, "services": []string{"ssh"}}}}))
	type deployments struct {
		Deployments struct {
			Edges []struct {
				Node struct {
					Deckies struct {
						TotalCount int
						Edges      []struct{ Node struct{ Name string } }
					}
				}
			}
		}
	}
	const list = `totalCount edges { node { name } }`
	for query, want := range map[string]int{
		`{ deployments { edges { node { deckies { ` + list + ` } } } } }`:                                    50,
		`{ deployments { edges { node { ...d } } } } fragment d on Deployment { deckies { ` + list + ` } }`:  50,
		`{ deployments(first: 1) { edges { node { ... on Deployment { deckies { ` + list + ` } } } } } }`:    50,
		`query($n: Int) { deployments { edges { node { deckies(first: $n) { ` + list + ` } } } } }`:          50,
		`query($n: Int) { deployments { edges { node { deckies(first: $n, last: 3) { ` + list + ` } } } } }`: 3,
		`query($n: Int = 65) { deployments { edges { node { deckies(last: $n) { ` + list + ` } } } } }`:      65,
		`{ deployments { edges { node { deckies(first: 60) { ` + list + ` } } } } }`:                         60,
	} {
		var out deployments
		s.as(s.Token).must(&out, query, nil)
		got := out.Deployments.Edges[0].Node.Deckies
		require.Equal(t, 70, got.TotalCount)
		require.Len(t, got.Edges, want, query)
	}
}
