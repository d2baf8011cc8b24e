//go:build !race

package model

// sequences is how many programs a run of the tests plays; -rapid.checks asks for more.
const sequences = "3000"
