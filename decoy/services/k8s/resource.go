package k8s

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/web"
)

const maxObject = 16 << 10 // bytes of one that is kept

// columns are those of each kind's table, after the name; the last may be for the wide view alone.
var columns = map[string][]column{
	"namespaces":          {{"Status", "string", 0}, {"Age", "string", 0}},
	"nodes":               {{"Status", "string", 0}, {"Roles", "string", 0}, {"Age", "string", 0}, {"Version", "string", 0}, {"Internal-IP", "string", 1}, {"External-IP", "string", 1}, {"OS-Image", "string", 1}, {"Kernel-Version", "string", 1}, {"Container-Runtime", "string", 1}},
	"pods":                {{"Ready", "string", 0}, {"Status", "string", 0}, {"Restarts", "integer", 0}, {"Age", "string", 0}, {"IP", "string", 1}, {"Node", "string", 1}, {"Nominated Node", "string", 1}, {"Readiness Gates", "string", 1}},
	"secrets":             {{"Type", "string", 0}, {"Data", "integer", 0}, {"Age", "string", 0}},
	"configmaps":          {{"Data", "integer", 0}, {"Age", "string", 0}},
	"serviceaccounts":     {{"Secrets", "integer", 0}, {"Age", "string", 0}},
	"services":            {{"Type", "string", 0}, {"Cluster-IP", "string", 0}, {"External-IP", "string", 0}, {"Port(s)", "string", 0}, {"Age", "string", 0}},
	"deployments":         {{"Ready", "string", 0}, {"Up-to-date", "integer", 0}, {"Available", "integer", 0}, {"Age", "string", 0}},
	"clusterroles":        {{"Created At", "string", 0}},
	"clusterrolebindings": {{"Role", "string", 0}, {"Age", "string", 0}},
}

type column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Priority int    `json:"priority"`
}

// age is a cell that is filled in when it is shown.
type age struct{}

// resource answers a request for a resource.
func (c *call) resource(t target) {
	if t.kind.review {
		c.review(t)
		return
	}
	switch {
	case t.sub == "exec" || t.sub == "attach" || t.sub == "portforward":
		c.exec(t)
	case t.sub == "log":
		c.log(t)
	case t.verb == "create":
		c.create(t)
	case t.verb == "update", t.verb == "patch":
		c.change(t)
	case t.verb == "delete", t.verb == "deletecollection":
		c.remove(t)
	case t.verb == "watch":
		c.w.Header().Set("Content-Type", "application/json")
		c.w.WriteHeader(http.StatusOK)
		http.NewResponseController(c.w).Flush()
		<-c.r.Context().Done()
	case t.name != "":
		if o := c.find(t); o != nil {
			c.show(t, []object{*o}, true)
		}
	default:
		c.show(t, c.cluster.list(t.kind.name, t.namespace), false)
	}
}

// find returns the object that is meant, or nil after saying that it is not there.
func (c *call) find(t target) *object {
	o := c.cluster.find(t.kind.name, t.namespace, t.name)
	if o == nil {
		what := t.kind.name
		if t.kind.group != "" {
			what += "." + t.kind.group
		}
		c.fail(404, "NotFound", fmt.Sprintf("%s %q not found", what, t.name), &details{Name: t.name, Group: t.kind.group, Kind: t.kind.name})
	}
	return o
}

// show writes objects: as a table where the client asks for one, else one alone or a list.
func (c *call) show(t target, all []object, one bool) {
	if strings.Contains(c.r.Header.Get("Accept"), "as=Table") {
		c.json(200, c.table(t.kind, all))
		return
	}
	if one {
		c.json(200, whole(t.kind, all[0]))
		return
	}
	if all == nil {
		all = []object{}
	}
	c.json(200, struct {
		Kind       string   `json:"kind"`
		APIVersion string   `json:"apiVersion"`
		Metadata   meta     `json:"metadata"`
		Items      []object `json:"items"`
	}{t.kind.Kind + "List", t.kind.apiVersion(), meta{ResourceVersion: c.cluster.version()}, all})
}

// whole is an object with its kind, as it stands alone.
func whole(k kind, o object) object {
	o.Kind, o.APIVersion = k.Kind, k.apiVersion()
	return o
}

func (c *call) table(k kind, all []object) any {
	type definition struct {
		Name        string `json:"name"`
		Type        string `json:"type"`
		Format      string `json:"format"`
		Description string `json:"description"`
		Priority    int    `json:"priority"`
	}
	type row struct {
		Cells  []any  `json:"cells"`
		Object object `json:"object"`
	}
	own, known := columns[k.name]
	if !known {
		own = []column{{"Age", "string", 0}}
	}
	definitions := []definition{{"Name", "string", "name", "Name must be unique within a namespace.", 0}}
	for _, col := range own {
		definitions = append(definitions, definition{col.Name, col.Type, "", "", col.Priority})
	}
	rows := []row{}
	for _, o := range all {
		cells := append([]any{o.Metadata.Name}, o.cells...)
		for len(cells) < len(definitions) {
			cells = append(cells, age{})
		}
		born, _ := time.Parse(time.RFC3339, o.Metadata.CreationTimestamp)
		for i, cell := range cells {
			switch {
			case cell == nil:
				cells[i] = o.Metadata.CreationTimestamp
			case cell == any(age{}):
				cells[i] = human(c.host.Now().Sub(born))
			}
		}
		rows = append(rows, row{cells, object{Kind: "PartialObjectMetadata", APIVersion: "meta.k8s.io/v1", Metadata: o.Metadata}})
	}
	return struct {
		Kind       string       `json:"kind"`
		APIVersion string       `json:"apiVersion"`
		Metadata   meta         `json:"metadata"`
		Columns    []definition `json:"columnDefinitions"`
		Rows       []row        `json:"rows"`
	}{"Table", "meta.k8s.io/v1", meta{ResourceVersion: c.cluster.version()}, definitions, rows}
}

// human writes an age as kubectl shows it.
func human(d time.Duration) string {
	seconds, minutes, hours := int(d.Seconds()), int(d.Minutes()), int(d.Hours())
	switch {
	case seconds < 120:
		return fmt.Sprintf("%ds", max(0, seconds))
	case minutes < 10:
		return fmt.Sprintf("%dm%ds", minutes, seconds%60)
	case hours < 3:
		return fmt.Sprintf("%dm", minutes)
	case hours < 8:
		return fmt.Sprintf("%dh%dm", hours, minutes%60)
	case hours < 48:
		return fmt.Sprintf("%dh", hours)
	case hours < 24*365*2:
		return fmt.Sprintf("%dd", hours/24)
	}
	return fmt.Sprintf("%dy%dd", hours/24/365, hours/24%365)
}

// body reads the object in the request; if there is none the client has been told.
func (c *call) body() (object, bool) {
	var o object
	if c.r.Size > maxObject {
		c.fail(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728", nil)
		return o, false
	}
	if err := json.Unmarshal(c.r.Body, &o); err != nil {
		c.fail(400, "BadRequest", "the object provided is unrecognized (must be of type "+"Object): couldn't get version/kind; json parse error: "+err.Error(), nil)
		return o, false
	}
	return o, true
}

// create records what an intruder wants, and seems to do it.
func (c *call) create(t target) {
	c.recordWish(t)
	o, ok := c.body()
	if !ok {
		return
	}
	m := &o.Metadata
	if m.Name == "" {
		m.Name = m.GenerateName + newUID()[:5]
	}
	m.Namespace = t.namespace
	if c.cluster.find(t.kind.name, t.namespace, m.Name) != nil {
		c.fail(409, "AlreadyExists", fmt.Sprintf("%s %q already exists", t.kind.name, m.Name), &details{Name: m.Name, Group: t.kind.group, Kind: t.kind.name})
		return
	}
	c.born(t, &o)
	if c.r.URL.Query().Get("dryRun") == "" {
		c.cluster.keep(t.kind.name, t.namespace, o)
	}
	c.json(201, whole(t.kind, o))
}

// born gives an object what the server adds to it.
func (c *call) born(t target, o *object) {
	m := &o.Metadata
	m.UID, m.ResourceVersion, m.CreationTimestamp = newUID(), c.cluster.version(), c.host.Now().Format(time.RFC3339)
	o.cells = nil
	switch t.kind.name {
	case "pods":
		name, image := "", ""
		if s := podSpecOf(c.r.Body); len(s.Containers) > 0 {
			name, image = s.Containers[0].Name, s.Containers[0].Image
		}
		ip := fmt.Sprintf("10.244.0.%d", 20+c.host.Now().UnixNano()%200)
		node := c.cluster.own["nodes"][0].Metadata.Name
		o.Status = running(ip, c.cluster.address, name, image, 0, m.CreationTimestamp)
		o.cells = []any{"1/1", "Running", 0, age{}, ip, node, "<none>", "<none>"}
	case "namespaces":
		o.Status, o.cells = map[string]string{"phase": "Active"}, []any{"Active"}
	case "secrets":
		o.cells = []any{o.Type, len(o.Data), age{}}
	case "configmaps":
		o.cells = []any{len(o.Data), age{}}
	case "deployments":
		o.cells = []any{"1/1", 1, 1, age{}}
	default:
		for _, col := range columns[t.kind.name] {
			if col.Name == "Age" {
				o.cells = append(o.cells, age{})
			} else {
				o.cells = append(o.cells, "<none>")
			}
		}
	}
}

// change answers an update or a patch.
func (c *call) change(t target) {
	c.recordWish(t)
	o := c.cluster.find(t.kind.name, t.namespace, t.name)
	if o == nil && c.r.Method == http.MethodPatch && strings.Contains(c.r.Header.Get("Content-Type"), "apply") {
		c.fail(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json", nil)
		return
	}
	if o == nil {
		c.find(t)
		return
	}
	if c.r.Method == http.MethodPut {
		given, ok := c.body()
		if !ok {
			return
		}
		given.Metadata.Name, given.Metadata.Namespace = t.name, t.namespace
		c.born(t, &given)
		o = &given
	}
	c.json(200, whole(t.kind, *o))
}

func (c *call) remove(t target) {
	if t.name == "" {
		c.cluster.forget(t.kind.name, t.namespace, "")
		c.show(t, nil, false)
		return
	}
	o := c.find(t)
	if o == nil {
		return
	}
	c.cluster.forget(t.kind.name, t.namespace, t.name)
	if t.kind.name == "pods" || t.kind.name == "namespaces" {
		c.json(200, whole(t.kind, *o))
		return
	}
	c.json(200, status{Kind: "Status", APIVersion: "v1", Status: "Success", Details: &details{Name: t.name, Group: t.kind.group, Kind: t.kind.name, UID: o.Metadata.UID}})
}

// recordWish records what the request wants to be, and above all what it wants to run.
func (c *call) recordWish(t target) {
	fields := []event.Field{event.String("verb", t.verb), web.Bounded("resource", t.kind.name, 128), web.Bounded("namespace", t.namespace, 256)}
	s := podSpecOf(c.r.Body)
	var images, commands, paths []string
	privileged := false
	for _, one := range s.Containers {
		images = append(images, one.Image)
		commands = append(commands, strings.Join(append(append([]string(nil), one.Command...), one.Args...), " "))
		privileged = privileged || one.SecurityContext.Privileged
	}
	for _, v := range s.Volumes {
		if v.HostPath != nil {
			paths = append(paths, v.HostPath.Path)
		}
	}
	if len(images) > 0 {
		fields = append(fields, web.Bounded("image", strings.Join(images, "\n"), 512), web.Bounded(event.Command, strings.Join(commands, "\n"), 6144), web.Bounded("host_paths", strings.Join(paths, "\n"), 1024),
			event.String("privileged", fmt.Sprint(privileged)), event.String("host_network", fmt.Sprint(s.HostNetwork)), event.String("host_pid", fmt.Sprint(s.HostPID)))
	}
	c.r.Session.Event("k8s_change", fields...)
}

// exec records a command for a container; the node can't be reached.
func (c *call) exec(t target) {
	q := c.r.URL.Query()
	c.r.Session.Event(event.CommandRun, web.Bounded(event.Command, strings.Join(q["command"], " "), 6144), web.Bounded("namespace", t.namespace, 256), web.Bounded("pod", t.name, 256),
		web.Bounded("container", q.Get("container"), 256), event.String("kind", t.sub))
	if c.find(t) == nil {
		return
	}
	c.fail(500, "", "error dialing backend: dial tcp "+c.cluster.address+":10250: connect: connection refused", nil)
}

func (c *call) log(t target) {
	if c.find(t) == nil {
		return
	}
	c.w.Header().Set("Content-Type", "text/plain")
	since := c.host.BootTime().Add(45 * time.Second)
	fmt.Fprintf(c.w, "%s INFO starting\n%s INFO listening on 0.0.0.0:8000\n", since.Format(time.RFC3339), since.Add(2*time.Second).Format(time.RFC3339))
}

// review answers what one may do: all.
func (c *call) review(t target) {
	if t.verb != "create" {
		c.fail(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", &details{})
		return
	}
	o, ok := c.body()
	if !ok {
		return
	}
	all := []string{"*"}
	o.Status = map[string]any{"allowed": true}
	if t.kind.name == "selfsubjectrulesreviews" {
		o.Status = map[string]any{
			"incomplete": false, "resourceRules": []any{map[string]any{"verbs": all, "apiGroups": all, "resources": all}}, "nonResourceRules": []any{map[string]any{"verbs": all, "nonResourceURLs": all}},
		}
	}
	c.json(201, whole(t.kind, o))
}
