package smb

import (
	"bytes"
	"slices"
	"strings"

	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/windows"
)

// The calls about accounts (MS-SAMR), by which intruders list the users, their descriptions and the rules for their passwords.
const (
	samrConnect       = 0
	samrClose         = 1
	samrLookupDomain  = 5
	samrDomains       = 6
	samrOpenDomain    = 7
	samrDomainInfo    = 8
	samrGroups        = 11
	samrUsers         = 13
	samrAliases       = 15
	samrLookupNames   = 17
	samrLookupRIDs    = 18
	samrOpenGroup     = 19
	samrOpenAlias     = 27
	samrAliasMembers  = 33
	samrOpenUser      = 34
	samrUserInfo      = 36
	samrGroupsOfUser  = 39
	samrDisplay       = 40
	samrUserPassword  = 44
	samrDomainInfo2   = 46
	samrUserInfo2     = 47
	samrDisplay2      = 48
	samrDisplay3      = 51
	samrPasswordRules = 56
	samrConnect2      = 57
	samrConnect4      = 62
	samrConnect5      = 64
)

// The statuses of the calls about accounts and names.
const (
	noSuchAlias   status = 0xc0000151
	noSuchDomain  status = 0xc00000df
	noSuchGroup   status = 0xc0000066
	noSuchUser    status = 0xc0000064
	noneMapped    status = 0xc0000073
	someNotMapped status = 0x00000107
	noMoreEntries status = 0x8000001a
)

// What a handle stands for. What it was opened for is in it, so that nothing is kept for who opens and never closes.
const (
	toServer = iota + 1
	toDomain
	toBuiltin
	toUser
	toGroup
	toAlias
)

// What a SID names.
const (
	kindUser    = 1
	kindGroup   = 2
	kindDomain  = 3
	kindAlias   = 4
	kindWell    = 5
	kindUnknown = 8
)

var (
	builtin   = []byte{1, 1, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0}
	unixUsers = []byte{1, 1, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0} // Samba's, for those of the system
)

// principal is whom or what a SID can name.
type principal struct {
	name string
	rid  uint32
	kind uint32
}

// builtins are the aliases that each Windows has.
var builtins = []principal{
	{"Administrators", 544, kindAlias}, {"Users", 545, kindAlias}, {"Guests", 546, kindAlias}, {"Power Users", 547, kindAlias}, {"Account Operators", 548, kindAlias}, {"Server Operators", 549, kindAlias},
	{"Print Operators", 550, kindAlias}, {"Backup Operators", 551, kindAlias}, {"Replicator", 552, kindAlias}, {"Remote Desktop Users", 555, kindAlias},
}

// local is the name of the accounts' domain: the machine's own, unless it is a controller.
func (v *server) local() string {
	if v.machine.Controller {
		return v.machine.Domain
	}
	return v.machine.Name
}

// groups are the domain's.
func (v *server) groups() []principal {
	var all []principal
	switch {
	case v.machine.Controller:
		for _, g := range windows.Groups() {
			all = append(all, principal{g.Name, g.RID, kindGroup})
		}
	case v.machine.Real:
		all = append(all, principal{"None", 513, kindGroup})
	}
	return all
}

// everybody is all that the domain has.
func (v *server) everybody() []principal {
	var all []principal
	for _, a := range v.accountList() {
		all = append(all, principal{a.Login, a.RID, kindUser})
	}
	all = append(all, v.groups()...)
	if v.machine.Controller {
		all = append(all, principal{v.machine.Name + "$", 1000, kindUser})
	}
	return all
}

// handle makes one; a failure's is all zeros.
func (v *server) handle(to int, rid uint32, why status) []byte {
	var b builder
	if why == ok {
		b.U32(0)
		b.U32(uint32(to))
		b.U32(rid)
		b.Bytes(v.host.Bytes("smb-handle", 8))
	} else {
		b.Zeros(dcerpc.HandleSize)
	}
	b.U32(uint32(why))
	return b
}

// ends is the answer of a call that has no more to say.
func ends(why status, before ...uint32) []byte {
	var b builder
	for _, n := range before {
		b.U32(n)
	}
	b.U32(uint32(why))
	return b
}

// accounts answers a call about accounts; a is behind the handle that most calls begin with.
func (r *rpc) accounts(number uint16, a *arguments) []byte {
	v := r.server
	to, rid := int(a.All.U32(4)), a.All.U32(8)
	switch number {
	case samrConnect, samrConnect2, samrConnect4, samrConnect5:
		// Windows lets administrators alone ask about accounts.
		why := ok
		if v.machine.Real && r.trust != member {
			why = accessDenied
		}
		answer := v.handle(toServer, 0, why)
		if number == samrConnect5 {
			var b builder
			b.U32(1)
			b.U32(1)
			b.U32(3)
			b.U32(0)
			return append(b, answer...)
		}
		return answer
	case samrPasswordRules:
		return v.passwordRules()
	}
	if to == 0 || v.machine.Real && r.trust != member {
		return ends(accessDenied)
	}
	switch number {
	case samrClose:
		return append(make([]byte, dcerpc.HandleSize), ends(ok)...)
	case samrDomains:
		return v.list([]principal{{v.local(), 0, 0}, {"Builtin", 1, 0}})
	case samrLookupDomain:
		return v.lookupDomain(a.Counted(1)[0])
	case samrOpenDomain:
		a.Uint32() // what is wanted of it
		switch sid := a.SID(); {
		case bytes.Equal(sid, windows.SID(v.host)):
			return v.handle(toDomain, 0, ok)
		case bytes.Equal(sid, builtin):
			return v.handle(toBuiltin, 0, ok)
		}
		return v.handle(0, 0, noSuchDomain)
	case samrDomainInfo, samrDomainInfo2:
		return v.domainInfo(a.Uint16())
	case samrUsers:
		from := a.Uint32()
		return v.list(pick(from == 0 && to == toDomain, v.users()))
	case samrGroups:
		from := a.Uint32()
		return v.list(pick(from == 0 && to == toDomain, v.groups()))
	case samrAliases:
		from := a.Uint32()
		return v.list(pick(from == 0 && to == toBuiltin && v.machine.Real, builtins))
	case samrLookupNames:
		n := int(min(a.Uint32(), 256))
		a.At += 12
		return v.lookupRIDsOf(a.Counted(n), to)
	case samrLookupRIDs:
		n := int(min(a.Uint32(), 256))
		a.At += 12
		rids := make([]uint32, n)
		for i := range rids {
			rids[i] = a.Uint32()
		}
		return v.lookupNamesOf(rids, to)
	case samrOpenUser, samrOpenGroup, samrOpenAlias:
		a.Uint32()
		return v.openPrincipal(number, a.Uint32(), to)
	case samrUserInfo, samrUserInfo2:
		return v.userInfo(rid, a.Uint16())
	case samrGroupsOfUser:
		var b builder
		b.Pointer()
		b.Array(1)
		b.U32(513)
		b.U32(7)
		b.U32(uint32(ok))
		return b
	case samrAliasMembers:
		if rid == 544 && v.machine.Real {
			var b builder
			b.Array(1)
			b.Pointer()
			b.SID(windows.SID(v.host, 500))
			b.U32(uint32(ok))
			return b
		}
		return ends(ok, 0, 0)
	case samrDisplay, samrDisplay2, samrDisplay3:
		level := a.Uint16()
		return v.display(level, a.Uint32(), to)
	case samrUserPassword:
		return v.passwordRules()
	}
	return nil
}

// pick is what there is, or nothing.
func pick(there bool, all []principal) []principal {
	if !there {
		return nil
	}
	return all
}

func (v *server) users() []principal {
	var all []principal
	for _, p := range v.principals() {
		if p.kind == kindUser {
			all = append(all, p)
		}
	}
	return all
}

// list is a list of names with their numbers.
func (v *server) list(all []principal) []byte {
	var b builder
	b.U32(0) // where to go on
	b.Pointer()
	b.Array(len(all))
	for _, p := range all {
		b.U32(p.rid)
		b.Head(p.name)
	}
	for _, p := range all {
		b.Chars(p.name)
	}
	b.U32(uint32(len(all)))
	b.U32(uint32(ok))
	return b
}

func (v *server) lookupDomain(name string) []byte {
	var b builder
	switch {
	case strings.EqualFold(name, v.local()):
		b.Pointer()
		b.SID(windows.SID(v.host))
	case strings.EqualFold(name, "Builtin"):
		b.Pointer()
		b.SID(builtin)
	default:
		return ends(noSuchDomain, 0)
	}
	b.U32(uint32(ok))
	return b
}

// minimum is the length that a password must have.
func (v *server) minimum() uint16 {
	if v.machine.Controller {
		return 7 // and the directory says so, too
	}
	if v.machine.Real {
		return 0
	}
	return 5
}

func (v *server) passwordRules() []byte {
	var b builder
	b.U16(v.minimum())
	b.U16(0)
	b.U32(uint32(flag(v.machine.Controller))) // complex ones
	b.U32(uint32(ok))
	return b
}

// ages are durations as they are told: less than nothing, in 100 ns. never is longer than any.
const (
	never  = 1 << 63
	days42 = -42 * 24 * 3600 * 10000000
	days1  = -1 * 24 * 3600 * 10000000
	min30  = -30 * 60 * 10000000

	sambaNever = -10000000<<32 | 9999999 // as Samba reckons
)

func (v *server) domainInfo(level uint16) []byte {
	age := func(d int64) uint64 { return uint64(d) }
	forever := int64(-never)
	if !v.machine.Real {
		forever = sambaNever
	}
	var b builder
	b.Pointer()
	b.U16(level)
	b.U16(0)
	switch level {
	case 1: // of passwords
		longest, shortest, history := age(forever), uint64(0), uint16(0)
		if v.machine.Real {
			longest = age(days42)
		}
		if v.machine.Controller {
			shortest, history = age(days1), 24
		}
		b.U16(v.minimum())
		b.U16(history)
		b.U32(uint32(flag(v.machine.Controller)))
		b.U64(longest)
		b.U64(shortest)
	case 2: // of all
		b.U64(age(forever))
		comment, name := v.comment(), v.local()
		if !v.machine.Real {
			name = workgroup
		}
		b.Head(comment)
		b.Head(name)
		b.Head(v.machine.Name)
		b.U64(uint64(v.host.BootTime().Unix()))
		b.U32(1) // enabled
		b.U32(3) // primary
		b.U32(1)
		b.U32(uint32(len(v.users())))
		b.U32(uint32(len(v.groups())))
		b.U32(0)
		b.Chars(comment)
		b.Chars(name)
		b.Chars(v.machine.Name)
	case 3: // of who is logged off by force
		b.U64(age(forever))
	case 5:
		b.Head(v.local())
		b.Chars(v.local())
	case 7:
		b.U32(3)
	case 12: // of who is locked out
		b.U64(age(min30))
		b.U64(age(min30))
		b.U16(0)
		b.Align(4)
	default:
		return ends(invalidInfo, 0)
	}
	b.U32(uint32(ok))
	return b
}

// lookupRIDsOf answers which numbers names have.
func (v *server) lookupRIDsOf(names []string, to int) []byte {
	var rids, kinds []uint32
	found := 0
	for _, name := range names {
		p := v.byName(name, to)
		if p.kind != kindUnknown {
			found++
		}
		rids, kinds = append(rids, p.rid), append(kinds, p.kind)
	}
	if found == 0 {
		return ends(noneMapped, 0, 0, 0, 0)
	}
	var b builder
	for _, list := range [][]uint32{rids, kinds} {
		b.Array(len(list))
		for _, n := range list {
			b.U32(n)
		}
	}
	b.U32(uint32(mapped(found, len(names))))
	return b
}

// lookupNamesOf answers which names numbers have.
func (v *server) lookupNamesOf(rids []uint32, to int) []byte {
	var names []string
	var kinds []uint32
	found := 0
	for _, rid := range rids {
		p := v.byRID(rid, to)
		if p.kind != kindUnknown {
			found++
		}
		names, kinds = append(names, p.name), append(kinds, p.kind)
	}
	if found == 0 {
		return ends(noneMapped, 0, 0, 0, 0)
	}
	var b builder
	b.Array(len(names))
	b.Strings(names...)
	b.Array(len(kinds))
	for _, n := range kinds {
		b.U32(n)
	}
	b.U32(uint32(mapped(found, len(rids))))
	return b
}

// mapped is how a look-up ends that has found some of what was asked for.
func mapped(found, asked int) status {
	switch {
	case found == 0:
		return noneMapped
	case found < asked:
		return someNotMapped
	}
	return ok
}

func (v *server) of(to int) []principal {
	if to == toBuiltin {
		return builtins
	}
	return v.principals()
}

func (v *server) byName(name string, to int) principal {
	for _, p := range v.of(to) {
		if strings.EqualFold(p.name, name) {
			return p
		}
	}
	return principal{kind: kindUnknown}
}

func (v *server) byRID(rid uint32, to int) principal {
	for _, p := range v.of(to) {
		if p.rid == rid {
			return p
		}
	}
	return principal{kind: kindUnknown}
}

func (v *server) openPrincipal(number uint16, rid uint32, to int) []byte {
	kind, opened, none := uint32(kindUser), toUser, noSuchUser
	switch number {
	case samrOpenGroup:
		kind, opened, none = kindGroup, toGroup, noSuchGroup
	case samrOpenAlias:
		kind, opened, none = kindAlias, toAlias, noSuchAlias
	}
	if v.byRID(rid, to).kind != kind {
		return v.handle(0, 0, none)
	}
	return v.handle(opened, rid, ok)
}

// The flags of an account.
const (
	flagUnproved = 1 << 16 // Kerberos asks for no proof
	flagDisabled = 1 << 0
	flagNormal   = 1 << 4
	flagForever  = 1 << 9 // its password
)

func (v *server) flagsOf(a windows.Account) uint32 {
	flags := uint32(flagNormal)
	if a.Disabled {
		flags |= flagDisabled
	}
	if v.machine.Real && (a.RID < 1000 && a.RID != 502 || a.Service != "" || a.Unproved()) {
		flags |= flagForever
	}
	if a.Unproved() {
		flags |= flagUnproved
	}
	return flags
}

// fullName is the person's: Windows has none for the accounts that come with it.
func (v *server) fullName(a windows.Account) string {
	if a.First == "" && v.machine.Real {
		return ""
	}
	return a.Name()
}

// userInfo tells about an account, at the two levels that clients ask for.
func (v *server) userInfo(rid uint32, level uint16) []byte {
	all := v.accountList()
	i := slices.IndexFunc(all, func(a windows.Account) bool { return a.RID == rid })
	if i < 0 || level != 16 && level != 21 {
		return ends(invalidInfo, 0)
	}
	a := all[i]
	var b builder
	b.Pointer()
	b.U16(level)
	b.U16(0)
	if level == 16 {
		b.U32(v.flagsOf(a))
		b.U32(uint32(ok))
		return b
	}
	const forever = 1<<63 - 1
	set, logoff, name := windows.FileTime(a.Created.UnixNano()), uint64(0), v.fullName(a)
	if !v.machine.Real {
		logoff = forever
		if a.RID < 1000 {
			set = 0
		}
	}
	b.U64(0) // the last login
	b.U64(logoff)
	b.U64(set)
	b.U64(forever)
	b.U64(set)
	b.U64(forever)
	// The account, the person, the home and its drive, the logon script, the profile, the description, the workstations, a comment.
	texts := []string{a.Login, name, "", "", "", "", a.Description, "", ""}
	for _, s := range texts {
		b.Head(s)
	}
	for range 3 { // parameters, and the hashes, which nobody is told
		b.U32(0)
		b.U32(0)
	}
	b.Head("") // private data
	b.U32(0)   // nor who may change it
	b.U32(0)
	b.U32(a.RID)
	b.U32(513)
	b.U32(v.flagsOf(a))
	b.U32(0x00ffffff)
	b.U16(168) // the hours of a week, in each of which it may log in
	b.U16(0)
	b.Pointer()
	b.Zeros(8)
	b.U8(0, 0, 0, 0)
	for _, s := range append(texts, "") {
		b.Chars(s)
	}
	b.U32(1260)
	b.U32(0)
	b.U32(21)
	b.Bytes(bytes.Repeat([]byte{0xff}, 21))
	b.Align(4)
	b.U32(uint32(ok))
	return b
}

// display is the list of accounts with what is shown beside them.
func (v *server) display(level uint16, from uint32, to int) []byte {
	var all []windows.Account
	if to == toDomain && level == 1 {
		all = v.accountList()
	}
	all = all[min(int(from), len(all)):]
	why := ok
	if from > 0 && len(all) == 0 {
		why = noMoreEntries
	}
	var b builder
	size := uint32(100 * len(all))
	b.U32(size)
	b.U32(size)
	b.U16(level)
	b.U16(0)
	b.Array(len(all))
	for i, a := range all {
		b.U32(from + uint32(i) + 1)
		b.U32(a.RID)
		b.U32(v.flagsOf(a))
		b.Head(a.Login)
		b.Head(a.Description)
		b.Head(v.fullName(a))
	}
	for _, a := range all {
		b.Chars(a.Login)
		b.Chars(a.Description)
		b.Chars(v.fullName(a))
	}
	b.U32(uint32(why))
	return b
}
