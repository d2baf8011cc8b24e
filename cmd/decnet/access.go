package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"decnet/client"
	"decnet/cmd/decnet/internal/show"
)

// askSecret asks for something without echo; where there is no terminal it comes from an environment variable.
func (a *app) askSecret(prompt, variable string) (string, error) {
	if v := os.Getenv(variable); v != "" {
		return v, nil
	}
	if !a.promptable {
		return "", usagef("there is no terminal to ask on: give %s", variable)
	}
	fmt.Fprint(a.errOut, prompt)
	typed, err := term.ReadPassword(int(a.in.(*os.File).Fd())) // promptable says that it is one
	fmt.Fprintln(a.errOut)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(typed), nil
}

func (a *app) passwdCommand() *cobra.Command {
	return &cobra.Command{
		Use: "passwd", Short: "Change your password", Args: cobra.NoArgs,
		Long:    "Change your password, and end your other sign-ins. Where there is no terminal, DECNET_PASSWORD is the present one and DECNET_NEW_PASSWORD the new one.",
		Example: "  decnet passwd",
		RunE: func(c *cobra.Command, _ []string) error {
			current, err := a.askSecret("Present password: ", "DECNET_PASSWORD")
			if err != nil {
				return err
			}
			next, err := a.askSecret("New password (8 characters or more): ", "DECNET_NEW_PASSWORD")
			if err != nil {
				return err
			}
			if os.Getenv("DECNET_NEW_PASSWORD") == "" {
				again, err := a.askSecret("The new password again: ", "DECNET_NEW_PASSWORD")
				if err != nil {
					return err
				}
				if again != next {
					return usagef("the new passwords differ: nothing is changed")
				}
			}
			if err := a.client.ChangePassword(c.Context(), current, next); err != nil {
				return err
			}
			a.say("Your password is changed, and your other sign-ins are ended.")
			return nil
		},
	}
}

// role reads a role's name as a flag gives it; nil when none was given.
func role(name string) (*client.Role, error) {
	if name == "" {
		return nil, nil
	}
	r := client.Role(strings.ToUpper(name))
	switch r {
	case client.RoleViewer, client.RoleOperator, client.RoleAdmin:
		return &r, nil
	}
	return nil, usagef("a role is viewer, operator or admin, not %q", name)
}

func (a *app) usersCommand() *cobra.Command {
	list := func(c *cobra.Command, _ []string) error {
		users, err := a.client.Users(c.Context())
		if err != nil {
			return err
		}
		t := show.NewTable(a.color, "NAME", "ROLE", "SINCE", "")
		for i := range users {
			u := &users[i]
			if a.json {
				if err := show.JSON(a.out, u); err != nil {
					return err
				}
				continue
			}
			note := ""
			switch {
			case u.Disabled:
				note = "may not sign in"
			case u.PasswordDue:
				note = "has to change the password"
			case u.External:
				note = "signs in at the provider"
			}
			t.Row(u.Username, string(u.Role), ago(&u.CreatedAt, a.now()), note)
		}
		if a.json {
			return nil
		}
		return t.Write(a.out)
	}
	cmd := &cobra.Command{
		Use: "users", Short: "See and change who may sign in", Args: cobra.NoArgs, RunE: list,
		Example: "  decnet users\n  decnet users add olga --role operator\n  decnet users set olga --role viewer\n  decnet users set olga --disable\n  decnet users set olga --reset-password\n  decnet users rm olga",
	}
	shown := func(name string, password *string) {
		if password != nil {
			a.say("%s's password, shown once and to be changed at the first sign-in: %s", show.Safe(name), *password)
		}
	}
	var addRole string
	add := &cobra.Command{
		Use: "add NAME", Short: "Let somebody sign in; the password is made and printed", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := role(cmp.Or(addRole, "viewer"))
			if err != nil {
				return err
			}
			made, err := a.client.CreateUser(c.Context(), client.CreateUserInput{Username: args[0], Role: *r})
			if err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, made)
			}
			shown(args[0], made.Password)
			return nil
		},
	}
	add.Flags().StringVar(&addRole, "role", "viewer", "viewer, operator or admin")
	completeWords(add, "role", "viewer", "operator", "admin")
	var setRole string
	var disable, enable, reset bool
	set := &cobra.Command{
		Use: "set NAME", Short: "Change what somebody may do, shut them out, or give them a new password", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := role(setRole)
			if err != nil {
				return err
			}
			in := client.UpdateUserInput{Username: args[0], Role: r, ResetPassword: reset}
			if disable || enable {
				in.Disabled = &disable
			}
			if r == nil && in.Disabled == nil && !reset {
				return usagef("nothing to change: give --role, --disable, --enable or --reset-password")
			}
			changed, err := a.client.UpdateUser(c.Context(), in)
			if err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, changed)
			}
			shown(args[0], changed.Password)
			return nil
		},
	}
	set.Flags().StringVar(&setRole, "role", "", "viewer, operator or admin")
	completeWords(set, "role", "viewer", "operator", "admin")
	set.Flags().BoolVar(&disable, "disable", false, "they may not sign in")
	set.Flags().BoolVar(&enable, "enable", false, "they may sign in again")
	set.Flags().BoolVar(&reset, "reset-password", false, "make a new password, and end their sign-ins")
	set.MarkFlagsMutuallyExclusive("disable", "enable")
	remove := &cobra.Command{
		Use: "rm NAME", Short: "Delete a user and end all that they have open", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.client.DeleteUser(c.Context(), args[0]) },
	}
	cmd.AddCommand(add, set, remove)
	return cmd
}

func (a *app) tokensCommand() *cobra.Command {
	var username string
	cmd := &cobra.Command{
		Use: "tokens", Short: "See and end your sign-ins, and make tokens for scripts", Args: cobra.NoArgs,
		Example: "  decnet tokens\n  decnet tokens add ci --role operator --expires-in 720h\n  decnet tokens rm tok_06h…",
		RunE: func(c *cobra.Command, _ []string) error {
			tokens, err := a.client.Tokens(c.Context(), username)
			if err != nil {
				return err
			}
			t := show.NewTable(a.color, "ID", "KIND", "NAME", "ROLE", "FROM", "MADE", "USED", "EXPIRES", "")
			for i := range tokens {
				k := &tokens[i]
				if a.json {
					if err := show.JSON(a.out, k); err != nil {
						return err
					}
					continue
				}
				note := ""
				if k.Current {
					note = "this one"
				}
				t.Row(k.Id, strings.ToLower(string(k.Kind)), k.Name, string(k.Role), k.Peer, ago(&k.CreatedAt, a.now()), ago(k.LastUsedAt, a.now()), until(&k.ExpiresAt, a.now()), note)
			}
			if a.json {
				return nil
			}
			return t.Write(a.out)
		},
	}
	cmd.Flags().StringVar(&username, "user", "", "somebody else's, for administrators")
	var name string
	var life time.Duration
	add := &cobra.Command{
		Use: "add NAME", Short: "Make a token for a script, and print it once", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := role(name)
			if err != nil {
				return err
			}
			made, err := a.client.CreateToken(c.Context(), client.CreateTokenInput{Name: args[0], Role: r, ExpiresIn: life})
			if err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, made)
			}
			fmt.Fprintln(a.out, made.Secret)
			return nil
		},
	}
	add.Flags().StringVar(&name, "role", "", "the most that it may do: viewer, operator or admin (default: what you may)")
	completeWords(add, "role", "viewer", "operator", "admin")
	add.Flags().DurationVar(&life, "expires-in", 90*24*time.Hour, "how long it is good")
	remove := &cobra.Command{
		Use: "rm ID", Short: "End a sign-in or a token, and what is open under it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.client.EndToken(c.Context(), args[0]) },
	}
	cmd.AddCommand(add, remove)
	return cmd
}

func (a *app) auditCommand() *cobra.Command {
	var actor string
	var n int
	c := &cobra.Command{
		Use: "audit", Short: "Show who asked for what, and what came of it", Args: cobra.NoArgs,
		Example: "  decnet audit\n  decnet audit --actor olga --last 200 --json",
		RunE: func(c *cobra.Command, _ []string) error {
			if n < 1 || n > 200 {
				return usagef("--last is 1 to 200, not %d", n)
			}
			entries, err := a.client.Audit(c.Context(), actor, n)
			if err != nil {
				return err
			}
			t := show.NewTable(a.color, "AT", "ACTOR", "FROM", "ACTION", "RESULT", "DETAIL")
			for i := range entries {
				e := &entries[i]
				if a.json {
					if err := show.JSON(a.out, e); err != nil {
						return err
					}
					continue
				}
				t.Row(e.At.Local().Format(time.DateTime), show.Safe(e.Actor), e.Peer, e.Action, e.Result, show.Safe(e.Detail))
			}
			if a.json {
				return nil
			}
			if t.Len() == 0 {
				a.nothing(c, "Nothing yet.")
				return nil
			}
			return t.Write(a.out)
		},
	}
	c.Flags().StringVar(&actor, "actor", "", "only what this user asked for")
	c.Flags().IntVar(&n, "last", 50, "how many entries, the newest first; at most 200")
	return c
}
