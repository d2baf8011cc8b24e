package schematype

// Shape is what a decky is besides its services.
type Shape struct {
	Archetype *string  `json:"archetype,omitempty"`
	Distro    string   `json:"distro"`
	OS        string   `json:"os"`
	Hostname  string   `json:"hostname"`
	IP        string   `json:"ip"`
	Settings  Settings `json:"settings,omitempty"`
}

// Reshape is what a lifecycle makes of a decky besides its services, and of what.
type Reshape struct {
	From Shape `json:"from"`
	To   Shape `json:"to"`
}
