package main

// allowed are the licences, by their SPDX names, that what we build on may have: they let it be used in a program under Apache-2.0 and be passed on.
var allowed = map[string]bool{
	"0BSD": true, "Apache-2.0": true, "BlueOak-1.0.0": true, "BSD-2-Clause": true, "BSD-3-Clause": true, "CC0-1.0": true, "ISC": true, "MIT": true, "PSF-2.0": true, "Unlicense": true,
	// Only changes to its own files would have to be passed on, and we make none.
	"MPL-2.0": true,
	// For data (caniuse-lite): whose it is, is to be said, which its package does.
	"CC-BY-4.0": true,
}

// correction is where the detection of licences is wrong.
type correction struct{ found, is, why string }

// corrections are by module; a name that ends in a slash is for all modules below it.
var corrections = map[string]correction{
	"golang.org/x/":                       {"BSD-Source-Code", "BSD-3-Clause", "Go's own licence, of which the detector takes a like one"},
	"std":                                 {"", "BSD-3-Clause", "Go's own licence: the standard library is no module with a file of its own"},
	"github.com/opencontainers/go-digest": {"CC-BY-SA-4.0", "Apache-2.0", "LICENSE is for the code, LICENSE.docs (CC-BY-SA-4.0) for its documents, which we don't pass on"},
	"github.com/pressly/goose/v3":         {"", "MIT", "LICENSE says whose work it was and is before its text"},
}
