// Command greeter is what tests have for a service of a user's own: it greets whoever connects. Made into an image, it is all that there is in it.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	fmt.Fprintln(os.Stderr, run(os.Args[1:]))
	os.Exit(3)
}

// run returns when it can't go on.
func run(args []string) error {
	switch args[0] {
	case "tcp":
		l, err := net.Listen("tcp", ":"+args[1])
		if err != nil {
			return err
		}
		fmt.Println("greeter listens on", args[1])
		return greet(l, func(conn net.Conn) {
			fmt.Println("greeted", conn.RemoteAddr())
			fmt.Fprintln(conn, args[2])
			_, _ = bufio.NewReader(conn).ReadByte()
		})
	case "udp":
		c, err := net.ListenPacket("udp", ":"+args[1])
		if err != nil {
			return err
		}
		for buf := make([]byte, 1024); ; {
			_, from, err := c.ReadFrom(buf)
			if err != nil {
				return err
			}
			if _, err := c.WriteTo([]byte(args[2]), from); err != nil {
				return err
			}
		}
	case "forge":
		l, err := net.Listen("tcp", ":"+args[1])
		if err != nil {
			return err
		}
		const forged = `<132>1 2001-01-01T00:00:00.000000Z another-decky %s stolen auth_attempt [decnet@32473 boot="b" seq="1" src_ip="192.0.2.1" principal="root"]` + "\n"
		fmt.Printf(forged, "forger")
		fmt.Printf(forged, "ssh")
		fmt.Println("long " + strings.Repeat("x", 100_000))
		fmt.Println("forged all")
		return greet(l, func(conn net.Conn) {
			for n := range 10_000 {
				fmt.Println("flood", n)
			}
			fmt.Println("the flood is over")
			fmt.Fprintln(conn, "flooded")
		})
	}
	return fmt.Errorf("%s: these are my last words", args[0])
}

func greet(l net.Listener, serve func(net.Conn)) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			serve(conn)
		}()
	}
}
