package smb

import (
	"bytes"
	"encoding/binary"
	"strings"

	"decnet/decoy/services/internal/dcerpc"
	"decnet/decoy/services/internal/windows"
)

// The calls about names and SIDs (MS-LSAT, MS-LSAD), by which intruders learn the domain and guess accounts by their numbers.
const (
	lsaClose        = 0
	lsaOpen         = 6
	lsaPolicy       = 7
	lsaAccounts     = 11
	lsaLookupNames  = 14
	lsaLookupSIDs   = 15
	lsaOpen2        = 44
	lsaPolicy2      = 46
	lsaLookupSIDs2  = 57
	lsaLookupNames2 = 58
	lsaLookupNames3 = 68
)

const workgroup = "WORKGROUP"

// authority answers a call about names; a is behind the handle that most calls begin with.
func (r *rpc) authority(number uint16, a *arguments) []byte {
	v := r.server
	switch number {
	case lsaOpen, lsaOpen2:
		return v.handle(toServer, 0, ok)
	case lsaClose:
		return append(make([]byte, dcerpc.HandleSize), ends(ok)...)
	}
	if a.All.U32(4) != toServer {
		return ends(accessDenied)
	}
	switch number {
	case lsaPolicy, lsaPolicy2:
		return v.policy(a.Uint16())
	case lsaAccounts:
		return v.rightful(a.Uint32())
	case lsaLookupSIDs, lsaLookupSIDs2:
		n := int(min(a.Uint32(), 1024))
		a.At += 8
		a.At += 4 * n
		sids := make([][]byte, n)
		for i := range sids {
			sids[i] = a.SID()
		}
		return r.namesOf(sids, number == lsaLookupSIDs2)
	case lsaLookupNames, lsaLookupNames2, lsaLookupNames3:
		n := int(min(a.Uint32(), 256))
		a.Uint32()
		return r.sidsOf(a.Counted(n), number)
	}
	return nil
}

// policy tells the domain.
func (v *server) policy(level uint16) []byte {
	m := v.machine
	primary, sid := m.Domain, windows.SID(v.host)
	switch {
	case !m.Joined:
		primary, sid = workgroup, nil
	case !m.Controller:
		// The domain's own number, which is not the machine's.
		sid = append(bytes.Clone(sid[:12]), v.host.Bytes("domain-sid", 12)...)
	}
	var b builder
	b.Pointer()
	b.U16(level)
	b.U16(0)
	named := func(name string, sid []byte, names ...string) {
		b.Head(name)
		for _, n := range names {
			b.Head(n)
		}
		if names != nil {
			b.Bytes(v.host.Bytes("domain-guid", 16))
		}
		if sid == nil {
			b.U32(0)
		} else {
			b.Pointer()
		}
		b.Chars(name)
		for _, n := range names {
			b.Chars(n)
		}
		if sid != nil {
			b.SID(sid)
		}
	}
	switch {
	case level == 3:
		named(primary, sid)
	case level == 5:
		named(v.local(), windows.SID(v.host))
	case level == 6:
		b.U16(3) // primary
		b.Align(4)
	case level == 12 && m.Joined:
		named(primary, sid, m.DNS, m.DNS)
	default:
		return ends(invalidParameter, 0)
	}
	b.U32(uint32(ok))
	return b
}

// rightful are those who have been given a right.
func (v *server) rightful(from uint32) []byte {
	if from > 0 {
		return ends(noMoreEntries, from, 0, 0)
	}
	var sids [][]byte
	for _, rid := range []uint32{550, 548, 551, 549, 544} {
		sids = append(sids, under(builtin, rid))
	}
	sids = append(sids, []byte{1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}) // everybody
	var b builder
	b.U32(uint32(len(sids)))
	b.Array(len(sids))
	for range sids {
		b.Pointer()
	}
	for _, s := range sids {
		b.SID(s)
	}
	b.U32(uint32(ok))
	return b
}

// under is the SID of a number in a domain.
func under(domain []byte, rid uint32) []byte {
	sid := binary.LittleEndian.AppendUint32(bytes.Clone(domain), rid)
	sid[1]++
	return sid
}

// translation is what a name or a SID comes to.
type translation struct {
	principal
	domain string
	sid    []byte // of the domain; nil for none
}

// domains are those in which accounts are looked for.
func (v *server) domains() []translation {
	return []translation{{domain: v.local(), sid: windows.SID(v.host)}, {domain: "BUILTIN", sid: builtin}}
}

// who finds whom a SID names.
func (v *server) who(sid []byte) translation {
	none := translation{principal: principal{kind: kindUnknown}}
	if v.machine.Real {
		none.name = dcerpc.SIDText(sid)
	}
	for i, d := range v.domains() {
		if bytes.Equal(sid, d.sid) {
			d.kind = kindDomain
			return d
		}
		if len(sid) != len(d.sid)+4 || !bytes.Equal(sid[8:len(sid)-4], d.sid[8:]) || !bytes.Equal(sid[2:8], d.sid[2:8]) {
			continue
		}
		rid := binary.LittleEndian.Uint32(sid[len(sid)-4:])
		d.principal = v.byRID(rid, toDomain+i)
		if d.kind == kindUnknown {
			d.name = none.name
		}
		return d
	}
	if !v.machine.Real && len(sid) == 16 && bytes.Equal(sid[2:12], unixUsers[2:12]) {
		rid := binary.LittleEndian.Uint32(sid[12:])
		for _, u := range v.unix() {
			if u.rid == rid {
				return translation{u, "Unix User", unixUsers}
			}
		}
	}
	return none
}

// unix are the users of the system under Samba, whom it knows, too.
func (v *server) unix() []principal {
	all := []principal{{"root", 0, kindUser}, {"daemon", 1, kindUser}, {"www-data", 33, kindUser}, {"backup", 34, kindUser}}
	next := uint32(1000)
	for _, a := range v.accountList() {
		if a.RID >= 1000 {
			all = append(all, principal{a.Login, next, kindUser})
			next++
		}
	}
	return all
}

// whose finds the SID of a name.
func (v *server) whose(name string) translation {
	domain, account, found := strings.Cut(name, `\`)
	if !found {
		domain, account = "", name
	}
	for i, d := range v.domains() {
		if domain != "" && !strings.EqualFold(domain, d.domain) {
			continue
		}
		if strings.EqualFold(account, d.domain) && domain == "" {
			d.kind = kindDomain
			return d
		}
		if p := v.byName(account, toDomain+i); p.kind != kindUnknown {
			d.principal = p
			return d
		}
	}
	if !v.machine.Real && domain == "" {
		for _, u := range v.unix() {
			if u.name == account {
				return translation{u, "Unix User", unixUsers}
			}
		}
	}
	return translation{principal: principal{kind: kindUnknown}}
}

// referred adds the domains of what was found, and returns which of them each is in.
func referred(b *builder, all []translation) (index []uint32) {
	const most = 32
	var domains []translation
	for _, t := range all {
		at := uint32(0xffffffff)
		if t.sid != nil {
			at = uint32(len(domains))
			for i, d := range domains {
				if d.domain == t.domain {
					at = uint32(i)
				}
			}
			if int(at) == len(domains) {
				domains = append(domains, t)
			}
		}
		index = append(index, at)
	}
	b.Pointer()
	b.U32(uint32(len(domains)))
	b.Pointer()
	b.U32(most)
	b.U32(uint32(len(domains)))
	for _, d := range domains {
		b.Head(d.domain)
		b.Pointer()
	}
	for _, d := range domains {
		b.Chars(d.domain)
		b.SID(d.sid)
	}
	return index
}

// mayLookUp tells whether names are told. A controller tells them to nobody who has not logged in.
func (r *rpc) mayLookUp() bool { return r.trust != stranger || !r.server.machine.Real }

// namesOf answers whom SIDs name.
func (r *rpc) namesOf(sids [][]byte, long bool) []byte {
	if !r.mayLookUp() {
		return ends(accessDenied, 0, 0, 0, 0)
	}
	var all []translation
	found := 0
	for _, sid := range sids {
		t := r.server.who(sid)
		if t.kind != kindUnknown {
			found++
		}
		all = append(all, t)
	}
	var b builder
	index := referred(&b, all)
	b.Array(len(all))
	for i, t := range all {
		b.U16(uint16(t.kind))
		b.U16(0)
		b.Head(t.name)
		b.U32(index[i])
		if long {
			b.U32(0)
		}
	}
	for _, t := range all {
		b.Chars(t.name)
	}
	b.U32(uint32(found))
	b.U32(uint32(mapped(found, len(all))))
	return b
}

// sidsOf answers which SIDs names have, in the form of the call.
func (r *rpc) sidsOf(names []string, number uint16) []byte {
	if !r.mayLookUp() {
		return ends(accessDenied, 0, 0, 0, 0)
	}
	var all []translation
	found := 0
	for _, name := range names {
		t := r.server.whose(name)
		if t.kind != kindUnknown {
			found++
		}
		all = append(all, t)
	}
	var b builder
	index := referred(&b, all)
	b.Array(len(all))
	sidOf := func(t translation) []byte {
		if t.kind == kindDomain {
			return t.sid
		}
		return under(t.sid, t.rid)
	}
	for i, t := range all {
		b.U16(uint16(t.kind))
		b.U16(0)
		switch {
		case number != lsaLookupNames3:
			b.U32(t.rid)
		case t.sid == nil:
			b.U32(0)
		default:
			b.Pointer()
		}
		b.U32(index[i])
		if number != lsaLookupNames {
			b.U32(0)
		}
	}
	if number == lsaLookupNames3 {
		for _, t := range all {
			if t.sid != nil {
				b.SID(sidOf(t))
			}
		}
	}
	b.U32(uint32(found))
	b.U32(uint32(mapped(found, len(all))))
	return b
}
