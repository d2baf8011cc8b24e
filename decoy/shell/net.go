package shell

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"decnet/decoy/event"
)

func ifconfig(c *call) int {
	rx, tx := c.sys.traffic()
	c.printf("eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n        inet %s  netmask 255.255.255.0  broadcast %s\n        ether %s  txqueuelen 1000  (Ethernet)\n        RX packets %d  bytes %d\n        TX packets %d  bytes %d\n\nlo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n        loop  txqueuelen 1000  (Local Loopback)\n\n",
		c.sys.IP, c.sys.broadcast(), c.sys.MAC, rx/812, rx, tx/301, tx)
	return 0
}

// prefix is the first three numbers of the system's address.
func (s *System) prefix() string {
	return s.IP[:max(0, strings.LastIndexByte(s.IP, '.'))]
}

func (s *System) broadcast() string { return s.prefix() + ".255" }

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
		c.printf("default via %s dev eth0 onlink\n%s.0/24 dev eth0 proto kernel scope link src %s\n", c.sys.gateway(), c.sys.prefix(), c.sys.IP)
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

// filteredTime is how long it takes until the firewall before the decky's network has said no.
const filteredTime = 30 * time.Millisecond

// literal tells whether a host is named by its address: of all other names the decky's name server knows nothing.
func literal(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// fetchers are the short options with a value of the programs that fetch.
var fetchers = map[string]string{"curl": "oATUdDHXebuxmwcCFrKQEytzYP", "wget": "OoPTtUeaiBAQwlRDI"}

// fetch is wget, curl and their kin: the address is recorded, and nobody answers. A firewall rejects what goes out, so that a bot hears at once and goes on to its next way.
func fetch(c *call) int {
	flags, operands := c.options(cmp.Or(fetchers[c.args[0]], fetchers["wget"]))
	if slices.Contains(c.args, "--version") || c.args[0] != "wget" && flags['V'] != "" {
		c.printf("%s\n", map[string]string{"curl": "curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.11 zlib/1.2.13 brotli/1.0.9 zstd/1.5.4 libidn2/2.3.3 libpsl/0.21.2 (+libidn2/2.3.3) libssh2/1.10.0 nghttp2/1.52.0 librtmp/2.3 OpenLDAP/2.5.13\nRelease-Date: 2023-02-20, security patched: 7.88.1-10+deb12u5\nProtocols: dict file ftp ftps gopher gophers http https imap imaps ldap ldaps mqtt pop3 pop3s rtmp rtsp scp sftp smb smbs smtp smtps telnet tftp",
			"wget": "GNU Wget 1.21.3 built on linux-gnu."}[c.args[0]])
		return 0
	}
	if len(operands) == 0 {
		switch {
		case c.args[0] == "curl":
			fmt.Fprintln(c.err, "curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information")
			return 2
		case c.args[0] == "wget" && !c.sys.BusyBox:
			fmt.Fprintln(c.err, "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.")
			return 1
		}
		return c.fail(1, "missing URL")
	}
	_, quiet := flags['q']
	_, silent := flags['s']
	_, aloud := flags['S']
	status := 0
	for _, raw := range operands {
		c.record(event.Download, event.String("url", raw), event.String("tool", c.args[0]), event.String(event.Command, strings.Join(c.args, " ")))
		whole := raw
		if !strings.Contains(whole, "://") {
			whole = "http://" + whole
		}
		host, port := "", "80"
		if u, err := url.Parse(whole); err == nil {
			host = u.Hostname()
			switch u.Scheme {
			case "https":
				port = "443"
			case "ftp":
				port = "21"
			}
			if u.Port() != "" {
				port = u.Port()
			}
			if u.Path == "" {
				u.Path = "/"
			}
			whole = u.String()
		}
		if address, own := c.sys.own(host); own && (c.args[0] == "curl" || c.args[0] == "wget") {
			status = c.fetchOwn(flags, whole, host, address, port)
			continue
		}
		began := c.sys.host.Now()
		c.sleep(filteredTime, filteredTime)
		took := max(2, c.sys.host.Now().Sub(began).Milliseconds())
		switch c.args[0] {
		case "curl":
			why := fmt.Sprintf("curl: (6) Could not resolve host: %s\n", host)
			if status = 6; literal(host) {
				status, why = 7, fmt.Sprintf("curl: (7) Failed to connect to %s port %s after %d ms: Couldn't connect to server\n", host, port, took)
			}
			c.printf("%s", written(flags['w'], 0, 0, whole))
			if !silent || aloud {
				fmt.Fprint(c.err, why)
			}
		case "wget":
			switch {
			case c.sys.BusyBox && !literal(host):
				return c.fail(1, "bad address '%s'", host)
			case c.sys.BusyBox:
				if !quiet {
					fmt.Fprintf(c.err, "Connecting to %s (%[1]s:%s)\n", host, port)
				}
				return c.fail(1, "can't connect to remote host (%s): Host is unreachable", host)
			}
			if status = 4; quiet {
				continue
			}
			stamp := began.Format(time.DateTime)
			if literal(host) {
				fmt.Fprintf(c.err, "--%s--  %s\nConnecting to %s:%s... failed: No route to host.\n", stamp, whole, host, port)
			} else {
				fmt.Fprintf(c.err, "--%s--  %s\nResolving %s (%[3]s)... failed: Temporary failure in name resolution.\nwget: unable to resolve host address ‘%[3]s’\n", stamp, whole, host)
			}
		default:
			return c.fail(1, "timeout")
		}
	}
	return status
}

// dial is nc, telnet, ssh and the like to somewhere else: recorded, and nobody answers.
func dial(c *call) int {
	flags, operands := c.options("plwioFiLRDbcmeQS")
	if c.args[0] == "ssh" && flags['V'] != "" {
		fmt.Fprintln(c.err, "OpenSSH_9.2p1 Debian-2+deb12u2, OpenSSL 3.0.11 19 Sep 2023")
		return 0
	}
	if len(operands) == 0 {
		switch c.args[0] {
		case "ssh":
			fmt.Fprintln(c.err, "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]\n           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]\n           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]\n           [-J destination] [-L address] [-l login_name] [-m mac_spec]\n           [-O ctl_cmd] [-o option] [-p port] [-Q query_option] [-R address]\n           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]\n           destination [command [argument ...]]")
			return 255
		case "nc":
			fmt.Fprintln(c.err, "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]")
			return 1
		}
		return c.fail(1, "missing host")
	}
	c.record("outbound", event.String("target", strings.Join(operands[:min(2, len(operands))], ":")), event.String("tool", c.args[0]), event.String(event.Command, strings.Join(c.args, " ")))
	if c.args[0] == "scp" && (slices.Contains(c.args, "-t") || slices.Contains(c.args, "-f")) {
		return c.fail(1, "%s: Permission denied", operands[0]) // the far end of a client's copy
	}
	user, host, found := strings.Cut(operands[0], "@")
	if !found {
		user, host = c.user.name, operands[0]
	}
	name, _, _ := strings.Cut(host, ":")
	if address, own := c.sys.own(name); own {
		return c.dialOwn(flags, operands, user, name, address)
	}
	c.sleep(filteredTime, filteredTime)
	switch c.args[0] {
	case "ssh", "scp", "sftp":
		if host, _, _ = strings.Cut(host, ":"); !literal(host) {
			fmt.Fprintf(c.err, "ssh: Could not resolve hostname %s: Temporary failure in name resolution\n", host)
			return 255
		}
		fmt.Fprintf(c.err, "ssh: connect to host %s port 22: No route to host\n", host)
		return 255
	case "nc":
		if flags['v'] != "" && len(operands) > 1 {
			return c.fail(1, "connect to %s port %s (tcp) failed: No route to host", host, operands[1])
		}
		return 1
	case "telnet":
		c.printf("Trying %s...\n", host)
		return c.fail(1, "Unable to connect to remote host: No route to host")
	}
	return c.fail(1, "connect to %s: No route to host", operands[0])
}

func ping(c *call) int {
	flags, operands := c.options("ciwWs")
	if len(operands) == 0 {
		return c.fail(2, "usage error: Destination address required")
	}
	host := operands[0]
	c.record("outbound", event.String("target", host), event.String("tool", "ping"))
	address, own := c.sys.own(host)
	if !own && !literal(host) {
		return c.fail(2, "%s: Temporary failure in name resolution", host)
	}
	count := 4
	if own {
		return c.pingOwn(host, address, flags['c'])
	}
	if n := flags['c']; n != "" {
		fmt.Sscan(n, &count)
	}
	count = min(max(count, 1), 5)
	c.printf("PING %s (%[1]s) 56(84) bytes of data.\n", host)
	for n := range count {
		if n > 0 && !c.sleep(time.Second, time.Second) {
			break
		}
		c.printf("From %s icmp_seq=%d Packet filtered\n", c.sys.gateway(), n+1)
	}
	c.printf("\n--- %s ping statistics ---\n%d packets transmitted, 0 received, +%[2]d errors, 100%% packet loss, time %dms\n\n", host, count, (count-1)*1003)
	return 1
}
