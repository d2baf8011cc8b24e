package ssh

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"

	"golang.org/x/crypto/ssh"

	"decnet/decoy"
)

// hostKeys returns the host's three keys, the same after every restart: all of them drawn from its seed.
func hostKeys(h *decoy.Host) ([]ssh.Signer, error) {
	type result struct {
		signers []ssh.Signer
		err     error
	}
	made := decoy.Once(h, "ssh-host-keys", func() result {
		signers, err := makeHostKeys(h)
		return result{signers, err}
	})
	return made.signers, made.err
}

func makeHostKeys(h *decoy.Host) ([]ssh.Signer, error) {
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
			// SHA-1 signatures are history.
			if signer, err = ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}); err != nil {
				return nil, fmt.Errorf("making the RSA host key: %w", err)
			}
		}
		signers = append(signers, signer)
	}
	return signers, nil
}
