package redis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lastSave is when the server seems to have saved last: it does each hour.
func (v *server) lastSave() time.Time {
	return v.started.Add(v.host.Now().Sub(v.started).Truncate(time.Hour))
}

// process is the server's number, as the list of processes has it.
func (v *server) process() int {
	if pid := v.system.PID("redis"); pid > 0 {
		return pid
	}
	return v.pid
}

// memory is what the server seems to use, to have used at most, and to have of the system.
func (v *server) memory() (used, peak, resident int64) {
	r := v.host.Rand("redis-memory")
	used = 900_000 + r.Int64N(2_000_000)
	peak = used + r.Int64N(1_000_000)
	return used, peak, 8<<20 + peak + r.Int64N(2<<20)&^4095
}

// section is one of INFO's, as far as it is written.
type section struct {
	name    string
	since   version
	version version
	extra   bool // only where everything is asked for
	text    strings.Builder
}

// put writes lines that have been there since a version: name and value in turn.
func (s *section) put(since version, lines ...any) {
	for i := 0; i < len(lines) && s.version.atLeast(since[0], since[1]); i += 2 {
		fmt.Fprintf(&s.text, "%v:%v\r\n", lines[i], lines[i+1])
	}
}

// zeros writes lines that say zero.
func (s *section) zeros(since version, names string) {
	for name := range strings.FieldsSeq(names) {
		s.put(since, name, 0)
	}
}

// human is an amount of memory as INFO shows it to people.
func human(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%dB", n)
	case n < 1<<20:
		return fmt.Sprintf("%.2fK", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.2fM", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.2fG", float64(n)/(1<<30))
}

// info answers INFO. What grows does so with the time since the start, so that two looks agree.
func info(c *client, args []string) {
	sections := []*section{
		{name: "Server"}, {name: "Clients"}, {name: "Memory"}, {name: "Persistence"}, {name: "Stats"}, {name: "Replication"}, {name: "CPU"}, {name: "Modules", since: version{6, 0}},
		{name: "Commandstats", extra: true}, {name: "Errorstats", since: version{6, 2}}, {name: "Latencystats", since: version{7, 0}, extra: true}, {name: "Cluster"}, {name: "Keyspace"},
	}
	writers := []func(*section){c.infoServer, c.infoClients, c.infoMemory, c.infoPersistence, c.infoStats, c.infoReplication, c.infoCPU, nil, c.infoCommands, c.infoErrors, nil, nil, nil}
	writers[11] = func(s *section) { s.put(version{}, "cluster_enabled", 0) }
	writers[12] = func(s *section) { s.text.WriteString(c.keyspaceInfo()) }
	if len(args) > 2 && !c.server.version.atLeast(7, 0) {
		c.out.fail(syntax)
		return
	}
	var b strings.Builder
	for i, s := range sections {
		v := c.server.version
		if !v.atLeast(s.since[0], s.since[1]) || !wanted(s.name, s.extra, args[1:]) {
			continue
		}
		if s.version = v; writers[i] != nil {
			writers[i](s)
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("# " + s.name + "\r\n" + s.text.String())
	}
	c.out.verbatim(b.String())
}

// The versions that brought what INFO tells.
var (
	always     = version{}
	since6     = version{6, 0}
	since62    = version{6, 2}
	since7     = version{7, 0}
	since72    = version{7, 2}
	since74    = version{7, 4}
	zeroReplID = strings.Repeat("0", 40)
)

// up is for how many seconds the server has been running.
func (v *server) up() int64 { return max(int64(v.host.Now().Sub(v.started).Seconds()), 1) }

func (c *client) infoServer(s *section) {
	v, h := c.server, c.server.host
	now, up := h.Now(), v.up()
	gcc, api, atomic, supervised := compiler(v.system.ID), "epoll", "atomic-builtin", "systemd"
	platform := "Linux " + v.system.Kernel + " " + v.system.Machine
	if v.windows() {
		platform, gcc, api, supervised = "Windows  ", "0.0.0", "WinSock_IOCP", "no"
	}
	if v.version.atLeast(7, 0) {
		atomic = "c11-builtin"
	}
	if chosen, ok := h.Setting("redis", "os_string"); ok {
		platform = chosen
	}
	s.put(always, "redis_version", v.version, "redis_git_sha1", "00000000", "redis_git_dirty", 0, "redis_build_id", buildID(v), "redis_mode", "standalone", "os", platform, "arch_bits", 64)
	s.put(since7, "monotonic_clock", "POSIX clock_gettime")
	s.put(always, "multiplexing_api", api, "atomicvar_api", atomic, "gcc_version", gcc, "process_id", v.process())
	s.put(since62, "process_supervised", supervised)
	s.put(always, "run_id", v.runID, "tcp_port", 6379)
	s.put(since62, "server_time_usec", now.UnixMicro())
	s.put(always, "uptime_in_seconds", up, "uptime_in_days", up/86400, "hz", c.setting("hz"), "configured_hz", c.setting("hz"), "lru_clock", now.Unix()&(1<<24-1), "executable", "/usr/bin/redis-server", "config_file", "/etc/redis/redis.conf")
	s.put(since6, "io_threads_active", 0)
	s.put(since72, "listener0", "name=tcp,bind=*,bind=-::*,port=6379")
}

func (c *client) infoClients(s *section) {
	s.put(always, "connected_clients", 1)
	s.put(since62, "cluster_connections", 0, "maxclients", c.setting("maxclients"))
	s.put(always, "client_recent_max_input_buffer", 20480, "client_recent_max_output_buffer", 0, "blocked_clients", 0)
	s.zeros(since6, "tracking_clients")
	s.zeros(since74, "pubsub_clients watching_clients")
	s.zeros(since6, "clients_in_timeout_table")
	s.zeros(since74, "total_watched_keys")
	s.zeros(since72, "total_blocking_keys total_blocking_keys_on_nokey")
}

func (c *client) infoMemory(s *section) {
	v := c.server
	used, peak, resident := v.memory()
	const startup, clients, lua, vm = 862_208, 1800, 31744, 32768
	overhead := startup + clients + 48*int64(len(c.space.db[0]))
	data := used - overhead
	allocated := used + 210_000 + used/64
	active, allocator := allocated+360_000&^4095, allocated+3_100_000&^4095
	total, limit := int64(v.system.MemoryKB)<<10, c.setting("maxmemory")
	limitBytes, _ := strconv.ParseInt(limit, 10, 64)
	percent := func(part, of int64) string { return fmt.Sprintf("%.2f%%", 100*float64(part)/float64(of)) }
	ratio := func(a, b int64) string { return fmt.Sprintf("%.2f", float64(a)/float64(b)) }
	s.put(always, "used_memory", used, "used_memory_human", human(used), "used_memory_rss", resident, "used_memory_rss_human", human(resident), "used_memory_peak", peak, "used_memory_peak_human", human(peak),
		"used_memory_peak_perc", percent(used, peak), "used_memory_overhead", overhead, "used_memory_startup", startup, "used_memory_dataset", data, "used_memory_dataset_perc", percent(data, used-startup),
		"allocator_allocated", allocated, "allocator_active", active, "allocator_resident", allocator)
	s.zeros(since74, "allocator_muzzy")
	s.put(always, "total_system_memory", total, "total_system_memory_human", human(total))
	if v.version.atLeast(7, 0) {
		s.put(always, "used_memory_lua", lua, "used_memory_vm_eval", lua, "used_memory_lua_human", human(lua), "used_memory_scripts_eval", 0, "number_of_cached_scripts", len(c.scripts), "number_of_functions", 0,
			"number_of_libraries", 0, "used_memory_vm_functions", vm, "used_memory_vm_total", lua+vm, "used_memory_vm_total_human", human(lua+vm), "used_memory_functions", 184, "used_memory_scripts", 184, "used_memory_scripts_human", "184B")
	} else {
		s.put(always, "used_memory_lua", 37888, "used_memory_lua_human", human(37888), "used_memory_scripts", 0, "used_memory_scripts_human", "0B", "number_of_cached_scripts", len(c.scripts))
	}
	s.put(always, "maxmemory", limit, "maxmemory_human", human(limitBytes), "maxmemory_policy", c.setting("maxmemory-policy"), "allocator_frag_ratio", ratio(active, allocated), "allocator_frag_bytes", active-allocated,
		"allocator_rss_ratio", ratio(allocator, active), "allocator_rss_bytes", allocator-active, "rss_overhead_ratio", ratio(resident, allocator), "rss_overhead_bytes", resident-allocator,
		"mem_fragmentation_ratio", ratio(resident, used), "mem_fragmentation_bytes", resident-used, "mem_not_counted_for_evict", 0, "mem_replication_backlog", 0)
	s.zeros(since7, "mem_total_replication_buffers")
	s.put(always, "mem_clients_slaves", 0, "mem_clients_normal", clients)
	s.zeros(since7, "mem_cluster_links")
	s.put(always, "mem_aof_buffer", 0, "mem_allocator", allocatorOf(v.system.ID))
	s.zeros(since74, "mem_overhead_db_hashtable_rehashing")
	s.zeros(always, "active_defrag_running lazyfree_pending_objects")
	s.zeros(since62, "lazyfreed_objects")
}

func (c *client) infoPersistence(s *section) {
	v := c.server
	appends := c.setting("appendonly") == "yes"
	s.zeros(always, "loading")
	s.zeros(since7, "async_loading current_cow_peak")
	s.zeros(since62, "current_cow_size current_cow_size_age")
	s.put(since62, "current_fork_perc", "0.00")
	s.zeros(since62, "current_save_keys_processed current_save_keys_total")
	s.put(always, "rdb_changes_since_last_save", c.changes, "rdb_bgsave_in_progress", 0, "rdb_last_save_time", v.lastSave().Unix(), "rdb_last_bgsave_status", "ok", "rdb_last_bgsave_time_sec", 0, "rdb_current_bgsave_time_sec", -1)
	s.put(since7, "rdb_saves", v.up()/3600)
	s.put(always, "rdb_last_cow_size", 380_928)
	s.put(since7, "rdb_last_load_keys_expired", 0, "rdb_last_load_keys_loaded", len(c.server.bait()))
	s.put(always, "aof_enabled", map[bool]int{true: 1}[appends], "aof_rewrite_in_progress", 0, "aof_rewrite_scheduled", 0, "aof_last_rewrite_time_sec", -1, "aof_current_rewrite_time_sec", -1, "aof_last_bgrewrite_status", "ok")
	s.zeros(since7, "aof_rewrites aof_rewrites_consecutive_failures")
	s.put(always, "aof_last_write_status", "ok", "aof_last_cow_size", 0)
	s.zeros(since6, "module_fork_in_progress module_fork_last_cow_size")
	if appends {
		size := 40_000 + v.up()/7
		s.put(always, "aof_current_size", size, "aof_base_size", 39_211)
		s.zeros(always, "aof_pending_rewrite aof_buffer_length")
		if !v.version.atLeast(7, 0) {
			s.zeros(always, "aof_rewrite_buffer_length")
		}
		s.zeros(always, "aof_pending_bio_fsync aof_delayed_fsync")
	}
}

func (c *client) infoStats(s *section) {
	up := c.server.up()
	failed := int64(0)
	for _, n := range c.errors {
		failed += n
	}
	commands := up/2 + c.commands
	s.put(always, "total_connections_received", c.id-2, "total_commands_processed", commands, "instantaneous_ops_per_sec", 0, "total_net_input_bytes", up*23, "total_net_output_bytes", up*310)
	s.zeros(since7, "total_net_repl_input_bytes total_net_repl_output_bytes")
	s.put(always, "instantaneous_input_kbps", "0.02", "instantaneous_output_kbps", "0.30")
	s.put(since7, "instantaneous_input_repl_kbps", "0.00", "instantaneous_output_repl_kbps", "0.00")
	s.zeros(always, "rejected_connections sync_full sync_partial_ok sync_partial_err")
	s.put(always, "expired_keys", up/1800)
	s.zeros(since74, "expired_subkeys")
	s.put(always, "expired_stale_perc", "0.00", "expired_time_cap_reached_count", 0)
	s.put(since6, "expire_cycle_cpu_milliseconds", up/700)
	s.zeros(always, "evicted_keys")
	s.zeros(since7, "evicted_clients")
	s.zeros(since74, "evicted_scripts")
	s.zeros(since7, "total_eviction_exceeded_time current_eviction_exceeded_time")
	s.put(always, "keyspace_hits", up/3, "keyspace_misses", up/40, "pubsub_channels", len(c.channels), "pubsub_patterns", len(c.patterns))
	s.zeros(since7, "pubsubshard_channels")
	s.put(always, "latest_fork_usec", 180+c.server.host.Rand("redis-info").IntN(600))
	s.put(since62, "total_forks", up/3600)
	s.zeros(always, "migrate_cached_sockets slave_expires_tracked_keys active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses")
	s.zeros(since7, "total_active_defrag_time current_active_defrag_time")
	s.zeros(since6, "tracking_total_keys tracking_total_items tracking_total_prefixes unexpected_error_replies")
	s.put(since62, "total_error_replies", failed)
	s.zeros(since62, "dump_payload_sanitizations")
	s.put(since6, "total_reads_processed", commands+up/6, "total_writes_processed", commands+1)
	s.zeros(since6, "io_threaded_reads_processed io_threaded_writes_processed")
	s.zeros(since74, "client_query_buffer_limit_disconnections client_output_buffer_limit_disconnections")
	s.put(since7, "reply_buffer_shrinks", up/60, "reply_buffer_expands", up/4000)
	s.zeros(since72, "acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key acl_access_denied_channel")
}

func (c *client) infoReplication(s *section) {
	if host, port, replica := strings.Cut(c.master, " "); replica {
		s.put(always, "role", "slave", "master_host", oneLine(host), "master_port", port, "master_link_status", "down", "master_last_io_seconds_ago", -1, "master_sync_in_progress", 0)
		s.zeros(since7, "slave_read_repl_offset")
		s.put(always, "slave_repl_offset", 0, "master_link_down_since_seconds", -1, "slave_priority", 100, "slave_read_only", map[bool]int{true: 1}[c.setting("replica-read-only") == "yes"])
		s.put(since62, "replica_announced", 1)
		s.put(always, "connected_slaves", 0)
	} else {
		s.put(always, "role", "master", "connected_slaves", 0)
	}
	s.put(since62, "master_failover_state", "no-failover")
	s.put(always, "master_replid", c.server.host.Hex("redis-replid", 20), "master_replid2", zeroReplID, "master_repl_offset", 0, "second_repl_offset", -1, "repl_backlog_active", 0,
		"repl_backlog_size", c.setting("repl-backlog-size"), "repl_backlog_first_byte_offset", 0, "repl_backlog_histlen", 0)
}

func (c *client) infoCPU(s *section) {
	up, r := float64(c.server.up()), c.server.host.Rand("redis-info")
	sys, user := up*0.0007, up*0.0009
	s.put(always, "used_cpu_sys", fmt.Sprintf("%.6f", sys), "used_cpu_user", fmt.Sprintf("%.6f", user), "used_cpu_sys_children", fmt.Sprintf("0.%06d", r.IntN(900000)), "used_cpu_user_children", fmt.Sprintf("0.%06d", r.IntN(900000)))
	s.put(since62, "used_cpu_sys_main_thread", fmt.Sprintf("%.6f", sys*0.998), "used_cpu_user_main_thread", fmt.Sprintf("%.6f", user*0.997))
}

// infoCommands is what the application behind the server has run since its start: nobody sees there what other intruders ran.
func (c *client) infoCommands(s *section) {
	up := c.server.up()
	for _, of := range []struct {
		name  string
		every int64 // seconds
		micro float64
	}{{"get", 3, 2.1}, {"setex", 41, 4.8}, {"hgetall", 17, 3.6}, {"exists", 23, 1.4}, {"lpush", 310, 2.9}, {"ping", 60, 0.5}} {
		calls := up / of.every
		line := fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f", calls, int64(float64(calls)*of.micro), of.micro)
		if s.version.atLeast(6, 2) {
			line += ",rejected_calls=0,failed_calls=0"
		}
		s.put(always, "cmdstat_"+of.name, line)
	}
}

func (c *client) infoErrors(s *section) {
	for _, code := range slices.Sorted(maps.Keys(c.errors)) {
		s.put(always, "errorstat_"+oneLine(code), fmt.Sprintf("count=%d", c.errors[code]))
	}
}

// wanted tells whether INFO with these arguments shows the section.
func wanted(section string, extra bool, asked []string) bool {
	if len(asked) == 0 {
		return !extra
	}
	for _, a := range asked[:min(len(asked), 16)] {
		switch strings.ToLower(a) {
		case "all", "everything", strings.ToLower(section):
			return true
		case "default":
			if !extra {
				return true
			}
		}
	}
	return false
}

// setting is a setting's value on one line.
func (c *client) setting(name string) string { return oneLine(c.raw(name)) }

func oneLine(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }

func (c *client) keyspaceInfo() string {
	var b strings.Builder
	for i := range c.space.db {
		keys, expiring, sum := c.space.keys(i, "*"), 0, time.Duration(0)
		for _, key := range keys {
			if v := c.space.db[i][key]; !v.expires.IsZero() {
				expiring++
				sum += v.expires.Sub(c.space.now())
			}
		}
		if len(keys) > 0 {
			fmt.Fprintf(&b, "db%d:keys=%d,expires=%d,avg_ttl=%d", i, len(keys), expiring, sum.Milliseconds()/int64(max(expiring, 1)))
			if c.server.version.atLeast(7, 4) {
				b.WriteString(",subexpiry=0")
			}
			b.WriteString("\r\n")
		}
	}
	return b.String()
}

// buildID is of the build, not of the decky: the same for all that have the same package.
func buildID(v *server) string { return digest(v.system.ID + v.version.String())[:16] }

// allocatorOf is the memory allocator of the distribution's packages: Debian's and Ubuntu's use the system's jemalloc.
func allocatorOf(distribution string) string {
	switch distribution {
	case "debian", "kali":
		return "jemalloc-5.3.0"
	case "alpine":
		return "libc"
	}
	return "jemalloc-5.2.1"
}

// bait is what the decky's database holds before anybody has come.
func (v *server) bait() map[string]*value { return newKeyspace(v.host).db[0] }

// compiler is the gcc that the distribution's packages are built with.
func compiler(distribution string) string {
	switch distribution {
	case "ubuntu":
		return "11.4.0"
	case "rocky":
		return "11.4.1"
	case "centos":
		return "4.8.5"
	case "fedora", "alpine":
		return "13.2.1"
	case "arch":
		return "14.1.1"
	}
	return "12.2.0"
}
