package dockerapi

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/web"
)

// routes are the operations, the more particular ones first.
func routes() []route {
	var all []route
	add := func(method, path string, run func(*call)) {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(path), `\{\}`, `([^/]+)`) + "$"
		pattern = strings.ReplaceAll(pattern, `\{path\}`, `(.+)`)
		all = append(all, route{method, regexp.MustCompile(pattern), run})
	}
	add("GET", "/_ping", ping)
	add("GET", "/version", tellVersion)
	add("GET", "/info", tellInfo)
	add("GET", "/events", events)
	add("POST", "/auth", login)
	add("GET", "/containers/json", list)
	add("POST", "/containers/create", create)
	add("POST", "/containers/prune", pruned("ContainersDeleted"))
	add("GET", "/containers/{}/json", of(inspect))
	add("GET", "/containers/{}/logs", of(logs))
	add("GET", "/containers/{}/top", of(top))
	add("GET", "/containers/{}/changes", of(func(c *call, _ *container) { c.json(200, []any{}) }))
	add("GET", "/containers/{}/stats", of(notImplemented))
	add("GET", "/containers/{}/archive", of(archive))
	add("PUT", "/containers/{}/archive", of(put))
	add("POST", "/containers/{}/start", of(start))
	add("POST", "/containers/{}/wait", of(wait))
	add("POST", "/containers/{}/attach", of(attach))
	add("POST", "/containers/{}/exec", of(prepare))
	add("POST", "/containers/{}/resize", of(done))
	add("POST", "/containers/{}/rename", of(done))
	add("POST", "/containers/{}/update", of(func(c *call, _ *container) { c.json(200, map[string]any{"Warnings": []string{}}) }))
	add("POST", "/containers/{}/pause", of(done))
	add("POST", "/containers/{}/unpause", of(done))
	add("POST", "/containers/{}/restart", of(done))
	add("POST", "/containers/{}/stop", of(stop))
	add("POST", "/containers/{}/kill", of(stop))
	add("DELETE", "/containers/{}", of(remove))
	add("POST", "/exec/{}/start", run)
	add("POST", "/exec/{}/resize", func(c *call) { c.w.WriteHeader(http.StatusOK) })
	add("GET", "/exec/{}/json", inspectExecution)
	add("GET", "/images/json", listImages)
	add("GET", "/images/search", func(c *call) { c.json(200, []any{}) })
	add("POST", "/images/create", pull)
	add("POST", "/images/load", load)
	add("POST", "/images/prune", pruned("ImagesDeleted"))
	add("POST", "/build", build)
	add("POST", "/build/prune", pruned("CachesDeleted"))
	add("GET", "/images/{path}/json", inspectImage)
	add("GET", "/images/{path}/history", func(c *call) { c.json(200, []any{}) })
	add("POST", "/images/{path}/tag", func(c *call) { c.w.WriteHeader(http.StatusCreated) })
	add("DELETE", "/images/{path}", removeImage)
	add("GET", "/networks", networks)
	add("POST", "/networks/create", func(c *call) { c.json(201, map[string]string{"Id": newID(), "Warning": ""}) })
	add("GET", "/volumes", func(c *call) { c.json(200, map[string]any{"Volumes": []any{}, "Warnings": nil}) })
	add("POST", "/volumes/create", createVolume)
	add("GET", "/plugins", func(c *call) { c.json(200, []any{}) })
	add("GET", "/system/df", usage)
	add("POST", "/swarm/init", func(c *call) {
		c.fail(400, "could not choose an IP address to advertise since this system has multiple addresses on different interfaces ("+c.system.IP+" on eth0 and 172.17.0.1 on docker0) - specify one with --advertise-addr")
	})
	add("POST", "/swarm/join", func(c *call) {
		c.fail(500, "Timeout was reached before node joined. The attempt to join the swarm will continue in the background. Use the \"docker info\" command to see the current swarm status of your node.")
	})
	for _, path := range []string{"/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"} {
		add("GET", path, noSwarm)
	}
	return all
}

func noSwarm(c *call) {
	c.fail(503, `This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`)
}

// of is an operation on the container that the path names.
func of(run func(*call, *container)) func(*call) {
	return func(c *call) {
		found := c.engine.find(c.args[0])
		if found == nil {
			c.fail(404, "No such container: "+c.args[0])
			return
		}
		run(c, found)
	}
}

func done(c *call, _ *container) { c.w.WriteHeader(http.StatusNoContent) }

func notImplemented(c *call, _ *container) {
	c.fail(500, "collecting stats: cgroups: cgroup deleted: unknown")
}

func pruned(name string) func(*call) {
	return func(c *call) { c.json(200, map[string]any{name: nil, "SpaceReclaimed": 0}) }
}

func newID() string {
	var b [32]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// events is a stream in which nothing happens.
func events(c *call) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusOK)
	http.NewResponseController(c.w).Flush()
	if c.query("until") == "" {
		<-c.r.Context().Done()
	}
}

// login answers `docker login`: no registry takes the credentials.
func login(c *call) {
	var given struct{ Username, Password, IdentityToken, ServerAddress string }
	if !c.body(&given) {
		return
	}
	secret := given.Password
	if secret == "" {
		secret = given.IdentityToken
	}
	c.r.Session.Attempt("plaintext", given.Username, []byte(secret), event.Rejected, event.String("scheme", "registry"), event.String("registry", given.ServerAddress))
	c.fail(401, `Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password`)
}

func list(c *call) {
	type endpoint struct{ IPAddress, Gateway string }
	type item struct {
		Id              string
		Names           []string
		Image, ImageID  string
		Command         string
		Created         int64
		Ports           []port
		Labels          map[string]string
		State, Status   string
		HostConfig      map[string]string
		NetworkSettings map[string]map[string]endpoint
		Mounts          []any
	}
	out := []item{}
	for _, x := range c.engine.containers() {
		state, status := c.engine.state(x, c.host.Now())
		if state != "running" && !c.flag("all") {
			continue
		}
		labels := x.spec.Labels
		if labels == nil {
			labels = map[string]string{}
		}
		ports := x.ports
		if ports == nil {
			ports = []port{}
		}
		mode := x.network()
		out = append(out, item{
			Id: x.id, Names: []string{"/" + x.name}, Image: x.spec.Image, ImageID: x.image, Command: strings.Join(x.argv(), " "), Created: x.created.Unix(), Ports: ports, Labels: labels, State: state, Status: status,
			HostConfig: map[string]string{"NetworkMode": mode}, NetworkSettings: map[string]map[string]endpoint{"Networks": {mode: {x.address, "172.17.0.1"}}}, Mounts: x.mountPoints(),
		})
	}
	c.json(200, out)
}

// mountPoints are the container's mounts as the engine tells them.
func (x *container) mountPoints() []any {
	out := []any{}
	for _, m := range x.mounts() {
		if strings.HasPrefix(m.Source, "/") {
			out = append(out, map[string]any{"Type": "bind", "Source": m.Source, "Destination": m.Target, "Mode": "", "RW": true, "Propagation": "rprivate"})
		} else {
			out = append(out, map[string]any{"Type": "volume", "Name": m.Source, "Source": "/var/lib/docker/volumes/" + m.Source + "/_data", "Destination": m.Target, "Driver": "local", "Mode": "z", "RW": true, "Propagation": ""})
		}
	}
	return out
}

func (x *container) network() string {
	if mode := x.spec.HostConfig.NetworkMode; mode != "" && mode != "default" {
		return mode
	}
	return "bridge"
}

// argv is what the container runs.
func (x *container) argv() []string {
	return append(append([]string(nil), x.spec.Entrypoint...), x.spec.Cmd...)
}

// create answers `docker create`, and records what the intruder wants to run.
func create(c *call) {
	x := &container{id: newID(), created: c.host.Now(), life: newLife()}
	if !c.body(&x.spec) {
		return
	}
	s := &x.spec
	var mounts []string
	for _, m := range s.HostConfig.Mounts {
		mounts = append(mounts, m.Source+":"+m.Target)
	}
	c.r.Session.Event("container_create",
		web.Bounded("image", s.Image, 512),
		web.Bounded(event.Command, quoted(x.argv()), 6144),
		web.Bounded("env", strings.Join(s.Env, "\n"), 2048),
		web.Bounded("binds", strings.Join(append(mounts, s.HostConfig.Binds...), "\n"), 1024),
		event.String("privileged", fmt.Sprint(s.HostConfig.Privileged)),
		web.Bounded("capabilities", strings.Join(s.HostConfig.CapAdd, ","), 256),
		web.Bounded("network", s.HostConfig.NetworkMode, 128),
		web.Bounded("pid", s.HostConfig.PidMode, 128))
	x.name = strings.TrimPrefix(c.query("name"), "/")
	switch {
	case x.name != "" && !names.MatchString(x.name):
		c.fail(400, fmt.Sprintf("Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", x.name))
		return
	case s.Image == "":
		c.fail(400, "No command specified")
		return
	}
	found := c.engine.findImage(s.Image)
	if found == nil {
		c.fail(404, "No such image: "+tagged(s.Image))
		return
	}
	if other := c.engine.find(x.name); other != nil && other.name == x.name {
		c.fail(409, fmt.Sprintf(`Conflict. The container name "/%s" is already in use by container "%s". You have to remove (or rename) that container to be able to reuse that name.`, x.name, other.id))
		return
	}
	if c.r.Size > maxSpec {
		s.Env, s.Labels = nil, nil // nobody needs so much
	}
	x.image = found.id
	x.address = fmt.Sprintf("172.17.0.%d", 10+x.created.UnixNano()%200)
	c.engine.add(x)
	c.json(201, struct {
		Id       string
		Warnings []string
	}{x.id, []string{}})
}

func inspect(c *call, x *container) {
	word, _ := c.engine.state(x, c.host.Now())
	c.engine.mu.Lock()
	started, finished, status := x.started, x.finished, x.status
	c.engine.mu.Unlock()
	argv := x.argv()
	path, args := "sh", []string{}
	if len(argv) > 0 {
		path, args = argv[0], argv[1:]
	}
	pid := 0
	if word == "running" {
		pid = 1000 + int(x.created.Unix()%30000)
	}
	hostname := x.spec.Hostname
	if hostname == "" {
		hostname = x.id[:12]
	}
	c.json(200, map[string]any{
		"Id": x.id, "Created": x.created.Format(time.RFC3339Nano), "Path": path, "Args": args,
		"State": map[string]any{
			"Status": word, "Running": word == "running", "Paused": false, "Restarting": false, "OOMKilled": false, "Dead": false, "Pid": pid, "ExitCode": status, "Error": "",
			"StartedAt": started.Format(time.RFC3339Nano), "FinishedAt": finished.Format(time.RFC3339Nano),
		},
		"Image": x.image, "Name": "/" + x.name, "RestartCount": 0, "Driver": "overlay2", "Platform": "linux", "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "docker-default", "ExecIDs": nil,
		"HostConfig": map[string]any{
			"Binds": x.spec.HostConfig.Binds, "NetworkMode": x.network(), "Privileged": x.spec.HostConfig.Privileged, "PidMode": x.spec.HostConfig.PidMode, "AutoRemove": x.spec.HostConfig.AutoRemove,
			"CapAdd": x.spec.HostConfig.CapAdd, "LogConfig": map[string]any{"Type": "json-file", "Config": map[string]string{}}, "RestartPolicy": map[string]any{"Name": "no", "MaximumRetryCount": 0},
		},
		"Mounts": x.mountPoints(),
		"Config": map[string]any{
			"Hostname": hostname, "Domainname": "", "User": x.spec.User, "Tty": x.spec.Tty, "OpenStdin": x.spec.OpenStdin, "AttachStdin": x.spec.AttachStdin, "AttachStdout": x.spec.AttachStdout,
			"Env": x.spec.Env, "Cmd": x.spec.Cmd, "Image": x.spec.Image, "WorkingDir": x.spec.WorkingDir, "Entrypoint": x.spec.Entrypoint, "Labels": x.spec.Labels,
		},
		"NetworkSettings": map[string]any{
			"IPAddress": x.address, "Gateway": "172.17.0.1", "IPPrefixLen": 16, "Ports": map[string]any{},
			"Networks": map[string]any{x.network(): map[string]any{"IPAddress": x.address, "Gateway": "172.17.0.1", "IPPrefixLen": 16}},
		},
	})
}

func top(c *call, x *container) {
	if !c.engine.isRunning(x) {
		c.fail(409, "Container "+x.id+" is not running")
		return
	}
	c.json(200, map[string]any{
		"Titles":    []string{"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"},
		"Processes": [][]string{{"root", fmt.Sprint(1000 + x.created.Unix()%30000), "1", "0", x.created.Format("15:04"), "?", "00:00:01", strings.Join(x.argv(), " ")}},
	})
}

func archive(c *call, _ *container) {
	c.fail(404, "Could not find the file "+c.query("path")+" in container "+c.args[0])
}

// maxPath bounds a path that is recorded, in bytes.
const maxPath = 1024

// put takes an archive of files into a container.
func put(c *call, _ *container) {
	path := c.query("path")
	c.r.RecordFile(path[:min(len(path), maxPath)])
	c.w.WriteHeader(http.StatusOK)
}

func stop(c *call, x *container) {
	if !c.engine.isRunning(x) {
		if strings.HasSuffix(c.r.URL.Path, "/kill") {
			c.fail(409, "Cannot kill container: "+c.args[0]+": Container "+x.id+" is not running")
			return
		}
		c.w.WriteHeader(http.StatusNotModified)
		return
	}
	c.engine.end(x, c.host.Now(), 137, nil)
	c.w.WriteHeader(http.StatusNoContent)
}

func remove(c *call, x *container) {
	if c.engine.isRunning(x) && !c.flag("force") {
		c.fail(409, fmt.Sprintf("You cannot remove a running container %s. Stop the container before attempting removal or force remove", x.id))
		return
	}
	c.engine.remove(x)
	c.w.WriteHeader(http.StatusNoContent)
}

func networks(c *call) {
	type config struct{ Subnet, Gateway string }
	one := func(name, driver string, configs []config) map[string]any {
		return map[string]any{
			"Name": name, "Id": c.host.Hex("docker-network/"+name, 32), "Created": c.host.BootTime().Format(time.RFC3339Nano), "Scope": "local", "Driver": driver, "EnableIPv6": false,
			"IPAM": map[string]any{"Driver": "default", "Options": nil, "Config": configs}, "Internal": false, "Attachable": false, "Ingress": false, "ConfigFrom": map[string]string{"Network": ""},
			"ConfigOnly": false, "Containers": map[string]any{}, "Options": map[string]any{}, "Labels": map[string]any{},
		}
	}
	c.json(200, []any{one("bridge", "bridge", []config{{"172.17.0.0/16", "172.17.0.1"}}), one("host", "host", []config{}), one("none", "null", []config{})})
}

func createVolume(c *call) {
	var given struct {
		Name string
	}
	if !c.body(&given) {
		return
	}
	if given.Name == "" {
		given.Name = newID()
	}
	c.json(201, map[string]any{
		"CreatedAt": c.host.Now().Format(time.RFC3339), "Driver": "local", "Labels": nil, "Mountpoint": "/var/lib/docker/volumes/" + given.Name + "/_data", "Name": given.Name, "Options": nil, "Scope": "local",
	})
}

func usage(c *call) {
	var size int64
	for _, i := range c.engine.images() {
		size += i.size
	}
	c.json(200, map[string]any{"LayersSize": size, "Images": []any{}, "Containers": []any{}, "Volumes": []any{}, "BuildCache": []any{}})
}

// line is one message of a stream of progress.
func (c *call) line(format string, args ...any) {
	fmt.Fprintf(c.w, format+"\r\n", args...)
	http.NewResponseController(c.w).Flush()
}
