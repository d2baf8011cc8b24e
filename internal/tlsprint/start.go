package tlsprint

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Start connects to a server and asks for TLS as clients of the protocol do; "" is a port that begins with TLS.
func Start(protocol, address string) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if err := start(protocol, c); err != nil {
		c.Close()
		return nil, fmt.Errorf("start TLS: %w", err)
	}
	return c, nil
}

func start(protocol string, c net.Conn) error {
	talk := func(lines ...string) error { // pairs of what is said and what the last line of the answer begins with
		in := bufio.NewReader(c)
		for i := 0; i < len(lines); i += 2 {
			if _, err := io.WriteString(c, lines[i]); err != nil {
				return err
			}
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return err
				}
				if strings.HasPrefix(line, lines[i+1]) {
					break
				}
			}
		}
		return nil
	}
	binary := func(say string, answer int) error {
		if _, err := io.WriteString(c, say); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, answer))
		return err
	}
	switch protocol {
	case "smtp":
		return talk("", "220 ", "EHLO there.example.net\r\n", "250 ", "STARTTLS\r\n", "220 ")
	case "imap":
		return talk("", "* OK", "a STARTTLS\r\n", "a OK")
	case "pop3":
		return talk("", "+OK", "STLS\r\n", "+OK")
	case "ftp":
		return talk("", "220 ", "AUTH TLS\r\n", "234 ")
	case "postgres":
		return binary("\x00\x00\x00\x08\x04\xd2\x16\x2f", 1)
	case "ldap":
		return binary("\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037", 14)
	case "rdp":
		return binary("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00", 19)
	case "mysql":
		var header [4]byte
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return err
		}
		return binaryAfter(c, int(header[0])|int(header[1])<<8)
	case "":
		return nil
	}
	return fmt.Errorf("TLS is not begun in %s", protocol)
}

// binaryAfter reads MySQL's greeting and asks for TLS.
func binaryAfter(c net.Conn, greeting int) error {
	if _, err := io.ReadFull(c, make([]byte, greeting)); err != nil {
		return err
	}
	const capabilities = "\x85\xae\x0f\x00"
	_, err := io.WriteString(c, "\x20\x00\x00\x01"+capabilities+"\x00\x00\x00\x01\x21"+strings.Repeat("\x00", 23))
	return err
}

// Raw sends what is no hello, and tells the answer in hexadecimal.
func Raw(c net.Conn, data string) string {
	defer c.Close()
	if _, err := io.WriteString(c, data); err != nil {
		return err.Error()
	}
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	said, err := io.ReadAll(io.LimitReader(c, 64))
	end := "closed"
	if err != nil {
		end = err.Error()
		if strings.Contains(end, "timeout") {
			end = "waits"
		} else if strings.Contains(end, "reset") {
			end = "reset"
		}
	}
	return hex.EncodeToString(said) + " " + end
}
