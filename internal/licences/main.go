// Command licences holds the licences of all that the project is built on, from its SBOMs (CycloneDX), against a list of those that it may have.
//
//	go run ./internal/licences go.cdx.json web.cdx.json
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// component is one module or package of an SBOM.
type component struct {
	Group    string `json:"group"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Licenses []struct {
		License struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"license"`
		Expression string `json:"expression"`
	} `json:"licenses"`
}

func (c component) name() string {
	if c.Group == "" {
		return c.Name
	}
	return c.Group + "/" + c.Name
}

// licence is what a component is under: an SPDX expression, "" when nothing is known. Several are all to be kept to.
func (c component) licence() string {
	var all []string
	for _, l := range c.Licenses {
		one := cmp.Or(l.License.ID, l.Expression, l.License.Name)
		if len(c.Licenses) > 1 && strings.Contains(one, " OR ") {
			one = "(" + one + ")"
		}
		all = append(all, one)
	}
	return strings.Join(all, " AND ")
}

// judge returns the licence of a component, corrected where the detection is known to be wrong, and whether it is allowed.
func judge(c component) (licence string, ok bool) {
	licence = c.licence()
	for name, k := range corrections {
		if (name == c.name() || (strings.HasSuffix(name, "/") && strings.HasPrefix(c.name(), name))) && k.found == licence {
			licence = k.is
		}
	}
	return licence, permitted(licence)
}

// permitted judges an SPDX expression of names, AND and OR. One with more in it (WITH, an inner parenthesis) is for a person to judge.
func permitted(expression string) bool {
	if inner, ok := strings.CutPrefix(expression, "("); ok {
		expression = strings.TrimSuffix(inner, ")")
	}
	if strings.ContainsAny(expression, "()") {
		return false
	}
	for either := range strings.SplitSeq(expression, " OR ") {
		if !slices.ContainsFunc(strings.Split(either, " AND "), func(name string) bool { return !allowed[name] }) {
			return true
		}
	}
	return false
}

// check judges all components of an SBOM, and counts them by licence.
func check(sbom []byte, count map[string]int) (refused []string, err error) {
	var bom struct {
		BOMFormat  string      `json:"bomFormat"`
		Components []component `json:"components"`
	}
	if err := json.Unmarshal(sbom, &bom); err != nil {
		return nil, err
	}
	if bom.BOMFormat != "CycloneDX" || len(bom.Components) == 0 {
		return nil, fmt.Errorf("not an SBOM of CycloneDX with components in it")
	}
	for _, c := range bom.Components {
		licence, ok := judge(c)
		count[licence]++
		if !ok {
			refused = append(refused, fmt.Sprintf("%s %s: %s", c.name(), c.Version, cmp.Or(licence, "no licence found")))
		}
	}
	return refused, nil
}

func main() {
	count := map[string]int{}
	bad := len(os.Args) < 2
	for _, path := range os.Args[1:] {
		sbom, err := os.ReadFile(path)
		var refused []string
		if err == nil {
			refused, err = check(sbom, count)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			bad = true
		}
		for _, r := range refused {
			fmt.Fprintln(os.Stderr, "not on the list of licences:", r)
			bad = true
		}
	}
	licences := make([]string, 0, len(count))
	for l := range count {
		licences = append(licences, l)
	}
	slices.SortFunc(licences, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	for _, l := range licences {
		fmt.Printf("%5d %s\n", count[l], cmp.Or(l, "no licence found"))
	}
	if bad {
		os.Exit(1)
	}
}
