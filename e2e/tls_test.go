package e2e

import (
	"context"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/client"
	"decnet/engine/enginetest"
)

// A server that vouches for itself is one for clients that are given its certificate, and for no other; it keeps it over a restart.
func TestTheServersOwnCertificate(t *testing.T) {
	binary, err := buildServer()
	require.NoError(t, err)
	data := t.TempDir()
	boot := func() (url string, stop func()) {
		log := &lockedBuffer{}
		cmd := exec.Command(binary, "--data", data, "--listen", "127.0.0.1:0", "--admin-password", password, "--engine", "sim", "--tls-self-signed", "--decoy-binary", enginetest.Decoy(t))
		cmd.Stdout, cmd.Stderr = log, log
		require.NoError(t, cmd.Start())
		s := &server{t: t, log: log}
		s.eventually("it serves", func() bool {
			m := regexp.MustCompile(`decnet: (https://\S+)`).FindStringSubmatch(log.String())
			if m != nil {
				url = m[1]
			}
			return m != nil
		})
		require.Contains(t, log.String(), "SHA-256")
		return url, func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }
	}
	url, stop := boot()
	certificate := filepath.Join(data, "tls.crt")
	key, err := os.Stat(filepath.Join(data, "tls.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), key.Mode().Perm())
	pem, err := os.ReadFile(certificate)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))

	require.Contains(t, output(t, "curl", "-s", "--retry", "20", "--retry-connrefused", "--cacert", certificate, url+"/healthz"), "ok")
	_, err = client.New(url).Login(t.Context(), "admin", password)
	require.Equal(t, client.CodeUnreachable, client.CodeOf(err), "a stranger's certificate is not believed")
	signedIn, err := client.New(url, client.WithAuthorities(pool)).Login(t.Context(), "admin", password)
	require.NoError(t, err)
	c := client.New(url, client.WithAuthorities(pool), client.WithToken(signedIn.Token))
	accepted, err := c.Deploy(t.Context(), client.DeployInput{Deckies: []client.DeckySpec{{Name: "a", Services: []string{"ssh"}}}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, c.FollowLifecycles(ctx, client.Follow{IDs: accepted.LifecycleIds}, func(client.Event) error { return nil }), "over a WebSocket, too")
	stop()

	url, stop = boot()
	defer stop()
	require.Contains(t, output(t, "curl", "-s", "--retry", "20", "--retry-connrefused", "--cacert", certificate, url+"/healthz"), "ok", "the certificate is the same")
}
