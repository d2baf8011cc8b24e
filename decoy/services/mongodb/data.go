package mongodb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// The bounds of what one address can leave, beside the decky's own data.
const (
	maxCollections = 16
	maxDocuments   = 32
	maxDocument    = 4 << 10 // bytes; a larger one is forgotten
)

// space is the databases as one address sees them.
type space struct {
	collections []*collection
}

type collection struct {
	database, name string
	id             string
	documents      []doc
	own            bool
}

// room is how many documents the collection may hold; the decky's own hold some already.
func (x *collection) room() int {
	if x.own {
		return 3 * maxDocuments
	}
	return maxDocuments
}

func (x *collection) size() int {
	n := 0
	for _, d := range x.documents {
		n += len(appendDoc(nil, d))
	}
	return n
}

// newSpace makes the decky's own of the bait.
func newSpace(h *decoy.Host) *space {
	app := bait.AppOf(h)
	s := &space{}
	add := func(database, name string, documents []doc) {
		s.collections = append(s.collections, &collection{database, name, string(h.Bytes("mongodb-collection/"+database+"."+name, 16)), documents, true})
	}
	add("admin", "system.version", []doc{{{"_id", "featureCompatibilityVersion"}, {"version", "4.2"}}})
	for _, table := range app.Tables {
		var documents []doc
		for i, row := range table.Rows {
			d := doc{{"_id", idAt(h, fmt.Sprint("mongodb-document/", table.Name, i), h.Installed().Add(time.Duration(i)*time.Hour))}}
			for j, value := range row {
				d = append(d, element{table.Columns[j].Name, typed(table.Columns[j].Kind, value)})
			}
			documents = append(documents, d)
		}
		add(app.Name, table.Name, documents)
	}
	add("config", "system.sessions", nil)
	add("local", "startup_log", []doc{{{"_id", fmt.Sprintf("%s-%d", h.Hostname, h.BootTime().UnixMilli())}, {"hostname", h.Hostname}, {"startTime", h.BootTime()}, {"pid", int64(400 + h.Rand("mongodb-pid").IntN(900))}}})
	return s
}

func typed(kind bait.Kind, value string) any {
	switch kind {
	case bait.Number:
		if n, err := strconv.ParseInt(value, 10, 32); err == nil {
			return int32(n)
		}
	case bait.Time:
		if t, err := time.Parse("2006-01-02 15:04:05", value); err == nil {
			return t
		}
	}
	return value
}

func (s *space) find(database, name string) *collection {
	for _, x := range s.collections {
		if x.database == database && x.name == name {
			return x
		}
	}
	return nil
}

// open returns the collection and makes it where there is none; nil where there are too many.
func (s *space) open(database, name string) *collection {
	if x := s.find(database, name); x != nil {
		return x
	}
	made := 0
	for _, x := range s.collections {
		if !x.own {
			made++
		}
	}
	if made == maxCollections || len(database) > 64 || len(name) > 255 {
		return nil
	}
	x := &collection{database: database, name: name, id: database + name + "................"}
	s.collections = append(s.collections, x)
	return x
}

// drop takes out the collections of which holds is true, and returns how many those were.
func (s *space) drop(holds func(*collection) bool) int {
	before := len(s.collections)
	s.collections = slices.DeleteFunc(s.collections, holds)
	return before - len(s.collections)
}

// databases returns their names with their sizes, sorted.
func (s *space) databases() (names []string, sizes map[string]int) {
	sizes = map[string]int{}
	for _, x := range s.collections {
		if _, seen := sizes[x.database]; !seen {
			names = append(names, x.database)
		}
		sizes[x.database] += 8192 + (x.size()+4095)/4096*4096*5
	}
	slices.Sort(names)
	return names, sizes
}

// matches tells whether a document fulfils a filter: of equality, and of the operators that are most common.
func matches(d, filter doc) bool {
	for _, want := range filter {
		if strings.HasPrefix(want.name, "$") {
			continue // of what can't be told all are taken
		}
		got := d.get(want.name)
		conditions, isDoc := want.value.(doc)
		if !isDoc || len(conditions) == 0 || !strings.HasPrefix(conditions[0].name, "$") {
			if r, isRegex := want.value.(regex); isRegex {
				conditions = doc{{"$regex", r.pattern}}
			} else if shown(got, maxDocument) != shown(want.value, maxDocument) {
				return false
			}
		}
		for _, condition := range conditions {
			switch condition.name {
			case "$exists":
				if yes, _ := condition.value.(bool); yes != (got != nil) {
					return false
				}
			case "$ne":
				if shown(got, maxDocument) == shown(condition.value, maxDocument) {
					return false
				}
			case "$regex":
				pattern, _ := condition.value.(string)
				if !strings.Contains(strings.ToLower(shown(got, maxDocument)), strings.ToLower(strings.Trim(pattern, "^$.*"))) {
					return false
				}
			}
		}
	}
	return true
}
