// Package schematype holds the Go types of JSON columns, apart from the schema so that generated code and domain code can
// share them.
package schematype

// InteractionField is one named fact of an interaction.
type InteractionField struct {
	Name string `json:"name"`
	// Value is the fact as printable text: bytes that do not print are shown escaped.
	Value string `json:"value"`
	// Base64 is the whole value, where Value could not show it as it is.
	Base64 *string `json:"base64,omitempty"`
}
