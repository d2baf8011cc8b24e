package realism

import "strings"

// What the protocols of lines have in common: a greeting, an answer to a command that there is not, a refusal.

func ftpProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	banner := c.reply()
	p.greeting(banner)
	if banner != "" && !strings.HasPrefix(banner, "220") {
		p.found("bad-greeting", High, "%q is not how FTP greets", banner)
	}
	p.unknown(c, "500", "502", "530", "550")
	c.say("USER " + unlikely())
	if strings.HasPrefix(c.reply(), "331") {
		c.say("PASS " + unlikely())
		if strings.HasPrefix(c.reply(), "230") {
			p.found("any-password", High, "it lets in whoever gives a password that nobody can have chosen")
		}
	}
}

// unknown sends a command that there is not. The answer has to begin with one of those that products give.
func (p *probe) unknown(c *conn, begins ...string) {
	c.say("XYZZY")
	said := c.reply()
	for _, b := range begins {
		if strings.HasPrefix(said, b) {
			return
		}
	}
	p.found("bad-refusal", Medium, "no product answers a command that there is not by %q", said)
}

func smtpProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	banner := c.reply()
	p.greeting(banner)
	if fields := strings.Fields(banner); len(fields) > 1 && fields[0] == "220" {
		p.seen.name(p.endpoint.Service, fields[1])
	} else if banner != "" {
		p.found("bad-greeting", High, "%q is not how SMTP greets", banner)
	}
	c.say("EHLO scanner.example")
	if said := c.reply(); !strings.HasPrefix(said, "250") {
		p.found("bad-answer", High, "it answers EHLO by %q", said)
	}
	p.unknown(c, "500", "502", "503", "530")
}

func pop3Probe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	banner := c.line()
	p.greeting(banner)
	if banner != "" && !strings.HasPrefix(banner, "+OK") {
		p.found("bad-greeting", High, "%q is not how POP3 greets", banner)
	}
	c.say("XYZZY")
	if said := c.line(); !strings.HasPrefix(said, "-ERR") {
		p.found("bad-refusal", Medium, "no product answers a command that there is not by %q", said)
	}
}

func imapProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	banner := c.line()
	p.greeting(banner)
	if banner != "" && !strings.HasPrefix(banner, "* OK") {
		p.found("bad-greeting", High, "%q is not how IMAP greets", banner)
	}
	c.say("a1 XYZZY")
	if said := c.line(); !strings.HasPrefix(said, "a1 BAD") && !strings.HasPrefix(said, "* BAD") {
		p.found("bad-refusal", Medium, "no product answers a command that there is not by %q", said)
	}
}

func redisProbe(p *probe) {
	c, err := p.dial()
	if err != nil {
		return
	}
	defer c.Close()
	c.say("XYZZY")
	if said := c.line(); !strings.HasPrefix(said, "-ERR unknown command") && !strings.HasPrefix(said, "-NOAUTH") {
		p.found("bad-refusal", High, "Redis does not answer a command that there is not by %q", said)
	}
	c.say("INFO server")
	for range 40 {
		text := c.line()
		if id, ok := strings.CutPrefix(text, "run_id:"); ok {
			if len(id) != 40 {
				p.found("bad-run-id", Medium, "%q is no run ID of Redis", id)
			}
			p.mark("run-id", id)
			return
		}
		if text == "" || strings.HasPrefix(text, "-") {
			return
		}
	}
}
