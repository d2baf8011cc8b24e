// Package replay plays an asciicast (version 2) of an intruder's session on the user's terminal. What the session shows is the intruder's choice in part, so it is filtered: it may
// draw, and it may not give the terminal orders.
package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Options says how to play.
type Options struct {
	// Speed is how many times faster than it happened; 0 is all at once.
	Speed float64
	// IdleLimit is the longest that nothing happens, as it is shown; 0 is no limit.
	IdleLimit time.Duration
	// Sleep waits, or returns early with an error when ctx ends. It is time's own when absent.
	Sleep func(ctx context.Context, d time.Duration) error
}

// ErrNoCast is the cause of the error of text that is no asciicast of version 2.
var ErrNoCast = errors.New("not an asciicast of version 2")

// maxLine bounds one line of a cast, in bytes.
const maxLine = 1 << 20

// Play shows a recording on out until it ends or ctx does. A line that can't be read is skipped.
func Play(ctx context.Context, out io.Writer, cast string, o Options) error {
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	lines := bufio.NewScanner(strings.NewReader(cast))
	lines.Buffer(nil, maxLine)
	var header struct{ Version int }
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &header) != nil || header.Version != 2 {
		return ErrNoCast
	}
	var screen filter
	last := 0.0
	for lines.Scan() {
		var e []any
		if json.Unmarshal(lines.Bytes(), &e) != nil || len(e) != 3 {
			continue
		}
		at, timed := e[0].(float64)
		shown, isText := e[2].(string)
		if !timed || !isText || e[1] != "o" {
			continue
		}
		if wait := pause(at-last, o); wait > 0 {
			if err := o.Sleep(ctx, wait); err != nil {
				return err
			}
		}
		last = max(last, at)
		if _, err := io.WriteString(out, screen.clean(shown)); err != nil {
			return fmt.Errorf("show the recording: %w", err)
		}
	}
	// The colors of the last line end here.
	_, err := io.WriteString(out, "\x1b[0m\r\n")
	return errors.Join(lines.Err(), err)
}

// pause is how long to wait where nothing happened for so many seconds.
func pause(seconds float64, o Options) time.Duration {
	if o.Speed <= 0 || seconds <= 0 {
		return 0
	}
	if o.IdleLimit > 0 {
		seconds = min(seconds, o.IdleLimit.Seconds())
	}
	return time.Duration(seconds / o.Speed * float64(time.Second))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
