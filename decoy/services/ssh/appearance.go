package ssh

import (
	"decnet/decoy"
	ssh "decnet/decoy/internal/sshwire"
)

// appearance is what a scanner sees before anybody logs in: all of it follows from the version.
type appearance struct {
	version string
	*ssh.Product
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

func appearanceOf(h *decoy.Host) appearance {
	choices := versionsOfSystems[h.OS]
	if choices == nil {
		choices = versions[h.Distro]
	}
	if choices == nil {
		choices = versions["debian"]
	}
	version := decoy.Pick(h, "ssh-version", choices...)
	return appearance{version, ssh.ProductOf(version)}
}
