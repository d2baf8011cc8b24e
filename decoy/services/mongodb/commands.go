package mongodb

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"decnet/decoy/event"
	"decnet/decoy/shell"
)

// call is one command.
type call struct {
	*client
	data     *space
	command  doc
	database string
}

type command struct {
	run      func(*call) doc
	stranger bool // also before the login
	secret   bool // its arguments are credentials
	waits    bool // for changes of the topology, when it is asked to
}

var commands map[string]command

func init() {
	ok := func(*call) doc { return done() }
	commands = map[string]command{
		"hello": {hello, true, false, true}, "isMaster": {hello, true, false, true}, "ismaster": {hello, true, false, true},
		"buildInfo": {buildInfo, true, false, false}, "buildinfo": {buildInfo, true, false, false}, "ping": {ok, true, false, false}, "whatsmyuri": {whatsMyURI, true, false, false},
		"saslStart": {saslStart, true, true, false}, "saslContinue": {saslContinue, true, true, false}, "authenticate": {authenticate, true, true, false}, "getnonce": {getNonce, true, false, false},
		"logout": {ok, true, false, false}, "endSessions": {ok, true, false, false}, "connectionStatus": {connectionStatus, true, false, false},
		"listDatabases": {run: listDatabases}, "listCollections": {run: listCollections}, "listIndexes": {run: listIndexes}, "find": {run: find}, "aggregate": {run: aggregate}, "count": {run: count},
		"distinct": {run: distinct}, "getMore": {run: getMore}, "killCursors": {run: ok}, "insert": {run: insert}, "update": {run: update}, "delete": {run: remove}, "findAndModify": {run: findAndModify},
		"findandmodify": {run: findAndModify}, "drop": {run: drop}, "dropDatabase": {run: dropDatabase}, "create": {run: create}, "createIndexes": {run: createIndexes}, "dropIndexes": {run: ok}, "renameCollection": {run: ok},
		"dbStats": {run: dbStats}, "dbstats": {run: dbStats}, "collStats": {run: collStats}, "collstats": {run: collStats}, "serverStatus": {run: serverStatus}, "hostInfo": {run: hostInfo},
		"getLog": {run: getLog}, "getCmdLineOpts": {run: getCmdLineOpts}, "getParameter": {run: getParameter}, "replSetGetStatus": {run: notReplicated}, "replSetGetConfig": {run: notReplicated},
		"usersInfo": {run: usersInfo}, "rolesInfo": {run: func(*call) doc { return done(element{"roles", array{}}) }}, "createUser": {run: ok}, "updateUser": {run: ok}, "dropUser": {run: ok}, "grantRolesToUser": {run: ok},
		"getLastError": {run: func(*call) doc { return done(element{"n", 0}, element{"err", nil}) }}, "getlasterror": {run: func(*call) doc { return done(element{"n", 0}, element{"err", nil}) }},
		"getFreeMonitoringStatus": {run: func(*call) doc { return done(element{"state", "undecided"}) }}, "currentOp": {run: func(*call) doc { return done(element{"inprog", array{}}) }},
		"startSession": {run: ok}, "refreshSessions": {run: ok}, "abortTransaction": {run: ok}, "commitTransaction": {run: ok}, "fsync": {run: ok}, "setParameter": {run: ok},
		"shutdown": {run: func(*call) doc {
			return failure(13, "Unauthorized", "shutdown must run from localhost when running db without auth")
		}},
	}
}

// done is an answer that ends well.
func done(with ...element) doc { return append(doc(with), element{"ok", 1.0}) }

func (c *call) namespace() string { return c.database + "." + c.target() }

// target is the collection that the command names.
func (c *call) target() string {
	name, _ := c.command[0].value.(string)
	return name
}

func hello(c *call) doc {
	primary := "ismaster"
	if c.command[0].name == "hello" {
		primary = "isWritablePrimary"
	}
	var out doc
	if yes, _ := c.command.get("helloOk").(bool); yes {
		out = append(out, element{"helloOk", true})
	}
	out = append(out, element{primary, true})
	if c.version.wire >= 9 {
		out = append(out, element{"topologyVersion", doc{{"processId", c.process}, {"counter", int64(0)}}})
	}
	out = append(out, element{"maxBsonObjectSize", int32(16777216)}, element{"maxMessageSizeBytes", int32(48000000)}, element{"maxWriteBatchSize", int32(100000)}, element{"localTime", c.host.Now()},
		element{"logicalSessionTimeoutMinutes", int32(30)}, element{"connectionId", c.number}, element{"minWireVersion", int32(0)}, element{"maxWireVersion", int32(c.version.wire)}, element{"readOnly", false})
	if asked := c.command.text("saslSupportedMechs"); asked != "" {
		out = append(out, element{"saslSupportedMechs", array{"SCRAM-SHA-1", "SCRAM-SHA-256"}})
	}
	return append(out, element{"ok", 1.0})
}

func buildInfo(c *call) doc {
	v := c.version
	var major, minor, patch int32
	fmt.Sscanf(v.number, "%d.%d.%d", &major, &minor, &patch)
	return done(
		element{"version", v.number}, element{"gitVersion", v.git}, element{"modules", array{}}, element{"allocator", "tcmalloc"}, element{"javascriptEngine", "mozjs"}, element{"sysInfo", "deprecated"},
		element{"versionArray", array{major, minor, patch, int32(0)}}, element{"openssl", doc{{"running", v.openssl}, {"compiled", v.openssl}}},
		element{"buildEnvironment", doc{{"distmod", "ubuntu2004"}, {"distarch", "x86_64"}, {"target_arch", "x86_64"}, {"target_os", "linux"}}}, element{"bits", int32(64)}, element{"debug", false},
		element{"maxBsonObjectSize", int32(16777216)}, element{"storageEngines", array{"biggie", "devnull", "ephemeralForTest", "wiredTiger"}})
}

func whatsMyURI(c *call) doc { return done(element{"you", c.s.Peer().String()}) }

func connectionStatus(c *call) doc {
	users := array{}
	if c.user != "" {
		users = array{doc{{"user", c.user}, {"db", "admin"}}}
	}
	return done(element{"authInfo", doc{{"authenticatedUsers", users}, {"authenticatedUserRoles", array{}}}})
}

func listDatabases(c *call) doc {
	names, sizes := c.data.databases()
	all, total := array{}, 0
	for _, name := range names {
		d := doc{{"name", name}}
		if only, _ := c.command.get("nameOnly").(bool); !only {
			d = append(d, element{"sizeOnDisk", int64(sizes[name])}, element{"empty", false})
		}
		total += sizes[name]
		all = append(all, d)
	}
	if only, _ := c.command.get("nameOnly").(bool); only {
		return done(element{"databases", all})
	}
	return done(element{"databases", all}, element{"totalSize", int64(total)})
}

// cursor is an answer with all documents in one batch.
func cursor(namespace string, docs array) doc {
	return done(element{"cursor", doc{{"firstBatch", docs}, {"id", int64(0)}, {"ns", namespace}}})
}

func listCollections(c *call) doc {
	filter, _ := c.command.get("filter").(doc)
	out := array{}
	for _, x := range c.data.collections {
		if x.database != c.database {
			continue
		}
		d := doc{
			{"name", x.name}, {"type", "collection"}, {"options", doc{}}, {"info", doc{{"readOnly", false}, {"uuid", binaryOf{4, []byte(x.id)[:16]}}}},
			{"idIndex", doc{{"v", int32(2)}, {"key", doc{{"_id", int32(1)}}}, {"name", "_id_"}}},
		}
		if matches(d, filter) {
			out = append(out, d)
		}
	}
	return cursor(c.database+".$cmd.listCollections", out)
}

func listIndexes(c *call) doc {
	if c.data.find(c.database, c.target()) == nil {
		return failure(26, "NamespaceNotFound", "ns does not exist: "+c.namespace())
	}
	return cursor(c.namespace(), array{doc{{"v", int32(2)}, {"key", doc{{"_id", int32(1)}}}, {"name", "_id_"}}})
}

// found returns the collection's documents that fulfil a filter.
func (c *call) found(filter doc) []doc {
	x := c.data.find(c.database, c.target())
	if x == nil {
		return nil
	}
	var out []doc
	for _, d := range x.documents {
		if matches(d, filter) {
			out = append(out, d)
		}
	}
	return out
}

// batch takes a part of the documents, as an array.
func batch(docs []doc, skip, limit int64) array {
	n := int64(len(docs))
	docs = docs[min(max(0, skip), n):]
	if limit < 0 {
		limit = -limit
	}
	if limit > 0 {
		docs = docs[:min(limit, int64(len(docs)))]
	}
	out := array{}
	for _, d := range docs {
		out = append(out, d)
	}
	return out
}

func find(c *call) doc {
	filter, _ := c.command.get("filter").(doc)
	skip, _ := c.command.number("skip")
	limit, _ := c.command.number("limit")
	return cursor(c.namespace(), batch(c.found(filter), skip, limit))
}

// aggregate knows the stages that clients use to count and to look; others change nothing.
func aggregate(c *call) doc {
	stages, _ := c.command.get("pipeline").(array)
	docs := c.found(nil)
	for _, s := range stages {
		stage, _ := s.(doc)
		if len(stage) == 0 {
			continue
		}
		switch stage[0].name {
		case "$match":
			filter, _ := stage[0].value.(doc)
			docs = slices.DeleteFunc(slices.Clone(docs), func(d doc) bool { return !matches(d, filter) })
		case "$limit":
			n, _ := stage.number("$limit")
			docs = docs[:min(max(0, n), int64(len(docs)))]
		case "$skip":
			n, _ := stage.number("$skip")
			docs = docs[min(max(0, n), int64(len(docs))):]
		case "$group", "$count", "$collStats":
			if len(docs) > 0 {
				docs = []doc{{{"_id", int32(1)}, {"n", int32(len(docs))}, {"count", int32(len(docs))}}}
			}
		}
	}
	return cursor(c.namespace(), batch(docs, 0, 0))
}

func count(c *call) doc {
	filter, _ := c.command.get("query").(doc)
	return done(element{"n", int32(len(c.found(filter)))})
}

func distinct(c *call) doc {
	filter, _ := c.command.get("query").(doc)
	values, seen := array{}, map[string]bool{}
	for _, d := range c.found(filter) {
		v := d.get(c.command.text("key"))
		if text := shown(v, 256); v != nil && !seen[text] {
			seen[text] = true
			values = append(values, v)
		}
	}
	return done(element{"values", values})
}

func getMore(c *call) doc {
	id, _ := c.command.number("getMore")
	return failure(43, "CursorNotFound", fmt.Sprintf("cursor id %d not found", id))
}

// note records what changes data.
func (c *call) note() {
	c.s.Event("write", event.String("method", c.command[0].name), event.String("collection", c.namespace()), event.String("content", shown(c.command, maxShown)))
}

func insert(c *call) doc {
	c.note()
	docs, _ := c.command.get("documents").(array)
	x := c.data.open(c.database, c.target())
	for _, v := range docs {
		d, _ := v.(doc)
		if d.get("_id") == nil {
			var id objectID
			rand.Read(id[:])
			d = append(doc{{"_id", id}}, d...)
		}
		if x != nil && len(x.documents) < x.room() && len(appendDoc(nil, d)) <= maxDocument {
			x.documents = append(x.documents, d)
		}
	}
	return done(element{"n", int32(len(docs))})
}

func update(c *call) doc {
	c.note()
	n := 0
	updates, _ := c.command.get("updates").(array)
	for _, v := range updates {
		one, _ := v.(doc)
		filter, _ := one.get("q").(doc)
		n += len(c.found(filter))
	}
	return done(element{"n", int32(n)}, element{"nModified", int32(n)})
}

func remove(c *call) doc {
	c.note()
	n := 0
	deletes, _ := c.command.get("deletes").(array)
	x := c.data.find(c.database, c.target())
	for _, v := range deletes {
		one, _ := v.(doc)
		filter, _ := one.get("q").(doc)
		limit, _ := one.number("limit")
		if x == nil {
			continue
		}
		gone := 0
		x.documents = slices.DeleteFunc(slices.Clone(x.documents), func(d doc) bool {
			if limit > 0 && gone == int(limit) || !matches(d, filter) {
				return false
			}
			gone++
			return true
		})
		n += gone
	}
	return done(element{"n", int32(n)})
}

func findAndModify(c *call) doc {
	c.note()
	filter, _ := c.command.get("query").(doc)
	var value any
	if docs := c.found(filter); len(docs) > 0 {
		value = docs[0]
	}
	return done(element{"lastErrorObject", doc{{"n", int32(0)}, {"updatedExisting", false}}}, element{"value", value})
}

func drop(c *call) doc {
	c.note()
	if c.data.drop(func(x *collection) bool { return x.database == c.database && x.name == c.target() }) == 0 {
		return failure(26, "NamespaceNotFound", "ns not found")
	}
	return done(element{"nIndexesWas", int32(1)}, element{"ns", c.namespace()})
}

func dropDatabase(c *call) doc {
	c.note()
	if c.data.drop(func(x *collection) bool { return x.database == c.database }) == 0 {
		return done()
	}
	return done(element{"dropped", c.database})
}

func create(c *call) doc {
	c.note()
	if c.data.find(c.database, c.target()) != nil {
		return failure(48, "NamespaceExists", "Collection already exists. NS: "+c.namespace())
	}
	c.data.open(c.database, c.target())
	return done()
}

func createIndexes(c *call) doc {
	c.note()
	return done(element{"createdCollectionAutomatically", false}, element{"numIndexesBefore", int32(1)}, element{"numIndexesAfter", int32(2)})
}

func dbStats(c *call) doc {
	collections, objects, size := 0, 0, 0
	for _, x := range c.data.collections {
		if x.database == c.database {
			collections++
			objects += len(x.documents)
			size += x.size()
		}
	}
	return done(element{"db", c.database}, element{"collections", int32(collections)}, element{"views", int32(0)}, element{"objects", int32(objects)}, element{"avgObjSize", float64(size) / float64(max(1, objects))},
		element{"dataSize", float64(size)}, element{"storageSize", float64(20480 * collections)}, element{"indexes", int32(collections)}, element{"indexSize", float64(20480 * collections)}, element{"scaleFactor", 1.0})
}

func collStats(c *call) doc {
	x := c.data.find(c.database, c.target())
	if x == nil {
		x = &collection{}
	}
	return done(element{"ns", c.namespace()}, element{"size", int32(x.size())}, element{"count", int32(len(x.documents))}, element{"storageSize", int32(20480)}, element{"capped", false}, element{"nindexes", int32(1)}, element{"totalIndexSize", int32(20480)})
}

func serverStatus(c *call) doc {
	up := c.host.Now().Sub(c.since)
	return done(
		element{"host", c.host.Hostname}, element{"version", c.version.number}, element{"process", "mongod"}, element{"pid", int64(400 + c.host.Rand("mongodb-pid").IntN(900))}, element{"uptime", float64(int64(up / time.Second))},
		element{"uptimeMillis", up.Milliseconds()}, element{"uptimeEstimate", int64(up / time.Second)}, element{"localTime", c.host.Now()},
		element{"connections", doc{{"current", int32(3)}, {"available", int32(51197)}, {"totalCreated", c.number}, {"active", int32(1)}}}, element{"storageEngine", doc{{"name", "wiredTiger"}, {"supportsCommittedReads", true}, {"persistent", true}}},
		element{"mem", doc{{"bits", int32(64)}, {"resident", int32(96)}, {"virtual", int32(1530)}, {"supported", true}}})
}

func hostInfo(c *call) doc {
	s := shell.SystemOf(c.host)
	return done(
		element{"system", doc{{"currentTime", c.host.Now()}, {"hostname", c.host.Hostname}, {"cpuAddrSize", int32(64)}, {"memSizeMB", int64(s.MemoryKB >> 10)}, {"numCores", int32(s.CPUs)}, {"cpuArch", "x86_64"}, {"numaEnabled", false}}},
		element{"os", doc{{"type", "Linux"}, {"name", s.Pretty}, {"version", "Kernel " + s.Kernel}}}, element{"extra", doc{{"kernelVersion", s.Kernel}, {"cpuString", s.CPU}}})
}

func getLog(c *call) doc {
	switch c.target() {
	case "*":
		return done(element{"names", array{"global", "startupWarnings"}})
	case "startupWarnings":
		lines := array{}
		if !c.auth {
			lines = append(lines, fmt.Sprintf(`{"t":{"$date":"%s"},"s":"W",  "c":"CONTROL",  "id":22120,   "ctx":"initandlisten","msg":"Access control is not enabled for the database. Read and write access to data and configuration is unrestricted","tags":["startupWarnings"]}`,
				c.since.Format("2006-01-02T15:04:05.000-07:00")))
		}
		return done(element{"totalLinesWritten", int32(len(lines))}, element{"log", lines})
	}
	return failure(96, "OperationFailed", "no RamLog named: "+c.target())
}

func getCmdLineOpts(c *call) doc {
	parsed := doc{{"config", "/etc/mongod.conf"}, {"net", doc{{"bindIp", "0.0.0.0"}, {"port", int32(27017)}}}}
	if c.auth {
		parsed = append(parsed, element{"security", doc{{"authorization", "enabled"}}})
	}
	parsed = append(parsed, element{"storage", doc{{"dbPath", "/var/lib/mongodb"}, {"journal", doc{{"enabled", true}}}}}, element{"systemLog", doc{{"destination", "file"}, {"logAppend", true}, {"path", "/var/log/mongodb/mongod.log"}}})
	return done(element{"argv", array{"/usr/bin/mongod", "--config", "/etc/mongod.conf"}}, element{"parsed", parsed})
}

func getParameter(c *call) doc {
	if yes := c.command.get("featureCompatibilityVersion"); yes != nil {
		major, _, _ := strings.Cut(c.version.number, ".")
		_, rest, _ := strings.Cut(c.version.number, ".")
		minor, _, _ := strings.Cut(rest, ".")
		return done(element{"featureCompatibilityVersion", doc{{"version", major + "." + minor}}})
	}
	return failure(72, "InvalidOptions", "no option found to get")
}

func notReplicated(*call) doc {
	return failure(76, "NoReplicationEnabled", "not running with --replSet")
}

func usersInfo(c *call) doc {
	users := array{}
	if c.auth {
		users = append(users, doc{{"_id", "admin.admin"}, {"user", "admin"}, {"db", "admin"}, {"roles", array{doc{{"role", "root"}, {"db", "admin"}}}}, {"mechanisms", array{"SCRAM-SHA-1", "SCRAM-SHA-256"}}})
	}
	return done(element{"users", users})
}
