package shell

import (
	"strings"
	"testing"
)

func TestMountsShowTheMachineInAnotherPlace(t *testing.T) {
	t.Parallel()
	m := NewMachine(SystemOf(host(t, "linux", "debian")))
	m.Mount(Mount{"/", "/mnt/host"}, Mount{"/", "/bin/link/deep"}, Mount{"/etc/passwd", "/secret"}, Mount{"volume", "/data"}, Mount{"/", "/one/too/many"})
	sh := m.New(Options{User: "root"})
	var out strings.Builder
	sh.Run(t.Context(), `cat /mnt/host/etc/hostname; ls -d /mnt/host/mnt/*; head -n 1 /secret; ls /data; echo x > /mnt/host/etc/cron.d/x && cat /mnt/host/etc/cron.d/x; ls /one; find / | wc -l`, strings.NewReader(""), &out, &out)
	for _, want := range []string{"SRV-ALPHA-42", "root:x:0:0:", "\nx\n", "/one': No such file"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the answers lack %q:\n%s", want, &out)
		}
	}
}
