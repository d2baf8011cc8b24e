// Package telnet is the decoy of a telnet login: of a Linux host, of a small device, of a router, of a Windows server. Every user name and password is
// recorded; weak passwords of the decky's own let an intruder into the make-believe shell of decoy/shell.
package telnet

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/shell"
)

const (
	loginTime = time.Minute // for each question
	maxTries  = 3
)

func init() {
	decoy.Register("telnet", func(h *decoy.Host) (decoy.Service, error) {
		return &service{system: shell.SystemOf(h), manner: mannerOf(h), refusal: refusalDelay}, nil
	})
}

// refusalDelay is how long login takes to say no.
func refusalDelay() time.Duration { return time.Duration(1500+rand.IntN(1500)) * time.Millisecond }

type service struct {
	system  *shell.System
	manner  manner
	refusal func() time.Duration
}

// manner is what a system says at the door.
type manner struct {
	banner, user, password, refusal string
}

func mannerOf(h *decoy.Host) manner {
	m := manner{user: "login: ", password: "Password: ", refusal: "\nLogin incorrect\n"}
	system := shell.SystemOf(h)
	short, _, _ := strings.Cut(h.Hostname, ".")
	switch {
	case h.OS == "cisco":
		return manner{"\n\nUser Access Verification\n\n", "Username: ", "Password: ", "% Login invalid\n\n"}
	case h.OS == "windows" || h.OS == "windows_server":
		return manner{"Welcome to Microsoft Telnet Service \n\n", "login: ", "password: ", "The handle is invalid.\n\nLogin Failed\n\n"}
	case h.OS == "bsd":
		m.banner = "\nFreeBSD/amd64 (" + h.Hostname + ") (pts/0)\n\n"
	case system.Embedded:
		m.banner = decoy.Pick(h, "telnet-banner", "\n", system.Pretty+"\n\n", "\nWelcome to "+short+"\n\n")
		m.user = decoy.Pick(h, "telnet-user", "login: ", short+" login: ", "(none) login: ")
	case system.ID == "rocky" || system.ID == "centos" || system.ID == "fedora":
		m.banner = "\nKernel " + system.Kernel + " on an " + system.Machine + "\n"
		m.user = short + " login: "
	default:
		m.banner = system.Pretty + "\n"
		m.user = short + " login: "
	}
	return m
}

// ServeConn answers one client.
func (v *service) ServeConn(ctx context.Context, s *decoy.Session) {
	client := newNegotiator(s)
	terminal := shell.NewTerminal(client)
	client.resize = func(columns, rows int) { terminal.SetSize(columns, rows) }
	client.named = func(kind string) { s.Event("client", event.String("terminal", kind)) }
	if client.begin() != nil {
		return
	}
	io.WriteString(terminal, v.manner.banner)
	for range maxTries {
		s.SetReadDeadline(time.Now().Add(loginTime))
		terminal.SetPrompt(v.manner.user)
		user, err := terminal.ReadLine()
		if err != nil {
			return
		}
		if user = strings.TrimSpace(user); user == "" {
			continue
		}
		secret, err := terminal.ReadPassword(v.manner.password)
		if err != nil {
			s.Event("login_abandoned", event.String(event.Principal, user))
			return
		}
		if v.system.Admits(user, secret) {
			s.Attempt("plaintext", user, []byte(secret), event.Accepted)
			s.SetReadDeadline(time.Time{})
			from := s.Peer().Addr().String()
			io.WriteString(terminal, v.system.Greeting(user, from))
			shell.NewMachine(v.system).New(shell.Options{User: user, Record: s.Event, From: from}).Interact(ctx, terminal)
			return
		}
		s.Attempt("plaintext", user, []byte(secret), event.Rejected)
		timer := time.NewTimer(v.refusal())
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		io.WriteString(terminal, v.manner.refusal)
	}
}
