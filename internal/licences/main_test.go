package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALicenceThatIsNotOnTheListIsRefused(t *testing.T) {
	count := map[string]int{}
	refused, err := check([]byte(`{"bomFormat": "CycloneDX", "components": [
		{"name": "good", "version": "1", "licenses": [{"license": {"id": "MIT"}}]},
		{"name": "either", "version": "1", "licenses": [{"expression": "(GPL-3.0-only OR Apache-2.0)"}]},
		{"group": "@scope", "name": "copyleft", "version": "2", "licenses": [{"license": {"id": "AGPL-3.0-only"}}]},
		{"name": "both", "version": "3", "licenses": [{"license": {"id": "MIT"}}, {"license": {"id": "GPL-2.0-only"}}]},
		{"name": "nothing", "version": "4"},
		{"name": "hard", "version": "5", "licenses": [{"expression": "GPL-2.0-only AND (MIT OR ISC)"}]},
		{"name": "golang.org/x/net", "version": "v1", "licenses": [{"license": {"id": "BSD-Source-Code"}}]},
		{"name": "golang.org/x/other", "version": "v1", "licenses": [{"license": {"id": "GPL-2.0-only"}}]}
	]}`), count)
	require.NoError(t, err)
	require.Equal(t, []string{
		"@scope/copyleft 2: AGPL-3.0-only", "both 3: MIT AND GPL-2.0-only", "nothing 4: no licence found",
		"hard 5: GPL-2.0-only AND (MIT OR ISC)", "golang.org/x/other v1: GPL-2.0-only",
	}, refused)
	require.Equal(t, 1, count["BSD-3-Clause"], "corrected")

	for _, empty := range []string{``, `{}`, `{"bomFormat": "CycloneDX", "components": []}`, `{"bomFormat": "SPDX", "components": [{"name": "a"}]}`} {
		_, err := check([]byte(empty), count)
		require.Error(t, err, "what lists nothing proves nothing")
	}
}
