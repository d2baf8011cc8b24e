// Package ftp is the decoy of a file server: vsftpd, ProFTPD, Pure-FTPd or Microsoft's. Logins are recorded; the guest or a weak login may
// enter and finds a few files that exist in memory alone. What is uploaded is measured and hashed. Data connections are only
// ever taken in, never made, so nobody can point the decky at a third host.
package ftp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
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
	delay     time.Duration // before a refused login is told
}

func newService(h *decoy.Host) *service {
	v := &service{host: h, product: productOf(h), files: treeOf(h), delay: time.Second}
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
			s.Event(event.CommandRun, event.Bytes(event.Command, line[:256]))
			c.say("500 Input line too long.")
			return
		}
		if err != nil {
			return
		}
		command, argument := parse(line)
		if command == "" {
			continue
		}
		text := command
		if argument != "" && command != "PASS" { // the secret is recorded as such
			text += " " + argument
		}
		s.Event(event.CommandRun, event.String(event.Command, text))
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
			"{time}", c.host.Now().Format("15:04"), "{users}", fmt.Sprint(1+c.host.Rand("ftp-users").IntN(4)), "{mode}", c.mode(), "{path}", c.here)
		for i := 1; i < len(replace); i += 2 { // what the client sends must not begin a line of its own
			replace[i] = strings.NewReplacer("\r", "", "\n", "").Replace(replace[i])
		}
		text = strings.NewReplacer(replace...).Replace(text)
	}
	_, err := io.WriteString(c.s, strings.ReplaceAll(text, "\n", "\r\n")+"\r\n")
	return err
}

func (c *client) mode() string {
	if c.ascii {
		return "ASCII"
	}
	return "BINARY"
}

// obey does what a command says and tells whether the conversation goes on.
func (c *client) obey(ctx context.Context, command, argument string) bool {
	p := &c.product
	switch command {
	case "USER":
		c.user, c.logged, c.files = argument, false, nil
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
	case "SYST":
		if c.logged || p.dos {
			return c.say(p.system) == nil
		}
	case "NOOP":
		if c.logged || p.dos {
			return c.say(p.noop) == nil
		}
	case "HELP":
		if c.logged || !p.zeroDay {
			return c.say(p.help) == nil
		}
	case "OPTS":
		if strings.EqualFold(argument, "UTF8 ON") {
			return c.say("200 Always in UTF8 mode.") == nil
		}
	case "AUTH", "PBSZ", "PROT":
		return c.say(p.security) == nil
	}
	if !c.logged {
		return c.say(p.loginFirst) == nil
	}
	return c.inside(ctx, command, argument) == nil
}

// isGuest tells whether who is named may enter without a password.
func (c *client) isGuest() bool {
	name := strings.ToLower(c.user)
	return c.service.anonymous && (name == "anonymous" || name == "ftp" && c.service.user != "ftp")
}

func (c *client) login(ctx context.Context, secret string) bool {
	p := &c.product
	if c.user == "" {
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
	timer := time.NewTimer(c.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	c.user = ""
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
