package mysql

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"decnet/decoy/control"
	"decnet/decoy/decoytest"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
)

// wire is a client that shows the bytes' meaning.
type wire struct {
	packets
	t *testing.T
}

// enter logs in as the user, with a capability more or less.
func enter(t *testing.T, d *decoytest.Decky, user, password, database string, capabilities uint32) *wire {
	t.Helper()
	w := &wire{packets{rw: d.Dial(3306)}, t}
	greeting := w.next()
	f := &fields{rest: greeting[1:]}
	f.text()
	f.take(4)
	salt := append([]byte{}, f.take(8)...)
	f.take(1 + 2 + 1 + 2 + 2 + 1 + 10)
	salt = append(salt, f.take(12)...)
	b := binary.LittleEndian.AppendUint32(nil, capProtocol41|capSecure|capPluginAuth|capConnectWithDB|1|capabilities)
	b = binary.LittleEndian.AppendUint32(b, 1<<24)
	b = append(append(b, 45), make([]byte, 23)...)
	b = append(append(b, user...), 0)
	proof := nativeProof(password, salt)
	b = append(append(b, byte(len(proof))), proof...)
	b = append(append(append(b, database...), 0), native+"\x00"...)
	w.put(b)
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	if answer := w.next(); answer[0] != 0 {
		t.Fatalf("the login is answered %q", answer)
	}
	if capabilities&capCompress != 0 {
		w.rw = &compressed{rw: w.rw}
	}
	return w
}

func (w *wire) next() []byte {
	w.t.Helper()
	var head [4]byte
	if _, err := io.ReadFull(w.rw, head[:]); err != nil {
		w.t.Fatal(err)
	}
	w.seq = head[3] + 1
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	if _, err := io.ReadFull(w.rw, body); err != nil {
		w.t.Fatal(err)
	}
	return body
}

// command sends one and returns the first packet that answers.
func (w *wire) command(kind byte, argument string) []byte {
	w.t.Helper()
	w.seq = 0
	w.put(append([]byte{kind}, argument...))
	if err := w.flush(); err != nil {
		w.t.Fatal(err)
	}
	return w.next()
}

// said is what a server said to a query.
type said struct {
	Query    string      `json:"q"`
	Error    []any       `json:"error,omitempty"`
	Columns  [][]any     `json:"columns,omitempty"`
	Rows     [][]*string `json:"rows,omitempty"`
	Warnings int         `json:"warnings,omitempty"`
	Affected int         `json:"affected,omitempty"`
}

func (w *wire) query(text string) said {
	w.t.Helper()
	first := w.command(comQuery, text)
	s := said{Query: text}
	switch first[0] {
	case 0xff:
		s.Error = []any{float64(binary.LittleEndian.Uint16(first[1:])), string(first[9:])}
		return s
	case 0:
		s.Affected = int(first[1])
		return s
	}
	for range first[0] {
		f := &fields{rest: w.next()}
		f.counted()
		var texts [5]string
		for i := range texts {
			texts[i] = string(f.counted())
		}
		f.take(1)
		charset := binary.LittleEndian.Uint16(f.take(2))
		length := f.uint32()
		kind := f.byte()
		flags := binary.LittleEndian.Uint16(f.take(2))
		s.Columns = append(s.Columns, []any{texts[3], texts[4], texts[1], texts[2], texts[0], float64(kind), float64(length), float64(flags), float64(f.byte()), float64(charset)})
	}
	w.next()
	for {
		packet := w.next()
		if packet[0] == 0xfe && len(packet) < 9 {
			s.Warnings = int(packet[1])
			return s
		}
		f := &fields{rest: packet}
		var row []*string
		for range s.Columns {
			if f.rest[0] == 0xfb {
				f.take(1)
				row = append(row, nil)
				continue
			}
			text := ""
			for _, b := range f.counted() { // as Latin-1, as the file has it
				text += string(rune(b))
			}
			row = append(row, &text)
		}
		s.Rows = append(s.Rows, row)
	}
}

// measured is the version that the answers in testdata are of.
const measured = "10.11.19-MariaDB-0+deb12u1"

// as starts a decky whose server is of that version.
func as(t *testing.T, version string) (*decoytest.Decky, *bait.App, string) {
	t.Helper()
	d := decoytest.StartAs(t, decoytest.Identity(), "mysql")
	if err := d.Apply(t.Context(), 2, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Apply(t.Context(), 3, []string{"mysql"}, control.Settings{"mysql": {"version": version}}); err != nil {
		t.Fatal(err)
	}
	return d, bait.AppOf(d.Host), bait.Passwords(d.Host, "mysql", "root")[0]
}

// What a MariaDB 10.11.19 of Debian 12 that is read-only said, with the same tables, the server says: columns and all that is told of them, rows, errors and warnings.
func TestAnswersAreMariaDBs(t *testing.T) {
	t.Parallel()
	d, app, password := as(t, measured)
	w := enter(t, d, "root", password, app.Name, 0)
	file, err := os.Open(filepath.Join("testdata", "mariadb.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	n := 0
	for ; lines.Scan(); n++ {
		var want said
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		got := w.query(want.Query)
		if len(want.Rows) == 0 {
			want.Rows = nil
		}
		if !reflect.DeepEqual(got, want) {
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			t.Errorf("%s\n is answered %.1500s\n MariaDB says %.1500s", want.Query, a, b)
		}
	}
	if n < 200 || lines.Err() != nil {
		t.Errorf("only %d lines: %v", n, lines.Err())
	}
}

// What a client compresses is understood, and answered so.
func TestCompression(t *testing.T) {
	t.Parallel()
	d, app, password := as(t, measured)
	plain := enter(t, d, "root", password, app.Name, 0).query("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'sys'")
	packed := enter(t, d, "root", password, app.Name, capCompress).query("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'sys'")
	if len(plain.Rows) < 500 || !reflect.DeepEqual(plain, packed) {
		t.Errorf("%d rows, and %d", len(plain.Rows), len(packed.Rows))
	}
}

// A prepared statement's parameters come in the protocol's own form, and so do the rows.
func TestPreparedStatements(t *testing.T) {
	t.Parallel()
	d, app, password := as(t, measured)
	w := enter(t, d, "root", password, app.Name, capDeprecateEOF)
	head := w.command(comStatementPrepare, "SELECT id, ?, created_at FROM users WHERE id > ? ORDER BY id LIMIT 1")
	if head[0] != 0 || head[5] != 3 || head[7] != 2 {
		t.Fatalf("%q", head)
	}
	for range 5 {
		w.next()
	}
	execute := string(head[1:5]) + "\x00\x01\x00\x00\x00" + "\x00" + "\x01" + "\xfd\x00\x08\x00" + "\x03abc" + "\x00\x00\x00\x00\x00\x00\x00\x00"
	if first := w.command(comStatementExecute, execute); first[0] != 3 {
		t.Fatalf("%q", first)
	}
	for range 3 {
		w.next()
	}
	row := w.next()
	if id := binary.LittleEndian.Uint32(row[2:]); int(id) != app.People[0].ID || string(row[6:10]) != "\x03abc" || row[10] != 7 {
		t.Errorf("% x", row)
	}
	d.Wait("query", decoytest.Has("how", "execute"), decoytest.Has("parameters", "abc\x1f0"))
}

// MySQL 8's clients send attributes before each query's text.
func TestQueryAttributes(t *testing.T) {
	t.Parallel()

	p := prepared{marks: 1, named: true}
	f := &fields{rest: []byte("\x00\x01\xfe\x00\x04name\x05valueSELECT 1")}
	values, ok := p.values(f)
	if !ok || fmt.Sprint(values) != "[value]" || string(f.rest) != "SELECT 1" {
		t.Errorf("%v, %q", values, f.rest)
	}
}

// What an intruder writes and reads by statements is recorded with how it ended, and is on no disk.
func TestFilesByStatements(t *testing.T) {
	t.Parallel()
	d, app, password := as(t, measured)
	w := enter(t, d, "root", password, app.Name, 0)
	if got := w.query("SELECT LOAD_FILE('/etc/passwd')"); got.Rows[0][0] == nil || !strings.HasPrefix(*got.Rows[0][0], "root:x:0:0:") {
		t.Errorf("%v", got)
	}
	if got := w.query("SELECT LOAD_FILE('/etc/shadow')"); got.Rows[0][0] != nil {
		t.Errorf("%v", *got.Rows[0][0])
	}
	name := fmt.Sprintf("/tmp/%s.php", app.Secret)
	if got := w.query("SELECT '<?php 1;' INTO DUMPFILE '" + name + "'"); got.Error != nil || got.Affected != 1 {
		t.Errorf("%v", got)
	}
	if _, err := os.Stat(name); err == nil {
		t.Errorf("%s is on the disk", name)
	}
	if got := w.query("SELECT LOAD_FILE('" + name + "')"); got.Rows[0][0] == nil || *got.Rows[0][0] != "<?php 1;" {
		t.Errorf("%v", got)
	}
	if got := w.query("SELECT 1 INTO OUTFILE '" + name + "'"); got.Error == nil || got.Error[0] != 1086.0 {
		t.Errorf("%v", got)
	}
	d.Wait("file_written", decoytest.Has("path", name), decoytest.Has("content", "<?php 1;"), decoytest.Has(event.Outcome, event.Accepted))
	d.Wait("file_read", decoytest.Has("path", "/etc/shadow"), decoytest.Has(event.Outcome, event.Rejected))
	w.query("CREATE FUNCTION sys_exec RETURNS INTEGER SONAME 'lib_mysqludf_sys.so'")
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "sys_exec"), decoytest.Has("file", "lib_mysqludf_sys.so"), decoytest.Has(event.Outcome, event.Rejected))
	w.query("SELECT sys_exec('id > /tmp/x')")
	d.Wait(event.CommandRun, decoytest.Has(event.Command, "id > /tmp/x"), decoytest.Has("how", "sys_exec"), decoytest.Has(event.Outcome, event.Rejected))
}

// What the catalogs say of the application fits its tables.
func TestTheCatalogFitsTheTables(t *testing.T) {
	t.Parallel()
	for _, version := range []string{measured, "8.0.36"} {
		h := decoytest.StartAs(t, identity(t, strings.Contains(version, "MariaDB"), ""), "mysql").Host
		v := newServer(h)
		c := &conn{server: v}
		for _, r := range v.keyColumns(c) {
			if to, ok := r["REFERENCED_TABLE_NAME"].(string); ok && v.table(v.app.Name, to) == nil {
				t.Errorf("%v refers to nothing", r)
			}
		}
		for _, r := range v.tableRecords(c) {
			if table := v.app.Table(r["TABLE_NAME"].(string)); table != nil && r["TABLE_SCHEMA"] == v.app.Name && r["TABLE_ROWS"] != len(table.Rows) {
				t.Errorf("%v has %d rows", r, len(table.Rows))
			}
		}
	}
}
