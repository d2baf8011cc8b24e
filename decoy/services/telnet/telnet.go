// Package telnet is a decoy of a telnet login.
package telnet

import (
	"context"

	"decnet/decoy"
)

func init() {
	decoy.Register("telnet", func(*decoy.Host) (decoy.Service, error) { return service{}, nil })
}

type service struct{}

func (service) ServeConn(_ context.Context, s *decoy.Session) { s.Write([]byte("login: ")) }
