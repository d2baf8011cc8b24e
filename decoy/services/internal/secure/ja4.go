package secure

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Extensions that JA4 counts and does not hash: they say where the client goes, not what it is.
const (
	extensionSNI  = 0x0000
	extensionALPN = 0x0010
)

// absent stands in a JA4 for the hash of nothing.
const absent = "000000000000"

// ja4 is the client's JA4. Unlike JA3 it is the same when a client shuffles its extensions, as browsers do, and its first part can be read.
func ja4(h *tls.ClientHelloInfo, transport byte) string {
	ciphers, extensions := withoutGREASE(h.CipherSuites), withoutGREASE(h.Extensions)
	version := "00"
	if known := withoutGREASE(h.SupportedVersions); len(known) > 0 {
		version = map[uint16]string{tls.VersionTLS13: "13", tls.VersionTLS12: "12", tls.VersionTLS11: "11", tls.VersionTLS10: "10", 0x0300: "s3"}[slices.Max(known)]
	}
	if version == "" {
		version = "00"
	}
	sni := "i"
	if slices.Contains(extensions, extensionSNI) {
		sni = "d"
	}
	readable := fmt.Sprintf("%c%s%s%02d%02d%s", transport, version, sni, min(len(ciphers), 99), min(len(extensions), 99), ends(h.SupportedProtos))

	slices.Sort(ciphers)
	rest := slices.DeleteFunc(extensions, func(e uint16) bool { return e == extensionSNI || e == extensionALPN })
	slices.Sort(rest)
	schemes := make([]uint16, 0, len(h.SignatureSchemes))
	for _, s := range h.SignatureSchemes {
		schemes = append(schemes, uint16(s))
	}
	offered := hexes(rest)
	if schemes = withoutGREASE(schemes); len(schemes) > 0 && len(rest) > 0 {
		offered += "_" + hexes(schemes)
	}
	return readable + "_" + hashed(hexes(ciphers)) + "_" + hashed(offered)
}

// withoutGREASE leaves out the values that some clients draw anew each time.
func withoutGREASE(of []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(of), isGREASE)
}

func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// ends are the first and the last character of the first protocol that the client offers by ALPN, "00" for none.
func ends(protos []string) string {
	if len(protos) == 0 || protos[0] == "" {
		return "00"
	}
	first, last := protos[0][0], protos[0][len(protos[0])-1]
	if !alphanumeric(first) || !alphanumeric(last) {
		digits := fmt.Sprintf("%02x%02x", first, last)
		return digits[:1] + digits[3:] // the first digit of the one and the last of the other
	}
	return string([]byte{first, last})
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func hexes(of []uint16) string {
	parts := make([]string, len(of))
	for i, v := range of {
		parts[i] = fmt.Sprintf("%04x", v)
	}
	return strings.Join(parts, ",")
}

func hashed(text string) string {
	if text == "" {
		return absent
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
