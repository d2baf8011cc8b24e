package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"decnet/catalog"
	"decnet/config"
	"decnet/engine"
	"decnet/engine/open"
	"decnet/engine/remote"
)

// engineCommand serves the engine to a server that holds no privilege.
func engineCommand(cfg *config.Config) *cobra.Command {
	var socket string
	var allow, parents []string
	cmd := &cobra.Command{
		Use: "engine", Short: "Hold the Docker socket in a process of its own, for decnetd --engine unix://SOCKET",
		Long: `Hold the Docker socket in a process of its own: decnetd --engine unix://SOCKET asks it for decoys, and needs no privilege itself.

The list of what can be asked for is closed, and every field is checked here again. Images, mounts and commands are not among what can be asked for: they follow from this
process's --decoy-binary and --catalog. It serves the installation that asks first, which it remembers in --data (the file engine-installation).

The socket belongs to the first user of --allow and is open to nobody else; a socket that systemd passes is taken as it is. Whoever connects is told by the kernel, and
refused when not in --allow.`,
		Args: cobra.NoArgs, SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error {
			uids, err := userIDs(allow)
			if err != nil {
				return err
			}
			return serveEngine(c.Context(), cfg, socket, uids, parents)
		},
	}
	cmd.Flags().StringVar(&socket, "socket", "/run/decnet/engine.sock", "Unix socket to serve on")
	cmd.Flags().StringSliceVar(&allow, "allow", nil, "user, by name or number, who may connect (may be given again; default: the one that this process runs as)")
	cmd.Flags().StringSliceVar(&parents, "allow-parent", nil, "interface that MACVLAN and IPVLAN networks may hang on (may be given again; default: none, and no such networks)")
	helpOn(cmd, "catalog", "data", "decoy-binary", "docker-host", "engine", "log-format", "log-level", "otlp-endpoint")
	return cmd
}

func serveEngine(ctx context.Context, cfg *config.Config, socket string, uids []int, parents []string) error {
	log := cfg.Logger(os.Stderr)
	slog.SetDefault(log)
	kind := cfg.Engine
	switch kind {
	case "auto":
		kind = "docker"
	case "docker", "sim":
	default:
		return fmt.Errorf("an engine process is for docker (or sim, to try it out), not %q", kind)
	}
	cat, err := catalog.Load(cfg.Catalog...)
	if err != nil {
		return err
	}
	stopTracing, err := traced(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer stopTracing()
	server := &remote.Server{
		Open: func(installation string) (engine.Engine, []engine.Driver, error) {
			o, err := open.Engine(ctx, open.Options{
				Kind: kind, Owner: installation, DockerHost: cfg.DockerHost, DecoyBinary: cfg.DecoyBinary, Dir: filepath.Join(cfg.Data, "deckies"),
				SimLatency: cfg.SimLatency, SimFailureRate: cfg.SimFailureRate, Catalog: cat, Log: log,
			})
			if err != nil {
				return nil, nil, err
			}
			return o, o.Drivers, nil
		},
		PinFile: filepath.Join(cfg.Data, "engine-installation"), Grace: cfg.Grace, Log: log,
		Rules: remote.Rules{Catalog: cat, Parents: parents, HostAddresses: remote.HostAddresses},
	}
	l, err := remote.Listen(socket, uids, log)
	if err != nil {
		return err
	}
	log.Info("the engine is served", "socket", l.Addr(), "engine", kind, "allow", uids, "parents", parents, "version", version)
	return server.Serve(ctx, l)
}

// userIDs are the numbers of users; nobody named is this process's own.
func userIDs(names []string) ([]int, error) {
	if len(names) == 0 {
		return []int{os.Geteuid()}, nil
	}
	var ids []int
	var errs []error
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
			continue
		}
		u, err := user.Lookup(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("--allow: %w", err))
			continue
		}
		id, err := strconv.Atoi(u.Uid)
		ids, errs = append(ids, id), append(errs, err)
	}
	return ids, errors.Join(errs...)
}
