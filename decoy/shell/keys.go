package shell

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// sshKeygen makes a key that looks like one.
func sshKeygen(c *call) int {
	flags, _ := c.options("tfNCbR")
	name := cmp.Or(flags['f'], c.user.home+"/.ssh/id_"+cmp.Or(flags['t'], "rsa"))
	kind, head, size, bits := "ssh-rsa", "AAAAB3NzaC1yc2EAAAADAQABAAABgQ", 372, 3072
	if flags['t'] == "ed25519" {
		kind, head, size, bits = "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAI", 32, 256
	}
	random := func(purpose string, n int) string {
		return base64.RawStdEncoding.EncodeToString(c.sys.host.Bytes("keygen/"+purpose+c.sys.host.Now().Format(time.RFC3339Nano), n))
	}
	label := map[string]string{"ssh-rsa": "RSA", "ssh-ed25519": "ED25519"}[kind]
	comment := cmp.Or(flags['C'], c.user.name+"@"+c.sys.Hostname)
	if flags['l'] != "" {
		if _, err := c.readFile(name); err != nil {
			return c.fail(255, "%s", err)
		}
		c.printf("%d SHA256:%s %s (%s)\n", bits, random("print", 32), comment, label)
		return 0
	}
	if c.atTerminal() && flags['q'] == "" {
		c.printf("Generating public/private %s key pair.\n", strings.ToLower(label))
		if flags['f'] == "" {
			c.printf("Enter file in which to save the key (%s): ", name)
			name = cmp.Or(c.line(), name)
		}
		if _, given := flags['N']; !given && c.Ask != nil {
			for _, prompt := range []string{"Enter passphrase (empty for no passphrase): ", "Enter same passphrase again: "} {
				if _, err := c.askFor(prompt); err != nil {
					return 1
				}
			}
		}
	}
	public := kind + " " + head + random("public", size) + " " + comment + "\n"
	var private strings.Builder
	private.WriteString("-----BEGIN OPENSSH PRIVATE KEY-----\n")
	blob := "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAB" + random("private", size*4+90)
	for part := range slices.Chunk([]byte(blob), 70) {
		private.WriteString(string(part) + "\n")
	}
	private.WriteString("-----END OPENSSH PRIVATE KEY-----\n")
	for file, text := range map[string]string{name: private.String(), name + ".pub": public} {
		if err := c.save(file, text); err != nil {
			fmt.Fprintf(c.err, "Saving key \"%s\" failed: %s\n", name, strings.ToLower(problem(err)))
			return 1
		}
	}
	if n, err := c.fs.lookup(c.abs(name), true); err == nil {
		n.mode = 0o600
	}
	if flags['q'] == "" {
		c.printf("Your identification has been saved in %s\nYour public key has been saved in %[1]s.pub\nThe key fingerprint is:\nSHA256:%s %s\n", name, random("print", 32), comment)
	}
	return 0
}

func openssl(c *call) int {
	if len(c.args) > 1 && c.args[1] == "version" {
		text := "OpenSSL 3.0.11 19 Sep 2023 (Library: OpenSSL 3.0.11 19 Sep 2023)"
		if own := map[string]string{"ubuntu": "OpenSSL 3.0.2 15 Mar 2022 (Library: OpenSSL 3.0.2 15 Mar 2022)", "centos": "OpenSSL 1.0.2k-fips  26 Jan 2017"}[c.sys.ID]; own != "" {
			text = own
		}
		c.printf("%s\n", text)
		return 0
	}
	if len(c.args) > 1 && !slices.Contains(strings.Fields("passwd req x509 genrsa rsa dgst enc rand s_client s_server md5 sha256 sha1 base64 aes-256-cbc ecparam pkcs12 verify ciphers speed genpkey pkey"), c.args[1]) {
		fmt.Fprintf(c.err, "Invalid command '%s'; type \"help\" for a list.\n", c.args[1])
		return 1
	}
	if len(c.args) > 2 && c.args[1] == "passwd" {
		flags, _ := c.options("")
		salt, kind := shadowText(c.sys.host.Bytes("salt"+c.sys.host.Now().String(), 8)), "1"
		if i := slices.Index(c.args, "-salt"); i > 0 && i+1 < len(c.args) {
			salt = c.args[i+1]
		}
		size := 22
		for letter, length := range map[rune]int{'5': 43, '6': 86} {
			if flags[letter] != "" {
				kind, size = string(letter), length
			}
		}
		c.printf("$%s$%.16s$%s\n", kind, salt, shadowText(c.sys.host.Bytes("openssl"+salt+c.args[len(c.args)-1], size)))
	}
	return 0
}
