package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"decnet/cmd/decnet/internal/show"
)

// progressEvery is how often a terminal is told how far a backup is.
const progressEvery = 100 * time.Millisecond

func (a *app) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Take a consistent copy of the server's database while it runs",
		Long: `Take a consistent copy of the server's database while it runs, into a file that only you can read. It holds everything: the fleet, the journal,
the evidence, and the users with the hashes of their passwords.

The file appears whole or not at all; one of that name is replaced. Put it in place on a server that is stopped with "decnetd restore FILE --data DIR".
A server on PostgreSQL is backed up with pg_dump.`,
		Example: "  decnet backup decnet.db\n  decnet backup /backups/decnet-$(date +%F).db",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if at, err := os.Stat(args[0]); err == nil && at.IsDir() {
				return usagef("%s is a folder: name a file in it", args[0])
			}
			size, err := a.backup(c.Context(), args[0])
			if err != nil {
				return err
			}
			if a.json {
				return show.JSON(a.out, struct {
					File  string `json:"file"`
					Bytes int64  `json:"bytes"`
				}{args[0], size})
			}
			a.say("Wrote %s (%s).", show.Safe(args[0]), bytesText(size))
			return nil
		},
	}
}

// backup writes beside the file and renames at the end, so that there is never half a backup under its name.
func (a *app) backup(ctx context.Context, path string) (size int64, err error) {
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*") // for its owner only
	if err != nil {
		return 0, fmt.Errorf("write the backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	err = a.client.Backup(ctx, part, a.showProgress(&size))
	if a.terminal && !a.json {
		fmt.Fprint(a.out, "\r\x1b[K")
	}
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return 0, err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return 0, fmt.Errorf("name the backup: %w", err)
	}
	return size, nil
}

// showProgress notes the size, and on a terminal shows how far it is.
func (a *app) showProgress(size *int64) func(done, total int64) {
	var last time.Time
	return func(done, total int64) {
		*size = total
		if now := a.now(); a.terminal && !a.json && now.Sub(last) >= progressEvery {
			last = now
			fmt.Fprintf(a.out, "\r\x1b[K%s of %s (%d %%)", bytesText(done), bytesText(total), done*100/max(total, 1))
		}
	}
}

// bytesText is a size for people.
func bytesText(n int64) string {
	const k = 1024
	switch {
	case n >= k*k*k:
		return fmt.Sprintf("%.1f GiB", float64(n)/(k*k*k))
	case n >= k*k:
		return fmt.Sprintf("%.1f MiB", float64(n)/(k*k))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/k)
}
