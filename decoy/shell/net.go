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
	args := c.args[1:]
	four, six, brief := false, false, false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-4", "-f", "-family":
			four = true
		case "-6":
			six = true
		case "-br", "-brief":
			brief = true
		case "-V", "-Version":
			c.printf("ip utility, iproute2-6.1.0, libbpf 1.1.0\n")
			return 0
		}
		args = args[1:]
	}
	if len(args) == 0 || args[0] == "help" {
		fmt.Fprint(c.err, "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n       ip [ -force ] -batch filename\nwhere  OBJECT := { address | addrlabel | amt | fou | help | ila | ioam | l2tp |\n                   link | macsec | maddress | monitor | mptcp | mroute | mrule |\n                   neighbor | neighbour | netconf | netns | nexthop | ntable |\n                   ntbl | route | rule | sr | tap | tcpmetrics |\n                   token | tunnel | tuntap | vrf | xfrm }\n       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |\n                    -h[uman-readable] | -iec | -j[son] | -p[retty] |\n                    -f[amily] { inet | inet6 | mpls | bridge | link } |\n                    -4 | -6 | -M | -B | -0 |\n                    -l[oops] { maximum-addr-flush-attempts } | -br[ief] |\n                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |\n                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |\n                    -c[olor]}\n")
		return 255
	}
	object, device := args[0], ""
	for _, a := range args[1:] {
		if a == "lo" || a == "eth0" {
			device = a
		}
	}
	if c.user.uid != 0 && len(args) > 1 && slices.Contains([]string{"set", "add", "del", "delete", "flush", "replace"}, args[1]) {
		fmt.Fprintln(c.err, "RTNETLINK answers: Operation not permitted")
		return 2
	}
	if len(args) > 1 && slices.Contains([]string{"set", "add", "del", "delete", "flush", "replace"}, args[1]) {
		return 0
	}
	switch {
	case strings.HasPrefix("address", object), strings.HasPrefix("link", object):
		addresses, mode := object[0] == 'a', ""
		if !addresses {
			mode = " mode DEFAULT"
		}
		for i, of := range []struct{ name, flags, queue, mac, brd, address, scope string }{
			{"lo", "LOOPBACK,UP,LOWER_UP> mtu 65536", "noqueue state UNKNOWN", "link/loopback 00:00:00:00:00:00", "00:00:00:00:00:00", "127.0.0.1/8", "host"},
			{"eth0", "BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500", "fq_codel state UP", "link/ether " + c.sys.MAC, "ff:ff:ff:ff:ff:ff", c.sys.IP + "/24 brd " + c.sys.broadcast(), "global"},
		} {
			switch {
			case device != "" && of.name != device || six && addresses:
				continue
			case brief && addresses:
				c.printf("%-16s %-14s %s \n", of.name, of.queue[strings.LastIndexByte(of.queue, ' ')+1:], strings.Fields(of.address)[0])
				continue
			case brief:
				c.printf("%-16s %-14s %s <%s> \n", of.name, of.queue[strings.LastIndexByte(of.queue, ' ')+1:], strings.Fields(of.mac)[1], of.flags[:strings.IndexByte(of.flags, '>')])
				continue
			}
			c.printf("%d: %s: <%s qdisc %s%s group default qlen 1000\n", i+1, of.name, of.flags, of.queue, mode)
			if !four {
				c.printf("    %s brd %s\n", of.mac, of.brd)
			}
			if addresses {
				c.printf("    inet %s scope %s %s\n       valid_lft forever preferred_lft forever\n", of.address, of.scope, of.name)
			}
		}
	case strings.HasPrefix("route", object):
		c.printf("default via %s dev eth0 onlink \n%s.0/24 dev eth0 proto kernel scope link src %s \n", c.sys.gateway(), c.sys.prefix(), c.sys.IP)
	case strings.HasPrefix("neighbour", object), strings.HasPrefix("neighbor", object):
		c.printf("%s dev eth0 lladdr 00:00:5e:00:01:%02x REACHABLE \n", c.sys.gateway(), c.sys.host.Bytes("gateway", 1)[0])
	case strings.HasPrefix("rule", object):
		c.printf("0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n")
	case slices.Contains(strings.Fields("netns tunnel tuntap maddress monitor xfrm vrf"), object):
	default:
		fmt.Fprintf(c.err, "Object \"%s\" is unknown, try \"ip help\".\n", object)
		return 1
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
	if slices.Contains(c.args, "--version") || flags['V'] != "" {
		c.printf("%s\n", map[string]string{"curl": "curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.11 zlib/1.2.13 brotli/1.0.9 zstd/1.5.4 libidn2/2.3.3 libpsl/0.21.2 (+libidn2/2.3.3) libssh2/1.10.0 nghttp2/1.52.0 librtmp/2.3 OpenLDAP/2.5.13\nRelease-Date: 2023-02-20, security patched: 7.88.1-10+deb12u5\nProtocols: dict file ftp ftps gopher gophers http https imap imaps ldap ldaps mqtt pop3 pop3s rtmp rtsp scp sftp smb smbs smtp smtps telnet tftp",
			"wget": "GNU Wget 1.21.3 built on linux-gnu."}[c.args[0]])
		return 0
	}
	if len(operands) == 0 {
		switch {
		case c.args[0] == "curl":
			fmt.Fprintln(c.err, "curl: try 'curl --help' or 'curl --manual' for more information")
			return 2
		case c.ofBusyBox():
			return c.usage(c.args[0])
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
			if !silent && c.meters(flags) {
				fmt.Fprint(c.err, curlMeter)
			}
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

// curlMeter is what curl shows of a transfer that has not come about.
const curlMeter = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n"

// meters tells whether curl shows how far it is: not where the text itself goes to the terminal.
func (c *call) meters(flags map[rune]string) bool {
	_, direct := c.out.(limitedWriter)
	return !direct || !c.Interactive || flags['o'] != "" || flags['O'] != ""
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
		if c.args[0] == "scp" {
			fmt.Fprintln(c.err, "usage: scp [-346ABCOpqRrsTv] [-c cipher] [-D sftp_server_path] [-F ssh_config]\n           [-i identity_file] [-J destination] [-l limit] [-o ssh_option]\n           [-P port] [-S program] [-X sftp_option] source ... target")
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
