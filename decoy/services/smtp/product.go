package smtp

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"decnet/decoy"
	"decnet/decoy/internal/tlswire"
	"decnet/decoy/services/internal/windows"
)

// product is a mail server: what it says, word for word. In its texts {host} is the decky, {peer} the client's address, {helo} what it calls itself,
// {cmd}, {arg} and {line} what it has sent, {user} a name in it, {sender} and {addr} addresses, {id} a message's number and {time} now, as is {gmt}, with the zone's name. Each newline ends a line on the wire.
type product struct {
	banner        string
	helo, ehlo    string // the first line
	capabilities  []string
	noName        string // HELO without an argument
	sender        string
	recipient     string
	begin         string // of the message
	queued        string
	queueID       func() string
	size          int64 // of a message, at most
	tooBig        string
	relay         string // the refusal
	noUser        string
	submission    string // the refusal on port 587 of who has not logged in; "" leaves it to the others
	twice         string // MAIL after MAIL
	noSender      string // RCPT without MAIL
	noMessage     string // DATA without MAIL; "" is as noSender
	noRecipient   string // DATA without RCPT
	badSender     string
	badRecipient  string
	verify        string
	verifyNoUser  string
	verifyNothing string // without an argument
	noop, reset   string
	help          string
	bye           string
	unknown       string
	maxUnknown    int
	tooMany       string
	tls           string
	tlsAgain      string
	library       tlswire.Profile // whose TLS it is
	protocols     []string        // that it knows by ALPN
	integrated    []string        // the ways to log in with a Windows account, by AUTH and, between servers, by X-EXPS
	authRefused   string
	authOK        string
	authAborted   string
	mechanism     string // the refusal of an unknown one
	etrn          string
	web           string // the answer to a browser or proxy scanner; "" is as to anything unknown
	webFirst      bool   // it is given to the first command alone
	chunks        bool   // BDAT is known
	noHello       string // the answer to a message or an address before HELO; "" is that none is needed
	expand        string // the answer to EXPN for one of the users
	expandNoUser  string
	expandNothing string            // EXPN without an argument; "" is as verifyNothing
	demand        string            // the answer to VRFY and EXPN before HELO; "" is that none is needed
	blank         string            // to an empty line; "" is as to anything unknown
	tooLong       string            // to a line that is longer than any; "" is Postfix's word
	trims         bool              // blanks before a command are left out
	bogus         bool              // what begins with no letter is taken for a browser's, too
	arguments     map[string]string // to commands that take no argument and have one
	others        map[string]string // to further commands
	etrnNothing   string            // ETRN without an argument
	badName       string            // the answer to HELO with what can't be a host's name; "" takes all
	strictName    bool              // nor has a name an underscore
	badFrom       string            // an address that can't be read, within brackets; "" is badSender
	badTo         string            // likewise, badRecipient
	noOperand     string            // MAIL FROM: and RCPT TO: without an address; "" is as for one that can't be read
	needDomain    string            // an address without one; "" is that none is needed
	noLiterals    string            // an address with a number for its domain; "" takes them
	restricted    string            // a recipient with a route in its name; "" is that it is refused as a relay
	option        string            // an unknown parameter; "" takes all
	optionTo      bool              // even those of DSN, behind a recipient
	plus          bool              // what stands behind a plus in a recipient's name does not count
	authNothing   string            // AUTH without an argument
	authInMail    string            // AUTH after MAIL
	authEarly     string            // AUTH, STARTTLS and BDAT before EHLO, of which {cmd} was not offered
	badBase64     string            // an initial response in AUTH that is not in base64
	badBase64Next string            // a later one
	authWait      time.Duration     // until wrong credentials are called wrong
	chunked       string            // BDAT; {chunk} are its bytes, {total} those of the message
	chunkedLast   string
	chunkBad      string // BDAT without a size
	chunkThenData string
	slowAfter     int           // refusals, of which each further one comes slowly
	slow          time.Duration // by so much
	maxSyntax     int           // errors of form or order; more than those end the conversation. 0 counts all refusals alike, against maxUnknown
	tooManySyntax string
	maxIdle       int // commands that bring no message on; 0 is any number
	tooManyIdle   string
	unread        string // what ends the conversation with who sends more behind an unknown command before it is answered; "" takes that
	strictEnd     bool   // a message that began with CRLF ends with CRLF
	most          int    // connections
	crowded       string // what is said beyond them
}

func letters(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	hexDigits = "0123456789ABCDEF"
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func postfix(system string, old, newest bool) product {
	p := product{
		library: tlswire.Postfix,
		most:    50, crowded: "421 4.7.0 {host} Error: too many connections from {peer}",
		banner: "220 {host} ESMTP Postfix" + system,
		helo:   "250 {host}", ehlo: "{host}",
		capabilities: []string{"PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "STARTTLS", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"},
		noName:       "501 Syntax: {cmd} hostname",
		sender:       "250 2.1.0 Ok", recipient: "250 2.1.5 Ok", begin: "354 End data with <CR><LF>.<CR><LF>", queued: "250 2.0.0 Ok: queued as {id}",
		queueID: postfixIDs(0),
		size:    10240000, tooBig: "552 5.3.4 Message size exceeds fixed limit",
		relay: "454 4.7.1 <{addr}>: Relay access denied", noUser: "550 5.1.1 <{addr}>: Recipient address rejected: User unknown in local recipient table",
		submission: "554 5.7.1 <unknown[{peer}]>: Client host rejected: Access denied",
		twice:      "503 5.5.1 Error: nested MAIL command", noSender: "503 5.5.1 Error: need MAIL command", noMessage: "503 5.5.1 Error: need RCPT command", noRecipient: "554 5.5.1 Error: no valid recipients",
		badSender: "501 5.5.4 Syntax: MAIL FROM:<address>", badRecipient: "501 5.5.4 Syntax: RCPT TO:<address>",
		verify: "252 2.0.0 {arg}", verifyNothing: "501 5.5.4 Syntax: VRFY address [SMTPUTF8]", verifyNoUser: "550 5.1.1 <{arg}>: Recipient address rejected: User unknown in local recipient table",
		noop: "250 2.0.0 Ok", reset: "250 2.0.0 Ok", bye: "221 2.0.0 Bye",
		unknown: "500 5.5.2 Error: command not recognized", maxUnknown: 20, tooMany: "421 4.7.0 {host} Error: too many errors",
		tls: "220 2.0.0 Ready to start TLS", tlsAgain: "554 5.5.1 Error: TLS already active",
		authRefused: "535 5.7.8 Error: authentication failed: ", authOK: "235 2.7.0 Authentication successful", authAborted: "501 5.7.0 Authentication aborted",
		mechanism: "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
		etrn:      "459 <{arg}>: service unavailable", etrnNothing: "500 Syntax: ETRN domain",
		blank: "500 5.5.2 Error: bad syntax", trims: true,
		arguments: map[string]string{"STARTTLS": "501 5.5.4 Syntax: STARTTLS", "RSET": "501 5.5.4 Syntax: RSET", "DATA": "501 5.5.4 Syntax: DATA"},
		others:    map[string]string{"XCLIENT": "550 5.7.0 Error: insufficient authorization", "XFORWARD": "550 5.7.0 Error: insufficient authorization"},
		badFrom:   "501 5.1.7 Bad sender address syntax", badTo: "501 5.1.3 Bad recipient address syntax", option: "555 5.5.4 Unsupported option: {option}", plus: true,
		authNothing: "501 5.5.4 Syntax: AUTH mechanism", authInMail: "503 5.5.1 Error: MAIL transaction in progress",
		badBase64: "535 5.7.8 Error: authentication failed: Invalid base64 data in initial response", badBase64Next: "535 5.7.8 Error: authentication failed: Invalid base64 data in continued response", authWait: 2 * time.Second,
		chunked: "250 2.0.0 Ok: {chunk} bytes", chunkedLast: "250 2.0.0 Ok: {total} bytes queued as {id}", chunkBad: "521 5.5.4 Syntax: BDAT count [LAST]", chunkThenData: "503 5.5.1 Error: DATA after BDAT",
		slowAfter: 10, slow: time.Second,
		web:    "221 2.7.0 Error: I can break rules, too. Goodbye.",
		chunks: true,
	}
	p.expand, p.expandNoUser, p.expandNothing = p.unknown, p.unknown, p.unknown
	p.help = p.unknown
	if newest {
		p.help = "214 2.0.0 https://www.postfix.org/"
	}
	if old {
		p.capabilities = p.capabilities[:9] // before version 3
		p.chunks = false
		p.unknown = "502 5.5.2 Error: command not recognized"
		p.help, p.expand, p.expandNoUser, p.expandNothing = p.unknown, p.unknown, p.unknown, p.unknown
		p.verifyNothing = "501 5.5.4 Syntax: VRFY address"
	}
	return p
}

func exim(version string, connects bool) product {
	p := product{
		library: tlswire.Exim,
		most:    20, crowded: "421 Too many concurrent SMTP connections; please try again later.",
		banner: "220 {host} ESMTP Exim " + version + " {time}",
		helo:   "250 {host} Hello {helo} [{peer}]", ehlo: "{host} Hello {helo} [{peer}]",
		capabilities: []string{"SIZE 52428800", "8BITMIME", "PIPELINING", "PIPECONNECT", "AUTH PLAIN LOGIN", "CHUNKING", "STARTTLS", "PRDR", "HELP"},
		noName:       "501 Syntactically invalid {cmd} argument(s)",
		sender:       "250 OK", recipient: "250 Accepted", begin: "354 Enter message, ending with \".\" on a line by itself", queued: "250 OK id={id}",
		queueID: func() string { return eximID(version) },
		size:    52428800, tooBig: "552 Message size exceeds maximum permitted",
		relay: "550 relay not permitted", noUser: "550 Unrouteable address",
		twice: "503 sender already given", noSender: "503 sender not yet given", noMessage: "503 valid RCPT command must precede DATA", noRecipient: "503 valid RCPT command must precede DATA",
		badSender: "501 {arg}: malformed address", badRecipient: "501 {arg}: malformed address",
		verifyNothing: "501 empty address", expandNothing: "550 Administrative prohibition", verify: "252 Administrative prohibition", verifyNoUser: "252 Administrative prohibition",
		noop: "250 OK", reset: "250 Reset OK", bye: "221 {host} closing connection",
		help:    "214-Commands supported:\n214 AUTH STARTTLS HELO EHLO MAIL RCPT DATA BDAT NOOP QUIT RSET HELP",
		unknown: "500 unrecognized command", maxUnknown: 3, tooMany: "500 Too many unrecognized commands",
		tls: "220 TLS go ahead", tlsAgain: "503 STARTTLS command used when not advertised",
		authRefused: "535 Incorrect authentication data", authOK: "235 Authentication succeeded", authAborted: "501 Authentication cancelled",
		mechanism: "504 {arg} authentication mechanism not supported",
		etrn:      "458 Administrative prohibition", etrnNothing: "458 Administrative prohibition",
		noHello:   "503 HELO or EHLO required",
		arguments: map[string]string{"STARTTLS": "501 unexpected argument data", "RSET": "501 unexpected argument data", "DATA": "501 unexpected argument data", "QUIT": "501 unexpected argument data"},
		badName:   "501 Syntactically invalid {cmd} argument(s)", strictName: true, noOperand: "501 {cmd} must have an address operand", needDomain: "501 {address}: {role} address must contain a domain", noLiterals: "501 {address}: domain literals not allowed",
		restricted: "550 restricted characters in address", option: "501 {address} {options}: malformed address: {options} may not follow {address} ", optionTo: true,
		authInMail: "503 not permitted in mail transaction", authEarly: "503 {cmd} command used when not advertised", badBase64: "501 Invalid base64 data", badBase64Next: "501 Invalid base64 data",
		chunked: "250 {chunk} byte chunk received", chunkedLast: "250- {chunk} byte chunk, total {total}\n250 OK id={id}", chunkBad: "501 missing size for BDAT command", chunkThenData: "503 only BDAT permissible after non-LAST BDAT",
		maxSyntax: 3, tooManySyntax: "Too many syntax or protocol errors", maxIdle: 10, tooManyIdle: "554 Too many nonmail commands", unread: "554 SMTP synchronization error", strictEnd: true,
		chunks: true, expand: "550 Administrative prohibition", expandNoUser: "550 Administrative prohibition",
	}
	if !connects {
		p.capabilities = append(p.capabilities[:3:3], p.capabilities[4:]...) // PIPECONNECT came with 4.94
	}
	return p
}

func exchange() product {
	return product{
		most: 20, crowded: "421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel",
		banner: "220 {host} Microsoft ESMTP MAIL Service ready at {time}",
		helo:   "250 {host} Hello [{peer}]", ehlo: "{host} Hello [{peer}]",
		capabilities: []string{"SIZE 37748736", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS", "X-ANONYMOUSTLS", "AUTH NTLM LOGIN", "X-EXPS GSSAPI NTLM", "8BITMIME", "BINARYMIME", "CHUNKING", "XRDST"},
		noName:       "501 5.5.4 Invalid domain name",
		sender:       "250 2.1.0 Sender OK", recipient: "250 2.1.5 Recipient OK", begin: "354 Start mail input; end with <CRLF>.<CRLF>",
		queued: "250 2.6.0 <{id}@{host}> Queued mail for delivery",
		queueID: func() string {
			return strings.ToLower(letters(hexDigits, 8) + "-" + letters(hexDigits, 4) + "-4" + letters(hexDigits, 3) + "-a" + letters(hexDigits, 3) + "-" + letters(hexDigits, 12))
		},
		size: 37748736, tooBig: "552 5.3.4 Message size exceeds fixed maximum message size",
		relay: "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", noUser: "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
		submission: "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
		twice:      "503 5.5.2 Sender already specified", noSender: "503 5.5.2 Need mail command", noRecipient: "503 5.5.2 Need rcpt command",
		badSender: "501 5.1.7 Invalid address", badRecipient: "501 5.1.3 Invalid address",
		verifyNothing: "501 5.5.4 Invalid arguments", verify: "252 2.1.5 Cannot VRFY user", verifyNoUser: "252 2.1.5 Cannot VRFY user",
		noop: "250 2.0.0 OK", reset: "250 2.0.0 Resetting", bye: "221 2.0.0 Service closing transmission channel",
		help:    "214-This server supports the following commands:\n214 HELO EHLO STARTTLS RCPT DATA RSET MAIL QUIT HELP AUTH BDAT",
		unknown: "500 5.3.3 Unrecognized command '{cmd}'", maxUnknown: 10, tooMany: "421 4.7.0 Too many errors on this connection, closing transmission channel",
		tls: "220 2.0.0 SMTP server ready", tlsAgain: "503 5.5.2 Only one STARTTLS command can be issued per session",
		integrated: []string{"GSSAPI", "NTLM"}, authRefused: "535 5.7.3 Authentication unsuccessful", authOK: "235 2.7.0 Authentication successful", authAborted: "501 5.7.0 Authentication aborted",
		mechanism: "504 5.7.4 Unrecognized authentication type",
		etrn:      "500 5.3.3 Unrecognized command '{cmd}'",
		chunks:    true, expand: "502 5.3.3 Command not implemented", expandNoUser: "502 5.3.3 Command not implemented",
	}
}

// sendmail is Sendmail as a distribution configures it: Debian's asks for a greeting first and tells who its users are, Red Hat's keeps that to itself.
func sendmail(version string, debian bool) product {
	short, _, _ := strings.Cut(version, "/")
	p := product{
		library: tlswire.Sendmail,
		banner:  "220 {host} ESMTP Sendmail " + version + "; {gmt}",
		helo:    "250 {host} Hello [{peer}], pleased to meet you", ehlo: "{host} Hello [{peer}], pleased to meet you",
		capabilities: []string{"ENHANCEDSTATUSCODES", "PIPELINING", "8BITMIME", "SIZE", "DSN", "ETRN", "AUTH LOGIN PLAIN", "STARTTLS", "DELIVERBY", "HELP"},
		noName:       "501 5.0.0 {cmd} requires domain address",
		sender:       "250 2.1.0 <{sender}>... Sender ok", recipient: "250 2.1.5 <{addr}>... Recipient ok", begin: `354 Enter mail, end with "." on a line by itself`,
		queued: "250 2.0.0 {id} Message accepted for delivery", queueID: sendmailID,
		size: math.MaxInt64, tooBig: "552 5.2.3 Message exceeds maximum fixed size",
		relay: "550 5.7.1 <{addr}>... Relaying denied", noUser: "550 5.1.1 <{addr}>... User unknown",
		twice: "503 5.5.0 Sender already specified", noSender: "503 5.0.0 Need MAIL before RCPT", noMessage: "503 5.0.0 Need MAIL command", noRecipient: "503 5.0.0 Need RCPT (recipient)",
		badSender: `501 5.5.2 Syntax error in parameters scanning "FROM"`, badRecipient: `501 5.5.2 Syntax error in parameters scanning "TO"`,
		verify: "252 2.5.2 Cannot VRFY user; try RCPT to attempt delivery (or try finger)", verifyNoUser: "252 2.5.2 Cannot VRFY user; try RCPT to attempt delivery (or try finger)", verifyNothing: "501 5.5.2 Argument required",
		expand: "502 5.7.0 Sorry, we do not allow this operation", expandNoUser: "502 5.7.0 Sorry, we do not allow this operation",
		noop: "250 2.0.0 OK", reset: "250 2.0.0 Reset state", bye: "221 2.0.0 {host} closing connection",
		help: "214-2.0.0 This is sendmail version " + short + "\n214-2.0.0 Topics:\n214-2.0.0 \tHELO\tEHLO\tMAIL\tRCPT\tDATA\n214-2.0.0 \tRSET\tNOOP\tQUIT\tHELP\tVRFY\n" +
			"214-2.0.0 \tEXPN\tVERB\tETRN\tDSN\tAUTH\n214-2.0.0 \tSTARTTLS\n214-2.0.0 For more info use \"HELP <topic>\".\n214-2.0.0 To report bugs in the implementation see\n" +
			"214-2.0.0 \thttp://www.sendmail.org/email-addresses.html\n214-2.0.0 For local information send email to Postmaster at your site.\n214 2.0.0 End of HELP info",
		unknown: `500 5.5.1 Command unrecognized: "{line}"`, maxUnknown: 25, tooMany: "421 4.7.0 {host} Too many bad commands; closing connection",
		tls: "220 2.0.0 Ready to start TLS", tlsAgain: "454 4.3.3 TLS not available after start",
		authRefused: "535 5.7.0 authentication failed", authOK: "235 2.0.0 OK Authenticated", authAborted: "501 5.0.0 AUTH aborted",
		mechanism: "504 5.3.3 AUTH mechanism {arg} not available",
		etrn:      "250 2.0.0 Queuing for node {arg} started", etrnNothing: "500 5.5.2 Parameter required",
		authInMail: "503 5.5.0 AUTH not permitted during a mail transaction", tooLong: "421 4.7.0 {host} Command too long, possible attack [{peer}]",
		trims: true, badName: "501 5.0.0 Invalid domain name", arguments: map[string]string{"STARTTLS": "501 5.5.2 Syntax error (no parameters allowed)"},
		others: map[string]string{"TURN": notImplemented, "SEND": notImplemented, "SAML": notImplemented, "SOML": notImplemented},
		web:    "421 4.7.0 {host} Rejecting open proxy [{peer}]", webFirst: true,
	}
	if short == "8.17.1.9" || short >= "8.18" { // since which a message must end as the protocol says
		p.begin = "354 End data with <CR><LF>.<CR><LF>"
	}
	if debian {
		p.demand = "503 5.0.0 I demand that you introduce yourself first"
		p.others["VERB"] = "250 2.0.0 Verbose mode"
		p.banner += "; (No UCE/UBE) logging access from: [{peer}](FAIL)-[{peer}]"
		p.noHello = "503 5.0.0 Polite people say HELO first"
		p.capabilities = slices.Insert(p.capabilities, 2, "EXPN", "VERB")
		p.verify, p.verifyNoUser = "250 2.1.5 {user} <{user}@{host}>", "550 5.1.1 {arg}... User unknown"
		p.expand, p.expandNoUser = p.verify, p.verifyNoUser
	}
	return p
}

const notImplemented = `502 5.5.1 Command not implemented: "{line}"`

// postfixIDs makes a message's numbers as Postfix does: of the microsecond and of its file's number, which is near inode on one disk.
func postfixIDs(inode int) func() string {
	return func() string {
		return fmt.Sprintf("%05X%05X", time.Now().Nanosecond()/1000, 0x10000+inode%0xe0000+rand.IntN(64))
	}
}

// eximID is a message's number as Exim makes it: the time, a process and a part of the second, all longer since 4.97.
func eximID(version string) string {
	process, fraction := 6, 2
	at := time.Now()
	part := at.Nanosecond() / 500_000
	if version >= "4.97" {
		process, fraction = 11, 4
		part = at.Nanosecond() / 1000
	}
	return inBase62(int(at.Unix()), 6) + "-" + inBase62(300+rand.IntN(60000), process) + "-" + inBase62(part%3844, fraction)
}

func inBase62(n, digits int) string {
	b := make([]byte, digits)
	for i := digits - 1; i >= 0; i-- {
		b[i] = base62[n%62]
		n /= 62
	}
	return string(b)
}

// sendmailID is a message's number as Sendmail makes it: the time, a count and a process.
func sendmailID() string {
	digits := base62[:60]
	t := time.Now().UTC()
	var b strings.Builder
	for _, n := range []int{(t.Year() - 1900) % 60, int(t.Month()) - 1, t.Day(), t.Hour(), t.Minute(), t.Second(), rand.IntN(60), rand.IntN(60)} {
		b.WriteByte(digits[n])
	}
	fmt.Fprintf(&b, "%06d", 1000+rand.IntN(60000))
	return b.String()
}

// versions are those of Exim that each distribution has; the others have Postfix alone.
var versions = map[string][]string{
	"debian": {"4.96"}, "ubuntu22": {"4.95"}, "ubuntu20": {"4.93"}, "kali": {"4.97", "4.98"}, "rocky9": {"4.97.1", "4.98"}, "centos7": {"4.92", "4.94.2"}, "alpine": {"4.97.1"},
	"fedora": {"4.97.1", "4.98"}, "arch": {"4.98"},
}

// sendmails are the releases of Sendmail in each distribution, as they name themselves.
var sendmails = map[string]string{
	"debian": "8.17.1.9/8.17.1.9/Debian-2+deb12u2", "ubuntu22": "8.15.2/8.15.2/Debian-22ubuntu3", "ubuntu20": "8.15.2/8.15.2/Debian-18", "kali": "8.18.1/8.18.1/Debian-6",
	"rocky9": "8.16.1/8.16.1", "centos7": "8.14.7/8.14.7", "fedora": "8.17.2/8.17.2", "alpine": "8.17.1/8.17.1", "arch": "8.18.1/8.18.1",
}

// productOf is the product that the decky's server of that service is: the one that is chosen, or that a chosen banner names.
func productOf(h *decoy.Host, service string) product {
	banner, said := h.Setting(service, "banner")
	mta, chosen := h.Setting(service, "mta")
	version := ""
	if named := products.FindStringSubmatch(banner); named != nil && (!chosen || mta == strings.ToLower(named[1])) {
		mta, version = strings.ToLower(named[1]), named[2]
	}
	p := drawn(h, mta, version)
	if said {
		p.banner = "220 {host} " + braces.Replace(banner)
	}
	return p
}

// products are the names that a banner may have, each with its version.
var products = regexp.MustCompile(`\b(Postfix|Exim|Sendmail)\b(?: ([0-9][^ ;]*))?`)

// braces keeps what an operator wrote from being a place for a value.
var braces = strings.NewReplacer("{", "{open}", "}", "{close}")

// drawn is the product that the decky's seed and system come to, or the one of that name and version where they are not "".
func drawn(h *decoy.Host, mta, version string) product {
	if mta == "" && (h.OS == "windows" || h.OS == "windows_server") {
		p := exchange()
		p.library = windows.TLS(h)
		return p
	}
	system := map[string]string{"debian": " (Debian/GNU)", "kali": " (Debian/GNU)", "ubuntu22": " (Ubuntu)", "ubuntu20": " (Ubuntu)"}[h.Distro]
	if h.OS != "linux" {
		system = ""
	}
	system = decoy.Pick(h, "smtp-banner", system, system, "") // some take the system's name out
	available := versions[h.Distro]
	if available == nil {
		available = versions["debian"]
	}
	if mta == "" && versions[h.Distro] != nil && decoy.Pick(h, "smtp-product", false, false, true) {
		mta = "exim"
	}
	p := postfix(system, h.Distro == "centos7", h.Distro == "arch" || h.Distro == "kali")
	p.queueID = postfixIDs(h.Rand("smtp-inode").IntN(0xe0000))
	if !slices.Contains([]string{"centos7", "rocky9", "ubuntu20", "ubuntu22"}, h.Distro) { // 3.7 and later
		p.authRefused += "(reason unavailable)"
		p.bogus = true
	}
	switch mta {
	case "exim":
		version = cmp.Or(version, decoy.Pick(h, "smtp-version", available...))
		p = exim(version, version >= "4.94")
		if version >= "4.96" {
			p.protocols = []string{"smtp", "esmtp"}
		}
		if strings.HasPrefix(h.Distro, "ubuntu") {
			p.banner = strings.Replace(p.banner, " {time}", " Ubuntu {time}", 1)
		}
	case "sendmail":
		version = cmp.Or(version, sendmails[h.Distro], sendmails["debian"])
		p = sendmail(version, strings.Contains(version, "Debian"))
	}
	if size := decoy.Pick(h, "smtp-size", 0, 0, int64(20480000), int64(52428800)); size > 0 {
		for i, name := range p.capabilities {
			if name == "SIZE" || strings.HasPrefix(name, "SIZE ") {
				p.capabilities[i] = fmt.Sprint("SIZE ", size)
			}
		}
		p.size = size
	}
	return p
}
