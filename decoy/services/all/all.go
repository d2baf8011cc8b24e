// Package all registers every decoy protocol of this binary; import it for that alone.
package all

import (
	_ "decnet/decoy/services/conpot"
	_ "decnet/decoy/services/dns"
	_ "decnet/decoy/services/dockerapi"
	_ "decnet/decoy/services/elasticsearch"
	_ "decnet/decoy/services/ftp"
	_ "decnet/decoy/services/http"
	_ "decnet/decoy/services/https"
	_ "decnet/decoy/services/imap"
	_ "decnet/decoy/services/k8s"
	_ "decnet/decoy/services/mongodb"
	_ "decnet/decoy/services/mqtt"
	_ "decnet/decoy/services/mssql"
	_ "decnet/decoy/services/mysql"
	_ "decnet/decoy/services/pop3"
	_ "decnet/decoy/services/postgres"
	_ "decnet/decoy/services/rdp"
	_ "decnet/decoy/services/redis"
	_ "decnet/decoy/services/smb"
	_ "decnet/decoy/services/smtp"
	_ "decnet/decoy/services/smtprelay"
	_ "decnet/decoy/services/snmp"
	_ "decnet/decoy/services/ssh"
	_ "decnet/decoy/services/telnet"
	_ "decnet/decoy/services/vnc"
)
