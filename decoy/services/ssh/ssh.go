// Package ssh is a decoy of a ssh login.
package ssh

import (
	"context"

	"decnet/decoy"
)

func init() {
	decoy.Register("ssh", func(*decoy.Host) (decoy.Service, error) { return service{}, nil })
}

type service struct{}

func (service) ServeConn(_ context.Context, s *decoy.Session) {
	s.Write([]byte("SSH-2.0-OpenSSH_9.2p1\r\n"))
}
