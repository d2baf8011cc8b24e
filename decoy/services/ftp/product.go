package ftp

import (
	"strings"
	"time"

	"decnet/decoy"
)

// product is an FTP server: what it says, word for word. In its texts {name} is what the command names, {host}, {ip} and {time} are the decky's,
// {size} and {mode} those of a transfer, {cmd} the command; each newline ends a line on the wire.
type product struct {
	banner        string
	userFirst     string // PASS without USER
	password      string // is asked for
	anonymous     string // the same for the guest
	welcome       string
	guest         string // the guest's welcome
	refused       string
	loginFirst    string
	system        string
	features      string
	ascii, binary string
	here          string
	moved         string
	noDirectory   string
	passive       string // followed by the numbers
	extended      string // followed by the port
	end           string // of both
	listing       string
	listed        string
	sending       string
	receiving     string
	sent          string
	received      string
	noFile        string
	noConnection  string // no data connection was prepared
	failed        string // it was, but did not come about
	port          string // the refusal to connect to the client
	denied        string
	unknown       string
	security      string // the refusal of TLS
	noop          string
	help          string
	bye           string
	already       string // USER of who has logged in; the guest hears alreadyGuest
	alreadyGuest  string
	passAgain     string // PASS of who has logged in
	retype        string // the refusal of a type
	activated     string // PORT that names the client's own address; the connection then fails
	noUser        string // USER without a name
	answers       map[string]answer
	changes       changes
	hangUp        []string // what ends the conversation, as web speakers and mailers begin theirs; a verb in capitals is known in capitals only where exact is set
	hangUpText    string   // before that
	exact         bool
	early         []string // what is answered before the login, beside that in answers
	version       string
	site          string        // the name that ProFTPD's configuration gives it
	wait          time.Duration // until a wrong password is called wrong, at least
	plain         bool          // sends no file in ASCII, whatever the client wants
	dataFirst     bool          // looks for the data connection before it looks for the file
	keepsUser     bool          // remembers who was refused
	machineList   bool          // MLSD and MLST
	dos           bool          // lists as DIR does
	zeroDay       bool          // the day of the month in a list has two digits
	most          int           // connections; of one address, where there is something to say
	crowded       string        // what is said beyond them; "" hangs up
}

var vsftpd = product{
	banner:    "220 (vsFTPd {version})",
	userFirst: "503 Login with USER first.", password: "331 Please specify the password.", anonymous: "331 Please specify the password.",
	welcome: "230 Login successful.", guest: "230 Login successful.", refused: "530 Login incorrect.", loginFirst: "530 Please login with USER and PASS.",
	system:   "215 UNIX Type: L8",
	features: "211-Features:\n EPRT\n EPSV\n MDTM\n PASV\n REST STREAM\n SIZE\n TVFS\n211 End",
	ascii:    "200 Switching to ASCII mode.", binary: "200 Switching to Binary mode.",
	here: `257 "{name}" is the current directory`, moved: "250 Directory successfully changed.", noDirectory: "550 Failed to change directory.",
	passive: "227 Entering Passive Mode (", extended: "229 Entering Extended Passive Mode (|||", end: ").",
	listing: "150 Here comes the directory listing.", listed: "226 Directory send OK.",
	sending: "150 Opening {mode} mode data connection for {name} ({size} bytes).", receiving: "150 Ok to send data.",
	sent: "226 Transfer complete.", received: "226 Transfer complete.",
	noFile: "550 Failed to open file.", noConnection: "425 Use PORT or PASV first.", failed: "425 Failed to establish connection.",
	port: "500 Illegal PORT command.", denied: "550 Permission denied.", unknown: "500 Unknown command.", security: "530 Please login with USER and PASS.",
	noop: "200 NOOP ok.", bye: "221 Goodbye.",
	help: "214-The following commands are recognized.\n ABOR ACCT ALLO APPE CDUP CWD  DELE EPRT EPSV FEAT HELP LIST MDTM MKD\n" +
		" MODE NLST NOOP OPTS PASS PASV PORT PWD  QUIT REIN REST RETR RMD  RNFR\n RNTO SITE SIZE SMNT STAT STOR STOU STRU SYST TYPE USER XCUP XCWD XMKD\n XPWD XRMD\n214 Help OK.",
	already: "530 Can't change to another user.", alreadyGuest: "530 Can't change from guest user.", passAgain: "230 Already logged in.", retype: "500 Unrecognised TYPE command.",
	activated: "200 PORT command successful. Consider using PASV.", answers: vsftpdAnswers, changes: vsftpdChanges,
	hangUp: []string{"GET", "POST"}, hangUpText: "500 HTTP protocol commands not allowed.", wait: 2 * time.Second, plain: true, dataFirst: true,
	zeroDay: true,
	most:    50, crowded: "421 There are too many connections from your internet address.",
}

var proftpd = product{
	banner:    "220 ProFTPD Server (Debian) [::ffff:{ip}]",
	userFirst: "503 Login with USER first", password: "331 Password required for {name}", anonymous: "331 Anonymous login ok, send your complete email address as your password",
	welcome: "230 User {name} logged in", guest: "230 Anonymous access granted, restrictions apply", refused: "530 Login incorrect.", loginFirst: "530 Please login with USER and PASS",
	system: "215 UNIX Type: L8",
	features: "211-Features:\n CLNT\n CSID\n EPRT\n EPSV\n HOST\n LANG en-US*\n MDTM\n MFF modify;UNIX.group;UNIX.mode;\n MFMT\n" +
		" MLST modify*;perm*;size*;type*;unique*;UNIX.group*;UNIX.groupname*;UNIX.mode*;UNIX.owner*;UNIX.ownername*;\n RANG STREAM\n REST STREAM\n" +
		" SITE COPY\n SITE MKDIR\n SITE RMDIR\n SITE SYMLINK\n SITE UTIME\n SIZE\n TVFS\n UTF8\n211 End",
	ascii: "200 Type set to A", binary: "200 Type set to I",
	here: `257 "{name}" is the current directory`, moved: "250 {cmd} command successful", noDirectory: "550 {name}: No such file or directory",
	passive: "227 Entering Passive Mode (", extended: "229 Entering Extended Passive Mode (|||", end: ").",
	listing: "150 Opening {mode} mode data connection for {list}", listed: "226 Transfer complete",
	sending: "150 Opening {mode} mode data connection for {name} ({size} bytes)", receiving: "150 Opening {mode} mode data connection for {name}",
	sent: "226 Transfer complete", received: "226 Transfer complete",
	noFile: "550 {name}: No such file or directory", noConnection: "425 Unable to build data connection: Connection refused", failed: "425 Unable to build data connection: Connection refused",
	port: "500 Illegal PORT command", denied: "550 {name}: Permission denied", unknown: "500 {cmd} not understood", security: "500 AUTH not understood",
	noop: "200 NOOP command successful", bye: "221 Goodbye.",
	help: "214-The following commands are recognized (* =>'s unimplemented):\n" +
		" CWD     XCWD    CDUP    XCUP    SMNT*   QUIT    PORT    PASV    \n EPRT    EPSV    ALLO    RNFR    RNTO    DELE    MDTM    RMD     \n" +
		" XRMD    MKD     XMKD    PWD     XPWD    SIZE    SYST    HELP    \n NOOP    FEAT    OPTS    HOST    CLNT    AUTH*   CCC*    CONF*   \n" +
		" ENC*    MIC*    PBSZ*   PROT*   TYPE    STRU    MODE    RETR    \n STOR    STOU    APPE    REST    ABOR    RANG    USER    PASS    \n" +
		" ACCT*   REIN*   LIST    NLST    STAT    SITE    MLSD    MLST    \n" +
		"214 Direct comments to root@{host}",
	already: "501 Reauthentication not supported", alreadyGuest: "501 Reauthentication not supported", passAgain: "503 You are already logged in", retype: "504 TYPE not implemented for '{arg}' parameter",
	activated: "200 PORT command successful", noUser: "500 USER: command requires a parameter", answers: proftpdAnswers, changes: proftpdChanges,
	hangUp: []string{"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "HELO", "EHLO", "MAIL", "RCPT", "DATA", "RSET", "VRFY"}, exact: true,
	early: []string{"SYST", "NOOP", "HELP", "TYPE"}, wait: time.Second,
	machineList: true,
	most:        30, // MaxInstances
}

var pureftpd = product{
	banner: "220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\n220-You are user number {users} of 50 allowed.\n220-Local time is now {time}. Server port: 21.\n" +
		"220-This is a private system - No anonymous login\n220-IPv6 connections are also welcome on this server.\n220 You will be disconnected after 15 minutes of inactivity.",
	userFirst: "530 Please tell me who you are", password: "331 User {name} OK. Password required", anonymous: "230 Anonymous user logged in",
	welcome: "230 OK. Current restricted directory is /", guest: "230 Any password will work", refused: "530 Login authentication failed", loginFirst: "530 You aren't logged in",
	system: "215 UNIX Type: L8",
	features: "211-Extensions supported:\n UTF8\n EPRT\n IDLE\n MDTM\n SIZE\n MFMT\n REST STREAM\n MLST type*;size*;sizd*;modify*;UNIX.mode*;UNIX.uid*;UNIX.gid*;unique*;\n MLSD\n PRET\n" +
		" AUTH TLS\n PBSZ\n PROT\n TVFS\n ESTA\n PASV\n EPSV\n ESTP\n211 End.",
	ascii: "200 TYPE is now ASCII", binary: "200 TYPE is now 8-bit binary",
	here: `257 "{name}" is your current location`, moved: "250 OK. Current directory is {path}", noDirectory: "550 Can't change directory to {name}: No such file or directory",
	passive: "227 Entering Passive Mode (", extended: "229 Extended Passive mode OK (|||", end: ")",
	listing: "150 Accepted data connection", listed: "226-Options: {options}\n226 {count} matches total",
	sending: "150 Accepted data connection", receiving: "150 Accepted data connection",
	sent: "226-File successfully transferred\n226 {seconds} seconds (measured here), {rate} per second", received: "226-File successfully transferred\n226 {seconds} seconds (measured here), {rate} per second",
	noFile: "550 Can't open {name}: No such file or directory", noConnection: "425 No data connection", failed: "425 Could not open data connection to port {port}: Connection refused",
	port: "500 I won't open a connection to {named} (only to {peer})", denied: "553 Can't open that file: Permission denied", unknown: "500 Unknown command",
	security: "500 This security scheme is not implemented",
	noop:     "200 Zzz...", bye: "221-Goodbye. You uploaded {up} and downloaded {down} kbytes.\n221 Logout.",
	already: "530 You're already logged in", alreadyGuest: "230 Anonymous user logged in", passAgain: "530 We can't do that in the current session", retype: "504-Unknown TYPE: {arg}\n504 TYPE is now {type}",
	activated: "200 PORT command successful", answers: pureftpdAnswers, changes: pureftpdChanges,
	hangUp: []string{"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "TRACE"}, hangUpText: "500 HTTP command: [{verb}]",
	early: []string{"SYST", "NOOP", "TYPE", "HELP"}, wait: 4 * time.Second, keepsUser: true,
	help:        pureftpdHelp,
	machineList: true,
	most:        8, crowded: "421 Too many connections (8) from this IP",
}

var microsoft = product{
	banner:    "220 Microsoft FTP Service",
	userFirst: "503 Login with USER first.", password: "331 Password required", anonymous: "331 Anonymous access allowed, send identity (e-mail name) as password.",
	welcome: "230 User logged in.", guest: "230 User logged in.", refused: "530 User cannot log in.", loginFirst: "530 Please login with USER and PASS.",
	system: "215 Windows_NT",
	features: "211-Extended features supported:\n LANG EN*\n UTF8\n AUTH TLS;TLS-C;SSL;TLS-P;\n PBSZ\n PROT C;P;\n CCC\n HOST\n SIZE\n MDTM\n REST STREAM\n" +
		"211 END",
	ascii: "200 Type set to A.", binary: "200 Type set to I.",
	here: `257 "{name}" is current directory.`, moved: "250 CWD command successful.", noDirectory: "550 The system cannot find the file specified. ",
	passive: "227 Entering Passive Mode (", extended: "229 Entering Extended Passive Mode (|||", end: ").",
	listing: "125 Data connection already open; Transfer starting.", listed: "226 Transfer complete.",
	sending: "125 Data connection already open; Transfer starting.", receiving: "125 Data connection already open; Transfer starting.",
	sent: "226 Transfer complete.", received: "226 Transfer complete.",
	noFile: "550 The system cannot find the file specified. ", noConnection: "425 Cannot open data connection.", failed: "425 Cannot open data connection.",
	port: "501 Server cannot accept argument.", denied: "550 Access is denied. ", unknown: "500 Command not understood.",
	security: "534 Local policy on server does not allow TLS secure connections.",
	noop:     "200 noop command successful.", bye: "221 Goodbye.",
	help: "214-The following commands are recognized (* ==>'s unimplemented).\n ABOR \n ACCT \n ADAT *\n ALLO \n APPE \n AUTH \n CCC \n CDUP \n CWD \n DELE \n ENC *\n EPRT \n EPSV \n" +
		" FEAT \n HELP \n HOST \n LANG \n LIST \n MDTM \n MIC *\n MKD \n MODE \n NLST \n NOOP \n OPTS \n PASS \n PASV \n PBSZ \n PORT \n PROT \n PWD \n QUIT \n REIN \n REST \n RETR \n" +
		" RMD \n RNFR \n RNTO \n SITE \n SIZE \n SMNT \n STAT \n STOR \n STOU \n STRU \n SYST \n TYPE \n USER \n XCUP \n XCWD \n XMKD \n XPWD \n XRMD \n214 HELP command successful.",
	already: "503 Bad sequence of commands.", alreadyGuest: "503 Bad sequence of commands.", passAgain: "503 Bad sequence of commands.", retype: "501 Parameter not understood.",
	activated: "200 {cmd} command successful.", answers: microsoftAnswers, changes: microsoftChanges, early: []string{"SYST", "NOOP", "HELP"}, wait: time.Second,
	dos: true,
}

// versions are those of vsftpd and of ProFTPD that each distribution has; "" is one that it does not pack.
var versions = map[string][2]string{
	"debian": {"3.0.3", "1.3.8"}, "ubuntu22": {"3.0.5", "1.3.7c"}, "ubuntu20": {"3.0.5", "1.3.6c"}, "rocky9": {"3.0.5", "1.3.8b"}, "centos7": {"3.0.2", "1.3.5e"},
	"fedora": {"3.0.5", "1.3.8b"}, "alpine": {"3.0.5", "1.3.8b"}, "kali": {"3.0.5", "1.3.8b"}, "arch": {"3.0.5", "1.3.8b"},
}

func productOf(h *decoy.Host) product {
	switch h.OS {
	case "windows", "windows_server":
		return microsoft
	}
	version, ok := versions[h.Distro]
	if !ok {
		version = versions["debian"]
	}
	if h.OS == "embedded" {
		version = decoy.Pick(h, "ftp-version", [2]string{"2.3.4", "1.3.3"}, [2]string{"2.3.5", "1.3.5"}, [2]string{"3.0.2", "1.3.5"}, [2]string{"2.0.8", "1.3.4a"})
	}
	p := decoy.Pick(h, "ftp-product", vsftpd, vsftpd, proftpd, proftpd, pureftpd)
	number := version[0]
	if p.machineList {
		number = version[1]
		if p.exact && number < "1.3.6" { // it told its version until then
			p.banner = strings.Replace(p.banner, "ProFTPD", "ProFTPD "+number, 1)
		}
		if h.Distro != "debian" && h.Distro != "kali" && !strings.HasPrefix(h.Distro, "ubuntu") || h.OS != "linux" {
			p.banner = strings.Replace(p.banner, "(Debian)", "(ProFTPD Default Installation)", 1)
			if p.exact { // Debian loads modules that have commands of their own
				p.features = strings.Replace(p.features, " SITE COPY\n SITE MKDIR\n SITE RMDIR\n SITE SYMLINK\n SITE UTIME\n", "", 1)
			}
		}
		if site := decoy.Pick(h, "ftp-site", "", "", h.Hostname); site != "" {
			p.banner = strings.NewReplacer("(Debian)", "("+site+")", "(ProFTPD Default Installation)", "("+site+")").Replace(p.banner)
		}
	} else if greeting := decoy.Pick(h, "ftp-greeting", "", "", "220 Welcome to "+h.Hostname+" FTP service."); greeting != "" {
		p.banner = greeting
	}
	if _, rest, ok := strings.Cut(p.banner, " Server ("); ok {
		p.site, _, _ = strings.Cut(rest, ")")
	}
	p.banner, p.version = strings.ReplaceAll(p.banner, "{version}", number), number
	if p.most == vsftpd.most {
		p.most = decoy.Pick(h, "ftp-most", 20, 25, 50) // max_per_ip, which has no number of its own
	}
	return p
}
