// Command gen writes the part of crypto/tls that a server needs into the current folder, from the standard library of the one Go that is named here. Where it is not the Go
// that runs, the go command fetches it, and checks it against its sum.
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"decnet/decoy/internal/upstream"
)

// version is the Go whose crypto/tls it is. Another one is looked at before it is taken: edits that no longer fit end the command.
const version = "go1.26.8"

func main() {
	log.SetFlags(0)
	log.SetPrefix("tlswire/gen: ")
	if err := generate("."); err != nil {
		log.Fatal(err)
	}
}

func generate(folder string) error {
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+version)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("find %s: %w", version, err)
	}
	root := strings.TrimSpace(string(out))
	said, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return fmt.Errorf("find %s: %w", version, err)
	}
	if got, _, _ := strings.Cut(string(said), "\n"); got != version {
		return fmt.Errorf("%s is %s, not %s", root, got, version)
	}
	return (&upstream.Package{
		Name: "tlswire", Origin: version, Dir: root, Files: files, Licence: "LICENSE", Roots: roots, Drop: drop, Edits: edits, Replace: replace, Known: known, Without: without,
	}).Generate(folder)
}
