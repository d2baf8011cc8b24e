package mssql

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"decnet/decoy"
	"decnet/decoy/services/internal/bait"
	"decnet/decoy/services/internal/windows"
)

// release is a build of SQL Server as it names itself.
type release struct {
	year   int
	level  string // such as RTM-CU18
	update string // the article of the update; "" is none
	major  byte
	build  uint16
	sub    uint16
	made   string
}

var (
	releases = []release{
		{2014, "SP3", "KB4022619", 12, 6024, 0, "Sep  7 2018 01:37:51"},
		{2016, "SP2", "KB4052908", 13, 5026, 0, "Mar 18 2018 09:11:49"},
		{2016, "SP3", "KB5003279", 13, 6300, 2, "Aug  7 2021 01:20:37"},
	}
	// Since 2017 it also runs on Linux.
	releasesEverywhere = []release{
		{2017, "RTM", "", 14, 1000, 169, "Aug 22 2017 17:04:49"},
		{2017, "RTM-CU31", "KB5016884", 14, 3456, 2, "Sep  2 2022 11:01:50"},
		{2019, "RTM", "", 15, 2000, 5, "Sep 24 2019 13:48:23"},
		{2019, "RTM-CU18", "KB5017593", 15, 4261, 1, "Sep 12 2022 15:07:06"},
		{2019, "RTM-CU22", "KB5027702", 15, 4322, 2, "Jul 27 2023 18:11:00"},
		{2022, "RTM", "", 16, 1000, 6, "Oct  8 2022 05:58:25"},
		{2022, "RTM-CU8", "KB5029666", 16, 4075, 1, "Aug 23 2023 14:04:50"},
		{2022, "RTM-CU13", "KB5036432", 16, 4125, 3, "May  1 2024 02:38:04"},
	}
	editions = []string{"Standard Edition (64-bit)", "Express Edition (64-bit)", "Developer Edition (64-bit)", "Enterprise Edition: Core-based Licensing (64-bit)"}
	systems  = map[string]string{
		"debian": "Linux (Debian GNU/Linux 12 (bookworm))", "ubuntu22": "Linux (Ubuntu 22.04.4 LTS)", "ubuntu20": "Linux (Ubuntu 20.04.6 LTS)", "rocky9": "Linux (Rocky Linux 9.4 (Blue Onyx))",
		"fedora": "Linux (Fedora Linux 40)", "centos7": "Linux (CentOS Linux 7 (Core))",
	}
)

// server is the decky's database server.
type server struct {
	release
	host    *decoy.Host
	machine *windows.Machine
	app     *bait.App
	edition string
	system  string // that it runs on
	shell   bool   // whether xp_cmdshell is on from the beginning
	memory  *semaphore.Weighted
}

func newServer(h *decoy.Host) *server {
	v := &server{host: h, machine: windows.MachineOf(h), app: bait.AppOf(h), memory: semaphore.NewWeighted(maxMemory), edition: decoy.Pick(h, "mssql-edition", editions...)}
	choices := releasesEverywhere
	v.system = systems[h.Distro]
	if v.machine.Real {
		// A server from 2014 isn't put on a system of 2022.
		switch {
		case v.machine.Major < 10: // nor one from 2019 on a system of 2013
			choices = slices.Concat(releases, releasesEverywhere[:2])
		case v.machine.Build < 20348:
			choices = slices.Concat(releases, releasesEverywhere)
		}
		v.system = fmt.Sprintf("%s %d.%d <X64> (Build %d: )", v.machine.Product, v.machine.Major, v.machine.Minor, v.machine.Build)
	} else if v.system == "" {
		v.system = systems["ubuntu20"]
	}
	if !v.machine.Real {
		v.system += " <X64>"
	}
	v.release = decoy.Pick(h, "mssql-version", choices...)
	if v.machine.Real && v.year == 2014 { // which has its own idea of what comes after Windows 8
		v.system = fmt.Sprintf("Windows NT 6.3 <X64> (Build %d: )", v.machine.Build)
	}
	v.shell = decoy.Pick(h, "mssql-shell", true, false, false)
	return v
}

// number is the version, as 15.0.4261.1.
func (v *server) number() string { return fmt.Sprintf("%d.0.%d.%d", v.major, v.build, v.sub) }

// banner is @@VERSION.
func (v *server) banner() string {
	update := ""
	if v.update != "" {
		update = " (" + v.update + ")"
	}
	system := v.system
	if v.machine.Real {
		system += " (Hypervisor)"
	}
	copyright := fmt.Sprintf("(C) %d", v.year)
	if v.year <= 2016 {
		copyright = "(c)"
	}
	return fmt.Sprintf("Microsoft SQL Server %d (%s)%s - %s (X64) \n\t%s \n\tCopyright %s Microsoft Corporation\n\t%s on %s\n",
		v.year, v.level, update, v.number(), v.made, copyright, v.edition, system)
}

// passwords are those with which the user is let in.
func (v *server) passwords(user string) []string {
	switch {
	case strings.EqualFold(user, "sa"):
		return bait.Passwords(v.host, "mssql", "sa")
	case strings.EqualFold(user, v.app.Name):
		return append(bait.Passwords(v.host, "mssql", v.app.Name), v.app.Secret)
	}
	return nil
}

// databases are those of the server, in the order of their numbers.
func (v *server) databases() []string {
	return []string{"master", "tempdb", "model", "msdb", v.app.Name}
}

// database returns a database's name as it is written here.
func (v *server) database(name string) (string, bool) {
	for _, d := range v.databases() {
		if strings.EqualFold(d, name) {
			return d, true
		}
	}
	return "", false
}

// collation is SQL_Latin1_General_CP1_CI_AS.
var collation = []byte{0x09, 0x04, 0xd0, 0x00, 0x34}
