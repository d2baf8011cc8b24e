package shell

import "testing"

func TestAwk(t *testing.T) {
	s := newSession(t, Options{User: "root", Interactive: true})
	s.do("printf 'a 1 x\\nb 2 y\\nc 30 x\\n' > /tmp/t")
	for _, c := range []struct{ line, want string }{
		{`awk 'BEGIN{print 3*4}'`, "12\n"},
		{`ls -l /bin/ls /bin/cat | awk '{s+=$5} END{print s}'`, "195360\n"},
		{`awk '{s+=$2} END{print s, NR, s/NR}' /tmp/t`, "33 3 11\n"},
		{`awk '/b/,/c/{print $1 "-" $NF; n++} END {print n}' /tmp/t`, "b-y\nc-x\n2\n"},
		{`awk '$2>1 && $3=="x"' /tmp/t; awk 'NR==2{exit 3} 1' /tmp/t; echo $?`, "c 30 x\na 1 x\n3\n"},
		{`awk -F: -v n=0 '$3==n{printf "%s:%-6s|%04d\n", $1, $6, $3+7}' /etc/passwd`, "root:/root |0007\n"},
		{`awk '{c[$3]++} END{for(k in c) print k, c[k]; if ("z" in c) print "no"; else print length(c)}' /tmp/t`, "x 2\ny 1\n2\n"},
		{`awk 'BEGIN{for(i=0;i<5;i++){if(i==1)continue; if(i==4)break; printf i " "} while(j<2)j++; print j^3, -2^2, 1==1.0, "a"<"b", 7%4, !0}'`, "0 2 3 8 -4 1 1 3 1\n"},
		{`echo "Hello World" | awk '{gsub(/o/,"[&]"); sub("World","x",$2); print toupper(substr($0,1,4)), length, index($0,"l"), split("a,b,c",p,","), p[3], $2~/^W/?"w":"n"}'`, "HELL 15 3 3 c w\n"},
		{`awk 'BEGIN{OFS="-"; $0="a b c"; $2="X"; print; print $1,$3; print match("xxabc",/ab+/), RSTART, RLENGTH}'`, "a-X-c\na-c\n3-3-2\n"},
		{`awk '{print > "/tmp/o"} END{print "end" >> "/tmp/o"}' /tmp/t; wc -l < /tmp/o`, "4\n"},
		{`awk 'NR==FNR{a[$1];next} $1 in a' /tmp/t /tmp/t | wc -l; awk 'BEGIN{print ENVIRON["HOME"]; system("id -un")}'`, "3\n/root\nroot\n"},
		{`awk 'BEGIN{print 1/4; print 1e6, 0.1+0.2, 100000*100000; x["a",1]; print length(x)}'`, "0.25\n1000000 0.3 10000000000\n1\n"},
		{`awk '{print' /tmp/t; echo $?`, "awk: line 2: missing } near end of file\n2\n"},
		{`awk 'END{print NR}' /nonesuch`, "awk: cannot open /nonesuch (No such file or directory)\n"},
		{`df | awk 'NR>1 && $6=="/" {print $6}'; awk '!seen[$3]++{print $1}' /tmp/t`, "/\na\nb\n"},
		{`awk 'function f(n, i, a){a[1]=n; for(i=0;i<2;i++) a[1]*=2; return a[1]} function fill(b){b["k"]=1} BEGIN{i=7; fill(m); print f(3), i, length(m), a[1]}'`, "12 7 1 \n"},
		{`awk 'function f(n){return n<2?1:n*f(n-1)} BEGIN{do n++; while(n<3); print n, f(5)}'`, "3 120\n"},
		{`awk 'BEGIN{"id -un" | getline u; while((getline l < "/tmp/t")>0) n++; print u, n, (getline x < "/nonesuch"), x}'`, "root 3 -1 \n"},
		{`awk 'NR==1{getline; print "second", $1} NR==3{getline v; print v, NR}' /tmp/t`, "second b\n 3\n"},
		{`awk 'BEGIN{print "b\na" | "sort"; close("sort"); print "c" > "/tmp/p"; system("cat /tmp/p"); print "d" > "/tmp/p"; close("/tmp/p"); while((getline l < "/tmp/p")>0) print l}'`, "a\nb\nc\nc\nd\n"},
		{`awk 'BEGIN{for(i=0;i<ARGC;i++) print ARGV[i]}' a b; awk -W version | head -1; printf 'a1b22c' | awk -v RS='[0-9]+' '{print $0}'`, "awk\na\nb\nmawk 1.3.4 20200120\na\nb\nc\n"},
		{`awk 'BEGIN{print foo()}'; awk 'BEGIN{print 2**3}'; awk 'BEGIN{return 1 +}'`, "awk: line 2: function foo never defined\nawk: line 1: syntax error at or near *\nawk: line 1: syntax error at or near }\n"},
	} {
		if got := s.do(c.line); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.line, got, c.want)
		}
	}
}
