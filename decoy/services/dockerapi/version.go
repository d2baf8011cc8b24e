package dockerapi

import (
	"decnet/decoy"
)

// version is one release of the engine, with the parts that came with it.
type version struct {
	number, api, minAPI string
	commit, built       string
	golang              string
	platform            string // "" of a distribution's own package
	containerd          [2]string
	runc                [2]string
	tini                string
	badBody             int // the status for a body that is not JSON
}

var (
	debians = version{
		number: "20.10.24+dfsg1", api: "1.41", minAPI: "1.12", commit: "5d6db84", built: "2024-06-03T06:45:58.000000000+00:00", golang: "go1.19.8",
		containerd: [2]string{"1.6.20~ds1", "1.6.20~ds1-1+deb12u1"}, runc: [2]string{"1.1.5+ds1", "1.1.5+ds1-1+deb12u1"}, badBody: 500,
	}
	ubuntus = version{
		number: "24.0.7", api: "1.43", minAPI: "1.12", commit: "24.0.7-0ubuntu2~22.04.1", built: "2024-03-08T02:46:31.000000000+00:00", golang: "go1.21.1",
		containerd: [2]string{"1.7.12", ""}, runc: [2]string{"1.1.12-0ubuntu2~22.04.1", ""}, badBody: 400,
	}
	docker23 = version{
		number: "23.0.6", api: "1.42", minAPI: "1.12", commit: "9dbdbd4", built: "2023-05-05T21:18:13.000000000+00:00", golang: "go1.19.9", platform: "Docker Engine - Community",
		containerd: [2]string{"1.6.21", "3dce8eb055cbb6872793272b4f20ed16117344f8"}, runc: [2]string{"1.1.7", "v1.1.7-0-g860f061"}, tini: "de40ad0", badBody: 400,
	}
	docker24 = version{
		number: "24.0.7", api: "1.43", minAPI: "1.12", commit: "311b9ff", built: "2023-10-26T09:08:02.000000000+00:00", golang: "go1.20.10", platform: "Docker Engine - Community",
		containerd: [2]string{"1.6.24", "61f9fd88f79f081d64d6fa3bb1a0dc71ec870523"}, runc: [2]string{"1.1.9", "v1.1.9-0-gccaecfc"}, tini: "de40ad0", badBody: 400,
	}
	docker26 = version{
		number: "26.1.3", api: "1.45", minAPI: "1.24", commit: "8e96db1", built: "2024-05-16T08:33:34.000000000+00:00", golang: "go1.21.10", platform: "Docker Engine - Community",
		containerd: [2]string{"1.6.31", "e377cd56a71523140ca6ae87e30244719194a521"}, runc: [2]string{"1.1.12", "v1.1.12-0-g51d5e94"}, tini: "de40ad0", badBody: 400,
	}
	docker27 = version{
		number: "27.3.1", api: "1.47", minAPI: "1.24", commit: "41ca978", built: "2024-09-20T11:41:11.000000000+00:00", golang: "go1.22.7", platform: "Docker Engine - Community",
		containerd: [2]string{"1.7.22", "7f7fdf5fed64eb6a7caf99b3e12efcf9d60e311c"}, runc: [2]string{"1.1.14", "v1.1.14-0-g2c9f560"}, tini: "de40ad0", badBody: 400,
	}
)

func versionOf(h *decoy.Host) version {
	choices := []version{docker23, docker24, docker26, docker27}
	switch h.Distro {
	case "debian", "kali":
		choices = append(choices, debians)
	case "ubuntu22":
		choices = append(choices, ubuntus)
	}
	return decoy.Pick(h, "docker-version", choices...)
}

// badBodyText is the error for a body that can't be read.
func (v version) badBodyText(reason string) string {
	if v.badBody == 500 {
		return reason
	}
	if reason == "EOF" {
		return "invalid JSON: got EOF while reading request body"
	}
	return "invalid JSON: " + reason
}

// recent tells whether the engine is one with the API 1.42 or later.
func (v version) recent() bool { return !newer("1.42", v.api) }

type component struct {
	Name, Version string
	Details       map[string]string
}

// ping answers what each client asks first.
func ping(c *call) {
	h := c.w.Header()
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	h.Set("Pragma", "no-cache")
	if c.version.recent() {
		h.Set("Builder-Version", "2")
		h.Set("Swarm", "inactive")
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if c.r.Method == "HEAD" {
		h.Set("Content-Length", "0")
		c.w.WriteHeader(200)
		return
	}
	c.w.Write([]byte("OK"))
}

func tellVersion(c *call) {
	v := c.version
	type platform struct{ Name string }
	c.json(200, struct {
		Platform                                                                                     platform
		Components                                                                                   []component
		Version, ApiVersion, MinAPIVersion, GitCommit, GoVersion, Os, Arch, KernelVersion, BuildTime string
	}{
		platform{v.platform},
		[]component{
			{"Engine", v.number, map[string]string{
				"ApiVersion": v.api, "Arch": "amd64", "BuildTime": v.built, "Experimental": "false", "GitCommit": v.commit, "GoVersion": v.golang, "KernelVersion": c.system.Kernel,
				"MinAPIVersion": v.minAPI, "Os": "linux",
			}},
			{"containerd", v.containerd[0], map[string]string{"GitCommit": v.containerd[1]}},
			{"runc", v.runc[0], map[string]string{"GitCommit": v.runc[1]}},
			{"docker-init", "0.19.0", map[string]string{"GitCommit": v.tini}},
		},
		v.number, v.api, v.minAPI, v.commit, v.golang, "linux", "amd64", c.system.Kernel, v.built,
	})
}

type commit struct{ ID, Expected string }

// info is what `docker info` shows, in the engine's order.
type info struct {
	ID                                                                         string
	Containers, ContainersRunning, ContainersPaused, ContainersStopped, Images int
	Driver                                                                     string
	DriverStatus                                                               [][2]string
	Plugins                                                                    map[string][]string
	MemoryLimit, SwapLimit                                                     bool
	KernelMemory, KernelMemoryTCP                                              *bool `json:",omitempty"`
	CpuCfsPeriod, CpuCfsQuota, CPUShares, CPUSet, PidsLimit                    bool
	IPv4Forwarding, BridgeNfIptables, BridgeNfIp6tables                        bool
	Debug                                                                      bool
	NFd                                                                        int
	OomKillDisable                                                             bool
	NGoroutines                                                                int
	SystemTime, LoggingDriver, CgroupDriver, CgroupVersion                     string
	NEventsListener                                                            int
	KernelVersion, OperatingSystem, OSVersion, OSType, Architecture            string
	IndexServerAddress                                                         string
	RegistryConfig                                                             any
	NCPU                                                                       int
	MemTotal                                                                   int64
	GenericResources                                                           any
	DockerRootDir, HttpProxy, HttpsProxy, NoProxy, Name                        string
	Labels                                                                     []string
	ExperimentalBuild                                                          bool
	ServerVersion                                                              string
	Runtimes                                                                   map[string]map[string]string
	DefaultRuntime                                                             string
	Swarm                                                                      any
	LiveRestoreEnabled                                                         bool
	Isolation, InitBinary                                                      string
	ContainerdCommit, RuncCommit, InitCommit                                   commit
	SecurityOptions                                                            []string
	Warnings                                                                   []string
}

func tellInfo(c *call) {
	v, e := c.version, c.engine
	running, all := e.count()
	yes := true
	out := info{
		ID: e.id, Containers: all, ContainersRunning: running, ContainersStopped: all - running, Images: len(e.images()), Driver: "overlay2",
		DriverStatus: [][2]string{{"Backing Filesystem", "extfs"}, {"Supports d_type", "true"}, {"Using metacopy", "false"}, {"Native Overlay Diff", "true"}, {"userxattr", "false"}},
		Plugins: map[string][]string{
			"Volume": {"local"}, "Network": {"bridge", "host", "ipvlan", "macvlan", "null", "overlay"}, "Authorization": nil,
			"Log": {"awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "splunk", "syslog"},
		},
		MemoryLimit: true, SwapLimit: true, CpuCfsPeriod: true, CpuCfsQuota: true, CPUShares: true, CPUSet: true, PidsLimit: true, IPv4Forwarding: true, BridgeNfIptables: true,
		BridgeNfIp6tables: true, NFd: 24 + 6*running, NGoroutines: 38 + 9*running, SystemTime: c.host.Now().Format("2006-01-02T15:04:05.000000000Z07:00"), LoggingDriver: "json-file",
		CgroupDriver: "systemd", CgroupVersion: "2", KernelVersion: c.system.Kernel, OperatingSystem: c.system.Pretty, OSVersion: osVersion(c.system.Release), OSType: "linux", Architecture: "x86_64",
		IndexServerAddress: "https://index.docker.io/v1/",
		RegistryConfig: map[string]any{
			"AllowNondistributableArtifactsCIDRs": nil, "AllowNondistributableArtifactsHostnames": nil, "InsecureRegistryCIDRs": []string{"127.0.0.0/8"},
			"IndexConfigs": map[string]any{"docker.io": map[string]any{"Name": "docker.io", "Mirrors": []string{}, "Secure": true, "Official": true}}, "Mirrors": nil,
		},
		NCPU: c.system.CPUs, MemTotal: int64(c.system.MemoryKB) << 10, DockerRootDir: "/var/lib/docker", Name: c.host.Hostname, Labels: []string{}, ServerVersion: v.number,
		Runtimes: map[string]map[string]string{"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}}, DefaultRuntime: "runc",
		Swarm:      map[string]any{"NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": false, "Error": "", "RemoteManagers": nil},
		InitBinary: "docker-init", ContainerdCommit: commit{v.containerd[1], v.containerd[1]}, RuncCommit: commit{v.runc[1], v.runc[1]}, InitCommit: commit{v.tini, v.tini},
		SecurityOptions: []string{"name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"},
	}
	if !v.recent() {
		out.KernelMemory, out.KernelMemoryTCP = &yes, &yes
		out.SecurityOptions[1] = "name=seccomp,profile=default"
		out.Runtimes["io.containerd.runtime.v1.linux"] = map[string]string{"path": "runc"}
	}
	if c.r.Session.CatalogPort() != tlsPort {
		out.Warnings = []string{
			"WARNING: API is accessible on http://0.0.0.0:2375 without encryption.\n         Access to the remote API is equivalent to root access on the host. Refer\n" +
				"         to the 'Docker daemon attack surface' section in the documentation for\n         more information: https://docs.docker.com/go/attack-surface/",
		}
	}
	c.json(200, out)
}
