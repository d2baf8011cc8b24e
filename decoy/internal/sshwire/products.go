package sshwire

import (
	"slices"
	"strings"
)

// The names of which the offers are made, in OpenSSH's order unless something else is said.
const (
	curves     = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521"
	sntrup     = "sntrup761x25519-sha512@openssh.com"
	groups     = "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512"
	group14    = "diffie-hellman-group14-sha256"
	group14Old = "diffie-hellman-group14-sha1"
	strict     = "kex-strict-s-v00@openssh.com"

	hostKeys    = "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519"
	hostKeysOld = "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256,ssh-ed25519"

	ciphers = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
	macs    = "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com," +
		"umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
	macsNoSHA1 = "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com," +
		"umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512"

	// What the DEFAULT policy of RHEL 9 and Fedora says, and its order.
	policyKex     = curves + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512"
	policyCiphers = "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes128-gcm@openssh.com,aes128-ctr"
	policyMACs    = "hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-512-etm@openssh.com," +
		"hmac-sha2-256,hmac-sha1,umac-128@openssh.com,hmac-sha2-512"

	ecdsaTypes = "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
	rsaTypes   = "ssh-rsa,rsa-sha2-256,rsa-sha2-512"
	sigAlgs77  = "ssh-ed25519," + rsaTypes + ",ssh-dss," + ecdsaTypes
	sigAlgs82  = "ssh-ed25519,sk-ssh-ed25519@openssh.com," + rsaTypes + ",ssh-dss," + ecdsaTypes + ",sk-ecdsa-sha2-nistp256@openssh.com"
	sigAlgs87  = sigAlgs82 + ",webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
	sigAlgs92  = "ssh-ed25519,sk-ssh-ed25519@openssh.com," + ecdsaTypes + ",sk-ecdsa-sha2-nistp256@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-dss," + rsaTypes
	sigAlgs96  = "ssh-ed25519," + ecdsaTypes + ",sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"

	plainAuth    = "publickey,password"
	fullAuth     = "publickey,password,keyboard-interactive"
	kerberosAuth = "publickey,gssapi-keyex,gssapi-with-mic,password"
)

// openSSH is what releases from 9.0 on have in common.
var openSSH = Product{
	KeyExchanges: names(sntrup, curves, groups, group14), HostKeys: names(hostKeys), Ciphers: names(ciphers), MACs: names(macs), Compressions: names("none", compressionZlib),
	ExtInfo:     []string{"server-sig-algs", sigAlgs92, "publickey-hostbound@openssh.com", "0"},
	AuthMethods: names(fullAuth), MaxAuthTries: 6, TooMany: "Too many authentication failures", Explains: true,
	LineEnd: "\r\n", Invalid: "Invalid SSH identification string.\r\n", WrongMajor: "Protocol major versions differ.\r\n",
	Window: 2 << 20, MaxPacket: 32 << 10, LateWindow: true, AnnouncesHostKeys: true,
}

var dropbear = Product{
	KeyExchanges: names("curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256", group14, group14Old, "kexguess2@matt.ucc.asn.au"),
	// Firmware is built without zlib.
	Compressions: names("none"), MACs: names("hmac-sha1,hmac-sha2-256"),
	AuthMethods: names(plainAuth), MaxAuthTries: 10, LineEnd: "\r\n",
	Lenient: true, Eager: true, RandomPadding: true, Window: 24576, MaxPacket: 32759, EarlyEOF: true,
}

func names(lists ...string) []string { return strings.Split(strings.Join(lists, ","), ",") }

// build is a product by how its identification begins, after SSH-2.0-.
type build struct {
	banner  string
	product func() Product
}

// builds are looked through from the first on. Each fix that distributions have taken over counts from the update on that brought it; the rest is from the release's
// myproposal.h, or measured.
var builds = []build{
	{"OpenSSH_9.2p1 Debian-2+deb12u2", func() Product { return openSSH.strictly().auth(plainAuth) }},
	{"OpenSSH_9.2p1 Debian-2+deb12u3", func() Product { return openSSH.strictly().auth(plainAuth) }},
	{"OpenSSH_9.2p1 Debian", func() Product { // since u4 also by the name without @
		p := openSSH.strictly().auth(plainAuth)
		p.KeyExchanges = append([]string{"sntrup761x25519-sha512"}, p.KeyExchanges...)
		return p
	}},
	{"OpenSSH_9.6p1 Debian", func() Product { return since96().auth(plainAuth) }},
	{"OpenSSH_9.7p1 Debian", func() Product { return since96().auth(plainAuth) }},
	{"OpenSSH_8.9p1 Ubuntu", func() Product { // the hybrid exchange is not yet the first
		p := openSSH.auth(plainAuth)
		p.KeyExchanges = names(curves, sntrup, groups, group14)
		p.ExtInfo = []string{"server-sig-algs", sigAlgs87, "publickey-hostbound@openssh.com", "0"}
		return p.strictly()
	}},
	{"OpenSSH_8.2p1 Ubuntu-4ubuntu0.9", until88},
	{"OpenSSH_8.2p1 Ubuntu", func() Product { return until88().strictly() }}, // since 0.10
	{"OpenSSH_8.7", func() Product { // RHEL 9 and those made of it
		p := policy()
		p.ExtInfo = []string{"server-sig-algs", sigAlgs87}
		return p
	}},
	{"OpenSSH_9.3", policy}, // Fedora
	{"OpenSSH_7.4", func() Product { // RHEL 7, which has kept what upstream had dropped
		p := until88().auth(kerberosAuth)
		p.KeyExchanges = names(curves, groups, "diffie-hellman-group-exchange-sha1", group14, group14Old, "diffie-hellman-group1-sha1")
		p.HostKeys = names("ssh-rsa,rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519")
		p.Ciphers = names(ciphers, "aes128-cbc,aes192-cbc,aes256-cbc,blowfish-cbc,cast128-cbc,3des-cbc")
		p.ExtInfo = []string{"server-sig-algs", "rsa-sha2-256,rsa-sha2-512"}
		p.Invalid, p.WrongMajor = "Protocol mismatch.\n", "Protocol major versions differ.\n"
		return p
	}},
	{"OpenSSH_9.5 FreeBSD", func() Product { return since95().strictly().auth("publickey,keyboard-interactive") }},
	{"OpenSSH_9.6 FreeBSD", func() Product { return since96().auth("publickey,keyboard-interactive") }},
	{"OpenSSH_9.6", since96}, // Alpine
	{"OpenSSH_9.7", func() Product { return since96().auth(plainAuth) }}, // Arch
	{"OpenSSH_9.8", func() Product { return since96().auth(plainAuth) }},
	{"OpenSSH_for_Windows_7.7", func() Product {
		p := until81()
		p.HostKeys = names("ssh-rsa,rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519")
		p.Compressions = names("none")
		p.Invalid, p.WrongMajor = "Protocol mismatch.\n", "Protocol major versions differ.\n"
		return p
	}},
	{"OpenSSH_for_Windows_8.1", until81},
	{"OpenSSH_for_Windows_9.5", func() Product {
		p := since95()
		p.KeyExchanges, p.MACs = names(curves, groups, group14), names(macsNoSHA1)
		return p.strictly()
	}},
	{"dropbear_2020.81", func() Product {
		p := dropbear
		p.HostKeys, p.Ciphers = names("ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,ssh-rsa"), names("chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr")
		p.ExtInfo = []string{"server-sig-algs", "ssh-ed25519," + ecdsaTypes + ",rsa-sha2-256,ssh-rsa"}
		return p
	}},
	{"dropbear_20", func() Product {
		p := dropbear
		p.HostKeys, p.Ciphers = names("ecdsa-sha2-nistp256,ssh-rsa"), names("aes128-ctr,aes256-ctr,aes128-cbc,aes256-cbc,3des-ctr,3des-cbc")
		return p
	}},
	{"Cisco-", func() Product { // IOS 15
		p := openSSH.auth("publickey,keyboard-interactive,password")
		p.KeyExchanges, p.HostKeys = names("diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1"), names("ssh-rsa")
		p.Ciphers, p.MACs, p.Compressions = names("aes128-ctr,aes192-ctr,aes256-ctr"), names("hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96"), names("none")
		p.ExtInfo, p.AnnouncesHostKeys, p.LateWindow, p.Window, p.MaxPacket = nil, false, false, 8192, 4096
		p.LineEnd, p.Invalid, p.WrongMajor, p.TooMany, p.MaxAuthTries, p.Explains = "\n", "", "", "", 3, false
		return p
	}},
}

// ProductOf returns that of a server which identifies itself so, the first that the beginning of its name fits, or else Debian's.
func ProductOf(banner string) *Product {
	banner = strings.TrimPrefix(banner, "SSH-2.0-")
	i := max(0, slices.IndexFunc(builds, func(b build) bool { return strings.HasPrefix(banner, b.banner) }))
	p := builds[i].product()
	return &p
}

// strictly has what closes CVE-2023-48795.
func (p Product) strictly() Product {
	p.KeyExchanges = append(slices.Clone(p.KeyExchanges), strict)
	return p
}

func (p Product) auth(methods string) Product {
	p.AuthMethods = names(methods)
	return p
}

func since95() Product {
	p := openSSH
	p.ExtInfo = append(slices.Clone(p.ExtInfo), "ping@openssh.com", "0")
	return p
}

func since96() Product {
	p := since95()
	p.KeyExchanges = append(slices.Clone(p.KeyExchanges), "ext-info-s")
	p.ExtInfo[1], p.ExtInfoInAuth = sigAlgs96, sigAlgs96
	return p.strictly()
}

func until88() Product {
	p := openSSH.auth(plainAuth)
	p.KeyExchanges, p.HostKeys = names(curves, groups, group14), names(hostKeysOld)
	p.ExtInfo = []string{"server-sig-algs", sigAlgs82}
	return p
}

// until81 is Windows'.
func until81() Product {
	p := until88().auth(fullAuth)
	p.KeyExchanges = append(p.KeyExchanges, group14Old)
	p.ExtInfo = []string{"server-sig-algs", sigAlgs77}
	return p
}

func policy() Product {
	p := openSSH.auth(kerberosAuth)
	p.KeyExchanges, p.Ciphers, p.MACs = names(policyKex), names(policyCiphers), names(policyMACs)
	return p.strictly()
}
