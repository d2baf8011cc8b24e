package decoy

import "slices"

//go:generate go run ./internal/portsgen ports_generated.go

// CatalogPorts returns the ports of a service by the embedded catalog, and false when there is no such service. They are compiled in: reading the catalog
// would be most of what a decoy's start costs.
func CatalogPorts(slug string) ([]Port, bool) {
	ports, ok := catalogPorts[slug]
	return slices.Clone(ports), ok
}
