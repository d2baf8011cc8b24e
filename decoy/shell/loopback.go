package shell

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
)

// own tells whether a host is the system itself, and by which address it goes.
func (s *System) own(host string) (address string, own bool) {
	short, _, _ := strings.Cut(s.Hostname, ".")
	switch {
	case host == "":
		return "", false
	case host == "localhost":
		return "127.0.0.1", true
	case strings.EqualFold(host, s.Hostname), strings.EqualFold(host, short):
		return "127.0.1.1", true // as /etc/hosts says
	case host == s.IP:
		return host, true
	}
	addr, err := netip.ParseAddr(host)
	return host, err == nil && (addr.IsLoopback() || addr.IsUnspecified())
}

// listens finds what listens on a port of the system.
func (s *System) listens(proto string, port int) (decoy.Listening, bool) {
	open := s.host.Listening()
	for _, l := range open {
		if l.Proto == proto && l.Number == port {
			return l, true
		}
	}
	return decoy.Listening{}, proto == "tcp" && port == 22 && !s.Embedded // as sockets shows it
}

// ask returns what a service of the system's own says to a client. Nothing connects.
func (s *System) ask(port int, said string) (answer string, open bool) {
	l, open := s.listens("tcp", port)
	if open && l.Inside != nil {
		answer = l.Inside(said)
	}
	return answer, open
}

func (c *call) pingOwn(host, address, times string) int {
	count := 4
	if c.Interactive {
		count = 15
	}
	if times != "" {
		fmt.Sscan(times, &count)
	}
	count = min(max(count, 1), 15)
	if c.sys.BusyBox {
		c.printf("PING %s (%s): 56 data bytes\n", host, address)
	} else {
		c.printf("PING %s (%s) 56(84) bytes of data.\n", host, address)
	}
	from := address
	if host != address {
		from = host + " (" + address + ")"
	}
	r := c.sys.host.Rand("ping/" + c.sys.host.Now().String())
	var took []float64
	for n := range count {
		if n > 0 && !c.sleep(time.Second, time.Second) {
			break
		}
		ms := 0.021 + 0.03*r.Float64()
		took = append(took, ms)
		if c.sys.BusyBox {
			c.printf("64 bytes from %s: seq=%d ttl=64 time=%.3f ms\n", address, n, ms)
		} else {
			c.printf("64 bytes from %s: icmp_seq=%d ttl=64 time=%.3f ms\n", from, n+1, ms)
		}
	}
	sum, n := 0.0, float64(len(took))
	for _, ms := range took {
		sum += ms
	}
	if c.sys.BusyBox {
		c.printf("\n--- %s ping statistics ---\n%d packets transmitted, %[2]d packets received, 0%% packet loss\nround-trip min/avg/max = %.3f/%.3f/%.3f ms\n", host, len(took), slices.Min(took), sum/n, slices.Max(took))
		return 0
	}
	c.printf("\n--- %s ping statistics ---\n%d packets transmitted, %[2]d received, 0%% packet loss, time %dms\nrtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", host, len(took), (len(took)-1)*1023, slices.Min(took), sum/n, slices.Max(took), (slices.Max(took)-slices.Min(took))/3)
	return 0
}

// serviceNames are what nc calls the ports.
var serviceNames = map[int]string{21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 80: "http", 110: "pop3", 143: "imap2", 389: "ldap", 443: "https", 3306: "mysql", 5432: "postgresql", 6379: "redis"}

// dialOwn is nc, telnet, ssh and the like to the system itself.
func (c *call) dialOwn(flags map[rune]string, operands []string, user, host, address string) int {
	number := func(text string, usual int) int {
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
		return usual
	}
	second := ""
	if len(operands) > 1 {
		second = operands[1]
	}
	switch c.args[0] {
	case "ssh", "scp", "sftp":
		port := number(flags['p'], 22)
		if c.args[0] != "ssh" {
			port = number(flags['P'], 22)
		}
		return c.sshOwn(cmp.Or(flags['l'], user), host, address, port)
	case "nc":
		return c.scanOwn(flags, host, address, second)
	case "telnet":
		c.printf("Trying %s...\n", address)
		answer, open := c.sys.ask(number(second, 23), "")
		if !open {
			return c.fail(1, "Unable to connect to remote host: Connection refused")
		}
		c.printf("Connected to %s.\nEscape character is '^]'.\n%sConnection closed by foreign host.\n", host, answer)
		return 1
	}
	if _, open := c.sys.ask(number(second, 21), ""); !open {
		fmt.Fprintf(c.err, "ftp: Can't connect to `%s:%d': Connection refused\n", address, number(second, 21))
		return 1
	}
	return 0
}

// scanOwn is nc.
func (c *call) scanOwn(flags map[rune]string, host, address, ports string) int {
	first, last, span := strings.Cut(ports, "-")
	from, err := strconv.Atoi(first)
	to := from
	if span && err == nil {
		to, err = strconv.Atoi(last)
	}
	if err != nil || from < 1 || to > 65535 || from > to {
		return c.fail(1, "port number invalid: %s", ports)
	}
	shown := host
	if host != address {
		shown = host + " (" + address + ")"
	}
	proto := "tcp"
	if flags['u'] != "" {
		proto = "udp"
	}
	status := 1
	for port := from; port <= to; port++ {
		if !c.budget.step(c.ctx, c.depth) {
			break
		}
		l, open := c.sys.listens(proto, port)
		switch {
		case open && flags['v'] != "":
			fmt.Fprintf(c.err, "Connection to %s %d port [%s/%s] succeeded!\n", shown, port, proto, cmp.Or(serviceNames[port], "*"))
			status = 0
		case open:
			status = 0
		case flags['v'] != "" && proto == "tcp":
			fmt.Fprintf(c.err, "nc: connect to %s port %d (tcp) failed: Connection refused\n", shown, port)
		}
		if open && flags['z'] == "" {
			said := ""
			if !c.atTerminal() {
				said = c.input()
			}
			if l.Inside != nil {
				c.printf("%s", l.Inside(said))
			}
			break
		}
	}
	return status
}

// sshOwn is a login to the system from itself.
func (c *call) sshOwn(user, host, address string, port int) int {
	if l, open := c.sys.listens("tcp", port); !open || l.Service != "" && l.Service != "ssh" {
		fmt.Fprintf(c.err, "ssh: connect to host %s port %d: Connection refused\n", host, port)
		return 255
	}
	if !c.atTerminal() || c.Ask == nil {
		fmt.Fprintln(c.err, "Host key verification failed.")
		return 255
	}
	shown := host
	if host != address {
		shown = host + " (" + address + ")"
	}
	fmt.Fprintf(c.err, "The authenticity of host '%s' can't be established.\nED25519 key fingerprint is SHA256:%s.\nThis key is not known by any other names.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? ", shown, c.sys.host.Hex("ssh-own", 21)+"c")
	if c.line() != "yes" {
		fmt.Fprintln(c.err, "Host key verification failed.")
		return 255
	}
	fmt.Fprintf(c.err, "Warning: Permanently added '%s' (ED25519) to the list of known hosts.\n", host)
	const tries = 3
	for n := range tries {
		secret, err := c.askFor(user + "@" + host + "'s password: ")
		if err != nil {
			return 255
		}
		if account, known := c.account(user); known && c.accepts(user, secret) {
			c.attempt("ssh", user, secret, event.Accepted)
			c.printf("%s", c.sys.Greeting(user, address))
			return c.nested(account, true)
		}
		c.attempt("ssh", user, secret, event.Rejected)
		c.sleep(refusal, refusal)
		if n < tries-1 {
			fmt.Fprintln(c.err, "Permission denied, please try again.")
		}
	}
	fmt.Fprintf(c.err, "%s@%s: Permission denied (publickey,password).\n", user, host)
	return 255
}

// fetchOwn is curl and wget of a port of the system's own.
func (c *call) fetchOwn(flags map[rune]string, whole, host, address, port string) int {
	u, err := url.Parse(whole)
	number, err2 := strconv.Atoi(port)
	if err != nil || err2 != nil {
		return c.fail(3, "(3) URL using bad/illegal format or missing URL")
	}
	curl := c.args[0] == "curl"
	method := "GET"
	switch {
	case curl && flags['X'] != "":
		method = flags['X']
	case curl && flags['I'] != "":
		method = "HEAD"
	case curl && flags['d'] != "":
		method = "POST"
	}
	name, agent := host, "curl/7.88.1"
	if !curl {
		agent = "Wget/1.21.3"
	}
	if u.Port() != "" {
		name += ":" + u.Port()
	}
	said := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n", method, u.RequestURI(), name, agent)
	if data := flags['d']; curl && data != "" {
		said += fmt.Sprintf("Content-Length: %d\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n%s", len(data), data)
	} else {
		said += "\r\n"
	}
	answer, open := c.sys.ask(number, said)
	secure := u.Scheme == "https"
	if l, _ := c.sys.listens("tcp", number); open && secure != (l.Service == "https") {
		answer = "" // who speaks TLS and who doesn't
	}
	head, body, whole2 := strings.Cut(answer, "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/") {
		whole2 = false
	}
	if strings.Contains(strings.ToLower(head), "transfer-encoding: chunked") {
		body = unchunked(body)
	}
	_, line, _ := strings.Cut(strings.SplitN(head, "\r\n", 2)[0], " ") // 200 OK
	code, _ := strconv.Atoi(strings.SplitN(line, " ", 2)[0])
	if curl {
		return c.curlOwn(flags, u, host, port, head, body, code, open, whole2, answer != "")
	}
	return c.wgetOwn(flags, u, host, address, port, line, body, code, open, whole2)
}

func (c *call) curlOwn(flags map[rune]string, u *url.URL, host, port, head, body string, code int, open, whole, spoke bool) int {
	say := func(status int, format string, args ...any) int {
		if flags['s'] == "" || flags['S'] != "" {
			fmt.Fprintf(c.err, "curl: (%d) "+format+"\n", append([]any{status}, args...)...)
		}
		return status
	}
	defer func() { c.printf("%s", written(flags['w'], code, len(body), u.String())) }()
	switch {
	case !open:
		return say(7, "Failed to connect to %s port %s after 0 ms: Couldn't connect to server", host, port)
	case u.Scheme == "https" && !whole:
		return say(35, "error:0A00010B:SSL routines::wrong version number")
	case u.Scheme == "https" && flags['k'] == "" && !slices.Contains(c.args, "--insecure"):
		return say(60, "SSL certificate problem: self-signed certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.")
	case !spoke:
		return say(52, "Empty reply from server")
	case !whole:
		return say(1, "Received HTTP/0.9 when not allowed")
	case code >= 400 && flags['f'] != "":
		return say(22, "The requested URL returned error: %d", code)
	}
	text := body
	switch {
	case flags['I'] != "":
		text = head + "\r\n\r\n"
	case strings.HasPrefix(flags['i'], "y"):
		text = head + "\r\n\r\n" + body
	}
	to := flags['o']
	if flags['O'] != "" {
		to = path.Base(u.Path)
	}
	if to == "" || to == "-" {
		c.printf("%s", text)
		return 0
	}
	if flags['s'] == "" {
		fmt.Fprintf(c.err, "  %% Total    %% Received %% Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n100 %5d  100 %5[1]d    0     0  %6d      0 --:--:-- --:--:-- --:--:-- %6[2]d\n", len(text), len(text)*331)
	}
	if err := c.save(to, text); err != nil {
		return say(23, "Failure writing output to destination")
	}
	return 0
}

// written is what curl's -w has it say at the end: of a transfer that came to nothing too.
func written(format string, code, size int, address string) string {
	return strings.NewReplacer("%{http_code}", fmt.Sprintf("%03d", code), "%{response_code}", fmt.Sprintf("%03d", code), "%{size_download}", strconv.Itoa(size),
		"%{url_effective}", address, `\n`, "\n", `\t`, "\t", `\r`, "\r", "%%", "%").Replace(format)
}

func (c *call) wgetOwn(flags map[rune]string, u *url.URL, host, address, port, line, body string, code int, open, whole bool) int {
	quiet := flags['q'] != ""
	say := func(format string, args ...any) {
		if !quiet {
			fmt.Fprintf(c.err, format, args...)
		}
	}
	if c.sys.BusyBox {
		say("Connecting to %s (%s:%s)\n", host, address, port)
		switch {
		case !open:
			return c.fail(1, "can't connect to remote host (%s): Connection refused", address)
		case !whole:
			return c.fail(1, "error getting response")
		case code >= 400:
			return c.fail(1, "server returned error: HTTP/1.1 %s", line)
		}
	}
	stamp := c.sys.host.Now().Format(time.DateTime)
	if !c.sys.BusyBox {
		say("--%s--  %s\n", stamp, u)
		at := host
		if host != address {
			say("Resolving %s (%[1]s)... %s\n", host, address)
			at = fmt.Sprintf("%s (%[1]s)|%s|", host, address)
		}
		say("Connecting to %s:%s... ", at, port)
		if !open {
			say("failed: Connection refused.\n")
			return 4
		}
		say("connected.\n")
		if u.Scheme == "https" && !strings.Contains(strings.Join(c.args, " "), "--no-check-certificate") {
			say("ERROR: The certificate of ‘%s’ is not trusted.\nERROR: The certificate of ‘%[1]s’ doesn't have a known issuer.\n", host)
			return 5
		}
		say("HTTP request sent, awaiting response... ")
		switch {
		case !whole:
			say("No data received.\n\n")
			return 4
		case code >= 400:
			_, words, _ := strings.Cut(line, " ")
			say("%s\n%s ERROR %d: %s.\n\n", line, stamp, code, words)
			return 8
		}
		say("%s\nLength: %d [text/html]\n", line, len(body))
	}
	to := flags['O']
	if to == "-" {
		say("Saving to: ‘STDOUT’\n\n")
		c.printf("%s", body)
		say("\n%s (102 MB/s) - written to stdout [%d/%[2]d]\n\n", stamp, len(body))
		return 0
	}
	if to == "" {
		if to = path.Base(u.Path); to == "/" || to == "." {
			to = "index.html"
		}
	}
	if err := c.save(to, body); err != nil {
		return c.fail(3, "%s: %s", to, problem(err))
	}
	if c.sys.BusyBox {
		say("saving to '%s'\n%-20s 100%% |********************************| %5d  0:00:00 ETA\n'%[1]s' saved\n", to, to, len(body))
		return 0
	}
	say("Saving to: ‘%s’\n\n%-19.19s 100%%[===================>] %7d  --.-KB/s    in 0s      \n\n%s (102 MB/s) - ‘%[1]s’ saved [%[3]d/%[3]d]\n\n", to, to, len(body), stamp)
	return 0
}

// save writes a file of the user's.
func (c *call) save(to, text string) error {
	if err := c.writable(to); err != nil {
		return err
	}
	if err := c.fs.write(c.abs(to), c.user.name, text, false); err != nil {
		return err
	}
	c.record("file_written", fileFields(c.abs(to), text)...)
	return nil
}

// unchunked takes the chunks' sizes out of a body.
func unchunked(body string) string {
	in := bufio.NewReader(strings.NewReader(body))
	var out strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return out.String()
		}
		size, err := strconv.ParseUint(strings.TrimSpace(line), 16, 20)
		if err != nil || size == 0 {
			return out.String()
		}
		part := make([]byte, size)
		n, _ := io.ReadFull(in, part)
		out.Write(part[:n])
		in.ReadString('\n')
	}
}
