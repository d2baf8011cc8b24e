package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	subprotocol  = "graphql-transport-ws"
	writeTimeout = 10 * time.Second
	// operationID names the one operation of a socket.
	operationID = "1"
)

// lost says that a connection ended for a reason that another one may not have.
type lost struct{ err error }

func (l *lost) Error() string { return l.err.Error() }
func (l *lost) Unwrap() error { return l.err }

// message is one message of the protocol, in either direction.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// socket is one connection with one operation on it.
type socket struct {
	conn  *websocket.Conn
	quiet time.Duration
	write sync.Mutex // gorilla allows one writer at a time
}

// subscribeOnce opens a socket, runs one subscription on it and gives each result's data to next. It returns nil after complete, *lost when it is
// worth coming back, and else what the server or next refused. opened tells whether the server took the socket.
func (c *Client) subscribeOnce(ctx context.Context, request any, next func(json.RawMessage) error) (opened bool, err error) {
	conn, answer, err := c.dialer.DialContext(ctx, "ws"+strings.TrimPrefix(c.url, "http"), c.header())
	if err != nil {
		return false, refusedUpgrade(answer, c.url, err)
	}
	s := &socket{conn: conn, quiet: c.quiet}
	defer conn.Close()
	// What blocks in a read learns of the end of ctx by the closed connection.
	defer context.AfterFunc(ctx, func() { s.goodbye(); conn.Close() })()
	conn.SetReadLimit(maxAnswer)
	conn.SetPingHandler(func(data string) error {
		s.alive()
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTimeout))
	})

	hello := map[string]string{}
	if c.token != "" {
		hello["Authorization"] = "Bearer " + c.token
	}
	if err := s.send("", "connection_init", hello); err != nil {
		return false, err
	}
	pinging := make(chan struct{})
	defer close(pinging)
	go s.ping(pinging)
	for {
		s.alive()
		var m message
		if err := conn.ReadJSON(&m); err != nil {
			return opened, readError(err)
		}
		switch m.Type {
		case "connection_ack":
			opened = true
			err = s.send(operationID, "subscribe", request)
		case "ping":
			err = s.send("", "pong", nil)
		case "pong":
		case "next":
			err = deliver(m.Payload, next)
		case "error":
			var list []wireError
			if err := json.Unmarshal(m.Payload, &list); err != nil || len(list) == 0 {
				return opened, &Error{Code: CodeProtocol, Message: "the server sent an error that can't be read", err: err}
			}
			return opened, joinErrors(list)
		case "complete":
			s.goodbye()
			return opened, nil
		default:
			err = &Error{Code: CodeProtocol, Message: fmt.Sprintf("the server sent a message of the unknown type %q", m.Type)}
		}
		if err != nil {
			s.goodbye()
			return opened, err
		}
	}
}

// deliver hands over the data of one result.
func deliver(payload json.RawMessage, next func(json.RawMessage) error) error {
	var r struct {
		Data   json.RawMessage `json:"data"`
		Errors []wireError     `json:"errors"`
	}
	if err := json.Unmarshal(payload, &r); err != nil {
		return &Error{Code: CodeProtocol, Message: "the server sent a result that can't be read", err: err}
	}
	if len(r.Errors) > 0 {
		return joinErrors(r.Errors)
	}
	return next(r.Data)
}

func (s *socket) send(id, kind string, payload any) error {
	m := message{ID: id, Type: kind}
	if payload != nil {
		var err error
		if m.Payload, err = json.Marshal(payload); err != nil {
			return fmt.Errorf("encode %s: %w", kind, err)
		}
	}
	s.write.Lock()
	defer s.write.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // it never fails
	if err := s.conn.WriteJSON(m); err != nil {
		return &lost{fmt.Errorf("send %s: %w", kind, err)}
	}
	return nil
}

// alive allows the server another stretch of silence.
func (s *socket) alive() { _ = s.conn.SetReadDeadline(time.Now().Add(s.quiet)) }

// ping asks for a sign of life often enough that a healthy server is never silent for too long.
func (s *socket) ping(stop <-chan struct{}) {
	tick := time.NewTicker(s.quiet / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if s.send("", "ping", nil) != nil {
				return // the reader hears of it too
			}
		case <-stop:
			return
		}
	}
}

// goodbye ends the connection in order, as far as it still listens.
func (s *socket) goodbye() {
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
}

// refusedUpgrade words why no socket came about.
func refusedUpgrade(answer *http.Response, url string, err error) error {
	if answer == nil {
		return &lost{fmt.Errorf("can't reach the server: %w", err)}
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return &Error{Code: CodeUnauthenticated, Message: "the server wants a sign-in"}
	case answer.StatusCode == http.StatusForbidden:
		return &Error{Code: CodeForbidden, Message: "the server refuses a WebSocket"}
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500:
		return &lost{fmt.Errorf("the server answers %s", answer.Status)}
	}
	if answer.StatusCode == http.StatusBadRequest || answer.StatusCode == http.StatusUpgradeRequired {
		return &Error{Code: CodeProtocol, Message: fmt.Sprintf("%s answers %s, and opens no WebSocket: a proxy in between has to pass Upgrade and Connection on", url, answer.Status)}
	}
	return notGraphQL(answer.StatusCode, url)
}

// readError tells the ends that another connection would meet again from those that it may not.
func readError(err error) error {
	closed, ok := errors.AsType[*websocket.CloseError](err)
	if !ok {
		return &lost{fmt.Errorf("the connection broke off: %w", err)}
	}
	switch closed.Code {
	case 4401, 4403:
		return &Error{Code: CodeUnauthenticated, Message: orElse(closed.Text, "the sign-in is over"), err: err}
	case 4400, 4406, 4409, 4429, websocket.CloseProtocolError, websocket.CloseUnsupportedData, websocket.CloseInvalidFramePayloadData,
		websocket.CloseMessageTooBig:
		return &Error{Code: CodeProtocol, Message: fmt.Sprintf("the server closed the connection: %d %s", closed.Code, closed.Text), err: err}
	}
	return &lost{fmt.Errorf("the server closed the connection: %d %s", closed.Code, closed.Text)}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
