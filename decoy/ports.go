package decoy

// CatalogPorts returns the ports of a service by the built-in catalog, and false when there is no such service.
func CatalogPorts(slug string) ([]Port, bool) {
	ports, ok := map[string][]Port{
		"ssh": {{22, "tcp"}}, "telnet": {{23, "tcp"}}, "http": {{80, "tcp"}}, "https": {{443, "tcp"}}, "ftp": {{21, "tcp"}},
		"redis": {{6379, "tcp"}}, "mysql": {{3306, "tcp"}}, "postgres": {{5432, "tcp"}}, "smtp": {{25, "tcp"}, {587, "tcp"}},
	}[slug]
	return ports, ok
}
