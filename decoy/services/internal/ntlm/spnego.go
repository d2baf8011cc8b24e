package ntlm

import "bytes"

// The object identifiers of SPNEGO and of NTLM in it, as DER has them.
var (
	SPNEGO  = []byte{0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02}
	oidNTLM = []byte{0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a}
)

// DER returns an element of DER: the tag, the length, the parts.
func DER(tag byte, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	b := []byte{tag}
	switch {
	case size < 0x80:
		b = append(b, byte(size))
	case size < 0x100:
		b = append(b, 0x81, byte(size))
	case size < 0x10000:
		b = append(b, 0x82, byte(size>>8), byte(size))
	default:
		b = append(b, 0x83, byte(size>>16), byte(size>>8), byte(size))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// Mechanisms is the list of what a client may log in with: NTLM alone.
func Mechanisms() []byte { return DER(0x30, oidNTLM) }

// Offer is the token with which a server says so before the client asks.
func Offer() []byte {
	hint := DER(0xa3, DER(0x30, DER(0xa0, DER(0x1b, []byte("not_defined_in_RFC4178@please_ignore")))))
	return DER(0x60, SPNEGO, DER(0xa0, DER(0x30, DER(0xa0, Mechanisms()), hint)))
}

// WrapChallenge is a challenge in SPNEGO.
func WrapChallenge(challenge []byte) []byte {
	return DER(0xa1, DER(0x30, DER(0xa0, []byte{0x0a, 1, 1}), DER(0xa1, oidNTLM), DER(0xa2, DER(0x04, challenge))))
}

// WrapSelection asks a client that began with another mechanism to go on with NTLM.
func WrapSelection() []byte {
	return DER(0xa1, DER(0x30, DER(0xa0, []byte{0x0a, 1, 1}), DER(0xa1, oidNTLM)))
}

// WrapDone ends a login that is accepted; mic signs the list of mechanisms, nil where there is no key to sign it with.
func WrapDone(mic []byte) []byte {
	done := DER(0xa0, []byte{0x0a, 1, 0})
	if mic == nil {
		return DER(0xa1, DER(0x30, done))
	}
	return DER(0xa1, DER(0x30, done, DER(0xa3, DER(0x04, mic))))
}

// maxMechanisms is more bytes than a list of them takes.
const maxMechanisms = 1024

// MechanismsOf returns the list of mechanisms in a client's first token, which both ends sign later; nil where there is none.
func MechanismsOf(token []byte) []byte {
	_, rest, ok := bytes.Cut(token, SPNEGO)
	if !ok {
		return nil
	}
	for _, tag := range []byte{0xa0, 0x30, 0xa0} {
		var head int
		if head, _, ok = element(rest, tag); !ok {
			return nil
		}
		rest = rest[head:]
	}
	head, size, ok := element(rest, 0x30)
	if !ok || size > maxMechanisms {
		return nil
	}
	return bytes.Clone(rest[:head+size])
}

// element returns the lengths of the head and the content of the DER element that b begins with, if it is one of the tag.
func element(b []byte, tag byte) (head, size int, ok bool) {
	if len(b) < 2 || b[0] != tag {
		return 0, 0, false
	}
	head, size = 2, int(b[1])
	if n := size - 0x80; n >= 0 {
		if n < 1 || n > 2 || len(b) < 2+n {
			return 0, 0, false
		}
		size = 0
		for _, digit := range b[2 : 2+n] {
			size = size<<8 | int(digit)
		}
		head += n
	}
	return head, size, head+size <= len(b)
}

// Signed tells whether a client's last token has its signature of the list of mechanisms.
func Signed(token []byte) bool {
	return bytes.Contains(token, []byte("\xa3\x12\x04\x10\x01\x00\x00\x00"))
}
