package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// port is what nmap finds out about one.
type port struct {
	number  string // with the protocol
	named   string // service, product, version and what else it says
	names   string // of the scripts that had an answer
	scripts string // what they print
}

// scanned is the part of nmap's XML that is read.
type scanned struct {
	Ports []struct {
		State struct {
			State string `xml:"state,attr"`
		} `xml:"state"`
		Service struct {
			Name    string `xml:"name,attr"`
			Product string `xml:"product,attr"`
			Version string `xml:"version,attr"`
			Extra   string `xml:"extrainfo,attr"`
			Tunnel  string `xml:"tunnel,attr"`
			Method  string `xml:"method,attr"`
		} `xml:"service"`
		Scripts []script `xml:"script"`
	} `xml:"host>ports>port"`
	Host []script `xml:"host>hostscript>script"`
}

type script struct {
	ID     string `xml:"id,attr"`
	Output string `xml:"output,attr"`
}

// clock is a time that a service tells, which is another one whenever the table is made.
var clock = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`)

// scan examines one port, by the scripts too where there are some.
func scan(ctx context.Context, address, proto string, number int, scripts string) (port, error) {
	args := []string{"-sV", "-Pn", "-n", "-oX", "-", "-p", strconv.Itoa(number)}
	if proto == "udp" {
		args = append(args, "-sU")
	}
	if scripts != "" {
		args = append(args, "--script", scripts)
	}
	raw, err := exec.CommandContext(ctx, "nmap", append(args, address)...).Output()
	if err != nil {
		return port{}, fmt.Errorf("nmap: %w", err)
	}
	return read(raw)
}

// read takes nmap's answer about one port.
func read(raw []byte) (port, error) {
	var s scanned
	if err := xml.Unmarshal(raw, &s); err != nil || len(s.Ports) != 1 {
		return port{}, fmt.Errorf("nmap told of %d ports: %w", len(s.Ports), err)
	}
	found := s.Ports[0]
	service := found.Service.Name
	if found.Service.Tunnel != "" {
		service = found.Service.Tunnel + "/" + service
	}
	p := port{named: strings.Join(strings.Fields(strings.Join([]string{service, found.Service.Product, found.Service.Version}, " ")), " ")}
	if found.Service.Extra != "" {
		p.named += " (" + clock.ReplaceAllString(found.Service.Extra, "…") + ")"
	}
	if found.Service.Method == "table" {
		p.named += " (by its number: no pattern fits)"
	}
	if found.State.State != "open" {
		p.named += " [" + found.State.State + "]"
	}
	var names []string
	for _, script := range append(found.Scripts, s.Host...) {
		if script.ID == "fingerprint-strings" || strings.Contains(script.Output, "ERROR") {
			continue
		}
		names = append(names, script.ID)
		p.scripts += script.Output + "\n"
	}
	p.names = strings.Join(names, ", ")
	return p, nil
}
