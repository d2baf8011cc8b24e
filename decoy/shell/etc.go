package shell

// plainFiles are some of what lies in /etc of every distribution, and says nothing of the decky.
var plainFiles = map[string]string{
	"environment":   "PATH=\"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"\n",
	"host.conf":     "multi on\n",
	"hosts.allow":   "# /etc/hosts.allow: list of hosts that are allowed to access the system.\n#                   See the manual pages hosts_access(5) and hosts_options(5).\n",
	"hosts.deny":    "# /etc/hosts.deny: list of hosts that are _not_ allowed to access the system.\n#                  See the manual pages hosts_access(5) and hosts_options(5).\n",
	"ld.so.conf":    "include /etc/ld.so.conf.d/*.conf\n\n",
	"login.defs":    "MAIL_DIR        /var/mail\nFAILLOG_ENAB\t\tyes\nLOG_UNKFAIL_ENAB\tno\nPASS_MAX_DAYS\t99999\nPASS_MIN_DAYS\t0\nPASS_WARN_AGE\t7\nUID_MIN\t\t\t 1000\nUID_MAX\t\t\t60000\nENCRYPT_METHOD SHA512\n",
	"motd":          "",
	"networks":      "default\t\t0.0.0.0\nloopback\t127.0.0.0\nlink-local\t169.254.0.0\n\n",
	"nsswitch.conf": "passwd:         files systemd\ngroup:          files systemd\nshadow:         files systemd\ngshadow:        files systemd\n\nhosts:          files dns\nnetworks:       files\n\nprotocols:      db files\nservices:       db files\nethers:         db files\nrpc:            db files\n",
	"profile":       "# /etc/profile: system-wide .profile file for the Bourne shell (sh(1))\n\nif [ -d /etc/profile.d ]; then\n  for i in /etc/profile.d/*.sh; do\n    if [ -r $i ]; then\n      . $i\n    fi\n  done\n  unset i\nfi\n",
	"services":      "ftp-data\t20/tcp\nftp\t\t21/tcp\nssh\t\t22/tcp\ntelnet\t\t23/tcp\nsmtp\t\t25/tcp\t\tmail\ndomain\t\t53/tcp\ndomain\t\t53/udp\nhttp\t\t80/tcp\t\twww\npop3\t\t110/tcp\nntp\t\t123/udp\nimap2\t\t143/tcp\nsnmp\t\t161/udp\nhttps\t\t443/tcp\n",
	"sysctl.conf":   "#\n# /etc/sysctl.conf - Configuration file for setting system variables\n# See /etc/sysctl.d/ for additional system variables.\n#\n",
}

// smallFiles are what lies in the directories of /etc, by their names.
var smallFiles = map[string]string{
	"e2scrub_all":             "30 3 * * 0 root test -e /run/systemd/system || SERVICE_MODE=1 /usr/lib/x86_64-linux-gnu/e2fsprogs/e2scrub_all_cron\n",
	"logrotate":               "#!/bin/sh\n\n/usr/sbin/logrotate /etc/logrotate.conf\n",
	".placeholder":            "# DO NOT EDIT OR REMOVE\n# This file is a simple placeholder to keep dpkg from removing this directory\n",
	"locale":                  "LANG=\"en_US.UTF-8\"\n",
	"rsyslog":                 "/var/log/syslog\n/var/log/auth.log\n{\n\trotate 4\n\tweekly\n\tmissingok\n\tnotifempty\n\tcompress\n}\n",
	"libc.conf":               "# libc default configuration\n/usr/local/lib\n",
	"sshd":                    "@include common-auth\naccount    required     pam_nologin.so\n@include common-account\nsession    required     pam_loginuid.so\n@include common-session\n@include common-password\n",
	"bash_completion.sh":      "# shellcheck shell=sh disable=SC1091,SC2166,SC2268,SC3028,SC3044,SC3054\n",
	"limits.conf":             "# /etc/security/limits.conf\n#\n#<domain>      <type>  <item>         <value>\n#\n# End of file\n",
	".profile":                "# ~/.profile: executed by the command interpreter for login shells.\n",
	"README":                  "# Please note that there must be at least one file in the sudoers.d\n# directory (this one will do).\n",
	"99-sysctl.conf":          "#\n",
	"sshd.service":            "[Unit]\nDescription=OpenBSD Secure Shell server\nAfter=network.target auditd.service\n\n[Service]\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\nKillMode=process\nRestart=on-failure\nType=notify\n\n[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n",
	"blacklist.conf":          "# This file lists those modules which we don't want to be loaded by\n# alias expansion.\nblacklist evbug\n",
	"interfaces":              "# This file describes the network interfaces available on your system\n\nsource /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n",
	"70-persistent-net.rules": "",
	"ca-certificates.crt":     "",
}

const (
	crontabHead = "# /etc/crontab: system-wide crontab\n# Unlike any other crontab you don't have to run the `crontab'\n# command to install the new version when you edit this file\n# and files in /etc/cron.d. These files also have username fields,\n# that none of the other crontabs do.\n\n"
	sudoersHead = "#\n# This file MUST be edited with the 'visudo' command as root.\n#\nDefaults\tenv_reset\nDefaults\tmail_badpass\nDefaults\tsecure_path=\"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"\n\n"
	sshdConfig  = "\n# This is the sshd server system-wide configuration file.  See\n# sshd_config(5) for more information.\n\nInclude /etc/ssh/sshd_config.d/*.conf\n\n#Port 22\n#AddressFamily any\n#ListenAddress 0.0.0.0\n#ListenAddress ::\n\n#HostKey /etc/ssh/ssh_host_rsa_key\n#HostKey /etc/ssh/ssh_host_ecdsa_key\n#HostKey /etc/ssh/ssh_host_ed25519_key\n\n# Logging\n#SyslogFacility AUTH\n#LogLevel INFO\n\n# Authentication:\n\n#LoginGraceTime 2m\nPermitRootLogin yes\n#StrictModes yes\n#MaxAuthTries 6\n#MaxSessions 10\n\n#PubkeyAuthentication yes\n\n#AuthorizedKeysFile\t.ssh/authorized_keys .ssh/authorized_keys2\n\nPasswordAuthentication yes\n#PermitEmptyPasswords no\n\nKbdInteractiveAuthentication no\n\nUsePAM yes\n\n#AllowTcpForwarding yes\n#GatewayPorts no\nX11Forwarding yes\nPrintMotd no\n#UseDNS no\n\nAcceptEnv LANG LC_*\n\nSubsystem\tsftp\t/usr/lib/openssh/sftp-server\n"
)
