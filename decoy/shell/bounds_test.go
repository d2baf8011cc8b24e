package shell

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"decnet/decoy/event"
)

// TestLinesInARowStayBounded types lines that prepare each other: what one leaves behind makes the next one dear.
func TestLinesInARowStayBounded(t *testing.T) {
	big := `a=$(yes | tr -d '\n' | head -c 16000)`
	wide := big + `; set -- "$a$a$a$a$a$a$a"`
	file := `yes | tr -d '\n' | head -c 250000 > /tmp/f; yes '' | head -c 250000 > /tmp/n`
	for name, lines := range map[string][]string{
		"loop over one long word":        {big, `for i in ` + strings.Repeat("$a", 390) + `; do :; done`, `for j in ` + strings.Repeat("$i", 390) + `; do :; done`},
		"words of long parameters":       {wide + `; echo ` + strings.Repeat("$1", 390)},
		"here-string of parameters":      {wide + `; cat <<< ` + strings.Repeat("$1", 390)},
		"here-document of parameters":    {wide + "; cat << E\n" + strings.Repeat("$1", 390) + "\nE\n"},
		"test of parameters":             {wide + `; [[ ` + strings.Repeat("$1", 390) + ` == x ]]`},
		"parameters again and again":     {`f() { f ` + strings.Repeat(`"$@" `, 390) + `; }; f {1..900}`},
		"braces around long words":       {big + `; echo {1..1000}` + strings.Repeat("$a", 50)},
		"many braces":                    {`echo ` + strings.Repeat("{1..999} ", 1700)},
		"globs of long paths":            {`p=$(yes /. | tr -d '\n' | head -c 16000)`, `echo ` + strings.Repeat("$p", 60) + `/usr/bin/*`},
		"locals under each other":        {big, `f() { local ` + locals(300, "x$a") + `; f; }; f`},
		"variables under each other":     {big, `f() { ` + strings.ReplaceAll(locals(300, "x$a"), " ", "; ") + `; (f); }; f`},
		"names without a variable":       {big + `; for i in {1..900}; do for j in {1..20}; do unset "$a$a$a$a$a$a$a$i$j[0]"; done; done`},
		"long local names":               {big + `; f() { for i in {1..900}; do for j in {1..20}; do local "$a$i$j"; done; done; }; f`},
		"long names that are read only":  {big + `; for i in {1..900}; do for j in {1..20}; do readonly "$a$i$j"; done; done`},
		"long names of integers":         {big + `; for i in {1..900}; do declare -i "$a$a$a$a$a$a$i"; done`},
		"long names of aliases":          {wide + `; for i in {1..900}; do alias "$1$i=x"; done`},
		"repeated group":                 {`[[ a =~ (` + strings.Repeat("a", 3000) + `){1000} ]]`},
		"repeated group for grep":        {`echo a | grep -E '(` + strings.Repeat("a", 3000) + `){1000}'`},
		"repeated group for sed":         {`echo a | sed -E 's/(` + strings.Repeat("a", 3000) + `){1000}//'`},
		"repeated group for awk":         {`echo a | awk '/(` + strings.Repeat("a", 3000) + `){1000}/'`},
		"repeated group for find":        {`find /etc -regex '\(` + strings.Repeat("a", 3000) + `\){1000}'`},
		"repeated group for expr":        {`expr a : '\(` + strings.Repeat("a", 3000) + `\)\{1000\}'`},
		"long expression on long text":   {file + `; grep -E '(x+x+)+y|` + strings.Repeat("(y*)*", 500) + `z' /tmp/f`},
		"groups of nothing":              {file + `; sed -E 's/` + strings.Repeat("()", 3000) + `//g' /tmp/f`},
		"columns side by side":           {file + `; paste ` + strings.Repeat("/tmp/n ", 1800)},
		"xargs that replaces":            {file + `; b=` + strings.Repeat("y", 10000) + `; cat /tmp/f | xargs -I y echo $b`},
		"long lists for cut":             {file + `; cut -c1` + strings.Repeat(",1", 6000) + ` /tmp/f`},
		"many keys for sort":             {file + `; sort ` + strings.Repeat("-k1n ", 1900) + ` /tmp/n /tmp/n /tmp/n`},
		"ranges for tr":                  {file + `; b=$(for i in {1..900}; do for j in {1..6}; do printf '\1-\376'; done; done); cat /tmp/f | tr "$b$b$b$b$b$b" x`},
		"fields of awk side by side":     {file + `; awk '{print ` + strings.Repeat("$0,", 5000) + `$0}' /tmp/f`},
		"fields of awk in a format":      {file + `; awk '{printf "` + strings.Repeat("%s", 3000) + `"` + strings.Repeat(",$0", 3000) + `}' /tmp/f`},
		"fields of awk as a key":         {file + `; awk '{x[` + strings.Repeat("$0,", 5000) + `$0]}' /tmp/f`},
		"awk that joins":                 {`awk 'BEGIN{OFS="` + strings.Repeat("x", 9000) + `"; OFS=OFS OFS OFS OFS OFS OFS OFS; $999=1; for(;;) $1=2}'`},
		"awk's arguments":                {`awk 'function f(` + params(600) + `){f(` + strings.TrimSuffix(strings.Repeat("toupper(x),", 300)+strings.Repeat("tolower(X),", 300), ",") + `)} BEGIN{x="abcdefgh"; while(length(x)<60000) x=x x; X=toupper(x); f()}'`},
		"awk's capitals side by side":    {`awk 'BEGIN{x="abcdefgh"; while(length(x)<60000) x=x x; print ` + strings.TrimSuffix(strings.Repeat("toupper(x),", 1300), ",") + `}'`},
		"awk that sums without end":      {`echo 'BEGIN{print 1' > /tmp/p; yes '+1' | head -c 250000 | tr -d '\n' >> /tmp/p; echo '}' >> /tmp/p; awk -f /tmp/p`},
		"awk that looks again and again": {`awk 'BEGIN{x="ababababab"; while(length(x)<60000) x=x x; while(1) x ~ /` + strings.Repeat("(a*b*)*", 100) + `c/}'`},
		"directories in directories":     {`p=$(yes a/ | tr -d '\n' | head -c 16000)`, `mkdir -p /tmp/` + strings.Repeat("$p", 8) + `; cd /tmp/` + strings.Repeat("$p", 8) + `; ls ` + strings.Repeat("$p", 8)},
		"awk of many files":              {`yes '#' | head -c 250000 > /tmp/q; awk ` + strings.Repeat("-f /tmp/q ", 900) + ` -f /dev/null`},
		"sed of many files":              {`yes '#' | head -c 250000 > /tmp/q; sed ` + strings.Repeat("-f /tmp/q ", 900) + ` /dev/null`},
		"grep of many expressions":       {`yes 'aaaaaaaa' | head -c 250000 > /tmp/q; echo a | grep ` + strings.Repeat("-f /tmp/q ", 900)},
		"functions that are kept":        functions(60),
		"history that is long":           longLines(200),
		"printf of many":                 {wide + `; printf '%s%s%s%s' ` + strings.Repeat("$1 ", 300)},
		"replacements that grow":         {wide + `; echo ` + strings.Repeat("${1//y/"+strings.Repeat("z", 60)+"}", 200)},
		"patterns of patterns":           {`a=$(yes '*a?' | tr -d '\n' | head -c 16000); set -- "$a$a$a$a$a$a$a"; b=$(yes | tr -d '\n' | head -c 16000); echo ${1%%$b$a$a$a$a$a$a} ${1//$1/x}`},
		"paths of many parts":            {`p=$(yes /. | tr -d '\n' | head -c 16000)`, `echo /usr/*` + strings.Repeat("$p", 12)},
		"doors of pipes":                 {`f() { yes | f; }; f`, `f() { cat <(yes | head -c 30000) <(f); }; f`},
		"case with patterns":             {wide + `; case x in ` + strings.Repeat("$1", 300) + `) ;; esac`},
		"arithmetic in long":             {`a=$(yes 1+ | tr -d '\n' | head -c 15999)1; echo $((a)) $((a+a+a)); declare -i x; x=$a`},
		"archives in archives":           {file + `; cd /tmp; i=0; while :; do tar cf t$i.tar . ; gzip -k t$i.tar; i=$((i+1)); done`},
		"base64 again and again":         {`cat /bin/ls | base64 | base64 | base64 | base64 | xxd | xxd | od -c | hexdump -C | tail -1`},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			before := heap()
			s := newSession(t, Options{User: "root", Interactive: true})
			s.Record = func(string, ...event.Field) {}
			for _, line := range lines {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				peak := watchHeap()
				began := time.Now()
				s.Run(ctx, line, strings.NewReader(""), &s.out, &s.out)
				cancel()
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("%.60q took %v", line, took)
				}
				if most := peak(); most > 100<<20 {
					t.Errorf("%.60q had %d MB in use", line, most>>20)
				}
				s.out.Reset()
			}
			runtime.GC()
			if kept := heap(); kept > before+12<<20 {
				t.Errorf("%d bytes are kept", kept-before)
			}
			if got := s.do("echo alive"); got != "alive\n" {
				t.Errorf("afterwards the shell says %.80q", got)
			}
		})
	}
}

// A word of braces may have a long variable tens of thousands of times: what is over the bound costs nothing any more.
func TestWhatIsTooMuchIsNotLookedAt(t *testing.T) {
	m := newMeter()
	path := strings.Repeat("/x", 100)
	if !m.take(path) || m.slashes != 100 {
		t.Fatalf("%d slashes are counted", m.slashes)
	}
	m.take(strings.Repeat("y", maxExpanded))
	if m.take(path) || m.slashes != 100 {
		t.Errorf("behind what is too much, %d slashes are counted", m.slashes-100)
	}
}

// locals is v0=VALUE v1=VALUE and so on.
func locals(n int, value string) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("v%d=%s", i, value)
	}
	return strings.Join(words, " ")
}

func params(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("p%d", i)
	}
	return strings.Join(words, ",")
}

// functions are lines that each define a long one.
func functions(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("f%d() { %s; }", i, strings.TrimSuffix(strings.Repeat("a;", 1400), ";")))
	}
	return lines
}

func longLines(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(": %d %s", i, strings.Repeat("a", 16000)))
	}
	return lines
}

// TestOddArgumentsDoNotPanic gives tools what they divide by, cut at or look up.
func TestOddArgumentsDoNotPanic(t *testing.T) {
	for _, line := range []string{
		`dd if=/etc/passwd ibs=0`, `dd if=/etc/passwd ibs=0 of=/tmp/x`, `dd if=/etc/passwd bs=0`, `paste -d '\c' /etc/passwd /etc/group`, `paste -d '\0' /etc/passwd /etc/group`,
		`echo $((1 << -1)) $((1 >> -1)) $((-9223372036854775808 / -1)) $((-9223372036854775808 % -1)) $((2 ** -1)) $((2 ** 99999999999))`, `expr -9223372036854775808 / -1`,
		`a=abc; echo ${a:(-9):-9} ${a: -1:99} ${a:9:9} ${a:1:-5} ${a:-9223372036854775808:9223372036854775807}`, `a=(1 2 3); echo ${a[@]:(-9):1} ${a[@]:9} ${a[@]: -1:9} ${a[-9]} ${a[99999999]} ${a[@]:1:-1}`,
		`set -- a b; echo ${@:-9} ${@: -1} ${@:0:9} ${@:9223372036854775807} ${!#} ${!99}`, `declare -A m; m+=([a]=1); echo ${m[@]:1} ${!m[@]}; unset m; m[a]=1; unset 'm[a]' 'zz[1]'; echo ${m[a]}`,
		`printf '%*d %.*f %-*s' -9223372036854775808 1 -5 2 99999 x`, `printf '%b' '\x' '\u' '\U' '\0' '\'`, `printf %`, `printf '%' ; printf '%q' ''; printf -v 'a[5]' x; printf -v`,
		`head -n; head -c; tail -n; tail -c +; head -; tail +5; cut -c-; cut -f-1-; cut -d; sort -k; sort -k,; sort -t; sort -k1.9999999999; seq 1 nan; seq inf; seq -w 1e300; uniq -w -1`,
		`fold -w 0; split -l 0 /etc/passwd; split -b; shuf -i 9-1; shuf -i 1-; comm; comm a; nl; tac; rev; expr; expr :; expr \(; expr substr abc -1 9; xxd -r -p; od -A; truncate -s; mktemp X; mktemp ''; shred`,
		`sed; sed -n; sed s; sed 's/'; sed 'y/a/'; sed '1~0p' /etc/passwd; sed '0~0p' /etc/passwd; sed '99999999999999999999p' /etc/passwd; sed '2,~0p' /etc/passwd; sed 's/a/b/99999999999999999999' /etc/passwd; sed '1,+9223372036854775807p' /etc/passwd; echo|sed 'y/é/e/;a\' ; sed '$!N;P;D' /etc/passwd; sed '\' ; sed '\a' ; sed '1,\a'; sed ':a'; sed '}'; sed '{'; sed 'b;}'`,
		`awk; awk ''; awk '{'; awk -F; awk -v; awk -v 1=2 1; awk -f; awk 'BEGIN{print substr("a",0/1,1e300), substr("abc",-1e300,1e300), substr("abc","nan"), $(-1)}'; awk 'BEGIN{NF=-1; $0="a b"; NF=1e300; NF=5; print}'; awk 'BEGIN{printf "%c%c%c", 1e300, -1, ""; printf "%*d%.*s", 1e300, 1, -1e300, "a"; printf}'; awk 'BEGIN{a[1]; delete a; for(k in a) delete a; getline x < "/nosuch"; getline; close("x"); split("", b); print length(b), length()}'; awk 'function f(f){f()} BEGIN{f(1)}'; awk 'BEGIN{ARGC=1e300} {print}' ; awk 'BEGIN{ARGV[1]="x=1"; ARGC=5}{print}' </etc/hostname; awk 'func g(a,a){} BEGIN{g(1,2,3)}'; awk 'BEGIN { print length }'; awk 'BEGIN{return; next; break; exit 1e300}'; awk 'END{exit -1e300}'`,
		`trap 'trap "exit 3" EXIT; exit 4' EXIT; (trap 'echo x; exit' EXIT; exit 2); trap 'false; trap "false" ERR' ERR; false; trap - EXIT ERR; trap '' 99999 -1 KILL`,
		`f() { unset -f f; f; }; f; f() { f() { :; }; f; }; f; function g { return 300; }; g; return; break 99; continue -1; for i in 1; do break 0; done; while break; do :; done; shift -1; shift 99; getopts; getopts : x; OPTIND=99; getopts ab: x -a; OPTIND=-5; getopts ab: x -b; getopts '' x -; getopts a 1x -a`,
		`exec 3< /etc/passwd; read -u 3 x; read -u 99 y; read -n 0 z; read -n -1 z; read -d '' w < /etc/hostname; read -a 1x < /etc/hostname; read 1x < /etc/hostname; exec 3>&-; exec 3>&3; cat 0<&3; cat <&99; cat 99999999999999999999< /etc/passwd; exec 1>&-; exec 2>&-`,
		`mapfile -t x < <(cat <(cat <(echo a))); echo ${x[0]}; cat <(cat <(echo b)) > >(cat > >(cat)); [[ -e <(:) ]]; . <(echo 'echo c'); diff <(echo 1) <(echo 2); a=<(echo x); echo $a; while read l; do echo $l; done < <(echo d)`,
		`find / -maxdepth; find / -name; find / \( ; find / \) ; find / -exec; find / -exec ls; find / -exec \; ; find / -perm; find / -perm -; find / -size +; find / -size c -maxdepth 1; find / -printf '%' -quit; find / -printf '%A' -quit; find / -newermt '' ; find '' ; find . ! ; find . -not; find . -a -o; find . , ; find / -exec {} + -quit; find / -maxdepth 0 -regex '('`,
		`grep; grep -f; grep -e; grep -A; grep -A -1 a /etc/passwd; grep -m 0 a /etc/passwd; grep -m -1 a /etc/passwd; grep '' /etc/passwd | head -1; grep -o '' /etc/hostname; grep -C 99999999999999999999 a /etc/passwd; grep -E '(' /etc/passwd; grep '\' /etc/passwd; grep '[' /etc/passwd; grep -w '' /etc/hostname; grep -x; grep -r; grep -z a /etc/passwd; grep -c -v '' /dev/null`,
		`kill; kill -l; kill -l 0 99 -1 a; kill %9; kill -9 -1; wait %9; wait 99; fg %x; bg; jobs -l; disown; sleep -1; sleep nan; sleep inf; timeout nan true; timeout inf true; timeout -1 true; timeout 0 true; timeout; xargs -n 0 < /etc/hostname; xargs -I '' echo x < /etc/hostname; xargs -d '' < /etc/hostname; xargs -0; nice -n; ionice -c; renice; renice 1; taskset; taskset 1; chrt; date -d; date -d ''; date +%; date +; date -s ''; date -d @99999999999999999999; date -d @-1 +%s%N; date -d 'next year 99999999999 days ago'`,
		`umask 99; umask -S; ulimit -; pushd; popd; dirs; pushd /; popd; popd; history -99; alias =; alias a=; a; alias b='b b'; b; unalias; export =; export 1=2; declare -; declare -A; declare -a x=5; x[1]=2; declare -i y=1/0; y=5%0; readonly y; y=6; local z; let; let x=; let 'x=1/0'; ((; (( )); [[ ]]; [ ; [ a ; test a b c d e; [ -e ]; [ a -eq b ]; [ 1 -eq ]; type; command; builtin; hash -r; eval; source; . ; exec; time; time -p; !; ! true; coproc x { :; }; select x in a; do break; done < /dev/null`,
		`tar; tar x; tar cf; tar xf /etc/passwd; tar tf /dev/null; gzip -d < /etc/passwd; zcat /etc/passwd; base64 -d /etc/passwd; base64 -w 0 /etc/hostname; base64 -w -1 /etc/hostname; od -N -1 /etc/hostname; od -j 999999 /etc/hostname; hexdump -n 0 /etc/hostname; xxd -s 9999 /etc/hostname; xxd -l -1 /etc/hostname; xxd -c 0 /etc/hostname; xxd -c 999999999 /etc/hostname; strings -n 0 /etc/passwd; strings -n -1 /bin/ls | head -1; column; column -t -s '' /etc/passwd; md5sum; sha1sum -c /etc/passwd; cksum; sum; crc32; stat; stat -c %; stat -c '%9999s' /; ls -I; ls ''; du -d -1 /etc; df ''; touch -d; touch -d x y; touch -t 1 y; ln; ln -s a; ln -s '' ''; cp; cp a; mv; mv / /x; mv /tmp /tmp/x; cp -r / /tmp/x; rm; rm -rf /; mkdir; mkdir -p ''; chmod; chmod 9 /tmp; chmod u+ /tmp; chown : /tmp; chown`,
		`python3 -c 'print("a"*999)'; python3 -c 'print(1/0)'; python3 -c 'print(2**9999999)'; python3 -c 'print(1//0, 1%0)'; perl -e 'print 1/0'; perl -e 'print 9*9999999999999999999'; perl -e; python3 -c; bash -c; sh -c; bash -x; sh -; bash --rcfile; sudo; sudo -u; sudo -u nosuch id; su -c; su nosuch -c id; usermod; useradd; passwd -x; chpasswd; id nosuch; groups nosuch; busybox; busybox nosuch; busybox busybox busybox ls; env -u; env -; env -i; env a=b; env -S; watch; nohup; setsid; script; last -n -1; ps -o; ps -o x; ps -p; top -n; free -s; ip -; ip addr show dev; ss -; netstat -; ping; ping -c; wget; curl; curl -o; nc; nc -l; ssh; scp; crontab; crontab -e; systemctl; journalctl -n -1; dmesg | tail -n -1; mount x; umount`,
	} {
		s := newSession(t, Options{User: "root", Interactive: true})
		s.Record = func(string, ...event.Field) {}
		for part := range strings.SplitSeq(line, "; ") {
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("%s\n%v", part, r)
						s = newSession(t, Options{User: "root", Interactive: true})
					}
				}()
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				s.Run(ctx, part, strings.NewReader(""), &s.out, &s.out)
			}()
		}
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s\n%v", line, r)
				}
			}()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			s.Run(ctx, line, strings.NewReader(""), &s.out, &s.out)
		}()
	}
}
