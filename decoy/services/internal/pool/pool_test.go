package pool

import (
	"sync"
	"testing"
)

func TestNoMoreIsTakenThanThereIs(t *testing.T) {
	p := New(100)
	var all sync.WaitGroup
	taken := make(chan int, 1000)
	for range 8 {
		all.Go(func() {
			for range 100 {
				if p.Take(7) {
					taken <- 7
				}
			}
		})
	}
	all.Wait()
	if n := len(taken) * 7; n > 100 || n == 0 {
		t.Errorf("%d of 100 bytes are taken", n)
	}
	for range len(taken) {
		p.Give(<-taken)
	}
	if !p.Take(100) || p.Take(1) {
		t.Error("what was given back isn't there again")
	}
}
