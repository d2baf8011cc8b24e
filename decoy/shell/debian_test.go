package shell

import "testing"

// TestDebian compares what tools say, word for word, with what those of a Debian 12 say.
func TestDebian(t *testing.T) {
	for line, want := range map[string]string{
		`uname -x`:                              "uname: invalid option -- 'x'\nTry 'uname --help' for more information.\n",
		`uname foo`:                             "uname: extra operand ‘foo’\nTry 'uname --help' for more information.\n",
		`find /nonesuch`:                        "find: ‘/nonesuch’: No such file or directory\n",
		`find /etc -badopt`:                     "find: unknown predicate `-badopt'\n",
		`find /etc/passwd -user root -perm 644`: "/etc/passwd\n",
		`find . -type f -size +1M`:              "",
		`mkdir /nonesuch/a`:                     "mkdir: cannot create directory ‘/nonesuch/a’: No such file or directory\n",
		`mv nosuch x`:                           "mv: cannot stat 'nosuch': No such file or directory\n",
		`cp /etc /tmp`:                          "cp: -r not specified; omitting directory '/etc'\n",
		`cp`:                                    "cp: missing file operand\nTry 'cp --help' for more information.\n",
		`chmod zzz /tmp`:                        "chmod: invalid mode: ‘zzz’\nTry 'chmod --help' for more information.\n",
		`chmod 4755 /tmp; ls -ld /tmp | cut -c1-10`: "drwsr-xr-x\n",
		`chown nosuch /tmp`:                         "chown: invalid user: ‘nosuch’\n",
		`cut`:                                       "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.\n",
		`echo abc123 | tr -cd '0-9'; echo`:          "123\n",
		`tr a`:                                      "tr: missing operand after ‘a’\nTwo strings must be given when translating.\nTry 'tr --help' for more information.\n",
		`head -1 nosuch`:                            "head: cannot open 'nosuch' for reading: No such file or directory\n",
		`tail nosuch`:                               "tail: cannot open 'nosuch' for reading: No such file or directory\n",
		`sort nosuch`:                               "sort: cannot read: nosuch: No such file or directory\n",
		`echo abc | wc`:                             "      1       1       4\n",
		`printf 'a\na\nb\n' | uniq -d`:              "a\n",
		`printf 'b 2\na 10\n' | sort -k2 -n`:        "b 2\na 10\n",
		`grep`:                                      "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
		`grep -l root /etc/passwd /etc/group`:       "/etc/passwd\n/etc/group\n",
		`egrep 'a|b' nosuch`:                        "grep: nosuch: No such file or directory\n",
		`seq 1 2 5`:                                 "1\n3\n5\n",
		`seq -w 8 10`:                               "08\n09\n10\n",
		`seq -s, 3`:                                 "1,2,3\n",
		`env X=1 sh -c 'echo $X'`:                   "1\n",
		`env nosuch`:                                "env: ‘nosuch’: No such file or directory\n",
		`printenv HOME`:                             "/root\n",
		`env -i env`:                                "",
		`date -d '2020-01-01' +%F`:                  "2020-01-01\n",
		`which -a sh`:                               "/usr/bin/sh\n/bin/sh\n",
		`ls --nosuch`:                               "ls: unrecognized option '--nosuch'\nTry 'ls --help' for more information.\n",
		`ls -R /etc/cron.d`:                         "/etc/cron.d:\ne2scrub_all\n",
		`sleep abc`:                                 "sleep: invalid time interval ‘abc’\nTry 'sleep --help' for more information.\n",
		`timeout`:                                   "Try 'timeout --help' for more information.\n",
		`/bin/busybox ECCHI`:                        "ECCHI: applet not found\n",
		`/bin/busybox chmod 777 nosuch`:             "chmod: nosuch: No such file or directory\n",
		`cp /bin/busybox /tmp/bb; /tmp/bb echo hi; ls -l /tmp/bb | cut -c1-10`:                                                                                                                                          "bb: applet not found\n-rwxr-xr-x\n",
		`mkdir -p d/e; touch d/a d/e/.b; find d -type f -o -name e | sort; find d ! -name a -type f -printf '%f %m %d\n'; find d -name a -exec echo {} + -delete; find d -maxdepth 1`:                                   "d/a\nd/e\nd/e/.b\n.b 644 2\nd/a\nd\nd/e\n",
		`touch s; chmod u+s,go=,o+x s; stat -c %a s; chmod -x s; stat -c %a s; chmod 2755 s; ls -l s | cut -c1-10; find . -maxdepth 1 -perm -2000`:                                                                      "4601\n4600\n-rwxr-sr-x\n./s\n",
		`printf 'a\nb\nc\nd\n' > f; grep -A1 b f; grep -c . f /etc/hostname; grep -on 'c' f; head -n -3 f; tail -n +4 f; head -n1 f /etc/hostname`:                                                                      "b\nc\nf:4\n/etc/hostname:1\n3:c\na\nd\n==> f <==\na\n\n==> /etc/hostname <==\nSRV-ALPHA-42\n",
		`printf '1K\n2M\n30\n' | sort -h; printf '10.0.0.9\n10.0.0.10\n' | sort -V; printf 'a:2\nb:1\n' | sort -t: -k2; echo aabbc | tr -s ab; echo a-b | tr - _; printf 'a,b,c\n' | cut -d, -f2- --output-delimiter=:`: "30\n1K\n2M\n10.0.0.9\n10.0.0.10\nb:1\na:2\nabc\na_b\nb:c\n",
		`date -d @86400 +'%F %T %j %s'; date -d '2024-02-28 2 days' +%D; date -d x`:                                                                                                                                     "1970-01-02 00:00:00 002 86400\n03/01/24\ndate: invalid date ‘x’\n",
	} {
		if got := newSession(t, Options{User: "root"}).do(line); got != want {
			t.Errorf("%s\n got %q\nwant %q", line, got, want)
		}
	}
}
