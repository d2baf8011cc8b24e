package ssh

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"
	"slices"

	"decnet/decoy"
	ssh "decnet/decoy/internal/sshwire"
)

// hostKeys returns the host's keys of the types that its server offers, the same after every restart: all of them drawn from its seed.
func (v *service) hostKeys() ([]ssh.Signer, error) {
	type result struct {
		signers []ssh.Signer
		err     error
	}
	made := decoy.Once(v.host, "ssh-host-keys", func() result {
		signers, err := makeHostKeys(v.host, v.look.HostKeys)
		return result{signers, err}
	})
	return made.signers, made.err
}

func makeHostKeys(h *decoy.Host, offered []string) ([]ssh.Signer, error) {
	bits := 3072
	if h.Distro == "centos7" || h.OS == "embedded" || h.OS == "cisco" {
		bits = 2048
	}
	rsaKey, err := h.RSAKey("ssh-rsa", bits)
	if err != nil {
		return nil, fmt.Errorf("making the RSA host key: %w", err)
	}
	var signers []ssh.Signer
	for _, key := range []any{rsaKey, h.ECDSAKey("ssh", elliptic.P256()), ed25519.NewKeyFromSeed(h.Bytes("ssh-ed25519", ed25519.SeedSize))} {
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			return nil, fmt.Errorf("making a host key: %w", err)
		}
		if key == any(rsaKey) {
			// Those of SHA-1 have gone from the newer.
			of := slices.DeleteFunc([]string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}, func(name string) bool { return !slices.Contains(offered, name) })
			if signer, err = ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), of); err != nil {
				return nil, fmt.Errorf("making the RSA host key: %w", err)
			}
		} else if !slices.Contains(offered, signer.PublicKey().Type()) {
			continue
		}
		signers = append(signers, signer)
	}
	return signers, nil
}
