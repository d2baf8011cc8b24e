package realism

import (
	"crypto/sha256"
	"encoding/base64"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// defaults are banners that honeypots come with, and few hosts have any more.
var defaults = []string{
	"SSH-2.0-OpenSSH_6.0p1 Debian-4+deb7u2", "SSH-2.0-OpenSSH_5.1p1 Debian-5", "SSH-2.0-OpenSSH_6.6.1p1 Ubuntu-2ubuntu2", "SSH-2.0-Go", "SSH-2.0-paramiko",
	"220 DiskStation FTP server ready.", "220 ProFTPD 1.2.8 Server", "5.7.16-MySQL-Community-Server", "220 mail.example.com ESMTP",
}

func (p *probe) greeting(said string) {
	switch {
	case said == "":
		p.found("silent", High, "it takes connections and does not greet within %s", patience)
	case slices.ContainsFunc(defaults, func(d string) bool { return strings.HasPrefix(said, d) }):
		p.found("default-banner", High, "%q is what a honeypot says out of the box", said)
	}
	p.seen.system(p.endpoint.Service, said)
}

var sshVersion = regexp.MustCompile(`^SSH-2\.0-[\x21-\x7e]+( [\x20-\x7e]*)?$`)

// instant is how soon no product refuses a password: each waits a moment, or hashes.
const instant = 20 * time.Millisecond

func sshProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	banner := c.line()
	p.greeting(banner)
	if banner != "" && !sshVersion.MatchString(banner) {
		p.found("bad-version", High, "%q is not how SSH names itself", banner)
	}
	c.say("rubbish")
	if strings.Contains(banner, "OpenSSH") {
		if said := c.line(); said != "" && said != "Invalid SSH identification string." && said != "Protocol mismatch." {
			p.found("bad-refusal", High, "OpenSSH does not answer rubbish by %q", said)
		}
	}
	_ = c.Close()

	key, _, accepted := p.sshLogin()
	again, took, _ := p.sshLogin()
	if key == "" {
		key = again // a host under load may be too slow once
	}
	switch {
	case key == "":
		p.found("no-key-exchange", High, "it can't be agreed with on a key")
	case key != again:
		p.found("changing-key", High, "its host key changes from one connection to the next")
	default:
		p.mark("host-key", key)
	}
	if accepted {
		p.found("any-password", High, "it lets in whoever gives a password that nobody can have chosen")
	} else if took > 0 && took < instant {
		p.found("instant-refusal", Medium, "it refuses a password in %s", took.Round(time.Millisecond))
	}
}

// sshLogin tries a password that nobody has, and returns the host's key and how long the refusal took.
func (p *probe) sshLogin() (key string, took time.Duration, accepted bool) {
	c, err := p.dial()
	if err != nil {
		return "", 0, false
	}
	defer c.Close()
	var asked time.Time
	config := &ssh.ClientConfig{
		User: "root",
		Auth: []ssh.AuthMethod{ssh.PasswordCallback(func() (string, error) { asked = time.Now(); return unlikely(), nil })},
		HostKeyCallback: func(_ string, _ net.Addr, k ssh.PublicKey) error {
			sum := sha256.Sum256(k.Marshal())
			key = base64.RawStdEncoding.EncodeToString(sum[:])
			return nil
		},
	}
	client, chans, requests, err := ssh.NewClientConn(c, p.endpoint.address(), config)
	if err == nil {
		go ssh.DiscardRequests(requests)
		go func() {
			for ch := range chans {
				_ = ch.Reject(ssh.Prohibited, "")
			}
		}()
		_ = client.Close()
		return key, 0, true
	}
	if !asked.IsZero() {
		took = time.Since(asked)
	}
	return key, took, false
}

func telnetProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	if b := c.bytes(3); b == nil {
		p.found("silent", High, "it takes connections and says nothing within %s", patience)
		return
	}
	c.say(unlikely())
	c.say(unlikely())
	_ = c.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 4096)
	var said strings.Builder
	for said.Len() < 8192 {
		n, err := c.Read(b)
		said.Write(b[:n])
		if err != nil || strings.Contains(said.String(), "ncorrect") || strings.Contains(said.String(), "ailed") {
			break
		}
	}
	if prompt := strings.TrimSpace(said.String()); strings.HasSuffix(prompt, "$") || strings.HasSuffix(prompt, "#") {
		p.found("any-password", High, "it lets in whoever gives a password that nobody can have chosen")
	}
}
