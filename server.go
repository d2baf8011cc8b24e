// Command decnetd is the server of decnet, a deception network: it serves the GraphQL API and the web app, and carries out what is asked for
// on a real engine. This file reads the configuration, wires the parts, serves, and stops cleanly.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"decnet/api"
	"decnet/api/operations"
	"decnet/auth"
	"decnet/auth/oidc"
	"decnet/backup"
	"decnet/catalog"
	"decnet/client"
	"decnet/config"
	"decnet/controller"
	"decnet/engine"
	"decnet/engine/open"
	"decnet/export"
	"decnet/fleet"
	"decnet/health"
	"decnet/interactions"
	"decnet/lifecycle"
	"decnet/listen"
	"decnet/resolvers"
	"decnet/seal"
	"decnet/starter"
	"decnet/store"
	"decnet/telemetry"
	"decnet/transport"
	"decnet/web"
)

// version is set by the linker.
var version = "dev"

// answerTime is how long a client may take to read a page, or the metrics.
const answerTime = time.Minute

func main() {
	cmd := &cobra.Command{
		Use: "decnetd", Short: "The server of decnet, a deception network",
		Long: "The server of decnet, a deception network.\n\nEvery setting is a flag, an environment variable (DECNET_ and the flag's name: DECNET_DATABASE_URL) and a key of the\n" +
			"--config file. A flag wins over the environment, and the environment over the file.",
		Version: version, Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
	}
	cfg := config.Flags(cmd.PersistentFlags())
	cmd.RunE = func(c *cobra.Command, _ []string) error { return run(c.Context(), cfg) }
	cmd.AddCommand(userCommand(cfg), restoreCommand(cfg), engineCommand(cfg), tryAlertCommand(cfg))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal finds no handler, and ends the process at once.
	context.AfterFunc(ctx, stop)
	begun := false
	cmd.PersistentPreRunE = func(*cobra.Command, []string) error { begun = true; return cfg.Load() }
	if c, err := cmd.ExecuteContextC(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "decnetd:", err)
		if !begun { // the command line itself is wrong
			fmt.Fprintf(os.Stderr, "see: %s --help\n", c.CommandPath())
		}
		os.Exit(1)
	}
}

// cannotListen says why an address can't be served on, and where another one is given.
func cannotListen(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("--listen %s: another program listens there: stop it, or give another address", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("--listen %s: this host has no such address: give one of its own", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("--listen %s: this user may not listen there: give a port of 1024 or more", address)
	}
	return fmt.Errorf("--listen %s: %w", address, err)
}

func openStore(ctx context.Context, cfg *config.Config, committed func(writes int, took time.Duration)) (*store.Store, error) {
	key, err := cfg.SecretKey()
	if err != nil {
		return nil, err
	}
	seal.Use(key)
	db, err := store.Open(ctx, store.Options{Path: databasePath(cfg), URL: cfg.DatabaseURL, Committed: committed})
	if refused, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		// It tells of each address that it tried, on lines of their own; the last one says it.
		lines := strings.Split(strings.TrimSpace(refused.Error()), "\n")
		return nil, fmt.Errorf("--database-url: PostgreSQL can't be reached, or does not let us in: %s", strings.TrimSpace(lines[len(lines)-1]))
	}
	return db, err
}

// traced sends traces where the settings ask for it. The last ones are sent by stop.
func traced(ctx context.Context, cfg *config.Config, log *slog.Logger) (stop func(), err error) {
	send, err := telemetry.Trace(ctx, cfg.OTLPEndpoint, version)
	if err != nil {
		return nil, err
	}
	return func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := send(last); err != nil {
			log.Warn("the last traces could not be sent", "error", err)
		}
	}, nil
}

func run(ctx context.Context, cfg *config.Config) (err error) {
	ctx, stop := context.WithCancel(ctx) // at a signal, and when nobody can be served any more
	defer stop()
	log := cfg.Logger(os.Stderr)
	slog.SetDefault(log)
	for name, meant := range cfg.Misnamed() {
		log.Warn("a variable of the environment names no setting", "variable", name, "nearest", meant)
	}
	cat, err := catalog.Load(cfg.Catalog...)
	if err != nil {
		return err
	}
	// What the settings name is looked at before anything is made.
	quiet, err := controller.ParseQuietHours(cfg.QuietHours)
	if err != nil {
		return err
	}
	listed, err := cfg.Listed(
		operations.Source{Name: "the command line.graphql", Text: client.Documents}, operations.Source{Name: "the web app.json", Text: web.Operations},
	)
	if err != nil {
		return err
	}
	sinks, err := cfg.Sinks()
	if err != nil {
		return err
	}
	stopTracing, err := traced(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer stopTracing()
	if cfg.DatabaseURL == "" {
		alone, err := store.Alone(databasePath(cfg))
		if errors.Is(err, store.ErrServed) {
			return fmt.Errorf("%s: %w: stop that one first, or give this one a --data of its own", databasePath(cfg), err)
		}
		if err != nil {
			return fmt.Errorf("--data %s can't be used: %w", cfg.Data, err)
		}
		defer alone.Close()
	}
	metrics := telemetry.NewMetrics()
	db, err := openStore(ctx, cfg, metrics.Committed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return cannotListen(cfg.Listen, err)
	}
	defer listener.Close() // Serve closes it too
	opened, err := open.Engine(ctx, open.Options{
		Kind: cfg.Engine, Owner: db.Installation(), DockerHost: cfg.DockerHost, DecoyBinary: cfg.DecoyBinary, Dir: filepath.Join(cfg.Data, "deckies"),
		SimLatency: cfg.SimLatency, SimFailureRate: cfg.SimFailureRate, Catalog: cat, Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	if opened.NoImages != "" {
		cat = cat.WithoutImages(opened.NoImages)
	}
	eng := metrics.Engine(engine.Limit(engine.Guarded(opened, log), cfg.HostLimit))
	signIn := auth.New(db, time.Now)
	secured, err := cfg.TLS(os.Stdout)
	if err != nil {
		return err
	}
	listener = listen.Limit(listener, cfg.MaxConnectionsPerAddress, cfg.Proxies())
	url := "http://" + listener.Addr().String()
	if secured != nil {
		url = "https://" + listener.Addr().String()
		listener = tls.NewListener(listener, secured)
	}

	bells, recorded := &lifecycle.Bells{}, &lifecycle.Bell{}
	journal := lifecycle.NewJournal(bells, db.Clock)
	journal.Moved = metrics.Moved
	hostAddresses := fleet.InterfaceAddresses
	if opened.HostAddresses != nil {
		hostAddresses = func() []netip.Prefix { return append(fleet.InterfaceAddresses(), opened.HostAddresses()...) }
	}
	fl := fleet.New(db, journal, cat, fleet.Options{
		Limits: cfg.Limits, Driver: opened.Drivers[0], Drivers: opened.Drivers, HostAddresses: hostAddresses, Unreal: !engine.Real(eng),
	})
	defer fl.Close()
	if err := fl.Readable(ctx); err != nil {
		return err
	}
	feed := lifecycle.NewFeed(db, &bells.Grown, log)
	collector := interactions.NewCollector(db, eng, &bells.Touched, recorded, time.Now, log)
	runner := lifecycle.NewRunner(db, journal, eng, log, lifecycle.RunnerOptions{
		Workers: cfg.WorkersFor(eng.Name()), Lease: cfg.Lease, MaxAttempts: cfg.MaxAttempts, MaxRepairs: cfg.MaxRepairs, BeforeRemove: collector.Drain,
	})
	graphql, err := api.New(api.Options{
		Resolver: &resolvers.Resolver{
			Version: version, Store: db, Fleet: fl, Watch: fleet.NewWatch(db, &bells.Touched), Feed: feed,
			Interactions: interactions.NewLog(db, recorded), Known: interactions.NewKnown(db, time.Now), Catalog: cat, Auth: signIn, Engine: eng,
		},
		AuthOff: cfg.AuthOff(), MaxConnections: cfg.MaxConnections, Limits: cfg.API, Introspection: cfg.Introspection == "on", Proxies: cfg.Proxies(), Operations: listed, Log: log,
	})
	if err != nil {
		return err
	}
	identify := signIn.Middleware
	if cfg.AuthOff() {
		identify = auth.Off
	}
	exporters := make([]*export.Exporter, len(sinks))
	for i, sink := range sinks {
		exporters[i] = export.New(db, recorded, sink, log)
	}
	metrics.Watch(telemetry.Sources{Store: db, Feed: feed, Connections: graphql.Connections, Exporters: exporters, Now: time.Now})
	checks := health.Checks{{Name: "database", Ready: db.Ping}, {Name: "engine", Ready: eng.Ping}, {Name: "runner", Ready: runner.Ready}, {Name: "feed", Ready: feed.Ready}}

	pages := http.NewServeMux()
	pages.Handle("/backup", identify(&backup.Handler{Store: db, Auth: signIn, Now: time.Now, Log: log}))
	if provider, err := cfg.OIDC.Options(); err != nil {
		return err
	} else if provider != nil {
		pages.Handle(oidc.Prefix, oidc.New(*provider, signIn, log))
	} else {
		pages.HandleFunc("GET "+oidc.InfoPath, oidc.None)
	}
	pages.HandleFunc("/healthz", checks.Healthz)
	if cfg.GraphiQL == "off" {
		pages.HandleFunc("/graphiql", http.NotFound)
	}
	pages.Handle("/", web.Handler())
	mux := http.NewServeMux()
	mux.Handle("/graphql", graphql)
	mux.Handle("/readyz", graphql.Paced(20, http.HandlerFunc(checks.Readyz))) // it and the metrics ask the database
	switch cfg.Metrics {
	case "open":
		mux.Handle("/metrics", graphql.Paced(20, metrics.Handler()))
	case "viewer":
		mux.Handle("/metrics", graphql.Paced(20, identify(auth.Required(metrics.Handler()))))
	default:
		pages.HandleFunc("/metrics", http.NotFound)
	}
	mux.Handle("/", graphql.Paced(500, pages)) // a browser asks for some fifty files at once
	var handler http.Handler = mux
	if cfg.AuthOff() {
		handler = listen.Local(mux)
	}
	handler = listen.Deadlines(handler, transport.DefaultBodyTimeout, answerTime)
	// Requests outlive the signal: they end by the shutdown below.
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	server := &http.Server{
		Handler: listen.Headers(handler, cfg.TLSCert != ""), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return requests }, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}

	// Last of all that can fail: the first user's password is printed once.
	if err := cfg.Welcome(ctx, signIn, os.Stdout, url); err != nil {
		return err
	}
	var loops sync.WaitGroup
	follow, endFollow := context.WithCancel(context.WithoutCancel(ctx))
	defer endFollow()
	grace, endGrace := context.WithCancel(context.WithoutCancel(ctx))
	defer endGrace()
	context.AfterFunc(ctx, func() { time.AfterFunc(cfg.Grace, endGrace) })
	loops.Go(func() { feed.Run(follow) })
	var workers sync.WaitGroup
	workers.Go(func() { runner.Run(ctx, grace) })
	workers.Go(func() { signIn.Run(ctx) })
	workers.Go(func() { (&controller.Schedule{Store: db, Fleet: fl, Now: db.Clock, Quiet: quiet, Log: log}).Run(ctx) })
	workers.Go(func() {
		(&controller.Reconciler{Store: db, Fleet: fl, Engine: eng, Now: db.Clock, Log: log}).Run(ctx)
	})
	workers.Go(func() {
		(&controller.Retention{
			Store: db, Fleet: fl, Now: db.Clock, Log: log,
			Journal:      controller.Keep{Age: cfg.JournalMaxAge, Rows: cfg.JournalMaxEntries},
			Interactions: controller.Keep{Age: cfg.InteractionsMaxAge, Rows: cfg.InteractionsMaxRows},
		}).Run(ctx)
	})
	workers.Go(func() { collector.Run(ctx) })
	for _, e := range exporters {
		workers.Go(func() { e.Run(ctx) })
	}
	if cfg.StarterFleet {
		workers.Go(func() {
			s := &starter.Starter{Store: db, Fleet: fl, Feed: feed, Out: os.Stdout, URL: url, Unreal: !engine.Real(eng)}
			if err := s.Run(ctx); err != nil && ctx.Err() == nil {
				log.Error("the starter fleet did not come up", "error", err)
			}
		})
	}

	served := make(chan error, 1)
	go func() {
		defer stop()
		served <- server.Serve(listener)
	}()
	debug.FreeOSMemory() // the first start hashes a password, which takes more than all the rest: an idle server need not keep it
	log.Info("decnetd serves", "url", url, "engine", eng.Name(), "database", db.Name(), "version", version)
	<-ctx.Done()
	log.Info("stopping", "grace", cfg.Grace)
	workers.Wait() // what is under way ends, or is handed back
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = graphql.Shutdown(shutdown)
	endRequests()
	err = errors.Join(err, server.Shutdown(shutdown))
	if errors.Is(err, context.DeadlineExceeded) { // who sends or reads no more holds up nobody's stop
		log.Warn("connections that did not end in time were cut off", "error", err)
		err = server.Close()
	}
	if failed := <-served; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(fmt.Errorf("serve: %w", failed), err)
	}
	endFollow()
	loops.Wait()
	return err
}
