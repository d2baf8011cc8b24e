package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

const defaultURL = "http://127.0.0.1:8080"

// app is what all commands share: where to read and write, and the global flags.
type app struct {
	in          io.Reader
	out, errOut io.Writer
	// terminal tells whether out is one; promptable whether in is.
	terminal, promptable bool
	now                  func() time.Time

	url, token    string
	tokenFrom     string         // the flag or the variable that the token is from; "": what is stored, or there is none
	ca            string         // a file
	authorities   *x509.CertPool // nil: the system's
	json, noColor bool
	color         bool
	// started tells an error of the command line from one of the work.
	started bool
	// command is what is being run ("users add"); "" before it is known.
	command string
	client  *client.Client
}

func newApp(in io.Reader, out, errOut io.Writer) *app {
	return &app{in: in, out: out, errOut: errOut, terminal: isTerminal(out), promptable: isTerminal(in), now: time.Now}
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// start settles the global flags before a command runs.
func (a *app) start(c *cobra.Command) error {
	// Cobra looks at these only later, when an error counts as one of the work.
	if err := c.ValidateFlagGroups(); err != nil {
		return err
	}
	a.url = strings.TrimRight(cmp.Or(a.url, os.Getenv("DECNET_URL"), defaultURL), "/")
	if u, err := url.Parse(a.url); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--url %q is not a server's address such as %s", a.url, defaultURL)
	}
	if file := cmp.Or(a.ca, os.Getenv("DECNET_CA")); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read --ca: %w", err)
		}
		if a.authorities = x509.NewCertPool(); !a.authorities.AppendCertsFromPEM(pem) {
			return fmt.Errorf("--ca %s holds no certificate in PEM form", file)
		}
	}
	a.color = a.terminal && !a.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if a.token != "" {
		a.tokenFrom = "--token"
	} else if a.token = os.Getenv("DECNET_TOKEN"); a.token != "" {
		a.tokenFrom = "DECNET_TOKEN"
	}
	if a.token == "" {
		stored, err := storedToken(a.url)
		if err != nil {
			return err
		}
		a.token = stored
	}
	a.client = a.newClient(a.token)
	a.command = spoken(c)
	a.started = true
	return nil
}

// spoken is a command as it is typed after the program's name; "" is the program itself.
func spoken(c *cobra.Command) string {
	_, rest, _ := strings.Cut(c.CommandPath(), " ")
	return rest
}

func (a *app) newClient(token string) *client.Client {
	options := []client.Option{client.WithToken(token), client.WithUserAgent("decnet/" + version)}
	if a.authorities != nil {
		options = append(options, client.WithAuthorities(a.authorities))
	}
	return client.New(a.url, options...)
}

// report prints what went wrong and what to do about it, and returns the exit code.
func (a *app) report(err error) int {
	switch {
	case errors.Is(err, errWorkFailed):
		return exitWorkFailed
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	text := err.Error()
	switch client.CodeOf(err) {
	case client.CodeUnauthenticated, client.CodeForbidden:
		text, _, _ = strings.Cut(text, ": mutation {") // the API tells how in its own words, the hint in ours
	}
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(a.errOut, "%s %s\n", show.Paint(a.color, show.Red, "error:"), show.Safe(line))
	}
	if h := a.hint(err); h != "" {
		fmt.Fprintf(a.errOut, "%s %s\n", show.Paint(a.color, show.Blue, " hint:"), show.Safe(h))
	}
	if _, usage := errors.AsType[*usageError](err); usage {
		return exitUsage
	}
	if client.CodeOf(err) == client.CodeUnauthenticated {
		return exitNotSignedIn
	}
	return exitError
}

// hint says what a person can do about an error.
func (a *app) hint(err error) string {
	if _, refused := errors.AsType[*refusedSignIn](err); refused {
		return "the server's first user is admin; its password was printed when the server first started"
	}
	switch client.CodeOf(err) {
	case client.CodeUnauthenticated:
		switch {
		case a.tokenFrom != "": // which a sign-in would not change
			return "the token of " + a.tokenFrom + " is not good here, or no longer: make another with decnet tokens add, or leave it out and sign in with: decnet login" + a.urlFlag()
		case a.token != "":
			return "your sign-in has ended: sign in again with: decnet login" + a.urlFlag()
		}
		return "sign in with: decnet login" + a.urlFlag()
	case client.CodeForbidden:
		if strings.Contains(err.Error(), "change your password first") {
			return "change it with: decnet passwd" + a.urlFlag()
		}
		if !strings.Contains(err.Error(), "needs the role") {
			return "" // it is not one's role
		}
		return "changes of the fleet need the role OPERATOR, users, the audit trail and backups ADMIN; see who you are with: decnet whoami" + a.urlFlag()
	case client.CodeNotFound:
		return a.whereToLook()
	case client.CodeConflict:
		return a.afterConflict(err)
	case client.CodeCursorExpired:
		return "start afresh without --after" // the server says which of the reasons it is
	case client.CodeBadUserInput:
		if e, ok := errors.AsType[*client.Error](err); ok && strings.Contains(e.Argument, "services") {
			return "see the services with: decnet services" + a.urlFlag()
		} else if ok && strings.Contains(e.Argument, "archetype") {
			return "see the archetypes with: decnet archetypes" + a.urlFlag()
		} else if ok && strings.HasPrefix(e.Argument, "--set ") {
			return "see what there is to set with: decnet services --settings" + a.urlFlag()
		}
	case client.CodeNoServicesAvailable:
		return "see which services this server can deploy with: decnet services" + a.urlFlag()
	case client.CodeLimitExceeded:
		return "see the limits in force with: decnet version" + a.urlFlag() + "; each is a setting of the server"
	case client.CodeRateLimited:
		if e, ok := errors.AsType[*client.Error](err); ok && e.Facts["retryAfter"] != nil {
			return "the bound is --rate-user of the server, and without a sign-in --rate-address" // how long to wait it has said
		}
		if strings.Contains(err.Error(), "wait ") {
			return "" // it has said so
		}
		return "wait a few minutes, then try again"
	case client.CodeUnreachable:
		switch text := err.Error(); {
		case strings.Contains(text, " answers 5"):
			return "try again in a moment; /readyz of the server says which part of it is not ready, and its log why"
		case strings.Contains(text, "certificate signed by unknown authority"):
			return "give the certificate that vouches for the server with --ca or DECNET_CA: a server that makes its own keeps it as tls.crt in its data folder"
		case strings.Contains(text, "HTTP response to HTTPS client"):
			return "that server speaks HTTP: name it as http://…"
		case strings.HasPrefix(a.url, "http://") && strings.Contains(text, "the answer broke off"):
			return "does that server speak HTTPS? Then name it as https://…"
		}
		return "is decnetd running there? Name another server with --url or DECNET_URL"
	case client.CodeProtocol:
		if strings.Contains(err.Error(), "a proxy in between") {
			return "" // the address is right
		}
		return "check --url: it is the server's own address, such as " + defaultURL
	}
	if e, usage := errors.AsType[*usageError](err); usage {
		switch {
		case e.hint != "":
			return e.hint
		case a.command != "":
			return "decnet " + a.command + " --help"
		}
		return "decnet --help, or decnet COMMAND --help"
	}
	return ""
}

// whereToLook says how to see what there is of the kind that a command did not find.
func (a *app) whereToLook() string {
	switch a.command {
	case "deploy", "mutate", "interval", "check", "teardown", "show", "ls":
		return "see what there is with: decnet ls" + a.urlFlag() + " (another deployment: --deployment NAME)"
	case "cancel", "retry", "watch", "lifecycles":
		return "see the lifecycles with: decnet lifecycles" + a.urlFlag()
	case "replay":
		return "see what can be replayed with: decnet sessions --recorded" + a.urlFlag()
	case "sources rm":
		return "see the known sources with: decnet sources" + a.urlFlag()
	case "users set", "users rm":
		return "see the users with: decnet users" + a.urlFlag()
	case "tokens rm":
		return "see your sign-ins and tokens with: decnet tokens" + a.urlFlag()
	}
	return ""
}

// afterConflict goes by what the server says is the case; where that is nothing more, its message says it all.
func (a *app) afterConflict(err error) string {
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return ""
	}
	_, moved := e.Facts["currentGeneration"]
	_, revised := e.Facts["currentRevision"]
	under, busy := e.Facts["lifecycleId"].(string)
	switch {
	case moved || revised:
		return "it has changed since you looked: see it with decnet ls or decnet show NAME, then decide again"
	case busy:
		return "see how far that is with: " + a.watchCommand([]string{under}, "")
	case a.command == "sources add":
		return "take it back first with: decnet sources rm NETWORK" + a.urlFlag()
	case a.command == "users add":
		return "change who is there with: decnet users set NAME" + a.urlFlag()
	}
	return ""
}

// urlFlag is the --url that a suggested command needs to mean the same server.
func (a *app) urlFlag() string {
	if a.url == "" || a.url == defaultURL || a.url == os.Getenv("DECNET_URL") {
		return ""
	}
	return " --url " + a.url
}

// say prints a line for people: to stdout, or with --json to stderr, where it is in nobody's way.
func (a *app) say(format string, args ...any) {
	w := a.out
	if a.json {
		w = a.errOut
	}
	fmt.Fprintf(w, format+"\n", args...)
}
