package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"decnet/config"
	"decnet/store"
)

// restoreCommand puts a backup in place, for the next start.
func restoreCommand(cfg *config.Config) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in place of the SQLite database in --data; the server must be stopped",
		Long: `Put a backup (from "decnet backup", or the database file of a stopped server) in place of the SQLite database in --data. The server must be stopped.

The backup is checked first: that it is whole, and of a version that this build knows; an older one is migrated at the next start. A database that is there already is
replaced with --force only, and kept beside under another name.

The restored server begins a new epoch: everyone signs in again, and clients that follow a stream start afresh. It then brings the deckies that are out there in step
with what the backup says: those that it does not know are removed, and those that are missing are made again.`,
		Args: cobra.ExactArgs(1), SilenceUsage: true,
		RunE: func(c *cobra.Command, args []string) error {
			if cfg.DatabaseURL != "" {
				return store.ErrBackupElsewhere
			}
			path := databasePath(cfg)
			kept, err := store.Restore(c.Context(), args[0], path, force)
			if errors.Is(err, store.ErrExists) {
				return fmt.Errorf("%s: %w: replace it with --force", path, err)
			}
			if err != nil {
				return err
			}
			if kept != "" {
				fmt.Printf("the database that was there is now %s\n", kept)
			}
			fmt.Printf("%s is in place as %s: start the server\n", args[0], path)
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the database that is there")
	helpOn(cmd, "data")
	return cmd
}

func databasePath(cfg *config.Config) string { return filepath.Join(cfg.Data, "decnet.db") }
