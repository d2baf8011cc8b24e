package tpkt

import (
	"bytes"
	"errors"
	"testing"
)

func TestFramesComeBack(t *testing.T) {
	packet, err := Read(bytes.NewReader(Data([]byte("abc"))))
	if err != nil || string(packet) != "\x02\xf0\x80abc" {
		t.Errorf("%q, %v", packet, err)
	}
	if _, err := Read(bytes.NewReader([]byte("GET / HTTP/1.0\r\n"))); !errors.Is(err, ErrFraming) {
		t.Errorf("what is no frame: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(Data([]byte("abc")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if packet, err := Read(bytes.NewReader(data)); len(packet) > len(data) {
			t.Fatalf("%d bytes of %d, %v", len(packet), len(data), err)
		}
	})
}
