package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decnet/auth"
	"decnet/config"
	"decnet/ent/user"
)

// userCommand manages who may sign in, on the database itself: it works while the server runs, and when nobody can sign in any more.
func userCommand(cfg *config.Config) *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Manage who may sign in", SilenceUsage: true}
	var role string
	add := &cobra.Command{
		Use: "add NAME", Short: "Add a user; the password comes from DECNET_USER_PASSWORD, or is made and printed", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r := user.Role(strings.ToUpper(role))
			if err := user.RoleValidator(r); err != nil {
				return fmt.Errorf("--role is viewer, operator or admin, not %q", role)
			}
			return withAuth(c.Context(), cfg, func(a *auth.Auth) error {
				password, made := newPassword()
				if _, err := a.AddUser(c.Context(), args[0], password, r, made); err != nil {
					return err
				}
				return tell(args[0], password, made)
			})
		},
	}
	add.Flags().StringVar(&role, "role", "viewer", "viewer, operator or admin")
	passwd := &cobra.Command{
		Use: "passwd NAME", Short: "Set a user's password and end their sign-ins", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withAuth(c.Context(), cfg, func(a *auth.Auth) error {
				password, made := newPassword()
				if err := a.SetPassword(c.Context(), args[0], password, made, ""); err != nil {
					return err
				}
				return tell(args[0], password, made)
			})
		},
	}
	remove := &cobra.Command{
		Use: "rm NAME", Short: "Delete a user and end their sign-ins", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withAuth(c.Context(), cfg, func(a *auth.Auth) error { return a.RemoveUser(c.Context(), args[0]) })
		},
	}
	list := &cobra.Command{
		Use: "ls", Short: "List the users", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withAuth(c.Context(), cfg, func(a *auth.Auth) error {
				users, err := a.Users(c.Context())
				for _, u := range users {
					fmt.Printf("%-24s %s\n", u.Username, strings.ToLower(string(u.Role)))
				}
				return err
			})
		},
	}
	cmd.AddCommand(add, passwd, remove, list)
	return cmd
}

func withAuth(ctx context.Context, cfg *config.Config, fn func(*auth.Auth) error) error {
	db, err := openStore(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(auth.New(db, time.Now))
}

func newPassword() (password string, made bool) {
	if p := os.Getenv("DECNET_USER_PASSWORD"); p != "" {
		return p, false
	}
	return auth.NewPassword(), true
}

func tell(name, password string, made bool) error {
	if made {
		fmt.Printf("%s's password (shown once): %s\n", name, password)
	}
	return nil
}
