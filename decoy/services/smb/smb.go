// Package smb is the decoy of Windows file sharing: SMB 2 and 3 as Windows or Samba speak them, by hand, and as much of SMB 1 as its attackers do, and its names by NetBIOS. It lists its shares to anybody, lets a guest read the
// bait, and records every NTLM proof of a password, every file that is asked for and what is written.
package smb

import (
	"context"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/epm"
	"decnet/decoy/services/internal/windows"
)

func init() {
	decoy.Register("smb", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// The bounds of a client's messages and of what it may have open.
const (
	maxMessage         = 1 << 20 // what the server says that it reads and writes at once; more stands around it
	maxMessageStranger = 64 << 10
	overhead           = 4 << 10
	maxSessions        = 8
	maxTrees           = 16
	maxOpen            = 128
	maxKept            = 1 << 20  // of the bytes that one client writes
	maxMemory          = 16 << 20 // of what all clients write
	maxLong            = 8 << 20  // of the long messages of all clients
	loginTime          = 60 * time.Second
	busyTime           = 20 * time.Second // that a client waits for the memory that others have
)

// sessionPort is where NetBIOS stands before SMB.
const sessionPort = 139

type server struct {
	host    *decoy.Host
	machine *windows.Machine
	app     *bait.App
	guid    []byte
	shares  []share
	guest   bool                // strangers are let in as a guest
	signs   bool                // and wants clients to
	legacy  bool                // SMB 1 is on
	memory  *semaphore.Weighted // of what clients write
	long    *semaphore.Weighted // of their long messages
	card    func() []byte       // the address of the network card

	accountList func() []windows.Account // of the domain
	principals  func() []principal       // all that the domain has
	mapper      func() *epm.Mapper       // of its services
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, machine: windows.MachineOf(h), app: bait.AppOf(h), guid: h.Bytes("smb-guid", 16), memory: semaphore.NewWeighted(maxMemory), long: semaphore.NewWeighted(maxLong)}
	v.card = sync.OnceValue(func() []byte { return cardOf(h, v.machine) })
	v.accountList = sync.OnceValue(func() []windows.Account { return windows.Accounts(h, v.machine.Controller) })
	v.principals = sync.OnceValue(v.everybody)
	v.mapper = sync.OnceValue(func() *epm.Mapper { return epm.New(h) })
	v.guest = !v.machine.Real || decoy.Pick(h, "smb-guest", true, true, false)
	v.signs = v.machine.Controller
	// The last releases that come with SMB 1 switched on.
	v.legacy = (v.machine.Build == 14393 || v.machine.Build == 9600) && decoy.Pick(h, "smb-legacy", true, true, false)
	v.shares = v.makeShares()
	return v
}

// conn is one connection.
type conn struct {
	server   *server
	s        *decoy.Session
	called   bool              // by a NetBIOS name
	dialect  uint16            // 0 before the negotiation
	client   [16]byte          // what it calls itself
	preauth  [sha512.Size]byte // of the negotiation
	sessions map[uint64]*session
	next     uint64 // of the numbers of sessions, trees and files
	kept     int
	changes  changes
	services map[string]bool // that it has made
	login    bool            // somebody is let in
	legacy   *legacy         // nil unless SMB 1 is spoken
	partial  dcerpc.Parts
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &conn{server: v, s: s, sessions: map[uint64]*session{}, changes: changes{map[*node][]*node{}, map[*node]bool{}}, services: map[string]bool{}}
	s.SetReadDeadline(time.Now().Add(loginTime))
	defer c.closeAll()
	for {
		message, err := c.read(ctx)
		if err != nil {
			if errors.Is(err, errFraming) {
				c.strange(message)
			}
			return
		}
		if len(message) == 0 {
			continue
		}
		reply, ok := c.answer(message)
		if len(message) > maxMessageStranger {
			v.long.Release(int64(len(message)))
		}
		if len(reply) > 0 && c.write(reply) != nil || !ok {
			return
		}
	}
}

var errFraming = errors.New("smb: that is not SMB")

// read returns the next message; one of NetBIOS alone is answered here, and is empty.
func (c *conn) read(ctx context.Context) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.s, head[:]); err != nil {
		return nil, err
	}
	limit := maxMessageStranger
	if c.login {
		limit = maxMessage + overhead
	}
	size := int(binary.BigEndian.Uint32(head[:]) & 0xffffff)
	if size > limit || head[0] != 0 && size > maxMessageStranger {
		return head[:], errFraming
	}
	if size > maxMessageStranger {
		ctx, cancel := context.WithTimeout(ctx, busyTime)
		defer cancel()
		if err := c.server.long.Acquire(ctx, int64(size)); err != nil {
			return nil, fmt.Errorf("waiting for memory that other clients have: %w", err)
		}
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(c.s, body); err != nil {
		if size > maxMessageStranger {
			c.server.long.Release(int64(size))
		}
		return nil, err
	}
	switch head[0] {
	case 0:
		if len(body) < 4 {
			return append(head[:], body...), errFraming
		}
		if c.s.CatalogPort() == sessionPort && c.server.machine.Real && !c.called {
			// Samba doesn't mind.
			c.s.Write([]byte{0x83, 0, 0, 1, 0x8f})
			return append(head[:], body...), errFraming
		}
		return body, nil
	case 0x81:
		if c.s.CatalogPort() != sessionPort {
			break
		}
		// A client calls the server by a name, which is *SMBSERVER to most.
		c.s.Event("netbios_session", event.String("called", nameOf(body, 0)), event.String("calling", nameOf(body, 34)))
		c.called = true
		_, err := c.s.Write([]byte{0x82, 0, 0, 0})
		return nil, err
	case 0x85: // still there
		return nil, nil
	}
	return append(head[:], body...), errFraming
}

// nameOf decodes a NetBIOS name: each of its bytes stands as two letters.
func nameOf(body []byte, at int) string {
	if at+33 > len(body) || body[at] != 32 {
		return ""
	}
	name := make([]byte, 15)
	for i := range name {
		name[i] = (body[at+1+2*i]-'A')<<4 | (body[at+2+2*i]-'A')&15
	}
	return string(name)
}

func (c *conn) write(message []byte) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	_, err := c.s.Write(append(head, message...))
	return err
}

// answer answers one message; it tells whether to go on.
func (c *conn) answer(message []byte) (reply []byte, ok bool) {
	switch string(message[:4]) {
	case "\xffSMB":
		if c.legacy != nil {
			return c.legacyCommand(message)
		}
		return c.oldNegotiate(message)
	case "\xfeSMB":
		return c.chain(message)
	}
	c.strange(message)
	return nil, false
}

// strange records what is not the protocol.
func (c *conn) strange(data []byte) {
	c.s.Event("protocol_error", event.Bytes("data", data[:min(len(data), 1024)]))
}

// number returns one that is new in the connection.
func (c *conn) number() uint64 {
	c.next++
	return c.next
}

// closeAll ends what is open, so that what was written is recorded.
func (c *conn) closeAll() {
	for _, s := range c.sessions {
		c.closeSession(s)
	}
	c.server.memory.Release(int64(c.kept))
}

// drop ends a session.
func (c *conn) drop(s *session) {
	c.closeSession(s)
	delete(c.sessions, s.id)
}

func (c *conn) closeSession(s *session) {
	for _, o := range s.open {
		c.closeFile(o)
	}
	clear(s.open)
}
