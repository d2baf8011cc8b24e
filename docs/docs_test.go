// Package docs_test holds the documents to what the code is.
package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"decnet/starter"
)

var (
	// Commands of the documents that say which test shows what they claim.
	command = regexp.MustCompile("`go test ((?:\\./\\S+ )+)-(?:run|fuzz|bench) ('[^']+'|[^`'\\s]+)")
	defined = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	// What an example deploys, and how many of it: on a command line, and in GraphiQL.
	deployed = regexp.MustCompile(`(?:decnet deploy --name |deckies: \[\{ name: ")([a-z0-9-]+)(?:(?: --count |", count: )(\d+))?`)
)

// A document that names a test names one that is there.
func TestTheTestsThatDocumentsNameExist(t *testing.T) {
	documents, err := filepath.Glob("*.md")
	require.NoError(t, err)
	seen := 0
	for _, document := range documents {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, m := range command.FindAllStringSubmatch(string(text), -1) {
			seen++
			pattern := strings.ReplaceAll(strings.Trim(m[2], "'"), `\|`, "|")
			pattern, _, _ = strings.Cut(pattern, "/")
			for folder := range strings.FieldsSeq(m[1]) {
				assert.True(t, has(t, filepath.Join("..", folder), regexp.MustCompile(pattern)), "%s: no test of %s is called %s", document, folder, pattern)
			}
		}
	}
	require.Greater(t, seen, 30, "the documents' commands are not found any more")
}

// Whoever follows the documents on a server with the starter fleet (`make run`) can deploy what they say: its names are not taken.
func TestTheExamplesDeployNamesThatTheStarterFleetLeaves(t *testing.T) {
	taken := map[string]bool{}
	for _, d := range starter.Deckies {
		taken[d.Name] = true
	}
	files := []string{"../README.md", "../web/src/explorer/examples.ts"}
	for _, pattern := range []string{"*.md", "../cmd/decnet/*.go"} {
		more, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, more...)
	}
	seen := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range deployed.FindAllStringSubmatch(string(text), -1) {
			seen++
			names := []string{m[1]}
			if n, _ := strconv.Atoi(m[2]); n > 1 {
				names = nil
				for i := range n {
					names = append(names, fmt.Sprintf("%s-%02d", m[1], i+1))
				}
			}
			for _, name := range names {
				assert.False(t, taken[name], "%s deploys %s, which the starter fleet has", file, name)
			}
		}
	}
	require.Greater(t, seen, 6, "the examples are not found any more")
}

// has tells whether a package has such a test; dir/... is any package below.
func has(t *testing.T, dir string, name *regexp.Regexp) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(strings.TrimSuffix(dir, "..."), "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range defined.FindAllStringSubmatch(string(text), -1) {
			if name.MatchString(m[1]) {
				return true
			}
		}
	}
	return false
}
