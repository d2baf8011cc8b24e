package elasticsearch

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

	"go.uber.org/goleak"

	"decnet/decoy"
	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/servicetest"
	"decnet/decoy/services/internal/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func such(t testing.TB, number string) control.Identity {
	t.Helper()
	return servicetest.Such(t, decoytest.Identity(), func(h *decoy.Host) bool { return newServer(h).version.number == number })
}

func curl(t *testing.T, d *decoytest.Decky, path string, args ...string) string {
	t.Helper()
	out, err := servicetest.Run(t, "", "curl", append([]string{"-s", "http://" + d.Address(9200) + path}, args...)...)
	if err != nil {
		t.Errorf("curl %s: %v", path, err)
	}
	return out
}

func TestTheNodeNamesItself(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "7.17.9"), "elasticsearch")
	v := newServer(d.Host)
	want := fmt.Sprintf(`{
  "name" : %q,
  "cluster_name" : %q,
  "cluster_uuid" : %q,
  "version" : {
    "number" : "7.17.9",
    "build_flavor" : "default",
    "build_type" : %q,
    "build_hash" : "ef48222227ee6b9e70e502f0f0daa52435ee634d",
    "build_date" : "2023-01-31T05:34:43.305517834Z",
    "build_snapshot" : false,
    "lucene_version" : "8.11.1",
    "minimum_wire_compatibility_version" : "6.8.0",
    "minimum_index_compatibility_version" : "6.0.0-beta1"
  },
  "tagline" : "You Know, for Search"
}
`, v.node, v.cluster, v.uuid, v.flavour)
	if got := curl(t, d, "/"); got != want {
		t.Errorf("it is\n%s\nwant\n%s", got, want)
	}
	servicetest.Contains(t, curl(t, d, "/", "-i"), "HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\nWarning: 299 Elasticsearch-7.17.9-ef48222227ee6b9e70e502f0f0daa52435ee634d \"", "\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: ")
	d.Wait("request", decoytest.Has("path", "/"), decoytest.Has("status", "200"))
}

func TestThievesFindSomething(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "7.10.2"), "elasticsearch")
	indices := own(d.Host)
	users := indices[len(indices)-1]
	first := users.documents[0]
	servicetest.Contains(t, curl(t, d, "/_cat/indices?v"), "health status index", "yellow open   "+users.name, users.uuid)
	servicetest.Contains(t, curl(t, d, "/_cluster/health"), `"status":"yellow"`, `"number_of_nodes":1`)
	servicetest.Contains(t, curl(t, d, "/_all/_mapping"), `"password_hash":{"type":"text"`, `"id":{"type":"long"}`)
	servicetest.Contains(t, curl(t, d, "/_search?q=admin&pretty"), `"_index" : "`+users.name+`"`, `"username" : "admin"`, `"relation" : "eq"`)
	servicetest.Contains(t, curl(t, d, "/"+users.name+"/_search", "-H", "Content-Type: application/json", "-d", `{"size":1,"query":{"match":{"username":"admin"}}}`), `"hits":[{"_index":"`+users.name+`","_type":"_doc","_id":"`+first.id+`"`)
	servicetest.Contains(t, curl(t, d, "/"+users.name+"/_count"), fmt.Sprintf(`{"count":%d,`, len(users.documents)))
	servicetest.Contains(t, curl(t, d, "/"+users.name+"/_doc/"+first.id), `"found":true`, `"username":"admin"`)
	servicetest.Contains(t, curl(t, d, "/_cat/indices?format=json"), `"docs.count":"`)
	var all struct {
		Hits struct {
			Hits []json.RawMessage `json:"hits"`
		} `json:"hits"`
	}
	if err := json.Unmarshal([]byte(curl(t, d, "/"+users.name+"/_search?size=1000&scroll=1m")), &all); err != nil || len(all.Hits.Hits) != len(users.documents) {
		t.Errorf("%d documents, %v", len(all.Hits.Hits), err)
	}
}

func TestBlackmailersAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "7.6.2"), "elasticsearch")
	if got := curl(t, d, "/*", "-X", "DELETE"); got != `{"acknowledged":true}` {
		t.Errorf("deleting all gives %s", got)
	}
	d.Wait("write", decoytest.Has("method", "DELETE"), decoytest.Has("path", "/*"))
	const note = `{"message":"All your data is backed up. Pay 0.01 BTC to bc1q"}`
	servicetest.Contains(t, curl(t, d, "/read_me/_doc/1", "-H", "Content-Type: application/json", "-d", note), `"_index":"read_me","_type":"_doc","_id":"1","_version":1,"result":"created"`)
	d.Wait("write", decoytest.Has("content", note))
	if got := curl(t, d, "/_cat/indices"); strings.Count(got, "\n") != 1 || !strings.Contains(got, " read_me ") {
		t.Errorf("the indices are\n%s", got)
	}
	servicetest.Contains(t, curl(t, d, "/_bulk", "-H", "Content-Type: application/x-ndjson", "--data-binary", "{\"index\":{\"_index\":\"a\",\"_id\":\"7\"}}\n{\"x\":1}\n"), `"errors":false`, `"_id":"7"`)
	servicetest.Contains(t, curl(t, d, "/a/_search"), `"_source":{"x":1}`)
	// An index's UUID is whole, and says that it is random.
	var all []struct{ Index, UUID string }
	if err := json.Unmarshal([]byte(curl(t, d, "/_cat/indices?format=json")), &all); err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
	for _, x := range all {
		if raw, err := base64.RawURLEncoding.DecodeString(x.UUID); err != nil || len(raw) != 16 || raw[6]>>4 != 4 {
			t.Errorf("%s has the UUID %q", x.Index, x.UUID)
		}
	}
}

// What the node tells of itself in one place it tells in the other.
func TestTheNodeAgreesWithItself(t *testing.T) {
	t.Parallel()
	for number, letters := range map[string]string{"6.8.23": "mdi", "7.6.2": "dilm", "7.10.2": "cdhilmrstw", "7.17.21": "cdfhilmrstw"} {
		d := decoytest.StartAs(t, such(t, number), "elasticsearch")
		v := newServer(d.Host)
		var info, stats struct {
			Nodes map[string]struct {
				Roles []string
				JVM   struct {
					Uptime int64 `json:"uptime_in_millis"`
					Mem    struct {
						Used int `json:"heap_used_percent"`
						Max  int `json:"heap_max_in_bytes"`
					}
				}
				OS struct {
					CPU struct{ Percent int }
					Mem struct {
						Total int64 `json:"total_in_bytes"`
						Used  int   `json:"used_percent"`
					}
				}
				FS struct {
					Total struct {
						Available int64 `json:"available_in_bytes"`
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(curl(t, d, "/_nodes")), &info); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(curl(t, d, "/_nodes/stats?pretty")), &stats); err != nil {
			t.Fatal(err)
		}
		one, other := info.Nodes[v.id], stats.Nodes[v.id]
		if len(one.Roles) != len(letters) || !slices.Equal(one.Roles, other.Roles) {
			t.Errorf("%s has the roles %v and %v", number, one.Roles, other.Roles)
		}
		if other.JVM.Mem.Used != v.heap || other.JVM.Uptime <= 0 || other.OS.Mem.Total == 0 || other.FS.Total.Available != int64(v.free)<<30 || one.JVM.Mem.Max != other.JVM.Mem.Max {
			t.Errorf("%s tells %+v", number, other)
		}
		servicetest.Contains(t, curl(t, d, "/_cat/nodes"), " "+letters+" * ", fmt.Sprintf(" %d %d ", v.heap, other.OS.Mem.Used))
		if got := curl(t, d, "/_nodes/_local/stats/jvm"); strings.Contains(got, `"fs":`) || !strings.Contains(got, `"jvm":{`) {
			t.Errorf("the statistics of the JVM are %s", got)
		}
		servicetest.Contains(t, curl(t, d, "/_cluster/health"), `"status":"yellow"`, `"active_shards_percent_as_number":50.0}`)
		curl(t, d, "/_all", "-X", "DELETE")
		servicetest.Contains(t, curl(t, d, "/_cluster/health"), `"status":"green"`, `"active_shards_percent_as_number":100.0}`)
		servicetest.Contains(t, curl(t, d, "/_cat/health"), " green ", "100.0%")
	}
}

func TestErrorsAreTheNodesOwn(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, such(t, "7.10.2"), "elasticsearch")
	for args, want := range map[string]string{
		"/nope": `{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [nope]","resource.type":"index_or_alias","resource.id":"nope","index_uuid":"_na_","index":"nope"}],` +
			`"type":"index_not_found_exception","reason":"no such index [nope]","resource.type":"index_or_alias","resource.id":"nope","index_uuid":"_na_","index":"nope"},"status":404}`,
		"/ -X POST":                      `{"error":"Incorrect HTTP method for uri [/] and method [POST], allowed: [HEAD, GET]","status":405}`,
		"/_cat/nothing":                  `{"error":"no handler found for uri [/_cat/nothing] and method [GET]"}`,
		"/_search -H Content-Type: -d{}": `{"error":"Content-Type header [] is not supported","status":406}`,
	} {
		words := strings.Fields(args)
		if got := curl(t, d, words[0], words[1:]...); got != want {
			t.Errorf("%s gives\n%s\nwant\n%s", args, got, want)
		}
	}
	conn := d.Dial(9200)
	io.WriteString(conn, "GET / FTP/1.0\r\n\r\n")
	got, _ := io.ReadAll(conn)
	servicetest.Contains(t, string(got), "HTTP/1.1 400 Bad Request\r\n", `"reason":"invalid version format: FTP/1.0"`)
	d.Wait("protocol_error")
	conn = d.Dial(9200)
	io.WriteString(conn, "GET / HTTP/1.1\r\nX: "+strings.Repeat("x", 2*maxHead))
	got, _ = io.ReadAll(conn)
	servicetest.Contains(t, string(got), "too_long_http_header_exception")
}

func TestCredentialsAreRecorded(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "elasticsearch")
	curl(t, d, "/", "-u", "elastic:changeme")
	d.Wait(event.AuthAttempt, decoytest.Has(event.Principal, "elastic"), decoytest.Has(event.Secret, "changeme"))
}

func TestScannerNamesTheProduct(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"6.8.23", "7.10.2"} {
		d := decoytest.StartAs(t, such(t, number), "elasticsearch")
		servicetest.Contains(t, servicetest.Scan(t, d, 9200), "Elasticsearch REST API "+number)
	}
}

func TestDeckiesDifferAndStay(t *testing.T) {
	t.Parallel()
	servicetest.Looks(t, 19, func(h *decoy.Host) string {
		v := newServer(h)
		return fmt.Sprint(v.version, v.node, v.cluster, v.uuid, own(h)[0].name, own(h)[0].uuid)
	})
}

func TestWhatIsWrittenIsBounded(t *testing.T) {
	t.Parallel()
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &space{indices: own(h)}
	for j := range 2 * maxIndices {
		x := s.open(fmt.Sprint("made", j))
		for k := range 2 * maxDocuments {
			if x != nil {
				x.put(fmt.Sprint(k), json.RawMessage(`"`+strings.Repeat("x", maxDocument-2)+`"`))
				x.put(fmt.Sprint("large", k), json.RawMessage(`"`+strings.Repeat("x", 2*maxDocument)+`"`))
			}
		}
		if x != nil && (len(x.documents) > maxDocuments || x.size() > 256<<10) {
			t.Fatalf("%d documents of %d bytes", len(x.documents), x.size())
		}
	}
	if len(s.indices) > maxIndices+len(own(h)) {
		t.Fatalf("%d indices", len(s.indices))
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	d := decoytest.Start(t, "elasticsearch")
	servicetest.Garbage(t, d, 9200, "GET /", "POST /_search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n{", "PUT /a/_doc/1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n")
	servicetest.Recovers(t, func() bool {
		_, err := servicetest.Run(t, "", "curl", "-sfm", "2", "http://"+d.Address(9200)+"/")
		return err == nil
	})
}

func FuzzSearch(f *testing.F) {
	f.Add("GET /a*,_all/_search?size=5&pretty HTTP/1.1\r\n\r\n", `{"query":{"bool":{"must":[{"match":{"a":"b"}}]}},"size":2}`)
	f.Add("POST /_bulk HTTP/1.1\r\n\r\n", "{\"index\":{\"_index\":\"a\"}}\n{}\n")
	h, err := decoy.NewHost(decoytest.Identity(), nil)
	if err != nil {
		f.Fatal(err)
	}
	v := newServer(h)
	f.Fuzz(func(t *testing.T, head, body string) {
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil || h.IP == "" {
			return
		}
		r := &web.Request{Request: request, Body: []byte(body), Size: int64(len(body))}
		c := &call{server: v, r: r, query: parseQuery(r.URL.RawQuery), space: &space{indices: own(h)}}
		c.parts = strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		for _, a := range []answer{c.search(c.space.indices), c.bulk("x"), c.index(c.parts[0], c.parts[1:]), c.cat(strings.Join(c.parts, "/"))} {
			if a.body != nil && !json.Valid([]byte(render(a.body, true))) {
				t.Fatalf("not JSON: %s", render(a.body, true))
			}
		}
	})
}
