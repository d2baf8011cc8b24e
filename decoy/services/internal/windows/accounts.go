package windows

import (
	"encoding/binary"
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
}

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
		all = append(all, Account{Login: "svc_sql", First: "SQL", Last: "Service", Description: "SQL service account, do not change the password", RID: next, Created: h.Installed()})
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
