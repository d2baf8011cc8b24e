package elasticsearch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"decnet/decoy/shell"
)

// heapBytes is the heap that the package gives a node, as the list of processes has it.
const heapBytes = 1 << 30

// role is what a node does, and the letter for it.
type role struct {
	name   string
	letter byte
	since  string
}

// roles are those of a node on which nobody has chosen any, in their order.
var roles = []role{
	{"data", 'd', "6"}, {"data_cold", 'c', "7.10"}, {"data_content", 's', "7.10"}, {"data_frozen", 'f', "7.17"}, {"data_hot", 'h', "7.10"}, {"data_warm", 'w', "7.10"}, {"ingest", 'i', "6"}, {"master", 'm', "6"},
	{"ml", 'l', "7"}, {"remote_cluster_client", 'r', "7.10"}, {"transform", 't', "7.10"},
}

// has tells whether the release is at least that one, of those there are.
func (v version) has(since string) bool {
	var major, minor, wantMajor, wantMinor int
	fmt.Sscanf(v.number, "%d.%d", &major, &minor)
	fmt.Sscanf(since, "%d.%d", &wantMajor, &wantMinor) // the minor one may be missing
	return major > wantMajor || major == wantMajor && minor >= wantMinor
}

// roles returns the node's, as names and as letters: _nodes and _cat/nodes must agree.
func (v version) roles() (names []any, letters string) {
	var all []byte
	for _, r := range roles {
		if v.has(r.since) {
			names = append(names, r.name)
			all = append(all, r.letter)
		}
	}
	if v.old() {
		return []any{"master", "data", "ingest"}, "mdi"
	}
	slices.Sort(all)
	return names, string(all)
}

// status is the cluster's: a replica of each index has no node to be on.
func (c *call) status() string {
	if len(c.space.indices) > 0 {
		return "yellow"
	}
	return "green"
}

// percent is how many of the shards are active, with the place that the node always writes.
func (c *call) percent() json.Number {
	if len(c.space.indices) > 0 {
		return "50.0"
	}
	return "100.0"
}

// nodes answers _nodes: what the node is, or its statistics.
func (c *call) nodes(rest []string) answer {
	at := slices.Index(rest, "stats")
	if at >= 0 {
		var metrics []string
		if at+1 < len(rest) && rest[at+1] != "_all" {
			metrics = strings.Split(rest[at+1], ",")
		}
		return c.ofNode(c.statistics(metrics))
	}
	names, _ := c.version.roles()
	return c.ofNode(object{
		{"name", c.node}, {"transport_address", c.address() + ":9300"}, {"host", c.address()}, {"ip", c.address()}, {"version", c.version.number}, {"build_flavor", "default"}, {"build_type", c.flavour},
		{"build_hash", c.version.hash}, {"roles", names}, {"os", object{{"name", "Linux"}, {"arch", "amd64"}, {"available_processors", shell.SystemOf(c.host).CPUs}, {"allocated_processors", shell.SystemOf(c.host).CPUs}}},
		{"jvm", object{{"mem", object{{"heap_init_in_bytes", heapBytes}, {"heap_max_in_bytes", heapBytes}}}}},
		{"http", object{{"publish_address", c.address() + ":9200"}}},
	})
}

func (c *call) ofNode(node object) answer {
	return answer{status: 200, body: object{
		{"_nodes", object{{"total", 1}, {"successful", 1}, {"failed", 0}}}, {"cluster_name", c.cluster}, {"nodes", object{{c.id, node}}},
	}}
}

// statistics are the node's, those of the metrics or all. What grows does so with the time since the start, and what _cat/nodes tells too is the same.
func (c *call) statistics(metrics []string) object {
	now, system := c.host.Now(), shell.SystemOf(c.host)
	up := max(now.Sub(c.host.BootTime()).Milliseconds()-90_000, 1)
	memory := int64(system.MemoryKB) << 10
	free := memory * (100 - ramPercent) / 100
	count, size := c.totals()
	const disk = 100 << 30
	available := int64(c.free) << 30
	names, _ := c.version.roles()
	node := object{{"timestamp", now.UnixMilli()}, {"name", c.node}, {"transport_address", c.address() + ":9300"}, {"host", c.address()}, {"ip", c.address() + ":9300"}, {"roles", names}}
	used := int64(heapBytes) * int64(c.heap) / 100
	for _, f := range []field{
		{"indices", object{
			{"docs", object{{"count", count}, {"deleted", 0}}}, {"store", object{{"size_in_bytes", size}}}, {"indexing", object{{"index_total", count}, {"index_time_in_millis", 3 * count}, {"index_current", 0}, {"index_failed", 0}, {"delete_total", 0}}},
			{"search", object{{"open_contexts", 0}, {"query_total", up / 60_000}, {"query_time_in_millis", up / 20_000}, {"query_current", 0}, {"fetch_total", up / 90_000}}},
		}},
		{"os", object{
			{"timestamp", now.UnixMilli()}, {"cpu", object{{"percent", cpuPercent}, {"load_average", object{{"1m", json.Number(load1)}, {"5m", json.Number(load5)}, {"15m", json.Number(load15)}}}}},
			{"mem", object{{"total_in_bytes", memory}, {"free_in_bytes", free}, {"used_in_bytes", memory - free}, {"free_percent", 100 - ramPercent}, {"used_percent", ramPercent}}},
			{"swap", object{{"total_in_bytes", 0}, {"free_in_bytes", 0}, {"used_in_bytes", 0}}},
		}},
		{"process", object{
			{"timestamp", now.UnixMilli()}, {"open_file_descriptors", 280 + 9*len(c.space.indices)}, {"max_file_descriptors", 65535}, {"cpu", object{{"percent", 0}, {"total_in_millis", up / 70}}},
			{"mem", object{{"total_virtual_in_bytes", int64(4)<<30 + int64(size)}}},
		}},
		{"jvm", object{
			{"timestamp", now.UnixMilli()}, {"uptime_in_millis", up},
			{"mem", object{
				{"heap_used_in_bytes", used}, {"heap_used_percent", c.heap}, {"heap_committed_in_bytes", heapBytes}, {"heap_max_in_bytes", heapBytes}, {"non_heap_used_in_bytes", 142 << 20}, {"non_heap_committed_in_bytes", 148 << 20},
			}},
			{"threads", object{{"count", 28 + 8*system.CPUs}, {"peak_count", 33 + 8*system.CPUs}}},
			{"gc", object{{"collectors", object{
				{"young", object{{"collection_count", 12 + up/600_000}, {"collection_time_in_millis", 240 + up/50_000}}}, {"old", object{{"collection_count", 0}, {"collection_time_in_millis", 0}}},
			}}}},
			{"buffer_pools", object{{"direct", object{{"count", 21}, {"used_in_bytes", 8_414_208}, {"total_capacity_in_bytes", 8_414_207}}}}}, {"classes", object{{"current_loaded_count", 20_417}, {"total_loaded_count", 20_417}, {"total_unloaded_count", 0}}},
		}},
		{"fs", object{
			{"timestamp", now.UnixMilli()}, {"total", object{{"total_in_bytes", disk}, {"free_in_bytes", available}, {"available_in_bytes", available}}},
			{"data", []any{object{{"path", "/var/lib/elasticsearch/nodes/0"}, {"mount", "/ (/dev/sda1)"}, {"type", "ext4"}, {"total_in_bytes", disk}, {"free_in_bytes", available}, {"available_in_bytes", available}}}},
		}},
		{"transport", object{{"server_open", 0}, {"rx_count", 0}, {"rx_size_in_bytes", 0}, {"tx_count", 0}, {"tx_size_in_bytes", 0}}},
		{"http", object{{"current_open", 1}, {"total_opened", up / 400_000}}},
	} {
		if metrics == nil || slices.Contains(metrics, f.name) {
			node = append(node, f)
		}
	}
	return node
}

// What _cat/nodes and the statistics both tell.
const (
	ramPercent           = 97
	cpuPercent           = 2
	load1, load5, load15 = "0.10", "0.15", "0.12"
)
