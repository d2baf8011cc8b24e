package main

// scene is one decoy under one identity.
type scene struct {
	service   string
	as        string   // the product that it means to be
	wants     []string // what nmap must say, of any of the ports
	os        string   // "" is linux
	archetype string
	hostname  string
	number    int    // its place in the table, by which its decky is drawn
	seed      int    // another one, where the first gives a decky that the scanner can't know
	scripts   string // of nmap
	login     string // a shell command that logs in to HOST and PORT
	secret    string // the password that it gives; "" where only a proof of it travels
	loginless string // why there is no login; "" where there is one
}

const secret = "S3cret-of-the-table"

// cases are in the order of the catalog, and behind them what came later: a decky is drawn by its case's place.
var cases = []scene{
	{service: "ssh", as: "OpenSSH", wants: []string{"OpenSSH"}, login: `sshpass -p ` + secret + ` ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o PreferredAuthentications=password -p $PORT root@$HOST true`, secret: secret},
	{service: "telnet", as: "a device's telnetd", wants: []string{"telnet"}, login: `{ sleep 2; echo root; sleep 2; echo ` + secret + `; sleep 4; } | telnet $HOST $PORT`, secret: secret},
	{service: "rdp", as: "Windows", seed: 2, os: "windows_server", hostname: "SRV-RDP", wants: []string{"Microsoft Terminal Service"}, login: `xvfb-run -a xfreerdp /v:$HOST:$PORT /u:admin /p:` + secret + ` /cert:ignore /sec:nla +auth-only`},
	{service: "rdp", as: "xrdp", wants: []string{"xrdp"}, login: `xvfb-run -a xfreerdp /v:$HOST:$PORT /u:admin /p:` + secret + ` /cert:ignore /sec:tls +auth-only`, secret: secret},
	{service: "vnc", as: "a VNC server", wants: []string{"VNC"}, login: `list=$(mktemp); echo secret > $list; nmap -Pn -n -p $PORT --script +vnc-brute --script-args passdb=$list $HOST; rm $list`},
	{service: "http", as: "a web server", wants: []string{"http"}, login: `curl -s -u admin:` + secret + ` http://$HOST:$PORT/`, secret: secret},
	{service: "https", as: "a web server", wants: []string{"ssl/http"}, login: `curl -sk -u admin:` + secret + ` https://$HOST:$PORT/`, secret: secret},
	{service: "ftp", as: "an FTP server", wants: []string{"ftp"}, login: `curl -s -u admin:` + secret + ` ftp://$HOST:$PORT/`, secret: secret},
	{service: "tftp", as: "Windows Deployment Services", os: "windows_server", wants: []string{"Microsoft Windows Deployment Services tftpd"}, loginless: "TFTP has no login"},
	{service: "smb", as: "Windows", os: "windows_server", hostname: "SRV-FILES", wants: []string{"Microsoft Windows", "NetBIOS name: SRV-FILES"}, scripts: "nbstat", login: `smbclient -L $HOST -p 445 -U admin%` + secret},
	{service: "smb", as: "Samba", wants: []string{"Samba"}, login: `smbclient -L $HOST -p 445 -U admin%` + secret},
	{service: "smtp", as: "Postfix or another", wants: []string{"smtp"}, login: `swaks --server $HOST:$PORT --auth PLAIN --auth-user admin --auth-password ` + secret + ` --to a@example.org --quit-after AUTH --tls-optional`, secret: secret},
	{service: "smtp_relay", as: "Postfix or another", wants: []string{"smtp"}, login: `swaks --server $HOST:$PORT --auth PLAIN --auth-user admin --auth-password ` + secret + ` --to a@example.org --quit-after AUTH --tls-optional`, secret: secret},
	{service: "imap", as: "Dovecot", wants: []string{"Dovecot imapd"}, login: `curl -sk --ssl -u admin:` + secret + ` imap://$HOST:143/`, secret: secret},
	{service: "pop3", as: "Dovecot", wants: []string{"Dovecot pop3d"}, login: `curl -sk --ssl -u admin:` + secret + ` pop3://$HOST:110/`, secret: secret},
	{service: "ldap", as: "OpenLDAP", wants: []string{"OpenLDAP"}, login: `ldapsearch -H ldap://$HOST:389 -x -D cn=admin,dc=example,dc=org -w ` + secret, secret: secret},
	{service: "ldap", as: "Active Directory", os: "windows_server", archetype: "domain-controller", hostname: "DC01", wants: []string{"Microsoft Windows Active Directory LDAP"}, login: `ldapsearch -H ldap://$HOST:389 -x -D Administrator@corp.local -w ` + secret, secret: secret},
	{service: "llmnr", as: "a printer by mDNS", os: "embedded", archetype: "printer", hostname: "HP4F21A0", wants: []string{"DNS-based service discovery", "ipp"}, scripts: "dns-service-discovery", loginless: "names are asked for without a login"},
	{service: "dns", as: "BIND", wants: []string{"ISC BIND 9"}, scripts: "dns-nsid", login: `dig @$HOST -p 53 -y hmac-sha256:backup:c2VjcmV0 SOA example.org`},
	{service: "dns", as: "Microsoft DNS", os: "windows_server", hostname: "DC01", wants: []string{"Microsoft DNS"}, scripts: "dns-nsid", login: `dig @$HOST -p 53 -y hmac-sha256:backup:c2VjcmV0 SOA example.org`},
	{service: "mysql", as: "MySQL or MariaDB", wants: []string{"mysql"}, login: `mysql -h $HOST -P $PORT -u admin -p` + secret + ` -e "select 1"`},
	{service: "postgres", as: "PostgreSQL", wants: []string{"PostgreSQL"}, login: `PGPASSWORD=` + secret + ` psql -h $HOST -p $PORT -U admin -c "select 1"`},
	{service: "mssql", as: "SQL Server", os: "windows_server", hostname: "SRV-SQL", wants: []string{"Microsoft SQL Server"}, login: `echo quit | TDSVER=7.4 tsql -H $HOST -p $PORT -U sa -P ` + secret, secret: secret},
	// The scanner asks in a way that versions from 5.1 on don't answer.
	{service: "mongodb", as: "MongoDB 4.4", seed: 1, wants: []string{"MongoDB"},
		login: `/usr/bin/python3 -c "import pymongo; pymongo.MongoClient('$HOST', $PORT, username='admin', password='` + secret + `', directConnection=True, serverSelectionTimeoutMS=9000).shop.users.find_one()"`},
	{service: "redis", as: "Redis", wants: []string{"Redis"}, login: `redis-cli -h $HOST -p $PORT AUTH ` + secret, secret: secret},
	{service: "elasticsearch", as: "Elasticsearch", wants: []string{"Elasticsearch"}, login: `curl -s -u elastic:` + secret + ` http://$HOST:$PORT/`, secret: secret},
	{service: "mqtt", as: "Mosquitto", wants: []string{"mosquitto version"}, login: `mosquitto_pub -h $HOST -p $PORT -u admin -P ` + secret + ` -t x -m y`, secret: secret},
	{service: "snmp", as: "net-snmp", wants: []string{"net-snmp"}, scripts: "snmp-info,snmp-sysdescr", login: `snmpget -v2c -c ` + secret + ` -t 1 -r 0 $HOST:161 1.3.6.1.2.1.1.1.0`, secret: secret},
	{service: "snmp", as: "a printer", os: "embedded", archetype: "printer", hostname: "HP4F21A0", wants: []string{"SNMPv3 server"}, scripts: "snmp-info,snmp-sysdescr", login: `snmpget -v2c -c ` + secret + ` -t 1 -r 0 $HOST:161 1.3.6.1.2.1.1.1.0`, secret: secret},
	{service: "sip", as: "Asterisk", wants: []string{"Asterisk"}, scripts: "sip-methods", login: `sipsak -U -s sip:100@$HOST:5060 -u 100 -a ` + secret},
	{service: "sip", as: "3CX", os: "windows_server", hostname: "SRV-VOIP", wants: []string{"3CX"}, scripts: "sip-methods", login: `sipsak -U -s sip:100@$HOST:5060 -u 100 -a ` + secret},
	// The scanner has no pattern for today's API: the certificate names it.
	{service: "k8s", as: "Kubernetes", wants: []string{"commonName=kube-apiserver"}, scripts: "ssl-cert", login: `curl -sk -H "Authorization: Bearer ` + secret + `" https://$HOST:6443/api`, secret: secret},
	{service: "docker_api", as: "Docker", wants: []string{"Docker"}, login: `curl -s -H "X-Registry-Auth: x" -u admin:` + secret + ` http://$HOST:2375/version`},
	{service: "conpot", as: "a Siemens SIMATIC", os: "embedded", archetype: "industrial-control", wants: []string{"Siemens"}, scripts: "modbus-discover,s7-info", loginless: "Modbus has no login, and this S7 asks for none"},
	// The login needs the realm, which is that of the decky that is drawn.
	{service: "kerberos", as: "a domain controller", os: "windows_server", archetype: "domain-controller", hostname: "DC01", wants: []string{"Microsoft Windows Kerberos"}, scripts: "krb5-enum-users",
		login: `export KRB5_CONFIG=$(mktemp); printf '[libdefaults]\ndns_lookup_kdc = false\n[realms]\nERP.INTERNAL = {\nkdc = %s\n}\n' $HOST > $KRB5_CONFIG; echo ` + secret + ` | kinit Administrator@ERP.INTERNAL; rm $KRB5_CONFIG`},
	{service: "msrpc", as: "a domain controller", os: "windows_server", archetype: "domain-controller", hostname: "DC01", wants: []string{"Microsoft Windows RPC"}, login: `rpcclient "ncacn_ip_tcp:$HOST[$PORT,connect]" -U admin%` + secret + ` -c epmlookup`},
}
