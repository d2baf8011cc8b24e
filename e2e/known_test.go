package e2e

import (
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type knownSource struct {
	ID, Network, Note, CreatedBy string
	ExpiresAt, LastSeenAt        *time.Time
	Interactions                 int
}

// What a scanner of one's own touches is kept and marked, and nobody's attack; who said so is told, and it is undone.
func TestKnownSourcesAreNoAttackers(t *testing.T) {
	s := start(t, "--engine", "process")
	admin := s.as(s.Token)
	defer func() { // the decoys would outlive their server
		var down struct {
			Teardown struct{ LifecycleIds []string }
		}
		admin.must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
		s.succeed(down.Teardown.LifecycleIds)
	}()
	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("a", "telnet")}}))
	at := s.decky("a").Endpoints[0]
	touch := func(name string) {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(at.Address, strconv.Itoa(at.Port)), patience)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(conn, name+"\r\nwrong\r\n")
		require.NoError(t, err)
		s.eventually("the attempt of "+name+" is recorded", func() bool { return len(s.attempts(name)) == 1 })
	}

	const add = `mutation($in: AddKnownSourceInput!) { addKnownSource(input: $in) { knownSource { id network note createdBy expiresAt interactions lastSeenAt } } }`
	in := func(network, note string, more ...any) map[string]any {
		m := map[string]any{"network": network, "note": note}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return map[string]any{"in": m}
	}
	admin.must(nil, `mutation { createUser(input: {username: "vera", role: VIEWER, password: "a password of hers"}) { password } }`, nil)
	vera := s.as(s.login("vera", "a password of hers"))
	vera.refused("FORBIDDEN", add, in("127.0.0.1", "me"))
	for argument, wrong := range map[string]map[string]any{
		"network": in("0.0.0.0/0", "everybody"), "note": in("127.0.0.1", " "), "expiresIn": in("127.0.0.1", "me", "expiresIn", "1s"),
	} {
		require.Equal(t, []any{"input", argument}, admin.refused("BAD_USER_INPUT", add, wrong).Extensions["argument"])
	}

	var made struct {
		AddKnownSource struct{ KnownSource knownSource }
	}
	admin.must(&made, add, in("127.0.0.1", "the nightly scan", "expiresIn", "24h"))
	known := made.AddKnownSource.KnownSource
	require.Equal(t, []any{"127.0.0.1", "the nightly scan", "admin"}, []any{known.Network, known.Note, known.CreatedBy})
	require.WithinDuration(t, time.Now().Add(24*time.Hour), *known.ExpiresAt, time.Hour)
	admin.refused("CONFLICT", add, in("127.0.0.1/32", "again"))

	touch("scanner")
	require.Equal(t, []string{"KNOWN"}, s.attempts("scanner"))
	var seen struct {
		Attackers        struct{ TotalCount int }
		Sessions         struct{ TotalCount int }
		Credentials      struct{ TotalCount int }
		InteractionStats struct{ Total int }
		KnownSources     []knownSource
		AuditLog         struct{ TotalCount int }
	}
	const sums = `{ attackers { totalCount } sessions { totalCount } credentials { totalCount } interactionStats { total } knownSources { id network interactions lastSeenAt } }`
	vera.must(&seen, sums, nil)
	require.Zero(t, seen.Attackers.TotalCount+seen.Sessions.TotalCount+seen.Credentials.TotalCount+seen.InteractionStats.Total)
	require.Len(t, seen.KnownSources, 1)
	require.Positive(t, seen.KnownSources[0].Interactions, "how much it hides is told")
	require.NotNil(t, seen.KnownSources[0].LastSeenAt)
	admin.must(&seen, `{ auditLog(where: {action: "addKnownSource", result: "OK"}) { totalCount } }`, nil)
	require.Equal(t, 1, seen.AuditLog.TotalCount)
	var node struct{ Node struct{ Note string } }
	vera.must(&node, `query($id: ID!) { node(id: $id) { ... on KnownSource { note } } }`, map[string]any{"id": known.ID})
	require.Equal(t, "the nightly scan", node.Node.Note)

	const remove = `mutation($id: ID!) { removeKnownSource(id: $id) { id } }`
	vera.refused("FORBIDDEN", remove, map[string]any{"id": known.ID})
	admin.must(nil, remove, map[string]any{"id": known.ID})
	admin.refused("NOT_FOUND", remove, map[string]any{"id": known.ID})
	touch("intruder")
	require.Equal(t, []string{"INTRUDER"}, s.attempts("intruder"))
	vera.must(&seen, sums, nil)
	require.Equal(t, 1, seen.Attackers.TotalCount)

	var attacker struct {
		Attacker struct{ Known *knownSource }
	}
	vera.must(&attacker, `{ attacker(address: "127.0.0.1") { known { note } } }`, nil)
	require.Nil(t, attacker.Attacker.Known)
	admin.must(&made, add, in("127.0.0.1", "us after all"))
	vera.must(&attacker, `{ attacker(address: "127.0.0.1") { known { note } } }`, nil)
	require.Equal(t, "us after all", attacker.Attacker.Known.Note)
}

// attempts are the origins of the attempts to sign in under a name.
func (s *server) attempts(principal string) (origins []string) {
	s.t.Helper()
	var seen struct {
		Interactions struct {
			Edges []struct{ Node struct{ Origin string } }
		}
	}
	s.as(s.Token).must(&seen, `query($who: String!) { interactions(first: 10, where: {type: "auth_attempt", principal: $who}) { edges { node { origin } } } }`, map[string]any{"who": principal})
	for _, e := range seen.Interactions.Edges {
		origins = append(origins, e.Node.Origin)
	}
	return origins
}
