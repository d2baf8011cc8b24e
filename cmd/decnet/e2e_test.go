package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"decnet/internal/ports"
)

// These tests run the commands against the real server with its sim engine.

const password = "correct horse battery"

// decnetd builds the server once for all tests.
var decnetd = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "decnetd")
	if out, err := exec.Command("go", "build", "-o", path, "decnet").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build decnetd: %w\n%s", err, out)
	}
	return path, nil
})

var binaries string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "decnet-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binaries = dir
		return m.Run()
	}())
}

// server is a decnetd that runs.
type server struct {
	t         *testing.T
	url, addr string
	data      string
	flags     []string
	process   *exec.Cmd
	log       *bytes.Buffer
}

func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	address, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, addr: address, data: t.TempDir(), flags: flags, log: &bytes.Buffer{}}
	s.url = "http://" + s.addr
	s.start()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log)
		}
	})
	return s
}

// start runs the server until it answers.
func (s *server) start() {
	s.t.Helper()
	path, err := decnetd()
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = exec.Command(path, append([]string{"--engine", "sim", "--listen", s.addr, "--data", s.data, "--admin-password", password}, s.flags...)...)
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	waitFor(s.t, "the server to answer", func() bool {
		r, err := http.Get(s.url + "/healthz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

func (s *server) kill() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait() // "signal: killed", as it was meant
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited too long for %s", what)
}

// output gathers what a command prints, and can be read while it does.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// home gives the commands of a test settings of their own.
func home(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, name := range []string{"DECNET_URL", "DECNET_TOKEN", "DECNET_USERNAME", "DECNET_PASSWORD"} {
		t.Setenv(name, "")
	}
}

// decnet runs one command line and checks its exit code.
func (s *server) decnet(code int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	var out, errOut output
	got := run(s.t.Context(), newApp(strings.NewReader(""), &out, &errOut), append([]string{"--url", s.url}, args...))
	if got != code {
		s.t.Fatalf("decnet %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &errOut)
	}
	return out.String(), errOut.String()
}

func (s *server) want(text string, parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			s.t.Errorf("%q is not in:\n%s", p, text)
		}
	}
}

func TestSignIn(t *testing.T) {
	home(t)
	s := startServer(t)
	_, msg := s.decnet(exitNotSignedIn, "ls")
	s.want(msg, "hint: sign in with: decnet login --url "+s.url)
	_, msg = s.decnet(exitNotSignedIn, "login", "-u", "admin", "--password", "wrong-password")
	s.want(msg, "the user name or the password is wrong")
	_, msg = s.decnet(exitUsage, "login")
	s.want(msg, "DECNET_PASSWORD")

	t.Setenv("DECNET_USERNAME", "admin")
	t.Setenv("DECNET_PASSWORD", password)
	out, _ := s.decnet(exitOK, "login")
	s.want(out, "as admin (ADMIN), for 11h59m")
	path, err := tokensPath()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the tokens' file: %v, %v", info.Mode(), err)
	}
	out, _ = s.decnet(exitOK, "whoami")
	s.want(out, "admin (ADMIN)")
	token, err := storedToken(s.url)
	if err != nil || token == "" {
		t.Fatalf("stored %q, %v", token, err)
	}

	s.decnet(exitOK, "logout")
	s.decnet(exitNotSignedIn, "whoami")
	_, msg = s.decnet(exitNotSignedIn, "--token", token, "ls")
	s.want(msg, "hint: the token of --token is not good here")
	_, msg = s.decnet(exitNotSignedIn, "--token", token, "watch", "lcy_x")
	s.want(msg, "hint: the token of --token is not good here")
}

func TestAFleetsLife(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off")
	out, _ := s.decnet(exitOK, "ls")
	s.want(out, "No deckies yet")

	out, _ = s.decnet(exitOK, "deploy", "--name", "web", "--count", "2", "--services", "http,ssh", "--dry-run")
	s.want(out, "NAME    IP ", "web-01  10.", "web-02  10.", "http,ssh", "Deployment default on bridge 10.", "nothing was changed")
	out, _ = s.decnet(exitOK, "ls", "--json")
	if out != "" {
		t.Errorf("a dry run deployed: %s", out)
	}

	out, _ = s.decnet(exitOK, "deploy", "--name", "web", "--count", "2", "--services", "http,ssh", "--follow")
	if !regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3}  web-02  DEPLOY    SUCCEEDED `).MatchString(out) {
		t.Errorf("following shows:\n%s", out)
	}
	s.want(out, "2 succeeded in ")
	out, _ = s.decnet(exitOK, "ls")
	if !regexp.MustCompile(`(?m)^web-01  RUNNING  10\.\S+  http,ssh  1    linux  -        -      -$`).MatchString(out) {
		t.Errorf("ls shows:\n%s", out)
	}

	out, _ = s.decnet(exitOK, "__complete", "mutate", "web-01", "")
	if out != "web-02\n:4\n" {
		t.Errorf("mutate completes to %q", out)
	}
	out, _ = s.decnet(exitOK, "__complete", "deploy", "--services", "r")
	s.want(out, "redis\n")
	out, _ = s.decnet(exitOK, "__complete", "attackers", "--by", "")
	s.want(out, "last\nfirst\ninteractions\nattempts\n:4\n")

	out, _ = s.decnet(exitOK, "mutate", "web-01", "--services", "redis", "--wait", "--json")
	var events []struct {
		Seq    int
		Status string
	}
	for line := range strings.Lines(out) {
		var e struct {
			Seq    int
			Status string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if e.Seq > 0 {
			events = append(events, e)
		}
	}
	if n := len(events); n == 0 || events[n-1].Status != "SUCCEEDED" {
		t.Errorf("events of the mutation: %+v", events)
	}
	_, msg := s.decnet(exitError, "mutate", "web-01", "--expected-generation", "1")
	s.want(msg, "hint: it has changed since you looked")
	_, msg = s.decnet(exitError, "mutate", "web-09")
	s.want(msg, "hint: see what there is with: decnet ls")
	out, _ = s.decnet(exitOK, "show", "web-01")
	s.want(out, "services       redis\n", "generation     2\n", "redis 10.")

	_, msg = s.decnet(exitError, "mutate", "web-02", "--set", "ssh.colour=red")
	s.want(msg, `ssh has no setting "colour"`)
	s.decnet(exitUsage, "mutate", "web-02", "--set", "ssh")
	s.decnet(exitUsage, "mutate", "web-02", "--unset", "ssh.password")
	s.decnet(exitOK, "mutate", "web-02", "--set", "ssh.password=hunter2", "--set", "http.server_header=nginx", "--wait")
	s.decnet(exitOK, "mutate", "web-02", "--unset", "http.server_header", "--set", "ssh.user=deploy", "--wait")
	out, _ = s.decnet(exitOK, "show", "web-02")
	s.want(out, "services       http,ssh\n", `settings       ssh.password="hunter2", ssh.user="deploy"`)
	out, _ = s.decnet(exitOK, "services", "--settings")
	s.want(out, "ssh.password", "(secret)")

	out, _ = s.decnet(exitOK, "interval", "--all", "90m")
	s.want(out, "NAME    EVERY  NEXT", "web-01  1h30m  in ")
	out, _ = s.decnet(exitOK, "interval", "web-02", "30m")
	s.want(out, "web-02  30m    in ")
	out, _ = s.decnet(exitOK, "show", "web-02")
	s.want(out, "mutates        every 30m\n")
	out, _ = s.decnet(exitOK, "show", "web-01")
	s.want(out, "mutates        every 1h30m, as the deployment\n")
	out, _ = s.decnet(exitOK, "ls")
	if !regexp.MustCompile(`(?m) 1h30m  in \S+$`).MatchString(out) || !regexp.MustCompile(`(?m) 30m    in \S+$`).MatchString(out) {
		t.Errorf("ls shows no intervals:\n%s", out)
	}
	s.decnet(exitOK, "interval", "web-01", "off")
	out, _ = s.decnet(exitOK, "show", "web-01")
	s.want(out, "mutates        not by itself\n")
	out, _ = s.decnet(exitOK, "interval", "-d", "default", "--all", "off")
	s.want(out, "Set to off; no decky's next mutation changes by it.\n")
	s.decnet(exitError, "interval", "web-02", "1s")
	s.decnet(exitUsage, "interval", "web-02", "often")

	for _, from := range [][]string{nil, {"--from-here"}} {
		_, msg = s.decnet(exitError, append([]string{"check", "web-02"}, from...)...)
		s.want(msg, "the sim engine's deckies are not real: there is nothing to look at")
	}

	out, _ = s.decnet(exitOK, "lifecycles", "--decky", "web-01")
	s.want(out, "MUTATE", "DEPLOY", "[+redis -http -ssh]")
	out, _ = s.decnet(exitOK, "lifecycles", "--status", "FAILED")
	s.want(out, "Nothing matches --status FAILED.\n")
	out, _ = s.decnet(exitOK, "lifecycles", "--status", "failed", "--status", "succeeded", "--decky", "web-01", "--json")
	if strings.Count(out, `"status":"SUCCEEDED"`) != 2 {
		t.Errorf("by status:\n%s", out)
	}
	_, msg = s.decnet(exitUsage, "lifecycles", "--status", "FALED")
	s.want(msg, `there is no status "FALED"; did you mean "FAILED"?`)
	_, msg = s.decnet(exitUsage, "lifecycles", "--status", "broken")
	s.want(msg, `there is no status "broken"; known are `, "SUPERSEDED")

	_, msg = s.decnet(exitUsage, "teardown", "--all")
	s.want(msg, "to take down web-01, web-02 of deployment default, say --yes")
	_, msg = s.decnet(exitUsage, "teardown")
	s.want(msg, "name the deckies")
	out, _ = s.decnet(exitOK, "teardown", "--all", "--yes", "--wait")
	s.want(out, "2 succeeded")
	out, _ = s.decnet(exitOK, "ls", "--json")
	if out != "" {
		t.Errorf("still there: %s", out)
	}
}

// An empty value, such as an unset variable of a script leaves, does nothing.
func TestNothingIsDoneForAnEmptyValue(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off")
	s.decnet(exitOK, "deploy", "--name", "web", "--services", "ssh", "--wait")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"mutate", "web", "--services", ""}, "--services is empty: name services, or leave the flag out for a pick"},
		{[]string{"deploy", "--name", "x", "--services="}, "--services is empty: name services"},
		{[]string{"deploy", "--name", "x", "--archetype", ""}, "--archetype is empty: give it a value, or leave the flag out"},
		{[]string{"deploy", "--name", "x", "--count", "0"}, "--count is at least 1, not 0"},
		{[]string{"deploy", "--name", "x", "--count", "-2"}, "--count is at least 1, not -2"},
		{[]string{"mutate", "--all", "--deployment", ""}, "--deployment is empty"},
		{[]string{"teardown", "--all", "--yes", "--deployment", ""}, "--deployment is empty"},
		{[]string{"interval", "--all", "2h", "-d", ""}, "--deployment is empty"},
	} {
		_, msg := s.decnet(exitUsage, test.args...)
		s.want(msg, test.want)
	}
	out, _ := s.decnet(exitOK, "lifecycles", "--json")
	if n := strings.Count(out, "\n"); n != 1 {
		t.Errorf("%d lifecycles, not only the one deploy:\n%s", n, out)
	}
}

// A hint is about what was asked for, and true; where there is nothing more to say, nothing is said.
func TestHintsAreAboutWhatWasAskedFor(t *testing.T) {
	home(t)
	s := startServer(t)
	_, msg := s.decnet(exitNotSignedIn, "ls")
	s.want(msg, "error: sign in first\n hint: sign in with: decnet login --url "+s.url+"\n")
	s.decnet(exitOK, "login", "-u", "admin", "--password", password)
	s.decnet(exitOK, "deploy", "--name", "web", "--services", "ssh", "--wait")
	s.decnet(exitOK, "users", "add", "olga")
	none, _ := s.decnet(exitOK, "sources")
	s.want(none, "None: every touch is an intruder's.")
	s.decnet(exitOK, "sources", "add", "10.0.5.7", "the weekly", "scan", "--for", "2160h")
	known, _ := s.decnet(exitOK, "sources")
	s.want(known, "10.0.5.7  the weekly scan  admin")
	s.decnet(exitOK, "sources", "add", "10.0.6.0/24", "the inventory")
	s.decnet(exitOK, "sources", "rm", "10.0.6.9/24")
	out, _ := s.decnet(exitOK, "lifecycles", "--json")
	var done struct{ ID string }
	if err := json.Unmarshal([]byte(out), &done); err != nil {
		t.Fatal(err)
	}
	url := " --url " + s.url + "\n"
	for _, test := range []struct {
		code int
		args []string
		want string // "": no hint
	}{
		{exitError, []string{"users", "rm", "admin"}, ""},
		{exitError, []string{"users", "add", "olga"}, "change who is there with: decnet users set NAME" + url},
		{exitError, []string{"users", "rm", "nobody"}, "see the users with: decnet users" + url},
		{exitError, []string{"retry", done.ID}, ""},
		{exitError, []string{"cancel", done.ID}, ""},
		{exitError, []string{"retry", "lcy_x"}, "see the lifecycles with: decnet lifecycles" + url},
		{exitError, []string{"cancel", "lcy_x"}, "see the lifecycles with: decnet lifecycles" + url},
		{exitError, []string{"watch", "lcy_x"}, "see the lifecycles with: decnet lifecycles" + url},
		{exitError, []string{"sources", "rm", "10.0.0.1"}, "see the known sources with: decnet sources" + url},
		{exitError, []string{"sources", "add", "10.0.5.7", "again"}, "take it back first with: decnet sources rm NETWORK" + url},
		{exitUsage, []string{"watch", "--known"}, "decnet watch --help\n"},
		{exitError, []string{"tokens", "rm", "nope"}, "see your sign-ins and tokens with: decnet tokens" + url},
		{exitError, []string{"replay", "ses_x"}, "see what can be replayed with: decnet sessions --recorded" + url},
		{exitError, []string{"check", "web"}, ""},
		{exitError, []string{"show", "nope"}, "see what there is with: decnet ls" + strings.TrimSuffix(url, "\n") + " (another deployment: --deployment NAME)\n"},
		{exitError, []string{"mutate", "web", "--expected-generation", "7"}, "it has changed since you looked"},
		{exitUsage, []string{"mutat"}, "did you mean: decnet mutate\n"},
		{exitUsage, []string{"users", "ad"}, "did you mean: decnet users add\n"},
		{exitUsage, []string{"quux"}, "decnet --help, or decnet COMMAND --help\n"},
		{exitUsage, []string{"mutate"}, "decnet mutate --help\n"},
		{exitUsage, []string{"mutate", "web", "--sed", "1"}, "decnet mutate --help\n"},
		{exitNotSignedIn, []string{"--token", "decnet_old", "ls"}, "the token of --token is not good here, or no longer: "},
		{exitUsage, []string{"audit", "--last", "500"}, "decnet audit --help\n"},
		{exitUsage, []string{"backup", t.TempDir()}, "decnet backup --help\n"},
	} {
		_, msg := s.decnet(test.code, test.args...)
		line, hint, _ := strings.Cut(msg, "\n")
		if test.want != "" {
			test.want = " hint: " + test.want
		}
		if !strings.HasPrefix(line, "error: ") || (test.want == "") != (hint == "") || !strings.HasPrefix(hint, test.want) {
			t.Errorf("decnet %s says\n%s", strings.Join(test.args, " "), msg)
		}
	}
}

// A line with too much or too little on it is told what the command takes, and an argument that is none of a few what they are.
func TestWhatACommandTakesIsSaid(t *testing.T) {
	home(t)
	s := startServer(t)
	s.decnet(exitOK, "login", "-u", "admin", "--password", password)
	for _, test := range []struct {
		code int
		args []string
		want string
	}{
		{exitUsage, []string{"interval", "web"}, "interval takes NAME DURATION|off"},
		{exitUsage, []string{"interval", "--all", "web", "2h"}, "interval --all takes DURATION|off, and no name"},
		{exitUsage, []string{"sources", "add", "10.0.0.1"}, "add takes NETWORK NOTE"},
		{exitUsage, []string{"ls", "web"}, "ls takes no arguments, only flags"},
		{exitError, []string{"deploy", "--name", "web", "--distro", "solaris"}, `unknown distro "solaris": known are `},
		{exitError, []string{"deploy", "--name", "web", "--os", "solaris"}, `unknown personality "solaris": known are bsd, cisco, embedded, linux, windows, windows_server`},
	} {
		_, msg := s.decnet(test.code, test.args...)
		s.want(msg, test.want)
	}
	nobody, _ := s.decnet(exitOK, "audit", "--actor", "nobody")
	s.want(nobody, "Nothing matches --actor nobody.")
}

// A name with a slip in it does not look as if all were quiet.
func TestANameThatNobodyHasIsToldOf(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off")
	const warning = "warning: neither the fleet nor the record has anything of --d"
	for _, test := range []struct {
		list string
		want string
	}{
		{"interactions", "Nobody has touched a decky yet."}, {"sessions", "Nobody has touched a decky yet."}, {"attackers", "Nobody has touched a decky yet."},
		{"credentials", "Nobody has tried to log in yet."}, {"lifecycles", "Nothing was done yet."},
	} {
		if out, msg := s.decnet(exitOK, test.list); out != test.want+"\n" || msg != "" {
			t.Errorf("%s says %q and %q", test.list, out, msg)
		}
	}
	s.decnet(exitOK, "deploy", "--name", "web", "--services", "ssh", "-d", "lab", "--wait")
	for _, list := range []string{"interactions", "sessions", "lifecycles"} {
		out, msg := s.decnet(exitOK, list, "--decky", "nope")
		s.want(out, "Nothing matches --decky nope.\n")
		s.want(msg, warning+"ecky nope\n")
		out, msg = s.decnet(exitOK, list, "--decky", "web", "-d", "nope", "--json")
		s.want(out+msg, warning+"eployment nope --decky web\n")
	}
	for _, where := range [][]string{{"--decky", "web"}, {"-d", "lab"}, {"--decky", "web", "-d", "lab"}} {
		out, msg := s.decnet(exitOK, append([]string{"interactions"}, where...)...)
		s.want(out, "Nothing matches --d")
		if msg != "" {
			t.Errorf("it warns of %v: %s", where, msg)
		}
	}
	out, _ := s.decnet(exitOK, "sessions", "--recorded", "--search", "x")
	s.want(out, "Nothing matches --recorded --search x.\n")

	for _, stream := range [][]string{{"interactions", "-f"}, {"watch"}, {"watch", "--interactions"}} {
		ctx, stop := context.WithCancel(t.Context())
		var out, errOut output
		code := make(chan int, 1)
		go func() {
			code <- run(ctx, newApp(strings.NewReader(""), &out, &errOut), append([]string{"--url", s.url, "--deployment", "nope"}, stream...))
		}()
		waitFor(t, "the warning", func() bool { return strings.Contains(errOut.String(), warning+"eployment nope\n") })
		stop()
		if got := <-code; got != exitInterrupted {
			t.Errorf("%v: exit %d\n%s", stream, got, &errOut)
		}
	}
}

func TestWhatIsSetIsToldOfAsItWasGiven(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off")
	s.decnet(exitOK, "deploy", "--name", "web", "--count", "2", "--services", "ssh", "--wait")
	_, msg := s.decnet(exitOK, "mutate", "web-01", "--set", "mysql.version=8.0.36", "--set", "ssh.user=deploy", "--wait")
	if want := "warning: mysql is not among web-01's services: kept for when it is\n"; msg != want {
		t.Errorf("it says %q, not %q", msg, want)
	}
	_, msg = s.decnet(exitOK, "mutate", "web-01", "--services", "mysql,ssh", "--set", "mysql.version=8.0.36", "--wait")
	if msg != "" {
		t.Errorf("it warns of a service that comes by the same mutation: %s", msg)
	}
	// Among those that were set before, it is the third.
	_, msg = s.decnet(exitError, "mutate", "web-01", "--set", "telnet.bogus=1")
	s.want(msg, `error: --set telnet.bogus: telnet has no setting "bogus"`, "hint: see what there is to set with: decnet services --settings")

	out, _ := s.decnet(exitOK, "mutate", "web-02", "web-02", "--json")
	if n := strings.Count(out, "\n"); n != 1 {
		t.Errorf("a name that is given twice is mutated %d times:\n%s", n, out)
	}
}

// The server's sixty settings are no help to who adds a user.
func TestTheHelpOnUsersIsAboutThem(t *testing.T) {
	path, err := decnetd()
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"user", "--help"}, {"user", "add", "--help"}, {"help", "user", "passwd"}} {
		out, err := exec.Command(path, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, flag := range []string{"--config", "--data", "--database-url", "--secret-key-file"} {
			if !strings.Contains(string(out), flag+" ") {
				t.Errorf("%s does not name %s:\n%s", strings.Join(args, " "), flag, out)
			}
		}
		if strings.Contains(string(out), "--max-") || strings.Contains(string(out), "--engine") {
			t.Errorf("%s is about the server:\n%s", strings.Join(args, " "), out)
		}
	}
}

func TestDeployFiles(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off")
	write := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := write("bad.yaml", "deckies:\n  - name: web\n  - name: db\n    archetype: databse-server\n")
	_, msg := s.decnet(exitError, "deploy", "-f", bad)
	s.want(msg, bad+":3: input.deckies[1].archetype: ", "hint: see the archetypes with")
	_, msg = s.decnet(exitUsage, "deploy", "-f", write("typo.ini", "[web]\nservice = ssh\n"))
	s.want(msg, `typo.ini:2: there is no key "service"`)
	_, msg = s.decnet(exitUsage, "deploy", "-f", bad, "--count", "2")
	s.want(msg, "--count does not go with a file")

	example := regexp.MustCompile(`(?s)\n\n(  deployment: default.*?)\n\n`).FindStringSubmatch(newApp(nil, nil, nil).deployCommand().Long)
	if example == nil {
		t.Fatal("the help shows no file")
	}
	out, _ := s.decnet(exitOK, "deploy", "-f", write("fleet.yaml", example[1]), "--dry-run")
	s.want(out, "shop-03", "10.20.0.20", "db1", "Deployment default on bridge 10.20.0.0/24")

	lan := write("lan.ini", "[general]\nnet = 10.78.0.0/24\ngw = 10.78.0.1\ninterface = eth0\n[corp]\nservices = ssh\n")
	out, _ = s.decnet(exitOK, "deploy", "-f", lan, "--network", "bridge", "-d", "trial", "--dry-run")
	s.want(out, "Deployment trial on bridge 10.78.0.0/24")
	_, msg = s.decnet(exitError, "deploy", "-f", lan, "--network", "bridge", "--parent", "eth0", "-d", "trial", "--dry-run")
	s.want(msg, "a BRIDGE network has no parent interface")

	old := write("old.ini", "[general]\nnet = 10.77.0.0/24\nmutate_interval = 60\n[corp]\nservices = ssh, http\namount = 2\n[corp.ssh]\npassword = toor\n")
	_, msg = s.decnet(exitUsage, "deploy", "-f", old)
	s.want(msg, "say what kind of network it is")
	out, _ = s.decnet(exitOK, "deploy", "-f", old, "--network", "bridge", "-d", "lab", "--wait")
	s.want(out, "2 succeeded")
	_, msg = s.decnet(exitError, "deploy", "-f", write("relay.ini", "[mail]\nservices = smtp_relay\n[mail.smtp_relay]\nprobe_limit = 1\n"))
	s.want(msg, "relay.ini:1: ", "probe_limit of smtp_relay is refused: it counts the messages that are passed on, and none ever is")
	out, _ = s.decnet(exitOK, "ls", "-d", "lab")
	s.want(out, "corp-01  RUNNING  10.77.0.")
	if !regexp.MustCompile(`(?m)^corp-02 .* in (5\dm|1h0)`).MatchString(out) { // an hour, give or take what keeps deckies apart
		t.Errorf("the interval of the file does not hold:\n%s", out)
	}

	now := write("now.yaml", "deployment: lab\nmode: replace\ndeckies:\n  - name: corp-01\n    services: [ssh, http]\n  - name: db\n    services: [mysql]\n")
	out, _ = s.decnet(exitOK, "deploy", "-f", now, "--dry-run")
	s.want(out, "Torn down: corp-02.")
	s.decnet(exitOK, "deploy", "-f", now, "--wait")
	out, _ = s.decnet(exitOK, "deploy", "-f", now, "--wait")
	s.want(out, "Nothing to do")
	_, msg = s.decnet(exitError, "ls", "-d", "nowhere")
	s.want(msg, "there is no deployment nowhere")
}

func TestFailedWorkHasItsOwnExitCode(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off", "--sim-failure-rate", "1", "--max-attempts", "1")
	out, msg := s.decnet(exitWorkFailed, "deploy", "--name", "web", "--services", "ssh", "--wait")
	s.want(out, "1 failed")
	s.want(msg, "failed: web: ", "hint: decnet retry lcy_")
	id := regexp.MustCompile(`lcy_\w+`).FindString(msg)
	s.decnet(exitWorkFailed, "watch", id)
	s.decnet(exitWorkFailed, "retry", id, "--follow")
}

// TestFollowSurvivesTheServersDeath: the server is killed in the middle of the work and comes back; the command that follows ends as if nothing had
// been.
func TestFollowSurvivesTheServersDeath(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off", "--sim-latency", "1s", "--lease", "1s")
	var out, errOut output
	code := make(chan int, 1)
	go func() {
		code <- run(t.Context(), newApp(strings.NewReader(""), &out, &errOut), []string{"--url", s.url, "deploy", "--name", "web", "--services", "ssh", "--follow", "--json"})
	}()
	waitFor(t, "the work to begin", func() bool { return strings.Contains(out.String(), `"status":"RUNNING"`) })
	s.kill()
	waitFor(t, "the client to notice", func() bool { return strings.Contains(errOut.String(), "connection lost") })
	s.start()
	if got := <-code; got != exitOK {
		t.Fatalf("exit %d\n%s%s", got, &out, &errOut)
	}
	seq := 0
	for line := range strings.Lines(out.String()) {
		var e struct {
			Seq    int
			Status string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Seq == 0 {
			continue // the answer to the deploy
		}
		if seq > 0 && e.Seq != seq+1 {
			t.Errorf("entry %d after %d", e.Seq, seq)
		}
		seq = e.Seq
	}
	s.want(out.String(), `"status":"SUCCEEDED"`)
}

func TestInterruptLeavesTheWorkAndSaysHowToGoOn(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off", "--sim-latency", "1s")
	ctx, interrupt := context.WithCancel(t.Context())
	var out, errOut output
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, newApp(strings.NewReader(""), &out, &errOut), []string{"--url", s.url, "deploy", "--name", "web", "--services", "ssh", "--follow"})
	}()
	waitFor(t, "the work to begin", func() bool { return strings.Contains(out.String(), "RUNNING") })
	interrupt()
	if got := <-code; got != exitInterrupted {
		t.Errorf("exit %d", got)
	}
	s.want(errOut.String(), "The work goes on behind")
	again := regexp.MustCompile(`decnet (watch .*)`).FindStringSubmatch(errOut.String())
	if again == nil {
		t.Fatalf("no command to go on with in %s", &errOut)
	}
	rest, _ := s.decnet(exitOK, strings.Fields(again[1])...)
	s.want(rest, "SUCCEEDED")
}

func TestWatchShowsOnlyWhatIsNew(t *testing.T) {
	home(t)
	s := startServer(t, "--auth=off")
	s.decnet(exitOK, "deploy", "--name", "old", "--services", "ssh", "--wait")
	ctx, stop := context.WithCancel(t.Context())
	var out, errOut output
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, newApp(strings.NewReader(""), &out, &errOut), []string{"--url", s.url, "watch"})
	}()
	n := 0
	waitFor(t, "new entries", func() bool { // the watch may begin only after the first of these
		n++
		s.decnet(exitOK, "deploy", "--name", fmt.Sprintf("new-%d", n), "--services", "ssh", "--wait")
		return strings.Contains(out.String(), "SUCCEEDED")
	})
	stop()
	if got := <-code; got != exitInterrupted {
		t.Errorf("exit %d", got)
	}
	if strings.Contains(out.String(), "old") {
		t.Errorf("watch shows what was before:\n%s", &out)
	}
	s.want(errOut.String(), "decnet watch --after ")
}
