package elasticsearch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	usualHits = 10
	mostHits  = 10000
)

// request is as much of a search as the decoy understands.
type request struct {
	Size  *int           `json:"size"`
	From  int            `json:"from"`
	Query map[string]any `json:"query"`
}

func (c *call) request() (request, error) {
	var q request
	if len(c.r.Body) > 0 {
		if err := json.Unmarshal(c.r.Body, &q); err != nil {
			return q, fmt.Errorf("reading the search: %w", err)
		}
	}
	return q, nil
}

// hits returns the documents for which the search's words are all in one of the fields.
func (c *call) hits(x *index) []document {
	q, err := c.request()
	if err != nil {
		return nil
	}
	words := collect(q.Query, 0)
	if text := c.query["q"]; text != "" {
		_, value, found := strings.Cut(text, ":")
		if !found {
			value = text
		}
		words = append(words, value)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return strings.Trim(w, "*") == "" })
	if len(words) == 0 {
		return x.documents
	}
	var out []document
	for _, d := range x.documents {
		text := strings.ToLower(render(d.source, false))
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, strings.ToLower(strings.Trim(w, `*"`))) }) {
			out = append(out, d)
		}
	}
	return out
}

// collect takes the words out of a query of any kind: the texts and numbers that aren't options.
func collect(v any, depth int) []string {
	if depth > 12 {
		return nil
	}
	switch v := v.(type) {
	case string:
		return []string{v}
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case []any:
		var out []string
		for _, one := range v {
			out = append(out, collect(one, depth+1)...)
		}
		return out
	case map[string]any:
		var out []string
		for name, one := range v {
			switch name {
			case "exists", "fields", "operator", "boost", "fuzziness", "minimum_should_match", "type", "format", "range", "must_not", "default_field", "analyzer", "field", "script":
			default:
				out = append(out, collect(one, depth+1)...)
			}
		}
		return out
	}
	return nil
}

func (c *call) search(in []*index) answer {
	q, err := c.request()
	if err != nil {
		if len(c.r.Body) > 0 && c.r.Body[0] != '{' {
			return failure(400, "parsing_exception", "Expected [START_OBJECT] but found [VALUE_STRING]", field{"line", 1}, field{"col", 1})
		}
		return failure(400, "json_parse_exception", "Unexpected end-of-input: expected close marker for Object (start marker at [Source: (byte[])\""+string(c.r.Body[:min(len(c.r.Body), 80)])+"\"; line: 1, column: 1])")
	}
	size, from := usualHits, q.From
	if q.Size != nil {
		size = *q.Size
	}
	if n, err := strconv.Atoi(c.query["size"]); err == nil {
		size = n
	}
	if n, err := strconv.Atoi(c.query["from"]); err == nil {
		from = n
	}
	if size < 0 || from < 0 {
		return failure(400, "illegal_argument_exception", fmt.Sprintf("[size] parameter cannot be negative, found [%d]", min(size, from)))
	}
	if size > mostHits || from > mostHits-size {
		return failure(400, "illegal_argument_exception", fmt.Sprintf("Result window is too large, from + size must be less than or equal to: [10000] but was [%d]. See the scroll api for a more efficient way to request large data sets. "+
			"This limit can be set by changing the [index.max_result_window] index level setting.", size+from))
	}
	var all []any
	for _, x := range in {
		for _, d := range c.hits(x) {
			all = append(all, object{{"_index", x.name}, {"_type", "_doc"}, {"_id", d.id}, {"_score", 1.0}, {"_source", d.source}})
		}
	}
	total := len(all)
	all = all[min(from, total):min(from+size, total)]
	return c.found(all, total, len(in))
}

// found is the answer to a search.
func (c *call) found(hits []any, total, indices int) answer {
	var counted any = object{{"value", total}, {"relation", "eq"}}
	if c.version.old() {
		counted = total
	}
	var best any
	if len(hits) > 0 {
		best = 1.0
	}
	if hits == nil {
		hits = []any{}
	}
	out := object{{"took", 1 + total/9}, {"timed_out", false}, {"_shards", shards(indices)}, {"hits", object{{"total", counted}, {"max_score", best}, {"hits", hits}}}}
	if _, scroll := c.query["scroll"]; scroll {
		out = append(object{{"_scroll_id", "FGluY2x1ZGVfY29udGV4dF91dWlkDXF1ZXJ5QW5kRmV0Y2gBFm" + c.id + "AAAAAAAA"}}, out...)
	}
	return answer{status: 200, body: out}
}
