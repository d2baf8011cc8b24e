// Package ftp is the decoy of a file server: vsftpd, ProFTPD, Pure-FTPd or Microsoft's. Logins are recorded; the guest or a weak login may
// enter and finds a few files that exist in memory alone. What is uploaded is measured and hashed. Data connections are only
// ever taken in, never made, so nobody can point the decky at a third host.
package ftp

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
)

const (
	maxLine  = 4096
	maxTries = 3
	loginBy  = time.Minute
)

func init() {
	decoy.Register("ftp", func(h *decoy.Host) (decoy.Service, error) { return newService(h), nil })
}

type service struct {
	host      *decoy.Host
	product   product
	files     tree
	anonymous bool
	user      string // of the weak login; "" is none
	secret    string
}

func newService(h *decoy.Host) *service {
	v := &service{host: h, product: productOf(h), files: treeOf(h)}
	r := h.Rand("ftp-logins")
	if v.anonymous = r.IntN(3) == 0; v.anonymous {
		v.product.banner = strings.Replace(v.product.banner, "220-This is a private system - No anonymous login\n", "", 1)
	}
	if r.IntN(3) > 0 {
		login := [][2]string{{"ftp", "ftp"}, {"ftpuser", "ftpuser"}, {"backup", "backup"}, {"test", "test"}, {"admin", "admin"}, {"web", "web123"}, {"ftpuser", "123456"}, {"upload", "upload"}}[r.IntN(8)]
		v.user, v.secret = login[0], login[1]
	}
	return v
}

// client is one control connection.
type client struct {
	*service
	s       *decoy.Session
	files   tree // the session's own: uploads are seen by who made them alone
	user    string
	logged  bool
	guest   bool
	here    string
	ascii   bool
	passive *passive
	tries   int
	uploads int
	changes int  // of the files
	active  bool // the client has named a port of its own, to which nothing will connect
	port    int  // that, or of the last data connection
	offset  int64
	moving  string // what RNFR has named
	up      int64  // bytes, of which some products tell at the end
	down    int64
}

// MaxConnections is what the product takes of one address.
func (v *service) MaxConnections() int { return v.product.most }

// ServeConn answers one client.
func (v *service) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &client{service: v, s: s, here: "/", ascii: true}
	defer func() { c.passive.close() }()
	in := bufio.NewReaderSize(s, maxLine)
	if s.Crowded() {
		if v.product.crowded != "" {
			c.say(v.product.crowded)
		}
		return
	}
	if c.say(v.product.banner) != nil {
		return
	}
	for {
		if !c.logged {
			s.SetReadDeadline(time.Now().Add(loginBy))
		} else {
			s.SetReadDeadline(time.Time{})
		}
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			verb, rest, _ := bytes.Cut(line[:256], []byte(" ")) // behind PASS, it is a secret
			s.Event(event.CommandRun, event.Bytes(event.Command, verb), event.Bytes("data", rest))
			c.say("500 Input line too long.")
			return
		}
		if err != nil {
			return
		}
		command, argument := parse(line)
		if command == "" && (len(bytes.TrimRight(line, "\r\n")) == 0 || !v.product.plain) {
			if v.product.answers[""].bare != "" && c.say(v.product.answers[""].bare) != nil {
				return
			}
			continue
		}
		verb, _, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		text := command
		if argument != "" && command != "PASS" { // the secret is recorded as such
			text += " " + argument
		}
		s.Event(event.CommandRun, event.String(event.Command, text))
		if slices.Contains(v.product.hangUp, command) && (verb == command || !v.product.exact) && (c.logged || !v.product.plain) {
			if v.product.hangUpText != "" {
				c.say(v.product.hangUpText, "{verb}", strings.ToLower(command))
			}
			return
		}
		if !c.obey(ctx, command, argument) {
			return
		}
	}
}

// parse splits a line into the command, in capitals, and its argument. Telnet's interrupt before ABOR is left out.
func parse(line []byte) (command, argument string) {
	line = bytes.TrimLeftFunc(line, func(r rune) bool { return r == 0xfffd })
	text := strings.TrimRight(string(line), "\r\n")
	command, argument, _ = strings.Cut(text, " ")
	return strings.ToUpper(command), argument
}

// say sends a reply; each line of it ends as the protocol wants.
func (c *client) say(text string, replace ...string) error {
	if strings.Contains(text, "{") {
		replace = append(replace, "{host}", c.host.Hostname, "{ip}", c.s.Local().Addr().Unmap().String(), "{peer}", c.s.Peer().Addr().Unmap().String(),
			"{time}", c.host.Now().Format("15:04"), "{users}", fmt.Sprint(1+c.host.Rand("ftp-users").IntN(4)), "{mode}", c.mode(), "{path}", c.here, "{user}", c.user, "{version}", c.product.version,
			"{site}", c.product.site, "{type}", c.kind(), "{offset}", fmt.Sprint(c.offset), "{port}", fmt.Sprint(c.port), "{up}", kilobytes(c.up), "{down}", kilobytes(c.down))
		for i := 1; i < len(replace); i += 2 { // what the client sends must not begin a line of its own
			replace[i] = strings.NewReplacer("\r", "", "\n", "").Replace(replace[i])
		}
		text = strings.NewReplacer(replace...).Replace(text)
	}
	_, err := io.WriteString(c.s, strings.ReplaceAll(text, "\n", "\r\n")+"\r\n")
	return err
}

func (c *client) mode() string {
	if c.ascii && !c.product.plain {
		return "ASCII"
	}
	return "BINARY"
}

// kind is the type of transfer that the client has chosen, as STAT and TYPE tell it.
func (c *client) kind() string {
	switch {
	case c.ascii:
		return "ASCII"
	case strings.HasPrefix(c.product.binary, "200 TYPE is now "):
		return "8-bit binary"
	}
	return "BINARY"
}

// kilobytes is a number of bytes in kilobytes that are begun.
func kilobytes(n int64) string { return fmt.Sprint((n + 1023) / 1024) }

// obey does what a command says and tells whether the conversation goes on.
func (c *client) obey(ctx context.Context, command, argument string) bool {
	p := &c.product
	if words := strings.SplitN(argument, " ", 3); c.logged && command == "SITE" && len(words) == 3 && strings.EqualFold(words[0], "CHMOD") && c.denied(command, argument) == "" {
		reply := p.changes.chmod
		if _, exists := c.files[c.resolve(words[2])]; !exists {
			reply = p.changes.chmodMissing
		}
		return c.say(cmp.Or(reply, p.unknown), "{name}", words[2], "{cmd}", command) == nil
	}
	if text := p.fixed(command, argument, c.logged); text != "" {
		if denied := c.denied(command, argument); denied != "" {
			text = denied
		}
		word, second, _ := strings.Cut(argument, " ")
		return c.say(text, "{arg}", argument, "{ARG}", strings.ToUpper(argument), "{WORD}", strings.ToUpper(word), "{word2}", second, "{opts}", "MLST OPTS "+strings.TrimSpace(second), "{name}", argument) == nil
	}
	if c.logged || slices.Contains(p.early, command) {
		switch command {
		case "SYST":
			return c.say(p.system) == nil
		case "NOOP":
			return c.say(p.noop) == nil
		case "HELP":
			if verb := strings.ToUpper(argument); p.exact && verb != "" && !strings.Contains(p.help, " "+verb+" ") && !strings.Contains(p.help, " "+verb+"* ") {
				return c.say("502 Unknown command '{ARG}'", "{ARG}", verb) == nil
			}
			return c.say(p.help) == nil
		case "TYPE":
			return c.retype(argument) == nil
		}
	}
	switch command {
	case "USER":
		switch {
		case argument == "" && p.noUser != "":
			return c.say(p.noUser) == nil
		case c.logged && c.guest:
			return c.say(p.alreadyGuest) == nil
		case c.logged:
			return c.say(p.already) == nil
		}
		c.user = argument
		guest := c.isGuest()
		if guest && strings.HasPrefix(p.anonymous, "230") {
			c.s.Attempt("plaintext", c.user, nil, event.Accepted)
			c.enter(true)
		}
		if guest {
			return c.say(p.anonymous) == nil
		}
		return c.say(p.password, "{name}", argument) == nil
	case "PASS":
		return c.login(ctx, argument)
	case "QUIT":
		c.say(p.bye)
		return false
	case "FEAT":
		return c.say(p.features) == nil
	case "AUTH", "PBSZ", "PROT":
		if p.exact {
			return c.say(p.unknown, "{cmd}", command) == nil
		}
		return c.say(p.security) == nil
	}
	if !c.logged {
		if p.exact && !strings.Contains(p.help, " "+command+" ") && !slices.Contains([]string{"SMNT", "MFMT", "MFF", "CSID"}, command) { // it does not know the command, and says so to anybody
			return c.say(p.unknown, "{cmd}", command) == nil
		}
		return c.say(p.loginFirst) == nil
	}
	return c.inside(ctx, command, argument) == nil
}

// denied is what the guest hears to a command that would change something; "" is that he may.
func (c *client) denied(command, argument string) string {
	if !c.guest {
		return ""
	}
	word, _, _ := strings.Cut(argument, " ")
	return cmp.Or(c.product.changes.guest[command+" "+strings.ToUpper(word)], c.product.changes.guest[command])
}

// retype answers TYPE.
func (c *client) retype(argument string) error {
	p := &c.product
	switch kind := strings.ToUpper(argument); {
	case kind == "A", kind == "A N", kind == "A T" && !p.plain:
		c.ascii = true
		if p.exact { // it repeats the letter as it came
			return c.say("200 Type set to {letter}", "{letter}", argument[:1])
		}
		return c.say(p.ascii)
	case p.exact && strings.HasPrefix(kind, "L "): // and stays as it is
		return c.say("200 Type set to L")
	case p.keepsUser && strings.HasPrefix(kind, "L "):
		c.ascii = false
		return c.say("200-Missing argument\n{binary}", "{binary}", p.binary)
	case kind == "I", kind == "L 8" || kind == "L8" && !p.exact:
		c.ascii = false
		if p.exact {
			return c.say("200 Type set to {letter}", "{letter}", argument)
		}
		return c.say(p.binary)
	}
	return c.say(p.retype, "{arg}", argument)
}

// isGuest tells whether who is named may enter without a password.
func (c *client) isGuest() bool {
	name := strings.ToLower(c.user)
	return c.service.anonymous && (name == "anonymous" || name == "ftp" && c.service.user != "ftp")
}

func (c *client) login(ctx context.Context, secret string) bool {
	p := &c.product
	switch {
	case c.guest && strings.HasPrefix(p.anonymous, "230"): // he is in already
		c.s.Attempt("plaintext", c.user, []byte(secret), event.Accepted)
		return c.say(p.guest) == nil
	case c.logged:
		c.s.Attempt("plaintext", c.user, []byte(secret), event.Rejected)
		return c.say(p.passAgain) == nil
	case c.user == "":
		c.s.Attempt("plaintext", "", []byte(secret), event.Rejected)
		return c.say(p.userFirst) == nil
	}
	switch {
	case c.isGuest():
		c.s.Attempt("plaintext", c.user, []byte(secret), event.Accepted)
		c.enter(true)
		return c.say(p.guest) == nil
	case c.service.user != "" && c.user == c.service.user && secret == c.service.secret:
		c.s.Attempt("plaintext", c.user, []byte(secret), event.Accepted)
		c.enter(false)
		return c.say(p.welcome, "{name}", c.user) == nil
	}
	c.s.Attempt("plaintext", c.user, []byte(secret), event.Rejected)
	c.tries++
	timer := time.NewTimer(p.wait + rand.N(p.wait/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	if !p.keepsUser {
		c.user = ""
	}
	return c.say(p.refused) == nil && c.tries < maxTries
}

func (c *client) enter(guest bool) {
	c.logged, c.guest, c.here = true, guest, "/"
	c.files = maps.Clone(c.service.files)
}

// Program is the product's.
func (v *service) Program() decoy.Program {
	switch banner := v.product.banner; {
	case strings.Contains(banner, "vsFTPd"):
		return decoy.Program{User: "root", Command: "/usr/sbin/vsftpd /etc/vsftpd.conf"}
	case strings.Contains(banner, "ProFTPD"):
		return decoy.Program{User: "proftpd", Command: "proftpd: (accepting connections)"}
	case strings.Contains(banner, "Pure-FTPd"):
		return decoy.Program{User: "root", Command: "pure-ftpd (SERVER)"}
	}
	return decoy.Program{}
}
