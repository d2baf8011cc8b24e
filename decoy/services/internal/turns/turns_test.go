package turns_test

import (
	"testing"
	"testing/synctest"

	"decnet/decoy/services/internal/turns"
)

// Who waits aside lets the next one in, and goes on when that one is done; a turn within a turn is the same one.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := turns.New(1)
		var first, second turns.Turn
		began, goOn, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			<-began
			second.Do(of, func() {
				close(goOn)
				synctest.Wait()
				if first {
					t.Error("both have a turn")
				}
			})
			close(over)
		}()
		first.Do(of, func() {
			first.Do(of, func() { close(began) })
			synctest.Wait()
			if second {
				t.Error("both have a turn")
			}
			first.Aside(of, func() { <-goOn })
			if !first {
				t.Error("it has lost its turn")
			}
		})
		<-over
		if first || second || len(of) != 0 {
			t.Error("a turn is not given back")
		}
	})
}

func TestATurnIsGivenBackWhateverHappens(t *testing.T) {
	of := turns.New(1)
	var turn turns.Turn
	func() {
		defer func() { _ = recover() }()
		turn.Do(of, func() { turn.Aside(of, func() { panic("in the middle") }) })
	}()
	if turn || len(of) != 0 {
		t.Error("it is not")
	}
}
