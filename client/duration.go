package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// marshalDuration and unmarshalDuration are genqlient's binding of the scalar Duration; the server answers in Go's form.
func marshalDuration(d *time.Duration) ([]byte, error) { return json.Marshal(d.String()) }

func unmarshalDuration(b []byte, d *time.Duration) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("read a Duration: %w", err)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("read a Duration: %w", err)
	}
	*d = v
	return nil
}
