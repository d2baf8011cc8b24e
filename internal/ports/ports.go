// Package ports finds addresses for the servers that tests start, kill and start again on the same one.
package ports

import (
	"fmt"
	"net"
	"os"
)

// Free returns an address where nothing listens, and where nobody will come by chance while its server is down: it is a loopback address of this process's own. Connections
// on the loopback go out from 127.0.0.1, each from a port that is free there, and so may well have the port of a server that was there a moment ago.
func Free() (string, error) {
	pid := os.Getpid()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 224+pid%30, pid/30%250, 1+pid/7500%250))
	if err != nil {
		return "", fmt.Errorf("find a port: %w", err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return "", fmt.Errorf("find a port: %w", err)
	}
	return address, nil
}
