// Package ent is what Ent makes of ent/schema: the typed client of the database. Only this file and the schema are written by hand.
package ent

//go:generate go run ./internal/gen
