// Command gen writes the part of golang.org/x/crypto/ssh that a server needs into the current folder, at the version that go.mod names.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os/exec"

	"decnet/decoy/internal/upstream"
)

const module = "golang.org/x/crypto"

func main() {
	log.SetFlags(0)
	log.SetPrefix("sshwire/gen: ")
	if err := generate("."); err != nil {
		log.Fatal(err)
	}
}

func generate(folder string) error {
	out, err := exec.Command("go", "list", "-m", "-json", module).Output()
	if err != nil {
		return fmt.Errorf("find %s: %w", module, err)
	}
	var found struct{ Version, Dir string }
	if err := json.Unmarshal(out, &found); err != nil {
		return fmt.Errorf("find %s: %w", module, err)
	}
	if found.Dir == "" {
		return fmt.Errorf("%s %s is not in the module cache: go mod download %[1]s", module, found.Version)
	}
	return (&upstream.Package{
		Name: "sshwire", Origin: module + "@" + found.Version, Dir: found.Dir, Files: files, Licence: "LICENSE", Roots: roots, Drop: dropMethods, Edits: edits,
	}).Generate(folder)
}
