package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestBackup(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		code   Code
		got    string
	}{
		"whole": {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path, r.Header.Get("Authorization")) }, "", "/backupBearer secret"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "the beginning")
			panic(http.ErrAbortHandler)
		}, CodeUnreachable, "the beginning"},
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}`)
		}, CodeForbidden, ""},
		"an older server": {http.NotFound, CodeProtocol, ""},
		"another program": {func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush() // of no length
			fmt.Fprint(w, "<html>")
		}, CodeProtocol, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(test.answer)
			defer s.Close()
			var got bytes.Buffer
			var done, total int64
			err := New(s.URL, WithToken("secret")).Backup(context.Background(), &got, func(d, n int64) { done, total = d, n })
			if CodeOf(err) != test.code || (err == nil) != (test.code == "") {
				t.Fatalf("%v", err)
			}
			if err == nil && (got.String() != test.got || done != total || done != int64(got.Len())) {
				t.Errorf("%q, %d of %d", &got, done, total)
			}
		})
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "text") }))
	defer s.Close()
	if err := New(s.URL).Backup(context.Background(), full{}, nil); err == nil || CodeOf(err) == CodeUnreachable {
		t.Errorf("a full disk is %v", err)
	}
}
