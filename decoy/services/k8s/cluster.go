package k8s

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/shell"
)

// maxMade bounds how many things of intruders' the cluster remembers; the oldest makes room.
const maxMade = 32

// object is a resource, in the order in which the API writes it.
type object struct {
	Kind       string            `json:"kind,omitempty"`
	APIVersion string            `json:"apiVersion,omitempty"`
	Metadata   meta              `json:"metadata"`
	Spec       any               `json:"spec,omitempty"`
	Data       map[string]string `json:"data,omitempty"`
	Type       string            `json:"type,omitempty"`
	Status     any               `json:"status,omitempty"`

	cells []any // of its row in a table
}

type meta struct {
	Name              string            `json:"name,omitempty"`
	GenerateName      string            `json:"generateName,omitempty"`
	Namespace         string            `json:"namespace,omitempty"`
	UID               string            `json:"uid,omitempty"`
	ResourceVersion   string            `json:"resourceVersion,omitempty"`
	CreationTimestamp string            `json:"creationTimestamp,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
	Annotations       map[string]string `json:"annotations,omitempty"`
}

// made is a thing that an intruder has created.
type made struct {
	kind      string
	namespace string
	object    object
}

// cluster is what there is: the decky's own resources, and what intruders have created since the decoy started.
type cluster struct {
	host    *decoy.Host
	address string
	token   string // of the service account that lies about in a secret
	own     map[string][]object

	mu       sync.Mutex
	made     []made
	revision int64
}

type builder struct {
	*cluster
	r    *rand.Rand
	born time.Time
}

func newCluster(v *server) *cluster {
	h := v.host
	system := shell.SystemOf(h)
	app := bait.AppOf(h)
	c := &cluster{host: h, address: system.IP, own: map[string][]object{}}
	b := &builder{c, h.Rand("k8s"), h.Installed().Add(10 * time.Minute)}
	c.revision = 400000 + int64(h.Now().Sub(b.born)/(11*time.Second))
	c.token = jwt(h, app.Name)

	for _, ns := range []string{"default", "kube-node-lease", "kube-public", "kube-system", app.Name} {
		o := b.add("namespaces", "", ns, nil, map[string]any{"finalizers": []string{"kubernetes"}}, "Active")
		o.Metadata.Labels = map[string]string{"kubernetes.io/metadata.name": ns}
		o.Status = map[string]string{"phase": "Active"}
		b.add("serviceaccounts", ns, "default", nil, nil, 0)
		b.add("configmaps", ns, "kube-root-ca.crt", map[string]string{"ca.crt": b.authority()}, nil, 1)
	}
	nodes := []string{strings.ToLower(h.Hostname)}
	for i := range b.r.IntN(3) {
		nodes = append(nodes, fmt.Sprintf("%s-worker-%d", nodes[0], i+1))
	}
	for i, name := range nodes {
		b.node(v, system, name, i)
	}
	control := nodes[0]
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
		b.pod("kube-system", name+"-"+control, control, "registry.k8s.io/"+name+":"+v.version.GitVersion, nil)
	}
	dns := b.suffix()
	for range 2 {
		b.pod("kube-system", "coredns-"+dns+"-"+b.letters(5), control, "registry.k8s.io/coredns/coredns:v1.11.1", nil)
	}
	for _, node := range nodes {
		b.pod("kube-system", "kube-proxy-"+b.letters(5), node, "registry.k8s.io/kube-proxy:"+v.version.GitVersion, nil)
	}
	b.deployment("kube-system", "coredns", 2)
	image := fmt.Sprintf("registry.%s/%s:1.%d.%d", app.Domain, app.Name, b.r.IntN(20), b.r.IntN(9))
	web := b.suffix()
	replicas := 1 + b.r.IntN(3)
	for range replicas {
		b.pod(app.Name, app.Name+"-web-"+web+"-"+b.letters(5), nodes[b.r.IntN(len(nodes))], image, []map[string]any{
			{"name": "DATABASE_URL", "valueFrom": map[string]any{"secretKeyRef": map[string]string{"name": app.Name + "-db", "key": "url"}}},
		})
	}
	b.deployment(app.Name, app.Name+"-web", replicas)
	b.pod(app.Name, app.Name+"-db-0", nodes[b.r.IntN(len(nodes))], "postgres:15", []map[string]any{{"name": "POSTGRES_USER", "value": app.Name}, {"name": "POSTGRES_PASSWORD", "value": app.Secret}})
	b.service("default", "kubernetes", "10.96.0.1", "443/TCP")
	b.service("kube-system", "kube-dns", "10.96.0.10", "53/UDP,53/TCP,9153/TCP")
	b.service(app.Name, app.Name+"-web", fmt.Sprintf("10.%d.%d.%d", 97+b.r.IntN(10), b.r.IntN(250), 1+b.r.IntN(250)), "80/TCP")
	b.add("serviceaccounts", app.Name, "deployer", nil, nil, 0)
	b.add("configmaps", app.Name, app.Name+"-config", map[string]string{"APP_ENV": "production", "SITE_URL": "https://" + app.Name + "." + app.Domain}, nil, 2)

	b.secret(app.Name, app.Name+"-db", "Opaque", map[string]string{"password": app.Secret, "url": "postgres://" + app.Name + ":" + app.Secret + "@" + app.Name + "-db/" + app.Name, "username": app.Name})
	robot := base64.RawURLEncoding.EncodeToString(h.Bytes("k8s-registry", 15))
	auth := base64.StdEncoding.EncodeToString([]byte("deploy:" + robot))
	b.secret(app.Name, "registry-credentials", "kubernetes.io/dockerconfigjson", map[string]string{
		".dockerconfigjson": fmt.Sprintf(`{"auths":{"registry.%s":{"username":"deploy","password":"%s","auth":"%s"}}}`, app.Domain, robot, auth),
	})
	b.secret(app.Name, "deployer-token", "kubernetes.io/service-account-token", map[string]string{"ca.crt": b.authority(), "namespace": app.Name, "token": c.token})
	boot := h.Hex("k8s-bootstrap", 11)
	b.secret("kube-system", "bootstrap-token-"+boot[:6], "bootstrap.kubernetes.io/token", map[string]string{"token-id": boot[:6], "token-secret": boot[6:], "usage-bootstrap-authentication": "true"})
	for _, role := range []string{"admin", "cluster-admin", "edit", "view"} {
		b.add("clusterroles", "", role, nil, nil, nil)
	}
	b.add("clusterrolebindings", "", "cluster-admin", nil, nil, "ClusterRole/cluster-admin")
	return c
}

// add makes an object, with the cells that follow its name in a table.
func (b *builder) add(kind, namespace, name string, data map[string]string, spec any, cells ...any) *object {
	purpose := "k8s/" + kind + "/" + namespace + "/" + name
	b.born = b.born.Add(time.Duration(b.r.IntN(40)) * time.Second)
	b.own[kind] = append(b.own[kind], object{
		Metadata: meta{
			Name: name, Namespace: namespace, UID: decoy.UUID(b.host, purpose, 4), ResourceVersion: fmt.Sprint(300 + len(b.own[kind])*7 + b.r.IntN(300000)),
			CreationTimestamp: b.born.Format(time.RFC3339),
		},
		Data: data, Spec: spec, cells: cells,
	})
	return &b.own[kind][len(b.own[kind])-1]
}

const podLetters = "bcdfghjklmnpqrstvwxz2456789"

func (b *builder) letters(n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = podLetters[b.r.IntN(len(podLetters))]
	}
	return string(out)
}

func (b *builder) suffix() string { return b.letters(9) }

// authority is the cluster's CA, as text of the right form.
func (b *builder) authority() string {
	text := base64.StdEncoding.EncodeToString(b.host.Bytes("k8s-ca", 560))
	var lines strings.Builder
	for i := 0; i < len(text); i += 64 {
		lines.WriteString(text[i:min(i+64, len(text))] + "\n")
	}
	return "-----BEGIN CERTIFICATE-----\nMIIC/jCCAeagAwIBAgIBADANBgkqhkiG9w0BAQsFADAVMRMwEQYDVQQDEwprdWJl\n" + lines.String() + "-----END CERTIFICATE-----\n"
}

// jwt is the service account's token: of the right form, signed by nobody.
func jwt(h *decoy.Host, namespace string) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	key := base64.RawURLEncoding.EncodeToString(h.Bytes("k8s-key", 32))
	return part(`{"alg":"RS256","kid":"`+key+`"}`) + "." + part(`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"`+namespace+
		`","kubernetes.io/serviceaccount/secret.name":"deployer-token","kubernetes.io/serviceaccount/service-account.name":"deployer","sub":"system:serviceaccount:`+namespace+`:deployer"}`) + "." +
		base64.RawURLEncoding.EncodeToString(h.Bytes("k8s-signature", 256))
}

func (b *builder) node(v *server, system *shell.System, name string, i int) {
	roles, ip := "<none>", system.IP
	if i == 0 {
		roles = "control-plane"
	} else if at := strings.LastIndexByte(ip, '.'); at > 0 {
		ip = fmt.Sprintf("%s.%d", ip[:at], 100+i)
	}
	o := b.add("nodes", "", name, nil, map[string]any{"podCIDR": fmt.Sprintf("10.244.%d.0/24", i), "podCIDRs": []string{fmt.Sprintf("10.244.%d.0/24", i)}},
		"Ready", roles, age{}, v.version.GitVersion, ip, "<none>", system.Pretty, system.Kernel, "containerd://1.7.18")
	o.Metadata.Labels = map[string]string{"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/hostname": name}
	capacity := map[string]string{"cpu": fmt.Sprint(system.CPUs), "ephemeral-storage": fmt.Sprintf("%dKi", system.DiskKB), "memory": fmt.Sprintf("%dKi", system.MemoryKB), "pods": "110"}
	o.Status = map[string]any{
		"addresses": []map[string]string{{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": name}}, "allocatable": capacity, "capacity": capacity,
		"conditions":      []map[string]string{{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}},
		"daemonEndpoints": map[string]any{"kubeletEndpoint": map[string]int{"Port": 10250}},
		"nodeInfo": map[string]string{
			"architecture": "amd64", "containerRuntimeVersion": "containerd://1.7.18", "kernelVersion": system.Kernel, "kubeProxyVersion": v.version.GitVersion, "kubeletVersion": v.version.GitVersion,
			"operatingSystem": "linux", "osImage": system.Pretty, "machineID": b.host.Hex("k8s-machine/"+name, 16),
		},
	}
}

func (b *builder) pod(namespace, name, node, image string, env []map[string]any) {
	container := map[string]any{"name": strings.Split(name, "-")[0], "image": image, "imagePullPolicy": "IfNotPresent", "resources": map[string]any{}}
	if env != nil {
		container["env"] = env
	}
	ip := fmt.Sprintf("10.244.%d.%d", b.r.IntN(3), 2+b.r.IntN(200))
	restarts := b.r.IntN(3)
	o := b.add("pods", namespace, name, nil, map[string]any{"containers": []any{container}, "nodeName": node, "restartPolicy": "Always", "serviceAccountName": "default"},
		"1/1", "Running", restarts, age{}, ip, node, "<none>", "<none>")
	o.Status = running(ip, b.address, container["name"], image, restarts, o.Metadata.CreationTimestamp)
}

// running is the status of a pod that runs.
func running(ip, hostIP string, container any, image string, restarts int, since string) map[string]any {
	return map[string]any{
		"phase": "Running", "podIP": ip, "hostIP": hostIP, "startTime": since,
		"conditions":        []map[string]string{{"type": "Ready", "status": "True"}, {"type": "ContainersReady", "status": "True"}, {"type": "PodScheduled", "status": "True"}},
		"containerStatuses": []any{map[string]any{"name": container, "image": image, "ready": true, "started": true, "restartCount": restarts, "state": map[string]any{"running": map[string]string{"startedAt": since}}}},
	}
}

func (b *builder) deployment(namespace, name string, replicas int) {
	o := b.add("deployments", namespace, name, nil, map[string]any{"replicas": replicas, "selector": map[string]any{"matchLabels": map[string]string{"app": name}}},
		fmt.Sprintf("%d/%[1]d", replicas), replicas, replicas, age{})
	o.Status = map[string]int{"availableReplicas": replicas, "readyReplicas": replicas, "replicas": replicas, "updatedReplicas": replicas}
}

func (b *builder) service(namespace, name, ip, ports string) {
	b.add("services", namespace, name, nil, map[string]any{"clusterIP": ip, "type": "ClusterIP"}, "ClusterIP", ip, "<none>", ports, age{})
}

func (b *builder) secret(namespace, name, typ string, data map[string]string) {
	encoded := map[string]string{}
	for key, value := range data {
		encoded[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	b.add("secrets", namespace, name, encoded, nil, typ, len(data), age{}).Type = typ
}

// list returns the objects of a kind, of one namespace or all, those of intruders last.
func (c *cluster) list(kind, namespace string) []object {
	var out []object
	for _, o := range c.own[kind] {
		if namespace == "" || o.Metadata.Namespace == namespace {
			out = append(out, o)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.made {
		if m.kind == kind && (namespace == "" || m.namespace == namespace) {
			out = append(out, m.object)
		}
	}
	return out
}

// find returns an object, or nil.
func (c *cluster) find(kind, namespace, name string) *object {
	all := c.list(kind, namespace)
	if i := slices.IndexFunc(all, func(o object) bool { return o.Metadata.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// version is the number of the cluster's last change.
func (c *cluster) version() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.revision)
}

// keep remembers what an intruder has created, in place of what had the name.
func (c *cluster) keep(kind, namespace string, o object) {
	c.forget(kind, namespace, o.Metadata.Name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision++
	if len(c.made) == maxMade {
		c.made = c.made[1:]
	}
	c.made = append(c.made, made{kind, namespace, o})
}

// forget deletes what an intruder has created. The cluster's own things come back at once, as if a controller saw to it.
func (c *cluster) forget(kind, namespace, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision++
	c.made = slices.DeleteFunc(c.made, func(m made) bool {
		return m.kind == kind && m.namespace == namespace && (name == "" || m.object.Metadata.Name == name)
	})
}

// podSpec is what an intruder wants to run, in a pod or in the template of one.
type podSpec struct {
	Containers  []podContainer `json:"containers"`
	HostNetwork bool           `json:"hostNetwork"`
	HostPID     bool           `json:"hostPID"`
	Volumes     []struct {
		HostPath *struct {
			Path string `json:"path"`
		} `json:"hostPath"`
	} `json:"volumes"`
}

type podContainer struct {
	Name            string            `json:"name"`
	Image           string            `json:"image"`
	Command         []string          `json:"command"`
	Args            []string          `json:"args"`
	Env             []json.RawMessage `json:"env"`
	SecurityContext struct {
		Privileged bool `json:"privileged"`
	} `json:"securityContext"`
}

// podSpecOf finds the pod's part in an object of any kind.
func podSpecOf(body []byte) podSpec {
	type inner struct {
		podSpec
		Template struct {
			Spec podSpec `json:"spec"`
		} `json:"template"`
		JobTemplate struct {
			Spec struct {
				Template struct {
					Spec podSpec `json:"spec"`
				} `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
	}
	var outer struct {
		Spec inner `json:"spec"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return podSpec{}
	}
	for _, s := range []podSpec{outer.Spec.podSpec, outer.Spec.Template.Spec, outer.Spec.JobTemplate.Spec.Template.Spec} {
		if len(s.Containers) > 0 {
			return s
		}
	}
	return podSpec{}
}
