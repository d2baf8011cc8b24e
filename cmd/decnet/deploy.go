package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decnet/client"
	"decnet/cmd/decnet/internal/fleetfile"
	"decnet/cmd/decnet/internal/show"
)

// deckyFlags are the flags that describe deckies, which a file does in their place.
var deckyFlags = []string{"name", "count", "archetype", "services", "distro", "os", "ip", "hostname"}

// deployFlags are the flags that say what to deploy.
type deployFlags struct {
	file, format                                     string
	name, archetype, distro, os, ip, hostname        string
	count                                            int
	services                                         []string
	deployment, driver, subnet, gateway, parent, key string
	interval                                         time.Duration
	revision                                         int
	replace, dryRun                                  bool
}

func (a *app) deployCommand() *cobra.Command {
	var (
		follow following
		flags  deployFlags
	)
	c := &cobra.Command{
		Use: "deploy", Short: "Deploy deckies, from flags or a file",
		Long: `Deploy deckies, described by flags or by a file. They come on top of those that are there; with --replace they are the whole fleet, and
deckies that are not named are torn down.

A YAML file (-f fleet.yaml):

  deployment: default           # may be left out, as may all but deckies and name
  mode: add                     # or replace
  mutateInterval: 2h            # of deckies with none of their own
  network:                      # of a new deployment
    driver: bridge              # loopback, bridge, macvlan or ipvlan
    subnet: 10.20.0.0/24
    gateway: 10.20.0.1
    # parent: eth0              # the host's interface, which macvlan and ipvlan need
  deckies:
    - name: shop                # shop-01, shop-02, shop-03
      count: 3
      archetype: web-server
    - name: db
      services: [mysql, ssh]
      distro: debian
      os: linux
      ip: 10.20.0.20
      hostname: db1
      settings: {mysql: {version: 8.0.36}}   # see: decnet services --settings
      mutateInterval: 30m

An INI file of the original DECNET (-f fleet.ini) works too: [general] with net, gw, interface and mutate_interval (minutes); a section a decky with
ip, services, archetype, nmap_os, mutate_interval and amount; and [name.service] with the settings of a service. Keys that nobody knows are errors, in both.`,
		Example: `  decnet deploy --name shop --count 3 --archetype web-server
  decnet deploy --name db --services mysql,ssh --ip 10.20.0.20
  decnet deploy -f fleet.yaml --dry-run
  decnet deploy -f fleet.yaml --replace --expected-revision 7
  decnet deploy -f original.ini --network bridge --wait`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := noneEmpty(c); err != nil {
				return err
			}
			fleet, err := a.fleet(c, &flags)
			if err != nil {
				return err
			}
			r, err := a.client.Deploy(c.Context(), fleet.Deploy)
			if err != nil {
				return inFile(fleet, err)
			}
			switch {
			case a.json:
				if err := show.JSON(a.out, r); err != nil {
					return err
				}
			case flags.dryRun:
				return a.showPlan(r)
			case len(r.Lifecycles) == 0:
				a.say("Nothing to do: the deckies are there as asked for.")
			case r.Replayed:
				a.say("Accepted earlier, with the same idempotency key.")
			}
			return a.follow(c, follow, r.Lifecycles)
		},
	}
	f := c.Flags()
	f.StringVarP(&flags.file, "file", "f", "", "a file that describes the fleet; - is standard input")
	f.StringVar(&flags.format, "format", "", "how the file is written: yaml or ini (default: by its name)")
	f.StringVarP(&flags.name, "name", "n", "", "the decky's name; with --count: NAME-01, NAME-02, …")
	f.IntVar(&flags.count, "count", 1, "how many")
	f.StringVarP(&flags.archetype, "archetype", "a", "", "a preset of services and OS (decnet archetypes)")
	f.StringSliceVarP(&flags.services, "services", "s", nil, "exactly these services (decnet services)")
	f.StringVar(&flags.distro, "distro", "", "the distribution it pretends to run")
	f.StringVar(&flags.os, "os", "", "how its network stack looks")
	f.StringVar(&flags.ip, "ip", "", "its address (default: the next free one)")
	f.StringVar(&flags.hostname, "hostname", "", "the host name shown to intruders")
	f.StringVarP(&flags.deployment, "deployment", "d", defaultDeployment, "the deployment to deploy to")
	f.StringVar(&flags.driver, "network", "", "kind of a new deployment's network: loopback, bridge, macvlan or ipvlan")
	completeWords(c, "network", "loopback", "bridge", "macvlan", "ipvlan")
	completeWords(c, "format", "yaml", "ini")
	f.StringVar(&flags.subnet, "subnet", "", "its addresses, such as 10.20.0.0/24")
	f.StringVar(&flags.gateway, "gateway", "", "its gateway")
	f.StringVar(&flags.parent, "parent", "", "the host's interface, for macvlan and ipvlan")
	f.DurationVar(&flags.interval, "interval", 0, "how often the deckies mutate by themselves, such as 2h")
	f.BoolVar(&flags.replace, "replace", false, "these are the whole fleet: tear down the rest")
	f.IntVar(&flags.revision, "expected-revision", 0, "refuse when the deployment has moved on from this revision; 0: it must be new")
	f.StringVar(&flags.key, "idempotency-key", "", "asking again with the same key starts nothing new")
	f.BoolVar(&flags.dryRun, "dry-run", false, "show the plan, change nothing")
	follow.flags(c)
	a.completeCatalog(c)
	return c
}

// fleet puts together what to deploy, from the file if there is one and the flags.
func (a *app) fleet(c *cobra.Command, flags *deployFlags) (*fleetfile.Fleet, error) {
	fleet := &fleetfile.Fleet{}
	if flags.file != "" {
		for _, name := range deckyFlags {
			if c.Flags().Changed(name) {
				return nil, usagef("--%s does not go with a file: the file describes the deckies", name)
			}
		}
		var err error
		if fleet, err = a.readFleet(flags.file, flags.format); err != nil {
			return nil, &usageError{err: err}
		}
	} else {
		if flags.name == "" {
			return nil, usagef("say what to deploy: --name NAME, or a file with -f FILE")
		}
		if flags.count < 1 {
			return nil, usagef("--count is at least 1, not %d", flags.count)
		}
		fleet.Deploy.Deckies = []client.DeckySpec{{
			Name: flags.name, Count: flags.count, Archetype: client.Optional(flags.archetype), Services: flags.services, Distro: client.Optional(flags.distro),
			Os: client.Optional(flags.os), Ip: client.Optional(flags.ip), Hostname: client.Optional(flags.hostname),
		}}
	}
	return fleet, flags.settle(c, &fleet.Deploy)
}

func (a *app) readFleet(path, format string) (*fleetfile.Fleet, error) {
	var content []byte
	var err error
	if path == "-" {
		path = "standard input"
		content, err = io.ReadAll(a.in)
	} else {
		content, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the fleet: %w", err)
	}
	kind := fleetfile.Format(strings.ToLower(format))
	if kind == "" {
		if kind, err = fleetfile.FormatOf(path); err != nil {
			return nil, err
		}
	}
	return fleetfile.Parse(path, content, kind)
}

// settle adds the flags that go with a file too; a flag that is given wins over the file.
func (flags *deployFlags) settle(c *cobra.Command, in *client.DeployInput) error {
	changed := c.Flags().Changed
	if changed("deployment") || in.Deployment == "" {
		in.Deployment = flags.deployment
	}
	if flags.replace {
		in.Mode = client.DeployModeReplace
	}
	if changed("interval") {
		in.MutateInterval = &flags.interval
	}
	if changed("expected-revision") {
		in.ExpectedRevision = &flags.revision
	}
	in.IdempotencyKey = client.Optional(flags.key)
	in.DryRun = flags.dryRun

	network := client.NetworkInput{}
	if in.Network != nil {
		network = *in.Network
	}
	for name, set := range map[string]func(){
		"network": func() { network.Driver = client.NetworkDriver(strings.ToUpper(flags.driver)) },
		"subnet":  func() { network.Subnet = client.Optional(flags.subnet) },
		"gateway": func() { network.Gateway = client.Optional(flags.gateway) },
		"parent":  func() { network.Parent = client.Optional(flags.parent) },
	} {
		if changed(name) {
			set()
		}
	}
	if network == (client.NetworkInput{}) {
		return nil
	}
	onThisHost := network.Driver == client.NetworkDriverBridge || network.Driver == client.NetworkDriverLoopback
	if onThisHost && changed("network") && !changed("parent") {
		network.Parent = nil // a file of the original names an interface, which the network that is asked for in its place does not have
	}
	if network.Driver == "" && network.Parent != nil {
		network.Driver = client.NetworkDriverMacvlan // a parent means an address of its own on the LAN
	}
	switch network.Driver {
	case client.NetworkDriverLoopback, client.NetworkDriverBridge, client.NetworkDriverMacvlan, client.NetworkDriverIpvlan:
	case "":
		return usagef("say what kind of network it is: --network loopback, bridge, macvlan or ipvlan")
	default:
		return usagef("a network is loopback, bridge, macvlan or ipvlan, not %q", strings.ToLower(string(network.Driver)))
	}
	in.Network = &network
	return nil
}

// inFile says where in the file the decky stands that the server refuses.
func inFile(fleet *fleetfile.Fleet, err error) error {
	e := &client.Error{}
	ok := errors.As(err, &e)
	if !ok {
		return err
	}
	rest, ok := strings.CutPrefix(e.Argument, "input.deckies[")
	if !ok {
		return err
	}
	index, _, _ := strings.Cut(rest, "]")
	n, convErr := strconv.Atoi(index)
	if where := fleet.Where(n); convErr == nil && where != "" {
		return fmt.Errorf("%s: %w", where, err)
	}
	return err
}

// showPlan prints what a dry run answered.
func (a *app) showPlan(r *client.DeployResult) error {
	t := show.NewTable(a.color, "NAME", "IP", "MAC", "HOSTNAME", "OS", "DISTRO", "SERVICES")
	for _, d := range r.Planned {
		mac := value(d.Mac)
		if mac == "" {
			mac = "-"
		}
		t.Row(d.Name, d.Ip, mac, d.Hostname, d.Os, d.Distro, strings.Join(d.Services, ","))
	}
	if err := t.Write(a.out); err != nil {
		return err
	}
	n := r.Deployment.Network
	a.say("\nDeployment %s on %s %s.", show.Safe(r.Deployment.Name), strings.ToLower(string(n.Driver)), n.Subnet)
	if len(r.Removed) > 0 {
		a.say("Torn down: %s.", show.Safe(strings.Join(r.Removed, ", ")))
	}
	a.say("A dry run: nothing was changed.")
	return nil
}
