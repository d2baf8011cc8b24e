// Package pid makes the opaque, global IDs of the API: a prefix that names the type and a UUIDv7 in base32 ("dky_06h0f…").
// They sort by the time they were made, and node(id:) finds the type by the prefix alone, with no look-up table.
package pid

import (
	"database/sql/driver"
	"encoding/base32"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// ID is a global ID.
type ID string

// The prefixes, one for each type that has IDs.
const (
	Deployment  = "dpl"
	Decky       = "dky"
	Lifecycle   = "lcy"
	Interaction = "int"
	Session     = "ses"
	Credential  = "crd"
	Attacker    = "att"
	Touch       = "tch"
	KnownSource = "src"
	User        = "usr"
	Token       = "tok"
	Audit       = "aud"
)

// Crockford's alphabet in lower case: it keeps the order of the bytes and has no letters that look alike.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes an ID of the type that prefix names.
func New(prefix string) ID {
	u := uuid.Must(uuid.NewV7()) // fails only when the system has no randomness
	return ID(prefix + "_" + encoding.EncodeToString(u[:]))
}

// Maker returns New for one prefix: what Ent wants as a default.
func Maker(prefix string) func() ID { return func() ID { return New(prefix) } }

// Prefix returns the part that names the type, "" when there is none.
func (id ID) Prefix() string {
	p, _, ok := strings.Cut(string(id), "_")
	if !ok {
		return ""
	}
	return p
}

// String returns the ID as it goes over the wire.
func (id ID) String() string { return string(id) }

// MarshalGQL writes the ID for GraphQL.
func (id ID) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(id))) }

// UnmarshalGQL reads an ID from GraphQL. Ent calls it a second time with an ID.
func (id *ID) UnmarshalGQL(v any) error {
	switch v := v.(type) {
	case string:
		*id = ID(v)
	case ID:
		*id = v
	default:
		return fmt.Errorf("an ID is a string, not %T", v)
	}
	return nil
}

// Scan reads an ID from the database.
func (id *ID) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*id = ""
	case string:
		*id = ID(v)
	case []byte:
		*id = ID(v)
	default:
		return fmt.Errorf("scan an ID from %T", v)
	}
	return nil
}

// Value writes the ID to the database.
func (id ID) Value() (driver.Value, error) { return string(id), nil }
