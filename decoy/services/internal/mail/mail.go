// Package mail is what the decoys of IMAP and POP3 share: which server they are, whose mailboxes it keeps and what lies in them, the
// conversation in lines and its way into TLS, and the ways of SASL in which a password or the proof of one comes.
package mail

import (
	"cmp"
	"slices"
	"strings"

	"decnet/catalog/mailtext"
	"decnet/decoy"
)

// Server is the mail store of a decky: the same for IMAP and POP3.
type Server struct {
	Host     *decoy.Host
	Product  Product
	accounts []account
	chosen   []mailtext.Letter // what lies in each mailbox beside what the decky makes up
}

// New makes the decky's.
func New(h *decoy.Host) *Server {
	v := &Server{Host: h, Product: productOf(h), accounts: accountsOf(h)}
	// The mailboxes are one host's, whichever way they are opened.
	byIMAP, _ := h.Setting("imap", "letters")
	byPOP3, _ := h.Setting("pop3", "letters")
	if text := cmp.Or(byIMAP, byPOP3); text != "" {
		v.chosen, _ = mailtext.Parse(text) // it was read before it came here
	}
	return v
}

// Product is the software that the server seems to be.
type Product struct {
	Exchange bool     // Microsoft's; else Dovecot
	Old      bool     // Dovecot 2.2, which names its capabilities in another order
	Recent   bool     // Dovecot since 2.3.8
	Greeting string   // Dovecot's name in its first line
	SASL     []string // the mechanisms offered
	Divider  string   // between the names of a folder and one inside it
}

func productOf(h *decoy.Host) Product {
	if h.OS == "windows" || h.OS == "windows_server" {
		return Product{Exchange: true, SASL: []string{"NTLM", "GSSAPI", "PLAIN"}, Divider: "/"}
	}
	system := map[string]string{"debian": " (Debian)", "kali": " (Debian)", "ubuntu22": " (Ubuntu)", "ubuntu20": " (Ubuntu)"}[h.Distro]
	if h.OS != "linux" {
		system = ""
	}
	return Product{
		Old:      h.Distro == "centos7",
		Recent:   h.Distro != "centos7" && h.Distro != "ubuntu20",
		Greeting: "Dovecot" + system + " ready.",
		SASL:     decoy.Pick(h, "mail-sasl", []string{"PLAIN"}, []string{"PLAIN", "LOGIN"}),
		Divider:  decoy.Pick(h, "mail-divider", ".", ".", "/"),
	}
}

// Offers tells whether the mechanism, in capitals, is one that the server knows.
func (p Product) Offers(mechanism string) bool { return slices.Contains(p.SASL, mechanism) }

// Login returns the mailbox of who has the user's password, or nil. A user may give the name alone or the whole address.
func (v *Server) Login(user, secret string) *Mailbox {
	return v.Open(Credentials{User: user, Secret: secret})
}

// Open returns the mailbox of who has the credentials, as Login does.
func (v *Server) Open(who Credentials) *Mailbox {
	name, _, _ := strings.Cut(strings.ToLower(who.User), "@")
	for _, a := range v.accounts {
		if (a.login == name || a.local == name) && slices.ContainsFunc(a.passwords, who.right) {
			return v.mailbox(a)
		}
	}
	return nil
}
