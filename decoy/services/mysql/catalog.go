package mysql

import (
	"slices"
	"strings"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/tinysql"
)

// emptyTables are those of information_schema in which nothing stands here. Dumpers and scanners ask them, and take it ill when they are missing.
var emptyTables = []string{
	"files", "routines", "partitions", "statistics", "schema_privileges", "table_privileges", "column_privileges", "plugins", "events", "triggers", "views",
	"key_column_usage", "referential_constraints", "table_constraints", "parameters", "processlist", "column_statistics", "innodb_tablespaces", "tablespaces", "collations", "character_sets",
}

// isCatalog tells whether a table is one of the server's own and not of the application.
func (c *conn) isCatalog(name []string) bool {
	database := c.database
	if len(name) > 1 {
		database = name[len(name)-2]
	}
	return database != c.server.app.Name && slices.Contains(c.server.databases(), strings.ToLower(database))
}

// isEmpty tells whether a table is one that exists and has no rows.
func (c *conn) isEmpty(name []string) bool {
	return len(name) > 1 && strings.EqualFold(name[len(name)-2], "information_schema") && slices.Contains(emptyTables, strings.ToLower(name[len(name)-1]))
}

// answerNone answers with no rows under the headings that were asked for.
func (c *conn) answerNone(s *tinysql.Select) {
	r := &tinysql.Result{}
	for _, item := range s.Items {
		if item.IsStar() {
			r.Columns = append(r.Columns, bait.Column{Name: "TABLE_CATALOG"}, bait.Column{Name: "TABLE_SCHEMA"}, bait.Column{Name: "TABLE_NAME"})
		} else {
			r.Columns = append(r.Columns, bait.Column{Name: heading(item)})
		}
	}
	c.answer(s.From[len(s.From)-1], r)
}

// selectBeyond answers a SELECT that is right, as far as one can see, but more than is understood here: the catalogs have nothing, and
// the application's tables seem to be protected from expensive queries.
func (c *conn) selectBeyond(text string, tokens []tinysql.Token) {
	head, err := tinysql.ParseHead(text, tokens)
	switch {
	case err != nil || head.From == nil:
		c.syntaxError(text, len(text))
	case c.isCatalog(head.From):
		c.answerNone(head)
	case c.table(head.From) != nil:
		c.fail(1104, "42000", "The SELECT would examine more than MAX_JOIN_SIZE rows; check your WHERE and use SET SQL_BIG_SELECTS=1 or SET MAX_JOIN_SIZE=# if the SELECT is okay")
	}
}
