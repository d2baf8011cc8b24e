package tlswire

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"math/big"
	"testing"
)

func unhex(text string) []byte { return must(hex.DecodeString(text)) }

// The examples of RFC 3713 and RFC 5794.
func TestBlockCiphers(t *testing.T) {
	for _, c := range []struct {
		made             func([]byte) cipher.Block
		key, plain, want string
	}{
		{newCamellia, "0123456789abcdeffedcba9876543210", "0123456789abcdeffedcba9876543210", "67673138549669730857065648eabe43"},
		{newCamellia, "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff", "0123456789abcdeffedcba9876543210", "9acc237dff16d76c20ef7c919e3a7509"},
		{newARIA, "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "d718fbd6ab644c739da95f3be6451778"},
		{newARIA, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "00112233445566778899aabbccddeeff", "f92bd7c79fb72e2f2b8f80c1972d24fc"},
	} {
		block, got := c.made(unhex(c.key)), make([]byte, 16)
		block.Encrypt(got, unhex(c.plain))
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%x, not %s", got, c.want)
		}
		if _, is := block.(*camellia); is {
			if block.Decrypt(got, got); !bytes.Equal(got, unhex(c.plain)) {
				t.Errorf("back it is %x", got)
			}
		}
	}
}

// The example of RFC 7748.
func TestX448(t *testing.T) {
	got := multiply448(unhex("3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3"),
		unhex("06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086"))
	if want := "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f"; hex.EncodeToString(got) != want {
		t.Errorf("%x, not %s", got, want)
	}
}

func TestFiniteFieldsAreSafe(t *testing.T) {
	for name, p := range map[string]*big.Int{"14": modp2048(), "ffdhe2048": ffdhe(0x100), "16": modp4096(), "MariaDB's": mariaPrime()} {
		if half := new(big.Int).Rsh(p, 1); !p.ProbablyPrime(0) || !half.ProbablyPrime(0) {
			t.Errorf("group %s is not of a safe prime", name)
		}
		if _, err := (finite{prime: p}).shared(two, new(big.Int).Sub(p, big.NewInt(1)).Bytes()); err == nil {
			t.Errorf("group %s takes a key of order 2", name)
		}
	}
}

// However many clients come, a server keeps a bounded number of sessions.
func TestSessionsAreBounded(t *testing.T) {
	s := NewSessions()
	for i := range 10 * maxSessions {
		var id [32]byte
		id[0], id[1] = byte(i), byte(i>>8)
		s.keep(id, &session{secret: make([]byte, 48)})
	}
	if len(s.kept) > maxSessions {
		t.Errorf("%d sessions are kept", len(s.kept))
	}
	if s.take(make([]byte, 32)) != nil {
		t.Error("the oldest is still there")
	}
	last := [32]byte{0xff, 0x09}
	if s.take(last[:]) == nil {
		t.Error("the newest is not there")
	}
}
