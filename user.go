package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	osuser "os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
			password, made := newPassword()
			entry := auth.Audit{Action: "createUser", Detail: fmt.Sprintf(`{"input":{"role":%q,"username":%q}}`, r, args[0])}
			return recorded(c.Context(), cfg, entry, func(ctx context.Context, a *auth.Auth) error {
				if _, err := a.AddUser(ctx, args[0], password, r, made); err != nil {
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
			password, made := newPassword()
			entry := auth.Audit{Action: "updateUser", Detail: fmt.Sprintf(`{"input":{"resetPassword":true,"username":%q}}`, args[0])}
			return recorded(c.Context(), cfg, entry, func(ctx context.Context, a *auth.Auth) error {
				if err := a.SetPassword(ctx, args[0], password, made, ""); err != nil {
					return err
				}
				return tell(args[0], password, made)
			})
		},
	}
	remove := &cobra.Command{
		Use: "rm NAME", Short: "Delete a user and end their sign-ins", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			entry := auth.Audit{Action: "deleteUser", Detail: fmt.Sprintf(`{"username":%q}`, args[0])}
			return recorded(c.Context(), cfg, entry, func(ctx context.Context, a *auth.Auth) error { return a.RemoveUser(ctx, args[0]) })
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
	helpOn(cmd, "data", "database-url", "secret-key-file")
	return cmd
}

// helpOn has the help of a command, and of those below it, leave the server's settings out but these and --config: the others have no bearing on it.
func helpOn(cmd *cobra.Command, settings ...string) {
	cmd.SetHelpFunc(func(c *cobra.Command, args []string) {
		c.InheritedFlags().VisitAll(func(f *pflag.Flag) { f.Hidden = f.Name != "config" && !slices.Contains(settings, f.Name) })
		cmd.Parent().HelpFunc()(c, args)
	})
}

func withAuth(ctx context.Context, cfg *config.Config, fn func(*auth.Auth) error) error {
	if cfg.DatabaseURL == "" { // a slip in --data would make another database, in which nobody looks for its users
		if _, err := os.Stat(databasePath(cfg)); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("there is no database in %s: give the --data or the --database-url of the server, which makes it at its first start", cfg.Data)
		}
	}
	db, err := openStore(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(auth.New(db, time.Now))
}

// recorded has a change leave an entry in the audit trail, by the user of this host who made it.
func recorded(ctx context.Context, cfg *config.Config, entry auth.Audit, change func(context.Context, *auth.Auth) error) error {
	entry.Actor, entry.Result = "decnetd user", auth.OK
	if who, err := osuser.Current(); err == nil {
		entry.Actor += ", " + who.Username
	}
	return withAuth(ctx, cfg, func(a *auth.Auth) error {
		ctx, _ := a.Along(auth.WithPeer(ctx, auth.ThisHost), entry)
		return change(ctx, a)
	})
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
