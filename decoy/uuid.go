package decoy

import (
	"encoding/binary"
	"encoding/hex"
	"time"
)

// UUID returns a UUID of version 1 or 4 that is always the same for the decky and purpose. One of version 1 tells when the host was installed, and its network card, as those of
// programs do that were set up then.
func UUID(h *Host, purpose string, version int) string {
	u := UUIDBytes(h, purpose, version)
	return FormatUUID(u)
}

// UUIDBytes is [UUID] as 16 bytes, for who writes it in another way.
func UUIDBytes(h *Host, purpose string, version int) [16]byte {
	u := [16]byte(h.Bytes("uuid/"+purpose, 16))
	if version == 1 {
		// Some minutes after the system, in units of 100 ns since the calendar was reformed.
		reform := time.Date(1582, time.October, 15, 0, 0, 0, 0, time.UTC)
		after := time.Duration(binary.BigEndian.Uint32(u[:4]))%3600*time.Second + time.Duration(binary.BigEndian.Uint32(u[4:8])%1e7*100)
		t := uint64(h.Installed().Unix()-reform.Unix())*1e7 + uint64(after/100)
		binary.BigEndian.PutUint32(u[:], uint32(t))
		binary.BigEndian.PutUint16(u[4:], uint16(t>>32))
		binary.BigEndian.PutUint16(u[6:], uint16(t>>48))
		u[10] |= 1 // no card's
		if card := Once(h, "uuid/card", h.Card); len(card) == 6 {
			copy(u[10:], card)
		}
	}
	u[6], u[8] = u[6]&0x0f|byte(version)<<4, u[8]&0x3f|0x80
	return u
}

// FormatUUID writes a UUID as text.
func FormatUUID(u [16]byte) string {
	text := hex.EncodeToString(u[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
