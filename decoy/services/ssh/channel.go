package ssh

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"decnet/decoy"
	"decnet/decoy/event"
	ssh "decnet/decoy/internal/sshwire"
	"decnet/decoy/shell"
	"decnet/decoy/shell/tty"
)

const maxEnv = 2048 // bytes of the variables that a client sets, in the record

// connection is a client that has logged in. Its channels share one machine.
type connection struct {
	service *service
	session *decoy.Session
	conn    *ssh.ServerConn
	machine *shell.Machine
	keys    []ssh.Signer
}

func (c *connection) serve(ctx context.Context, channels <-chan ssh.NewChannel, requests <-chan *ssh.Request) {
	var running sync.WaitGroup
	defer running.Wait()
	defer func() {
		c.conn.Close()
		for range channels { // else who hands them over would wait for ever
		}
	}()
	c.announceKeys()
	running.Go(func() { c.session.Guard(func() { c.global(requests) }) })
	open := make(chan struct{}, maxChannels)
	for {
		select {
		case <-ctx.Done():
			return
		case channel, ok := <-channels:
			if !ok {
				return
			}
			if channel.ChannelType() != "session" {
				c.refuse(channel)
				continue
			}
			select {
			case open <- struct{}{}:
			default:
				c.reject(channel, ssh.ConnectionFailed)
				continue
			}
			running.Go(func() {
				defer func() { <-open }()
				c.session.Guard(func() { c.channel(ctx, channel) })
			})
		}
	}
}

// global answers what is asked of the connection as a whole: forwarding to the client is recorded and refused.
func (c *connection) global(requests <-chan *ssh.Request) {
	for r := range requests {
		if r.Type == "tcpip-forward" {
			var bind struct {
				Host string
				Port uint32
			}
			if ssh.Unmarshal(r.Payload, &bind) == nil {
				c.session.Event("forward", event.String("direction", "remote"), event.String("target", fmt.Sprintf("%s:%d", bind.Host, bind.Port)))
			}
		}
		if r.Type == "hostkeys-prove-00@openssh.com" && r.WantReply && c.service.look.AnnouncesHostKeys {
			proofs, ok := c.proveKeys(r.Payload)
			r.Reply(ok, proofs)
			continue
		}
		if r.WantReply {
			r.Reply(false, nil)
		}
	}
}

// announceKeys tells the client all host keys, as OpenSSH does to let it learn those that it has not yet seen.
func (c *connection) announceKeys() {
	if !c.service.look.AnnouncesHostKeys {
		return
	}
	var blobs []byte
	for _, key := range c.keys {
		blobs = append(blobs, ssh.Marshal(struct{ Blob []byte }{key.PublicKey().Marshal()})...)
	}
	c.conn.SendRequest("hostkeys-00@openssh.com", false, blobs)
}

// proveKeys signs for the keys that the client asks about, each once.
func (c *connection) proveKeys(payload []byte) (proofs []byte, ok bool) {
	left := slices.Clone(c.keys)
	for len(payload) > 0 {
		var ask struct {
			Blob []byte
			Rest []byte `ssh:"rest"`
		}
		if ssh.Unmarshal(payload, &ask) != nil {
			return nil, false
		}
		payload = ask.Rest
		i := slices.IndexFunc(left, func(k ssh.Signer) bool { return bytes.Equal(k.PublicKey().Marshal(), ask.Blob) })
		if i < 0 {
			return nil, false
		}
		key, algorithm := left[i], left[i].PublicKey().Type()
		left = slices.Delete(left, i, i+1)
		if several, is := key.(ssh.MultiAlgorithmSigner); is { // of RSA's the one that the key exchange went by, or the best
			algorithm = several.Algorithms()[0]
			if agreed := c.conn.Conn.(ssh.AlgorithmsConnMetadata).Algorithms().HostKey; slices.Contains(several.Algorithms(), agreed) {
				algorithm = agreed
			}
		}
		signed := ssh.Marshal(struct {
			Purpose       string
			Session, Blob []byte
		}{"hostkeys-prove-00@openssh.com", c.conn.SessionID(), ask.Blob})
		signature, err := key.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, signed, algorithm)
		if err != nil {
			return nil, false
		}
		proofs = append(proofs, ssh.Marshal(struct{ Blob []byte }{ssh.Marshal(signature)})...)
	}
	return proofs, len(proofs) > 0
}

// refuse records a wish to be let through to somewhere else, and says no.
func (c *connection) refuse(channel ssh.NewChannel) {
	if channel.ChannelType() != "direct-tcpip" {
		c.reject(channel, ssh.ConnectionFailed)
		return
	}
	var to struct {
		Host     string
		Port     uint32
		FromHost string
		FromPort uint32
	}
	if ssh.Unmarshal(channel.ExtraData(), &to) == nil {
		c.session.Event("forward", event.String("direction", "local"), event.String("target", fmt.Sprintf("%s:%d", to.Host, to.Port)))
	}
	c.reject(channel, ssh.Prohibited)
}

// reject says no to a channel as the product does.
func (c *connection) reject(channel ssh.NewChannel, reason ssh.RejectionReason) {
	words := "open failed"
	if c.service.system.Embedded { // Dropbear is of few words, and knows another reason
		words = ""
		if reason == ssh.ConnectionFailed && channel.ChannelType() != "session" {
			reason = ssh.UnknownChannelType
		}
	}
	channel.Reject(reason, words)
}

// channel serves one session channel: the requests that prepare it, and then a shell or a command.
func (c *connection) channel(ctx context.Context, fresh ssh.NewChannel) {
	channel, requests, err := fresh.Accept()
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	recording := tty.NewRecording(channel, c.session.Event, c.service.host.Now)
	defer recording.Close()
	var program sync.WaitGroup
	var terminal *tty.Terminal
	defer func() {
		if terminal != nil {
			terminal.Close(c.session.Event)
		}
	}()
	defer program.Wait()
	defer channel.Close()
	defer cancel()
	term := ""
	started := false
	var env []byte
	for r := range requests {
		ok := false
		var work func() // what the request begins, once it is answered
		switch r.Type {
		case "pty-req":
			var pty struct {
				Term          string
				Columns, Rows uint32
			}
			if parsePrefix(r.Payload, &pty.Term, &pty.Columns, &pty.Rows) && terminal == nil {
				term = pty.Term
				columns, rows := size(pty.Columns, 80), size(pty.Rows, 24)
				recording.Start(pty.Term, columns, rows)
				terminal = tty.New(recording)
				terminal.SetSize(columns, rows)
				c.session.Event("pty", event.String("terminal", pty.Term))
				ok = true
			}
		case "window-change":
			var window struct{ Columns, Rows, Width, Height uint32 }
			if terminal != nil && ssh.Unmarshal(r.Payload, &window) == nil {
				columns, rows := size(window.Columns, 80), size(window.Rows, 24)
				terminal.SetSize(columns, rows)
				recording.Resize(columns, rows)
				ok = true
			}
		case "env":
			var variable struct{ Name, Value string }
			if ok = ssh.Unmarshal(r.Payload, &variable) == nil; ok && len(env) < maxEnv {
				env = fmt.Appendf(env, "%s=%s\n", variable.Name, variable.Value)
			}
		case "shell", "exec":
			if started {
				break
			}
			var request struct{ Command string }
			if r.Type == "exec" && ssh.Unmarshal(r.Payload, &request) != nil {
				break
			}
			started, ok = true, true
			work = func() { c.finish(channel, c.run(ctx, channel, terminal, term, r.Type == "shell", request.Command)) }
		case "subsystem":
			var subsystem struct{ Name string }
			if ssh.Unmarshal(r.Payload, &subsystem) != nil {
				break
			}
			c.session.Event("subsystem", event.String("name", subsystem.Name))
			if started || subsystem.Name != "sftp" || c.service.system.Embedded { // firmware comes without
				break
			}
			started, ok = true, true
			work = func() {
				c.serveSFTP(channel)
				c.finish(channel, 0)
			}
		default: // forwarding of X11 or of an agent, a signal, or what there is not
			c.session.Event("channel_request", event.String("request", r.Type))
		}
		if work != nil {
			if len(env) > 0 {
				c.session.Event("env", event.Bytes("env", env[:min(len(env), maxEnv)]))
			}
			ssh.Begin(channel)
		}
		if r.WantReply {
			r.Reply(ok, nil)
		}
		if work != nil {
			program.Go(func() {
				defer channel.Close()
				c.session.Guard(work)
			})
		}
	}
}

// finish tells the client the status of what ran on the channel, and that there is no more output.
func (c *connection) finish(channel ssh.Channel, status int) {
	if c.service.look.EarlyEOF {
		channel.CloseWrite()
	}
	channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
	if !c.service.look.EarlyEOF {
		channel.CloseWrite()
	}
}

// run is the shell or the command of a channel; it returns its status.
func (c *connection) run(ctx context.Context, channel ssh.Channel, terminal *tty.Terminal, term string, interactive bool, command string) int {
	if to, target, is := scpCommand(command); is && terminal == nil {
		return c.serveSCP(channel, command, to, target)
	}
	peer, local := c.session.Peer(), c.session.Local()
	options := shell.Options{User: c.conn.User(), Record: c.session.Event, From: peer.Addr().String(), Vars: map[string]string{
		"SSH_CLIENT":     fmt.Sprintf("%s %d %d", peer.Addr(), peer.Port(), c.session.CatalogPort()),
		"SSH_CONNECTION": fmt.Sprintf("%s %d %s %d", peer.Addr(), peer.Port(), local.Addr(), c.session.CatalogPort()),
	}}
	if terminal != nil {
		options.Vars["SSH_TTY"], options.Vars["TERM"] = "/dev/pts/0", term
	}
	sh := c.machine.New(options)
	switch {
	case interactive && terminal != nil:
		io.WriteString(terminal, c.service.system.Greeting(c.conn.User(), options.From))
		return sh.Interact(ctx, terminal)
	case interactive:
		// A script on the standard input, without a prompt.
		script, _ := io.ReadAll(io.LimitReader(channel, 16<<10))
		command = string(script)
	}
	if terminal != nil {
		sh.RunAt(ctx, terminal, command)
	} else {
		sh.Run(ctx, command, channel, channel, channel.Stderr())
	}
	return sh.Status()
}

// size bounds what a client says of its window; a client without one says 0.
func size(n uint32, usual int) int {
	if n == 0 {
		return usual
	}
	return int(min(n, 1000))
}

// parsePrefix reads a string and two numbers from the beginning of a payload whose rest does not matter.
func parsePrefix(payload []byte, text *string, numbers ...*uint32) bool {
	rest := struct {
		Text string
		Rest []byte `ssh:"rest"`
	}{}
	if ssh.Unmarshal(payload, &rest) != nil || len(rest.Rest) < 4*len(numbers) {
		return false
	}
	*text = strings.ToValidUTF8(rest.Text, "?")
	for i, n := range numbers {
		b := rest.Rest[4*i:]
		*n = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	}
	return true
}
