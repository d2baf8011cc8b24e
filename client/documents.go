package client

import _ "embed"

// Documents is every operation of this client, in GraphQL: what a server that keeps a list of operations has to let through.
//
//go:embed operations.graphql
var Documents string
