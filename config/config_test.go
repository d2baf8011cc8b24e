package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// load reads a config file, beside the flags.
func load(t *testing.T, file string, flags ...string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "decnet.yaml")
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := Flags(f)
	require.NoError(t, f.Parse(append([]string{"--config", path}, flags...)))
	return c, c.Load()
}

func TestTheFileIsReadLetterByLetter(t *testing.T) {
	c, err := load(t, `
# what is to be kept
admin-password: 0123456701
database-url: "postgres://u:0x10@host/db"
secret-key-file: ''
data: 1e3
interactions-max-rows: 2_000_000
journal-max-age: 24h
starter-fleet: true
sim-failure-rate: 5e-1
quiet-hours: [08:00-12:00, "13:00-18:00"]
trusted-proxies: 10.0.0.1,10.0.0.2
oidc-roles:
  - cn=soc,ou=people=OPERATOR
oidc-scopes: []
`, "--journal-max-age", "48h")
	require.NoError(t, err)
	require.Equal(t, "0123456701", c.AdminPassword)
	require.Equal(t, "postgres://u:0x10@host/db", c.DatabaseURL)
	require.Empty(t, c.SecretKeyFile)
	require.Equal(t, "1e3", c.Data)
	require.EqualValues(t, 2_000_000, c.InteractionsMaxRows)
	require.Equal(t, 48*time.Hour, c.JournalMaxAge, "a flag wins")
	require.True(t, c.StarterFleet)
	require.InDelta(t, 0.5, c.SimFailureRate, 0)
	require.Equal(t, []string{"08:00-12:00", "13:00-18:00"}, c.QuietHours)
	require.Equal(t, []string{"10.0.0.1", "10.0.0.2"}, c.TrustedProxies)
	require.Equal(t, []string{"cn=soc,ou=people=OPERATOR"}, c.OIDC.Roles, "an element of a list is one value")
	require.Empty(t, c.OIDC.Scopes)
}

func TestWhatTheFileHasWrongIsToldByItsLine(t *testing.T) {
	for file, want := range map[string]string{
		"data: x\nsecret-key-file:\n":             `decnet.yaml:2: secret-key-file has no value`,
		"secret-key-file: ~":                      `decnet.yaml:1: secret-key-file has no value`,
		"catalog: [a.yaml, ]\nquiet-hours:\n  -":  `decnet.yaml:3: quiet-hours has no value`,
		"interactions-max-rows: 2e6":              `decnet.yaml:1: interactions-max-rows can't be "2e6"`,
		"\nworkers: many":                         `decnet.yaml:2: workers can't be "many"`,
		"data: [a, b]":                            `decnet.yaml:1: data is one value, not a list`,
		"listen:\n  host: here\n":                 `listen takes a plain value`,
		"quiet-hours: [[08:00-12:00]]":            `decnet.yaml:1: quiet-hours takes a plain value`,
		"data: &here x":                           `decnet.yaml:1: data takes a plain value`,
		"data: x\nforce: true":                    `decnet.yaml:2: there is no setting "force"`,
		"config: other.yaml":                      `decnet.yaml:1: there is no setting "config"`,
		"data: x\ndata: y":                        `decnet.yaml:2: `,
		"just words":                              `decnet.yaml:1: the config file is of settings`,
		"admin-password: secret words\n  : [":     `decnet.yaml:`,
		"sim-failure-rate: .nan":                  `decnet.yaml:1: sim-failure-rate can't be ".nan"`,
		"sim-failure-rate: nan":                   `--sim-failure-rate is a share from 0 to 1`,
		"sim-failure-rate: 1.01":                  `--sim-failure-rate is a share from 0 to 1`,
		"workers: -5":                             `--workers is 0 or more`,
		"host-limit: -1":                          `--host-limit is 0 or more`,
		"grace: -1s":                              `--grace is 0 or more`,
		"sim-latency: -1s":                        `--sim-latency is 0 or more`,
		"alert-quiet: -1s":                        `--alert-quiet is 0 or more`,
		"public-url: decnet.example.org":          `--public-url is an address such as https://host.example.org, not "decnet.example.org"`,
		"otlp-endpoint: localhost:4318":           `--otlp-endpoint is an address such as http://localhost:4318, not "localhost:4318"`,
		`data: ""`:                                `--data is a folder`,
		"max-attempts: 0\n":                       `--max-attempts is at least 1`,
		"interactions-max-rows: -1\nworkers: 1\n": `--interactions-max-rows is 0 (no bound) or more`,
	} {
		_, err := load(t, file)
		require.ErrorContains(t, err, want, file)
		require.NotContains(t, err.Error(), "secret words")
	}
	_, err := load(t, "workers: many\nlease: long\nnone: 1")
	require.Len(t, strings.Split(err.Error(), "\n"), 3, "all of it at once")
	for _, empty := range []string{"", "# nothing yet\n", "---\n"} {
		_, err := load(t, empty)
		require.NoError(t, err, empty)
	}
}

// What a command is to do is said where it is run: neither the environment nor the file may have a restore replace a database, or a new user be an administrator.
func TestACommandsOwnFlagsAreNoSettings(t *testing.T) {
	t.Setenv("DECNET_FORCE", "true")
	t.Setenv("DECNET_ROLE", "admin")
	t.Setenv("DECNET_WORKERS", "7")
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := Flags(f)
	force, role := f.Bool("force", false, ""), f.String("role", "viewer", "")
	require.NoError(t, f.Parse(nil))
	require.NoError(t, c.Load())
	require.False(t, *force)
	require.Equal(t, "viewer", *role)
	require.Equal(t, 7, c.Workers)
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	t.Setenv("DECNET_WORKERS", "7")
	t.Setenv("DECNET_CATALOG", "a.yaml,b.yaml")
	c, err := load(t, "workers: 8\ncatalog: c.yaml")
	require.NoError(t, err)
	require.Equal(t, 7, c.Workers)
	require.Equal(t, []string{"a.yaml", "b.yaml"}, c.Catalog)
}

func TestASettingThatHasNoEffectAloneIsRefused(t *testing.T) {
	for flag, of := range map[string]string{"alert-secret-file": "--alert-webhook", "export-syslog-ca": "--export-syslog"} {
		_, err := load(t, "", "--"+flag, "/a/file")
		require.ErrorContains(t, err, "--"+flag+" is for "+of+", which is not set")
	}
}

func TestAVariableThatNearlyNamesASettingIsToldOf(t *testing.T) {
	for _, name := range []string{"DECNET_LISTN", "DECNET_ENGINES", "DECNET_WORKERS", "DECNET_URL", "DECNET_USERNAME", "DECNET_NEW_PASSWORD"} {
		t.Setenv(name, "2")
	}
	c, _ := load(t, "")
	require.Equal(t, map[string]string{"DECNET_LISTN": "DECNET_LISTEN", "DECNET_ENGINES": "DECNET_ENGINE"}, c.Misnamed())
}
