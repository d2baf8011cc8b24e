package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/ent/user"
)

// Who has not said which of several operations is meant is told that.
func TestTheOperationThatIsMeantIsSaid(t *testing.T) {
	g := withAuth(t)
	token, _ := g.signIn("vera", user.RoleViewer)
	for query, want := range map[string]string{
		"query A { viewer { role } } query B { viewer { role } }": "the document has 2 operations: say by operationName which is meant",
		"fragment f on Viewer { role }":                           "the document has no operation",
		"# nothing but words":                                     "the document has no operation",
	} {
		errs := g.ask(token, query, nil)
		require.Len(t, errs, 1, query)
		require.Equal(t, "BAD_USER_INPUT", errs[0].Extensions.Code)
		require.Equal(t, want, errs[0].Message)
	}
}
