package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// admin runs a command of the server's own, and checks whether it succeeds.
func (s *server) admin(ok bool, args ...string) string {
	s.t.Helper()
	path, err := decnetd()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := exec.Command(path, append(args, "--data", s.data)...).CombinedOutput()
	if (err == nil) != ok {
		s.t.Fatalf("decnetd %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// A backup that is taken while the server runs, restored, makes the fleet again what it was.
func TestBackupAndRestore(t *testing.T) {
	home(t)
	s := startServer(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	s.decnet(exitNotSignedIn, "backup", file)
	s.decnet(exitOK, "login", "-u", "admin", "--password", password)
	s.decnet(exitOK, "deploy", "--name", "stays", "--services", "ssh", "--wait")
	s.decnet(exitOK, "deploy", "--name", "lost", "--services", "ssh", "--wait")
	out, _ := s.decnet(exitOK, "backup", file)
	s.want(out, "Wrote "+file+" (")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Fatalf("the backup: %v, %v", info, err)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the backup: %v, %v", left, err)
	}
	_, msg := s.decnet(exitError, "backup", filepath.Join(file, "not-a-folder"))
	s.want(msg, "write the backup")

	s.decnet(exitOK, "deploy", "--name", "later", "--services", "ssh", "--wait")
	s.decnet(exitOK, "teardown", "lost", "--yes", "--wait")
	out, _ = s.decnet(exitOK, "lifecycles", "--json")
	s.want(out, "later")
	cursor, err := journalEnd(s)
	if err != nil {
		t.Fatal(err)
	}

	s.want(s.admin(false, "restore", file), "--force")
	s.want(s.admin(false, "restore", "--force", file), "stop its server first")
	s.kill()
	s.want(s.admin(false, "restore", "--database-url", "postgres://localhost/x", file), "pg_restore")
	s.want(s.admin(true, "restore", "--force", file), ".before-restore", "is in place")
	s.start()

	_, msg = s.decnet(exitNotSignedIn, "ls")
	s.want(msg, "sign in")
	s.decnet(exitOK, "login", "-u", "admin", "--password", password)
	_, msg = s.decnet(exitError, "watch", "--after", cursor)
	s.want(msg, "another database, or of the time before this one was restored", "start afresh")
	waitFor(t, "the engine to be in step", func() bool {
		deckies, err := filepath.Glob(filepath.Join(s.data, "deckies", "sim", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		out, _ := s.decnet(exitOK, "ls")
		return len(deckies) == 2 && strings.Count(out, "RUNNING") == 2 && strings.Contains(out, "stays") && strings.Contains(out, "lost")
	})
	out, _ = s.decnet(exitOK, "lifecycles", "--decky", "lost")
	s.want(out, "REPAIR")
}

func TestProgressIsForTerminals(t *testing.T) {
	var out output
	a := newApp(strings.NewReader(""), &out, &out)
	var size int64
	a.showProgress(&size)(1, 2)
	if out.String() != "" || size != 2 {
		t.Errorf("%q, size %d", &out, size)
	}
	a.terminal = true
	a.showProgress(&size)(512<<20, 2<<30)
	if got := out.String(); !strings.Contains(got, "512.0 MiB of 2.0 GiB (25 %)") {
		t.Errorf("%q", got)
	}
}

// journalEnd is the end of the journal as a cursor.
func journalEnd(s *server) (string, error) {
	stored, err := storedToken(s.url)
	if err != nil {
		return "", err
	}
	a := newApp(strings.NewReader(""), nil, nil)
	a.url = s.url
	return a.newClient(stored).JournalCursor(s.t.Context())
}

// What is pruned is refused, not skipped: on every way to ask for it.
func TestRetention(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off")
	start, err := journalEnd(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		s.decnet(exitOK, "deploy", "--name", name, "--services", "ssh", "--wait")
	}
	end, err := journalEnd(s)
	if err != nil {
		t.Fatal(err)
	}
	s.want(s.admin(false, "--journal-max-entries=-1"), "--journal-max-entries is 0 (no bound) or more")
	s.kill()
	s.flags = append(s.flags, "--journal-max-entries", "4")
	s.start()
	waitFor(t, "the journal to be pruned", func() bool {
		out, _ := s.decnet(exitOK, "lifecycles", "--json")
		return !strings.Contains(out, `"a"`) && strings.Contains(out, `"c"`)
	})
	_, msg := s.decnet(exitError, "watch", "--after", start)
	s.want(msg, "what came after this cursor has been pruned by now", "start afresh without `after`", "hint:")
	for accept, query := range map[string]string{
		"application/json":  "query($c: String) { lifecycleEvents(after: $c) { cursor } }",
		"text/event-stream": "subscription($c: String) { lifecycleUpdated(after: $c) { cursor } }",
	} {
		body := fmt.Sprintf(`{"query": %q, "variables": {"c": %q}}`, query, start)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", accept)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		s.want(string(text), "CURSOR_EXPIRED", "start afresh")
	}
	if again, err := journalEnd(s); err != nil || again != end {
		t.Errorf("the end was %s and is %s, %v: pruning moves no place", end, again, err)
	}
}
