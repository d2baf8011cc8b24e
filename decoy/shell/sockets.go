package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"decnet/decoy"
)

// lsof knows the sockets, and the files of a process hardly.
func lsof(c *call) int {
	flags, operands := c.options("pcu")
	row := func(p process, fd, kind, device, size, node, name string) {
		c.printf("%-9.9s %7d %8.8s %4s %6s %18s %9s %10s %s\n", p.name(), p.pid, p.user, fd, kind, device, size, node, name)
	}
	c.printf("%-9s %7s %8s %4s %6s %18s %9s %10s %s\n", "COMMAND", "PID", "USER", "FD", "TYPE", "DEVICE", "SIZE/OFF", "NODE", "NAME")
	processes := c.processes()
	if flags['i'] != "" {
		for _, one := range c.allSockets() {
			at := slices.IndexFunc(processes, func(p process) bool { return p.pid == one.pid })
			if at < 0 {
				continue
			}
			name := "*:" + one.local[strings.LastIndexByte(one.local, ':')+1:]
			switch one.state {
			case "ESTAB":
				name = one.local + "->" + one.peer + " (ESTABLISHED)"
			case "LISTEN":
				name += " (LISTEN)"
			}
			row(processes[at], fmt.Sprintf("%du", 3+one.pid%5), "IPv4", strconv.Itoa(14000+one.pid*7), "0t0", strings.ToUpper(one.proto), name)
		}
		return 0
	}
	for _, p := range processes {
		if p.kernel() || c.user.uid != 0 && p.user != c.user.name || flags['p'] != "" && flags['p'] != strconv.Itoa(p.pid) || len(operands) > 0 {
			continue
		}
		row(p, "cwd", "DIR", "8,1", "4096", "2", "/")
		row(p, "rtd", "DIR", "8,1", "4096", "2", "/")
	}
	return boolInt(len(operands) > 0)
}

// socket is a line of netstat or ss.
type socket struct {
	proto, local, peer, state string
	queue                     int
	program                   string // "" is none that can be told
	pid                       int
}

// allSockets are those on which something listens, and the intruder's own connection.
func (c *call) allSockets() []socket {
	var out []socket
	running := c.processes()
	add := func(proto, local string, queue int, program decoy.Program) {
		one := socket{proto: proto, local: local, peer: "0.0.0.0:*", state: "LISTEN", queue: queue}
		if proto == "udp" {
			one.state, one.queue = "UNCONN", 0
		}
		if i := slices.IndexFunc(running, func(p process) bool { return p.command == program.Command }); i >= 0 && c.user.uid == 0 {
			one.program, one.pid = running[i].name(), running[i].pid
		}
		out = append(out, one)
	}
	open := c.sys.host.Listening()
	if !slices.ContainsFunc(open, func(l decoy.Listening) bool { return l.Number == 22 }) && !c.sys.Embedded {
		add("tcp", "0.0.0.0:22", 128, decoy.Program{Command: sshDaemon})
	}
	for _, l := range open {
		queue := map[string]int{"ssh": 128, "mysql": 80, "postgres": 200, "http": 511, "https": 511, "redis": 511, "ftp": 32, "telnet": 10, "smtp": 100}[l.Service]
		if queue == 0 {
			queue = 4096
		}
		add(l.Proto, "0.0.0.0:"+strconv.Itoa(l.Number), queue, programOf(l))
	}
	return append(out, socket{proto: "tcp", local: c.sys.IP + ":22", peer: c.From + ":" + strconv.Itoa(40000+c.login.Nanosecond()%20000), state: "ESTAB", program: "sshd", pid: c.firstPID() - 11})
}

// sockets is netstat and ss.
func sockets(c *call) int {
	flags, _ := c.options("fFoDA")
	has := func(letter rune) bool { return flags[letter] != "" }
	var list []socket
	for _, one := range c.allSockets() {
		listens := one.state != "ESTAB"
		switch {
		case (has('t') || has('u')) && !(one.proto == "tcp" && has('t') || one.proto == "udp" && has('u')):
		case has('l') && !listens, !has('l') && !has('a') && listens:
		default:
			list = append(list, one)
		}
	}
	if c.args[0] == "netstat" {
		netstat(c, list, has('l'), has('p'))
		return 0
	}
	// The columns are as wide as what is in them.
	local, localPort, peer := len("Local Address"), len("Port"), len("Peer Address")
	split := func(address string) (host, port string) {
		at := strings.LastIndexByte(address, ':')
		return address[:at], address[at+1:]
	}
	for _, one := range list {
		host, port := split(one.local)
		far, _ := split(one.peer)
		local, localPort, peer = max(local, len(host)), max(localPort, len(port)), max(peer, len(far))
	}
	both := has('t') == has('u')
	kind := func(proto string) string {
		if both {
			return fmt.Sprintf("%-5s ", proto)
		}
		return ""
	}
	c.printf("%s%-6s Recv-Q Send-Q %*s:%-*s %*s:%s\n", kind("Netid"), "State", local, "Local Address", localPort, "Port", peer, "Peer Address", "PortProcess")
	for _, one := range list {
		host, port := split(one.local)
		far, farPort := split(one.peer)
		users := ""
		if has('p') && one.program != "" && c.user.uid == 0 {
			users = fmt.Sprintf("users:((%q,pid=%d,fd=%d))", one.program, one.pid, 3+one.pid%5)
		}
		c.printf("%s%-6s %-6d %-6d %*s:%-*s %*s:%-5s%s\n", kind(one.proto), one.state, 0, one.queue, local, host, localPort, port, peer, far, farPort, users)
	}
	return 0
}

// netstat shows the sockets as net-tools or BusyBox do.
func netstat(c *call, list []socket, listening, programs bool) {
	what := "w/o servers"
	if listening {
		what = "only servers"
	}
	title := ""
	if programs {
		title = "PID/Program name    "
	}
	c.printf("Active Internet connections (%s)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       %s\n", what, title)
	for _, one := range list {
		state := map[string]string{"ESTAB": "ESTABLISHED", "UNCONN": ""}[one.state]
		if one.state == "LISTEN" {
			state = one.state
		}
		program := ""
		if programs {
			program = "-"
			if one.program != "" && c.user.uid == 0 {
				program = fmt.Sprintf("%d/%s", one.pid, one.program)
			}
			program = fmt.Sprintf("%-20s", program)
		}
		c.printf("%-5s %6d %6d %-23s %-23s %-11s %s\n", one.proto, 0, 0, one.local, one.peer, state, program)
	}
}
