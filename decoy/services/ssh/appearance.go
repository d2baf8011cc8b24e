package ssh

import (
	"slices"

	"golang.org/x/crypto/ssh"

	"decnet/decoy"
)

// appearance is what a scanner sees before anybody logs in.
type appearance struct {
	version            string
	kex, ciphers, macs []string
}

// versions are those that each distribution has shipped with; a decky has one of them.
var versions = map[string][]string{
	"debian":   {"OpenSSH_9.2p1 Debian-2+deb12u2", "OpenSSH_9.2p1 Debian-2+deb12u3", "OpenSSH_9.2p1 Debian-2+deb12u5"},
	"ubuntu22": {"OpenSSH_8.9p1 Ubuntu-3ubuntu0.6", "OpenSSH_8.9p1 Ubuntu-3ubuntu0.7", "OpenSSH_8.9p1 Ubuntu-3ubuntu0.10"},
	"ubuntu20": {"OpenSSH_8.2p1 Ubuntu-4ubuntu0.9", "OpenSSH_8.2p1 Ubuntu-4ubuntu0.11"},
	"rocky9":   {"OpenSSH_8.7"},
	"centos7":  {"OpenSSH_7.4"},
	"fedora":   {"OpenSSH_9.3"},
	"kali":     {"OpenSSH_9.6p1 Debian-4", "OpenSSH_9.7p1 Debian-5"},
	"arch":     {"OpenSSH_9.7", "OpenSSH_9.8"},
	"alpine":   {"OpenSSH_9.6"},
}

var versionsOfSystems = map[string][]string{
	"windows":        {"OpenSSH_for_Windows_8.1", "OpenSSH_for_Windows_9.5"},
	"windows_server": {"OpenSSH_for_Windows_8.1", "OpenSSH_for_Windows_7.7"},
	"bsd":            {"OpenSSH_9.6 FreeBSD-20240701", "OpenSSH_9.5 FreeBSD-20231004"},
	"embedded":       {"dropbear_2019.78", "dropbear_2018.76", "dropbear_2020.81"},
	"cisco":          {"Cisco-1.25"},
}

func (v *service) appearance() appearance {
	choices := versionsOfSystems[v.host.OS]
	if choices == nil {
		choices = versions[v.host.Distro]
	}
	if choices == nil {
		choices = versions["debian"]
	}
	// OpenSSH's own order of preference, as far as the library knows the names.
	look := appearance{
		version: decoy.Pick(v.host, "ssh-version", choices...),
		kex: []string{
			ssh.KeyExchangeCurve25519, "curve25519-sha256@libssh.org", ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521,
			ssh.KeyExchangeDHGEXSHA256, ssh.KeyExchangeDH16SHA512, ssh.KeyExchangeDH14SHA256,
		},
		ciphers: []string{
			ssh.CipherChaCha20Poly1305, ssh.CipherAES128CTR, ssh.CipherAES192CTR, ssh.CipherAES256CTR, ssh.CipherAES128GCM, ssh.CipherAES256GCM,
		},
		macs: []string{ssh.HMACSHA256ETM, ssh.HMACSHA512ETM, ssh.HMACSHA256, ssh.HMACSHA512, ssh.HMACSHA1},
	}
	switch {
	case v.host.OS == "embedded" || v.host.OS == "cisco":
		look.kex = []string{ssh.KeyExchangeCurve25519, ssh.KeyExchangeECDHP521, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP256, ssh.KeyExchangeDH14SHA256, ssh.InsecureKeyExchangeDH14SHA1}
		look.ciphers = []string{ssh.CipherAES128CTR, ssh.CipherAES256CTR}
		look.macs = []string{ssh.HMACSHA1, ssh.HMACSHA256}
	case v.host.Distro == "centos7":
		look.kex = append(look.kex, ssh.InsecureKeyExchangeDH14SHA1)
	case v.host.Distro == "rocky9" || v.host.Distro == "fedora":
		// The system-wide cryptographic policy has an order of its own.
		look.ciphers = []string{ssh.CipherAES256GCM, ssh.CipherChaCha20Poly1305, ssh.CipherAES256CTR, ssh.CipherAES128GCM, ssh.CipherAES128CTR}
		look.macs = []string{ssh.HMACSHA256ETM, ssh.HMACSHA512ETM, ssh.HMACSHA256, ssh.HMACSHA1, ssh.HMACSHA512}
	}
	if slices.Contains(versionsOfSystems["windows"], look.version) {
		look.macs = look.macs[:4]
	}
	return look
}
