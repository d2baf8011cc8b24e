package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"decnet/catalog"
	"decnet/ent"
	"decnet/ent/decky"
)

// settings checks what a deploy chooses for services against the catalog. A service need not be among the decky's own: it may come by a mutation. nil means that
// nothing was said, and an empty list that nothing is chosen.
func (f *Fleet) settings(in []*SettingInput, path []any) (map[string]map[string]string, error) {
	if in == nil {
		return nil, nil
	}
	out := map[string]map[string]string{}
	for i, s := range in {
		here := at(path, "settings", i)
		service, ok := f.catalog.Service(s.Service)
		if !ok {
			return nil, f.unknown("service", s.Service, at(here, "service"))
		}
		if why, refused := service.Refused[s.Key]; refused {
			return nil, invalid(at(here, "key"), "%s of %s is refused: %s", s.Key, s.Service, why)
		}
		setting, ok := service.Setting(s.Key)
		if !ok {
			return nil, invalid(at(here, "key"), "%s has no setting %q: %s", s.Service, s.Key, keys(service))
		}
		if err := setting.Check(s.Value); err != nil {
			return nil, invalid(at(here, "value"), "%s of %s %v", s.Key, s.Service, err)
		}
		if _, twice := out[s.Service][s.Key]; twice {
			return nil, invalid(here, "%s of %s is given twice", s.Key, s.Service)
		}
		if out[s.Service] == nil {
			out[s.Service] = map[string]string{}
		}
		out[s.Service][s.Key] = s.Value
	}
	for i, s := range in { // in their order, for an error at the first
		service, _ := f.catalog.Service(s.Service)
		if key, err := service.CheckTogether(out[s.Service]); err != nil && key == s.Key {
			return nil, invalid(at(path, "settings", i, "value"), "%s of %s %v", key, s.Service, err)
		}
	}
	if b, err := json.Marshal(out); err != nil || len(b) > maxSettings {
		return nil, invalid(at(path, "settings"), "they are too much for one decky: %d bytes as JSON, and at most %d fit", len(b), maxSettings)
	}
	return out, nil
}

// maxSettings is how much may be chosen for one decky, in bytes of JSON: its decoy keeps it in a file of a fixed size (decoy/state.go), with its services.
const maxSettings = 48 << 10

// keys lists the settings that a service has, for an error.
func keys(service catalog.Service) string {
	if len(service.Settings) == 0 {
		return "it has none"
	}
	names := make([]string, len(service.Settings))
	for i, s := range service.Settings {
		names[i] = s.Key
	}
	return "it has " + strings.Join(names, ", ")
}

// Readable tells whether what is sealed in the database can be opened with the key at hand: a server that can't should say so when it starts.
func (f *Fleet) Readable(ctx context.Context) error {
	_, err := f.store.Read.Decky.Query().Where(decky.SettingsNotNil()).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("read the deckies: %w", err)
	}
	return nil
}
