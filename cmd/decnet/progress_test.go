package main

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"decnet/client"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// happened is an entry of the journal, some time after the start.
func happened(decky string, after time.Duration, status client.LifecycleStatus, stage string) client.Event {
	return client.Event{Status: status, Stage: &stage, Attempt: 1, At: start.Add(after), Lifecycle: client.Lifecycle{
		Id: "lcy_" + decky, DeckyName: decky, DeploymentName: "default", Operation: client.LifecycleOperationMutate, Status: status,
		FromServices: []string{"http"}, ToServices: []string{"ssh"}, CreatedAt: start,
	}}
}

func TestProgressInPlace(t *testing.T) {
	var out strings.Builder
	now := start.Add(2 * time.Second)
	p := newProgress(&out, true, false, 60, 24, func() time.Time { return now })
	p.event(happened("web-01", time.Second, client.LifecycleStatusRunning, "opening ssh"))
	p.event(happened("db", time.Second, client.LifecycleStatusPending, "waiting for a runner with a long story"))
	now = start.Add(75 * time.Second)
	failed := happened("db", 70*time.Second, client.LifecycleStatusFailed, "")
	failed.Lifecycle.Error = &client.LifecycleError{Code: "SERVICE_NOT_ANSWERING", Message: "ssh \x1b[2J"}
	p.event(failed)
	p.event(happened("web-01", 12*time.Second, client.LifecycleStatusSucceeded, "every service answers"))

	const clear, end = "\x1b[K\n", "\x1b[J"
	want := " ● web-01  MUTATE      2.0s  opening ssh  [+ssh -http]" + clear + end +
		"\x1b[1A ● web-01  MUTATE      2.0s  opening ssh  [+ssh -http]" + clear +
		" ○ db      MUTATE      2.0s  waiting for a runner with a l…" + clear + end +
		"\x1b[2A ● web-01  MUTATE     1m15s  opening ssh  [+ssh -http]" + clear +
		" ✗ db      MUTATE     1m10s  FAILED  SERVICE_NOT_ANSWERING…" + clear + end +
		"\x1b[2A ✓ web-01  MUTATE       12s  SUCCEEDED  every service answ…" + clear +
		" ✗ db      MUTATE     1m10s  FAILED  SERVICE_NOT_ANSWERING…" + clear + end
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
	if got := p.counts(false); got != "1 succeeded, 1 failed" {
		t.Errorf("counts: %s", got)
	}
}

func TestProgressFitsTheScreen(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out, true, false, 60, 5, func() time.Time { return start })
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		status := client.LifecycleStatusSucceeded
		if name >= "d" {
			status = client.LifecycleStatusRunning
		}
		p.job(happened(name, 0, status, ""))
	}
	p.draw()
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 5 || !strings.Contains(lines[0], "● d") || !strings.Contains(lines[1], "● e") || !strings.Contains(lines[2], "✓ a") ||
		!strings.HasPrefix(lines[3], "… and 2 more: 3 succeeded, 2 running") {
		t.Errorf("it shows\n%s", out.String())
	}
}

// However narrow the screen is, a line stays a line: else what is drawn next is drawn in the wrong place.
func TestProgressFitsANarrowScreen(t *testing.T) {
	escapes := regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)
	for _, color := range []bool{false, true} {
		for _, width := range []int{1, 20, 30, 40} {
			var out strings.Builder
			p := newProgress(&out, true, color, width, 5, func() time.Time { return start })
			for _, name := range []string{"a-decky-of-a-long-name-01", "b", "c", "d"} {
				p.job(happened(name, 0, client.LifecycleStatusRunning, "opening ssh"))
			}
			p.job(happened("e", 0, client.LifecycleStatusSucceeded, "every service answers"))
			p.draw()
			lines := strings.Split(strings.TrimSuffix(out.String(), "\x1b[J"), "\n")
			if len(lines) != p.drawn+1 || p.drawn != 4 {
				t.Errorf("%d columns: %d lines, %d to be drawn over", width, len(lines)-1, p.drawn)
			}
			for _, line := range lines {
				if n := utf8.RuneCountInString(escapes.ReplaceAllString(line, "")); n >= max(width, 2) {
					t.Errorf("%d columns: a line of %d: %q", width, n, line)
				}
			}
		}
	}
}

func TestEventLine(t *testing.T) {
	e := happened("web-01", 0, client.LifecycleStatusRunning, "opening ssh")
	e.Attempt = 2
	e.Lifecycle.DeploymentName = "lab"
	if got := eventLine(e, false); !strings.HasSuffix(got, "  lab/web-01  MUTATE    RUNNING     opening ssh (attempt 2)  [+ssh -http]") {
		t.Errorf("it reads %q", got)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0s", 1234 * time.Millisecond: "1.2s", 42 * time.Second: "42s", 185 * time.Second: "3m05s", 130 * time.Minute: "2h10m", 100 * time.Hour: "4d",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestServicesTextMarksDifferences(t *testing.T) {
	d := &client.Decky{Services: []string{"http", "ssh"}, ObservedServices: []string{"ftp", "http"}, Generation: 4, ObservedGeneration: 3}
	if got := servicesText(d); got != "http,+ssh,-ftp" {
		t.Errorf("services: %s", got)
	}
	if got := generationText(d); got != "3/4" {
		t.Errorf("generation: %s", got)
	}
}

func TestInteractionsAreShownAsText(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		var out strings.Builder
		a := newApp(strings.NewReader(""), &out, &out)
		a.json = asJSON
		if err := a.showInteractions([]*client.Interaction{{At: start, DeckyName: "web-01", SourceIP: "10.0.0.9", Service: "ssh", Type: "command",
			Command: client.Optional("ran \x1b]0;owned\x07\u009b2J\u202e\nroot")}}); err != nil {
			t.Fatal(err)
		}
		if text := out.String(); strings.ContainsAny(text, "\x1b\x07\u009b\u202e") || strings.Count(text, "\n") > 2 {
			t.Errorf("it gives orders: %q", text)
		}
	}
}

func TestALookOfOurOwnIsMarked(t *testing.T) {
	var out strings.Builder
	a := newApp(strings.NewReader(""), &out, &out)
	if err := a.showInteractions([]*client.Interaction{{At: start, SourceIP: "127.0.0.1", Origin: client.InteractionOriginCheck}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "127.0.0.1 (check)") {
		t.Errorf("it shows\n%s", out.String())
	}
}

func TestDeed(t *testing.T) {
	user, secret, command, outcome := "root", `\x1b[31m`, "cat /etc/passwd", "rejected"
	for _, test := range []struct {
		in   client.Interaction
		want string
	}{
		{client.Interaction{Message: "connect from 10.0.0.9"}, "connect from 10.0.0.9"},
		{client.Interaction{Principal: &user, Secret: &secret, Outcome: &outcome}, `root / \x1b[31m  → rejected`},
		{client.Interaction{Principal: &user}, "root"},
		{client.Interaction{Command: &command, Principal: &user}, "root  cat /etc/passwd"},
	} {
		if got := deed(&test.in); got != test.want {
			t.Errorf("it reads %q, want %q", got, test.want)
		}
	}
}

func TestHintsAndExitCodes(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		code int
		want string
	}{
		"not signed in": {&client.Error{Code: client.CodeUnauthenticated, Message: "sign in"}, exitNotSignedIn, "hint: sign in with: decnet login\n"},
		"unknown authority": {
			&client.Error{Code: client.CodeUnreachable, Message: "tls: failed to verify certificate: x509: certificate signed by unknown authority"}, exitError, "hint: give the certificate that vouches for the server with --ca",
		},
		"no TLS there": {&client.Error{Code: client.CodeUnreachable, Message: "http: server gave HTTP response to HTTPS client"}, exitError, "hint: that server speaks HTTP"},
		"no server":    {&client.Error{Code: client.CodeUnreachable, Message: "gone"}, exitError, "hint: is decnetd running there?"},
		"an argument":  {&client.Error{Code: client.CodeBadUserInput, Message: "unknown", Argument: "input.services[0]"}, exitError, "error: input.services[0]: unknown\n hint: see the services"},
		"a stale view": {&client.Error{Code: client.CodeConflict, Message: "moved on", Facts: map[string]any{"currentGeneration": 3.0}}, exitError, "hint: it has changed"},
		"usage":        {usagef("no such thing"), exitUsage, "error: no such thing\n hint: decnet --help"},
		"anything":     {errors.New("odd \x1b[2J"), exitError, `error: odd \x1b[2J` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DECNET_URL", "")
			var out, errOut strings.Builder
			if code := newApp(nil, &out, &errOut).report(test.err); code != test.code {
				t.Errorf("exit %d, want %d", code, test.code)
			}
			if !strings.Contains(errOut.String(), test.want) {
				t.Errorf("it says %q, want %q in it", errOut.String(), test.want)
			}
		})
	}
}

func TestTokensAreKeptByServer(t *testing.T) {
	home(t)
	for url, token := range map[string]string{"http://a": "1", "http://b": "2"} {
		if err := storeToken(url, token); err != nil {
			t.Fatal(err)
		}
	}
	if err := storeToken("http://a", ""); err != nil {
		t.Fatal(err)
	}
	a, err := storedToken("http://a")
	b, err2 := storedToken("http://b")
	if a != "" || b != "2" || err != nil || err2 != nil {
		t.Errorf("kept %q and %q: %v, %v", a, b, err, err2)
	}
}

// TestEveryCommandHasHelp: a person who asks for help finds what the command does and how it is typed.
func TestEveryCommandHasHelp(t *testing.T) {
	for _, c := range newApp(nil, nil, nil).rootCommand().Commands() {
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s has no description or no example", c.Name())
		}
	}
}
