package shell

import (
	"maps"
	"slices"
)

// commands are the tools of the system by name; init breaks the circle of those that run others.
var commands map[string]command

func init() {
	commands = map[string]command{
		// files
		"ls": ls, "cat": cat, "more": cat, "less": cat, "touch": touch, "mkdir": mkdir, "rm": rm, "rmdir": rm, "cp": copyOrMove, "mv": copyOrMove,
		"ln": ln, "chmod": chmod, "chown": chown, "find": find, "which": which, "file": fileType, "md5sum": digest, "sha1sum": digest, "sha256sum": digest, "dd": dd,
		// text
		"head": head, "tail": tail, "grep": grep, "egrep": grep, "fgrep": grep, "wc": wc, "sort": sortLines, "uniq": uniq, "cut": cut, "tr": tr, "sed": runSed,
		"awk": runAwk, "seq": seq, "yes": yes, "sleep": sleep, "tee": tee, "xargs": xargs, "basename": basename, "dirname": basename, "base64": base64Tool,
		"echo": echo, "printf": printf, "test": test, "[": test, "true": builtinTrue, "false": builtinFalse, "pwd": pwd, "clear": builtinTrue, "sync": builtinTrue, "stty": stty,
		// the system
		"uname": uname, "id": id, "whoami": whoami, "groups": groups, "hostname": hostname, "ps": ps, "top": top, "uptime": uptime, "w": w, "who": who, "last": last,
		"free": free, "df": df, "du": du, "date": date, "nproc": nproc, "lscpu": lscpu, "lsb_release": lsbRelease, "dmesg": dmesg, "mount": mount, "env": env, "printenv": printenv,
		// the network
		"ifconfig": ifconfig, "ip": ip, "route": route, "arp": arp, "netstat": sockets, "ss": sockets, "wget": fetch, "curl": fetch, "tftp": fetch, "ftpget": fetch,
		"nc": dial, "telnet": dial, "ssh": dial, "scp": dial, "sftp": dial, "ftp": dial, "ping": ping,
		// administration
		"sh": shellTool, "bash": shellTool, "ash": shellTool, "busybox": busybox, "nohup": wrapper, "nice": wrapper, "timeout": timeout, "setsid": wrapper,
		"sudo": sudo, "su": su, "passwd": passwd, "chpasswd": chpasswd, "useradd": useradd, "adduser": useradd, "userdel": useradd, "usermod": usermod,
		"kill": kill, "pkill": kill, "killall": kill, "crontab": crontab, "apt": packages, "apt-get": packages, "yum": packages, "dnf": packages, "apk": packages,
		"pacman": packages, "systemctl": systemctl, "service": systemctl, "iptables": iptables, "chattr": chattr, "sysctl": sysctl, "modprobe": modprobe,
		"arch": arch, "getconf": getconf, "rev": rev, "stat": stat, "lsattr": lsattr, "timedatectl": timedatectl, "journalctl": journalctl, "dpkg": dpkg, "openssl": openssl,
		"lsblk": lsblk, "lspci": lspci, "lsmod": lsmod, "pgrep": pgrep, "pidof": pgrep, "vi": editor, "vim": editor, "nano": editor, "xxd": xxd, "hexdump": hexdump,
		"tty": ttyName, "readlink": readlink, "realpath": readlink, "od": od, "cmp": compare, "getent": getent, "locale": locale, "hostnamectl": hostnamectl, "lsof": lsof, "man": man,
		"zcat": zcat, "gzip": gzipTool, "gunzip": gzipTool, "apt-cache": aptCache, "ssh-keygen": sshKeygen,
		"perl": interpreter, "python3": interpreter, "python": interpreter, "git": version("git version 2.39.2"), "tar": tarTool,
		"tac": tac, "nl": nl, "fold": fold, "paste": paste, "shuf": shuf, "diff": diff, "comm": comm, "cksum": cksum, "crc32": crc32Tool, "expr": expr, "mktemp": mktemp, "truncate": truncate, "shred": shred, "split": split,
		"umount": umount, "insmod": insmod, "rmmod": insmod, "chroot": chroot, "stdbuf": wrapper, "dnsdomainname": quietly(false), "unshare": unshare, "nsenter": unshare, "ionice": priority, "renice": priority, "taskset": priority, "lastlog": lastlog, "ldd": ldd, "fdisk": fdisk, "getcap": getcap,
		"groupadd": group, "groupdel": group, "groupmod": group, "hd": hexdump, "logger": quietly(false), "ldconfig": quietly(true), "swapoff": quietly(true), "swapon": quietly(true), "losetup": quietly(true), "wall": quietly(false),
		"mesg": quietly(false), "depmod": quietly(true), "run-parts": quietly(false), "sha512sum": digest, "unlink": rm,
		"reboot": reboot, "shutdown": reboot, "poweroff": reboot, "halt": reboot,
	}
}

func builtinTrue(*call) int  { return 0 }
func builtinFalse(*call) int { return 1 }

// systemTools live in /usr/sbin.
var systemTools = map[string]bool{
	"ifconfig": true, "route": true, "arp": true, "iptables": true, "sysctl": true, "modprobe": true, "insmod": true, "rmmod": true, "chroot": true, "groupadd": true, "groupdel": true, "groupmod": true, "fdisk": true, "getcap": true, "ldconfig": true, "swapoff": true, "swapon": true, "losetup": true, "depmod": true,
	"reboot": true, "shutdown": true, "poweroff": true, "halt": true,
	"useradd": true, "userdel": true, "usermod": true, "adduser": true, "chpasswd": true,
}

// has tells whether the system has the tool: each distribution has one package manager, and a small device has little.
func (s *System) has(name string) bool {
	switch name {
	case "apt", "apt-get", "apt-cache":
		return s.Packages == "apt"
	case "locale", "hostnamectl", "lsof", "man", "lastlog", "ldd", "getcap", "groupadd", "groupdel", "groupmod", "hd", "unshare", "nsenter", "ldconfig", "stdbuf", "wall", "mesg":
		return !s.BusyBox
	case "crc32":
		return s.BusyBox && !s.Embedded
	case "tac", "nl", "fold", "paste", "shuf", "diff", "comm", "cksum", "shred", "split", "ionice", "renice", "taskset", "fdisk", "losetup", "depmod", "run-parts", "sha512sum", "unlink", "truncate":
		return !s.Embedded && (!s.BusyBox || slices.Contains(applets, name))
	case "yum":
		return s.Packages == "yum" || s.Packages == "dnf"
	case "dnf", "apk", "pacman":
		return s.Packages == name
	case "bash":
		return !s.BusyBox
	case "ash", "tftp", "ftpget":
		return s.BusyBox
	case "busybox":
		return s.BusyBox || s.Packages == "apt"
	case "systemctl", "sudo", "lscpu", "file", "timedatectl", "journalctl", "lsblk", "getconf", "openssl", "perl", "python3":
		return !s.BusyBox
	case "lsb_release", "dpkg":
		return s.Packages == "apt"
	case "python":
		return s.ID == "centos"
	case "lsattr", "lspci", "arch":
		return !s.Embedded
	case "vim":
		return !s.BusyBox && s.ID != "debian"
	case "nano":
		return s.Packages == "apt"
	case "xxd":
		return s.BusyBox || s.ID == "ubuntu" || s.ID == "kali"
	case "git":
		return s.ID == "kali"
	case "getent", "ssh-keygen", "curl", "ssh", "scp", "sftp", "timeout", "chpasswd", "useradd", "userdel", "usermod":
		return !s.Embedded
	case "ifconfig", "netstat", "route", "arp", "telnet", "ftp":
		return s.BusyBox || s.ID == "centos" || s.ID == "kali"
	}
	return true
}

// tools returns the names of all tools that the system has, sorted.
func (s *System) tools() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(commands)), func(name string) bool { return !s.has(name) })
}
