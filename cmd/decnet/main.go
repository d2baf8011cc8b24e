// Command decnet is the command line of decnet, a deception network. It is a client of the GraphQL API like any other: it knows nothing that the
// API does not say, and whatever it does, a script with the client package can do too.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

// The exit codes; the root command's help documents them.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitWorkFailed  = 3
	exitNotSignedIn = 4
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal finds no handler, and ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, newApp(os.Stdin, os.Stdout, os.Stderr), os.Args[1:]))
}

// run carries one command line out and returns the exit code.
func run(ctx context.Context, a *app, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if !a.started {
		found, _, _ := root.Find(args) // the root where there is none of that name
		a.command = spoken(found)
		err = &usageError{needed(found, err), a.meant(found, err)}
	}
	return a.report(err)
}

// needed says what a command takes, in the place of how many arguments: what they are is in its usage.
func needed(c *cobra.Command, err error) error {
	name, takes, _ := strings.Cut(c.Use, " ")
	switch text := err.Error(); {
	case c.HasSubCommands():
		return err
	case strings.HasPrefix(text, "accepts ") || strings.HasPrefix(text, "requires at least "):
		return fmt.Errorf("%s takes %s", name, takes)
	case strings.HasPrefix(text, "unknown command ") && takes == "":
		return fmt.Errorf("%s takes no arguments, only flags", name)
	}
	return err
}

// meant guesses which command was meant by one that there is none of.
func (a *app) meant(under *cobra.Command, err error) string {
	var name string
	if _, scanErr := fmt.Sscanf(err.Error(), "unknown command %q", &name); scanErr != nil {
		return ""
	}
	under.SuggestionsMinimumDistance = min(2, len(name)/2) // of two letters, both may not be wrong
	var likely []string
	for _, s := range under.SuggestionsFor(name) {
		likely = append(likely, strings.TrimSpace(under.CommandPath()+" "+s))
	}
	if len(likely) == 0 {
		return ""
	}
	return "did you mean: " + strings.Join(likely, ", or ")
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "decnet",
		Short: "Deploy, mutate and watch a fleet of decoys",
		Long: `Deploy, mutate and watch a fleet of decoys ("deckies") by the API of a decnet server.

Changes are accepted at once and carried out behind it: on a terminal the command stays and shows how far the work is, and Ctrl-C only stops the showing.

Environment:
  DECNET_URL                         the server, when --url is not given
  DECNET_TOKEN                       the token, when --token is not given
  DECNET_CA                          the certificate that vouches for the server, when --ca is not given
  DECNET_USERNAME, DECNET_PASSWORD   what "decnet login" does not have to ask for
  NO_COLOR                           no colors

Exit codes:
  0    done
  1    an error
  2    the command line or an input file is wrong
  3    the work was accepted, and a lifecycle of it ended FAILED or CANCELED
  4    not signed in
  130  interrupted; accepted work goes on`,
		Example: `  decnet login
  decnet deploy --name shop --count 3 --archetype web-server
  decnet ls
  decnet mutate shop-01
  decnet watch --interactions`,
		Version: version, SilenceUsage: true, SilenceErrors: true, DisableSuggestions: true, // they are hints
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return a.start(c) },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.SetVersionTemplate("decnet {{.Version}}\n")
	f := root.PersistentFlags()
	f.StringVar(&a.url, "url", "", "the server (default: DECNET_URL, or "+defaultURL+")")
	f.StringVar(&a.ca, "ca", "", "certificate (PEM) that vouches for the server, in place of the system's (default: DECNET_CA)")
	f.StringVar(&a.token, "token", "", "the token to sign in with (default: DECNET_TOKEN, or what \"decnet login\" stored)")
	f.BoolVar(&a.json, "json", false, "JSON in place of text: one object, or one a line for lists and streams")
	f.BoolVar(&a.noColor, "no-color", false, "no colors (also: NO_COLOR)")
	root.AddCommand(
		a.loginCommand(), a.logoutCommand(), a.whoamiCommand(), a.passwdCommand(), a.tokensCommand(), a.usersCommand(), a.auditCommand(),
		a.deployCommand(), a.mutateCommand(), a.intervalCommand(), a.checkCommand(), a.teardownCommand(),
		a.lsCommand(), a.showCommand(), a.watchCommandLine(), a.lifecyclesCommand(), a.cancelCommand(), a.retryCommand(),
		a.interactionsCommand(), a.sessionsCommand(), a.credentialsCommand(), a.attackersCommand(), a.sourcesCommand(), a.replayCommand(),
		a.archetypesCommand(), a.servicesCommand(), a.backupCommand(), a.versionCommand(),
	)
	return root
}

// usageError is a command line that can't be carried out as it stands.
type usageError struct {
	err  error
	hint string // "" is where to read how it is typed
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, a ...any) error { return &usageError{err: fmt.Errorf(format, a...)} }

// errWorkFailed is the end of a command whose work was shown to fail: there is nothing more to say.
var errWorkFailed = errors.New("a lifecycle failed")
