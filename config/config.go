// Package config gathers the server's settings. Each one is a flag, an environment variable and a key of a YAML file; a flag wins over the
// environment, and the environment over the file.
package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/pflag"

	"decnet/api"
	"decnet/api/operations"
	"decnet/auth"
	"decnet/controller"
	"decnet/engine/remote"
	"decnet/fleet"
	"decnet/lifecycle"
	"decnet/seal"
)

// Config is the server's settings, checked.
type Config struct {
	Listen        string
	Data          string
	DatabaseURL   string
	SecretKeyFile string
	Catalog       []string
	Auth          string
	AdminPassword string
	StarterFleet  bool
	LogLevel      string
	LogFormat     string
	Grace         time.Duration

	Engine         string
	DockerHost     string
	DecoyBinary    string
	SimLatency     time.Duration
	SimFailureRate float64

	Workers     int
	Lease       time.Duration
	MaxAttempts int
	MaxRepairs  int
	HostLimit   int
	QuietHours  []string
	// TLSCert and TLSKey are files; TLSSelfSigned has the server make them.
	TLSCert, TLSKey string
	TLSSelfSigned   bool
	// OTLPEndpoint is where traces go; "": nowhere.
	OTLPEndpoint string

	JournalMaxAge       time.Duration
	JournalMaxEntries   int64
	InteractionsMaxAge  time.Duration
	InteractionsMaxRows int64

	// Export says where interactions go as they are recorded.
	Export Export
	// Alert says whom to tell of intruders.
	Alert Alert

	MaxConnections           int
	MaxConnectionsPerAddress int
	Limits                   fleet.Limits
	// API bounds operations and their callers.
	API api.Limits
	// Introspection and GraphiQL are on or off.
	Introspection, GraphiQL string
	// Metrics says who may read /metrics: it is open, viewer or off.
	Metrics        string
	TrustedProxies []string
	OIDC           OIDC
	// Operations are files with the operations that may be run; none: any may.
	Operations []string

	settings *pflag.FlagSet // these, and no flag of a command
}

// Listed are the operations that the server runs: the files' and those of its own clients; nil is any operation.
func (c *Config) Listed(own ...operations.Source) ([]operations.Source, error) {
	if len(c.Operations) == 0 {
		return nil, nil
	}
	files, err := operations.ReadFiles(c.Operations)
	return append(own, files...), err
}

// SecretKey is the key that seals the secrets in the database.
func (c *Config) SecretKey() (*seal.Key, error) {
	path := c.SecretKeyFile
	if path == "" {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
		path = filepath.Join(c.Data, "secret.key")
	}
	return seal.File(path)
}

// Proxies are the addresses of --trusted-proxies, which were checked.
func (c *Config) Proxies() []netip.Prefix {
	out := make([]netip.Prefix, 0, len(c.TrustedProxies))
	for _, text := range c.TrustedProxies {
		if p, err := parseProxy(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// parseProxy reads an address, or a network of them.
func parseProxy(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return ip.Prefix(ip.BitLen())
	}
	return netip.ParsePrefix(text)
}

// AuthOff tells whether everyone is let in.
func (c *Config) AuthOff() bool { return c.Auth == "off" }

// WorkersFor is how many lifecycles to work on at once. The Docker Engine's cost is CPU in the kernel and runc: beyond four at once each
// only takes longer.
func (c *Config) WorkersFor(engine string) int {
	switch {
	case c.Workers > 0:
		return c.Workers
	case engine == "sim":
		return 64
	}
	return 4
}

// Logger writes what the settings ask for.
func (c *Config) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // it was checked
	o := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// Welcome makes the first user where there is none, and tells people how to sign in.
func (c *Config) Welcome(ctx context.Context, a *auth.Auth, w io.Writer, url string) error {
	if c.AuthOff() {
		_, err := fmt.Fprintf(w, "decnet: %s — nobody needs to sign in (--auth=off)\n", url)
		return err
	}
	password, made, err := a.EnsureAdmin(ctx, c.AdminPassword)
	if err != nil {
		return err
	}
	switch {
	case made && c.AdminPassword == "":
		_, err = fmt.Fprintf(w, "decnet: %s — sign in as admin with the password %s (shown once)\n", url, password)
	case made:
		_, err = fmt.Fprintf(w, "decnet: %s — sign in as admin with the password that was given\n", url)
	default:
		_, err = fmt.Fprintf(w, "decnet: %s — sign in (a lost password: decnetd user passwd NAME)\n", url)
	}
	return err
}

// Flags declares every setting on a flag set and returns where their values will be.
func Flags(all *pflag.FlagSet) *Config {
	f := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	c := &Config{Limits: fleet.DefaultLimits(), API: api.DefaultLimits(), settings: f}
	f.String("config", "", "YAML file of settings: the flags' names as keys")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "address to serve on")
	f.StringVar(&c.TLSCert, "tls-cert", "", "certificate (PEM, with its chain) to serve HTTPS with; read again when it is renewed")
	f.StringVar(&c.TLSKey, "tls-key", "", "its key (PEM)")
	f.BoolVar(&c.TLSSelfSigned, "tls-self-signed", false, "serve HTTPS with a certificate that the server makes for itself, in its data folder")
	f.StringVar(&c.Data, "data", "./data", "folder for the SQLite database and the process engine's deckies")
	f.StringVar(&c.SecretKeyFile, "secret-key-file", "", "key that seals the secrets in the database; made when it is not there (default: secret.key in the data folder). Keep a copy apart from the backups")
	f.StringVar(&c.DatabaseURL, "database-url", "", "PostgreSQL to use in place of SQLite: postgres://user:password@host/database")
	f.StringSliceVar(&c.Catalog, "catalog", nil, "YAML file that adds to the catalog of archetypes and services (may be given again)")
	f.StringVar(&c.Auth, "auth", "on", "on: everyone signs in; off: nobody does (only with a loopback --listen)")
	c.OIDC.flags(f)
	f.StringVar(&c.AdminPassword, "admin-password", "", "password of the first user, admin (default: one is made and printed once)")
	f.BoolVar(&c.StarterFleet, "starter-fleet", false, "on an empty database: deploy three deckies, mutate one and show it")
	f.StringVar(&c.OTLPEndpoint, "otlp-endpoint", "", "OpenTelemetry receiver (OTLP over HTTP) that gets a trace of each lifecycle, such as http://localhost:4318")
	f.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&c.LogFormat, "log-format", "text", "text or json")
	f.DurationVar(&c.Grace, "grace", 10*time.Second, "how long a stopping server lets lifecycles under way go on")

	f.StringVar(&c.Engine, "engine", "auto", "what makes deckies: docker, process, sim, auto (docker where it answers, else process), or the socket of an engine process (unix:///run/decnet/engine.sock)")
	f.StringVar(&c.DockerHost, "docker-host", "", "Docker Engine to use (default: DOCKER_HOST, or the local socket)")
	f.StringVar(&c.DecoyBinary, "decoy-binary", "", "the decoy program (default: decoy beside decnetd)")
	f.DurationVar(&c.SimLatency, "sim-latency", 0, "how long each call of the sim engine takes")
	f.Float64Var(&c.SimFailureRate, "sim-failure-rate", 0, "share of the sim engine's calls that fail, 0 to 1")

	f.IntVar(&c.Workers, "workers", 0, "lifecycles worked on at once (default: 4; 64 for sim)")
	f.DurationVar(&c.Lease, "lease", 15*time.Second, "how long a runner's claim holds without renewal")
	f.IntVar(&c.MaxAttempts, "max-attempts", 3, "how often a lifecycle is tried when the engine's failure looks transient")
	f.IntVar(&c.HostLimit, "host-limit", 0, "changes under way at once on one host, whatever --workers is (0: no other limit)")
	f.IntVar(&c.MaxRepairs, "max-repairs", 10, "after how many failures in a row the reconciler leaves a decky to an operator")

	f.StringSliceVar(&c.QuietHours, "quiet-hours", nil, "times of day, in the server's zone, in which no decky mutates by itself: 08:00-18:00 (may be given again)")

	f.DurationVar(&c.JournalMaxAge, "journal-max-age", 90*24*time.Hour, "how old entries of the journal get; ended lifecycles go with their last entry (0: any age)")
	f.Int64Var(&c.JournalMaxEntries, "journal-max-entries", 1_000_000, "entries of the journal that are kept (0: all)")
	f.DurationVar(&c.InteractionsMaxAge, "interactions-max-age", 365*24*time.Hour, "how old interactions get (0: any age)")
	f.Int64Var(&c.InteractionsMaxRows, "interactions-max-rows", 5_000_000, "interactions that are kept (0: all)")

	c.Export.flags(f)
	c.Alert.flags(f)

	f.IntVar(&c.MaxConnections, "max-connections", 10_000, "WebSockets open at once")
	f.IntVar(&c.MaxConnectionsPerAddress, "max-connections-per-address", 1000, "connections open at once from one address; the trusted proxies have no such bound (0: none)")
	f.IntVar(&c.API.SocketsPerCaller, "max-connections-per-user", c.API.SocketsPerCaller, "WebSockets open at once of one user, or of an address without a sign-in (0: no bound)")
	f.IntVar(&c.API.Traffic.Subscriptions, "max-subscriptions-per-user", c.API.Traffic.Subscriptions, "subscriptions open at once of one user, or of an address without a sign-in (0: no bound)")
	f.IntVar(&c.API.Traffic.UserRate, "rate-user", c.API.Traffic.UserRate, "what a user's operations may cost a second, in points of complexity; twice that at once (0: no bound)")
	f.IntVar(&c.API.Traffic.AddressRate, "rate-address", c.API.Traffic.AddressRate, "the same for an address without a sign-in (0: no bound)")
	f.IntVar(&c.API.Traffic.AtOnce, "max-cost-at-once", c.API.Traffic.AtOnce, "what one user's operations that run at the same time may cost; more wait for their turn")
	f.IntVar(&c.API.Document, "max-document", c.API.Document, "bytes of a GraphQL document")
	f.IntVar(&c.API.Tokens, "max-tokens", c.API.Tokens, "tokens of a GraphQL document")
	f.IntVar(&c.API.Complexity, "max-complexity", c.API.Complexity, "what one operation may cost: a point for each field, as often as its list may have elements")
	f.IntVar(&c.API.Shape.Depth, "max-depth", c.API.Shape.Depth, "fields nested in each other in an operation")
	f.IntVar(&c.API.Shape.Fields, "max-fields", c.API.Shape.Fields, "fields of an operation, its fragments written out")
	f.IntVar(&c.API.Shape.RootFields, "max-root-fields", c.API.Shape.RootFields, "fields at the root of an operation")
	f.IntVar(&c.API.Shape.Aliases, "max-aliases", c.API.Shape.Aliases, "renamed fields in a document")
	f.DurationVar(&c.API.Time, "operation-timeout", c.API.Time, "the longest that a query or a mutation may take")
	f.StringVar(&c.Introspection, "introspection", "on", "on: those who have signed in may ask for the schema; off: nobody may")
	f.StringSliceVar(&c.Operations, "operations", nil, "file of operations (GraphQL, or a client tool's manifest in JSON): the server runs these, the web app's and the command line's, and no others (may be given again)")
	f.StringVar(&c.GraphiQL, "graphiql", "on", "on: GraphiQL is served at /graphiql; off: it is not")
	f.StringVar(&c.Metrics, "metrics", "open", "open: whoever reaches the server may read /metrics; viewer: who has signed in, by a token that Prometheus sends; off: nobody")
	f.StringSliceVar(&c.TrustedProxies, "trusted-proxies", nil, "addresses or networks of proxies that say in X-Forwarded-For for whom they ask (may be given again)")
	f.IntVar(&c.Limits.DeckiesPerDeployment, "max-deckies", c.Limits.DeckiesPerDeployment, "deckies in one deployment")
	f.IntVar(&c.Limits.DeckiesPerDeploy, "max-deckies-per-deploy", c.Limits.DeckiesPerDeploy, "deckies in one deploy")
	f.IntVar(&c.Limits.ServicesPerDecky, "max-services", c.Limits.ServicesPerDecky, "services on one decky")
	f.IntVar(&c.Limits.PageSize, "max-page-size", c.Limits.PageSize, "elements in one page of a list")
	f.IntVar(&c.Limits.LifecycleIds, "max-lifecycle-ids", c.Limits.LifecycleIds, "IDs in one question for lifecycles")
	all.AddFlagSet(f)
	return c
}

// EnvName is the environment variable of a setting.
func EnvName(flag string) string {
	return "DECNET_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Load fills in what the flags left open, from the environment and the file, and checks all of it. The flags of a command (what it is to do, and to whom) are no settings: they
// are given where it is run, or not at all.
func (c *Config) Load() error {
	var file []said
	path, _ := c.settings.GetString("config")
	if v, ok := os.LookupEnv(EnvName("config")); ok && path == "" {
		path = v
	}
	var errs []error
	if path != "" {
		var err error
		if file, err = readFile(path); err != nil {
			errs = append(errs, err)
		}
	}
	c.settings.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed || flag.Name == "config" {
			return
		}
		if v, ok := os.LookupEnv(EnvName(flag.Name)); ok {
			flag.Changed = true // the file's has no say
			if err := flag.Value.Set(v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", EnvName(flag.Name), err))
			}
		}
	})
	for _, s := range file {
		switch flag := c.settings.Lookup(s.name); {
		case flag == nil || s.name == "config":
			errs = append(errs, fmt.Errorf("%s: there is no setting %q", s.at, s.name))
		case !flag.Changed:
			flag.Changed = true
			errs = append(errs, s.apply(flag))
		}
	}
	return errors.Join(append(errs, c.check())...)
}

// Misnamed are the variables of the environment that name no setting, and nearly name one, each with that one's. Others are left alone: the command line's begin so, too.
func (c *Config) Misnamed() map[string]string {
	misnamed := map[string]string{}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, EnvName("")) {
			continue
		}
		nearest, apart := "", 3
		c.settings.VisitAll(func(flag *pflag.Flag) {
			if d := levenshtein.ComputeDistance(name, EnvName(flag.Name)); d < apart {
				nearest, apart = EnvName(flag.Name), d
			}
		})
		if apart > 0 && nearest != "" {
			misnamed[name] = nearest
		}
	}
	return misnamed
}

func (c *Config) check() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		bad("--listen %q is not an address such as 127.0.0.1:8080", c.Listen)
	}
	switch c.Auth {
	case "on":
	case "off":
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			bad("--auth=off lets everyone who reaches the server deploy and tear down: it goes only with a loopback --listen, not %s", c.Listen)
		}
	default:
		bad("--auth is on or off, not %q", c.Auth)
	}
	oneOf := func(flag, value string, allowed ...string) {
		if slices.Contains(allowed, value) {
			return
		}
		bad("--%s is one of %s, not %q", flag, strings.Join(allowed, ", "), value)
	}
	if _, err := c.OIDC.Options(); err != nil {
		errs = append(errs, err)
	}
	if c.OIDC.Issuer == "" && c.OIDC.PublicURL != "" && !isAddress(c.OIDC.PublicURL) {
		bad("--public-url is an address such as https://host.example.org, not %q", c.OIDC.PublicURL)
	}
	if c.OTLPEndpoint != "" && !isAddress(c.OTLPEndpoint) {
		bad("--otlp-endpoint is an address such as http://localhost:4318, not %q", c.OTLPEndpoint)
	}
	if c.Data == "" {
		bad("--data is a folder, and is empty: leave it out for ./data")
	}
	oneOf("introspection", c.Introspection, "on", "off")
	oneOf("graphiql", c.GraphiQL, "on", "off")
	oneOf("metrics", c.Metrics, "open", "viewer", "off")
	for _, text := range c.TrustedProxies {
		if _, err := parseProxy(text); err != nil {
			bad("--trusted-proxies: %q is neither an address nor a network such as 10.0.0.0/8", text)
		}
	}
	if !strings.HasPrefix(c.Engine, remote.Scheme+"/") {
		oneOf("engine", c.Engine, "auto", "docker", "process", "sim", "unix:///the/socket/of/an/engine/process")
	}
	oneOf("log-level", c.LogLevel, "debug", "info", "warn", "error")
	oneOf("log-format", c.LogFormat, "text", "json")
	if !(c.SimFailureRate >= 0 && c.SimFailureRate <= 1) { // so that what is no number is none
		bad("--sim-failure-rate is a share from 0 to 1, not %g", c.SimFailureRate)
	}
	if _, err := controller.ParseQuietHours(c.QuietHours); err != nil {
		bad("--quiet-hours: %w", err)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") || (c.TLSSelfSigned && c.TLSCert != "") {
		bad("TLS takes --tls-cert and --tls-key together, or --tls-self-signed alone")
	}
	for _, s := range []struct{ flag, value, of, set string }{
		{"alert-secret-file", c.Alert.SecretFile, "alert-webhook", c.Alert.Webhook}, {"export-syslog-ca", c.Export.SyslogCA, "export-syslog", c.Export.Syslog},
	} {
		if s.value != "" && s.set == "" {
			bad("--%s is for --%s, which is not set", s.flag, s.of)
		}
	}
	if c.API.Time < time.Second {
		bad("--operation-timeout is at least a second, not %s", c.API.Time)
	}
	if c.Lease < time.Second {
		bad("--lease is at least a second, not %s", c.Lease)
	}
	if c.Lease > lifecycle.LongestLease/2 {
		bad("--lease is at most %s, not %s", lifecycle.LongestLease/2, c.Lease)
	}
	for flag, n := range map[string]int{
		"max-attempts": c.MaxAttempts, "max-repairs": c.MaxRepairs, "max-connections": c.MaxConnections, "max-deckies": c.Limits.DeckiesPerDeployment,
		"max-deckies-per-deploy": c.Limits.DeckiesPerDeploy, "max-services": c.Limits.ServicesPerDecky,
		"max-page-size": c.Limits.PageSize, "max-lifecycle-ids": c.Limits.LifecycleIds, "max-cost-at-once": c.API.Traffic.AtOnce,
		"max-document": c.API.Document, "max-tokens": c.API.Tokens, "max-complexity": c.API.Complexity, "max-depth": c.API.Shape.Depth,
		"max-fields": c.API.Shape.Fields, "max-root-fields": c.API.Shape.RootFields, "max-aliases": c.API.Shape.Aliases,
	} {
		if n < 1 {
			bad("--%s is at least 1, not %d", flag, n)
		}
	}
	for flag, n := range map[string]int64{
		"max-connections-per-address": int64(c.MaxConnectionsPerAddress), "max-connections-per-user": int64(c.API.SocketsPerCaller),
		"max-subscriptions-per-user": int64(c.API.Traffic.Subscriptions), "rate-user": int64(c.API.Traffic.UserRate), "rate-address": int64(c.API.Traffic.AddressRate),
		"journal-max-age": int64(c.JournalMaxAge), "journal-max-entries": c.JournalMaxEntries,
		"interactions-max-age": int64(c.InteractionsMaxAge), "interactions-max-rows": c.InteractionsMaxRows,
	} {
		if n < 0 {
			bad("--%s is 0 (no bound) or more", flag)
		}
	}
	for flag, n := range map[string]int64{"workers": int64(c.Workers), "host-limit": int64(c.HostLimit), "grace": int64(c.Grace), "alert-quiet": int64(c.Alert.Quiet), "sim-latency": int64(c.SimLatency)} {
		if n < 0 {
			bad("--%s is 0 or more", flag)
		}
	}
	return errors.Join(errs...)
}
