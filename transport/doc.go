// Package transport puts GraphQL on the wire: it holds the gqlgen transports
// that decnet serves, and nothing that knows what is served.
//
//   - [WebSocket] speaks the graphql-transport-ws protocol on gorilla/websocket.
//   - [SSE] speaks the distinct connections mode of graphql-sse, with an id on
//     each event so that a stream can be resumed by Last-Event-ID.
//   - [HTTP] answers POST and GET as the GraphQL over HTTP specification says.
//
// gqlgen brings transports of its own. They are not used because its WebSocket
// never sends the close codes of the protocol, mixes two operations that share
// an id and sends complete after error, and because its HTTP answers carry
// `"data": null` where nothing was executed. The executor below them is
// gqlgen's, untouched.
//
// Add them to a gqlgen server in this order; the first that supports a request
// answers it, and [HTTP] supports whatever is left:
//
//	srv := handler.New(schema)
//	srv.AddTransport(webSocket)
//	srv.AddTransport(&transport.SSE{})
//	srv.AddTransport(&transport.HTTP{})
//
// # How a stream ends
//
// A subscription that came to its end sends complete. One that failed sends
// its errors: a resolver that finds, in the middle of a stream, that it can't
// go on calls [Fail] and closes its channel. One that the server cuts short,
// because it stops or because a token expired, sends neither, so that clients
// know to come back.
//
// At shutdown, call Shutdown of [WebSocket] and [SSE], and then that of the HTTP
// server, which knows nothing of the former's connections and would wait for
// the latter's streams.
//
// # Backpressure
//
// No transport queues responses. The next one is pulled from the resolver when
// the last one has been written to the socket, and each write has a deadline.
// A client that stops reading therefore holds up its own operations only, and
// only until the deadline.
package transport
