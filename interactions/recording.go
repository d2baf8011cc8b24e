package interactions

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
	"decnet/ent"
	"decnet/ent/interaction"
	"decnet/ent/schema/schematype"
)

// maxPieces bounds what is read of one session's recordings; a decoy records about a hundred pieces of one terminal at most.
const maxPieces = 256

// piece is what one interaction holds of a terminal's recording.
type piece struct {
	began, part int64
	cast        string
}

// Recording puts together what a session's terminal showed, as an asciicast (version 2). A connection may have had several terminals: they are played one after the
// other. ok is false when there is none, or the first one's beginning has been pruned. A piece that is missing, because the decoy could not write it, is a
// jump in what is shown.
func Recording(ctx context.Context, c *ent.Client, s *ent.Session) (cast string, ok bool, err error) {
	if !s.Recorded {
		return "", false, nil
	}
	rows, err := c.Interaction.Query().Where(interaction.DeckyRef(s.DeckyRef), interaction.Session(s.Key), interaction.Type(event.Terminal)).
		Order(interaction.ByNumber()).Limit(maxPieces).All(ctx)
	if err != nil {
		return "", false, fmt.Errorf("read the recording of session %s: %w", s.ID, err)
	}
	pieces := make([]piece, 0, len(rows))
	for _, row := range rows {
		began, err := strconv.ParseInt(fieldOf(row.Fields, event.Began), 10, 64)
		part, err2 := strconv.ParseInt(fieldOf(row.Fields, event.Part), 10, 64)
		if err == nil && err2 == nil { // else it is not a piece that a decoy writes
			pieces = append(pieces, piece{began, part, fieldOf(row.Fields, event.Cast)})
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.began, b.began), cmp.Compare(a.part, b.part))
	})
	cast, ok = join(pieces)
	return cast, ok, nil
}

// join makes one asciicast of the pieces of one or several, which are in order.
func join(pieces []piece) (cast string, ok bool) {
	if len(pieces) == 0 || pieces[0].part != 0 {
		return "", false
	}
	var b strings.Builder
	last, shift := 0.0, 0.0
	for i, p := range pieces {
		later := i > 0 && p.began != pieces[i-1].began
		if later {
			shift = last
		}
		for n, line := range strings.Split(strings.TrimSuffix(p.cast, "\n"), "\n") {
			if p.part == 0 && n == 0 {
				if i == 0 {
					b.WriteString(line + "\n") // the header; one is enough
				}
				continue
			}
			stamp, rest, found := strings.Cut(strings.TrimPrefix(line, "["), ",")
			at, err := strconv.ParseFloat(stamp, 64)
			if !found || err != nil {
				continue // cut off in the middle, as the end of a long event may be
			}
			last = shift + at
			fmt.Fprintf(&b, "[%s,%s\n", strconv.FormatFloat(last, 'f', -1, 64), rest)
		}
	}
	return b.String(), true
}

// fieldOf is a field's value with all its bytes, "" when there is none.
func fieldOf(fields []schematype.InteractionField, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return valueOf(f)
		}
	}
	return ""
}

// valueOf is a field's value with all its bytes.
func valueOf(f schematype.InteractionField) string {
	if f.Base64 == nil {
		return f.Value
	}
	b, err := base64.StdEncoding.DecodeString(*f.Base64)
	if err != nil {
		return f.Value // it can't be: we wrote it
	}
	return string(b)
}
