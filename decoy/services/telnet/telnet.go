// Package telnet is the decoy of a telnet login: of a Linux host, of a small device, of a router, of a Windows server. Every user name and password is
// recorded; weak passwords of the decky's own let an intruder into the make-believe shell of decoy/shell.
package telnet

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/shell"
	"decnet/decoy/shell/tty"
)

const (
	loginTime  = time.Minute // for each question
	maxTries   = 3
	answerTime = time.Second // for a client that knows telnet to answer the first options; most bots don't
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

// manner is how a system behaves at the door: by the options that it begins with, and in what packets, scanners tell the servers apart.
type manner struct {
	first, second []byte // options; between them it waits for the client
	banner        string
	user          string
	password      string
	refusal       string
}

func mannerOf(h *decoy.Host) manner {
	m := manner{
		first:  []byte{do, optTType, do, optSpeed, do, optDisplay, do, optEnviron},
		second: []byte{will, optSGA, do, optNAWS, will, optEcho},
		user:   "login: ", password: "Password: ", refusal: "\nLogin incorrect\n",
	}
	system := shell.SystemOf(h)
	short, _, _ := strings.Cut(h.Hostname, ".")
	if system.BusyBox {
		m.first, m.second = []byte{do, optEcho, do, optNAWS, will, optEcho, will, optSGA}, nil
	}
	switch {
	case h.OS == "cisco":
		return manner{
			first:  []byte{will, optEcho, will, optSGA, do, optTType, do, optNAWS},
			banner: "\n\nUser Access Verification\n\n", user: "Username: ", password: "Password: ", refusal: "% Login invalid\n\n",
		}
	case h.OS == "windows" || h.OS == "windows_server":
		return manner{
			first:  []byte{do, optAuth, will, optEcho, will, optSGA, do, optEnviron, do, optNAWS, do, optBinary, will, optBinary},
			banner: "Welcome to Microsoft Telnet Service \n\n", user: "login: ", password: "password: ", refusal: "The handle is invalid.\n\nLogin Failed\n\n",
		}
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
	recording := tty.NewRecording(client, s.Event, s.Host().Now)
	defer recording.Close()
	terminal := tty.New(recording)
	defer terminal.Close(s.Event)
	var mu sync.Mutex // the terminal reads, and so learns, beside what runs on it
	kind, width, height := "", 80, 24
	client.resize = func(columns, rows int) {
		mu.Lock()
		width, height = columns, rows
		mu.Unlock()
		terminal.SetSize(columns, rows)
		recording.Resize(columns, rows)
	}
	client.named = func(name string) {
		mu.Lock()
		kind = name
		mu.Unlock()
		s.Event("client", event.String("terminal", name))
	}
	if client.begin(v.manner.first...) != nil {
		return
	}
	if len(v.manner.second) > 0 {
		s.SetReadDeadline(time.Now().Add(answerTime))
		client.wait()
		if client.begin(v.manner.second...) != nil {
			return
		}
	}
	io.WriteString(terminal, v.manner.banner)
	for range maxTries {
		s.SetReadDeadline(time.Now().Add(loginTime))
		user, err := terminal.Line(v.manner.user)
		if err != nil {
			return
		}
		if user = strings.TrimSpace(user); user == "" {
			continue
		}
		secret, err := terminal.Secret(v.manner.password)
		if err != nil {
			s.Event("login_abandoned", event.String(event.Principal, user))
			return
		}
		if v.system.Login(s.Peer().Addr(), user, secret) {
			s.Attempt("plaintext", user, []byte(secret), event.Accepted)
			s.SetReadDeadline(time.Time{})
			from := s.Peer().Addr().String()
			mu.Lock()
			recording.Start(kind, width, height)
			mu.Unlock()
			io.WriteString(terminal, v.system.Greeting(user, from))
			machine, leave := v.system.Visit(s.Peer().Addr())
			defer leave()
			machine.New(shell.Options{User: user, Record: s.Event, From: from}).Interact(ctx, terminal)
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
