package shell

import (
	"fmt"
	"slices"
)

// weakPasswords are the ones that intruders try first.
var weakPasswords = []string{
	"123456", "password", "admin", "root", "12345678", "1234", "12345", "123456789", "qwerty", "toor", "changeme", "P@ssw0rd", "admin123",
	"root123", "test", "1q2w3e4r", "letmein", "ubuntu", "welcome", "password123",
}

// Admits tells whether the system lets the user in with the password. Each decky has its own few weak passwords for root and for its own user, out of
// the ones that intruders try first, so that one gets in after some guessing and no two deckies are alike; the user may also have their own name as
// a password. What the operator has chosen takes their place. Systems whose inside is not made here (Windows, BSD, a router) let nobody in.
func (s *System) Admits(user, password string) bool {
	switch s.host.OS {
	case "windows", "windows_server", "bsd", "cisco":
		return false
	}
	if user != "root" && user != s.User {
		return false
	}
	if chosen := s.passwords(user); len(chosen) > 0 {
		return slices.Contains(chosen, password)
	}
	r := s.host.Rand("passwords/" + user)
	own := slices.Clone(weakPasswords)
	r.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	own = own[:3+r.IntN(3)]
	if user == s.User && r.IntN(2) == 0 || s.Embedded {
		own = append(own, user)
	}
	return slices.Contains(own, password)
}

// passwords are those that the operator has chosen for the user. A host has one set of accounts, whichever door they come in by.
func (s *System) passwords(user string) (chosen []string) {
	key := "user_password"
	if user == "root" {
		key = "password"
	}
	for _, service := range []string{"ssh", "telnet"} {
		if p, ok := s.host.Setting(service, key); ok {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// Greeting returns what the system prints after a login: the message of the day and when the user was last here.
func (s *System) Greeting(user, from string) string {
	now := s.host.Now()
	last := ""
	if before, ok := s.lastVisit(user, from); ok {
		last = fmt.Sprintf("Last login: %s from %s\n", before.at.Format("Mon Jan _2 15:04:05 2006"), before.from)
	}
	switch {
	case s.Embedded:
		return "\n\nBusyBox v1.30.1 () built-in shell (ash)\n\n"
	case s.ID == "debian" || s.ID == "kali":
		return fmt.Sprintf("Linux %s %s %s %s\n\nThe programs included with the %s system are free software;\nthe exact distribution terms for each program are described in the\nindividual files in /usr/share/doc/*/copyright.\n\n%s comes with ABSOLUTELY NO WARRANTY, to the extent\npermitted by applicable law.\n%s",
			s.Hostname, s.Kernel, s.Build, s.Machine, "Debian GNU/Linux", "Debian GNU/Linux", last)
	case s.ID == "ubuntu":
		return fmt.Sprintf("Welcome to %s (GNU/Linux %s %s)\n\n * Documentation:  https://help.ubuntu.com\n * Management:     https://landscape.canonical.com\n * Support:        https://ubuntu.com/pro\n\n  System information as of %s\n\n  System load:  %.4s               Processes:             %d\n  Usage of /:   %d%% of %dGB        Users logged in:       0\n\n%s",
			s.Pretty, s.Kernel, s.Machine, now.Format("Mon Jan _2 15:04:05 UTC 2006"), s.load(), 96+s.CPUs*9, 21+int(s.host.Bytes("disk", 1)[0])%40, s.DiskKB>>20, last)
	case s.BusyBox:
		return "Welcome to Alpine!\n\nThe Alpine Wiki contains a large amount of how-to guides and general\ninformation about administrating Alpine systems.\nSee <https://wiki.alpinelinux.org/>.\n\n"
	}
	return last
}
