package postgres

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"decnet/decoy/services/internal/tinysql"
)

// maxSet bounds the settings of a session.
const maxSet = 64

// reported are the settings of which the client is told when they change, in the order in which it is told of them first.
var reported = []string{"application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby", "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version", "session_authorization", "standard_conforming_strings", "TimeZone"}

// overrides are the settings that are the server's own.
func (c *conn) overrides() map[string]string {
	v := c.server
	dir, conf := v.dataDirectory(), v.dataDirectory()
	if v.tls {
		conf = fmt.Sprintf("/etc/postgresql/%d/main", v.major)
	}
	method := "scram-sha-256"
	if v.md5 {
		method = "md5"
	}
	isolation := c.isolation
	if isolation == "" {
		isolation = "read committed"
	}
	readOnly := "off"
	if c.readOnly {
		readOnly = "on"
	}
	all := map[string]string{
		"server_version": v.version, "server_version_num": v.number(), "timezone": "Etc/UTC", "log_timezone": "Etc/UTC", "data_directory": dir, "config_file": conf + "/postgresql.conf", "hba_file": conf + "/pg_hba.conf", "ident_file": conf + "/pg_ident.conf",
		"listen_addresses": "*", "port": "5432", "max_connections": strconv.Itoa(maxConnections), "ssl": map[bool]string{true: "on", false: "off"}[v.tls], "password_encryption": method, "is_superuser": map[bool]string{true: "on", false: "off"}[c.super()],
		"session_authorization": c.session(), "transaction_read_only": readOnly, "transaction_isolation": isolation, "in_hot_standby": "off", "shared_buffers": sharedBuffers(v), "lc_messages": "en_US.UTF-8", "lc_monetary": "en_US.UTF-8", "lc_numeric": "en_US.UTF-8", "lc_time": "en_US.UTF-8",
		"unix_socket_directories": "/var/run/postgresql", "application_name": c.application, "default_text_search_config": "pg_catalog.english", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "data_checksums": "off",
	}
	if v.major < 16 {
		all["lc_collate"], all["lc_ctype"] = "en_US.UTF-8", "en_US.UTF-8"
	}
	if v.tls {
		all["cluster_name"], all["external_pid_file"] = fmt.Sprintf("%d/main", v.major), fmt.Sprintf("/var/run/postgresql/%d-main.pid", v.major)
		all["ssl_cert_file"], all["ssl_key_file"] = "/etc/ssl/certs/ssl-cert-snakeoil.pem", "/etc/ssl/private/ssl-cert-snakeoil.key"
	}
	return all
}

// settings are what SHOW shows, by their names in lower case.
func (c *conn) settings() map[string]string {
	all := map[string]string{}
	for _, s := range factsOf().settings {
		all[strings.ToLower(s.name)] = s.value
	}
	maps.Copy(all, c.overrides())
	maps.Copy(all, c.set)
	return all
}

// canonicalSetting is the name as the server writes it.
func canonicalSetting(name string) string {
	for _, n := range []string{"DateStyle", "IntervalStyle", "TimeZone"} {
		if strings.EqualFold(n, name) {
			return n
		}
	}
	return strings.ToLower(name)
}

func (v *server) dataDirectory() string {
	if v.tls {
		return fmt.Sprintf("/var/lib/postgresql/%d/main", v.major)
	}
	return "/var/lib/pgsql/data"
}

func sharedBuffers(v *server) string {
	return strconv.Itoa(128<<v.host.Rand("postgres-buffers").IntN(4)) + "MB"
}

// number is the version as a number: 150006 for 15.6.
func (v *server) number() string {
	var major, minor int
	fmt.Sscanf(v.version, "%d.%d", &major, &minor)
	return strconv.Itoa(major*10000 + minor)
}

// restricted tells whether only superusers may see the setting.
func (c *conn) restricted(name string) bool {
	return !c.super() && slices.Contains([]string{"config_file", "data_directory", "hba_file", "ident_file", "external_pid_file", "unix_socket_directories", "log_directory", "log_filename", "dynamic_library_path", "session_preload_libraries", "shared_preload_libraries", "krb_server_keyfile", "primary_conninfo", "ssl_passphrase_command", "debug_io_direct"}, strings.ToLower(name))
}

func (c *conn) refuseSetting(q *query, name string) {
	if c.server.major >= 16 {
		f := q.failure("42501", 0, "GetConfigOptionByName", "permission denied to examine \"%s\"", name)
		f.Detail = "Only roles with privileges of the \"pg_read_all_settings\" role may examine this parameter."
		panic(f)
	}
	text := "must be superuser or have privileges of pg_read_all_settings to examine \"%s\""
	if c.server.major < 15 {
		text = "must be superuser or a member of pg_read_all_settings to examine \"%s\""
	}
	q.fail("42501", 0, "GetConfigOptionByName", text, name)
}

func (c *conn) unknownSetting(name string) outcome {
	return outcome{failed: c.failure("42704", fmt.Sprintf("unrecognized configuration parameter \"%.64s\"", name), 0, "find_option")}
}

func (c *conn) show(q *query, text string, tokens []tinysql.Token) outcome {
	if len(tokens) < 2 {
		return c.syntaxError(text, tokens[0].To)
	}
	settings := c.settings()
	name := strings.ToLower(tokens[1].Text)
	for _, t := range tokens[2:] {
		if !t.Is(".") && name != "transaction" && name != "time" && name != "session" {
			name += "." + strings.ToLower(t.Text)
		}
	}
	switch name {
	case "all":
		r := &result{cols: []bound{{column: column{name: "name", typ: typeText, mod: -1}}, {column: column{name: "setting", typ: typeText, mod: -1}}, {column: column{name: "description", typ: typeText, mod: -1}}}}
		for _, key := range slices.Sorted(maps.Keys(settings)) {
			if !c.restricted(key) {
				r.rows = append(r.rows, []any{canonicalSetting(key), settings[key], ""})
			}
		}
		return outcome{result: r, tag: "SHOW"}
	case "transaction":
		name = "transaction_isolation"
	case "session":
		name = "session_authorization"
	case "time":
		name = "timezone"
	}
	value, ok := settings[name]
	if !ok {
		return c.unknownSetting(name)
	}
	if c.restricted(name) {
		c.refuseSetting(q, name)
	}
	return outcome{result: &result{cols: []bound{{column: column{name: canonicalSetting(name), typ: typeText, mod: -1}}}, rows: [][]any{{value}}}, tag: "SHOW"}
}

// report tells the client of a setting, where it is one of which clients are told.
func (c *conn) report(name, value string) {
	if slices.Contains(reported, name) && len(c.later) < maxNamed {
		c.later = append(c.later, &pgproto3.ParameterStatus{Name: name, Value: value})
	}
}

// assign sets a setting for the session.
func (c *conn) assign(name, value string) outcome {
	name = strings.ToLower(name)
	bad := func(hint string) outcome {
		f := c.failure("22023", fmt.Sprintf("invalid value for parameter \"%.64s\": \"%.200s\"", canonicalSetting(name), value), 0, "parse_and_validate_value")
		f.Hint = hint
		return outcome{failed: f}
	}
	_, mine := c.overrides()[name]
	at := slices.IndexFunc(factsOf().settings, func(s setting) bool { return strings.EqualFold(s.name, name) })
	switch {
	case at < 0 && !mine && !strings.Contains(name, "."):
		return c.unknownSetting(name)
	case name == "transaction_isolation":
		c.isolation = strings.ToLower(value)
		return outcome{tag: "SET"}
	case name == "transaction_read_only":
		c.readOnly = value == "on" || value == "true"
		return outcome{tag: "SET"}
	case mine && !slices.Contains([]string{"timezone", "application_name", "password_encryption", "lc_messages", "lc_monetary", "lc_numeric", "lc_time", "default_text_search_config"}, name):
		if slices.Contains([]string{"server_version", "server_version_num", "is_superuser", "in_hot_standby", "lc_collate", "lc_ctype", "data_checksums"}, name) {
			return outcome{failed: c.failure("55P02", fmt.Sprintf("parameter \"%s\" cannot be changed", name), 0, "set_config_option_ext")}
		}
		if slices.Contains([]string{"ssl", "ssl_cert_file", "ssl_key_file", "hba_file", "log_timezone"}, name) {
			return outcome{failed: c.failure("55P02", fmt.Sprintf("parameter \"%s\" cannot be changed now", name), 0, "set_config_option_ext")}
		}
		return outcome{failed: c.failure("55P02", fmt.Sprintf("parameter \"%s\" cannot be changed without restarting the server", name), 0, "set_config_option_ext")}
	case at >= 0:
		s := factsOf().settings[at]
		switch {
		case s.context == "postmaster":
			return outcome{failed: c.failure("55P02", fmt.Sprintf("parameter \"%s\" cannot be changed without restarting the server", s.name), 0, "set_config_option_ext")}
		case s.context == "sighup":
			return outcome{failed: c.failure("55P02", fmt.Sprintf("parameter \"%s\" cannot be changed now", s.name), 0, "set_config_option_ext")}
		case s.context == "internal":
			return outcome{failed: c.failure("55P02", fmt.Sprintf("parameter \"%s\" cannot be changed", s.name), 0, "set_config_option_ext")}
		case s.context == "superuser" && !c.super():
			return outcome{failed: c.failure("42501", fmt.Sprintf("permission denied to set parameter \"%s\"", s.name), 0, "set_config_option_ext")}
		case s.kind == "bool":
			switch strings.ToLower(value) {
			case "on", "true", "yes", "1", "t":
				value = "on"
			case "off", "false", "no", "0", "f":
				value = "off"
			default:
				return outcome{failed: c.failure("22023", fmt.Sprintf("parameter \"%s\" requires a Boolean value", s.name), 0, "parse_and_validate_value")}
			}
		case s.kind == "integer" && (value == "" || strings.Trim(value[:1], "0123456789-+") != ""):
			return bad("")
		}
	}
	switch name {
	case "client_encoding":
		known := map[string]string{"utf8": "UTF8", "unicode": "UTF8", "latin1": "LATIN1", "latin9": "LATIN9", "sqlascii": "SQL_ASCII", "win1252": "WIN1252", "win1251": "WIN1251", "koi8r": "KOI8R", "euc_jp": "EUC_JP", "sjis": "SJIS", "gbk": "GBK", "big5": "BIG5"}
		found, ok := known[strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(value))]
		if !ok {
			return bad("")
		}
		value = found
	case "search_path":
	case "timezone":
		if value == "" {
			return bad("")
		}
	}
	if c.set == nil {
		c.set = map[string]string{}
	}
	if len(c.set) >= maxSet || len(value) > 1024 || len(name) > 64 {
		return outcome{failed: c.failure("53200", "out of memory", 0, "guc_malloc")}
	}
	before := c.settings()[name]
	c.set[strings.Clone(name)] = strings.Clone(value)
	if name == "application_name" {
		c.application = value
	}
	if value != before {
		c.report(canonicalSetting(name), value)
	}
	return outcome{tag: "SET"}
}

// reset takes a setting back; all of them for "all".
func (c *conn) reset(name string) outcome {
	name = strings.ToLower(name)
	if _, ok := c.settings()[name]; !ok && name != "all" && !strings.Contains(name, ".") {
		return c.unknownSetting(name)
	}
	for _, set := range slices.Sorted(maps.Keys(c.set)) {
		if name == "all" || set == name {
			before := c.set[set]
			delete(c.set, set)
			if set == "application_name" {
				c.application = c.given
			}
			if now := c.settings()[set]; now != before {
				c.report(canonicalSetting(set), now)
			}
		}
	}
	return outcome{tag: "RESET"}
}

// setStatement answers SET.
func (c *conn) setStatement(text string, p *cursor) outcome {
	p.take("session")
	p.take("local")
	switch {
	case p.take("characteristics", "as", "transaction"), p.take("transaction"):
		c.transactionMode(p)
		if c.status == 'I' {
			c.warn("WARNING", "25P01", "SET TRANSACTION can only be used in transaction blocks", "WarnNoTransactionBlock")
		}
		return outcome{tag: "SET"}
	case p.take("role"), p.take("authorization"):
		authorization := p.tokens[p.at-1].Is("authorization")
		if p.at >= len(p.tokens) {
			return c.syntaxError(text, p.end(text))
		}
		t := p.tokens[p.at]
		name := t.Text
		if t.Kind == tinysql.Word {
			name = strings.ToLower(name)
		}
		if name == "none" || name == "default" {
			c.become(c.account)
			return outcome{tag: "SET"}
		}
		r := c.world().role(name)
		what := map[bool]string{true: "set session authorization", false: "set role"}[authorization]
		switch {
		case r == nil:
			return outcome{failed: c.failure("22023", fmt.Sprintf("role \"%.64s\" does not exist", name), 0, "call_string_check_hook")}
		case c.account != "postgres" && name != c.account:
			return c.denied("permission denied to %s \"%s\"", what, name)
		}
		c.become(name)
		return outcome{tag: "SET"}
	case p.take("time", "zone"):
		if p.at >= len(p.tokens) {
			return c.syntaxError(text, p.end(text))
		}
		if p.take("default") || p.take("local") {
			return c.assign("timezone", "Etc/UTC")
		}
		return c.assign("timezone", p.tokens[p.at].Text)
	case p.take("names"):
		if p.at < len(p.tokens) {
			return c.assign("client_encoding", p.tokens[p.at].Text)
		}
		return c.assign("client_encoding", "UTF8")
	case p.take("constraints"):
		return outcome{tag: "SET CONSTRAINTS"}
	}
	name, _ := p.name()
	if name == nil || !p.take("to") && !p.take("=") {
		return c.syntaxError(text, p.end(text))
	}
	var values []string
	for p.at < len(p.tokens) {
		t := p.tokens[p.at]
		p.at++
		switch {
		case t.Kind == tinysql.Broken || t.Is("=") || t.Is("("):
			return c.syntaxError(text, t.From)
		case t.Is(","):
		case t.Is("-") || t.Is("+"):
			if p.at < len(p.tokens) {
				values = append(values, t.Text+p.tokens[p.at].Text)
				p.at++
			}
		default:
			if t.Kind == tinysql.Word {
				t.Text = strings.ToLower(t.Text)
			}
			values = append(values, t.Text)
		}
	}
	if len(values) == 0 {
		return c.syntaxError(text, p.end(text))
	}
	full := strings.Join(name, ".")
	if len(values) == 1 && values[0] == "default" {
		if o := c.reset(full); o.failed != nil {
			return o
		}
		return outcome{tag: "SET"}
	}
	return c.assign(full, strings.Join(values, ", "))
}

// become makes the session another role's.
func (c *conn) become(name string) {
	before := c.super()
	c.user = name
	if c.super() != before {
		c.report("is_superuser", c.overrides()["is_superuser"])
	}
}

// session is the role that logged in.
func (c *conn) session() string {
	if c.account != "" {
		return c.account
	}
	return c.user
}

// transactionMode takes what BEGIN and SET TRANSACTION say of a transaction.
func (c *conn) transactionMode(p *cursor) {
	for p.at < len(p.tokens) {
		switch {
		case p.take("isolation", "level"):
			for _, level := range []string{"serializable", "repeatable read", "read committed", "read uncommitted"} {
				if p.take(strings.Fields(level)...) {
					c.isolation = level
				}
			}
		case p.take("read", "only"):
			c.readOnly = true
		case p.take("read", "write"):
			c.readOnly = false
		default:
			p.at++
		}
	}
}
