package mqtt

import (
	"encoding/hex"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"decnet/decoy/decoytest"
)

// hail is a connect packet.
func hail(protocol string, version, flags byte, properties []byte, id string, tail ...byte) []byte {
	head := append(text(protocol), version, flags, 0, 30)
	if version == 5 {
		head = append(appendVarint(head, len(properties)), properties...)
	}
	return encode(connect, 0, head, text(id), tail)
}

// Each answer is Mosquitto 2.0.11's, byte for byte, and so is whether it hangs up.
func TestAnswersAreMosquittos(t *testing.T) {
	t.Parallel()
	d := decoytest.StartAs(t, identity(t, open), "mqtt")
	five, four := hail("MQTT", 5, 2, nil, "x"), hail("MQTT", 4, 2, nil, "x")
	const welcome5, welcome4 = "200900000622000a210014", "20020000"
	to := func(kind, flags byte, before, topic, after string) []byte {
		return encode(kind, flags, []byte(before), text(topic), []byte(after))
	}
	for name, c := range map[string]struct {
		said   [][]byte
		answer string
		ends   bool
	}{
		"nobody hears a message":              {[][]byte{five, to(publish, 2, "", "a/b", "\x00\x07\x00hi")}, welcome5 + "4003000710", false},
		"somebody does":                       {[][]byte{five, to(subscribe, 2, "\x00\x01\x00", "c/d", "\x00"), to(publish, 2, "", "c/d", "\x00\x07\x00hi")}, welcome5 + "900400010000" + "30080003632f6400686940020007", false},
		"a message of the server's":           {[][]byte{five, to(publish, 2, "", "$SYS/x", "\x00\x07\x00hi")}, welcome5 + "4003000787", false},
		"twice acknowledged":                  {[][]byte{five, to(publish, 4, "", "a/b", "\x00\x07\x00hi")}, welcome5 + "50020007", false},
		"one of the server's, twice":          {[][]byte{five, to(publish, 4, "", "$SYS/x", "\x00\x07\x00hi")}, welcome5 + "5003000787", false},
		"in version 4":                        {[][]byte{four, to(publish, 2, "", "a/b", "\x00\x07hi")}, welcome4 + "40020007", false},
		"a bad filter":                        {[][]byte{five, to(subscribe, 2, "\x00\x01\x00", "a/#/b", "\x00")}, welcome5 + "e00181", true},
		"a bad filter in version 4":           {[][]byte{four, to(subscribe, 2, "\x00\x01", "a/#/b", "\x00")}, welcome4, true},
		"no filter":                           {[][]byte{five, to(subscribe, 2, "\x00\x01\x00", "", "\x00")}, welcome5 + "e00181", true},
		"a quality that is none":              {[][]byte{five, to(subscribe, 2, "\x00\x01\x00", "a", "\x03")}, welcome5 + "e00181", true},
		"the same in version 4":               {[][]byte{four, to(subscribe, 2, "\x00\x01", "a", "\x03")}, welcome4, true},
		"a subscription's flags":              {[][]byte{five, to(subscribe, 0, "\x00\x01\x00", "a", "\x00")}, welcome5 + "e00181", true},
		"a bad filter to forget":              {[][]byte{five, to(unsubscribe, 2, "\x00\x01\x00", "a/#/b", "")}, welcome5 + "e00181", true},
		"a message to many":                   {[][]byte{five, to(publish, 0, "", "a/+", "\x00hi")}, welcome5 + "e00182", true},
		"a message to nothing":                {[][]byte{five, to(publish, 0, "", "", "\x00hi")}, welcome5 + "e00182", true},
		"a message of no quality":             {[][]byte{five, to(publish, 6, "", "a", "\x00\x07\x00hi")}, welcome5 + "e00181", true},
		"a message to many, version 4":        {[][]byte{four, to(publish, 0, "", "a/+", "hi")}, welcome4, true},
		"a message without a number":          {[][]byte{five, to(publish, 2, "", "a", "\x00\x00\x00hi")}, welcome5 + "e00182", true},
		"a message without one, v. 4":         {[][]byte{four, to(publish, 2, "", "a", "\x00\x00hi")}, welcome4, true},
		"a subscription without one":          {[][]byte{five, to(subscribe, 2, "\x00\x00\x00", "a", "\x00")}, welcome5 + "e00181", true},
		"received, what was never sent":       {[][]byte{four, encode(pubrec, 0, []byte{0, 5})}, welcome4 + "62020005", false},
		"a will to many":                      {[][]byte{hail("MQTT", 4, 6, nil, "x", append(text("w/#"), text("m")...)...)}, "", true},
		"a will of no quality":                {[][]byte{hail("MQTT", 4, 0x1e, nil, "x", append(text("w"), text("m")...)...)}, "", true},
		"an ID of no letters":                 {[][]byte{hail("MQTT", 4, 2, nil, "\xff\xfe")}, "", true},
		"a browser":                           {[][]byte{[]byte("GET / HTTP/1.0\r\n\r\n")}, "", true},
		"one who never says that it is there": {[][]byte{encode(connect, 0, text("MQTT"), []byte{5, 2, 0, 0, 0}, text("x"))}, "200c00000922000a13ffff210014", false},
		"a packet of no kind":                 {[][]byte{five, encode(0, 0)}, welcome5 + "e00182", true},
		"a second greeting":                   {[][]byte{five, five}, welcome5, true},
		"a server's packet":                   {[][]byte{five, encode(connack, 0, []byte{0, 0, 0})}, welcome5, true},
		"a server's answer":                   {[][]byte{five, encode(pingresp, 0)}, welcome5, false},
		"an exchange that nobody began":       {[][]byte{five, encode(auth, 0)}, welcome5, true},
		"a method to sign in by":              {[][]byte{hail("MQTT", 5, 2, append([]byte{authMethod}, text("SCRAM-SHA-1")...), "x")}, "2003008c00", true},
		"a property that is none":             {[][]byte{hail("MQTT", 5, 2, []byte{0x7f, 1}, "x")}, "", true},
		"the new name of an old version":      {[][]byte{hail("MQTT", 3, 2, nil, "x")}, "20020001", true},
		"the old name of a new version":       {[][]byte{hail("MQIsdp", 4, 2, nil, "x")}, "20020001", true},
		"a version to come":                   {[][]byte{hail("MQTT", 6, 2, nil, "x")}, "20020001", true},
		"no ID in version 3":                  {[][]byte{hail("MQIsdp", 3, 2, nil, "")}, "20020002", true},
		"no ID in version 4":                  {[][]byte{hail("MQTT", 4, 2, nil, "")}, welcome4, false},
		"no ID to come back with":             {[][]byte{hail("MQTT", 4, 0, nil, "")}, "20020002", true},
		"a password of nobody's":              {[][]byte{hail("MQTT", 4, 0x42, nil, "x", text("pw")...)}, "", true},
		"a password of nobody's, but new":     {[][]byte{hail("MQTT", 5, 0x42, nil, "x", text("pw")...)}, welcome5, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := d.Dial(1883)
			for _, packet := range c.said {
				_, err := conn.Write(packet)
				require.NoError(t, err)
			}
			if !c.ends { // it is still there, and answers what comes next
				_, err := conn.Write(encode(pingreq, 0))
				require.NoError(t, err)
				c.answer += hex.EncodeToString(encode(pingresp, 0))
			}
			want, err := hex.DecodeString(c.answer)
			require.NoError(t, err)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
			got := make([]byte, len(want))
			n, err := io.ReadFull(conn, got)
			require.Equal(t, c.answer, hex.EncodeToString(got[:n]))
			require.NoError(t, err)
			if c.ends {
				n, err := conn.Read(make([]byte, 1))
				require.Zero(t, n, "it says more")
				require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it does not hang up")
			}
		})
	}
}
