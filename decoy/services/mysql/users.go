package mysql

import (
	"strings"

	"decnet/decoy/services/internal/bait"
)

// privileges are the columns of mysql.user that say Y or N.
const privileges = "Select Insert Update Delete Create Drop Reload Shutdown Process File Grant References Index Alter Show_db Super Create_tmp_table Lock_tables Execute Repl_slave Repl_client Create_view Show_view " +
	"Create_routine Alter_routine Create_user Event Trigger Create_tablespace"

// hash is what stands for an account's password. It is of nothing: that of a weak password would be guessed at once, and prove to be the decoy's.
func (v *server) hash(user string) string {
	return "*" + strings.ToUpper(v.host.Hex("mysql-hash/"+user, 20))
}

// accounts are the server's.
func (v *server) accounts() []string { return []string{"root", "admin", v.app.Name} }

// userTable is mysql.user, with the columns that the product gives it.
func (v *server) userTable() bait.Table {
	t := bait.Table{Name: "user", Columns: []bait.Column{{Name: "Host"}, {Name: "User"}}}
	rows := map[string]map[string]string{}
	for _, user := range v.accounts() {
		row := map[string]string{
			"Host": "%", "User": user, "Password": v.hash(user), "authentication_string": v.hash(user), "plugin": native, "password_expired": "N", "is_role": "N", "max_statement_time": "0.000000", "account_locked": "N",
			"password_last_changed": v.host.Installed().Format("2006-01-02 15:04:05"),
		}
		for _, limit := range []string{"max_questions", "max_updates", "max_connections", "max_user_connections"} {
			row[limit] = "0"
		}
		for name := range strings.FieldsSeq(privileges + " Delete_history Create_role Drop_role") {
			row[name+"_priv"] = "Y"
			if user == v.app.Name {
				row[name+"_priv"] = "N"
			}
		}
		// Who could write to a server that is read-only.
		row["Super_priv"] = "N"
		rows[user] = row
	}
	add := func(names string) {
		for name := range strings.FieldsSeq(names) {
			t.Columns = append(t.Columns, bait.Column{Name: name})
		}
	}
	if v.mariadb {
		add("Password")
	}
	for name := range strings.FieldsSeq(privileges) {
		add(name + "_priv")
	}
	if v.mariadb {
		add("Delete_history_priv")
	}
	add("ssl_type ssl_cipher x509_issuer x509_subject max_questions max_updates max_connections max_user_connections plugin authentication_string password_expired")
	if v.mariadb {
		add("is_role default_role max_statement_time")
	} else {
		add("password_last_changed password_lifetime account_locked Create_role_priv Drop_role_priv Password_reuse_history Password_reuse_time Password_require_current User_attributes")
	}
	for _, user := range v.accounts() {
		var row []string
		for _, column := range t.Columns {
			row = append(row, rows[user][column.Name])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// dbTable is mysql.db.
func (v *server) dbTable() bait.Table {
	t := bait.Table{Name: "db", Columns: []bait.Column{{Name: "Host"}, {Name: "Db"}, {Name: "User"}}}
	row := []string{"%", v.app.Name, v.app.Name}
	for name := range strings.FieldsSeq("Select Insert Update Delete Create Drop Grant References Index Alter Create_tmp_table Lock_tables Create_view Show_view Create_routine Alter_routine Execute Event Trigger") {
		t.Columns = append(t.Columns, bait.Column{Name: name + "_priv"})
		row = append(row, map[bool]string{true: "N", false: "Y"}[name == "Grant"])
	}
	t.Rows = [][]string{row}
	return t
}

// systemTables are the tables of the database mysql.
func (v *server) systemTables() []bait.Table {
	empty := func(name, columns string) bait.Table {
		t := bait.Table{Name: name}
		for column := range strings.FieldsSeq(columns) {
			t.Columns = append(t.Columns, bait.Column{Name: column})
		}
		return t
	}
	all := []bait.Table{
		empty("columns_priv", "Host Db User Table_name Column_name Timestamp Column_priv"), v.dbTable(), empty("func", "name ret dl type"),
		empty("general_log", "event_time user_host thread_id server_id command_type argument"),
	}
	if v.mariadb {
		all = append(all, empty("global_priv", "Host User Priv"))
	}
	return append(all, empty("plugin", "name dl"), empty("procs_priv", "Host Db User Routine_name Routine_type Grantor Proc_priv Timestamp"), empty("proxies_priv", "Host User Proxied_host Proxied_user With_grant Grantor Timestamp"),
		empty("servers", "Server_name Host Db Username Password Port Socket Wrapper Owner"), empty("slow_log", "start_time user_host query_time lock_time rows_sent rows_examined db last_insert_id insert_id server_id sql_text thread_id"),
		empty("tables_priv", "Host Db User Table_name Grantor Timestamp Table_priv Column_priv"), v.userTable())
}

// globalPrivileges are those of who may do all but write to a server that is read-only.
func (v *server) globalPrivileges() string {
	global := "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, SHUTDOWN, PROCESS, FILE, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
	if v.mariadb {
		global += "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, BINLOG MONITOR, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CREATE TABLESPACE"
	} else {
		global += "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CREATE TABLESPACE, CREATE ROLE, DROP ROLE"
	}
	return global
}

// grants are what SHOW GRANTS says of a user.
func (v *server) grants(user string) []string {
	proof := ""
	if v.mariadb {
		proof = " IDENTIFIED BY PASSWORD '" + v.hash(user) + "'"
	}
	if user == v.app.Name {
		return []string{"GRANT USAGE ON *.* TO `" + user + "`@`%`" + proof, "GRANT ALL PRIVILEGES ON `" + v.app.Name + "`.* TO `" + user + "`@`%`"}
	}
	return []string{"GRANT " + v.globalPrivileges() + " ON *.* TO `" + user + "`@`%`" + proof + " WITH GRANT OPTION"}
}
