package tftp

import (
	"fmt"
	"strings"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
)

// product is the software that the server seems to be.
type product struct {
	missing string // what it says of a file that isn't there
	illegal string // what it says of what is no request; "" is tftpd-hpa, which says what is wrong
	windows bool
}

func productOf(h *decoy.Host) product {
	switch h.OS {
	case "windows", "windows_server":
		return product{missing: "The system cannot find the file specified.", illegal: "Illegal operation error.", windows: true}
	case "cisco":
		return product{missing: "File not found", illegal: "Illegal operation"}
	}
	return product{missing: "File not found"}
}

// path is the name of a file below the server's folder.
func (p product) path(name string) string {
	if p.windows {
		name = strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
	}
	name = strings.TrimPrefix(name, "/")
	for _, folder := range []string{"tftpboot/", "srv/tftp/", "var/lib/tftpboot/"} {
		name = strings.TrimPrefix(name, folder)
	}
	return name
}

// filesOf makes the decky's files: the configurations of a make-believe network.
func filesOf(h *decoy.Host) map[string]string {
	app := bait.AppOf(h)
	r := h.Rand("tftp")
	p := productOf(h)
	at := strings.LastIndexByte(h.IP, '.')
	network := "192.168.1"
	if at > 0 {
		network = h.IP[:at]
	}
	admin := bait.Passwords(h, "tftp", "admin")[0]
	router := fmt.Sprintf(`!
version 15.1
service timestamps debug datetime msec
service timestamps log datetime msec
service password-encryption
!
hostname %s-%s
!
enable secret 5 $1$%s$%s
enable password %s
!
username admin privilege 15 password 0 %s
ip domain-name %s
!
interface GigabitEthernet0/0
 ip address %s.1 255.255.255.0
!
snmp-server community public RO
snmp-server community %s RW
!
line vty 0 4
 password %s
 login local
 transport input telnet ssh
!
end
`, decoy.Pick(h, "tftp-device", "core", "edge", "rtr", "sw", "gw"), fmt.Sprintf("%02d", 1+r.IntN(9)), h.Hex("tftp-salt", 2), h.Hex("tftp-secret", 11), admin, admin, app.Domain, network,
		decoy.Pick(h, "tftp-community", "private", "write", app.Name), app.Secret)
	phone := fmt.Sprintf("proxy1_address: \"%s.%d\"\nproxy1_port: \"5060\"\nline1_name: \"%d\"\nline1_authname: \"%d\"\nline1_password: \"%s\"\nphone_password: \"%s\"\n", network, 2+r.IntN(250), 100+r.IntN(50), 100+r.IntN(50), admin, admin)
	kickstart := fmt.Sprintf("lang en_US\nrootpw --plaintext %s\nurl --url=http://%s.%d/install\nnetwork --bootproto=dhcp --hostname=node\n", app.Secret, network, 2+r.IntN(250))
	pxe := fmt.Sprintf("DEFAULT menu.c32\nPROMPT 0\nTIMEOUT 100\nLABEL local\n  LOCALBOOT 0\nLABEL install\n  KERNEL vmlinuz\n  APPEND initrd=initrd.img ks=tftp://%s/ks.cfg\n", h.IP)
	all := []map[string]string{
		{"startup-config": router, "running-config": router},
		{"SIPDefault.cnf": phone, "dialplan.xml": "<DIALTEMPLATE>\n<TEMPLATE MATCH=\"*\" Timeout=\"5\"/>\n</DIALTEMPLATE>\n"},
		{"pxelinux.cfg/default": pxe, "ks.cfg": kickstart},
		{"backup/" + strings.ToLower(h.Hostname) + ".cfg": router, "router-confg": router},
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	files := map[string]string{}
	for _, some := range all[:2+r.IntN(3)] {
		for name, content := range some {
			files[p.path(name)] = content
		}
	}
	return files
}
