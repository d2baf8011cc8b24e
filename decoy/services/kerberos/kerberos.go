// Package kerberos is the decoy of a key distribution center: a domain controller's, or MIT's on what is no Windows. It knows the people, the realm and the machines that the decky's directory tells of. Each request is
// recorded, and each try of a password in the form in which it is guessed offline. An account that needs no proof, and one that runs a service, give who asks something to guess at: their passwords are in every list, and let
// the guesser into the decky's other services, where it is seen again.
//
// Its messages are a few structures of BER, which package ber reads and writes, and its encryption is a screenful of the standard library: a client's library for all of Kerberos would be the larger part to bound.
package kerberos

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/windows"
)

const (
	changePort  = 464
	maxMessage  = 32 << 10
	maxRecorded = 1024 // bytes of what is no message, in the record
	// maxGrowth is how much longer than the question an answer by UDP may be: who wants more is sent to TCP.
	maxGrowth = 96
)

func init() {
	decoy.Register("kerberos", func(h *decoy.Host) (decoy.Service, error) { return newServer(h), nil })
}

type server struct {
	host     *decoy.Host
	machine  *windows.Machine
	active   bool // a domain controller's
	domain   string
	realm    string
	accounts map[string]*account
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, machine: windows.MachineOf(h), active: h.OS == "windows" || h.OS == "windows_server", domain: bait.AppOf(h).Domain, accounts: map[string]*account{}}
	v.realm = strings.ToUpper(v.domain)
	v.furnish()
	return v
}

// ServeConn answers one client's requests, before each of which its length stands.
func (v *server) ServeConn(_ context.Context, s *decoy.Session) {
	for {
		var head [4]byte
		if n, err := io.ReadFull(s, head[:]); err != nil {
			if n > 0 {
				v.strange(s, head[:n])
			}
			return
		}
		size := binary.BigEndian.Uint32(head[:])
		if size > maxMessage {
			v.strange(s, head[:])
			if !v.active {
				send(s, v.tooLong())
			}
			return
		}
		data, err := io.ReadAll(io.LimitReader(s, int64(size))) // so that who says much and sends little costs little
		if err != nil || len(data) < int(size) {
			v.strange(s, append(head[:], data...))
			return
		}
		answer := v.answer(s, data)
		if answer == nil || !send(s, answer) {
			return
		}
	}
}

func send(s *decoy.Session, answer []byte) bool {
	_, err := s.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...))
	return err == nil
}

// ServePacket answers one datagram.
func (v *server) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	answer := v.answer(s, data)
	if len(answer) > len(data)+maxGrowth {
		q, ok := parse(data)
		if !ok {
			return
		}
		answer = v.refuse(q, tooBig, nil)
	}
	if answer != nil {
		s.Write(answer)
	}
}

// answer answers one message; nil is silence.
func (v *server) answer(s *decoy.Session, data []byte) []byte {
	if s.CatalogPort() == changePort {
		return v.change(s, data)
	}
	q, ok := parse(data)
	switch {
	case !ok:
		v.strange(s, data)
		return nil
	case q.kind == asRequest:
		return v.authenticate(s, q)
	case q.kind == tgsRequest:
		return v.grant(s, q)
	}
	v.strange(s, data)
	return v.refuse(q, badMessageType, nil)
}

func (v *server) strange(s *decoy.Session, data []byte) {
	if len(data) > 0 {
		s.Event("protocol_error", event.Bytes("data", data[:min(len(data), maxRecorded)]))
	}
}

// said are the words of MIT's errors; Windows has none.
var said = map[int64]string{clientUnknown: "CLIENT_NOT_FOUND", serverUnknown: "UNKNOWN_SERVER", badOption: "NO_RIGHTS", etypeUnsupported: "BAD_ENCRYPTION_TYPE", clientRevoked: "LOCKED_OUT", preauthFailed: "PREAUTH_FAILED",
	preauthRequired: "NEEDED_PREAUTH", badIntegrity: "PROCESS_TGS", ticketExpired: "PROCESS_TGS", clockSkew: "PREAUTH_FAILED", padataUnknown: "PROCESS_TGS", genericError: "No client in request", fieldTooLong: ""}

// refuse is the error that answers a request; detail is what it tells beside its number.
func (v *server) refuse(q *request, code int64, detail []byte) []byte {
	now := v.host.Now()
	all := []ber.Node{field(0, number(version)), field(1, number(failure)), field(4, moment(now)), field(5, number(int64(now.Nanosecond()/1000))), field(6, number(code))}
	if !v.active && q.client != nil && code != tooBig {
		all = append(all, field(7, text(q.realm)), field(8, q.client.node()))
	}
	target := q.target
	if target == nil {
		target = &name{serviceName, []string{"krbtgt", v.realm}}
	}
	realm := q.realm
	if realm == "" {
		realm = v.realm
	}
	all = append(all, field(9, text(realm)), field(10, target.node()))
	if words := said[code]; words != "" && !v.active {
		all = append(all, field(11, text(words)))
	}
	if detail != nil {
		all = append(all, field(12, octets(detail)))
	}
	return message(failure, all...)
}

// tooLong is what MIT says to who is no client.
func (v *server) tooLong() []byte { return v.refuse(&request{}, fieldTooLong, nil) }

// change answers who would change a password by port 464: that it may not.
func (v *server) change(s *decoy.Session, data []byte) []byte {
	const head = 6
	if len(data) < head || int(binary.BigEndian.Uint16(data)) != len(data) || len(data) < head+int(binary.BigEndian.Uint16(data[4:])) {
		v.strange(s, data)
		return nil
	}
	target := name{serviceName, []string{"kadmin", "changepw"}}
	fields := []event.Field{event.Int("size", int64(len(data)))}
	code := int64(genericError)
	if t, ok := ticketIn(data[head : head+int(binary.BigEndian.Uint16(data[4:]))]); ok {
		code = badIntegrity
		if granted, _, found := v.openTicket(t); found {
			code = genericError
			fields = append(fields, event.String("user", granted.client.String()))
		}
	}
	s.Event("password_change_request", fields...)
	failed := v.refuse(&request{realm: v.realm, target: &target}, code, []byte("\x00\x03Authentication error"))
	var b bytes.Buffer
	for _, n := range []int{head + len(failed), 1, 0} { // the length, the version, and no proof of the server's
		b.Write(binary.BigEndian.AppendUint16(nil, uint16(n)))
	}
	b.Write(failed)
	return b.Bytes()
}
