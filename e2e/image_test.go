package e2e

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

// The image as it is meant to run: locked up, not root, with the Docker socket in another process on the host.
func TestTheContainerImage(t *testing.T) {
	enginetest.RequireDocker(t)
	const image = "decnet-test/e2e"
	build := exec.Command("scripts/image", image)
	build.Dir = enginetest.Root()
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	t.Cleanup(func() { _ = exec.Command("docker", "image", "rm", "-f", image).Run() })
	e := startEngineProcess(t, "--allow", "65532")

	id := strings.TrimSpace(output(t, "docker", "run", "--detach", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
		"--publish", "127.0.0.1::8080", "--volume", "/data", "--volume", filepath.Dir(e.socket)+":/run/decnet", "--env", "DECNET_ENGINE=unix:///run/decnet/engine.sock", image))
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(output(t, "docker", "logs", id))
		}
		output(t, "docker", "rm", "--force", "--volumes", id)
	})
	s := &server{t: t, log: &lockedBuffer{}, URL: "http://" + strings.TrimSpace(output(t, "docker", "port", id, "8080/tcp"))}
	s.eventually("the server in the container serves", func() bool {
		res, err := http.Get(s.URL + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	// Its first words tell the password, which is good for choosing another one.
	_, words, ok := strings.Cut(output(t, "docker", "logs", id), "sign in as admin with the password ")
	require.True(t, ok)
	printed, _, _ := strings.Cut(words, " ")
	s.Token = s.login("admin", printed)
	s.as(s.Token).must(nil, `mutation($c: String!, $n: String!) { changePassword(current: $c, new: $n) { ok } }`, map[string]any{"c": printed, "n": password})
	s.Token = s.login("admin", password)

	s.succeed(s.deploy(map[string]any{"deckies": []any{spec("web", "ssh")}}))
	d := s.decky("web")
	greet(t, "ssh", d.Endpoints[0].Address, d.Endpoints[0].Port)
	var down struct {
		Teardown struct{ LifecycleIds []string }
	}
	s.as(s.Token).must(&down, `mutation { teardown(input: {}) { lifecycleIds } }`, nil)
	s.succeed(down.Teardown.LifecycleIds)
}
