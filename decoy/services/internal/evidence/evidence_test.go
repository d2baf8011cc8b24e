package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

func TestBodyIsMeasuredWholeAndKeptInPart(t *testing.T) {
	var b Body
	content := bytes.Repeat([]byte("0123456789"), 20000)
	for rest := content; len(rest) > 0; {
		n := min(len(rest), 777)
		b.Write(rest[:n])
		rest = rest[n:]
	}
	want := sha256.Sum256(content)
	if got := hex.EncodeToString(b.sum.Sum(nil)); got != hex.EncodeToString(want[:]) || b.Size != int64(len(content)) || !bytes.Equal(b.Head, content[:Kept]) {
		t.Errorf("%d bytes, %d of them kept, hash %s", b.Size, len(b.Head), got)
	}
}
