package packaging

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/engine/enginetest"
)

// audit runs checks of the audit, and returns what it says and whether it is content.
func audit(t *testing.T, env []string, checks ...string) (said string, content bool) {
	t.Helper()
	cmd := exec.Command("scripts/audit", checks...)
	cmd.Dir = enginetest.Root()
	cmd.Env = append(append(os.Environ(), "AUDIT_OFFLINE="), env...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	return string(out), err == nil
}

const module = "github.com/gorilla/websocket"

// vulnerabilities is a database in which that module has a hole in a function that we call, or none has any.
func vulnerabilities(t *testing.T, some bool) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path string, v any) {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, path), b, 0o600))
	}
	type object = map[string]any
	const id, at = "GO-2020-0000", "2020-01-01T00:00:00Z"
	modules := []object{}
	if some {
		modules = []object{{"path": module, "vulns": []object{{"id": id, "modified": at}}}}
	}
	write("index/db.json", object{"modified": at})
	write("index/modules.json", modules)
	write("ID/"+id+".json", object{
		"schema_version": "1.3.1", "id": id, "modified": at, "published": at, "summary": "A made-up hole", "database_specific": object{"url": "about:blank"},
		"affected": []object{{
			"package": object{"name": module, "ecosystem": "Go"}, "ranges": []object{{"type": "SEMVER", "events": []object{{"introduced": "0"}}}},
			"ecosystem_specific": object{"imports": []object{{"path": module, "symbols": []string{"Upgrader.Upgrade"}}}},
		}},
	})
	return "GOVULNDB=file://" + dir
}

// registry is one that answers the question for vulnerabilities, and nothing else.
func registry(t *testing.T, answer string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil || r.Method != http.MethodPost || answer == "" {
			http.Error(w, "no", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	return "npm_config_registry=" + s.URL
}

// A finding fails the audit, and so does an answer that never came, which is never taken for a clean one.
func TestTheAuditOfGoModules(t *testing.T) {
	few := "AUDIT_PACKAGES=./transport"
	said, content := audit(t, []string{few, vulnerabilities(t, true)}, "go")
	require.False(t, content)
	require.Contains(t, said, "FAILED")
	require.Contains(t, said, "A made-up hole")
	said, content = audit(t, []string{few, vulnerabilities(t, false)}, "go")
	require.True(t, content, said)

	nowhere := "GOVULNDB=http://127.0.0.1:1"
	said, content = audit(t, []string{few, nowhere}, "go")
	require.False(t, content)
	require.Contains(t, said, "NOT CHECKED")
	said, content = audit(t, []string{few, nowhere, "AUDIT_OFFLINE=1"}, "go")
	require.True(t, content)
	require.Contains(t, said, "NOT CHECKED")
}

func TestTheAuditOfNpmPackages(t *testing.T) {
	hole := `{"graphql-ws": [{"id": 1, "url": "about:blank", "title": "A made-up hole", "severity": "critical", "vulnerable_versions": ">=0.0.0", "cwe": [], "cvss": {"score": 9, "vectorString": null}}]}`
	said, content := audit(t, []string{registry(t, hole)}, "npm")
	require.False(t, content)
	require.Contains(t, said, "critical: graphql-ws")
	said, content = audit(t, []string{registry(t, `{}`)}, "npm")
	require.True(t, content, said)
	said, content = audit(t, []string{registry(t, "")}, "npm")
	require.False(t, content)
	require.Contains(t, said, "NOT CHECKED")
	require.NotContains(t, said, " ok")
	said, content = audit(t, []string{registry(t, ""), "AUDIT_OFFLINE=1"}, "npm")
	require.True(t, content)
	require.Contains(t, said, "NOT CHECKED")
}
