package elasticsearch

import (
	"fmt"
	"strings"
)

// cat answers the tables for people.
func (c *call) cat(what string) answer {
	what, rest, _ := strings.Cut(what, "/")
	var table [][]string
	switch what {
	case "":
		return answer{status: 200, text: "=^.^=\n/_cat/allocation\n/_cat/shards\n/_cat/master\n/_cat/nodes\n/_cat/indices\n/_cat/indices/{index}\n/_cat/count\n/_cat/count/{index}\n/_cat/health\n/_cat/aliases\n"}
	case "indices":
		found, none := c.space.match(rest)
		if none != "" {
			return missing(none)
		}
		table = [][]string{{"health", "status", "index", "uuid", "pri", "rep", "docs.count", "docs.deleted", "store.size", "pri.store.size"}}
		for _, x := range found {
			table = append(table, []string{"yellow", "open", x.name, x.uuid, "1", "1", fmt.Sprint(len(x.documents)), "0", bytesText(x.size()), bytesText(x.size())})
		}
	case "count":
		now, count := c.host.Now(), 0
		found, none := c.space.match(rest)
		if none != "" {
			return missing(none)
		}
		for _, x := range found {
			count += len(x.documents)
		}
		table = [][]string{{"epoch", "timestamp", "count"}, {fmt.Sprint(now.Unix()), now.Format("15:04:05"), fmt.Sprint(count)}}
	case "health":
		now, n := c.host.Now(), fmt.Sprint(len(c.space.indices))
		table = [][]string{
			{"epoch", "timestamp", "cluster", "status", "node.total", "node.data", "shards", "pri", "relo", "init", "unassign", "pending_tasks", "max_task_wait_time", "active_shards_percent"},
			{fmt.Sprint(now.Unix()), now.Format("15:04:05"), c.cluster, c.status(), "1", "1", n, n, "0", "0", n, "0", "-", string(c.percent()) + "%"},
		}
	case "nodes":
		_, letters := c.version.roles()
		table = [][]string{
			{"ip", "heap.percent", "ram.percent", "cpu", "load_1m", "load_5m", "load_15m", "node.role", "master", "name"},
			{c.address(), fmt.Sprint(c.heap), fmt.Sprint(ramPercent), fmt.Sprint(cpuPercent), load1, load5, load15, letters, "*", c.node},
		}
	case "master":
		table = [][]string{{"id", "host", "ip", "node"}, {c.id, c.address(), c.address(), c.node}}
	case "shards":
		table = [][]string{{"index", "shard", "prirep", "state", "docs", "store", "ip", "node"}}
		for _, x := range c.space.indices {
			table = append(table, []string{x.name, "0", "p", "STARTED", fmt.Sprint(len(x.documents)), bytesText(x.size()), c.address(), c.node}, []string{x.name, "0", "r", "UNASSIGNED", "", "", "", ""})
		}
	case "allocation":
		_, size := c.totals()
		table = [][]string{
			{"shards", "disk.indices", "disk.used", "disk.avail", "disk.total", "disk.percent", "host", "ip", "node"},
			{fmt.Sprint(len(c.space.indices)), bytesText(size), fmt.Sprintf("%dgb", 100-c.free), fmt.Sprintf("%dgb", c.free), "100gb", fmt.Sprint(100 - c.free), c.address(), c.address(), c.node},
		}
	case "aliases", "templates", "plugins", "tasks", "repositories", "snapshots":
		table = [][]string{{what}}
	default:
		return c.nothing()
	}
	if c.query["format"] == "json" {
		rows := []any{}
		for _, row := range table[1:] {
			var one object
			for i, cell := range row {
				one = append(one, field{table[0][i], cell})
			}
			rows = append(rows, one)
		}
		return answer{status: 200, body: rows}
	}
	_, head := c.query["v"]
	if !head {
		table = table[1:]
	}
	return answer{status: 200, text: columns(table)}
}

// columns lines the cells up: numbers to the right, as the node does.
func columns(table [][]string) string {
	var widths []int
	for _, row := range table {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	var out strings.Builder
	for _, row := range table {
		for i, cell := range row {
			if i > 0 {
				out.WriteByte(' ')
			}
			if cell != "" && strings.Trim(cell, "0123456789.kmgb%") == "" && len(cell) < 12 {
				fmt.Fprintf(&out, "%*s", widths[i], cell)
			} else {
				fmt.Fprintf(&out, "%-*s", widths[i], cell)
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// bytesText writes a size as the node does.
func bytesText(n int) string {
	if n < 1024 {
		return fmt.Sprintf("%db", n)
	}
	return strings.Replace(fmt.Sprintf("%.1fkb", float64(n)/1024), ".0kb", "kb", 1)
}
