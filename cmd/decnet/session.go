package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

func (a *app) loginCommand() *cobra.Command {
	var username, password string
	c := &cobra.Command{
		Use: "login", Short: "Sign in, and keep the token for this server",
		Long: `Sign in with a user name and a password, and keep the token for this server in your settings folder, readable by you alone.

The password is asked for without echo; where there is no terminal it comes from DECNET_PASSWORD or --password. (Others on this machine
can read a command line: prefer the variable.)`,
		Example: "  decnet login\n  decnet login --username alice --url https://decnet.example\n  DECNET_USERNAME=ci DECNET_PASSWORD=… decnet login",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			username = cmp.Or(username, os.Getenv("DECNET_USERNAME"))
			password = cmp.Or(password, os.Getenv("DECNET_PASSWORD"))
			if (username == "" || password == "") && !a.promptable {
				return usagef("there is no terminal to ask on: give DECNET_USERNAME and DECNET_PASSWORD")
			}
			if username == "" {
				fmt.Fprint(a.errOut, "User name: ")
				line, err := bufio.NewReader(a.in).ReadString('\n')
				if err != nil {
					return fmt.Errorf("read the user name: %w", err)
				}
				username = strings.TrimSpace(line)
			}
			if password == "" {
				fmt.Fprint(a.errOut, "Password: ")
				typed, err := term.ReadPassword(int(a.in.(*os.File).Fd())) // promptable says that it is one
				fmt.Fprintln(a.errOut)
				if err != nil {
					return fmt.Errorf("read the password: %w", err)
				}
				password = string(typed)
			}
			// A token that is no longer good must not stand in the way of a new one.
			l, err := a.newClient("").Login(c.Context(), username, password)
			if client.CodeOf(err) == client.CodeUnauthenticated {
				return &refusedSignIn{err}
			}
			if err != nil {
				return err
			}
			if err := storeToken(a.url, l.Token); err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, struct {
					Viewer    client.Viewer `json:"viewer"`
					ExpiresAt string        `json:"expiresAt"`
				}{l.Viewer, l.ExpiresAt.Format("2006-01-02T15:04:05Z07:00")})
			}
			a.say("Signed in to %s as %s (%s), for %s.", a.url, show.Safe(l.Viewer.Username), l.Viewer.Role, short(l.ExpiresAt.Sub(a.now())))
			if l.Viewer.PasswordDue {
				a.say("Your password was somebody else's choice. Before anything else, change it: decnet passwd%s", a.urlFlag())
			}
			return nil
		},
	}
	c.Flags().StringVarP(&username, "username", "u", "", "the user name (default: DECNET_USERNAME, or asked for)")
	c.Flags().StringVar(&password, "password", "", "the password (default: DECNET_PASSWORD, or asked for)")
	return c
}

// refusedSignIn is a wrong name or password: the usual hint, to sign in, would not help.
type refusedSignIn struct{ err error }

func (e *refusedSignIn) Error() string { return e.err.Error() }
func (e *refusedSignIn) Unwrap() error { return e.err }

func (a *app) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use: "logout", Short: "End the sign-in and forget the token", Example: "  decnet logout", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.token == "" {
				a.say("Not signed in to %s.", a.url)
				return nil
			}
			err := a.client.Logout(c.Context())
			if client.CodeOf(err) == client.CodeUnauthenticated {
				err = nil // it was over already
			}
			// Forget it in any case: a server that does not answer is no reason to keep a token.
			if err := errors.Join(err, storeToken(a.url, "")); err != nil {
				return err
			}
			a.say("Signed out of %s.", a.url)
			return nil
		},
	}
}

func (a *app) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use: "whoami", Short: "Show who you are to the server", Example: "  decnet whoami", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := a.client.Viewer(c.Context())
			if err != nil {
				return err
			}
			if v == nil {
				return &client.Error{Code: client.CodeUnauthenticated, Message: "not signed in to " + a.url}
			}
			if a.json {
				return show.JSON(a.out, v)
			}
			a.say("%s (%s) at %s", show.Safe(v.Username), v.Role, a.url)
			return nil
		},
	}
}
