package mysql

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// privileges are the columns of mysql.user that say Y or N.
const privileges = "Select Insert Update Delete Create Drop Reload Shutdown Process File Grant References Index Alter Show_db Super Create_tmp_table Lock_tables Execute Repl_slave Repl_client Create_view Show_view " +
	"Create_routine Alter_routine Create_user Event Trigger Create_tablespace Delete_history Create_role Drop_role"

// hash is what stands for an account's password. It is of nothing: that of a weak password would be guessed at once, and prove to be the decoy's.
func (v *server) hash(user string) string {
	if v.mariadb {
		return "*" + strings.ToUpper(v.host.Hex("mysql-hash/"+user, 20))
	}
	// A salt of 20 characters and a digest of 43, in the alphabet of crypt.
	letters := strings.ReplaceAll(base64.RawStdEncoding.EncodeToString(v.host.Bytes("mysql-hash/"+user, 48)), "+", ".")
	return "$A$005$" + letters[:63]
}

// accounts are those of people and programs.
func (v *server) accounts() []string { return []string{"root", "admin", v.app.Name} }

// account is one of all, with those that are the server's own and nobody logs in with.
type account struct {
	user, host, hash string
	all, locked      bool
	plugin           string
}

func (v *server) allAccounts() []account {
	var all []account
	for _, user := range v.accounts() {
		all = append(all, account{user, "%", v.hash(user), user != v.app.Name, false, v.plugin})
	}
	if v.mariadb {
		if v.release() >= 1004 {
			all = append([]account{{"mariadb.sys", "localhost", "", false, true, native}}, all...)
		}
		if v.system.Packages == "apt" {
			all = append(all, account{"mysql", "localhost", "invalid", true, false, native})
		}
		return all
	}
	for _, user := range []string{"mysql.infoschema", "mysql.session", "mysql.sys"} {
		all = append(all, account{user, "localhost", "$A$005$THISISACOMBINATIONOFINVALIDSALTANDPASSWORDTHATMUSTNEVERBRBEUSED", false, true, caching})
	}
	return all
}

func yes(b bool) string { return map[bool]string{true: "Y", false: "N"}[b] }

// userRecords are the rows of mysql.user.
func (v *server) userRecords(*conn) []record {
	var all []record
	for _, a := range v.allAccounts() {
		r := record{
			"HOST": a.host, "USER": a.user, "PASSWORD": a.hash, "AUTHENTICATION_STRING": a.hash, "PLUGIN": a.plugin, "PASSWORD_EXPIRED": "N", "IS_ROLE": "N", "DEFAULT_ROLE": "", "MAX_STATEMENT_TIME": "0.000000", "ACCOUNT_LOCKED": yes(a.locked),
			"PASSWORD_LAST_CHANGED": v.created(), "SSL_TYPE": "", "SSL_CIPHER": "", "X509_ISSUER": "", "X509_SUBJECT": "",
		}
		for _, limit := range []string{"MAX_QUESTIONS", "MAX_UPDATES", "MAX_CONNECTIONS", "MAX_USER_CONNECTIONS"} {
			r[limit] = 0
		}
		for name := range strings.FieldsSeq(privileges) {
			r[strings.ToUpper(name)+"_PRIV"] = yes(a.all)
		}
		if a.user == "mysql.infoschema" {
			r["SELECT_PRIV"] = "Y"
		}
		// Who could write to a server that is read-only.
		r["SUPER_PRIV"] = "N"
		all = append(all, r)
	}
	return all
}

// privRecords are the rows of mysql.global_priv.
func (v *server) privRecords(*conn) []record {
	var all []record
	for _, a := range v.allAccounts() {
		access := 0
		if a.all {
			access = 1073741823 &^ (1 << 15) // without SUPER
		}
		b, err := json.Marshal(struct {
			Access  int    `json:"access"`
			Plugin  string `json:"plugin"`
			Hash    string `json:"authentication_string"`
			Changed int64  `json:"password_last_changed"`
			Locked  bool   `json:"account_locked,omitempty"`
		}{access, a.plugin, a.hash, v.host.Installed().Unix(), a.locked})
		if err != nil {
			continue
		}
		all = append(all, record{"HOST": a.host, "USER": a.user, "PRIV": string(b)})
	}
	return all
}

// dbRecords are the rows of mysql.db.
func (v *server) dbRecords(*conn) []record {
	r := record{"HOST": "%", "DB": v.app.Name, "USER": v.app.Name}
	for name := range strings.FieldsSeq(privileges) {
		r[strings.ToUpper(name)+"_PRIV"] = yes(name != "Grant")
	}
	return []record{r}
}

func (v *server) proxies(*conn) []record {
	return []record{{"HOST": "localhost", "USER": "root", "PROXIED_HOST": "", "PROXIED_USER": "", "WITH_GRANT": 1, "GRANTOR": "", "TIMESTAMP": v.host.Installed().Format(time.DateTime)}}
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
