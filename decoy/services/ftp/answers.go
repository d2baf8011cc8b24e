package ftp

import "strings"

// answer is what a product says to a command that does nothing here, without an argument and with one; "" leaves it to what the command does.
type answer struct {
	bare, with string
	early      bool // also to who has not logged in
}

func same(text string) answer  { return answer{bare: text, with: text} }
func early(text string) answer { return answer{bare: text, with: text, early: true} }

// fixed returns the product's answer to a command that does nothing, the one for the whole command before that for its first two words and that for its verb; "" is that there is none.
func (p *product) fixed(command, argument string, logged bool) string {
	word, _, _ := strings.Cut(argument, " ")
	for _, name := range []string{command + " " + strings.ToUpper(argument), command + " " + strings.ToUpper(word), command} {
		a, ok := p.answers[name]
		switch {
		case !ok:
			continue
		case !logged && !a.early:
			return ""
		case argument == "":
			return a.bare
		}
		return a.with
	}
	return ""
}

// changes is what is said to who changes files, who looks at one that is not there or is of the wrong kind, and the guest who tries.
type changes struct {
	made, makeExists, makeLost                string // MKD
	removed, removeMissing, removeFull        string // RMD
	deleted, deleteMissing, deleteDirectory   string // DELE
	rename, renameMissing, renamed, outOfTurn string // RNFR and RNTO
	storeDirectory, storeLost                 string // STOR
	sizeMissing, sizeDirectory, sizeASCII     string // SIZE; "" measures in ASCII mode, too
	timeMissing, timeDirectory                string // MDTM
	isDirectory                               string // RETR
	factsMissing                              string // MLST
	listMissing                               string // MLSD, before the transfer
	namesMissing                              string // NLST, likewise; "" sends nothing
	listedNothing                             string // LIST, after the transfer; "" is as for any other
	statused, status, statusEnd, statusNone   string // STAT with a file or directory
	restart, restartASCII, restartBad         string // REST
	chmod, chmodMissing                       string // SITE CHMOD
	portBad                                   string // PORT and EPRT that can't be read; "" is as for another's address
	guest                                     map[string]string
}

var vsftpdAnswers = map[string]answer{
	"OPTS": early("501 Option not understood."), "OPTS UTF8 ON": early("200 Always in UTF8 mode."), "OPTS UTF8": early("501 Option not understood."),
	"ACCT": same("502 ACCT not implemented."), "REIN": same("502 REIN not implemented."), "SMNT": same("502 SMNT not implemented."),
	"MODE S": same("200 Mode set to S."), "MODE": same("504 Bad MODE command."), "STRU F": same("200 Structure set to F."), "STRU": same("504 Bad STRU command."),
	"CWD": {bare: "550 Failed to change directory."}, "XCWD": {bare: "550 Failed to change directory."},
	"SIZE": {bare: "550 Could not get file size."}, "MDTM": {bare: "550 Could not get file modification time."}, "DELE": {bare: "550 Delete operation failed."},
	"RMD": {bare: "550 Remove directory operation failed."}, "XRMD": {bare: "550 Remove directory operation failed."}, "MKD": {bare: "550 Create directory operation failed."},
	"XMKD": {bare: "550 Create directory operation failed."}, "RNFR": {bare: "550 RNFR command failed."},
	"TYPE": {bare: "500 Unrecognised TYPE command."}, "EPSV ALL": same("200 EPSV ALL ok."), "EPSV 2": same("522 Bad network protocol."), "EPSV 3": same("522 Bad network protocol."),
	"ALLO": same("202 ALLO command ignored."), "ABOR": same("225 No transfer to ABOR."), "PBSZ": same("550 Permission denied."), "PROT": same("550 Permission denied."),
	"AUTH": same("500 Unknown command."),
	"SITE": same("500 Unknown SITE command."), "SITE HELP": same("214 CHMOD UMASK HELP"), "SITE CHMOD": same("500 SITE CHMOD needs 2 arguments."), "SITE UMASK": same("200 Your current UMASK is 077"),
}

var vsftpdChanges = changes{
	made: `257 "{path}" created`, makeExists: "550 Create directory operation failed.", makeLost: "550 Create directory operation failed.",
	removed: "250 Remove directory operation successful.", removeMissing: "550 Remove directory operation failed.", removeFull: "550 Remove directory operation failed.",
	deleted: "250 Delete operation successful.", deleteMissing: "550 Delete operation failed.", deleteDirectory: "550 Delete operation failed.",
	rename: "350 Ready for RNTO.", renameMissing: "550 RNFR command failed.", renamed: "250 Rename successful.", outOfTurn: "503 RNFR required first.",
	storeDirectory: "553 Could not create file.", storeLost: "553 Could not create file.",
	sizeMissing: "550 Could not get file size.", sizeDirectory: "550 Could not get file size.",
	timeMissing: "550 Could not get file modification time.", timeDirectory: "550 Could not get file modification time.", isDirectory: "550 Failed to open file.",
	status: "213-Status follows:\n", statusEnd: "213 End of status", statusNone: "213-Status follows:\n213 End of status",
	statused: "211-FTP server status:\n     Connected to {peer}\n     Logged in as {user}\n     TYPE: {type}\n     No session bandwidth limit\n     Session timeout in seconds is 300\n" +
		"     Control connection is plain text\n     Data connections will be plain text\n     At session startup, client count was {users}\n     vsFTPd {version} - secure, fast, stable\n211 End of status",
	restart: "350 Restart position accepted ({offset}).", chmod: "200 SITE CHMOD command ok.", chmodMissing: "550 SITE CHMOD command failed.",
	guest: map[string]string{"MKD": "550 Permission denied.", "XMKD": "550 Permission denied.", "RMD": "550 Permission denied.", "XRMD": "550 Permission denied.", "DELE": "550 Permission denied.",
		"RNFR": "550 Permission denied.", "RNTO": "550 Permission denied.", "STOR": "550 Permission denied.", "STOU": "550 Permission denied.", "APPE": "550 Permission denied.", "SITE": "550 Permission denied."},
}

const noParameters = "501 Invalid number of parameters"

var proftpdAnswers = map[string]answer{
	"": early("500 Invalid command: try being more creative"), "ACCT": early("502 ACCT command not implemented"), "REIN": early("502 REIN command not implemented"), "SMNT": same("502 SMNT command not implemented"),
	"CLNT": early("200 OK"), "CSID": same("200 name=ProFTPD;version={version};casesensitive=1;"), "HOST": {"500 'HOST' not understood", "504 {arg}: Unknown hostname provided", true},
	"LANG": {"200 Using default language en_US", "504 Language {arg} not supported", true}, "FEAT": {with: noParameters, early: true},
	"OPTS": {noParameters, "500 OPTS {ARG} not understood", true}, "OPTS UTF8": early("501 'OPTS UTF8' not understood"), "OPTS UTF8 ON": early("200 UTF8 set to on"), "OPTS UTF8 OFF": early("200 UTF8 set to off"),
	"OPTS MLST": same("200 {opts}"),
	"SITE":      {"500 'SITE' requires parameters", "500 'SITE {WORD}' not understood", true},
	"SITE HELP": early("214-The following SITE commands are recognized (* =>'s unimplemented)\n CPFR <sp> pathname\n CPTO <sp> pathname\n UTIME <sp> YYYYMMDDhhmm[ss] <sp> path\n SYMLINK <sp> source <sp> destination\n" +
		" RMDIR <sp> path\n MKDIR <sp> path\n The following SITE extensions are recognized:\n RATIO -- show all ratios in effect\n QUOTA\n HELP\n CHGRP\n CHMOD\n214 Direct comments to root@{host}"),
	"SITE CHMOD": same("500-'SITE CHMOD' not understood\n500 SITE not understood"),
	"SITE CPFR":  {with: "550 {word2}: Permission denied"}, "SITE CPTO": same("503-Bad sequence of commands\n503 Bad sequence of commands"),
	"TYPE": {"500 'TYPE' not understood", "", true}, "MODE": {"501 'MODE' not understood", "501 'MODE {ARG}' unrecognized transfer mode", false}, "MODE S": same("200 Mode set to S"),
	"MODE B": same("504 'MODE B' unsupported transfer mode"), "MODE C": same("504 'MODE C' unsupported transfer mode"),
	"STRU": {"501 'STRU' not understood", "501 'STRU {ARG}' unrecognized structure type", false}, "STRU F": same("200 Structure set to F"), "STRU R": same("504 'STRU R' unsupported structure type"),
	"STRU P": same("504 'STRU P' unsupported structure type"),
	"ALLO":   {"504 'ALLO' not understood", "200 ALLO command successful", false}, "ABOR": same("226 Abort successful"),
	"CWD": {bare: noParameters}, "XCWD": {bare: noParameters}, "SIZE": {bare: noParameters}, "MDTM": {bare: noParameters}, "DELE": {bare: noParameters}, "RMD": {bare: noParameters}, "XRMD": {bare: noParameters},
	"MKD": {bare: noParameters}, "XMKD": {bare: noParameters}, "RNFR": {bare: noParameters}, "RNTO": {bare: noParameters}, "PWD": {with: noParameters}, "XPWD": {with: noParameters}, "PASV": {with: noParameters},
	"MFMT": {noParameters, "550 Unable to handle command", false}, "MFF": {noParameters, "550 Unable to handle command", false}, "RETR": {bare: "500 'RETR' not understood"}, "STOR": {bare: "500 'STOR' not understood"},
	"REST": {bare: "500 'REST' not understood"}, "EPSV ALL": same("200 EPSV ALL command successful"), "EPSV 3": same("522 Network protocol not supported, use (1,2)"), "RANG": same("500 'RANG' not understood"),
}

var proftpdChanges = changes{
	made: `257 "{path}" - Directory successfully created`, makeExists: "550 {name}: File exists", makeLost: "550 {name}: No such file or directory",
	removed: "250 {cmd} command successful", removeMissing: "550 {name}: No such file or directory", removeFull: "550 {name}: Directory not empty",
	deleted: "250 DELE command successful", deleteMissing: "550 {name}: No such file or directory", deleteDirectory: "550 {name}: Is a directory",
	rename: "350 File or directory exists, ready for destination name", renameMissing: "550 {name}: No such file or directory", renamed: "250 Rename successful", outOfTurn: "503 Bad sequence of commands",
	storeDirectory: "550 {name}: Not a regular file", storeLost: "550 {name}: No such file or directory",
	sizeMissing: "550 {name}: No such file or directory", sizeDirectory: "550 {name}: not a regular file", sizeASCII: "550 SIZE not allowed in ASCII mode",
	timeMissing: "550 {name}: No such file or directory", timeDirectory: "550 {name}: not a plain file", isDirectory: "550 {name}: Not a regular file",
	factsMissing: "550 '{name}' cannot be listed", listMissing: "550 {name}: No such file or directory", namesMissing: "450 {name}: No such file or directory", listedNothing: "450 {name}: No such file or directory",
	status: "{code}-Status of {name}:\n", statusEnd: "{code} End of status", statusNone: "450 {name}: No such file or directory",
	statused: "211-Status of '{site}'\n Connected from {peer} ({peer})\n Logged in as {user}\n TYPE: {mode}, STRUcture: File, Mode: Stream\n No data connection\n211 End of status",
	restart:  "350 Restarting at {offset}. Send STORE or RETRIEVE to initiate transfer", restartASCII: "501 REST: Resuming transfers not allowed in ASCII mode",
	restartBad: "501 REST requires a value greater than or equal to 0", chmod: "200 SITE CHMOD command successful", chmodMissing: "550 {name}: No such file or directory",
	guest: map[string]string{"MKD": "550 {name}: Permission denied", "XMKD": "550 {name}: Permission denied", "RMD": "550 {name}: Permission denied", "XRMD": "550 {name}: Permission denied",
		"DELE": "550 {name}: Operation not permitted", "RNFR": "550 {name}: Operation not permitted", "STOR": "550 {name}: Operation not permitted", "APPE": "550 {name}: Operation not permitted",
		"STOU": "550 {name}: Operation not permitted"},
}

var pureftpdAnswers = map[string]answer{
	"ACCT": early("202 Please tell me who you are"), "ADAT": early("500 This security scheme is not implemented"), "CCC": early("534 CCC not allowed at this point"),
	"PBSZ": early("503 PBSZ=0"), "PROT": early("503 PROT must be preceded by a successful PBSZ command"), "OPTS": early("504 Unknown command"),
	"OPTS MLST": same("200  MLST OPTS type;size;sizd;modify;UNIX.mode;UNIX.uid;UNIX.gid;unique;"),
	"MODE":      {"501 Missing argument", "504 Please use S(tream) mode", true}, "MODE S": early("200 S OK"),
	"STRU": {"501 Missing argument", "504 Only F(ile) is supported", true}, "STRU F": early("200 F OK"), "TYPE": {"501-Missing argument\n501-A(scii) I(mage) L(ocal)\n501 TYPE is now {type}", "", true},
	"ALLO": {"501 Can't find file size", "200 A L'HUILE", false}, "ABOR": same("226 Since you see this ABOR must've succeeded"), "PRET": same("200 Ready to proceed"),
	"SIZE": {bare: "501 Missing argument"}, "MDTM": {bare: "501 Missing argument"}, "MKD": {bare: "501 No directory name"}, "XMKD": {bare: "501 No directory name"}, "RMD": {bare: "550 No directory name"},
	"XRMD": {bare: "550 No directory name"}, "DELE": {bare: "501 No file name"}, "RNFR": {bare: "550 No file name"}, "RNTO": {bare: "550 No file name"}, "RETR": {bare: "501 No file name"}, "STOR": {bare: "501 No file name"},
	"APPE": {bare: "501 No file name"}, "MFMT": {"501 Missing argument", "550 utime({word2}): No such file or directory", false}, "REST": {bare: "501 No restart point"}, "EPSV ALL": same("220 Active mode is disabled"), "ESTA": same("520 Active mode is disabled"),
	"SITE": {"500 SITE: Missing argument", "500 SITE {WORD} is an unknown extension", false}, "SITE CHMOD": same("501 Missing argument"), "SITE IDLE": same("501 SITE IDLE: Missing argument"),
	"SITE HELP": same(pureftpdHelp),
}

const pureftpdHelp = "214-The following SITE commands are recognized\n ALIAS\n CHMOD\n IDLE\n UTIME\n214 Pure-FTPd - http://pureftpd.org/"

var pureftpdChanges = changes{
	made: `257 "{name}" : The directory was successfully created`, makeExists: "550 Can't create directory: File exists", makeLost: "550 Can't create directory: No such file or directory",
	removed: "250 The directory was successfully removed", removeMissing: "550 Can't remove directory: No such file or directory", removeFull: "550 Can't remove directory: Directory not empty",
	deleted: "250 Deleted {name}", deleteMissing: "550 Could not delete {name}: No such file or directory", deleteDirectory: "550 Could not delete {name}: Invalid argument",
	rename: "350 RNFR accepted - file exists, ready for destination", renameMissing: "550 Sorry, but that file doesn't exist", renamed: "250 File successfully renamed or moved", outOfTurn: "503 Need RNFR before RNTO",
	storeDirectory: "553 Can't open that file: Is a directory", storeLost: "553 Can't open that file: No such file or directory",
	sizeMissing: "550 Can't check for file existence", sizeDirectory: "550 I can only retrieve regular files",
	timeMissing: "550 Can't check for file existence", timeDirectory: "550 I can only retrieve regular files", isDirectory: "550 I can only retrieve regular files",
	factsMissing: "550 Can't check for file existence", listMissing: "550 Can't check for file existence", namesMissing: "550 Can't check for file existence",
	status: "213-STAT\n", statusEnd: "213 End.", statusNone: "213-STAT\n213 End.", statused: "211 https://www.pureftpd.org/",
	restart: "350 Restarting at {offset}", restartBad: "554-REST needs a numeric parameter\n554 Restart offset reset to 0",
	chmod: "200 Permissions changed on {name}", chmodMissing: "550 Could not change perms on {name}: No such file or directory", portBad: "501 Syntax error in IP address",
	guest: map[string]string{"MKD": "550 Sorry, anonymous users are not allowed to create directories", "XMKD": "550 Sorry, anonymous users are not allowed to create directories",
		"RMD": "550 Sorry, anonymous users are not allowed to remove directories", "XRMD": "550 Sorry, anonymous users are not allowed to remove directories", "DELE": "550 Anonymous users can not delete files",
		"RNFR": "550 Anonymous users are not allowed to move/rename files", "STOR": "553 Can't open that file: Permission denied", "APPE": "553 Can't open that file: Permission denied",
		"STOU": "553 Can't open that file: Permission denied", "SITE CHMOD": "550 Anonymous users can not change perms", "MFMT": "550 Anonymous users can not change perms"},
}

var microsoftAnswers = map[string]answer{
	"OPTS UTF8 ON": early("200 OPTS UTF8 command successful - UTF8 encoding now ON."), "OPTS": early("501 Parameter not understood."),
	"MODE S": same("200 MODE S command successful."), "MODE": same("504 Command not implemented for that parameter."), "STRU F": same("200 STRU F command successful."), "STRU": same("504 Command not implemented for that parameter."),
	"ALLO": same("200 ALLO command successful."), "ABOR": same("226 ABOR command successful."), "SITE": same("500 Command not understood."),
}

var microsoftChanges = changes{
	made: `257 "{name}" directory created.`, makeExists: "550 Cannot create a file when that file already exists. ", makeLost: "550 The system cannot find the path specified. ",
	removed: "250 RMD command successful.", removeMissing: "550 The system cannot find the file specified. ", removeFull: "550 The directory is not empty. ",
	deleted: "250 DELE command successful.", deleteMissing: "550 The system cannot find the file specified. ", deleteDirectory: "550 Access is denied. ",
	rename: "350 Requested file action pending further information.", renameMissing: "550 The system cannot find the file specified. ", renamed: "250 RNTO command successful.", outOfTurn: "503 Bad sequence of commands.",
	storeDirectory: "550 Access is denied. ", storeLost: "550 The system cannot find the path specified. ",
	sizeMissing: "550 The system cannot find the file specified. ", sizeDirectory: "550 Access is denied. ", timeMissing: "550 The system cannot find the file specified. ", timeDirectory: "550 Access is denied. ",
	isDirectory: "550 Access is denied. ", status: "213-status of {name}:\n", statusEnd: "213 End of status", statusNone: "550 The system cannot find the file specified. ",
	statused: "211-Microsoft FTP Service status:\n     Connected to {host}\n     Logged in as {user}\n     TYPE: {mode}; STRUcture: FILE; transfer MODE: STREAM\n     No data connection\n211 End of status.",
	restart:  "350 Restarting at {offset}.", restartBad: "501 Parameter not understood.",
	guest: map[string]string{"MKD": "550 Access is denied. ", "XMKD": "550 Access is denied. ", "RMD": "550 Access is denied. ", "XRMD": "550 Access is denied. ", "DELE": "550 Access is denied. ",
		"RNFR": "550 Access is denied. ", "STOR": "550 Access is denied. ", "APPE": "550 Access is denied. ", "STOU": "550 Access is denied. "},
}
