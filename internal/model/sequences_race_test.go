//go:build race

package model

// sequences is how many programs a run of the tests plays; under the race detector each takes five times as long.
const sequences = "300"
