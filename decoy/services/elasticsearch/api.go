package elasticsearch

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/web"
)

// randomUUID is an index's.
func randomUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return identifier(b[:])
}

// randomID is a document's, which has the time and a card in it: a byte less.
func randomID() string {
	var b [15]byte
	rand.Read(b[:])
	return identifier(b[:])
}

// call is one request, with the indices as its client sees them.
type call struct {
	*server
	r     *web.Request
	parts []string // of the path
	query map[string]string
	space *space
}

// answer decides what a request gets.
func (v *server) answer(r *web.Request) answer {
	if kind, user, secret, ok := r.Credentials(); ok {
		r.Attempt(kind, user, secret, true) // whom nobody asks, nobody refuses
	}
	var out answer
	v.spaces.With(r.Session.Peer().Addr(), func(s *space) {
		out = (&call{server: v, r: r, query: parseQuery(r.URL.RawQuery), space: s}).answer()
	})
	return out
}

func (c *call) answer() answer {
	r := c.r
	c.parts = strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(r.Body) > 0 && r.Header.Get("Content-Type") == "" {
		return answer{status: http.StatusNotAcceptable, body: object{{"error", "Content-Type header [] is not supported"}, {"status", 406}}}
	}
	if changes(r.Method, c.parts) {
		r.Session.Event("write", event.String("method", r.Method), web.Bounded("path", r.URL.Path, 1024), web.Bounded("content", string(r.Body), 6144))
	}
	first := c.parts[0]
	switch {
	case first == "":
		return c.root()
	case strings.HasPrefix(first, "_") && first != "_all":
		return c.api(first, c.parts[1:])
	}
	return c.index(first, c.parts[1:])
}

// changes tells whether a request would change something.
func changes(method string, parts []string) bool {
	last := parts[len(parts)-1]
	switch method {
	case http.MethodPut, http.MethodDelete:
		return true
	case http.MethodPost:
		return !slices.Contains([]string{"_search", "_msearch", "_count", "_mget", "_refresh", "_flush", "scroll", "_analyze", "_validate", "_explain"}, last)
	}
	return false
}

func (c *call) root() answer {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return c.method("HEAD, GET")
	}
	v := c.version
	return answer{status: 200, pretty: true, body: object{
		{"name", c.node}, {"cluster_name", c.cluster}, {"cluster_uuid", c.uuid},
		{"version", object{
			{"number", v.number}, {"build_flavor", "default"}, {"build_type", c.flavour}, {"build_hash", v.hash}, {"build_date", v.date}, {"build_snapshot", false}, {"lucene_version", v.lucene},
			{"minimum_wire_compatibility_version", v.wire}, {"minimum_index_compatibility_version", v.index},
		}},
		{"tagline", "You Know, for Search"},
	}}
}

// method refuses a method that the path doesn't have.
func (c *call) method(allowed string) answer {
	return answer{status: http.StatusMethodNotAllowed, allow: strings.ReplaceAll(allowed, " ", ""), body: object{
		{"error", fmt.Sprintf("Incorrect HTTP method for uri [%s] and method [%s], allowed: [%s]", c.r.URL.RequestURI(), c.r.Method, allowed)}, {"status", 405},
	}}
}

// nothing answers a path that means nothing.
func (c *call) nothing() answer {
	return answer{status: http.StatusBadRequest, body: object{{"error", fmt.Sprintf("no handler found for uri [%s] and method [%s]", c.r.URL.RequestURI(), c.r.Method)}}}
}

func missing(name string) answer {
	return failure(404, "index_not_found_exception", "no such index ["+name+"]", field{"resource.type", "index_or_alias"}, field{"resource.id", name}, field{"index_uuid", "_na_"}, field{"index", name})
}

var acknowledged = answer{status: 200, body: object{{"acknowledged", true}}}

// api answers the paths that belong to no index.
func (c *call) api(name string, rest []string) answer {
	sub := strings.Join(rest, "/")
	switch name {
	case "_cat":
		return c.cat(sub)
	case "_search", "_msearch", "_count", "_mapping", "_mappings", "_settings", "_stats", "_alias", "_aliases", "_bulk", "_refresh", "_flush", "_delete_by_query", "_mget", "_field_caps":
		if name == "_search" && len(rest) > 0 { // a scroll has come to its end
			return c.found(nil, 0, 0)
		}
		return c.index("_all", append([]string{name}, rest...))
	case "_cluster":
		switch {
		case strings.HasPrefix(sub, "health"):
			return answer{status: 200, body: c.health()}
		case strings.HasPrefix(sub, "settings"):
			if c.r.Method == http.MethodPut {
				return answer{status: 200, body: object{{"acknowledged", true}, {"persistent", object{}}, {"transient", object{}}}}
			}
			return answer{status: 200, body: object{{"persistent", object{}}, {"transient", object{}}}}
		case strings.HasPrefix(sub, "stats"):
			count, size := c.totals()
			return answer{status: 200, body: object{
				{"_nodes", object{{"total", 1}, {"successful", 1}, {"failed", 0}}}, {"cluster_name", c.cluster}, {"cluster_uuid", c.uuid}, {"timestamp", c.host.Now().UnixMilli()}, {"status", c.status()},
				{"indices", object{{"count", len(c.space.indices)}, {"docs", object{{"count", count}, {"deleted", 0}}}, {"store", object{{"size_in_bytes", size}}}}},
			}}
		case strings.HasPrefix(sub, "state"):
			return answer{status: 200, body: object{{"cluster_name", c.cluster}, {"cluster_uuid", c.uuid}, {"version", 214}, {"state_uuid", identifier(c.host.Bytes("es-state", 16))}, {"master_node", c.id}}}
		}
	case "_nodes":
		return c.nodes(rest)
	case "_license", "_xpack":
		return answer{status: 200, body: object{{"license", object{
			{"status", "active"}, {"uid", c.host.Hex("es-license", 16)}, {"type", "basic"}, {"issue_date_in_millis", c.host.Installed().UnixMilli()}, {"issued_to", c.cluster}, {"issuer", "elasticsearch"}, {"start_date_in_millis", -1},
		}}}}
	case "_snapshot", "_template", "_index_template", "_ingest", "_scripts":
		if c.r.Method == http.MethodGet {
			return answer{status: 200, body: object{}}
		}
		return acknowledged
	case "_tasks":
		return answer{status: 200, body: object{{"nodes", object{}}}}
	case "_security":
		return answer{status: 500, body: object{
			{"error", object{{"root_cause", []any{object{{"type", "security_exception"}, {"reason", "Security must be explicitly enabled when using a [basic] license."}}}}, {"type", "security_exception"}, {"reason", "Security must be explicitly enabled when using a [basic] license."}}},
			{"status", 500},
		}}
	}
	if c.r.Method == http.MethodGet && len(rest) == 0 {
		return failure(400, "invalid_index_name_exception", "Invalid index name ["+name+"], must not start with '_', '-', or '+'", field{"index_uuid", "_na_"}, field{"index", name})
	}
	return c.nothing()
}

func (c *call) address() string {
	if c.host.IP == "" {
		return c.r.Session.Local().Addr().Unmap().String()
	}
	return c.host.IP
}

func (c *call) totals() (count, size int) {
	for _, x := range c.space.indices {
		count += len(x.documents)
		size += x.size()
	}
	return count, size
}

func (c *call) health() object {
	n := len(c.space.indices)
	return object{
		{"cluster_name", c.cluster}, {"status", c.status()}, {"timed_out", false}, {"number_of_nodes", 1}, {"number_of_data_nodes", 1}, {"active_primary_shards", n}, {"active_shards", n}, {"relocating_shards", 0},
		{"initializing_shards", 0}, {"unassigned_shards", n}, {"delayed_unassigned_shards", 0}, {"number_of_pending_tasks", 0}, {"number_of_in_flight_fetch", 0}, {"task_max_waiting_in_queue_millis", 0},
		{"active_shards_percent_as_number", c.percent()},
	}
}

// index answers the paths below an index, or several.
func (c *call) index(expression string, rest []string) answer {
	method := c.r.Method
	if len(rest) == 0 {
		return c.whole(expression)
	}
	last := rest[len(rest)-1]
	switch last {
	case "_bulk":
		return c.bulk(expression)
	case "_update_by_query", "_reindex":
		return answer{status: 200, body: object{{"took", 7}, {"timed_out", false}, {"total", 0}, {"updated", 0}, {"deleted", 0}, {"failures", []any{}}}}
	}
	if id := rest[len(rest)-1]; !strings.HasPrefix(rest[0], "_") && len(rest) <= 2 && !strings.HasPrefix(last, "_") || rest[0] == "_doc" || rest[0] == "_create" || rest[0] == "_update" {
		if len(rest) == 1 {
			id = ""
		}
		return c.document(expression, id)
	}
	found, none := c.space.match(expression)
	if none != "" {
		return missing(none)
	}
	switch last {
	case "_search":
		return c.search(found)
	case "_msearch":
		one := c.search(found)
		return answer{status: 200, body: object{{"took", 3}, {"responses", []any{one.body}}}}
	case "_count":
		n := 0
		for _, x := range found {
			n += len(c.hits(x))
		}
		return answer{status: 200, body: object{{"count", n}, {"_shards", shards(len(found))}}}
	case "_delete_by_query":
		n := 0
		for _, x := range found {
			gone := c.hits(x)
			n += len(gone)
			x.documents = slices.DeleteFunc(slices.Clone(x.documents), func(d document) bool {
				return slices.ContainsFunc(gone, func(g document) bool { return g.id == d.id })
			})
		}
		return answer{status: 200, body: object{{"took", 12}, {"timed_out", false}, {"total", n}, {"deleted", n}, {"batches", 1}, {"version_conflicts", 0}, {"noops", 0}, {"failures", []any{}}}}
	case "_refresh", "_flush", "_forcemerge":
		return answer{status: 200, body: object{{"_shards", shards(2 * len(found))}}}
	case "_mapping", "_mappings", "_settings", "_alias", "_aliases", "_stats":
		if method != http.MethodGet && method != http.MethodHead {
			return acknowledged
		}
		out := object{}
		for _, x := range found {
			out = append(out, field{x.name, c.describe(x, last)})
		}
		return answer{status: 200, body: out}
	}
	return c.nothing()
}

// describe is what is asked about an index.
func (c *call) describe(x *index, what string) object {
	mapping := x.mapping
	if mapping == nil {
		mapping = object{}
	}
	if c.version.old() && len(mapping) > 0 {
		mapping = object{{"doc", mapping}} // by type
	}
	settings := object{{"index", object{
		{"creation_date", strconv.FormatInt(c.host.Installed().UnixMilli(), 10)}, {"number_of_shards", "1"}, {"number_of_replicas", "1"}, {"uuid", x.uuid}, {"version", object{{"created", c.versionNumber()}}}, {"provided_name", x.name},
	}}}
	switch what {
	case "_mapping", "_mappings":
		return object{{"mappings", mapping}}
	case "_settings":
		return object{{"settings", settings}}
	case "_alias", "_aliases":
		return object{{"aliases", object{}}}
	case "_stats":
		return object{{"uuid", x.uuid}, {"primaries", object{{"docs", object{{"count", len(x.documents)}, {"deleted", 0}}}, {"store", object{{"size_in_bytes", x.size()}}}}}}
	}
	return object{{"aliases", object{}}, {"mappings", mapping}, {"settings", settings}}
}

// versionNumber is the version as a number: 7.17.9 is 7170999.
func (c *call) versionNumber() string {
	var major, minor, patch int
	fmt.Sscanf(c.version.number, "%d.%d.%d", &major, &minor, &patch)
	return fmt.Sprintf("%d%02d%02d99", major, minor, patch)
}

// whole answers requests for an index itself.
func (c *call) whole(expression string) answer {
	found, none := c.space.match(expression)
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		if none != "" {
			return missing(none)
		}
		out := object{}
		for _, x := range found {
			out = append(out, field{x.name, c.describe(x, "")})
		}
		return answer{status: 200, body: out}
	case http.MethodDelete:
		if none != "" {
			return missing(none)
		}
		c.space.indices = slices.DeleteFunc(slices.Clone(c.space.indices), func(x *index) bool { return slices.Contains(found, x) })
		return acknowledged
	case http.MethodPut:
		if none == "" && len(found) > 0 {
			return failure(400, "resource_already_exists_exception", fmt.Sprintf("index [%s/%s] already exists", found[0].name, found[0].uuid), field{"index_uuid", found[0].uuid}, field{"index", found[0].name})
		}
		if expression != strings.ToLower(expression) {
			return failure(400, "invalid_index_name_exception", "Invalid index name ["+expression+"], must be lowercase", field{"index_uuid", "_na_"}, field{"index", expression})
		}
		c.space.open(expression)
		return answer{status: 200, body: object{{"acknowledged", true}, {"shards_acknowledged", true}, {"index", expression}}}
	}
	return c.method("PUT, HEAD, DELETE, GET")
}

// document answers requests for one document, or to make one.
func (c *call) document(expression, id string) answer {
	kind := "_doc"
	result := func(status int, x, word string, version int) answer {
		return answer{status: status, body: object{
			{"_index", x}, {"_type", kind}, {"_id", id}, {"_version", version}, {"result", word}, {"_shards", object{{"total", 2}, {"successful", 1}, {"failed", 0}}}, {"_seq_no", 0}, {"_primary_term", 1},
		}}
	}
	switch c.r.Method {
	case http.MethodPost, http.MethodPut:
		if !json.Valid(c.r.Body) {
			return failure(400, "mapper_parsing_exception", "failed to parse")
		}
		if id == "" {
			id = randomID()
		}
		x := c.space.open(expression)
		if x == nil || x.put(id, c.r.Body) {
			return result(201, expression, "created", 1)
		}
		return result(200, expression, "updated", 2)
	}
	found, none := c.space.match(expression)
	if none != "" || len(found) == 0 {
		return missing(expression)
	}
	x := found[0]
	i := slices.IndexFunc(x.documents, func(d document) bool { return d.id == id })
	switch {
	case c.r.Method == http.MethodDelete && i >= 0:
		x.documents = slices.Delete(slices.Clone(x.documents), i, i+1)
		return result(200, x.name, "deleted", 2)
	case c.r.Method == http.MethodDelete:
		return result(404, x.name, "not_found", 1)
	case i < 0:
		return answer{status: 404, body: object{{"_index", x.name}, {"_type", kind}, {"_id", id}, {"found", false}}}
	}
	return answer{status: 200, body: object{{"_index", x.name}, {"_type", kind}, {"_id", id}, {"_version", 1}, {"_seq_no", i}, {"_primary_term", 1}, {"found", true}, {"_source", x.documents[i].source}}}
}

// bulk answers _bulk: as far as the body was kept.
func (c *call) bulk(expression string) answer {
	items := []any{}
	lines := bytes.Split(c.r.Body, []byte{'\n'})
	for i := 0; i < len(lines) && len(items) < maxDocuments; i++ {
		var action map[string]struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
		if json.Unmarshal(lines[i], &action) != nil {
			continue
		}
		for verb, to := range action {
			name := to.Index
			if name == "" {
				name = expression
			}
			if to.ID == "" {
				to.ID = randomID()
			}
			status, word := 201, "created"
			if verb == "delete" {
				status, word = 200, "deleted"
			} else if i+1 < len(lines) {
				i++
				if x := c.space.open(name); x != nil {
					x.put(to.ID, lines[i])
				}
			}
			items = append(items, object{{verb, object{{"_index", name}, {"_type", "_doc"}, {"_id", to.ID}, {"_version", 1}, {"result", word}, {"_shards", object{{"total", 2}, {"successful", 1}, {"failed", 0}}}, {"status", status}}}})
			break
		}
	}
	return answer{status: 200, body: object{{"took", 5}, {"errors", false}, {"items", items}}}
}

func shards(n int) object {
	return object{{"total", n}, {"successful", n}, {"skipped", 0}, {"failed", 0}}
}
