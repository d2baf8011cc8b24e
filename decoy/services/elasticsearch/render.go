package elasticsearch

import (
	"encoding/json"
	"net/url"
	"strings"
)

// object is a JSON object whose fields stay in order.
type object []field

type field struct {
	name  string
	value any
}

// render writes a value as the node does: compact, or with a space on both sides of a colon.
func render(v any, pretty bool) string {
	w := &renderer{pretty: pretty}
	w.value(v, 0)
	if pretty {
		w.WriteByte('\n')
	}
	return w.String()
}

type renderer struct {
	strings.Builder
	pretty bool
}

func (w *renderer) line(depth int) {
	if w.pretty {
		w.WriteString("\n" + strings.Repeat("  ", depth))
	}
}

func (w *renderer) value(v any, depth int) {
	switch v := v.(type) {
	case object:
		w.list('{', '}', len(v), depth, func(i int) {
			w.scalar(v[i].name)
			if w.pretty {
				w.WriteString(" : ")
			} else {
				w.WriteByte(':')
			}
			w.value(v[i].value, depth+1)
		})
	case []any:
		w.list('[', ']', len(v), depth, func(i int) { w.value(v[i], depth+1) })
	default:
		w.scalar(v)
	}
}

func (w *renderer) list(open, end byte, n, depth int, item func(int)) {
	w.WriteByte(open)
	if n == 0 && w.pretty {
		w.WriteByte(' ')
	}
	for i := range n {
		if i > 0 {
			w.WriteByte(',')
		}
		w.line(depth + 1)
		item(i)
	}
	if n > 0 {
		w.line(depth)
	}
	w.WriteByte(end)
}

func (w *renderer) scalar(v any) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(v) == nil {
		w.WriteString(strings.TrimSuffix(out.String(), "\n"))
	}
}

// parseQuery reads what can be read of a query.
func parseQuery(raw string) map[string]string {
	values, _ := url.ParseQuery(raw)
	out := map[string]string{}
	for name := range values {
		out[name] = values.Get(name)
	}
	return out
}
