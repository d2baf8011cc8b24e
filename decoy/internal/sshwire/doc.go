// Package sshwire is an SSH server whose wire is that of a named product and version: what it offers in which order, the messages around the key exchange, and the
// algorithms that go with them.
//
// The files upstream_*.go are golang.org/x/crypto/ssh (© The Go Authors, under the BSD licence of the file LICENSE) at the version that go.mod names, without what only
// a client needs. gen writes them: gen/edits.go says what is changed in them, and ends when upstream is no longer what it was. All else is ours: products.go what each
// product offers, and beside it what upstream lacks of that.
package sshwire

//go:generate go run ./gen
