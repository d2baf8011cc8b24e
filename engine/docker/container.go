package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-units"

	"decnet/decoy/control"
	"decnet/engine"
)

func containerName(d engine.Ref) string {
	return "decnet-" + d.Deployment + "-" + d.Name + "-" + d.ID[max(0, len(d.ID)-6):]
}

func identity(d engine.Decky) control.Identity {
	return control.Identity{
		ID: d.ID, Name: d.Name, Hostname: d.Hostname, IP: d.IP.String(), MAC: d.MAC,
		OS: d.OS, Distro: d.Distro, Archetype: d.Archetype, Seed: d.Seed,
	}
}

// specHash tells containers of different identities (or of another decoy) apart.
func specHash(d engine.Decky, image string) string {
	b, _ := json.Marshal(struct { // plain data: it can't fail
		control.Identity
		Network engine.Network
		Image   string
	}{identity(d), d.Network, image})
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// create makes and starts a decky's container. One that does not start, it removes.
func (e *Engine) create(ctx context.Context, d engine.Decky, image string, p engine.Progress) (id string, err error) {
	p("creating the container")
	for {
		id, err = e.createOnce(ctx, d, image)
		if err != nil {
			return "", err
		}
		p("starting the container")
		err = e.cli.ContainerStart(ctx, id, container.StartOptions{})
		containerStarted.Hit()
		if err == nil {
			return id, nil
		}
		if err := e.cleanUp(ctx, func(ctx context.Context) error { return e.remove(ctx, id) }); err != nil {
			e.log.WarnContext(ctx, "a container that did not start stays behind", "container", id, "error", err)
		}
		// Not every kernel lets every setting be a container's own: go on without it, once for each.
		if name := refusedSysctl(err); name == "" || !e.refuse(name) {
			return "", e.fail("start the container", engine.Failed, err)
		}
	}
}

func (e *Engine) createOnce(ctx context.Context, d engine.Decky, image string) (string, error) {
	who, err := json.Marshal(identity(d))
	if err != nil {
		return "", fmt.Errorf("write the identity: %w", err)
	}
	labels := map[string]string{
		labelOwner: e.opts.Owner, labelDecky: d.ID, labelName: d.Name, labelDeployment: d.Deployment,
		labelNetwork: d.Network.ID, labelSpec: specHash(d, image),
	}
	config := &container.Config{
		Image: image, Hostname: hostname(d.Hostname), User: user, Labels: labels,
		Cmd: []string{"--state", "/state"}, Env: []string{"DECOY_IDENTITY=" + string(who), "GOMAXPROCS=2"},
		OpenStdin: true, // StdinOnce stays false: a server that leaves does not close it
	}
	endpoint := &network.EndpointSettings{IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: d.IP.String()}}
	if d.MAC != "" {
		if e.macInEndpoint() {
			endpoint.MacAddress = d.MAC
		} else {
			config.MacAddress = d.MAC // the only place before API 1.44
		}
	}
	name := networkName(d.Network.ID)
	host := &container.HostConfig{
		NetworkMode:    container.NetworkMode(name),
		CapDrop:        []string{"ALL"},
		SecurityOpt:    []string{"no-new-privileges"},
		ReadonlyRootfs: true,
		Sysctls:        e.sysctls(d.OS),
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyUnlessStopped},
		LogConfig:      container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "5"}},
		Mounts: []mount.Mount{{
			Type: mount.TypeVolume, Source: volumeName(d.ID), Target: "/state", VolumeOptions: &mount.VolumeOptions{Labels: labels},
		}},
		Resources: container.Resources{
			NanoCPUs: 1e9, Memory: e.opts.Memory, MemorySwap: e.opts.Memory, PidsLimit: &e.opts.Pids,
			Ulimits: []*units.Ulimit{{Name: "nofile", Soft: 4096, Hard: 4096}},
		},
	}
	made, err := e.cli.ContainerCreate(ctx, config, host,
		&network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{name: endpoint}}, nil, containerName(d.Ref))
	containerCreated.Hit()
	if err != nil {
		return "", e.fail("create the container", engine.Failed, err)
	}
	return made.ID, nil
}

// hostname is what the container's kernel says: the first label, since a UTS name is a plain name.
func hostname(h string) string {
	first, _, _ := strings.Cut(h, ".")
	return first
}

// sysctls make the network stack look like the personality's, as far as the kernel lets a container have them.
func (e *Engine) sysctls(os string) map[string]string {
	out := map[string]string{"net.ipv4.ip_unprivileged_port_start": "0"}
	if p, ok := e.opts.Catalog.Personality(os); ok {
		maps.Copy(out, p.Sysctls)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range e.refused {
		delete(out, name)
	}
	return out
}

var sysctlPattern = regexp.MustCompile(`(?:/proc/sys/|sysctl[^a-z]+)(net[./][a-z0-9_./]+)`)

// refusedSysctl is the setting that a start failed on, "" when it failed on something else.
func refusedSysctl(err error) string {
	m := sysctlPattern.FindStringSubmatch(err.Error())
	if m == nil {
		return ""
	}
	return strings.TrimSuffix(strings.ReplaceAll(m[1], "/", "."), ".")
}

// refuse remembers a setting that the kernel does not take. It is false for one that was known: then something else is wrong.
func (e *Engine) refuse(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refused[name] {
		return false
	}
	e.refused[name] = true
	e.log.Warn("the kernel does not let a container have this setting; deckies go without it", "sysctl", name)
	return true
}

// remove makes a container not exist, whatever state it is in.
func (e *Engine) remove(ctx context.Context, id string) error {
	err := e.cli.ContainerRemove(ctx, id, container.RemoveOptions{Force: true})
	containerRemoved.Hit()
	if errdefs.IsNotFound(err) || (errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress")) {
		return nil
	}
	return e.fail("remove the container", engine.Failed, err)
}

// cleanUp removes what came to nothing, also when the call that made it is out of time, and in a bounded time of its own.
func (e *Engine) cleanUp(ctx context.Context, remove func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpWithin)
	defer cancel()
	return remove(ctx)
}

// address is where a container is in its network.
func address(c container.InspectResponse) string {
	for _, n := range c.NetworkSettings.Networks {
		if a, err := netip.ParseAddr(n.IPAddress); err == nil {
			return a.String()
		}
	}
	return ""
}
