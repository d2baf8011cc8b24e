// Package ssh is the decoy of an SSH server: OpenSSH, Dropbear or Cisco's. The protocol is real (decoy/internal/sshwire), with the version, algorithms and keys that the
// decky's system would have. Every password, key and keyboard-interactive answer that is tried is recorded, with the client's version and HASSH.
// Weak passwords of the decky's own let an intruder into the make-believe shell of decoy/shell.
package ssh

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"decnet/decoy"
	"decnet/decoy/event"
	ssh "decnet/decoy/internal/sshwire"
	"decnet/decoy/shell"
)

// The habits of sshd.
const (
	loginGrace  = 2 * time.Minute
	maxChannels = 10
	maxMethods  = 8        // that are told of one connection, of those that are not there
	maxMemory   = 16 << 20 // of the files that all clients upload, while they do
	maxBacklog  = 12 << 20 // of what clients have sent and no program has read
)

func init() {
	decoy.Register("ssh", func(h *decoy.Host) (decoy.Service, error) {
		v := &service{host: h, system: shell.SystemOf(h), look: appearanceOf(h), refusal: refusalDelay, memory: semaphore.NewWeighted(maxMemory), backlog: ssh.NewBacklog(maxBacklog)}
		if h.OS == "embedded" {
			v.refusal = dropbearDelay
		}
		return v, nil
	})
}

// refusalDelay is how long PAM takes to say no.
func refusalDelay() time.Duration { return time.Duration(1500+rand.IntN(1000)) * time.Millisecond }

// dropbearDelay is how long Dropbear does, which knows no PAM.
func dropbearDelay() time.Duration { return time.Duration(250+rand.IntN(100)) * time.Millisecond }

type service struct {
	host    *decoy.Host
	system  *shell.System
	look    appearance
	refusal func() time.Duration
	memory  *semaphore.Weighted // of transfers
	backlog *ssh.Backlog
}

// Prepare makes the host keys, so that the first client sees no delay.
func (v *service) Prepare() { _, _ = v.hostKeys() }

// FromInside is the first line, whatever is said.
func (v *service) FromInside(string) string { return "SSH-2.0-" + v.look.version + v.look.LineEnd }

// ServeConn answers one client.
func (v *service) ServeConn(ctx context.Context, s *decoy.Session) {
	s.SetDeadline(time.Now().Add(loginGrace))
	client := &sniffer{Session: s}
	config := v.config(ctx, s)
	hello, err := config.Hello()
	// Who only looks at the version, as the runtime's own check does, doesn't wait for the keys.
	if err != nil || !client.greet(hello) {
		return
	}
	signers, err := v.hostKeys()
	if err != nil {
		return
	}
	for _, signer := range signers {
		config.AddHostKey(signer)
	}
	rest := &others{}
	config.AuthLogCallback = rest.take
	conn, channels, requests, err := ssh.NewServerConn(client, config)
	rest.record(s)
	if err != nil {
		return
	}
	s.SetDeadline(time.Time{})
	if key := conn.Permissions.Extensions["key"]; key != "" {
		s.Attempt("publickey", conn.User(), []byte(key), event.Accepted)
	}
	machine, leave := v.system.Visit(s.Peer().Addr())
	defer leave()
	c := &connection{service: v, session: s, conn: conn, machine: machine, keys: signers}
	c.serve(ctx, channels, requests)
}

func (v *service) config(ctx context.Context, s *decoy.Session) *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		Config:        ssh.Config{Product: v.look.Product, Backlog: v.backlog},
		MaxAuthTries:  v.look.MaxAuthTries,
		ServerVersion: "SSH-2.0-" + v.look.version,
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return v.login(ctx, s, c.User(), password)
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
			if v.system.Authorized(s.Peer().Addr(), c.User(), line) { // what is recorded once it is proven
				return &ssh.Permissions{Extensions: map[string]string{"key": line}}, nil
			}
			s.Attempt("publickey", c.User(), []byte(line), event.Rejected,
				event.String("key_type", key.Type()), event.String("fingerprint", ssh.FingerprintSHA256(key)))
			return nil, errDenied
		},
	}
	if v.look.Offers("keyboard-interactive") {
		config.KeyboardInteractiveCallback = func(c ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			question := "Password: "
			switch v.host.OS {
			case "bsd":
				question = "Password for " + c.User() + "@" + v.host.Hostname + ":"
			case "cisco":
			default: // without PAM nobody asks, though it is listed
				return nil, errDenied
			}
			answers, err := ask("", "", []string{question}, []bool{false})
			if err != nil || len(answers) != 1 {
				return nil, errDenied
			}
			return v.login(ctx, s, c.User(), []byte(answers[0]))
		}
	}
	return config
}

var errDenied = errors.New("permission denied")

// login records the try and lets weak passwords in, or says no after a natural while.
func (v *service) login(ctx context.Context, s *decoy.Session, user string, password []byte) (*ssh.Permissions, error) {
	if v.system.Login(s.Peer().Addr(), user, string(password)) {
		s.Attempt("plaintext", user, password, event.Accepted)
		return &ssh.Permissions{}, nil
	}
	s.Attempt("plaintext", user, password, event.Rejected)
	timer := time.NewTimer(v.refusal())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, errDenied
}

// others are the tries to log in that no callback sees: by a method that is not there, or by a key of a kind that is not taken. Who only asks which methods there are, and then tries nothing, is one of them.
type others struct {
	user    string
	methods []string
	seen    bool // a try that is recorded by itself
}

func (o *others) take(c ssh.ConnMetadata, method string, err error) {
	if err == nil || errors.Is(err, errDenied) {
		o.seen = true
		return
	}
	o.user = c.User()
	if len(o.methods) < maxMethods && !slices.Contains(o.methods, method) {
		o.methods = append(o.methods, method)
	}
}

func (o *others) record(s *decoy.Session) {
	if len(o.methods) == 0 || o.seen && slices.Equal(o.methods, []string{"none"}) { // which is how most clients begin
		return
	}
	s.Event("auth_method", event.String("user", o.user), event.String("method", strings.Join(o.methods, ",")))
}

// sniffer looks at the first bytes that the client sends, its version and its offer of algorithms, which are not encrypted, and records
// them as soon as they are whole.
type sniffer struct {
	*decoy.Session
	first   []byte
	done    bool
	peeked  []byte // read before the transport reads
	greeted int    // bytes of the greeting that the transport will write once more
}

// greet says hello and waits for the client to say something; false means that it has left.
func (n *sniffer) greet(hello []byte) bool {
	if _, err := n.Session.Write(hello); err != nil {
		return false
	}
	n.greeted = len(hello)
	// One byte, and by the transport one after the other up to the line's end: whoever is refused then has the rest unread, and their connection reset, as by the product.
	buf := make([]byte, 1)
	count, err := n.look(buf)
	n.peeked = buf[:count]
	return err == nil
}

// Write sends what has not been sent by greet. It is called by one goroutine at a time.
func (n *sniffer) Write(p []byte) (int, error) {
	skip := min(n.greeted, len(p))
	n.greeted -= skip
	if skip == len(p) {
		return len(p), nil
	}
	count, err := n.Session.Write(p[skip:])
	return skip + count, err
}

// maxHello is more than a client's first packet takes.
const maxHello = 8 << 10

// Read is called by one goroutine, the transport's.
func (n *sniffer) Read(p []byte) (int, error) {
	if len(n.peeked) > 0 {
		count := copy(p, n.peeked)
		n.peeked = n.peeked[count:]
		return count, nil
	}
	return n.look(p)
}

// look reads, and records the client's hello once it is whole.
func (n *sniffer) look(p []byte) (int, error) {
	count, err := n.Session.Read(p)
	if !n.done {
		n.first = append(n.first, p[:count]...)
		version, offer, whole := hello(n.first)
		stranger := !strings.HasPrefix(version, "SSH-") && bytes.IndexByte(n.first, '\n') >= 0
		if n.done = whole || stranger || err != nil || len(n.first) > maxHello; n.done && version != "" {
			fields := []event.Field{event.String("client_version", version)}
			if offer != nil {
				sum := md5.Sum([]byte(strings.Join(offer, ";")))
				fields = append(fields, event.String("hassh", hex.EncodeToString(sum[:])))
			}
			n.Event("client", fields...)
		}
		if n.done {
			n.first = nil
		}
	}
	return count, err
}

// hello splits the first bytes into the client's version and its offer; whole says that no more is needed.
func hello(first []byte) (version string, offer []string, whole bool) {
	line, packet, ok := bytes.Cut(first, []byte("\n"))
	if !ok {
		return "", nil, false
	}
	offer = clientOffer(packet)
	return string(bytes.TrimRight(line, "\r")), offer, offer != nil
}

// clientOffer reads the key exchange, cipher, MAC and compression names from a KEXINIT packet (RFC 4253, 6 and 7.1), those from the client to
// the server; nil means that it is none.
func clientOffer(packet []byte) []string {
	const header, kexinit, cookie = 5, 20, 16
	if len(packet) < header+1+cookie || packet[header] != kexinit {
		return nil
	}
	rest := packet[header+1+cookie:]
	var lists []string
	for range 8 {
		if len(rest) < 4 {
			return nil
		}
		n := int(rest[0])<<24 | int(rest[1])<<16 | int(rest[2])<<8 | int(rest[3])
		if n > len(rest)-4 {
			return nil
		}
		lists = append(lists, string(rest[4:4+n]))
		rest = rest[4+n:]
	}
	// kex, host key, ciphers ×2, MACs ×2, compression ×2: each pair is client to server first.
	return []string{lists[0], lists[2], lists[4], lists[6]}
}
