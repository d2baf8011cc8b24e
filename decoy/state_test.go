package decoy

import (
	"os"
	"reflect"
	"testing"
)

// TestStateSurvivesATornSave damages the file at every byte that a save may have been writing when the power went.
func TestStateSurvivesATornSave(t *testing.T) {
	s := state(t.TempDir())
	if got, err := s.load(); got != nil || err != nil {
		t.Fatalf("nothing was kept, but %+v, %v", got, err)
	}
	var before, after []byte
	for generation := 1; generation <= 4; generation++ {
		before = after
		if err := s.save(generation, []string{"ssh", "telnet"}[:1+generation%2], nil); err != nil {
			t.Fatal(err)
		}
		got, err := s.load()
		if err != nil || got.Generation != generation || !reflect.DeepEqual(got.Services, []string{"ssh", "telnet"}[:1+generation%2]) {
			t.Fatalf("saved generation %d, loaded %+v, %v", generation, got, err)
		}
		if after, err = os.ReadFile(s.path()); err != nil {
			t.Fatal(err)
		}
	}
	for cut := range after {
		if before[cut] == after[cut] {
			continue
		}
		torn := append(append([]byte(nil), after[:cut]...), before[cut:]...)
		if err := os.WriteFile(s.path(), torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.load(); err != nil || got.Generation != 3 {
			t.Fatalf("torn at byte %d: %+v, %v", cut, got, err)
		}
	}
}

func TestStateHasABound(t *testing.T) {
	s := state(t.TempDir())
	if err := s.save(1, make([]string, 50000), nil); err == nil {
		t.Error("more than fits is said to be kept")
	}
}
