package tlswire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// maxSessions is how many sessions a server keeps; a new one takes the place of the oldest.
const maxSessions = 256

// Sessions are what a server knows of sessions that may be resumed: the key of its tickets, or the sessions.
type Sessions struct {
	name [16]byte // of the key
	key  cipher.AEAD

	mu   sync.Mutex
	kept map[[32]byte][]byte
	ring [][32]byte // their IDs, the oldest at next once there are as many as may be
	next int
}

// NewSessions returns those of a server that has just been started.
func NewSessions() *Sessions {
	s := &Sessions{kept: map[[32]byte][]byte{}}
	rand.Read(s.name[:])
	var key [32]byte
	rand.Read(key[:])
	s.key = must(cipher.NewGCM(must(aes.NewCipher(key[:]))))
	return s
}

// session is one that may be resumed.
type session struct {
	version, suite uint16
	began          time.Time
	secret         []byte
	extended       bool // its master secret
}

func (s *session) marshal() []byte {
	b := binary.BigEndian.AppendUint16(nil, s.version)
	b = binary.BigEndian.AppendUint16(b, s.suite)
	b = binary.BigEndian.AppendUint64(b, uint64(s.began.Unix()))
	extended := byte(0)
	if s.extended {
		extended = 1
	}
	return append(append(b, extended, byte(len(s.secret))), s.secret...)
}

func readSession(b []byte) *session {
	if len(b) < 14 || len(b) < 14+int(b[13]) {
		return nil
	}
	return &session{
		version: binary.BigEndian.Uint16(b), suite: binary.BigEndian.Uint16(b[2:]), began: time.Unix(int64(binary.BigEndian.Uint64(b[4:])), 0), extended: b[12] == 1,
		secret: b[14 : 14+int(b[13])],
	}
}

// ticket is the session as its client keeps it, in size bytes where they are enough: the key's name, a nonce and what only the server can read.
func (s *Sessions) ticket(of *session, size int) []byte {
	text := of.marshal()
	if spare := size - len(s.name) - s.key.NonceSize() - s.key.Overhead() - len(text); spare > 0 {
		text = append(text, make([]byte, spare)...)
	}
	nonce := make([]byte, s.key.NonceSize())
	rand.Read(nonce)
	out := append(append([]byte(nil), s.name[:]...), nonce...)
	return s.key.Seal(out, nonce, text, s.name[:])
}

// open reads a ticket; nil is one of somebody else's.
func (s *Sessions) open(ticket []byte) *session {
	head := len(s.name) + s.key.NonceSize()
	if len(ticket) < head || [16]byte(ticket) != s.name {
		return nil
	}
	text, err := s.key.Open(nil, ticket[len(s.name):head], ticket[head:], s.name[:])
	if err != nil {
		return nil
	}
	return readSession(text)
}

// keep keeps a session under its ID.
func (s *Sessions) keep(id [32]byte, of *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ring) < maxSessions {
		s.ring = append(s.ring, id)
	} else {
		delete(s.kept, s.ring[s.next])
		s.ring[s.next] = id
		s.next = (s.next + 1) % maxSessions
	}
	s.kept[id] = of.marshal()
}

// take returns the session of an ID.
func (s *Sessions) take(id []byte) *session {
	if len(id) != 32 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return readSession(s.kept[[32]byte(id)])
}
