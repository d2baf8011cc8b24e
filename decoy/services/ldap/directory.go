package ldap

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/ber"
	"decnet/decoy/services/internal/windows"
)

// attribute is one of an entry, with all its values.
type attribute struct {
	name        string
	values      []string
	operational bool // given only where it is asked for
	secret      bool // given only to the administrator
}

// entry is one of the directory.
type entry struct {
	dn         string
	key        string // the name in the form in which names are compared
	active     bool   // of Active Directory
	attributes []attribute
}

func (e *entry) add(name string, values ...string) *entry {
	e.attributes = append(e.attributes, attribute{name: name, values: values})
	return e
}

func (e *entry) operational(name string, values ...string) *entry {
	e.attributes = append(e.attributes, attribute{name: name, values: values, operational: true})
	return e
}

func (e *entry) attribute(name string) *attribute {
	for i := range e.attributes {
		if strings.EqualFold(e.attributes[i].name, name) {
			return &e.attributes[i]
		}
	}
	return nil
}

// show gives the attributes that are wanted, in lower case: none or * is all that are not operational, + is those that are.
func (e *entry) show(wanted []string, namesOnly bool, c *client) []ber.Node {
	var out []ber.Node
	for _, a := range e.attributes {
		all := len(wanted) == 0 || slices.Contains(wanted, "*")
		named := slices.Contains(wanted, strings.ToLower(a.name))
		if !(named || all && !a.operational || a.operational && slices.Contains(wanted, "+")) || a.secret && !strings.HasPrefix(canonical(c.user), "cn=admin,") {
			continue
		}
		var values []ber.Node
		if !namesOnly {
			for _, v := range a.values {
				values = append(values, ber.Text(ber.OctetString, v))
			}
		}
		out = append(out, ber.Of(ber.Sequence, ber.Text(ber.OctetString, a.name), ber.Of(ber.Set, values...)))
	}
	return out
}

// canonical is the form in which names are compared: lower case, without the blanks around commas and equals signs.
func canonical(dn string) string {
	var b strings.Builder
	for i, part := range strings.Split(strings.ToLower(dn), ",") {
		if i > 0 {
			b.WriteByte(',')
		}
		name, value, found := strings.Cut(part, "=")
		b.WriteString(strings.TrimSpace(name))
		if found {
			b.WriteString("=" + strings.TrimSpace(value))
		}
	}
	return b.String()
}

// validName tells whether it is a name that OpenLDAP can read: of attributes that its schema has. The empty one is that of the root.
func (v *server) validName(dn string) bool {
	for part := range strings.SplitSeq(dn, ",") {
		if name, value, found := strings.Cut(part, "="); dn != "" && (!found || !v.knows(name) || strings.TrimSpace(value) == "") {
			return false
		}
	}
	return true
}

// knows tells whether the schema has the attribute, by its name or its number.
func (v *server) knows(name string) bool {
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), ";")
	return schemaOf().known[name] || name != "" && strings.Trim(name, "0123456789.") == ""
}

// defined tells whether the schema that the entry is of has the attribute, and anybody may ask for it. That of Active Directory is not kept here.
func (e *entry) defined(name string) bool {
	if e.active {
		return true
	}
	name, _, _ = strings.Cut(strings.ToLower(name), ";")
	return schemaOf().known[name] && name != "userpassword"
}

// shortName is the login in any form of a Windows user's name.
func shortName(user string) string {
	if _, after, found := strings.Cut(user, `\`); found {
		return after
	}
	if _, value, found := strings.Cut(user, "="); found {
		user, _, _ = strings.Cut(value, ",")
	}
	before, _, _ := strings.Cut(user, "@")
	return before
}

// put adds an entry under the directory's base, or the base itself for "".
func (v *server) put(relative string) *entry {
	dn := v.base
	if relative != "" {
		dn = relative + "," + v.base
	}
	e := &entry{dn: dn, key: canonical(dn), active: v.active}
	v.entries = append(v.entries, e)
	return e
}

// furnish fills the directory.
func (v *server) furnish(domain string) {
	v.base = strings.Join(prefixed("DC=", strings.Split(domain, ".")), ",")
	if v.active {
		v.build = fmt.Sprintf("v%x", v.machine.Build)
		v.furnishWindows(domain)
		return
	}
	v.base = strings.ToLower(v.base)
	v.furnishOpenLDAP(domain)
}

func prefixed(prefix string, parts []string) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = prefix + p
	}
	return out
}

func (v *server) furnishOpenLDAP(domain string) {
	h := v.host
	stamp := func(t time.Time) string { return t.Format("20060102150405Z") }
	// Those whose conversation is held here: a client takes the strongest that is offered, and meets it first.
	mechanisms := decoy.Pick(h, "ldap-sasl", []string{"DIGEST-MD5", "CRAM-MD5"}, []string{"CRAM-MD5", "DIGEST-MD5"})
	extensions := []string{"1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.4203.1.11.1", "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.1.8"}
	if h.Distro != "centos7" && h.Distro != "ubuntu20" { // they have 2.4, without transactions
		extensions = append(extensions, "1.3.6.1.1.21.3", "1.3.6.1.1.21.1")
	}
	v.root = (&entry{}).add("objectClass", "top", "OpenLDAProotDSE").operational("structuralObjectClass", "OpenLDAProotDSE").operational("configContext", "cn=config").
		operational("namingContexts", v.base).
		operational("supportedControl", "2.16.840.1.113730.3.4.18", "2.16.840.1.113730.3.4.2", "1.3.6.1.4.1.4203.1.10.1", "1.3.6.1.1.22", "1.2.840.113556.1.4.319", "1.2.826.0.1.3344810.2.3", "1.3.6.1.1.13.2", "1.3.6.1.1.13.1", "1.3.6.1.1.12").
		operational("supportedExtension", extensions...).
		operational("supportedFeatures", "1.3.6.1.1.14", "1.3.6.1.4.1.4203.1.5.1", "1.3.6.1.4.1.4203.1.5.2", "1.3.6.1.4.1.4203.1.5.3", "1.3.6.1.4.1.4203.1.5.4", "1.3.6.1.4.1.4203.1.5.5").
		operational("supportedLDAPVersion", "3").operational("supportedSASLMechanisms", mechanisms...).operational("entryDN", "").operational("subschemaSubentry", "cn=Subschema")
	first, _, _ := strings.Cut(domain, ".")
	admin := "cn=admin," + v.base
	number := 0
	finish := func(e *entry, created time.Time, class string) {
		number++
		b := h.Bytes("ldap-entry/"+strconv.Itoa(number), 16)
		e.operational("structuralObjectClass", class).operational("entryUUID", fmt.Sprintf("%x-%x-103%x-%x-%x", b[:4], b[4:6], b[6]&15, b[7:9], b[9:15])).
			operational("creatorsName", admin).operational("createTimestamp", stamp(created)).operational("entryCSN", created.Format("20060102150405")+fmt.Sprintf(".%06dZ#000000#000#000000", int(b[15])*3907%1_000_000)).
			operational("modifiersName", admin).operational("modifyTimestamp", stamp(created)).operational("entryDN", e.dn).operational("subschemaSubentry", "cn=Subschema").
			operational("hasSubordinates", map[bool]string{true: "TRUE", false: "FALSE"}[e.dn == v.base || class == "organizationalUnit"])
	}
	finish(v.put("").add("objectClass", "top", "dcObject", "organization").add("o", strings.ToUpper(first[:1])+first[1:]).add("dc", first), h.Installed(), "organization")
	hash := func(of string) attribute {
		salt := h.Bytes("ldap-salt/"+of, 4)
		sum := sha1.Sum(append(h.Bytes("ldap-hash/"+of, 12), salt...)) // the hash of nothing that anybody knows
		return attribute{name: "userPassword", values: []string{"{SSHA}" + base64.StdEncoding.EncodeToString(append(sum[:], salt...))}, secret: true}
	}
	root := v.put("cn=admin").add("objectClass", "simpleSecurityObject", "organizationalRole").add("cn", "admin").add("description", "LDAP administrator")
	root.attributes = append(root.attributes, hash("cn=admin"))
	finish(root, h.Installed(), "organizationalRole")
	v.users[canonical(admin)] = bait.Passwords(h, "ldap", "admin")
	people, groups := decoy.Pick(h, "ldap-people", "people", "users", "People"), decoy.Pick(h, "ldap-groups", "groups", "Groups", "group")
	for _, unit := range []string{people, groups} {
		finish(v.put("ou="+unit).add("objectClass", "organizationalUnit").add("ou", unit), h.Installed(), "organizationalUnit")
	}
	var logins []string
	for i, p := range bait.AppOf(h).People {
		given, last := p.Names()
		e := v.put("uid="+p.Login+",ou="+people).add("objectClass", "inetOrgPerson", "posixAccount", "shadowAccount").add("uid", p.Login).add("sn", last).add("givenName", given).
			add("cn", given+" "+last).add("displayName", given+" "+last).add("uidNumber", strconv.Itoa(10000+i)).add("gidNumber", "5000").add("loginShell", "/bin/bash").
			add("homeDirectory", "/home/"+p.Login).add("mail", p.Email)
		e.attributes = append(e.attributes, hash(p.Login))
		finish(e, p.Created, "inetOrgPerson")
		logins = append(logins, p.Login)
	}
	for i, name := range []string{"users", "admins", "vpn"} {
		members := logins
		if i > 0 {
			members = logins[:min(len(logins), 1+i*2)]
		}
		finish(v.put("cn="+name+",ou="+groups).add("objectClass", "posixGroup").add("cn", name).add("gidNumber", strconv.Itoa(5000+i)).add("memberUid", members...), h.Installed(), "posixGroup")
	}
}

// zulu writes a time as Active Directory does.
func zulu(t time.Time) string { return t.Format("20060102150405") + ".0Z" }

// present is what the server tells of itself, as it is now.
func (v *server) present() *entry {
	if !v.active {
		return v.root
	}
	now := &entry{active: true, attributes: slices.Clone(v.root.attributes)}
	return now.add("currentTime", zulu(v.host.Now()))
}

func (v *server) furnishWindows(domain string) {
	h, m := v.host, v.machine
	site := "CN=Default-First-Site-Name,CN=Sites,CN=Configuration," + v.base
	level := map[uint16]string{9600: "6"}[m.Build]
	if level == "" {
		level = "7"
	}
	computer := "CN=" + m.Name + ",OU=Domain Controllers," + v.base
	configuration := "CN=Configuration," + v.base
	v.root = (&entry{}).add("domainFunctionality", level).add("forestFunctionality", level).add("domainControllerFunctionality", level).add("rootDomainNamingContext", v.base).
		add("ldapServiceName", domain+":"+strings.ToLower(m.Name)+"$@"+strings.ToUpper(domain)).add("isGlobalCatalogReady", "TRUE").
		add("supportedSASLMechanisms", "GSSAPI", "GSS-SPNEGO", "EXTERNAL", "DIGEST-MD5").add("supportedLDAPVersion", "3", "2").
		add("supportedLDAPPolicies", "MaxPoolThreads", "MaxPercentDirSyncRequests", "MaxDatagramRecv", "MaxReceiveBuffer", "InitRecvTimeout", "MaxConnections", "MaxConnIdleTime", "MaxPageSize", "MaxQueryDuration", "MaxTempTableSize", "MaxResultSetSize").
		add("supportedControl", "1.2.840.113556.1.4.319", "1.2.840.113556.1.4.801", "1.2.840.113556.1.4.473", "1.2.840.113556.1.4.528", "1.2.840.113556.1.4.417", "1.2.840.113556.1.4.619", "1.2.840.113556.1.4.841", "1.2.840.113556.1.4.529", "1.2.840.113556.1.4.805").
		add("supportedCapabilities", "1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.1791", "1.2.840.113556.1.4.1935", "1.2.840.113556.1.4.2080", "1.2.840.113556.1.4.2237").
		add("subschemaSubentry", "CN=Aggregate,CN=Schema,"+configuration).add("serverName", "CN="+m.Name+",CN=Servers,"+site).add("schemaNamingContext", "CN=Schema,"+configuration).
		add("namingContexts", v.base, configuration, "CN=Schema,"+configuration, "DC=DomainDnsZones,"+v.base, "DC=ForestDnsZones,"+v.base).
		add("isSynchronized", "TRUE").add("highestCommittedUSN", strconv.Itoa(12000+h.Rand("ldap-usn").IntN(200000))).
		add("dsServiceName", "CN=NTDS Settings,CN="+m.Name+",CN=Servers,"+site).add("dnsHostName", m.DNSName).add("defaultNamingContext", v.base).
		add("configurationNamingContext", configuration)

	sid := func(rid ...uint32) string { return string(windows.SID(h, rid...)) }
	finish := func(e *entry, name string, created time.Time, category string) *entry {
		return e.add("distinguishedName", e.dn).add("instanceType", "4").add("whenCreated", zulu(created)).add("whenChanged", zulu(h.BootTime())).add("name", name).
			add("objectGUID", string(h.Bytes("ldap-guid/"+e.dn, 16))).add("objectCategory", "CN="+category+",CN=Schema,"+configuration)
	}
	label, _, _ := strings.Cut(domain, ".")
	finish(v.put("").add("objectClass", "top", "domain", "domainDNS").add("dc", label).add("objectSid", sid()).add("ms-DS-MachineAccountQuota", "10").
		add("minPwdLength", "7").add("lockoutThreshold", "0").add("pwdHistoryLength", "24"), label, h.Installed(), "Domain-DNS")
	for _, name := range []string{"Users", "Computers"} {
		finish(v.put("CN="+name).add("objectClass", "top", "container").add("cn", name), name, h.Installed(), "Container")
	}
	finish(v.put("OU=Domain Controllers").add("objectClass", "top", "organizationalUnit").add("ou", "Domain Controllers"), "Domain Controllers", h.Installed(), "Organizational-Unit")

	var members []string
	account := func(a windows.Account) {
		login, name, created := a.Login, a.Name(), a.Created
		if slices.Contains(members, "CN="+name+",CN=Users,"+v.base) {
			name += " " + login // the second who is called so
		}
		e := v.put("CN="+name+",CN=Users").add("objectClass", "top", "person", "organizationalPerson", "user").add("cn", name)
		if a.Description != "" {
			e.add("description", a.Description)
		}
		if a.First != "" {
			e.add("sn", a.Last).add("givenName", a.First).add("displayName", name).add("userPrincipalName", login+"@"+domain)
		}
		var groups []string
		for _, g := range a.Groups {
			groups = append(groups, "CN="+g+",CN=Users,"+v.base)
		}
		if groups != nil {
			e.add("memberOf", groups...)
		}
		logon := strconv.FormatUint(windows.FileTime(created.Add(40*24*time.Hour).UnixNano()), 10)
		e.add("userAccountControl", strconv.Itoa(int(a.Flags))).add("badPwdCount", "0").add("pwdLastSet", strconv.FormatUint(windows.FileTime(created.UnixNano()), 10)).add("lastLogon", logon).
			add("primaryGroupID", "513").add("objectSid", sid(a.RID)).add("sAMAccountName", login).add("sAMAccountType", "805306368")
		switch {
		case a.Service != "":
			e.add("servicePrincipalName", a.Service)
		case login == "krbtgt":
			e.add("servicePrincipalName", "kadmin/changepw")
		}
		finish(e, name, created, "Person")
		members = append(members, e.dn)
		if a.Disabled {
			return
		}
		for _, alias := range []string{e.dn, login + "@" + domain, m.Domain + `\` + login, login} {
			v.users[canonical(alias)] = a.Passwords()
		}
	}
	for _, a := range windows.Accounts(h, true) {
		account(a)
	}
	for _, g := range windows.Groups() {
		name, who := g.Name, members[:1]
		if g.ForAll {
			who = members[3:]
		}
		finish(v.put("CN="+name+",CN=Users").add("objectClass", "top", "group").add("cn", name).add("member", who...).add("objectSid", sid(g.RID)).add("sAMAccountName", name).add("sAMAccountType", "268435456").add("groupType", "-2147483646"), name, h.Installed(), "Group")
	}
	dc := &entry{dn: computer, key: canonical(computer), active: true}
	v.entries = append(v.entries, finish(dc.add("objectClass", "top", "person", "organizationalPerson", "user", "computer").add("cn", m.Name).add("userAccountControl", "532480").add("primaryGroupID", "516").
		add("objectSid", sid(windows.ControllerRID)).add("sAMAccountName", m.Name+"$").add("sAMAccountType", "805306369").add("operatingSystem", m.Product).add("operatingSystemVersion", fmt.Sprintf("%d.%d (%d)", m.Major, m.Minor, m.Build)).
		add("dNSHostName", m.DNSName).add("servicePrincipalName", "ldap/"+m.DNSName, "HOST/"+m.DNSName, "GC/"+m.DNSName+"/"+domain), m.Name, h.Installed(), "Computer"))
	for _, name := range windows.Computers(h) {
		finish(v.put("CN="+name+",CN=Computers").add("objectClass", "top", "person", "organizationalPerson", "user", "computer").add("cn", name).add("userAccountControl", "4096").add("sAMAccountName", name+"$").
			add("sAMAccountType", "805306369").add("operatingSystem", "Windows 10 Pro").add("operatingSystemVersion", "10.0 (19045)").add("dNSHostName", name+"."+domain), name, h.Installed(), "Computer")
	}
}
