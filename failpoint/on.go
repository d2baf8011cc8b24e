//go:build failpoints

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Point is a place where a test may end the process.
type Point struct {
	name string
	hits *atomic.Int64
}

var (
	deadly, deadlyAt = armed(os.Getenv("DECNET_FAILPOINT"))
	trace            = traced(os.Getenv("DECNET_FAILPOINT_TRACE"))
)

func armed(text string) (name string, at int64) {
	if text == "" {
		return "", 0
	}
	name, count, _ := strings.Cut(text, "@")
	at, err := strconv.ParseInt(count, 10, 64)
	if err != nil || at < 1 {
		panic(fmt.Sprintf("failpoint: %q is not name@k", text))
	}
	return name, at
}

func traced(path string) *os.File {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic("failpoint: " + err.Error())
	}
	return f
}

// New names a place.
func New(name string) Point { return Point{name, new(atomic.Int64)} }

// Hit ends the process when it is this point's turn. Nothing that would follow is done: not by this goroutine, and by the others only what they do until the
// signal arrives.
func (p Point) Hit() {
	n := p.hits.Add(1)
	if trace != nil {
		// One write of one line: whole, also when many points are reached at once.
		if _, err := trace.WriteString(p.name + "\n"); err != nil {
			panic("failpoint: " + err.Error())
		}
	}
	if p.name == deadly && n == deadlyAt {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
