package mysql

import (
	_ "embed" // of the variables
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"decnet/decoy"
)

// What SHOW VARIABLES shows, a name and a value a line, of MariaDB 10.11 and MySQL.
var (
	//go:embed variables_mariadb.txt
	mariadbText string
	//go:embed variables_mysql.txt
	mysqlText string
)

// spelled are the variables whose ON and OFF are words in a SELECT too, where those of others are 1 and 0.
var spelled = []string{
	"concurrent_insert", "delay_key_write", "enforce_gtid_consistency", "event_scheduler", "gtid_mode", "innodb_doublewrite", "innodb_stats_method", "myisam_recover_options",
	"session_track_transaction_info", "use_secondary_engine", "replica_exec_mode", "ssl_fips_mode", "query_cache_type", "old_mode",
}

// shown are the variables of a product as SHOW has them.
type shown map[string]string

func parseVariables(text string) shown {
	all := shown{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		all[name] = value
	}
	return all
}

var (
	ofMariaDB = sync.OnceValue(func() shown { return parseVariables(mariadbText) })
	ofMySQL   = sync.OnceValue(func() shown { return parseVariables(mysqlText) })
)

// isSwitch tells whether a variable is ON or OFF in SHOW, and 1 or 0 in SELECT.
func (v *server) isSwitch(name string) bool {
	if slices.Contains(spelled, name) {
		return false
	}
	value := v.defaults()[name]
	return value == "ON" || value == "OFF"
}

func (v *server) defaults() shown {
	switch {
	case v.mariadb:
		return ofMariaDB()
	case v.release() < 804:
		return ofMySQL80()
	}
	return ofMySQL()
}

// ofMySQL80 are MySQL 8.0's: what went with 8.4, and what was otherwise.
var ofMySQL80 = sync.OnceValue(func() shown {
	all := maps.Clone(ofMySQL())
	maps.Copy(all, shown{
		"default_authentication_plugin": caching, "expire_logs_days": "0", "have_openssl": "YES", "have_ssl": "YES", "innodb_log_file_size": "50331648", "innodb_log_files_in_group": "2",
		"log_bin_use_v1_row_events": "OFF", "master_info_repository": "TABLE", "relay_log_info_repository": "TABLE", "new": "OFF", "old": "OFF", "slave_rows_search_algorithms": "INDEX_SCAN,HASH_SCAN",
		"avoid_temporal_upgrade": "OFF", "binlog_transaction_dependency_tracking": "COMMIT_ORDER", "binlog_transaction_dependency_history_size": "25000", "transaction_write_set_extraction": "XXHASH64",
		"innodb_adaptive_hash_index": "ON", "innodb_change_buffering": "all", "innodb_flush_method": "fsync", "innodb_io_capacity": "200", "innodb_io_capacity_max": "2000", "innodb_log_buffer_size": "16777216",
		"temptable_max_ram": "1073741824", "temptable_use_mmap": "ON", "group_replication_consistency": "EVENTUAL",
	})
	return all
})

// release is the version's first two numbers, as one.
func (v *server) release() int {
	parts := strings.SplitN(v.version, ".", 3)
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(append(parts, "")[1])
	return major*100 + minor
}

// patch is the version's third number.
func (v *server) patch() int {
	parts := strings.SplitN(v.version, ".", 3)
	digits, _, _ := strings.Cut(append(parts, "", "", "")[2], "-")
	n, _ := strconv.Atoi(digits)
	return n
}

// makeVariables makes the system variables as SELECT has them. Those with a value of nil are NULL.
func (v *server) makeVariables() map[string]any {
	r := v.host.Rand("mysql-variables")
	dir, plugins, os := "/var/lib/mysql/", "/usr/lib/mysql/plugin/", "Linux"
	windows := v.host.OS == "windows" || v.host.OS == "windows_server"
	if windows {
		dir, plugins, os = `C:\ProgramData\MySQL\MySQL Server 8.0\Data\`, `C:\Program Files\MySQL\MySQL Server 8.0\lib\plugin\`, "Win64"
	}
	all := map[string]any{}
	fill := strings.NewReplacer("{datadir}", dir, "{plugins}", plugins, "{hostname}", v.host.Hostname)
	for name, value := range v.defaults() {
		value = fill.Replace(value)
		if v.isSwitch(name) {
			value = map[string]string{"ON": "1", "OFF": "0"}[value]
		}
		all[name] = value
	}
	number := strconv.Itoa(2 + r.IntN(9))
	maps.Copy(all, map[string]any{
		"version": v.version, "version_comment": v.comment, "version_compile_os": os, "version_compile_machine": "x86_64", "hostname": v.host.Hostname, "datadir": dir, "plugin_dir": plugins, "port": "3306", "tmpdir": "/tmp", "bind_address": "*",
		"read_only": "1", "autocommit": "1", "sql_mode": "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
		"character_set_server": "utf8mb4", "character_set_client": "utf8mb4", "character_set_connection": "utf8mb4", "character_set_results": "utf8mb4", "character_set_database": "utf8mb4",
		"collation_server": "utf8mb4_0900_ai_ci", "collation_connection": "utf8mb4_0900_ai_ci", "collation_database": "utf8mb4_0900_ai_ci", "system_time_zone": "UTC", "general_log": "0", "log_bin": "0",
		"back_log": "151", "max_join_size": "100000", "sql_big_selects": "0", "max_connections": strconv.Itoa(maxConnections), "server_id": number, "ssl_ca": nil, "ssl_capath": nil, "ssl_cert": nil, "ssl_crl": nil, "ssl_crlpath": nil, "ssl_key": nil,
		"general_log_file": dir + v.host.Hostname + ".log",
	})
	if v.mariadb {
		all["back_log"] = "80"
		all["bind_address"] = "0.0.0.0"
		compiled := os
		if os == "Linux" && v.system.Packages == "apt" {
			compiled = "debian-linux-gnu"
		}
		all["version_compile_os"], all["secure_file_priv"] = compiled, nil
		all["sql_mode"] = ofMariaDB()["sql_mode"]
		all["general_log_file"] = v.host.Hostname + ".log"
		for _, of := range []string{"server", "connection", "database"} {
			all["collation_"+of] = "utf8mb4_general_ci"
		}
		return all
	}
	all["innodb_version"], _, _ = strings.Cut(v.version, "-")
	all["secure_file_priv"], all["super_read_only"], all["server_uuid"], all["mysqlx_port"] = "/var/lib/mysql-files/", "1", decoy.UUID(v.host, "mysql", 1), "33060"
	if windows {
		all["secure_file_priv"] = `C:\ProgramData\MySQL\MySQL Server 8.0\Uploads\`
	}
	for _, file := range []string{"ca", "cert", "key"} {
		all["ssl_"+file] = map[string]string{"ca": "ca.pem", "cert": "server-cert.pem", "key": "server-key.pem"}[file]
	}
	return all
}

// showVariables are the variables as SHOW has them.
func (v *server) showVariables() map[string]string {
	all := map[string]string{}
	for name, value := range v.variables() {
		text, _ := value.(string)
		if v.isSwitch(name) {
			text = map[string]string{"0": "OFF", "1": "ON"}[text]
		}
		all[name] = text
	}
	return all
}
