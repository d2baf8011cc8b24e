package tinysql

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"decnet/decoy/services/internal/bait"
)

var table = &bait.Table{
	Name:    "users",
	Columns: []bait.Column{{Name: "id", Kind: bait.Number}, {Name: "username"}},
	Rows:    [][]string{{"1", "admin"}, {"10", "bob"}, {"2", "alice"}},
}

func run(query string) (string, error) {
	statements := Dialect{DoubleQuotedStrings: true}.Split(query)
	if len(statements) != 1 {
		return "", fmt.Errorf("%d statements", len(statements))
	}
	s, err := ParseSelect(query, statements[0])
	if err != nil {
		return "", err
	}
	t := table
	if s.From == nil {
		t = nil
	}
	r, err := s.Run(t, func(i Item) string { return i.Text }, func(i Item) (any, error) { return "<" + i.Text + ">", nil })
	if err != nil {
		return "", err
	}
	return fmt.Sprint(r.Columns, r.Rows), nil
}

func TestSelect(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"select * from users": "[{id 1} {username 0}] [[1 admin] [10 bob] [2 alice]]",
		"SELECT username FROM `app`.`users` u WHERE id >= 2 ORDER BY id;":      "[{username 0}] [[alice] [bob]]",
		"select count(*) from users where username like 'a%'":                  "[{count(*) 1}] [[2]]",
		"select id from users where username in ('bob', \"x\") and 1=1":        "[{id 1}] [[10]]",
		"select id from users limit 1 offset 1":                                "[{id 1}] [[10]]",
		"select 1+1, 'it''s', @@version, now() -- x":                           "[{1+1 1} {'it''s' 0} {@@version 0} {now() 0}] [[2 it's <@@version> <now()>]]",
		"/* ApplicationName=x */ SELECT /*!40001 SQL_NO_CACHE */ * FROM users": "[{id 1} {username 0}] [[1 admin] [10 bob] [2 alice]]",
	} {
		got, err := run(query)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", query, got, err, want)
		}
	}
}

func TestErrorsTellWhere(t *testing.T) {
	t.Parallel()
	for query, at := range map[string]int{"select": 6, "select * frm users": 9, "select * from users where": 25, "select 'x": 7, "select (1": 9, "selec 1": 0} {
		_, err := run(query)
		if wrong := new(SyntaxError); !errors.As(err, &wrong) || wrong.At != at {
			t.Errorf("%s: %v, want one at %d", query, err, at)
		}
	}
	if _, err := run("select nonesuch from users"); !errors.Is(err, UnknownColumn("nonesuch")) {
		t.Error(err)
	}
}

func FuzzSelect(f *testing.F) {
	f.Add("select a.b as c, count(*) from `x`.y where a = 'b' and c like \"%\" order by d desc limit 1,2; select @@a")
	f.Fuzz(func(t *testing.T, query string) {
		for _, d := range []Dialect{{DoubleQuotedStrings: true}, {}, {Brackets: true}} {
			for _, tokens := range d.Split(query) {
				s, err := ParseSelect(query, tokens)
				if err != nil {
					continue
				}
				s.Run(table, func(i Item) string { return i.Text }, func(Item) (any, error) { return nil, nil })
			}
		}
	})
}

// How MySQL and MariaDB read numbers, strings of bytes, and comments that only some releases execute.
func TestMySQLsTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"1.5e-3 .5 1e 0x41 x'4142' b'1000001' N'x'": {"1.5e-3 .5 1e A AB A x", "1.5e-3 .5 1e A AB A x"},
		"1 -- 2\n--3": {"1 - - 3", "1 - - 3"},
		"/*!40101 a */ /*!50700 b */ /*!80000 c */ /*!100100 d */ /*M! e */ /*!999999 f */ /*! g */": {"a d e g", "a b c g"},
		"a <=> b << 1 && c ->> 'd'": {"a <=> b << 1 && c ->> d", "a <=> b << 1 && c ->> d"},
	} {
		for i, d := range []Dialect{{DoubleQuotedStrings: true, MariaDB: true, Release: 101199}, {DoubleQuotedStrings: true, Release: 80099}} {
			var got []string
			for _, statement := range d.Split(text) {
				for _, token := range statement {
					got = append(got, token.Text)
				}
			}
			if strings.Join(got, " ") != want[i] {
				t.Errorf("%q is %q, want %q", text, got, want[i])
			}
		}
	}
}
