// Package cursor makes the opaque marks by which clients know a place in a numbered stream (the journal, the interactions), and says when such a
// place is no good any more.
//
// A cursor bears the epoch of its database: a number that the database drew when it was made, and draws anew when it comes back from a backup.
// Without it a cursor of the time after the backup would name, in the restored database, another entry than the one its client saw.
package cursor

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrBad says that a text was never a cursor of the stream.
var ErrBad = errors.New("this is not a cursor of this stream")

// ErrExpired says that a stream can't go on from a cursor without leaving something out. Its wrappers say why.
var ErrExpired = errors.New("start afresh without `after`")

// Why a cursor has expired. Each is an ErrExpired.
var (
	errPruned  = fmt.Errorf("what came after this cursor has been pruned by now: %w", ErrExpired)
	errFuture  = fmt.Errorf("this cursor is ahead of everything that has happened: %w", ErrExpired)
	errForeign = fmt.Errorf("this cursor is of another database, or of the time before this one was restored: %w", ErrExpired)
)

// Codec writes and reads the cursors of one database.
type Codec struct{ epoch string }

// New returns the codec of the database that has drawn epoch.
func New(epoch int64) Codec { return Codec{strconv.FormatInt(epoch, 36)} }

// Encode marks a place in a stream.
func (c Codec) Encode(stream string, number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(stream + ":" + c.epoch + ":" + strconv.FormatInt(number, 10)))
}

// Decode is Encode's inverse. It is ErrBad for what was never a cursor of the stream, and ErrExpired for one of another epoch.
func (c Codec) Decode(stream, s string) (int64, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, ErrBad
	}
	rest, ok := strings.CutPrefix(string(b), stream+":")
	if !ok {
		return 0, ErrBad
	}
	epoch, digits, _ := strings.Cut(rest, ":")
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || n < 0:
		return 0, ErrBad
	case epoch != c.epoch:
		return 0, errForeign
	}
	return n, nil
}

// Reach tells whether a stream of which the numbers from pruned+1 to head are kept has everything after a place: nil, or an ErrExpired.
func Reach(after, pruned, head int64) error {
	switch {
	case after < pruned:
		return errPruned
	case after > head:
		return errFuture
	}
	return nil
}
