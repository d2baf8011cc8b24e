package show

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Color is how a cell stands out, as an ANSI code; the zero Color is plain.
type Color int

// The colors in use.
const (
	Plain  Color = 0
	Bold   Color = 1
	Dim    Color = 2
	Red    Color = 31
	Green  Color = 32
	Yellow Color = 33
	Blue   Color = 34
)

// Paint wraps s in a color where colors are on.
func Paint(on bool, c Color, s string) string {
	if !on || c == Plain || s == "" {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, s)
}

// Cell is one cell of a table.
type Cell struct {
	Text  string
	Color Color
}

// Table gathers rows and writes them with aligned columns.
type Table struct {
	Color  bool
	header []string
	rows   [][]Cell
}

// NewTable returns a table with the titles of its columns.
func NewTable(color bool, header ...string) *Table { return &Table{Color: color, header: header} }

// Row adds a row of strings and Cells. What is written of them is safe for a terminal.
func (t *Table) Row(cells ...any) {
	row := make([]Cell, len(cells))
	for i, c := range cells {
		cell, ok := c.(Cell)
		if !ok {
			cell.Text = fmt.Sprint(c)
		}
		cell.Text = Safe(cell.Text)
		row[i] = cell
	}
	t.rows = append(t.rows, row)
}

// Len is how many rows there are.
func (t *Table) Len() int { return len(t.rows) }

// Write writes the table.
func (t *Table) Write(w io.Writer) error {
	title := make([]Cell, len(t.header))
	for i, h := range t.header {
		title[i] = Cell{h, Bold}
	}
	all := append([][]Cell{title}, t.rows...)
	widths := make([]int, len(t.header))
	for _, row := range all {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.Text))
		}
	}
	var b strings.Builder
	for _, row := range all {
		for i, c := range row {
			b.WriteString(Paint(t.Color, c.Color, c.Text))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.Text)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
