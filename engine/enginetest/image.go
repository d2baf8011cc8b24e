package enginetest

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/catalog"
)

// OwnCatalog is the embedded catalog with the services of a user's own, which the image of Greeter speaks: greeter, which says hello from the decky's host name on
// port 7777, and what more is said of them.
func OwnCatalog(t testing.TB, image string, more ...string) *catalog.Catalog {
	t.Helper()
	file := filepath.Join(t.TempDir(), "own.yaml")
	services := append([]string{
		`greeter: {name: Greeter, ports: [7777], image: IMAGE, command: [tcp, "7777", "hello from {hostname}"], environment: {WHO: "{name}"}}`,
	}, more...)
	text := "services:\n  " + strings.Join(services, "\n  ") + "\n"
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "IMAGE", image)), 0o600))
	c, err := catalog.Load(file)
	require.NoError(t, err)
	return c
}

// Greeter makes an image of a service of the test's own: command greeter, alone. It goes with the test. The image asks for a volume and bears labels of ours, as
// one may that means no good.
func Greeter(t testing.TB, tag string) string {
	t.Helper()
	RequireDocker(t)
	binary := filepath.Join(t.TempDir(), "greeter")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./engine/enginetest/greeter")
	build.Dir, build.Env = Root(), append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	content, err := os.ReadFile(binary)
	require.NoError(t, err)
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "greeter", Mode: 0o555, Size: int64(len(content))}))
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	name := "decnet-test/greeter:" + tag
	load := exec.Command("docker", "import", "-c", `ENTRYPOINT ["/greeter"]`, "-c", "VOLUME /data", "-c", "LABEL decnet.owner=someone decnet.service=else", "-", name)
	load.Stdin = &layer
	out, err = load.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", name).Run() })
	return name
}
