package redis

import (
	"fmt"
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

// info answers INFO. What grows does so with the time since the start, so that two looks agree.
func info(c *client, args []string) {
	v, h := c.server, c.server.host
	now := h.Now()
	up := max(int64(now.Sub(v.started).Seconds()), 1)
	r := h.Rand("redis-info")
	used := 900_000 + r.Int64N(2_000_000)
	peak := used + r.Int64N(1_000_000)
	gcc := compiler(v.system.ID)
	windows := h.OS == "windows" || h.OS == "windows_server"
	platform := "Linux " + v.system.Kernel + " " + v.system.Machine
	if windows {
		platform, gcc = "Windows  ", "0.0.0"
	}
	if chosen, ok := h.Setting("redis", "os_string"); ok {
		platform = chosen
	}
	role := "role:master\r\nconnected_slaves:0\r\nmaster_failover_state:no-failover\r\n"
	if host, port, replica := strings.Cut(c.master, " "); replica {
		role = fmt.Sprintf("role:slave\r\nmaster_host:%s\r\nmaster_port:%s\r\nmaster_link_status:down\r\nmaster_last_io_seconds_ago:-1\r\nmaster_sync_in_progress:0\r\nslave_repl_offset:0\r\nslave_priority:100\r\nslave_read_only:1\r\nconnected_slaves:0\r\n", oneLine(host), port)
	}
	sections := []struct{ name, text string }{
		{"Server", fmt.Sprintf("redis_version:%s\r\nredis_git_sha1:00000000\r\nredis_git_dirty:0\r\nredis_build_id:%s\r\nredis_mode:standalone\r\nos:%s\r\narch_bits:64\r\nmultiplexing_api:%s\r\natomicvar_api:c11-builtin\r\ngcc_version:%s\r\nprocess_id:%d\r\nprocess_supervised:systemd\r\nrun_id:%s\r\ntcp_port:6379\r\nserver_time_usec:%d\r\nuptime_in_seconds:%d\r\nuptime_in_days:%d\r\nhz:10\r\nconfigured_hz:10\r\nlru_clock:%d\r\nexecutable:/usr/bin/redis-server\r\nconfig_file:/etc/redis/redis.conf\r\nio_threads_active:0\r\n",
			v.version, buildID(v), platform, map[bool]string{false: "epoll", true: "WinSock_IOCP"}[windows], gcc, v.process(), v.runID, now.UnixMicro(), up, up/86400, now.Unix()&(1<<24-1))},
		{"Clients", "connected_clients:1\r\ncluster_connections:0\r\nmaxclients:10000\r\nclient_recent_max_input_buffer:20480\r\nclient_recent_max_output_buffer:0\r\nblocked_clients:0\r\ntracking_clients:0\r\nclients_in_timeout_table:0\r\n"},
		{"Memory", fmt.Sprintf("used_memory:%d\r\nused_memory_human:%.2fM\r\nused_memory_rss:%d\r\nused_memory_peak:%d\r\nused_memory_peak_human:%.2fM\r\ntotal_system_memory:%d\r\ntotal_system_memory_human:%.2fG\r\nused_memory_lua:31744\r\nmaxmemory:%s\r\nmaxmemory_policy:%s\r\nmem_fragmentation_ratio:%.2f\r\nmem_allocator:jemalloc-5.2.1\r\nactive_defrag_running:0\r\nlazyfree_pending_objects:0\r\n",
			used, float64(used)/(1<<20), used*6, peak, float64(peak)/(1<<20), int64(v.system.MemoryKB)<<10, float64(v.system.MemoryKB)/(1<<20), c.setting("maxmemory"), c.setting("maxmemory-policy"), 6.0)},
		{"Persistence", fmt.Sprintf("loading:0\r\nasync_loading:0\r\nrdb_changes_since_last_save:%d\r\nrdb_bgsave_in_progress:0\r\nrdb_last_save_time:%d\r\nrdb_last_bgsave_status:ok\r\nrdb_last_bgsave_time_sec:0\r\naof_enabled:%d\r\naof_rewrite_in_progress:0\r\naof_last_bgrewrite_status:ok\r\naof_last_write_status:ok\r\n",
			c.commands, v.lastSave().Unix(), map[string]int{"yes": 1}[c.setting("appendonly")])},
		{"Stats", fmt.Sprintf("total_connections_received:%d\r\ntotal_commands_processed:%d\r\ninstantaneous_ops_per_sec:0\r\ntotal_net_input_bytes:%d\r\ntotal_net_output_bytes:%d\r\nrejected_connections:0\r\nexpired_keys:%d\r\nevicted_keys:0\r\nkeyspace_hits:%d\r\nkeyspace_misses:%d\r\npubsub_channels:0\r\nlatest_fork_usec:%d\r\n",
			c.id-2, up/2+c.commands, up*23, up*310, up/1800, up/3, up/40, 180+r.IntN(600))},
		{"Replication", role + "master_replid:" + h.Hex("redis-replid", 20) + "\r\nmaster_replid2:0000000000000000000000000000000000000000\r\nmaster_repl_offset:0\r\nsecond_repl_offset:-1\r\nrepl_backlog_active:0\r\nrepl_backlog_size:1048576\r\nrepl_backlog_first_byte_offset:0\r\nrepl_backlog_histlen:0\r\n"},
		{"CPU", fmt.Sprintf("used_cpu_sys:%.6f\r\nused_cpu_user:%.6f\r\nused_cpu_sys_children:0.%06d\r\nused_cpu_user_children:0.%06d\r\n", float64(up)*0.0007, float64(up)*0.0009, r.IntN(900000), r.IntN(900000))},
		{"Modules", ""},
		{"Errorstats", ""},
		{"Cluster", "cluster_enabled:0\r\n"},
		{"Keyspace", c.keyspaceInfo()},
	}
	var b strings.Builder
	for _, section := range sections {
		if !wanted(section.name, args[1:]) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("# " + section.name + "\r\n" + section.text)
	}
	c.out.verbatim(b.String())
}

// wanted tells whether INFO with these arguments shows the section.
func wanted(section string, asked []string) bool {
	if len(asked) == 0 {
		return true
	}
	for _, a := range asked[:min(len(asked), 16)] {
		switch a = strings.ToLower(a); a {
		case "all", "default", "everything", strings.ToLower(section):
			return true
		}
	}
	return false
}

func (c *client) setting(name string) string {
	if mine, changed := c.config[name]; changed {
		return oneLine(mine)
	}
	return c.server.config[name]
}

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
			fmt.Fprintf(&b, "db%d:keys=%d,expires=%d,avg_ttl=%d\r\n", i, len(keys), expiring, sum.Milliseconds()/int64(max(expiring, 1)))
		}
	}
	return b.String()
}

// buildID is of the build, not of the decky: the same for all that have the same package.
func buildID(v *server) string { return digest(v.system.ID + v.version.String())[:16] }

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
