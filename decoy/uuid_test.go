package decoy_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"decnet/decoy"
	"decnet/decoy/decoytest"
)

func TestUUIDsArePossible(t *testing.T) {
	id := decoytest.Identity()
	id.MAC = "52:54:00:12:34:56"
	h, err := decoy.NewHost(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if u := decoy.UUID(h, "a", 4); u[14] != '4' || !strings.ContainsRune("89ab", rune(u[19])) || u != decoy.UUID(h, "a", 4) || u == decoy.UUID(h, "b", 4) {
		t.Errorf("version 4 is %s", u)
	}
	u := decoy.UUID(h, "a", 1)
	raw, err := hex.DecodeString(strings.ReplaceAll(u, "-", ""))
	if err != nil || u[14] != '1' || !strings.HasSuffix(u, "-525400123456") {
		t.Fatalf("version 1 is %s, %v", u, err)
	}
	units := int64(binary.BigEndian.Uint16(raw[6:])&0x0fff)<<48 | int64(binary.BigEndian.Uint16(raw[4:]))<<32 | int64(binary.BigEndian.Uint32(raw))
	made := time.Date(1582, time.October, 15, 0, 0, 0, 0, time.UTC).Unix() + units/1e7
	if after := made - h.Installed().Unix(); after < 0 || after > 3600 {
		t.Errorf("version 1 is of %v, the system of %v", time.Unix(made, 0).UTC(), h.Installed())
	}
	id.MAC = ""
	if h, err = decoy.NewHost(id, nil); err != nil {
		t.Fatal(err)
	}
	raw, _ = hex.DecodeString(strings.ReplaceAll(decoy.UUID(h, "a", 1), "-", ""))
	if raw[10]&1 == 0 {
		t.Error("without a card, the node may be somebody's card")
	}
}
