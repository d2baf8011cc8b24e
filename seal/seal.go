// Package seal keeps what is secret from whoever reads the database, or a backup of it: AES-256-GCM with a key that lives in a file of its own. The process has one
// key, which is taken up before the database is opened: what is sealed is opened where a row is read, and nothing else in the program has to know.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

const (
	prefix  = "sealed:1:" // and the key's name, and nonce and text in base64
	keySize = 32
)

// What a sealed text can't be opened for.
var (
	ErrNoKey      = errors.New("there is no key for what is sealed in the database")
	ErrAnotherKey = errors.New("it was sealed with another key: give the file of that one (--secret-key-file)")
)

// Key seals and opens.
type Key struct {
	aead cipher.AEAD
	name string
}

var current atomic.Pointer[Key]

// Use makes a key the process's.
func Use(k *Key) { current.Store(k) }

// NewKey takes the bytes of a key: 32 of them.
func NewKey(b []byte) (*Key, error) {
	if len(b) != keySize {
		return nil, fmt.Errorf("a key has %d bytes, and not %d", keySize, len(b))
	}
	block, err := aes.NewCipher(b)
	if err != nil {
		return nil, fmt.Errorf("take the key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("take the key: %w", err)
	}
	sum := sha256.Sum256(append([]byte("decnet key name "), b...))
	return &Key{aead: aead, name: hex.EncodeToString(sum[:4])}, nil
}

// File reads the key in a file, as hex. Where there is no file it makes one, for its owner alone; two servers that start at once take the same.
func File(path string) (*Key, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, err
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s is open to others (%o): chmod 600 it", path, info.Mode().Perm())
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("the key file %s has no key in hex: %w", path, err)
	}
	k, err := NewKey(b)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	return k, nil
}

// create writes a new key beside the path and links it there, so that nobody sees half of one, and nobody's is replaced.
func create(path string) error {
	b := make([]byte, keySize)
	_, _ = rand.Read(b)                                   // it never fails: crypto/rand
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // 0600
	if err != nil {
		return fmt.Errorf("write a new key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, hex.EncodeToString(b))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write a new key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write a new key: %w", err)
	}
	return nil
}

// Seal makes a text that only the process's key opens.
func Seal(text []byte) (string, error) {
	k := current.Load()
	if k == nil {
		return "", ErrNoKey
	}
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return prefix + k.name + ":" + base64.StdEncoding.EncodeToString(k.aead.Seal(nonce, nonce, text, []byte(k.name))), nil
}

// Open opens a sealed text. The error is ErrNoKey, ErrAnotherKey, or of one that was changed.
func Open(sealed string) ([]byte, error) {
	k := current.Load()
	if k == nil {
		return nil, ErrNoKey
	}
	name, body, ok := strings.Cut(strings.TrimPrefix(sealed, prefix), ":")
	if !ok || !strings.HasPrefix(sealed, prefix) {
		return nil, errors.New("it is not sealed")
	}
	if name != k.name {
		return nil, ErrAnotherKey
	}
	b, err := base64.StdEncoding.DecodeString(body)
	if err != nil || len(b) < k.aead.NonceSize() {
		return nil, errors.New("what is sealed is cut off")
	}
	n := k.aead.NonceSize()
	text, err := k.aead.Open(nil, b[:n], b[n:], []byte(k.name))
	if err != nil {
		return nil, fmt.Errorf("what is sealed was changed: %w", err)
	}
	return text, nil
}
