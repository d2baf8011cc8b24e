// Package sip is the decoy of a telephone exchange: Asterisk or FreePBX, or 3CX on Windows. Who registers or wants to call is challenged, and the answer recorded in the form in which
// passwords are guessed offline; a few extensions have a weak one and are let in. A call is recorded with its number and gets no further: nothing is dialled.
package sip

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/event"
	"decnet/decoy/services/internal/bait"
)

func init() {
	decoy.Register("sip", func(h *decoy.Host) (decoy.Service, error) { return newExchange(h), nil })
}

const (
	maxShown  = 1024 // bytes of what is no request, in the record
	nonceLife = 2 * time.Minute
)

// exchange is the decky's.
type exchange struct {
	host     *decoy.Host
	server   string // as it names itself; "" for one that doesn't
	realm    string
	methods  string
	extra    []string // lines that it adds to an OK
	accounts map[string][]string
}

func newExchange(h *decoy.Host) *exchange {
	x := &exchange{host: h, realm: "asterisk", accounts: map[string][]string{}}
	switch {
	case h.OS == "windows" || h.OS == "windows_server":
		x.realm, x.methods = "3CXPhoneSystem", "INVITE, ACK, CANCEL, OPTIONS, BYE, REGISTER, SUBSCRIBE, NOTIFY, REFER, INFO"
		x.extra = []string{"Accept: application/sdp", "Accept-Language: en", "Allow: " + x.methods, "Supported: replaces", "Allow-Events: presence, message-summary, tunnel-info"}
	default:
		versions := map[string][]string{"ubuntu22": {"18.10.0~dfsg+~cs6.10.40431411-2"}, "ubuntu20": {"16.2.1~dfsg-2ubuntu1"}, "debian": {"16.28.0~dfsg-0+deb11u4", "20.5.2", "18.20.2"}}[h.Distro]
		if versions == nil {
			versions = []string{"18.20.2", "20.5.2", "16.30.1"}
		}
		x.server = "Asterisk PBX " + decoy.Pick(h, "sip-version", versions...)
		if decoy.Pick(h, "sip-freepbx", true, false, false) {
			x.server = "FPBX-" + decoy.Pick(h, "sip-fpbx", "16.0.40.7(18.20.2)", "15.0.38(16.30.1)", "16.0.40.4(18.16.0)")
		}
		x.methods = "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH"
		if decoy.Pick(h, "sip-message", true, false) {
			x.methods += ", MESSAGE"
		}
		x.extra = []string{"Allow: " + x.methods, "Supported: replaces, timer", "Contact: <sip:" + h.IP + ":5060>", "Accept: application/sdp"}
	}
	r := h.Rand("sip-extensions")
	first := []int{100, 200, 1000, 2000, 101, 201}[r.IntN(6)]
	for i := range 6 + r.IntN(14) {
		number := strconv.Itoa(first + i)
		switch r.IntN(4) {
		case 0:
			x.accounts[number] = []string{number}
		case 1:
			x.accounts[number] = bait.Passwords(h, "sip", number)
		}
	}
	return x
}

// ServePacket answers one request.
func (x *exchange) ServePacket(_ context.Context, s *decoy.Session, data []byte) {
	if len(strings.Trim(string(data), "\r\n\x00")) == 0 {
		return // a client that keeps a firewall's door open
	}
	r, err := parse(data)
	if err != nil {
		strange(s, string(data))
		return
	}
	for _, answer := range x.answer(s, r, "UDP") {
		if _, err := io.WriteString(s, answer); err != nil {
			return
		}
	}
}

// ServeConn answers the requests of one client.
func (x *exchange) ServeConn(_ context.Context, s *decoy.Session) {
	in := bufio.NewReaderSize(s, maxHead)
	for {
		r, raw, err := read(in)
		if err != nil {
			if raw != "" && (errors.Is(err, errMalformed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
				strange(s, raw)
			}
			return
		}
		answers := []string{"\r\n"}
		if r != nil {
			answers = x.answer(s, r, "TCP")
		}
		for _, answer := range answers {
			if _, err := io.WriteString(s, answer); err != nil {
				return
			}
		}
	}
}

func strange(s *decoy.Session, data string) {
	s.Event("protocol_error", event.String("data", data[:min(len(data), maxShown)]))
}

// answer records a request and returns what answers it, nothing for what is left unanswered.
func (x *exchange) answer(s *decoy.Session, r *request, transport string) []string {
	s.Event("sip", event.String("method", r.method), event.String("uri", r.uri), event.String("from", r.get("from")), event.String("to", r.get("to")),
		event.String("user_agent", r.get("user-agent")), event.String("contact", r.get("contact")), event.String("call_id", r.get("call-id")), event.String("transport", transport), event.Bytes("body", r.body))
	if r.get("via") == "" || r.get("from") == "" || r.get("to") == "" || r.get("call-id") == "" || r.get("cseq") == "" {
		return nil // whom to answer can't be known
	}
	say := func(status string, lines ...string) []string { return []string{x.compose(s, r, status, lines)} }
	switch r.method {
	case "ACK":
		return nil
	case "OPTIONS":
		return say("200 OK", x.extra...)
	case "REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "PUBLISH", "REFER":
	case "BYE", "CANCEL", "INFO", "UPDATE", "PRACK":
		return say("481 Call leg/transaction does not exist")
	case "NOTIFY":
		return say("489 Bad event")
	default:
		return say("501 Method Not Implemented", "Allow: "+x.methods)
	}
	user, known := x.authenticate(s, r)
	switch {
	case user == "" || known == expired:
		stale := ""
		if known == expired {
			stale = ", stale=true"
		}
		challenge := fmt.Sprintf(`Digest algorithm=MD5, realm="%s", nonce="%s"%s`, x.realm, x.nonce(s, x.host.Now()), stale)
		return say("401 Unauthorized", "WWW-Authenticate: "+challenge)
	case known == wrong:
		return say("403 Forbidden")
	}
	switch r.method {
	case "REGISTER":
		expires := "3600"
		if n, err := strconv.ParseUint(r.get("expires"), 10, 16); err == nil && n < 3600 {
			expires = strconv.FormatUint(n, 10)
		}
		lines := []string{"Expires: " + expires}
		if contact := r.get("contact"); contact != "" && contact != "*" && expires != "0" {
			lines = append(lines, "Contact: "+contact+";expires="+expires)
		}
		return say("200 OK", append(lines, "Date: "+x.host.Now().Format("Mon, 02 Jan 2006 15:04:05 GMT"))...)
	case "INVITE":
		s.Event("call", event.String("extension", user), event.String("number", number(r.uri)), event.String("caller", r.get("from")))
		// The lines to the world are busy, and stay so.
		return append(say("100 Trying"), say("503 Service Unavailable", `Reason: Q.850;cause=34`)...)
	case "MESSAGE":
		return say("202 Accepted")
	}
	return say("489 Bad event")
}

// number is what a URI wants to reach.
func number(uri string) string {
	_, rest, found := strings.Cut(uri, ":")
	if !found {
		rest = uri
	}
	name, _, _ := strings.Cut(rest, "@")
	return name
}

// compose writes an answer.
func (x *exchange) compose(s *decoy.Session, r *request, status string, lines []string) string {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	for i, via := range r.all("via") {
		if i == 0 {
			via = x.received(s, via)
		}
		b.WriteString("Via: " + via + "\r\n")
	}
	to := r.get("to")
	if !strings.Contains(to, ";tag=") && !strings.HasPrefix(status, "100") {
		sum := md5.Sum([]byte(x.host.Hex("sip-tag", 8) + r.get("call-id")))
		to += ";tag=as" + hex.EncodeToString(sum[:4])
	}
	b.WriteString("From: " + r.get("from") + "\r\nTo: " + to + "\r\nCall-ID: " + r.get("call-id") + "\r\nCSeq: " + r.get("cseq") + "\r\n")
	if x.server != "" {
		b.WriteString("Server: " + x.server + "\r\n")
	}
	if x.server != "" && !slices.Contains(lines, "Allow: "+x.methods) {
		b.WriteString("Allow: " + x.methods + "\r\nSupported: replaces, timer\r\n")
	}
	for _, line := range lines {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.String()
}

// received notes in the way back where the request came from.
func (x *exchange) received(s *decoy.Session, via string) string {
	if before, after, found := strings.Cut(via, ";rport"); found && !strings.HasPrefix(after, "=") {
		via = before + after + ";received=" + s.Peer().Addr().String() + ";rport=" + strconv.Itoa(int(s.Peer().Port()))
	} else {
		via += ";received=" + s.Peer().Addr().String()
	}
	return via
}

// verdict is what an answer to a challenge is worth.
type verdict int

const (
	wrong verdict = iota
	expired
	right
)

// authenticate checks and records an answer to a challenge. Without one, the user is "".
func (x *exchange) authenticate(s *decoy.Session, r *request) (user string, v verdict) {
	given := r.get("authorization")
	if given == "" {
		given = r.get("proxy-authorization")
	}
	kind, rest, _ := strings.Cut(given, " ")
	if given == "" {
		return "", wrong
	}
	if !strings.EqualFold(kind, "digest") {
		s.Attempt(strings.ToLower(kind[:min(len(kind), 32)]), "", []byte(rest), event.Rejected)
		return "", wrong
	}
	p := parameters(rest)
	user = p["username"]
	v = wrong
	for _, password := range x.accounts[user] {
		if subtle.ConstantTimeCompare([]byte(respond(p, r.method, password)), []byte(p["response"])) == 1 {
			v = right
		}
	}
	if !x.fresh(s, p["nonce"]) {
		v = expired
	}
	outcome := event.Rejected
	if v == right {
		outcome = event.Accepted
	}
	s.Attempt("sip_digest_md5", user, []byte(hashcat(s, p, r.method)), outcome, event.String("realm", p["realm"]))
	if user == "" {
		user = "anonymous"
	}
	return user, v
}

// respond is the right answer to the challenge for who has the password.
func respond(p map[string]string, method, password string) string {
	sum := func(parts ...string) string {
		s := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(s[:])
	}
	who, what := sum(p["username"], p["realm"], password), sum(method, p["uri"])
	if p["qop"] == "auth" {
		return sum(who, p["nonce"], p["nc"], p["cnonce"], p["qop"], what)
	}
	return sum(who, p["nonce"], what)
}

// hashcat is the answer in that program's format 11400.
func hashcat(s *decoy.Session, p map[string]string, method string) string {
	scheme, resource, _ := strings.Cut(p["uri"], ":")
	return strings.Join([]string{"$sip$", s.Local().Addr().String(), s.Peer().Addr().String(), p["username"], p["realm"], method, scheme, resource, "", p["nonce"], p["cnonce"], p["nc"], p["qop"], "MD5", p["response"]}, "*")
}

// nonce is the challenge for the peer at that time: it can be known again without being kept.
func (x *exchange) nonce(s *decoy.Session, at time.Time) string {
	window := at.Unix() / int64(nonceLife.Seconds())
	sum := md5.Sum(fmt.Appendf(x.host.Bytes("sip-nonce", 16), "%d/%s", window, s.Peer().Addr()))
	return hex.EncodeToString(sum[:4])
}

// fresh tells whether the challenge is one that was made a moment ago.
func (x *exchange) fresh(s *decoy.Session, nonce string) bool {
	now := x.host.Now()
	return nonce == x.nonce(s, now) || nonce == x.nonce(s, now.Add(-nonceLife))
}
