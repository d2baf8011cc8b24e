package ber

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestElementsComeBack(t *testing.T) {
	long := strings.Repeat("x", 300)
	in := Of(Sequence, Number(Integer, -129), Number(Integer, 1<<40), Text(OctetString, long), NewObjectID("1.3.6.1.4.1.8072.3.2.10").Node(), Of(0xa0, Bytes(Null, []byte{})))
	for name, raw := range map[string][]byte{"short": in.Encode(), "wide": in.EncodeWide()} {
		out, rest, err := Parse(append(raw, "rest"...))
		if err != nil || string(rest) != "rest" || !reflect.DeepEqual(out, in) {
			t.Errorf("%s: %+v, %q, %v", name, out, rest, err)
		}
		if a, _ := out.Kids[0].Int(); a != -129 {
			t.Errorf("-129 came back as %d", a)
		}
		if o, _ := out.Kids[3].ObjectID(); o.String() != "1.3.6.1.4.1.8072.3.2.10" {
			t.Errorf("the identifier came back as %s", o)
		}
		message, err := ReadMessage(bufio.NewReader(bytes.NewReader(raw)), 1000)
		if err != nil || !bytes.Equal(message, raw) {
			t.Errorf("%s from a stream: %x, %v", name, message, err)
		}
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	for in, want := range map[string]error{"GET / HTTP/1.1\r\n\r\n": io.ErrUnexpectedEOF, "\x30\x84\x7f\xff\xff\xff": ErrMalformed, "\x30": io.ErrUnexpectedEOF, "": io.EOF, "\x30\x80\x00\x00": ErrMalformed} {
		if _, err := ReadMessage(bufio.NewReader(strings.NewReader(in)), 1000); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", in, err, want)
		}
	}
	deep := bytes.Repeat([]byte{0x30, 0x80}, 100)
	if _, _, err := Parse(deep); !errors.Is(err, ErrMalformed) {
		t.Errorf("without a length: %v", err)
	}
	in := Node{Tag: Sequence}
	for range 100 {
		in = Of(Sequence, in)
	}
	if _, _, err := Parse(in.Encode()); !errors.Is(err, ErrMalformed) {
		t.Errorf("too deep: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Of(Sequence, Number(Integer, 1), NewObjectID("1.3.6").Node()).Encode())
	f.Add(Of(Sequence, Number(Integer, 1), Of(0xa0, Text(OctetString, "x"))).EncodeWide())
	f.Fuzz(func(t *testing.T, data []byte) {
		n, rest, err := Parse(data)
		if err != nil {
			return
		}
		again, left, err := Parse(n.Encode())
		if err != nil || len(left) > 0 || len(rest) > len(data) {
			t.Fatalf("%x does not come back: %v", data, err)
		}
		if o, ok := again.ObjectID(); ok && again.Tag == OID {
			if _, ok := o.Node().ObjectID(); !ok {
				t.Fatalf("%v does not come back", o)
			}
		}
	})
}
