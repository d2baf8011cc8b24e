package fleet

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"decnet/engine"
)

// DeployMode is how a deploy treats the deckies that are already there.
type DeployMode string

// The modes.
const (
	Add     DeployMode = "ADD"
	Replace DeployMode = "REPLACE"
)

// MarshalGQL writes the mode for GraphQL.
func (m DeployMode) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(m))) }

// UnmarshalGQL reads a mode from GraphQL.
func (m *DeployMode) UnmarshalGQL(v any) error {
	switch v {
	case string(Add), string(Replace):
		*m = DeployMode(v.(string))
		return nil
	}
	return fmt.Errorf("%v is not a DeployMode", v)
}

// DeployInput is what to deploy. The API's schema documents the fields of this and the other inputs.
type DeployInput struct {
	Deployment       string         `json:"deployment"`
	Deckies          []*DeckySpec   `json:"deckies"`
	Mode             DeployMode     `json:"mode"`
	Network          *NetworkInput  `json:"network"`
	MutateInterval   *time.Duration `json:"mutateInterval"`
	ExpectedRevision *int           `json:"expectedRevision"`
	IdempotencyKey   *string        `json:"idempotencyKey"`
	DryRun           bool           `json:"dryRun"`
}

// NetworkInput is where a new deployment's deckies live.
type NetworkInput struct {
	Driver  engine.Driver `json:"driver"`
	Subnet  *string       `json:"subnet"`
	Gateway *string       `json:"gateway"`
	Parent  *string       `json:"parent"`
}

// DeckySpec is one decky to deploy, or several alike.
type DeckySpec struct {
	Name           string         `json:"name"`
	Count          int            `json:"count"`
	Archetype      *string        `json:"archetype"`
	Services       []string       `json:"services"`
	Distro         *string        `json:"distro"`
	Os             *string        `json:"os"`
	IP             *string        `json:"ip"`
	Hostname       *string        `json:"hostname"`
	MutateInterval *time.Duration `json:"mutateInterval"`
	// Settings is absent from the keys of older inputs: what was asked under an idempotency key must stay what it was.
	Settings []*SettingInput `json:"settings,omitempty"`
}

// SettingInput is one setting of a service.
type SettingInput struct {
	Service string `json:"service"`
	Key     string `json:"key"`
	Value   string `json:"value"`
}

// MutateInput is which decky to mutate, and to what.
type MutateInput struct {
	Name       string   `json:"name"`
	Deployment string   `json:"deployment"`
	Services   []string `json:"services"`
	// Settings is absent from the keys of older inputs, as [DeckySpec]'s is.
	Settings           []*SettingInput `json:"settings,omitempty"`
	Seed               *int            `json:"seed"`
	ExpectedGeneration *int            `json:"expectedGeneration"`
	IdempotencyKey     *string         `json:"idempotencyKey"`
	DryRun             bool            `json:"dryRun"`
}

// IntervalInput is how often to mutate.
type IntervalInput struct {
	Name       *string        `json:"name"`
	Deployment string         `json:"deployment"`
	Interval   *time.Duration `json:"interval"`
}

// TeardownInput is what to take down.
type TeardownInput struct {
	Deployment string   `json:"deployment"`
	Names      []string `json:"names"`
}
