// Package cursor makes the opaque marks by which clients know a place in a numbered stream (the journal, the interactions).
package cursor

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// ErrBad says that a text was never a cursor of the stream.
var ErrBad = errors.New("this is not a cursor of this stream")

// Encode marks a place in a stream.
func Encode(stream string, number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(stream + ":" + strconv.FormatInt(number, 10)))
}

// Decode is Encode's inverse; a cursor of another stream is ErrBad.
func Decode(stream, s string) (int64, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, ErrBad
	}
	digits, ok := strings.CutPrefix(string(b), stream+":")
	if !ok {
		return 0, ErrBad
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0, ErrBad
	}
	return n, nil
}
