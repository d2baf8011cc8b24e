package elasticsearch

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// The bounds of what clients can leave.
const (
	maxIndices   = 8  // more than the decky's own, of one address
	maxDocuments = 16 // in one of those
	maxDocument  = 4 << 10
)

// index is a set of documents.
type index struct {
	name, uuid string
	mapping    object
	documents  []document
	own        bool // the decky's
}

type document struct {
	id     string
	source any // an object, or the client's raw JSON
}

// size is about what the index takes on the disk.
func (x *index) size() int {
	n := 225
	for _, d := range x.documents {
		n += 40 + len(render(d.source, false))*3/2
	}
	return n
}

// identifier writes bytes as the node does its identifiers.
func identifier(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// nameOf is what the cluster, the node and an index each have: a random UUID.
func nameOf(h *decoy.Host, purpose string) string {
	u := decoy.UUIDBytes(h, purpose, 4)
	return identifier(u[:])
}

// space is the indices as one address sees them.
type space struct {
	indices []*index
}

// own makes the decky's indices of the bait.
func own(h *decoy.Host) []*index {
	app := bait.AppOf(h)
	prefix := decoy.Pick(h, "es-prefix", "", app.Name+"-", app.Name+"_")
	var out []*index
	for _, table := range app.Tables {
		if table.Name == "settings" {
			continue
		}
		x := &index{name: prefix + table.Name, uuid: nameOf(h, "es-index/"+table.Name), own: true}
		var properties object
		for _, col := range table.Columns {
			kind := object{{"type", "text"}, {"fields", object{{"keyword", object{{"type", "keyword"}, {"ignore_above", 256}}}}}}
			switch col.Kind {
			case bait.Number:
				kind = object{{"type", "long"}}
			case bait.Time:
				kind = object{{"type", "date"}, {"format", "yyyy-MM-dd HH:mm:ss"}}
			}
			properties = append(properties, field{col.Name, kind})
		}
		slices.SortFunc(properties, func(a, b field) int { return strings.Compare(a.name, b.name) })
		x.mapping = object{{"properties", properties}}
		for i, row := range table.Rows {
			var source object
			for j, value := range row {
				var v any = value
				if n, err := strconv.ParseInt(value, 10, 64); err == nil && table.Columns[j].Kind == bait.Number {
					v = n
				}
				source = append(source, field{table.Columns[j].Name, v})
			}
			x.documents = append(x.documents, document{identifier(h.Bytes(fmt.Sprint("es-document/", table.Name, i), 15)), source})
		}
		out = append(out, x)
	}
	return out
}

// match returns the indices that an expression names, such as a,b* or _all, and the first name in it that is none.
func (s *space) match(expression string) (found []*index, missing string) {
	if expression == "" || expression == "_all" {
		return s.indices, ""
	}
	for name := range strings.SplitSeq(expression, ",") {
		wild := strings.ContainsAny(name, "*?[")
		before := len(found)
		for _, x := range s.indices {
			ok := x.name == name
			if wild {
				ok, _ = path.Match(name, x.name)
			}
			if ok && !slices.Contains(found, x) {
				found = append(found, x)
			}
		}
		if len(found) == before && !wild && missing == "" {
			missing = name
		}
	}
	return found, missing
}

// open returns the index of that name and makes it where there is none; nil where there are too many.
func (s *space) open(name string) *index {
	for _, x := range s.indices {
		if x.name == name {
			return x
		}
	}
	made := 0
	for _, x := range s.indices {
		if !x.own {
			made++
		}
	}
	if made == maxIndices {
		return nil
	}
	x := &index{name: name, uuid: randomUUID()}
	s.indices = append(s.indices, x)
	return x
}

// put keeps a document in place of the one with the ID, and tells whether there was none. Beyond the bounds it is forgotten.
func (x *index) put(id string, source json.RawMessage) (fresh bool) {
	if len(source) > maxDocument || !json.Valid(source) {
		source = json.RawMessage("{}")
	}
	for i := range x.documents {
		if x.documents[i].id == id {
			x.documents[i].source = source
			return false
		}
	}
	if x.own || len(x.documents) < maxDocuments {
		if x.own && len(x.documents) >= 4*maxDocuments {
			return true
		}
		x.documents = append(x.documents, document{id, source})
	}
	return true
}
