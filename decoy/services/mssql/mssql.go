// Package mssql is the decoy of Microsoft SQL Server: its protocol (TDS) by hand, and the data of package bait behind it. Logins are recorded with
// their passwords, logins of Windows accounts with their NTLM proofs, and every statement. Who guesses the password finds what intruders look for:
// the data, and xp_cmdshell, which runs nothing.
package mssql

import (
	"context"
	"errors"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/tinysql"
)

func init() {
	decoy.Register("mssql", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

// conn is one connection.
type conn struct {
	stream
	server    *server
	s         *decoy.Session
	encrypted bool
	loginOnly bool // is encrypted
	version   uint32
	user      string
	db        string
	advanced  bool // sp_configure shows all
	shell     bool // xp_cmdshell is on
	pending   map[string]string
	// parameters are those of the call under way.
	parameters map[string]tinysql.Token
	failed     bool // something in the reply under way
}

// ServeConn answers one client.
func (v *server) ServeConn(ctx context.Context, s *decoy.Session) {
	c := &conn{stream: stream{rw: s}, server: v, s: s, version: tds74, shell: v.shell, pending: map[string]string{}}
	s.SetReadDeadline(time.Now().Add(loginTime))
	if !c.begin(ctx) {
		return
	}
	s.SetReadDeadline(time.Time{})
	c.memory = v.memory
	defer c.release()
	for c.serve() {
	}
}

// begin goes as far as the login; it tells whether the client is let in.
func (c *conn) begin(ctx context.Context) bool {
	for range 3 {
		kind, message, err := c.read(maxMessageStranger)
		if err != nil {
			if len(message) > 0 {
				c.strange(message)
			}
			return false
		}
		switch {
		case kind == msgPrelogin && !c.encrypted:
			if !c.prelogin(ctx, message) {
				return false
			}
		case kind == msgLogin:
			return c.authenticate(message)
		default:
			c.strange(message)
			return false
		}
	}
	return false
}

// serve answers one message; it tells whether to go on.
func (c *conn) serve() bool {
	kind, message, err := c.read(maxMessage)
	if errors.Is(err, errBusy) {
		c.message(tokError, 701, 123, 17, "There is insufficient system memory in resource pool 'default' to run this query.")
		c.done(doneError, 0)
		c.flush()
		return false
	}
	if err != nil {
		if len(message) > 0 {
			c.strange(message)
		}
		return false
	}
	switch kind {
	case msgBatch:
		c.batch(c.textOf(message), tokDone)
	case msgCall:
		c.call(message)
	case msgAttention:
		c.done(doneAttn, 0)
	case msgTransaction:
		c.transaction(message)
	default:
		c.strange(message)
		return false
	}
	return c.flush() == nil
}

// transaction answers a driver's own way to begin and end one.
func (c *conn) transaction(message []byte) {
	if body := c.afterHeaders(message); len(body) >= 2 {
		c.s.Event(event.CommandRun, event.String(event.Command, transactions[body[0]]))
		none, descriptor := []byte{0}, []byte{8, 1, 0, 0, 0, 0x33, 0, 0, 0}
		switch body[0] {
		case 5:
			c.change(changeBegin, descriptor, none)
		case 7:
			c.change(changeCommit, none, descriptor)
		case 8:
			c.change(changeBack, none, descriptor)
		}
	}
	c.done(0, 0)
}

var transactions = map[byte]string{5: "BEGIN TRANSACTION", 7: "COMMIT TRANSACTION", 8: "ROLLBACK TRANSACTION", 9: "SAVE TRANSACTION"}
