package sshwire

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
)

// moduliText are two primes of each size from the file moduli that OpenSSH brings, of which it has some seventy: size, generator and prime.
//
//go:embed moduli.txt
var moduliText string

type modulus struct {
	size int
	p, g *big.Int
}

var moduli = sync.OnceValue(func() []modulus {
	var all []modulus
	for line := range strings.Lines(moduliText) {
		var m modulus
		var p string
		var g int64
		if _, err := fmt.Sscan(line, &m.size, &g, &p); err != nil {
			panic("sshwire: moduli.txt: " + err.Error())
		}
		m.p, _ = new(big.Int).SetString(p, 16)
		m.g = big.NewInt(g)
		all = append(all, m)
	}
	return all
})

// chooseModulus is sshd's choice for a request: the smallest that is large enough, or else the largest.
func chooseModulus(random io.Reader, req kexDHGexRequestMsg) (p, g *big.Int, err error) {
	least, most := max(req.MinBits, 2048), min(req.MaxBits, 8192)
	wanted := int(min(max(req.PreferredBits, 2048), 8192))
	best := 0
	var those []modulus
	for _, m := range moduli() {
		if m.size < int(least) || m.size > int(most) {
			continue
		}
		if m.size > wanted && m.size < best || m.size > best && best < wanted {
			best, those = m.size, nil
		}
		if m.size == best {
			those = append(those, m)
		}
	}
	if len(those) == 0 {
		return nil, nil, errors.New("ssh: no modulus of a size that was asked for")
	}
	var b [1]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return nil, nil, err
	}
	m := those[int(b[0])%len(those)]
	return m.p, m.g, nil
}
