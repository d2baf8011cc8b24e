package windows

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// Account is one who may log in: to the domain, or to the machine alone.
type Account struct {
	Login, First, Last, Description string
	RID                             uint32 // the last number of its SID
	Disabled                        bool
	Created                         time.Time

	// Of a domain's alone:
	Flags     uint32   // as the directory keeps them (userAccountControl)
	Service   string   // that runs under it; "" is none
	Groups    []string // beside Domain Users
	passwords []string // with which the domain lets it in
}

// What an account's flags say.
const (
	normalAccount    = 0x200
	disabledAccount  = 0x2
	keepsPassword    = 0x10000
	unprovedKerberos = 0x400000
)

// Unproved tells whether Kerberos gives a ticket of the account's to whoever asks: bait, since what it is encrypted with is guessed offline.
func (a Account) Unproved() bool { return a.Flags&unprovedKerberos != 0 }

// Passwords are those with which the domain lets the account in, whichever of its services is asked; the first is the one that it has for Kerberos's tickets. There are none for
// who is disabled.
func (a Account) Passwords() []string { return a.passwords }

// guessable are passwords that a domain's rules let pass, and that stand in the lists by which they are guessed.
var guessable = []string{"Password1", "P@ssw0rd", "Passw0rd", "Welcome1", "Password123", "Princess1", "Michael1", "Jordan23", "Liverpool1", "Football1", "Charlie1", "Sunshine1"}

// Name is how the account is shown.
func (a Account) Name() string {
	if a.First == "" {
		return a.Login
	}
	return a.First + " " + a.Last
}

// SID returns the decky's own, or its domain's, as it stands on the wire; with the number of an account behind it, where there is one.
func SID(h *decoy.Host, rid ...uint32) []byte {
	b := []byte{1, byte(4 + len(rid)), 0, 0, 0, 0, 0, 5, 21, 0, 0, 0}
	b = append(b, h.Bytes("ldap-sid", 12)...)
	for _, r := range rid {
		b = binary.LittleEndian.AppendUint32(b, r)
	}
	return b
}

// Accounts are the decky's own, or its domain's, in the order of their numbers. The people are those whom all of its services know.
func Accounts(h *decoy.Host, domain bool) []Account {
	built := func(login, description string, rid uint32, disabled bool) Account {
		return Account{Login: login, Description: description, RID: rid, Disabled: disabled, Created: h.Installed()}
	}
	people := bait.AppOf(h).People
	var all []Account
	next := uint32(1000)
	switch real := h.OS == "windows" || h.OS == "windows_server"; {
	case domain || real:
		all = append(all, built("Administrator", "Built-in account for administering the computer/domain", 500, h.OS == "windows"),
			built("Guest", "Built-in account for guest access to the computer/domain", 501, true))
		if domain {
			all = append(all, built("krbtgt", "Key Distribution Center Service Account", 502, true))
			all[0].Groups = []string{"Domain Admins", "Enterprise Admins", "Schema Admins"}
			next = 1104
			break
		}
		all = append(all, built("DefaultAccount", "A user account managed by the system.", 503, true),
			built("WDAGUtilityAccount", "A user account managed and used by the system for Windows Defender Application Guard scenarios.", 504, true))
		people, next = people[:min(len(people), 3)], 1001
	default: // Samba
		all = append(all, built("nobody", "", 501, false))
	}
	for _, p := range people {
		if p.Login != "admin" {
			first, last := p.Names()
			all = append(all, Account{Login: p.Login, First: first, Last: last, RID: next, Created: p.Created})
			next++
		}
	}
	if domain {
		all = append(all, Account{Login: "svc_sql", First: "SQL", Last: "Service", Description: "SQL service account, do not change the password", RID: next, Created: h.Installed(),
			Flags: normalAccount | keepsPassword, Groups: []string{"Domain Admins"}, Service: "MSSQLSvc/sql01." + bait.AppOf(h).Domain + ":1433", passwords: guessed(h, "svc_sql")})
		old := decoy.Pick(h, "domain-unproved", Account{Login: "svc_backup", First: "Backup"}, Account{Login: "svc_scan", First: "Scanner"}, Account{Login: "svc_print", First: "Print"}, Account{Login: "svc_intranet", First: "Intranet"})
		old.Last, old.Description, old.RID, old.Created = "Service", old.First+" service account", next+1, h.Installed()
		old.Flags, old.passwords = normalAccount|keepsPassword|unprovedKerberos, guessed(h, old.Login)
		all = append(all, old)
		finish(h, all)
	}
	return all
}

func guessed(h *decoy.Host, login string) []string {
	return []string{guessable[h.Rand("domain-password/"+login).IntN(len(guessable))]}
}

// finish gives a domain's accounts the flags and the passwords that they lack.
func finish(h *decoy.Host, all []Account) {
	for i := range all {
		a := &all[i]
		switch {
		case a.Login == "Guest":
			a.Flags = normalAccount | keepsPassword | disabledAccount | 0x20 // and needs no password
		case a.Disabled:
			a.Flags = normalAccount | disabledAccount
		case a.Flags == 0:
			a.Flags = normalAccount
		}
		if !a.Disabled && a.passwords == nil {
			a.passwords = bait.Passwords(h, "ldap", a.Login)
		}
	}
}

// ControllerRID is the number of a domain controller's own account.
const ControllerRID = 1000

// Computers are the machines of the domain beside the controller, by their names.
func Computers(h *decoy.Host) []string {
	all := make([]string, 2+h.Rand("ldap-computers").IntN(6))
	for i := range all {
		all[i] = "DESKTOP-" + strings.ToUpper(h.Hex("ldap-computer/"+strconv.Itoa(i), 4))[:7]
	}
	return all
}

// Group is one of a domain.
type Group struct {
	Name   string
	RID    uint32
	ForAll bool // that are people, not for administrators alone
}

// Groups are those of a domain.
func Groups() []Group {
	return []Group{{"Domain Admins", 512, false}, {"Domain Users", 513, true}, {"Schema Admins", 518, false}, {"Enterprise Admins", 519, false}, {"VPN Users", 1103, true}}
}
