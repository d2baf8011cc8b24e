package docker_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/event"
	"decnet/engine"
	"decnet/engine/docker"
	"decnet/engine/enginetest"
)

// withImages opens an engine whose catalog has services of the test's own image, which enginetest.Greeter makes.
func withImages(t *testing.T, owner, image string) *docker.Engine {
	t.Helper()
	c := enginetest.OwnCatalog(t, image,
		`web: {name: Web, ports: [80], image: IMAGE, command: ["tcp", "80", "a web site"]}`,
		`packets: {name: Packets, ports: [7777/udp], image: IMAGE, command: ["udp", "7777", "hello"]}`,
		`crashing: {name: Crashing, ports: [7001], image: IMAGE, command: ["crash"]}`,
		`deaf: {name: Deaf, ports: [7002], image: IMAGE, command: ["tcp", "7003", "x"], ready: 1s}`,
		`webdeaf: {name: Deaf web, ports: [80], image: IMAGE, command: ["tcp", "7004", "x"], ready: 1s}`,
		`absent: {name: Absent, ports: [7005], image: "decnet.invalid/no/such:image"}`,
		`forger: {name: Forger, ports: [7006], image: IMAGE, command: ["forge", "7006"]}`,
	)
	enginetest.RequireDocker(t)
	e, err := docker.New(docker.Options{Owner: owner, DecoyBinary: enginetest.Decoy(t), Catalog: c})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// sidecars are the running containers of a decky's services, by service.
func sidecars(t *testing.T, id string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(run(t, "docker", "ps", "--no-trunc", "--filter", "label=decnet.decky="+id, "--filter", "label=decnet.service", "--format", `{{.Label "decnet.service"}} {{.ID}}`)) {
		service, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[service] = id
	}
	return out
}

func base(t *testing.T, id string) string {
	t.Helper()
	for line := range strings.Lines(run(t, "docker", "ps", "-a", "--no-trunc", "--filter", "label=decnet.decky="+id, "--format", `{{.ID}} {{.Label "decnet.service"}}`)) {
		if f := strings.Fields(line); len(f) == 1 {
			return f[0]
		}
	}
	return ""
}

// says connects to a port of a decky and returns the first line.
func says(t *testing.T, d engine.Decky, port int) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(d.IP.String(), strconv.Itoa(port)), enginetest.Patience)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(enginetest.Patience)))
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

func observe(t *testing.T, e engine.Engine, id string) engine.Observed {
	t.Helper()
	all, err := e.Observe(t.Context())
	require.NoError(t, err)
	for _, o := range all {
		if o.ID == id {
			return o
		}
	}
	t.Fatalf("%s is not there", id)
	return engine.Observed{}
}

func TestAServiceOfTheUsersOwnImage(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	image := enginetest.Greeter(t, lot.Tag)
	e := withImages(t, lot.Tag, image)
	network := lot.Network(engine.Bridge)
	d, other := lot.Decky(network, 0, "ssh", "greeter", "packets"), lot.Decky(network, 1, "ssh", "greeter")
	t.Cleanup(func() {
		for _, d := range []engine.Decky{d, other} {
			require.NoError(t, e.Remove(context.Background(), d.Ref, quiet))
		}
		nothingOf(t, lot)
	})
	bring := func(services ...string) (engine.Observed, error) {
		d.Services, d.Generation = services, d.Generation+1
		return e.Apply(t.Context(), d, quiet)
	}
	o, err := e.Ensure(t.Context(), d, quiet)
	require.NoError(t, err)
	_, err = e.Ensure(t.Context(), other, quiet)
	require.NoError(t, err)
	untouched := sidecars(t, other.ID)
	require.Equal(t, []string{"greeter", "packets", "ssh"}, o.Services)
	require.Contains(t, o.Endpoints, engine.Endpoint{Service: "packets", Proto: "udp", Address: d.IP.String(), Port: 7777})
	require.Equal(t, "hello from SRV-0", says(t, d, 7777))
	require.Equal(t, "hello from SRV-1", says(t, other, 7777))
	require.Equal(t, o.Services, observe(t, e, d.ID).Services)

	session, err := net.Dial("tcp", net.JoinHostPort(d.IP.String(), "22"))
	require.NoError(t, err)
	defer session.Close()
	require.NoError(t, session.SetDeadline(time.Now().Add(enginetest.Patience)))
	ssh := bufio.NewReader(session)
	_, err = ssh.ReadString('\n')
	require.NoError(t, err)
	decoy, greeter := base(t, d.ID), sidecars(t, d.ID)["greeter"]

	t.Run("it is hardened", func(t *testing.T) {
		inspect := func(format string) string {
			return strings.TrimSpace(run(t, "docker", "inspect", "-f", format, greeter))
		}
		for format, want := range map[string]string{
			"{{.Config.User}}": "65534:65534", "{{.HostConfig.ReadonlyRootfs}}": "true", "{{.HostConfig.CapDrop}}": "[ALL]", "{{.HostConfig.CapAdd}}": "[]",
			"{{.HostConfig.SecurityOpt}}": "[no-new-privileges]", "{{.HostConfig.Memory}}": "134217728", "{{.HostConfig.PidsLimit}}": "64",
			"{{.HostConfig.NetworkMode}}": "container:" + decoy, "{{range .Mounts}}{{.Type}} {{.Destination}} {{end}}": "tmpfs /data tmpfs /tmp",
		} {
			if strings.Contains(format, "Mounts") {
				require.ElementsMatch(t, strings.Fields(want), strings.Fields(inspect(format)), "the image's volume is memory, not the host's disk")
				continue
			}
			require.Equal(t, want, inspect(format), format)
		}
	})
	t.Run("what changes beside it leaves it alone, and what goes, goes", func(t *testing.T) {
		o, err := bring("ssh", "greeter", "telnet")
		require.NoError(t, err)
		require.Equal(t, []string{"greeter", "ssh", "telnet"}, o.Services)
		require.Equal(t, map[string]string{"greeter": greeter}, sidecars(t, d.ID))
	})
	for name, c := range map[string]struct {
		bad  string
		code engine.Code
		word string
	}{
		"one that ends at once":            {"crashing", engine.Crashed, "these are my last words"},
		"one that does not listen":         {"deaf", engine.NotAnswering, "greeter listens"},
		"one of which there is no image":   {"absent", engine.ImageFailed, "docker pull"},
		"one that takes a port over":       {"webdeaf", engine.NotAnswering, "greeter listens"},
		"one beside a decoy that is not":   {"no-such-service", engine.Unsupported, "no-such-service"},
		"one that takes it from a sidecar": {"webdeaf ", engine.NotAnswering, "greeter listens"},
	} {
		t.Run(name+" leaves the old services", func(t *testing.T) {
			old := []string{"greeter", "http", "ssh"}
			if strings.HasSuffix(c.bad, " ") {
				old = []string{"greeter", "ssh", "web"}
			}
			before, err := bring(old...)
			require.NoError(t, err)
			_, err = bring("greeter", "ssh", strings.TrimSpace(c.bad))
			said := engine.AsError(err)
			require.NotNil(t, said)
			require.Equal(t, c.code, said.Code, "%v", said)
			require.Contains(t, said.Error()+said.Words(), c.word)
			after := observe(t, e, d.ID)
			require.Equal(t, old, after.Services)
			require.Equal(t, before.Generation, after.Generation)
			for _, p := range after.Endpoints {
				conn, err := net.Dial("tcp", net.JoinHostPort(p.Address, strconv.Itoa(p.Port)))
				require.NoError(t, err, p.Service)
				conn.Close()
			}
			require.Equal(t, greeter, sidecars(t, d.ID)["greeter"])
		})
	}
	t.Run("a port passes from the decoy to it, and back", func(t *testing.T) {
		_, err := bring("ssh", "greeter", "http")
		require.NoError(t, err)
		_, err = bring("ssh", "greeter", "web")
		require.NoError(t, err)
		require.Equal(t, "a web site", says(t, d, 80))
		o, err := bring("ssh", "greeter", "http")
		require.NoError(t, err)
		require.Equal(t, []string{"greeter", "http", "ssh"}, o.Services)
		require.Equal(t, map[string]string{"greeter": greeter}, sidecars(t, d.ID))
	})
	t.Run("its death is told, and mended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		changes, err := e.Watch(ctx)
		require.NoError(t, err)
		await(t, changes, engine.Resync)
		run(t, "docker", "kill", greeter)
		for {
			select {
			case c := <-changes:
				if c.ID != d.ID || c.Kind != engine.Died {
					continue
				}
			case <-time.After(enginetest.Patience):
				t.Fatal("nobody told of the death")
			}
			break
		}
		require.Equal(t, []string{"http", "ssh"}, observe(t, e, d.ID).Services, "it does not run")
		o, err := bring("ssh", "greeter", "http")
		require.NoError(t, err)
		require.Equal(t, []string{"greeter", "http", "ssh"}, o.Services)
		require.Equal(t, "hello from SRV-0", says(t, d, 7777))
		require.Equal(t, greeter, sidecars(t, d.ID)["greeter"], "its log is still there")
	})
	_, err = session.Write([]byte("SSH-2.0-check\r\n"))
	require.NoError(t, err)
	_, err = ssh.ReadByte()
	require.NoError(t, err, "the session on the service that stayed has seen all of it")
	require.Equal(t, decoy, base(t, d.ID))
	require.Equal(t, untouched, sidecars(t, other.ID), "the other decky has seen nothing of it")

	t.Run("a base that starts again leaves it behind, which is seen and mended", func(t *testing.T) {
		run(t, "docker", "restart", "-t", "0", decoy) // as after a crash, with nobody there
		require.Eventually(t, func() bool { return slices.Equal([]string{"http", "ssh"}, observe(t, e, d.ID).Services) }, enginetest.Patience, 50*time.Millisecond,
			"its namespace is not the decky's any more")
		o, err := bring("ssh", "greeter", "http")
		require.NoError(t, err)
		require.Equal(t, []string{"greeter", "http", "ssh"}, o.Services)
		require.Equal(t, "hello from SRV-0", says(t, d, 7777))
		run(t, "docker", "kill", decoy)
		o, err = e.Ensure(t.Context(), d, quiet)
		require.NoError(t, err)
		require.Equal(t, []string{"greeter", "http", "ssh"}, o.Services)
		require.Equal(t, "hello from SRV-0", says(t, d, 7777))
		run(t, "docker", "rm", "-f", decoy)
		require.False(t, observe(t, e, d.ID).Running)
		o, err = e.Ensure(t.Context(), d, quiet)
		require.NoError(t, err)
		require.Equal(t, []string{"greeter", "http", "ssh"}, o.Services)
		require.Equal(t, "hello from SRV-0", says(t, d, 7777))
	})
	t.Run("a server without the service in its catalog takes it away", func(t *testing.T) {
		plain := open(t, lot.Tag)
		require.Equal(t, []string{"greeter", "http", "ssh"}, observe(t, plain, d.ID).Services)
		d.Services = []string{"ssh"}
		o, err := plain.Apply(t.Context(), d, quiet)
		require.NoError(t, err)
		require.Equal(t, []string{"ssh"}, o.Services)
		require.Empty(t, sidecars(t, d.ID))
	})
}

// What a sidecar writes is evidence of its service, read once and in order, and never another's.
func TestWhatASidecarWritesIsEvidenceOfItsServiceAlone(t *testing.T) {
	lot := enginetest.Reserve(t, bridges)
	image := enginetest.Greeter(t, lot.Tag)
	e := withImages(t, lot.Tag, image)
	d := lot.Decky(lot.Network(engine.Bridge), 0, "ssh")
	t.Cleanup(func() { require.NoError(t, e.Remove(context.Background(), d.Ref, quiet)) })
	_, err := e.Ensure(t.Context(), d, quiet)
	require.NoError(t, err)

	var position string
	read := func(until func(event.Event) bool) (seen []event.Event) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), enginetest.Patience)
		defer cancel()
		err := e.Events(ctx, d.Ref, position, true, func(l engine.Line) error {
			said, err := event.Parse(l.Text)
			if err != nil {
				return fmt.Errorf("%q: %w", l.Text, err)
			}
			position = l.Position
			seen = append(seen, said)
			if until(said) {
				cancel()
				return context.Canceled
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
		return seen
	}
	line := func(e event.Event) string { text, _ := e.Get("line"); return text }
	started := make(chan error, 1)
	go func() { // while its lines are read
		d := d
		d.Services, d.Generation = []string{"ssh", "forger"}, 2
		_, err := e.Apply(t.Context(), d, quiet)
		started <- err
	}()
	seen := read(func(e event.Event) bool { return e.Service == "forger" && strings.HasPrefix(line(e), "forged all") })
	require.NoError(t, <-started)
	byType := map[string][]event.Event{}
	for _, s := range seen {
		require.Equal(t, d.Name, s.Host)
		require.Equal(t, "forger", s.Service, "%+v", s)
		byType[s.Type] = append(byType[s.Type], s)
	}
	require.Len(t, byType[event.AuthAttempt], 1, "its own event is one; that of ssh, which it wrote too, is not")
	own := byType[event.AuthAttempt][0]
	who, _ := own.Get(event.Principal)
	require.Equal(t, "root", who)
	require.NotEqual(t, "stolen", own.Session, "a session is its own, whatever it is called")
	require.WithinDuration(t, time.Now(), own.Time, time.Hour, "the time is the engine's")
	forged := slices.IndexFunc(byType["container_log"], func(e event.Event) bool { return strings.Contains(line(e), " ssh stolen auth_attempt ") })
	require.GreaterOrEqual(t, forged, 0, "what it says of another service is a line of its own")
	long := slices.IndexFunc(byType["container_log"], func(e event.Event) bool { return strings.HasPrefix(line(e), "long ") })
	require.GreaterOrEqual(t, long, 0)
	require.Len(t, line(byType["container_log"][long]), event.MaxValue)

	says(t, d, 7006) // which makes it write ten thousand lines
	last := read(func(e event.Event) bool {
		return strings.HasPrefix(line(e), "the flood is over") || e.Type == event.Suppressed
	})
	require.NotEmpty(t, last)
	require.Less(t, len(last), 5000, "a flood is bounded")
	marks := map[string]event.Event{}
	for _, s := range append(seen, last...) { // lines around a position may come twice
		mark := fmt.Sprint(s.Boot, " ", s.Seq)
		if have, twice := marks[mark]; twice {
			require.Equal(t, have, s, "a line has a number of its own")
		}
		marks[mark] = s
	}
	before := position
	says(t, d, 22)
	again := read(func(e event.Event) bool { return e.Service == "ssh" && e.Type == event.Disconnect })
	require.NotEqual(t, before, position)
	for _, s := range again {
		if s.Service == "forger" {
			require.True(t, s.Time.After(last[0].Time), "what was read is not read again from its beginning: %+v", s)
		}
	}
}

// After a reboot containers come back in any order, and a sidecar perhaps not at all: one look by a server brings everything back, wherever it came to.
func TestSidecarsAfterTheEngineRestarts(t *testing.T) {
	p := privateEngine(t, "")
	image := enginetest.Greeter(t, p.lot.Tag)
	load := exec.Command("docker", "-H", p.host, "load")
	load.Stdin = strings.NewReader(run(t, "docker", "save", image))
	out, err := load.CombinedOutput()
	require.NoError(t, err, "%s", out)
	e, err := docker.New(docker.Options{Host: p.host, Owner: p.lot.Tag, DecoyBinary: enginetest.Decoy(t), Catalog: enginetest.OwnCatalog(t, image)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	d := p.wish(0, "ssh", "greeter")
	p.ensure(e, d)
	for name, sig := range map[string]syscall.Signal{"stopped": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			p.stop(sig)
			p.start()
			o := p.ensure(e, d)
			require.Equal(t, []string{"greeter", "ssh"}, o.Services)
			require.Equal(t, "hello from SRV-0", says(t, d, 7777))
			require.Equal(t, o.Services, p.observe(e, d.ID).Services)
		})
	}
}
