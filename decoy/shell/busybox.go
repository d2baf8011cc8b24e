package shell

import (
	"fmt"
	"slices"
	"strings"
)

// applets are what BusyBox has, as Debian builds it.
var applets = strings.Fields("[ [[ acpid adjtimex ar arch arp arping ascii ash awk base64 basename bc blkdiscard blkid blockdev brctl bunzip2 bzcat bzip2 cal cat chgrp chmod chown " +
	"chroot chvt clear cmp cp cpio crc32 cttyhack cut date dc dd deallocvt depmod devmem df diff dirname dmesg dnsdomainname dos2unix du dumpkmap " +
	"dumpleases echo egrep env expand expr factor fallocate false fatattr fdisk fgrep find findfs fold free freeramdisk fsfreeze fstrim ftpget ftpput " +
	"getopt getty grep groups gunzip gzip halt head hexdump hostid hostname httpd hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer id ifconfig ifdown " +
	"ifup init insmod ionice ip ipcalc ipneigh kill killall klogd last less link linux32 linux64 linuxrc ln loadfont loadkmap logger login logname logread " +
	"losetup ls lsmod lsscsi lzcat lzma lzop md5sum mdev microcom mim mkdir mkdosfs mke2fs mkfifo mknod mkpasswd mkswap mktemp modinfo modprobe more mount " +
	"mt mv nameif nc netstat nl nologin nproc nsenter nslookup nuke od openvt partprobe paste patch pidof ping ping6 pivot_root poweroff printf ps pwd " +
	"rdate readlink realpath reboot renice reset resume rev rm rmdir rmmod route rpm rpm2cpio run-init run-parts sed seq setkeycodes setpriv setsid sh " +
	"sha1sum sha256sum sha3sum sha512sum shred shuf sleep sort ssl_client start-stop-daemon stat strings stty svc svok swapoff swapon switch_root sync " +
	"sysctl syslogd tac tail tar taskset tee telnet test tftp time timeout top touch tr traceroute traceroute6 true truncate ts tty ubirename udhcpc udhcpd " +
	"uevent umount uname uncompress unexpand uniq unix2dos unlink unlzma unshare unxz unzip uptime usleep uudecode uuencode vconfig vi w watch watchdog wc " +
	"wget which who whoami xargs xxd xz xzcat yes zcat ")

// usages are how the applets that intruders try without arguments are to be called.
var usages = map[string]string{
	"cat":    "[-nbvteA] [FILE]...\n\nPrint FILEs to stdout",
	"chmod":  "[-Rcvf] MODE[,MODE]... FILE...\n\nMODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]",
	"cp":     "[-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nCopy SOURCEs to DEST",
	"ftpget": "[OPTIONS] HOST [LOCAL_FILE] REMOTE_FILE\n\nDownload a file via FTP\n\n\t-c\tContinue previous transfer\n\t-v\tVerbose\n\t-u USER\tUsername\n\t-p PASS\tPassword\n\t-P PORT",
	"grep":   "[-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n\nSearch for PATTERN in FILEs (or stdin)",
	"kill":   "[-l] [-SIG] PID...\n\nSend a signal (default: TERM) to given PIDs",
	"ln":     "[-sfnbtv] [-S SUF] TARGET... LINK|DIR\n\nCreate a link LINK or DIR/TARGET to the specified TARGET(s)",
	"mkdir":  "[-m MODE] [-p] DIRECTORY...\n\nCreate DIRECTORY",
	"mv":     "[-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nRename SOURCE to DEST, or move SOURCEs to DIRECTORY",
	"nc":     "[OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen",
	"rm":     "[-irf] FILE...\n\nRemove (unlink) FILEs\n\n\t-i\tAlways prompt before removing\n\t-f\tNever prompt\n\t-R,-r\tRecurse",
	"sleep":  "[N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays",
	"tftp":   "[OPTIONS] HOST [PORT]\n\nTransfer a file from/to tftp server\n\n\t-l FILE\tLocal FILE\n\t-r FILE\tRemote FILE\n\t-g\tGet file\n\t-p\tPut file\n\t-b SIZE\tTransfer blocks in bytes",
	"wget":   "[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-Y on/off]\n\t[--no-check-certificate] [-P DIR] [-U AGENT] URL...\n\nRetrieve files via HTTP or FTP",
}

// ofBusyBox tells whether the command is an applet, which speaks in another way than the GNU tool of its name.
func (c *call) ofBusyBox() bool { return c.sys.BusyBox || c.applet }

// usage prints how an applet is to be called.
func (c *call) usage(name string) int {
	text := usages[name]
	if text == "" {
		text = "[OPTIONS]..."
	}
	fmt.Fprintf(c.err, "BusyBox %s multi-call binary.\n\nUsage: %s %s\n", c.sys.busyboxVersion(), name, text)
	return 1
}

func (s *System) busyboxVersion() string {
	switch s.ID {
	case "debian", "kali":
		return "v1.35.0 (Debian 1:1.35.0-4+b3)"
	case "ubuntu":
		return "v1.30.1 (Ubuntu 1:1.30.1-7ubuntu3)"
	case "alpine":
		return "v1.36.1 (2023-11-07 18:53:09 UTC)"
	}
	return "v1.30.1 (2019-06-12 17:51:55 UTC)"
}

// applets are the names that BusyBox answers to: on a device, no more than it has links for.
func (s *System) applets() []string {
	return slices.DeleteFunc(slices.Clone(applets), func(name string) bool { return s.BusyBox && commands[name] != nil && !s.has(name) })
}

func busybox(c *call) int {
	if len(c.args) > 1 && c.args[1] == "--list" {
		c.printf("%s\n", strings.Join(c.sys.applets(), "\n"))
		return 0
	}
	if len(c.args) < 2 || c.args[1] == "--help" {
		c.printf("BusyBox %s multi-call binary.\nBusyBox is copyrighted by many authors between 1998-2015.\nLicensed under GPLv2. See source distribution for detailed\ncopyright notices.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list[-full]\n   or: busybox --install [-s] [DIR]\n   or: function [arguments]...\n\n\tBusyBox is a multi-call binary that combines many common Unix\n\tutilities into a single executable.  Most people will create a\n\tlink to busybox for each function they wish to use and BusyBox\n\twill act like whatever it was invoked as.\n\nCurrently defined functions:\n",
			c.sys.busyboxVersion())
		row := "\t"
		for i, name := range c.sys.applets() {
			if i > 0 {
				name = " " + name
				row += ","
			}
			if len(row)+len(name) > 71 {
				c.printf("%s\n", row)
				row, name = "\t", strings.TrimPrefix(name, " ")
			}
			row += name
		}
		c.printf("%s\n", row)
		return 0
	}
	return c.runApplet(c.args[1:])
}

// runAs is BusyBox under another name. Where it is all that there is, its links may have names that the one of Debian has not.
func (c *call) runAs(name string) int {
	if !c.budget.step(c.ctx, c.depth) {
		c.flow = aborting
		return 137
	}
	if c.sys.BusyBox {
		c.applet = true
		if tool := commands[name]; tool != nil {
			return tool(c)
		}
		if tool := builtins[name]; tool != nil {
			return tool(c)
		}
	}
	return c.runApplet(c.args)
}

// runApplet runs BusyBox by the name of one of its parts.
func (c *call) runApplet(args []string) int {
	name := args[0]
	if !slices.Contains(c.sys.applets(), name) {
		fmt.Fprintf(c.err, "%s: applet not found\n", name)
		return 127
	}
	inner := &call{eval: c.eval, args: args, streams: c.streams, applet: true}
	if len(args) > 1 && args[1] == "--help" {
		c.usage(name)
		return 0
	}
	switch tool := commands[name]; {
	case tool != nil:
		return tool(inner)
	case builtins[name] != nil:
		return builtins[name](inner)
	}
	return c.usage(name)
}
