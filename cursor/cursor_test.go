package cursor_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/cursor"
)

func TestACursorIsGoodInItsStreamOfItsDatabaseOnly(t *testing.T) {
	here, elsewhere := cursor.New(17), cursor.New(18)
	mark := here.Encode("journal", 42)
	n, err := here.Decode("journal", mark)
	require.NoError(t, err)
	require.EqualValues(t, 42, n)
	_, err = elsewhere.Decode("journal", mark)
	require.ErrorIs(t, err, cursor.ErrExpired)
	require.ErrorContains(t, err, "start afresh without `after`")
	_, err = here.Decode("journal", base64.RawURLEncoding.EncodeToString([]byte("journal:42")))
	require.ErrorIs(t, err, cursor.ErrBad, "one without an epoch")
	_, err = here.Decode("interaction", mark)
	require.ErrorIs(t, err, cursor.ErrBad)
	for _, rubbish := range []string{"", "journal", "§", mark + "x", base64.RawURLEncoding.EncodeToString([]byte("journal:h:-1"))} {
		_, err = here.Decode("journal", rubbish)
		require.ErrorIs(t, err, cursor.ErrBad, "%q", rubbish)
	}
}

func TestAPlaceIsReachedWhenNothingAfterItIsMissing(t *testing.T) {
	for _, at := range []int64{10, 15, 20} { // 10 was pruned itself, and was seen
		require.NoError(t, cursor.Reach(at, 10, 20))
	}
	require.ErrorContains(t, cursor.Reach(9, 10, 20), "pruned")
	require.ErrorContains(t, cursor.Reach(21, 10, 20), "ahead")
	require.ErrorIs(t, cursor.Reach(21, 10, 20), cursor.ErrExpired)
}
