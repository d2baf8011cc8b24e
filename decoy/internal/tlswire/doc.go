// Package tlswire is a TLS server whose wire is that of a named product: which of what a client offers it takes, what it answers and in which order, its tickets, and how it
// refuses.
//
// The files upstream_*.go are Go's crypto/tls (© The Go Authors, under the BSD licence of the file LICENSE), without what clients, QUIC and FIPS 140 need. gen writes them:
// gen/edits.go says what is changed in them, and ends when they are no longer what they were. All else is ours: profiles.go what each product does, hello12.go and hello13.go
// the answers to a hello, and suites.go and its neighbours what crypto/tls lacks.
//
// It has no defence against who measures how long it takes, and none is needed: its keys are a decoy's, and there is nothing behind them.
package tlswire

//go:generate go run ./gen
