package tty

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"decnet/decoy/shell/notation"
)

// The keys that mean something to a terminal whoever reads from it.
const (
	ctrlC         = 3
	ctrlD         = 4
	ctrlZ         = 26
	ctrlBackslash = 28
	toEnd         = 5 // the line editor's own
)

// What is kept of what an intruder types, in bytes.
const (
	maxTyped  = 64 << 10 // ahead of who reads it; the client waits beyond
	maxUnread = 4 << 10  // of what nobody has read, for the record
	maxHalf   = 60       // of a line that is broken off, to be shown
)

// Stroke is a key that breaks off what runs.
type Stroke struct {
	sign   string
	Status int  // of a command that ends by it
	Stops  bool // the command can go on later
}

var strokes = map[byte]Stroke{ctrlC: {sign: "^C", Status: Interrupted}, ctrlZ: {"^Z", 148, true}, ctrlBackslash: {sign: "^\\Quit", Status: 131}}

// Interrupted is the status of what Ctrl-C ends.
const Interrupted = 130

// What ends a line in another way than its end.
var (
	ErrInterrupted = errors.New("interrupted")
	ErrLogout      = fmt.Errorf("ctrl-D: %w", io.EOF)  // unlike the connection's end
	errFlushed     = errors.New("the line has no end") // by Ctrl-D behind some text
)

// keyboard stands between the client and the line editor. One goroutine always reads what is typed, so that Ctrl-C is heard while a command runs; the rest waits for who
// reads next. The editor takes Ctrl-C and Ctrl-D for the end of everything, and would read a Ctrl-D twice: it never sees one that ends a line, nor anything of the next
// line before it is asked for that.
type keyboard struct {
	rw   io.ReadWriter
	once sync.Once // the reader's start

	mu       sync.Mutex
	changed  sync.Cond
	typed    []byte
	err      error
	panicked any // in the reader: it goes on in who waits for it, where it is recorded
	closed   bool

	cancel context.CancelCauseFunc // of the line that runs; nil at a prompt
	struck byte                    // the key that has broken it off
	shown  bool                    // the sign of that key is on the screen
	half   string                  // what stands before the sign
	hidden bool                    // a password is typed
	bye    string                  // what a Ctrl-D at the prompt shows

	line    []byte // given to the editor, without an end so far
	lost    []byte // thrown away by a stroke
	beyond  int    // how many more bytes than are kept were thrown away
	afterCR bool
	asked   bool  // the editor has been given a key that shows whether its line is empty
	empty   bool  // it is
	ending  error // how the line that the editor is about to return has ended
}

func newKeyboard(rw io.ReadWriter) *keyboard {
	k := &keyboard{rw: rw}
	k.changed.L = &k.mu
	return k
}

// Write shows p.
func (k *keyboard) Write(p []byte) (int, error) { return k.rw.Write(p) }

// listen takes what is typed until the client is gone.
func (k *keyboard) listen() {
	defer func() {
		if p := recover(); p != nil {
			k.mu.Lock()
			k.panicked = p
			k.changed.Broadcast()
			k.mu.Unlock()
		}
	}()
	buf := make([]byte, 1024)
	for {
		n, err := k.rw.Read(buf)
		if !k.take(buf[:n], err) {
			return
		}
	}
}

func (k *keyboard) take(keys []byte, err error) (more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range keys {
		if k.cancel != nil && strokes[c].sign != "" {
			k.half = clean(k.typed)
			k.discard(k.typed)
			k.typed = nil
			k.strike(c)
			continue
		}
		k.typed = append(k.typed, c)
	}
	if k.err = err; err != nil && !errors.Is(err, io.EOF) && k.cancel != nil {
		k.cancel(err) // nobody is left to see what the line does
	}
	k.changed.Broadcast()
	for len(k.typed) >= maxTyped && !k.closed && err == nil {
		k.changed.Wait()
	}
	return err == nil && !k.closed
}

// clean is the line that the keys are about to make, as far as it can be shown.
func clean(keys []byte) string {
	keys = keys[bytes.LastIndexAny(keys, "\r\n")+1:]
	return notation.Printable(string(keys[:min(len(keys), maxHalf)]))
}

// strike breaks off the line that runs. k.mu is held.
func (k *keyboard) strike(key byte) {
	if k.struck == 0 {
		k.struck = key
	}
	k.cancel(ErrInterrupted)
}

// discard keeps a part of what is thrown away. k.mu is held.
func (k *keyboard) discard(text []byte) {
	room := min(len(text), max(0, maxUnread-len(k.lost)))
	k.lost = append(k.lost, text[:room]...)
	k.beyond += len(text) - room
}

// Read gives the editor the next keys, of one line at most.
func (k *keyboard) Read(p []byte) (int, error) {
	k.once.Do(func() { go k.listen() })
	if len(p) < 2*maxHalf {
		return 0, io.ErrShortBuffer // an escape sequence that does not end
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		switch {
		case k.asked:
			k.asked = false
			return k.endOfFile(p)
		case k.cancel != nil && k.struck != 0 && k.shown, k.closed:
			return 0, io.EOF
		case k.cancel != nil && k.struck != 0:
			k.shown = true
			return k.cutShort(p, k.half+strokes[k.struck].sign, ErrInterrupted), nil
		case len(k.typed) == 0 && k.panicked != nil:
			panic(k.panicked)
		case len(k.typed) == 0 && k.err != nil:
			return 0, k.err
		case len(k.typed) == 0:
			k.changed.Wait()
			continue
		}
		k.changed.Broadcast() // there is room
		c := k.typed[0]
		switch {
		case c == '\n' && k.afterCR:
			k.typed, k.afterCR = k.typed[1:], false
		case k.cancel != nil && strokes[c].sign != "":
			k.typed = k.typed[1:]
			k.strike(c)
		case c == ctrlC:
			k.typed = k.typed[1:]
			return k.cutShort(p, "^C", ErrInterrupted), nil
		case c == ctrlD && k.hidden:
			k.typed = k.typed[1:]
			k.empty = len(k.line) == 0
			return k.endOfFile(p)
		case c == ctrlD:
			k.typed, k.asked = k.typed[1:], true
			p[0] = ctrlBackslash // which the editor does nothing with, but to call look
			return 1, nil
		default:
			return k.text(p), nil
		}
	}
}

// text gives out keys up to the end of the line. k.mu is held.
func (k *keyboard) text(p []byte) int {
	n := bytes.IndexAny(k.typed, "\x03\x04\r\n")
	ends := n >= 0 && k.typed[n] != ctrlC && k.typed[n] != ctrlD
	if ends {
		n++
	} else if n < 0 {
		n = len(k.typed)
	}
	if n > len(p) {
		n, ends = len(p), false
	}
	copy(p, k.typed[:n])
	k.afterCR = p[n-1] == '\r'
	if k.line = append(k.line, p[:min(n, max(0, maxUnread-len(k.line)))]...); ends {
		k.line = k.line[:0]
	}
	k.typed = k.typed[n:]
	return n
}

// cutShort ends the editor's line in its place, with a sign that is seen. k.mu is held.
func (k *keyboard) cutShort(p []byte, sign string, how error) int {
	k.discard(k.line)
	k.line, k.ending = k.line[:0], how
	return copy(p, string(rune(toEnd))+sign+"\r")
}

// endOfFile is what a Ctrl-D is: the end of what is read behind nothing, else that of a program's line, or the editor's key to delete. k.mu is held.
func (k *keyboard) endOfFile(p []byte) (int, error) {
	switch {
	case k.empty && k.cancel != nil:
		return 0, io.EOF
	case k.empty:
		return k.cutShort(p, k.bye, ErrLogout), nil
	case k.cancel != nil || k.hidden:
		k.line, k.ending = k.line[:0], errFlushed
		p[0] = '\r'
	default:
		p[0] = ctrlD
	}
	return 1, nil
}

// look is called by the editor for keys that it does not know.
func (k *keyboard) look(line string, _ int, key rune) (string, int, bool) {
	if key == ctrlBackslash {
		k.mu.Lock()
		k.empty = line == ""
		k.mu.Unlock()
	}
	return "", 0, false
}

// outcome is the error of a line that the editor has returned with err.
func (k *keyboard) outcome(err error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ending != nil {
		err, k.ending = k.ending, nil
	}
	return err
}

// remembers tells whether the line that the editor is about to return is one for the shell.
func (k *keyboard) remembers() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cancel == nil && k.ending == nil
}

func (k *keyboard) hide(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hidden = on
}

func (k *keyboard) say(bye string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bye = bye
}

// begin says that a line runs, which cancel breaks off.
func (k *keyboard) begin(cancel context.CancelCauseFunc) {
	k.once.Do(func() { go k.listen() })
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cancel, k.struck, k.shown, k.half = cancel, 0, false, ""
	if len(k.typed) > 0 && strokes[k.typed[0]].sign != "" { // typed right behind the line
		c := k.typed[0]
		k.typed = k.typed[1:]
		k.strike(c)
	}
}

// end says that the line is over, and tells what has broken it off.
func (k *keyboard) end() (struck byte, shown bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cancel = nil
	return k.struck, k.shown
}

// close lets the reader go and returns what nobody has read, or the beginning of it, and how much that was.
func (k *keyboard) close() (text []byte, size int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	k.changed.Broadcast()
	k.discard(k.line)
	k.discard(k.typed)
	text, size = slices.Clone(k.lost), len(k.lost)+k.beyond
	k.typed, k.line, k.lost, k.beyond = nil, nil, nil, 0
	return text, size
}
