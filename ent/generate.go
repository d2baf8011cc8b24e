package ent

//go:generate go run ./internal/gen
