package kerberos

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The examples of RFC 3961 (A.1) and RFC 3962 (B).
func TestPublishedExamples(t *testing.T) {
	for text, want := range map[string]string{"kerberos": "6b65726265726f737b9b5b2b93132b93", "password": "78a07b6caf85fa", "Rough Consensus, and Running Code": "bb6ed30870b7f0e0", "MASSACHVSETTS INSTITVTE OF TECHNOLOGY": "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b"} {
		if got := hex.EncodeToString(fold([]byte(text), len(want)/2)); got != want {
			t.Errorf("%q is folded to %s, want %s", text, got, want)
		}
	}
	const salt = "ATHENA.MIT.EDUraeburn" // not of the RFC's number of rounds: that is MIT's and Microsoft's
	for etype, want := range map[int64]string{aes128: "fca822951813fb252154c883f5ee1cf4", aes256: "01b897121d933ab44b47eb5494db15e50eb74530dbdae9b634d65020ff5d88c1"} {
		if got := hex.EncodeToString(keyOf(etype, "password", salt)); got != want {
			t.Errorf("the key of %d is %s, want %s", etype, got, want)
		}
	}
	if got := hex.EncodeToString(keyOf(rc4HMAC, "foo", "")); got != "ac8e657f83df82beea5d43bdaf7800cc" {
		t.Errorf("the key of RC4 is %s", got)
	}
}

func TestWhatIsSealedOpensWithItsKeyAlone(t *testing.T) {
	for _, etype := range strongest {
		key := random(keySize(etype))
		for size := 1; size < 100; size++ {
			plain := random(size)
			data := seal(etype, key, usageReply, plain)
			got, err := open(etype, key, usageReply, data)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("%d bytes by %d come back as %x, %v, want %x", size, etype, got, err, plain)
			}
			if _, err := open(etype, key, usageTicket, data); err == nil {
				t.Fatalf("%d opens for another use", etype)
			}
			data[len(data)/2] ^= 1
			if _, err := open(etype, key, usageReply, data); err == nil {
				t.Fatalf("%d opens changed", etype)
			}
		}
	}
}
