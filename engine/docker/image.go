package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"

	"decnet/engine"
)

// The user that a decoy runs as: nobody.
const (
	uid  = 65534
	user = "65534:65534"
)

// ensureImage returns the reference of the decoy image, and imports it when the engine has it not. The tag is the binary's hash: another
// binary is another image, and the same one is imported once.
func (e *Engine) ensureImage(ctx context.Context, p engine.Progress) (string, error) {
	ref, err := e.image.get(ctx, func() (string, error) {
		binary, err := os.ReadFile(e.opts.DecoyBinary)
		if err != nil {
			return "", &engine.Error{Code: engine.ImageFailed, Message: "the decoy binary can't be read", Err: err}
		}
		sum := sha256.Sum256(binary)
		ref := "decnet/decoy:" + hex.EncodeToString(sum[:8])
		_, err = e.cli.ImageInspect(ctx, ref)
		if err == nil {
			return ref, nil
		}
		if !errdefs.IsNotFound(err) {
			return "", e.fail("look for the decoy image", engine.ImageFailed, err)
		}
		p("making the decoy image")
		return ref, e.fail("make the decoy image", engine.ImageFailed, e.importImage(ctx, ref, binary))
	})
	return ref, e.fail("make the decoy image", engine.ImageFailed, err)
}

func (e *Engine) importImage(ctx context.Context, ref string, binary []byte) error {
	layer, err := rootFS(binary)
	if err != nil {
		return err
	}
	body, err := e.cli.ImageImport(ctx, image.ImportSource{Source: layer, SourceName: "-"}, ref, image.ImportOptions{
		Changes: []string{`ENTRYPOINT ["/decoy"]`, "USER " + user, "WORKDIR /"},
		Message: "the decoy of decnet",
	})
	if err != nil {
		return err
	}
	return readToEnd(body)
}

// readToEnd reads an answer that tells of its progress: errors come inside it, and it is done at its end.
func readToEnd(body io.ReadCloser) error {
	defer body.Close()
	for dec := json.NewDecoder(body); ; {
		var msg struct {
			Error string `json:"error"`
		}
		if err := dec.Decode(&msg); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the progress: %w", err)
		}
		if msg.Error != "" {
			return errors.New(msg.Error)
		}
	}
}

// rootFS is the image's whole file system: the decoy, and an empty /state that a new volume takes its owner from.
func rootFS(binary []byte) (io.Reader, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	// A fixed time: the same binary gives the same layer.
	made := time.Unix(0, 0)
	err := errors.Join(
		w.WriteHeader(&tar.Header{Name: "state/", Typeflag: tar.TypeDir, Mode: 0o700, Uid: uid, Gid: uid, ModTime: made}),
		w.WriteHeader(&tar.Header{Name: "decoy", Typeflag: tar.TypeReg, Mode: 0o555, Size: int64(len(binary)), ModTime: made}),
	)
	if err == nil {
		_, err = w.Write(binary)
	}
	return &buf, errors.Join(err, w.Close())
}
