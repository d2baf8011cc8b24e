// Command gen makes the Ent code and schema/ent.graphqls from ent/schema. It is a plain package, not an ignored file, so
// that `go mod tidy` sees what it needs; it must not import ent, which may not compile when it runs.
package main

import (
	"fmt"
	"log"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"github.com/vektah/gqlparser/v2/ast"
)

func main() {
	gql, err := entgql.NewExtension(
		entgql.WithSchemaGenerator(),
		entgql.WithSchemaPath("../schema/ent.graphqls"),
		entgql.WithConfigPath("../gqlgen.yml"),
		entgql.WithWhereInputs(true),
		entgql.WithRelaySpec(true),
		entgql.WithSchemaHook(document),
	)
	if err != nil {
		log.Fatal("set up entgql: ", err)
	}
	cfg := &gen.Config{
		Target:  ".",
		Package: "decnet/ent",
		Features: []gen.Feature{
			gen.FeatureUpsert, gen.FeatureExecQuery, gen.FeatureVersionedMigration, gen.FeatureIntercept, gen.FeatureModifier,
		},
	}
	if err := entc.Generate("./schema", cfg, entc.Extensions(gql)); err != nil {
		log.Fatal("generate ent: ", err)
	}
}

// enums says what Ent has no place for: what an enum's values mean.
var enums = map[string]map[string]string{
	"DeckyState": {
		"":         "How a decky stands.",
		"PENDING":  "It has not answered yet.",
		"RUNNING":  "It runs the wanted services.",
		"DEGRADED": "It runs, with other services than wanted: a change failed and the old ones go on.",
		"FAILED":   "It does not run.",
		"REMOVING": "It is being torn down.",
	},
	"InteractionOrigin": {
		"":         "Whose an interaction was.",
		"INTRUDER": "Anybody's of whom nothing else is known.",
		"CHECK":    "A realism check's (`checkDecky`).",
		"KNOWN":    "It came from a `KnownSource`.",
	},
	"LifecycleOperation": {
		"":         "What a lifecycle does.",
		"DEPLOY":   "Makes the decky exist.",
		"MUTATE":   "Changes its services.",
		"TEARDOWN": "Makes it not exist.",
		"REPAIR":   "Brings it back in step with what is wanted.",
	},
	"LifecycleStatus": {
		"":           "Where a lifecycle stands. SUCCEEDED, FAILED, CANCELED and SUPERSEDED are terminal: nothing changes after them.",
		"PENDING":    "Accepted, waiting for a runner.",
		"RUNNING":    "A runner works on it.",
		"SUCCEEDED":  "Done, and each service was seen to answer.",
		"FAILED":     "Given up; `error` says why. The decky keeps the services that it had.",
		"CANCELED":   "Ended by `cancelLifecycle`.",
		"SUPERSEDED": "A newer operation took its place before it began.",
	},
	"LifecycleTrigger": {
		"":           "What made a lifecycle.",
		"OPERATOR":   "Somebody asked for it.",
		"SCHEDULE":   "A mutation interval came due.",
		"RECONCILER": "The decky was found out of step.",
	},
}

// types says what each object type is.
var types = map[string]string{
	"Deployment":  "A named desired fleet on one network.",
	"Decky":       "One decoy host: a name, an address, a MAC, a host name, an OS personality and a set of services.",
	"Lifecycle":   "One accepted operation on one decky, and its record.",
	"AuditEntry":  "One thing that somebody asked for, and what came of it. Nothing changes it, and nothing deletes it.",
	"Session":     "One conversation of an intruder with a service of a decky: a connection, or for UDP what one port of its sends without a pause of a minute. Counts go on from its first interaction, also when that has been pruned.",
	"Credential":  "One name and secret that intruders have tried on a service: one entry, however often and on how many deckies it was tried.",
	"Attacker":    "An address from which deckies were touched. It may be forged where the service is UDP, and shared by many behind one router.",
	"KnownSource": "An address or a network from which deckies are touched and no alarm is due: a vulnerability scanner's, a monitor's, one's own. What comes from there is kept, as `KNOWN`.",
	"Touch":       "One service of one decky that an attacker has touched.",
	"Interaction": "One thing an intruder did to a decky, as the decoy recorded it. Any text in it may be an attacker's: show it as text, never as markup.",
}

// document adds what Ent leaves out: the enums' meanings, and the role that node and nodes need.
func document(_ *gen.Graph, s *ast.Schema) error {
	s.Types["Query"].Description = "Reads. Lists are Relay connections: `first` is at most 200 (50 when absent), `after` takes a `pageInfo.endCursor`."
	for name, text := range types {
		s.Types[name].Description = text
	}
	for name, values := range enums {
		def := s.Types[name]
		if def == nil {
			return fmt.Errorf("there is no enum %s to document", name)
		}
		def.Description = values[""]
		for _, v := range def.EnumValues {
			v.Description = values[v.Name]
		}
	}
	for _, f := range s.Types["Query"].Fields {
		f.Directives = append(f.Directives, &ast.Directive{
			Name:      "hasRole",
			Arguments: ast.ArgumentList{{Name: "role", Value: &ast.Value{Raw: "VIEWER", Kind: ast.EnumValue}}},
		})
	}
	delete(s.Types, "Time") // schema.graphqls declares it; entgql adds it on every other run
	return nil
}
