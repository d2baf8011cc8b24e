// Package decoy is the runtime of one decky: it opens and closes the services that the fleet wants, carries intruders' conversations to
// them, and records what they do.
//
// It stands on five promises.
//
//   - A change touches only what it names. [Runtime.Apply] opens the new services' ports and connects to each before it closes an old one; on
//     any error the old set goes on as if nothing had been asked. A port that an old and a new service share passes from one to the other without
//     closing, and whoever talks to a service that stays notices nothing.
//   - Evidence is whole and numbered. Every event becomes one line of package event, with a number that has no gap within a run of the decoy.
//     What had to be dropped (a reader that is too slow, a source that floods) is counted, and the count is an event itself.
//   - Whoever talks to a decoy is an attacker. Connections, time, bytes and events are bounded for all and for each source ([Limits]), a panic costs one
//     session, and a writer that blocks holds up nobody.
//   - Nobody is attacked through a decoy. Datagrams, whose source may be forged, are answered at a bounded rate and with a bounded number of bytes for each source, and by each service
//     with little more than the question had, unless the source shows that it is there.
//   - A decky is somebody. All that makes it unlike others is drawn from its secret seed by [Host], so that it is the same after every restart, in every
//     service.
//
// The protocols are packages of their own under decoy/services: each registers a [Factory] under its catalog slug, and implements [Streamer], [PacketAnswerer] or
// both. Package services/all has them all; cmd/decoy makes the binary of it. To test one, run a decky with package decoytest and talk to it with a real client.
//
// # Self-checks
//
// A connection whose two ends have one address comes from the decky itself: the runtime checking a port, or an engine that does. It is
// served like any other, and nothing of it is recorded.
//
// # Events
//
// The runtime records connect and disconnect (with duration_ms, bytes_in, bytes_out), repeated, service_panic, and as service "decoy" the summaries events_dropped,
// events_suppressed and connections_refused, each with a count. Of a flood, what matters (credentials, downloads, changes, programs), the first events of each kind and the last of
// each session are recorded nevertheless, these last with the time at which they happened. Services record auth_attempt by [Session.Attempt], and what else they know of. The shell behind ssh and telnet
// records command, download (url), outbound (target), file_written (path, size, content), execute (path, sha256), password_change and package_install; and as terminal
// (part, cast) what it shows, whose parts are, one after the other, an asciicast.
//
// What comes in datagrams from one port of a source to one service is one session, until nothing has come for a minute, for an hour at most; a connection of QUIC is one as that of TCP is. Of each
// kind of event in it the first ten are recorded, and credentials and what is changed always; what the others come to is a repeated (kind, the command, count, and what the first and the last were about)
// when the session ends, or goes on for long. A disconnect then bears the time of the last datagram. Which sessions there are is in memory alone, and bounded: a decoy that starts again begins new ones.
//
// The decoys of APIs over HTTP record request (method, path, headers, body, status), and of a long body the further pieces as body_part (body_sha256, offset, content); those of
// databases write (what changes data); docker_api container_create, container_start, container_exec and image_pull; k8s k8s_change; vnc keys, clicks and clipboard. What
// a protocol doesn't know is a protocol_error.
//
// dns records query, zone_transfer, version_query, amp_probe (what wants a long answer on UDP), multi_question and dns_update or another operation; and once a minute of a source what its questions
// come to: recon_burst (many names of its zones), flood_suspect and tunneling_suspect (names below a domain that carry data). llmnr query and unasked_answer (records), by which poisoners of names betray themselves; smb netbios_query (name, qtype) beside what is done with files; snmp each request
// (operation, oids), as snmp_set what is set, and once for each session its community; mqtt mqtt_connect, subscribe and publish; kerberos as_request and tgs_request (user, target, etypes, and code where it is refused) and password_change_request; msrpc and the pipes of smb rpc_bind and rpc (name, number); ldap bind, search, compare, write and extended; sip each request and call (number); tftp
// each request and file_read.
//
// A file that is uploaded, by SFTP, SCP, SMB or into a container, is a file_written (path, size, sha256, content) with its beginning, and a file_part (sha256, offset, content) for each
// further piece of its first 64 KiB.
package decoy
