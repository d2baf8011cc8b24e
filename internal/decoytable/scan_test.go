package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"decnet/catalog"
)

func TestEveryDecoyIsInTheTable(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range cases {
		covered[c.service] = true
		require.NoError(t, exec.Command("bash", "-n", "-c", c.login).Run(), "the login of %s is a command", c.service)
		require.NotEmpty(t, c.wants, c.service)
		require.NotEqual(t, c.login != "", c.loginless != "", "%s has a login, or a reason why not", c.service)
	}
	for _, s := range catalog.Default().Services() {
		require.Equal(t, s.Decoy, covered[s.Slug], s.Slug)
	}
}

func TestScannersAnswerIsRead(t *testing.T) {
	p, err := read([]byte(`<nmaprun><host><ports><port protocol="tcp" portid="636"><state state="open"/>
		<service name="ldap" product="OpenLDAP" version="2.4.X" extrainfo="TLS, 2026-11-27 05:36:43Z" tunnel="ssl"/>
		<script id="ldap-rootdse" output="namingContexts: dc=x"/><script id="broken" output="ERROR: no"/></port></ports></host></nmaprun>`))
	require.NoError(t, err)
	require.Equal(t, port{named: "ssl/ldap OpenLDAP 2.4.X (TLS, …)", names: "ldap-rootdse", scripts: "namingContexts: dc=x\n"}, p)
	_, err = read([]byte(`<nmaprun></nmaprun>`))
	require.Error(t, err, "what tells of no port is no answer")

	var page strings.Builder
	write(&page, make([]result, len(cases)))
	require.Contains(t, page.String(), "| service | as | port |")
}
