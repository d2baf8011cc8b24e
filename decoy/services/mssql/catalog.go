package mssql

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

// errRefused tells that the refusal is already written.
var errRefused = errors.New("refused")

// table finds a table by its name: one of the application, or of the server's own. ok without a table is one that exists and has nothing to show.
func (c *conn) table(name []string) (t *bait.Table, ok bool) {
	db, schema, last := c.db, "", strings.ToLower(name[len(name)-1])
	if len(name) > 1 {
		schema = strings.ToLower(name[len(name)-2])
		// database..table has lost its middle.
		if known, is := c.server.database(schema); is && len(name) == 2 {
			db, schema = known, ""
		}
	}
	if len(name) > 2 {
		known, is := c.server.database(name[len(name)-3])
		if !is {
			return nil, false
		}
		db = known
	}
	if db == c.server.app.Name && (schema == "" || schema == "dbo") {
		if t := c.server.app.Table(last); t != nil {
			return t, true
		}
	}
	if schema == "sys" || schema == "information_schema" || strings.HasPrefix(last, "sys") {
		return c.own(db, schema, last), true
	}
	return nil, false
}

func columns(names ...string) []bait.Column {
	all := make([]bait.Column, len(names))
	for i, name := range names {
		name, number := strings.CutSuffix(name, "#")
		if all[i].Name = name; number {
			all[i].Kind = bait.Number
		}
	}
	return all
}

// own makes one of the server's own tables, as far as intruders look at it.
func (c *conn) own(db, schema, name string) *bait.Table {
	v := c.server
	created := v.host.Installed().Format("2006-01-02 15:04:05.000")
	t := &bait.Table{Name: name}
	switch name {
	case "databases", "sysdatabases":
		t.Columns = columns("name", "database_id#", "dbid#", "create_date", "state_desc", "is_trustworthy_on#", "is_read_only#", "filename")
		for i, db := range v.databases() {
			readOnly := "0"
			if db == v.app.Name {
				readOnly = "1"
			}
			id := strconv.Itoa(i + 1)
			t.Rows = append(t.Rows, []string{db, id, id, created, "ONLINE", strconv.Itoa(b2i(db == "msdb")), readOnly, v.folder() + db + ".mdf"})
		}
	case "tables", "sysobjects", "objects":
		t.Columns = columns("name", "object_id#", "id#", "type", "xtype", "create_date")
		if schema == "information_schema" {
			t.Columns = columns("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE")
		}
		if db != v.app.Name {
			return t
		}
		for i, of := range v.app.Tables {
			id := strconv.Itoa(245575913 + 16000057*i)
			row := []string{of.Name, id, id, "U", "U", created}
			if schema == "information_schema" {
				row = []string{db, "dbo", of.Name, "BASE TABLE"}
			}
			t.Rows = append(t.Rows, row)
		}
	case "columns", "syscolumns":
		t.Columns = columns("name", "object_id#", "id#", "column_id#")
		if schema == "information_schema" {
			t.Columns = columns("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "ORDINAL_POSITION#")
		}
		if db != v.app.Name {
			return t
		}
		for i, of := range v.app.Tables {
			for j, column := range of.Columns {
				id := strconv.Itoa(245575913 + 16000057*i)
				row := []string{column.Name, id, id, strconv.Itoa(j + 1)}
				if schema == "information_schema" {
					row = []string{db, "dbo", of.Name, column.Name, [...]string{"nvarchar", "int", "datetime"}[column.Kind], strconv.Itoa(j + 1)}
				}
				t.Rows = append(t.Rows, row)
			}
		}
	case "syslogins", "server_principals", "sql_logins", "sysxlogins":
		t.Columns = columns("name", "principal_id#", "type", "type_desc", "is_disabled#", "sysadmin#", "password_hash", "create_date")
		for i, login := range []string{"sa", v.app.Name} {
			// The hash is of nothing: that of a weak password would be guessed at once, and prove to be the decoy's.
			hash := "0x0200" + strings.ToUpper(v.host.Hex("mssql-hash/"+login, 68))
			t.Rows = append(t.Rows, []string{login, strconv.Itoa([...]int{1, 267}[i]), "S", "SQL_LOGIN", "0", strconv.Itoa(b2i(i == 0)), hash, created})
		}
	case "sysservers", "servers":
		t.Columns = columns("name", "srvname", "server_id#", "is_linked#", "product")
		t.Rows = [][]string{{v.machine.Name, v.machine.Name, "0", "0", "SQL Server"}}
	case "configurations", "sysconfigures":
		t.Columns = columns("configuration_id#", "name", "value#", "value_in_use#")
		for _, option := range configurations {
			value := strconv.Itoa(b2i(c.option(option.name)))
			t.Rows = append(t.Rows, []string{option.id, option.name, value, value})
		}
	default:
		return nil
	}
	return t
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// folder is where the data are.
func (v *server) folder() string {
	if !v.machine.Real {
		return "/var/opt/mssql/data/"
	}
	return fmt.Sprintf(`C:\Program Files\Microsoft SQL Server\MSSQL%d.MSSQLSERVER\MSSQL\DATA\`, v.major)
}

// evaluate gives the value of a variable or a function.
func (c *conn) evaluate(i tinysql.Item) (any, error) {
	first, v := i.Tokens[0], c.server
	if len(i.Tokens) == 1 && first.Kind == tinysql.Variable {
		switch strings.ToLower(first.Text) {
		case "@@version":
			return v.banner(), nil
		case "@@servername":
			return v.machine.Name, nil
		case "@@servicename":
			return "MSSQLSERVER", nil
		case "@@spid":
			return strconv.Itoa(sessionNumber), nil
		case "@@language":
			return "us_english", nil
		case "@@microsoftversion":
			return strconv.Itoa(int(v.major)<<24 | int(v.build)), nil
		case "@@max_connections":
			return "32767", nil
		case "@@trancount", "@@rowcount", "@@error", "@@identity", "@@options":
			return "0", nil
		case "@@textsize":
			return "2147483647", nil
		}
		if strings.HasPrefix(first.Text, "@@") {
			c.message(tokError, 137, 2, 15, fmt.Sprintf("Must declare the scalar variable \"%.128s\".", first.Text))
			return nil, errRefused
		}
		return nil, nil
	}
	name, args, call := i.Call()
	if !call {
		word, ok := i.Column()
		switch lower := strings.ToLower(word); {
		case ok && (lower == "current_user" || lower == "session_user"):
			return c.databaseUser(), nil
		case ok && (lower == "system_user"):
			return c.user, nil
		case ok && lower == "current_timestamp":
			return c.now(), nil
		case ok:
			c.message(tokError, 207, 1, 16, fmt.Sprintf("Invalid column name '%.128s'.", word))
		default:
			c.syntaxError(i.Text, i.Tokens[min(1, len(i.Tokens)-1)].From-first.From)
		}
		return nil, errRefused
	}
	argument := ""
	if len(args) > 0 {
		argument = args[0].Text
	}
	switch name {
	case "db_name":
		if n, err := strconv.Atoi(argument); err == nil {
			if n < 1 || n > len(v.databases()) {
				return nil, nil
			}
			return v.databases()[n-1], nil
		}
		return c.db, nil
	case "db_id":
		return strconv.Itoa(1 + slices.Index(v.databases(), c.db)), nil
	case "user_name", "user", "current_user":
		return c.databaseUser(), nil
	case "suser_name", "suser_sname", "system_user", "original_login":
		return c.user, nil
	case "is_srvrolemember", "is_member", "has_dbaccess", "has_perms_by_name":
		return strconv.Itoa(b2i(strings.EqualFold(c.user, "sa") || argument == "public")), nil
	case "host_name":
		return v.machine.Name, nil
	case "getdate", "sysdatetime", "getutcdate":
		return c.now(), nil
	case "serverproperty":
		return c.property(strings.ToLower(argument)), nil
	case "connectionproperty":
		return map[string]any{"net_transport": "TCP", "auth_scheme": "SQL", "local_net_address": v.host.IP, "local_tcp_port": "1433"}[strings.ToLower(argument)], nil
	case "isnull", "coalesce", "object_id", "cast", "convert", "len", "max", "min", "sum":
		return nil, nil
	}
	c.message(tokError, 195, 10, 15, fmt.Sprintf("'%.128s' is not a recognized built-in function name.", name))
	return nil, errRefused
}

func (c *conn) now() string { return c.server.host.Now().Format("2006-01-02 15:04:05.000") }

// databaseUser is who a login is inside of a database.
func (c *conn) databaseUser() string {
	if strings.EqualFold(c.user, "sa") {
		return "dbo"
	}
	return c.user
}

// property is one of the server, nil where it has none.
func (c *conn) property(name string) any {
	v := c.server
	switch name {
	case "productversion":
		return v.number()
	case "productlevel":
		level, _, _ := strings.Cut(v.level, "-")
		return level
	case "productupdatelevel":
		if _, update, ok := strings.Cut(v.level, "-"); ok {
			return update
		}
		return nil
	case "edition":
		return v.edition
	case "machinename", "servername", "computernamephysicalnetbios":
		return v.machine.Name
	case "collation":
		return "SQL_Latin1_General_CP1_CI_AS"
	case "isintegratedsecurityonly", "isclustered", "ishadrenabled":
		return "0"
	case "engineedition":
		return strconv.Itoa(map[bool]int{true: 4, false: 3}[strings.HasPrefix(v.edition, "Express")])
	case "instancedefaultdatapath", "instancedefaultlogpath":
		return v.folder()
	}
	return nil
}
