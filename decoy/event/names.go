package event

import "strings"

// hidden are the fields that are a secret, or raw text of an intruder's in which secrets stand: an Authorization header, a form's body, a login packet, an
// environment.
const hidden = `
	secret password new_password encoded response
	headers body data content parameters text clipboard keys env`

// shown are the fields that whoever may watch may see.
const shown = `
	src_ip src_port dst_port principal secret_kind outcome command duration_ms count part cast began_us
	access account address algorithm alpn application attribute attributes auth_message
	base binds body_sha256 body_size bytes_in bytes_out
	call_id called caller calling capabilities challenge changes channels cipher client_address client_build client_certificate client_ciphers client_guid
	client_host client_id client_mac client_name client_os client_path client_pid client_platform client_program client_version client_versions code
	collection contact container cookie credssp_version cwd
	database dialects direction directory display disposition dn domain
	edns_options edns_size engine etype etypes exception extension
	failure file filter fingerprint first folder from function
	group hassh host host_network host_paths host_pid how
	id image instance interface iterations ja3 ja4 keep_alive kept key_type keyboard kind known
	language last line mechanism method mode name namespace network number
	offset oid oids opcode operation options
	packages packet path pattern payload_bytes pid pod priorities privileged product protocol protocols pseudo_headers
	qclass qos qtype queue_id realm reason recipients records recursion registry request resource routing
	salt scheme scope screen seconds security_mode security_type server_host settings sha256 shell size slot sni status stream subject szl
	target tds_version terminal tls_version to tool topic topics transport
	unit uri url use user user_agent verb version via will_topic window_update workstation`

// judged says of each name whether its field is shown.
var judged = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(hidden) {
		m[name] = false
	}
	for name := range strings.FieldsSeq(shown) {
		m[name] = true
	}
	return m
}()

// Shown tells whether a field is for everybody who may watch. One whose name is in no list is not: what a decoy newly records stays hidden until
// somebody has thought about it.
func Shown(name string) bool { return judged[name] }

// Judged tells whether somebody has thought about a field of that name.
func Judged(name string) bool {
	_, ok := judged[name]
	return ok
}
