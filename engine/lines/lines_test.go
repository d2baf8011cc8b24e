package lines

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLinesAreWholeHoweverTheyCome(t *testing.T) {
	const text = "one\n\nthree is longer than ten\nfour\nnot ended"
	for step := 1; step <= len(text); step++ {
		var got []string
		s := Splitter{Max: 10, Line: func(text []byte, size int) error {
			got = append(got, fmt.Sprintf("%s %d", text, size))
			return nil
		}}
		for rest := []byte(text); len(rest) > 0; rest = rest[min(step, len(rest)):] {
			n, err := s.Write(rest[:min(step, len(rest))])
			require.NoError(t, err)
			require.Equal(t, min(step, len(rest)), n)
		}
		require.Equal(t, []string{"one 3", " 0", "three is l 24", "four 4"}, got, "%d bytes at a time", step)
		require.Equal(t, len("not ended"), s.Pending())
	}
}

func TestALineWithoutEndIsNotRemembered(t *testing.T) {
	var size, kept int
	s := Splitter{Max: 100, Line: func(text []byte, n int) error {
		size, kept = n, len(text)
		return nil
	}}
	flood := bytes.Repeat([]byte("x"), 1<<20)
	for range 64 {
		_, err := s.Write(flood)
		require.NoError(t, err)
		require.LessOrEqual(t, cap(s.text), 2*s.Max)
	}
	_, err := s.Write([]byte("\n"))
	require.NoError(t, err)
	require.Equal(t, 64<<20, size)
	require.Equal(t, 100, kept)
}

func TestWhoTakesNoMoreEndsIt(t *testing.T) {
	enough := errors.New("enough")
	s := Splitter{Max: 10, Line: func([]byte, int) error { return enough }}
	n, err := s.Write([]byte("one\ntwo\n"))
	require.ErrorIs(t, err, enough)
	require.Equal(t, len("one\n"), n)
}
