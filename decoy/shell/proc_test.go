package shell

import "testing"

// TestProcessesHaveDirectories: bots go through /proc for rivals to kill, and a program looks at itself there.
func TestProcessesHaveDirectories(t *testing.T) {
	s := newSession(t, Options{User: "root"})
	for line, want := range map[string]string{
		`cat /proc/self/cmdline | tr '\0' ' '; readlink /proc/self/exe /proc/$$/exe`:                                                                  "cat /proc/self/cmdline /usr/bin/readlink\n/usr/bin/bash\n",
		`cat /proc/self/exe | head -c 4 | od -An -c; cat /proc/1/comm; ls -l /proc/1/exe | cut -d'>' -f2`:                                             " 177   E   L   F\nsystemd\n /usr/lib/systemd/systemd\n",
		`for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" = /usr/sbin/cron ] && cat $p/comm; done; ls -d /proc/$$ | wc -l`:                            "cron\n1\n",
		`ls /proc | grep -c '^[0-9]*$' | awk '{print $1 == n}' n=$(($(ps -e | wc -l) - 1))`:                                                           "1\n",
		`echo 128 > /proc/sys/vm/nr_hugepages; sysctl -n vm.nr_hugepages; sysctl -w vm.nr_hugepages=64; cat /proc/sys/vm/nr_hugepages; sysctl nosuch`: "128\nvm.nr_hugepages = 64\n64\nsysctl: cannot stat /proc/sys/nosuch: No such file or directory\n",
		`ls -l /dev/null /dev/sda | cut -c1-27; echo hi > /dev/stderr; echo x | cat /dev/stdin; ls /dev/fd/`:                                          "crw-rw-rw- 1 root root 1, 3\nbrw-rw---- 1 root disk 8, 0\nhi\nx\n0\n1\n2\n",
	} {
		if got := s.do(line); got != want {
			t.Errorf("%s\n got %q\nwant %q", line, got, want)
		}
	}
	if list, err := s.Machine.Files("root").List("/proc"); err != nil || len(list) > 60 {
		t.Errorf("when no line runs there are %d names, %v", len(list), err)
	}
}
