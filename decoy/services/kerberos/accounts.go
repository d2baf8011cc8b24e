package kerberos

import (
	"strings"
	"sync"

	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/windows"
)

// account is a principal of the realm.
type account struct {
	login    string
	salt     string // of its keys
	disabled bool
	unproved bool     // gets a ticket without a proof
	machine  bool     // whose keys are of no password
	service  bool     // others may ask for tickets to it
	weak     bool     // tickets to it are encrypted the old way, where the client lets them be
	kvno     int64    // which of its passwords it is
	secrets  []string // the passwords that it is let in with

	mu   sync.Mutex
	keys map[int64][][]byte
}

// keysOf returns the account's keys, one for each password; the first is that of its tickets.
func (a *account) keysOf(v *server, etype int64) [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if all := a.keys[etype]; all != nil {
		return all
	}
	var all [][]byte
	for _, secret := range a.secrets {
		all = append(all, keyOf(etype, secret, a.salt))
	}
	if len(all) == 0 { // nobody has the password
		all = [][]byte{v.host.Bytes("kerberos-key/"+a.login, keySize(etype))}
	}
	a.keys[etype] = all
	return all
}

// add adds an account under the names that it is found by.
func (v *server) add(a *account, names ...string) {
	a.keys = map[int64][][]byte{}
	for _, n := range append(names, a.login) {
		v.accounts[v.fold(n)] = a
	}
}

// fold is the form in which names are compared: Windows knows no difference between capitals and others.
func (v *server) fold(s string) string {
	if v.active {
		return strings.ToLower(s)
	}
	return s
}

// furnish fills the realm with those whom the decky's other services know.
func (v *server) furnish() {
	if !v.active {
		v.add(&account{login: "krbtgt/" + v.realm, salt: v.realm + "krbtgt" + v.realm, service: true, disabled: true, kvno: 1}, "kadmin/changepw")
		for _, p := range bait.AppOf(v.host).People {
			v.add(&account{login: p.Login, salt: v.realm + p.Login, kvno: 1})
		}
		return
	}
	for _, a := range windows.Accounts(v.host, true) {
		kvno := int64(2)
		names := []string{a.Service}
		if a.Login == "krbtgt" {
			names = []string{"krbtgt/" + v.realm, "krbtgt/" + v.machine.Domain, "kadmin/changepw"}
		}
		v.add(&account{login: a.Login, salt: v.realm + a.Login, disabled: a.Disabled, unproved: a.Unproved(), service: a.Service != "" || a.Login == "krbtgt", weak: a.Login != "krbtgt", kvno: kvno, secrets: a.Passwords()}, names...)
	}
	machine := func(label string, services ...string) {
		full := label + "." + v.domain
		var names []string
		for _, s := range services {
			names = append(names, s+"/"+label, s+"/"+full)
		}
		v.add(&account{login: label + "$", salt: v.realm + "host" + strings.ToLower(full), machine: true, service: true, kvno: 3}, names...)
	}
	machine(v.machine.Name, "host", "cifs", "ldap", "gc", "rpc", "http", "dns", "termsrv", "restrictedkrbhost")
	for _, label := range windows.Computers(v.host) {
		machine(label, "host", "cifs", "termsrv", "restrictedkrbhost")
	}
}

// client finds who asks; nil is nobody.
func (v *server) client(n *name) *account {
	if n == nil {
		return nil
	}
	login := n.String()
	if v.active {
		if before, realm, found := strings.Cut(login, "@"); found && v.ours(realm) {
			login = before
		}
	}
	a := v.accounts[v.fold(login)]
	if a != nil && strings.Contains(login, "/") && v.active {
		return nil // a service is nobody who asks
	}
	return a
}

// service finds whom a ticket is wanted for.
func (v *server) service(n *name) *account {
	if n == nil {
		return nil
	}
	target := n.String()
	if v.active {
		target, _, _ = strings.Cut(target, "@")
		if realm, login, found := strings.Cut(target, `\`); found && v.ours(realm) {
			target = login
		}
		// Behind the machine's name may stand the domain's.
		if parts := strings.Split(target, "/"); len(parts) == 3 {
			target = parts[0] + "/" + parts[1]
		}
	}
	return v.accounts[v.fold(target)]
}

// ours tells whether the realm is the server's, by either of its names.
func (v *server) ours(realm string) bool {
	if !v.active {
		return realm == v.realm
	}
	return strings.EqualFold(realm, v.realm) || strings.EqualFold(realm, v.machine.Domain)
}
