package decoy

import "decnet/catalog"

// CatalogPorts returns the ports of a service by the embedded catalog, and false when there is no such service.
func CatalogPorts(slug string) ([]Port, bool) {
	service, ok := catalog.Default().Service(slug)
	if !ok {
		return nil, false
	}
	ports := make([]Port, len(service.Ports))
	for i, p := range service.Ports {
		ports[i] = Port{Number: p.Number, Proto: p.Proto}
	}
	return ports, true
}
