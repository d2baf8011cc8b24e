// Package spent measures what a computation costs, however much else the machine has to do meanwhile.
package spent

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// thread is getrusage's RUSAGE_THREAD.
const thread = 1

// CPU runs do, and returns how much of a processor's time it has taken. What goroutines of its own take is not counted.
func CPU(tb testing.TB, do func()) time.Duration {
	tb.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := soFar(tb)
	do()
	return soFar(tb) - before
}

func soFar(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
