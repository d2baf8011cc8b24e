package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// tokensPath is where tokens are kept, by server.
func tokensPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for settings: %w", err)
	}
	return filepath.Join(dir, "decnet", "tokens.json"), nil
}

func readTokens() (tokens map[string]string, path string, err error) {
	if path, err = tokensPath(); err != nil {
		return nil, "", err
	}
	tokens = map[string]string{}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return tokens, path, nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read the stored tokens: %w", err)
	}
	if err := json.Unmarshal(b, &tokens); err != nil {
		return nil, "", fmt.Errorf("read the stored tokens in %s: %w", path, err)
	}
	return tokens, path, nil
}

// storedToken returns the token for a server; "" when there is none, or no home to keep one in.
func storedToken(url string) (string, error) {
	if _, err := tokensPath(); err != nil {
		return "", nil
	}
	tokens, _, err := readTokens()
	return tokens[url], err
}

// storeToken keeps the token for a server, readable by its owner alone; "" forgets it. The file is replaced as a whole: a crash leaves the old
// one.
func storeToken(url, token string) error {
	tokens, path, err := readTokens()
	if err != nil {
		return err
	}
	if token == "" {
		delete(tokens, url)
	} else {
		tokens[url] = token
	}
	b, err := json.MarshalIndent(tokens, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the tokens: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "tokens-*") // made 0600
	if err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("store the token: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
