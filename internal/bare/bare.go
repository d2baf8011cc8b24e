// Package bare subscribes by hand, for benchmarks: a thousand clients that take neither a goroutine nor a buffer each leave memory and processor time to the
// server that is measured beside them.
package bare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"decnet/transport"
)

// Subscribe opens a WebSocket at a path of a server and subscribes as operation "1". It returns once the acknowledgement and the first event have come, which it drops.
func Subscribe(tb testing.TB, address, path, query string) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	reader := bufio.NewReaderSize(conn, 256)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", path, transport.Subprotocol)
	for status := ""; ; {
		line, err := reader.ReadString('\n')
		if err != nil {
			tb.Fatal(err)
		}
		if status == "" {
			status = line
		}
		if line == "\r\n" {
			if !strings.Contains(status, " 101 ") {
				tb.Fatal(status)
			}
			break
		}
	}
	payload, err := json.Marshal(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]string{"query": query}})
	if err != nil {
		tb.Fatal(err)
	}
	for _, message := range []string{`{"type":"connection_init"}`, string(payload)} {
		if _, err := conn.Write(masked(message)); err != nil {
			tb.Fatal(err)
		}
		if err := discard(reader); err != nil {
			tb.Fatal(err)
		}
	}
	if reader.Buffered() > 0 {
		tb.Fatal("more has come than one event")
	}
	return conn
}

// masked is a frame of text, masked with zeroes.
func masked(text string) []byte {
	head := []byte{0x81, 0x80 | byte(len(text))}
	if len(text) > 125 {
		head = []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text))}
	}
	return append(append(head, 0, 0, 0, 0), text...)
}

// discard reads a frame of less than 64 KB.
func discard(r *bufio.Reader) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return err
	}
	n := int(head[1])
	if n == 126 {
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return err
		}
		n = int(head[2])<<8 | int(head[3])
	}
	_, err := r.Discard(n)
	return err
}

// CPU is what this process has used of processors, in user and system time.
func CPU(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
