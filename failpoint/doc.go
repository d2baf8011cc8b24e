// Package failpoint names the places where a crash would hurt most: around each commit, each engine call, each journal entry, each send.
// Tests kill the real server exactly there and look at what is left.
//
// A build without the tag "failpoints" holds none of it: [New] makes a value of no size and [Point.Hit] is an empty function that the compiler leaves out. With
// the tag, a server reads two environment variables:
//
//	DECNET_FAILPOINT=name@k       the process ends by SIGKILL when the point is reached for the k-th time
//	DECNET_FAILPOINT_TRACE=file   each point that is reached adds its name to the file, a line each
package failpoint
