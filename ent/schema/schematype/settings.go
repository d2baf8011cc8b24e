package schematype

import (
	"encoding/json"
	"fmt"

	"decnet/seal"
)

// Settings are what an operator has chosen, by service and key. There are passwords in them: as a column they are one sealed text.
type Settings map[string]map[string]string

// MarshalJSON seals them.
func (s Settings) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(map[string]map[string]string(s))
	if err != nil {
		return nil, fmt.Errorf("write settings: %w", err)
	}
	sealed, err := seal.Seal(text)
	if err != nil {
		return nil, fmt.Errorf("seal settings: %w", err)
	}
	return json.Marshal(sealed)
}

// UnmarshalJSON opens them.
func (s *Settings) UnmarshalJSON(b []byte) error {
	var sealed *string
	if err := json.Unmarshal(b, &sealed); err != nil {
		return fmt.Errorf("read sealed settings: %w", err)
	}
	if sealed == nil {
		*s = nil
		return nil
	}
	text, err := seal.Open(*sealed)
	if err != nil {
		return fmt.Errorf("open the settings of services: %w", err)
	}
	return json.Unmarshal(text, (*map[string]map[string]string)(s))
}
