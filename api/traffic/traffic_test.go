package traffic

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	alice   = Caller{Name: "alice", User: true}
	bob     = Caller{Name: "bob", User: true}
	someone = Caller{Name: "192.0.2.1"}
)

func TestACallerMaySpendSoMuchASecond(t *testing.T) {
	now := time.Now()
	tr := New(Limits{UserRate: 100, AddressRate: 10, AtOnce: 1}, func() time.Time { return now })
	spendAll := func(c Caller, cost int) (n int, wait time.Duration) {
		for n < 10_000 {
			wait, ok := tr.Spend(c, cost)
			if !ok {
				return n, wait
			}
			n++
		}
		return n, 0
	}
	n, wait := spendAll(alice, 10)
	require.Equal(t, 20, n, "two seconds' worth at once")
	require.InDelta(t, 100*time.Millisecond, wait, float64(time.Millisecond), "and it is said when there is enough for the next")
	n, _ = spendAll(bob, 10)
	require.Equal(t, 20, n, "another caller has an account of their own")
	n, _ = spendAll(someone, 10)
	require.Equal(t, 2, n, "an address has less than a user")

	now = now.Add(wait)
	n, _ = spendAll(alice, 10)
	require.Equal(t, 1, n, "a refusal costs nothing")
	now = now.Add(time.Hour)
	_, ok := tr.Spend(alice, 1_000_000)
	require.True(t, ok, "what costs more than there can be takes all there is")
}

func TestNoLimitIsNoLimit(t *testing.T) {
	tr := New(Limits{AtOnce: 1}, time.Now)
	for range 1000 {
		_, ok := tr.Spend(alice, 1<<30)
		require.True(t, ok)
	}
	require.Zero(t, tr.Pace(alice, 1<<30))
}

func TestWhatIsTooMuchAtOnceWaitsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := New(Limits{AtOnce: 100}, time.Now)
		end, err := tr.Begin(t.Context(), alice, 100_000)
		require.NoError(t, err, "however expensive, it may run alone")
		began := false
		go func() {
			end, err := tr.Begin(t.Context(), alice, 1)
			began = err == nil
			end()
		}()
		other, err := tr.Begin(t.Context(), bob, 100)
		require.NoError(t, err, "others do not wait for alice")
		other()
		synctest.Wait()
		require.False(t, began)
		end()
		synctest.Wait()
		require.True(t, began)
	})
}

func TestTheQueueHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := New(Limits{AtOnce: 1}, time.Now)
		_, err := tr.Begin(t.Context(), alice, 1)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, waitingMax)
		for range waitingMax {
			go func() {
				_, err := tr.Begin(ctx, alice, 1)
				left <- err
			}()
		}
		synctest.Wait()
		_, err = tr.Begin(t.Context(), alice, 1)
		require.ErrorIs(t, err, ErrTooManyWaiting)
		cancel()
		end, err := tr.Await(ctx, alice, 1)
		require.ErrorIs(t, err, context.Canceled, "a stream would have waited")
		require.Nil(t, end)
		for range waitingMax {
			require.ErrorIs(t, <-left, context.Canceled, "who goes away waits no longer")
		}
	})
}

func TestSubscriptionsAreCounted(t *testing.T) {
	tr := New(Limits{AtOnce: 1, Subscriptions: 2}, time.Now)
	end, err := tr.Subscribe(alice)
	require.NoError(t, err)
	_, err = tr.Subscribe(alice)
	require.NoError(t, err)
	_, err = tr.Subscribe(alice)
	require.ErrorIs(t, err, ErrTooManySubscriptions)
	_, err = tr.Subscribe(bob)
	require.NoError(t, err)
	end()
	end()
	_, err = tr.Subscribe(alice)
	require.NoError(t, err)
	_, err = tr.Subscribe(alice)
	require.ErrorIs(t, err, ErrTooManySubscriptions, "one that ended twice was one")
}

func TestAStreamIsSlowedToItsCallersRate(t *testing.T) {
	now := time.Now()
	tr := New(Limits{UserRate: 100, AtOnce: 1}, func() time.Time { return now })
	require.Zero(t, tr.Pace(alice, 200))
	require.Equal(t, time.Second, tr.Pace(alice, 100))
	require.Equal(t, 2*time.Second, tr.Pace(alice, 100), "what was taken on credit is owed")
}

// Somebody with many addresses can't make the server remember them all.
func TestCallersAreForgotten(t *testing.T) {
	now := time.Now()
	tr := New(Limits{AddressRate: 10, AtOnce: 1}, func() time.Time { return now })
	for i := range callersMax {
		_, ok := tr.Spend(Caller{Name: fmt.Sprint(i)}, 1)
		require.True(t, ok)
	}
	_, ok := tr.Spend(someone, 1)
	require.False(t, ok, "nobody can be forgotten yet")
	now = now.Add(time.Second)
	_, ok = tr.Spend(someone, 1)
	require.True(t, ok)
	require.Less(t, len(tr.callers), 10)
}
