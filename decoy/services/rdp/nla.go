package rdp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"decnet/decoy/event"
	"decnet/decoy/services/internal/ntlm"
)

var errNoRequest = errors.New("rdp: that is no request of CredSSP")

// credSSP is the version of the protocol that Windows has since 2018.
const credSSP = 6

// prove lets the client prove its password by NLA: the proof is recorded and refused.
func (c *conn) prove() {
	v := c.server
	x := ntlm.NewExchange(v.machine)
	for range 4 {
		raw, err := readDER(c.in)
		if err != nil {
			return
		}
		version := versionOf(raw)
		message := ntlm.Find(raw)
		switch ntlm.Kind(message) {
		case 1:
			challenge := x.Challenge(message, v.host.Now())
			// A client that puts NTLM into SPNEGO wants the answer in it too.
			if wrapped(raw) {
				challenge = ntlm.WrapChallenge(challenge)
			}
			c.s.Event("credssp", event.Int("client_version", int64(version)))
			token := ntlm.DER(0xa1, ntlm.DER(0x30, ntlm.DER(0x30, ntlm.DER(0xa0, ntlm.DER(0x04, challenge)))))
			c.rw.Write(ntlm.DER(0x30, ntlm.DER(0xa0, []byte{2, 1, credSSP}), token))
		case 3:
			proof, err := x.Proof(message)
			if err != nil {
				c.strange(raw)
				return
			}
			proof.Record(c.s, event.Rejected, event.String("cookie", c.cookie), event.Int("credssp_version", int64(version)))
			if version >= 3 {
				// STATUS_LOGON_FAILURE
				c.rw.Write(ntlm.DER(0x30, ntlm.DER(0xa0, []byte{2, 1, credSSP}), ntlm.DER(0xa4, []byte{2, 4, 0xc0, 0, 0, 0x6d})))
			}
			return
		default:
			// Kerberos, or another mechanism first: NTLM is what there is.
			c.s.Event("credssp", event.Int("client_version", int64(version)), event.Bytes("data", raw[:min(len(raw), 1024)]))
			token := ntlm.DER(0xa1, ntlm.DER(0x30, ntlm.DER(0x30, ntlm.DER(0xa0, ntlm.DER(0x04, ntlm.WrapSelection())))))
			c.rw.Write(ntlm.DER(0x30, ntlm.DER(0xa0, []byte{2, 1, credSSP}), token))
		}
	}
}

// readDER returns the next element, with its head.
func readDER(in io.Reader) ([]byte, error) {
	head := make([]byte, 2, 6)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, err
	}
	size := int(head[1])
	if size >= 0x80 {
		more := make([]byte, size-0x80)
		if len(more) == 0 || len(more) > 4 {
			return nil, errNoRequest
		}
		if _, err := io.ReadFull(in, more); err != nil {
			return nil, err
		}
		head = append(head, more...)
		size = int(binary.BigEndian.Uint32(append(make([]byte, 4-len(more)), more...)))
	}
	if head[0] != 0x30 || size > maxPacket {
		return nil, errNoRequest
	}
	body := make([]byte, size)
	_, err := io.ReadFull(in, body)
	return append(head, body...), err
}

// versionOf is the version that a request bears, 0 where there is none.
func versionOf(raw []byte) byte {
	for at := 2; at+5 <= len(raw) && at <= 6; at++ {
		if raw[at] == 0xa0 && raw[at+1] == 3 && raw[at+2] == 2 && raw[at+3] == 1 {
			return raw[at+4]
		}
	}
	return 0
}

// wrapped tells whether the token begins as SPNEGO does.
func wrapped(raw []byte) bool { return bytes.Contains(raw[:min(len(raw), 64)], ntlm.SPNEGO) }
