package ldap

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
	"time"
)

// subschema is what OpenLDAP with the schemas of Debian's package publishes as cn=Subschema, a value a line.
//
//go:embed subschema.txt
var subschema string

// schema is what is to be known of it.
type schema struct {
	values  []attribute
	known   map[string]bool     // names of attributes, in lower case
	parents map[string][]string // of classes, in lower case
}

// schemaOf reads it once for all.
var schemaOf = sync.OnceValue(func() *schema {
	names, superior := regexp.MustCompile(`NAME (?:'([^']+)'|\( ([^)]*) \))`), regexp.MustCompile(` SUP (?:\( ([^)]*) \)|(\S+))`)
	s := &schema{known: map[string]bool{}, parents: map[string][]string{}}
	for line := range strings.Lines(subschema) {
		kind, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if len(s.values) == 0 || s.values[len(s.values)-1].name != kind {
			s.values = append(s.values, attribute{name: kind, operational: true})
		}
		last := &s.values[len(s.values)-1]
		last.values = append(last.values, value)
		m := names.FindStringSubmatch(value)
		if m == nil {
			continue
		}
		for name := range strings.FieldsSeq(strings.ReplaceAll(m[1]+" "+m[2], "'", "")) {
			name = strings.ToLower(name)
			switch kind {
			case "attributeTypes":
				s.known[name] = true
			case "objectClasses":
				if up := superior.FindStringSubmatch(value); up != nil {
					s.parents[name] = strings.Fields(strings.ToLower(strings.ReplaceAll(up[1]+up[2], "$", " ")))
				}
			}
		}
	}
	return s
})

// inherited are the classes and all that they are kinds of, in lower case.
func inherited(classes []string) (all []string) {
	for _, class := range classes {
		class = strings.ToLower(class)
		all = append(all, class)
		all = append(all, inherited(schemaOf().parents[class])...)
	}
	return all
}

// subentry is the entry of the schema.
func subentry(installed time.Time) *entry {
	stamp := installed.Format("20060102150405Z")
	e := (&entry{dn: "cn=Subschema", key: "cn=subschema"}).add("objectClass", "top", "subentry", "subschema", "extensibleObject").add("cn", "Subschema").
		operational("structuralObjectClass", "subentry").operational("createTimestamp", stamp).operational("modifyTimestamp", stamp)
	e.attributes = append(e.attributes, schemaOf().values...)
	return e.operational("entryDN", "cn=Subschema").operational("subschemaSubentry", "cn=Subschema")
}
