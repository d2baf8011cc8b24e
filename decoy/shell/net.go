package shell

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"decnet/decoy/event"
)

// connectTime is how long a connection that nobody answers takes to fail: less than a real one, so that a session goes on.
const connectTime = 4 * time.Second

func ifconfig(c *call) int {
	rx, tx := c.sys.traffic()
	c.printf("eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n        inet %s  netmask 255.255.255.0  broadcast %s\n        ether %s  txqueuelen 1000  (Ethernet)\n        RX packets %d  bytes %d\n        TX packets %d  bytes %d\n\nlo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n        loop  txqueuelen 1000  (Local Loopback)\n\n",
		c.sys.IP, c.sys.broadcast(), c.sys.MAC, rx/812, rx, tx/301, tx)
	return 0
}

func (s *System) broadcast() string { return strings.TrimSuffix(s.gateway(), ".1") + ".255" }

func ip(c *call) int {
	_, operands := c.options("")
	object := "help"
	if len(operands) > 0 {
		object = operands[0]
	}
	switch {
	case strings.HasPrefix("address", object), strings.HasPrefix("link", object):
		c.printf("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n")
		if object[0] == 'a' {
			c.printf("    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n")
		}
		c.printf("2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000\n    link/ether %s brd ff:ff:ff:ff:ff:ff\n", c.sys.MAC)
		if object[0] == 'a' {
			c.printf("    inet %s/24 brd %s scope global eth0\n       valid_lft forever preferred_lft forever\n", c.sys.IP, c.sys.broadcast())
		}
	case strings.HasPrefix("route", object):
		c.printf("default via %s dev eth0 onlink\n%s.0/24 dev eth0 proto kernel scope link src %s\n", c.sys.gateway(), strings.TrimSuffix(c.sys.gateway(), ".1"), c.sys.IP)
	case strings.HasPrefix("neighbour", object):
		c.printf("%s dev eth0 lladdr 00:00:5e:00:01:%02x REACHABLE\n", c.sys.gateway(), c.sys.host.Bytes("gateway", 1)[0])
	default:
		fmt.Fprint(c.err, "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n")
		return 255
	}
	return 0
}

func route(c *call) int {
	c.printf("Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n0.0.0.0         %-15s 0.0.0.0         UG    0      0        0 eth0\n", c.sys.gateway())
	return 0
}

func arp(c *call) int {
	c.printf("? (%s) at 00:00:5e:00:01:%02x [ether] on eth0\n", c.sys.gateway(), c.sys.host.Bytes("gateway", 1)[0])
	return 0
}

// sockets is netstat and ss.
func sockets(c *call) int {
	row := "tcp        0      0 %-23s %-23s %-11s\n"
	if c.args[0] == "ss" {
		c.printf("State      Recv-Q  Send-Q    Local Address:Port      Peer Address:Port\n")
		row = "%[3]s     0       0         %-23[1]s %[2]s\n"
	} else {
		c.printf("Active Internet connections (servers and established)\nProto Recv-Q Send-Q Local Address           Foreign Address         State      \n")
	}
	c.printf(row, "0.0.0.0:22", "0.0.0.0:*", "LISTEN")
	c.printf(row, "127.0.0.1:25", "0.0.0.0:*", "LISTEN")
	c.printf(row, c.sys.IP+":22", c.From+":51022", "ESTAB")
	return 0
}

// fetch is wget, curl and their kin: the address is recorded, and nobody answers.
func fetch(c *call) int {
	flags, operands := c.options("OoPTtUHdXAebuxm")
	if len(operands) == 0 {
		return c.fail(map[string]int{"curl": 2}[c.args[0]]+1, "missing URL")
	}
	host, port := "", "80"
	for _, raw := range operands {
		c.record(event.Download, event.String("url", raw), event.String("tool", c.args[0]), event.String(event.Command, strings.Join(c.args, " ")))
		if !strings.Contains(raw, "://") {
			raw = "http://" + raw
		}
		if u, err := url.Parse(raw); err == nil {
			if host = u.Hostname(); u.Scheme == "https" {
				port = "443"
			}
			if u.Port() != "" {
				port = u.Port()
			}
		}
	}
	_, quiet := flags['q']
	switch c.args[0] {
	case "curl":
		c.sleep(connectTime, connectTime)
		if _, silent := flags['s']; silent {
			return 28
		}
		fmt.Fprintf(c.err, "curl: (28) Failed to connect to %s port %s after %d ms: Connection timed out\n", host, port, 129000+len(host)*13)
		return 28
	case "wget":
		if c.sys.BusyBox {
			c.printf("Connecting to %s (%[1]s:%s)\n", host, port)
			c.sleep(connectTime, connectTime)
			return c.fail(1, "can't connect to remote host (%s): Connection timed out", host)
		}
		if !quiet {
			name := path.Base(operands[0])
			fmt.Fprintf(c.err, "--%s--  %s\nConnecting to %s:%s... ", c.sys.host.Now().Format(time.DateTime), operands[0], host, port)
			c.sleep(connectTime, connectTime)
			fmt.Fprintf(c.err, "failed: Connection timed out.\nGiving up on %s.\n\n", name)
			return 4
		}
		c.sleep(connectTime, connectTime)
		return 4
	}
	c.sleep(connectTime, connectTime)
	return c.fail(1, "timeout")
}

// dial is nc, telnet, ssh and the like to somewhere else: recorded, and nobody answers.
func dial(c *call) int {
	_, operands := c.options("plwioFiLRDbcmeQS")
	if len(operands) == 0 {
		return c.fail(1, "missing host")
	}
	c.record("outbound", event.String("target", strings.Join(operands[:min(2, len(operands))], ":")), event.String("tool", c.args[0]), event.String(event.Command, strings.Join(c.args, " ")))
	if c.args[0] == "scp" && (slices.Contains(c.args, "-t") || slices.Contains(c.args, "-f")) {
		return c.fail(1, "%s: Permission denied", operands[0]) // the far end of a client's copy
	}
	c.sleep(connectTime, connectTime)
	switch c.args[0] {
	case "ssh", "scp", "sftp":
		_, host, found := strings.Cut(operands[0], "@")
		if !found {
			host = operands[0]
		}
		fmt.Fprintf(c.err, "ssh: connect to host %s port 22: Connection timed out\n", host)
		return 255
	}
	return c.fail(1, "connect to %s: Connection timed out", operands[0])
}

func ping(c *call) int {
	flags, operands := c.options("ciwWs")
	if len(operands) == 0 {
		return c.fail(2, "usage error: Destination address required")
	}
	c.record("outbound", event.String("target", operands[0]), event.String("tool", "ping"))
	count := 4
	if n := flags['c']; n != "" {
		fmt.Sscan(n, &count)
	}
	count = min(max(count, 1), 5)
	c.printf("PING %s (%[1]s) 56(84) bytes of data.\n", operands[0])
	c.sleep(time.Duration(count)*time.Second, connectTime)
	c.printf("\n--- %s ping statistics ---\n%d packets transmitted, 0 received, 100%% packet loss, time %dms\n\n", operands[0], count, count*1014)
	return 1
}
