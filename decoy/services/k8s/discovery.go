package k8s

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// kind is a kind of resource.
type kind struct {
	group, version string // of the API; the group "" is the core's
	name           string // plural, as in paths
	Kind           string
	short          []string
	cluster        bool // has no namespace
	review         bool // can only be created, and is an answer itself
}

var kinds = []kind{
	{"", "v1", "configmaps", "ConfigMap", []string{"cm"}, false, false},
	{"", "v1", "endpoints", "Endpoints", []string{"ep"}, false, false},
	{"", "v1", "events", "Event", []string{"ev"}, false, false},
	{"", "v1", "namespaces", "Namespace", []string{"ns"}, true, false},
	{"", "v1", "nodes", "Node", []string{"no"}, true, false},
	{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", []string{"pvc"}, false, false},
	{"", "v1", "persistentvolumes", "PersistentVolume", []string{"pv"}, true, false},
	{"", "v1", "pods", "Pod", []string{"po"}, false, false},
	{"", "v1", "replicationcontrollers", "ReplicationController", []string{"rc"}, false, false},
	{"", "v1", "secrets", "Secret", nil, false, false},
	{"", "v1", "serviceaccounts", "ServiceAccount", []string{"sa"}, false, false},
	{"", "v1", "services", "Service", []string{"svc"}, false, false},
	{"apps", "v1", "daemonsets", "DaemonSet", []string{"ds"}, false, false},
	{"apps", "v1", "deployments", "Deployment", []string{"deploy"}, false, false},
	{"apps", "v1", "replicasets", "ReplicaSet", []string{"rs"}, false, false},
	{"apps", "v1", "statefulsets", "StatefulSet", []string{"sts"}, false, false},
	{"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", nil, true, true},
	{"authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", nil, true, true},
	{"batch", "v1", "cronjobs", "CronJob", []string{"cj"}, false, false},
	{"batch", "v1", "jobs", "Job", nil, false, false},
	{"networking.k8s.io", "v1", "ingresses", "Ingress", []string{"ing"}, false, false},
	{"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", nil, true, false},
	{"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", nil, true, false},
	{"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", nil, false, false},
	{"rbac.authorization.k8s.io", "v1", "roles", "Role", nil, false, false},
}

// apiVersion is how the kind's objects name it.
func (k kind) apiVersion() string {
	if k.group == "" {
		return k.version
	}
	return k.group + "/" + k.version
}

// root is the path of the kind's API.
func (k kind) root() string {
	if k.group == "" {
		return "/api/" + k.version
	}
	return "/apis/" + k.group + "/" + k.version
}

type groupVersion struct {
	GroupVersion string `json:"groupVersion"`
	Version      string `json:"version"`
}

type group struct {
	Kind             string         `json:"kind,omitempty"`
	APIVersion       string         `json:"apiVersion,omitempty"`
	Name             string         `json:"name"`
	Versions         []groupVersion `json:"versions"`
	PreferredVersion groupVersion   `json:"preferredVersion"`
}

func groups() []group {
	var out []group
	for _, k := range kinds {
		if k.group == "" || len(out) > 0 && out[len(out)-1].Name == k.group {
			continue
		}
		v := groupVersion{k.apiVersion(), k.version}
		out = append(out, group{Name: k.group, Versions: []groupVersion{v}, PreferredVersion: v})
	}
	return out
}

type apiResource struct {
	Name         string   `json:"name"`
	SingularName string   `json:"singularName"`
	Namespaced   bool     `json:"namespaced"`
	Kind         string   `json:"kind"`
	Verbs        []string `json:"verbs"`
	ShortNames   []string `json:"shortNames,omitempty"`
}

type resourceList struct {
	Kind         string        `json:"kind"`
	APIVersion   string        `json:"apiVersion,omitempty"`
	GroupVersion string        `json:"groupVersion"`
	Resources    []apiResource `json:"resources"`
}

// resourcesOf lists what there is below the root of an API.
func resourcesOf(root string) (resourceList, bool) {
	list := resourceList{Kind: "APIResourceList"}
	for _, k := range kinds {
		if k.root() != root {
			continue
		}
		list.GroupVersion = k.apiVersion()
		if k.group != "" {
			list.APIVersion = "v1"
		}
		verbs := []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
		if k.review {
			verbs = []string{"create"}
		}
		list.Resources = append(list.Resources, apiResource{k.name, strings.ToLower(k.Kind), !k.cluster, k.Kind, verbs, k.short})
		if k.name == "pods" {
			list.Resources = append(list.Resources, apiResource{"pods/exec", "", true, "PodExecOptions", []string{"create", "get"}, nil}, apiResource{"pods/log", "", true, "Pod", []string{"get"}, nil})
		}
	}
	return list, list.Resources != nil
}

// paths is what the root lists.
func paths() []string {
	all := map[string]bool{"/.well-known/openid-configuration": true, "/api": true, "/apis": true, "/healthz": true, "/livez": true, "/metrics": true, "/openapi/v2": true, "/openapi/v3": true, "/openid/v1/jwks": true, "/readyz": true, "/version": true}
	for _, k := range kinds {
		all[k.root()] = true
		if k.group != "" {
			all["/apis/"+k.group] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// documents lists the parts of the OpenAPI description. kubectl asks whether the server checks fields, before it creates anything.
func documents() any {
	out := map[string]any{}
	for _, k := range kinds {
		name := strings.TrimPrefix(k.root(), "/")
		out[name] = map[string]string{"serverRelativeURL": "/openapi/v3/" + name + "?hash=0"}
	}
	return map[string]any{"paths": out}
}

// documentOf is the part for the API with that root, as far as clients look.
func documentOf(root string) (any, bool) {
	out := map[string]any{}
	for _, k := range kinds {
		if k.root() != "/"+root {
			continue
		}
		path := k.root() + "/namespaces/{namespace}/" + k.name + "/{name}"
		if k.cluster {
			path = k.root() + "/" + k.name + "/{name}"
		}
		out[path] = map[string]any{"patch": map[string]any{
			"x-kubernetes-group-version-kind": map[string]string{"group": k.group, "kind": k.Kind, "version": k.version},
			"parameters":                      []any{map[string]any{"name": "fieldValidation", "in": "query", "schema": map[string]any{"type": "string", "uniqueItems": true}}},
		}}
	}
	return map[string]any{"openapi": "3.0.0", "info": map[string]string{"title": "Kubernetes", "version": "unversioned"}, "paths": out}, len(out) > 0
}

// target is what a path means.
type target struct {
	kind      kind
	verb      string
	namespace string // "" is all, or none
	name      string // "" is the collection
	sub       string // log, exec, …
}

// parse reads the path of a resource.
func parse(method, path string, watch bool) (target, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var apiGroup, apiVersion string
	switch {
	case len(parts) > 2 && parts[0] == "api":
		apiVersion, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		apiGroup, apiVersion, parts = parts[1], parts[2], parts[3:]
	default:
		return target{}, false
	}
	var t target
	if parts[0] == "namespaces" && len(parts) > 2 && parts[2] != "finalize" && parts[2] != "status" {
		t.namespace, parts = parts[1], parts[2:]
	}
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.group == apiGroup && k.version == apiVersion && k.name == parts[0] })
	if i < 0 {
		return t, false
	}
	t.kind = kinds[i]
	if len(parts) > 1 {
		t.name = parts[1]
	}
	if len(parts) > 2 {
		t.sub = parts[2]
	}
	t.verb = verb(method, t.name != "", watch)
	return t, true
}

func verb(method string, one, watch bool) string {
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		if one {
			return "delete"
		}
		return "deletecollection"
	}
	switch {
	case watch:
		return "watch"
	case one:
		return "get"
	}
	return "list"
}

// forbidden is what an anonymous user is told.
func forbidden(t target, isResource bool, path string) (string, *details) {
	const user = `User "system:anonymous" cannot `
	if !isResource {
		return fmt.Sprintf(`forbidden: %s%s path %q`, user, "get", path), &details{}
	}
	what, where := t.kind.name, "at the cluster scope"
	if t.sub != "" {
		what += "/" + t.sub
	}
	if t.namespace != "" {
		where = fmt.Sprintf("in the namespace %q", t.namespace)
	}
	subject := what
	if t.name != "" {
		subject = t.kind.name
	}
	if t.kind.group != "" {
		subject += "." + t.kind.group
	}
	if t.name != "" {
		subject += fmt.Sprintf(" %q", t.name)
	}
	return fmt.Sprintf(`%s is forbidden: %s%s resource %q in API group %q %s`, subject, user, t.verb, what, t.kind.group, where), &details{Name: t.name, Group: t.kind.group, Kind: t.kind.name}
}
