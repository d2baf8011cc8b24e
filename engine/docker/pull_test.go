package docker_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
)

// registry serves the image of enginetest.Greeter as the one that it has, and counts who asks for it.
func registry(t *testing.T, image string) (address string, asked *int) {
	t.Helper()
	saved := run(t, "docker", "save", image)
	var config, layer []byte
	var manifest []struct {
		Config string
		Layers []string
	}
	files := map[string][]byte{}
	for r := tar.NewReader(strings.NewReader(saved)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		files[h.Name], err = io.ReadAll(r)
		require.NoError(t, err)
	}
	require.NoError(t, json.Unmarshal(files["manifest.json"], &manifest))
	config, layer = files[manifest[0].Config], files[manifest[0].Layers[0]]
	digest := func(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }
	const kind = "application/vnd.docker.distribution.manifest.v2+json"
	described, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": kind,
		"config": map[string]any{"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": digest(config)},
		"layers": []any{map[string]any{"mediaType": "application/vnd.docker.image.rootfs.diff.tar", "size": len(layer), "digest": digest(layer)}},
	})
	require.NoError(t, err)
	asked = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/v2/own/greeter/"); path {
		case "/v2/":
		case "manifests/1":
			*asked++
			fallthrough
		case "manifests/" + digest(described):
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Docker-Content-Digest", digest(described))
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(described))
		case "blobs/" + digest(config):
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(config))
		case "blobs/" + digest(layer):
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(layer))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), asked
}

// An image is fetched where the catalog says so, and only then.
func TestAnImageIsFetchedOnlyWhereTheCatalogSaysSo(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	address, asked := registry(t, enginetest.Greeter(t, lot.Tag))
	image := address + "/own/greeter:1"
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", image).Run() })
	own := enginetest.OwnCatalog(t, image,
		`fetched: {name: Fetched, ports: [7778], image: IMAGE, pull_policy: missing, command: [tcp, "7778", "it was fetched"]}`,
		`nowhere: {name: Nowhere, ports: [7779], image: "`+address+`/own/nothing:1", pull_policy: missing}`)
	e, err := docker.New(docker.Options{Owner: lot.Tag, DecoyBinary: enginetest.Decoy(t), Catalog: own})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	d := lot.Decky(lot.Network(engine.Bridge), 0, "ssh")
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, quiet)) })
	_, err = e.Ensure(t.Context(), d, quiet)
	require.NoError(t, err)
	try := func(service string) error {
		d.Services, d.Generation = []string{"ssh", service}, d.Generation+1
		_, err := e.Apply(t.Context(), d, quiet)
		return err
	}
	require.Equal(t, engine.ImageFailed, engine.AsError(try("greeter")).Code)
	require.Zero(t, *asked, "nobody has said that it may be fetched")
	said := engine.AsError(try("nowhere"))
	require.Equal(t, engine.ImageFailed, said.Code)
	require.Contains(t, said.Message, "own/nothing:1")
	require.NoError(t, try("fetched"))
	require.Equal(t, "it was fetched", says(t, d, 7778))
	before := *asked
	require.NoError(t, try("greeter"))
	require.Equal(t, before, *asked, "it is there now")
}
