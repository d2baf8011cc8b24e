package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxRefusal bounds the text of a refusal.
const maxRefusal = 64 << 10

// Backup writes a consistent copy of the server's database to w, while the server goes on. progress, where given, hears after each piece how many bytes of
// how many are written. It takes the role ADMIN. A copy that broke off is an error: nil means that all of it is written.
func (c *Client) Backup(ctx context.Context, w io.Writer, progress func(done, total int64)) error {
	at := strings.TrimSuffix(c.url, "/graphql") + "/backup"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return fmt.Errorf("the server's URL: %w", err)
	}
	r.Header = c.header()
	patient := *c.http
	patient.Timeout = 0 // a large database takes its time: ctx bounds it
	answer, err := patient.Do(r)
	if err != nil {
		return unreachable(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.ContentLength < 0 {
		var refusal struct {
			Errors []wireError `json:"errors"`
		}
		err := json.NewDecoder(io.LimitReader(answer.Body, maxRefusal)).Decode(&refusal)
		if err != nil || len(refusal.Errors) == 0 {
			return &Error{Code: CodeProtocol, Message: fmt.Sprintf("%s answers %s, not a backup: is it a decnet server of this version?", at, answer.Status)}
		}
		return joinErrors(refusal.Errors)
	}
	// net/http itself tells an answer that ends before its length.
	_, err = io.Copy(&counted{w: w, total: answer.ContentLength, progress: progress}, &network{answer.Body})
	return err
}

// network marks the errors of reading as the network's, apart from those of writing.
type network struct{ io.Reader }

func (n *network) Read(p []byte) (int, error) {
	k, err := n.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = &Error{Code: CodeUnreachable, Message: fmt.Sprintf("the backup broke off: %v", err), err: err}
	}
	return k, err
}

// counted tells how much has been written.
type counted struct {
	w           io.Writer
	done, total int64
	progress    func(done, total int64)
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.done += int64(n)
	if c.progress != nil {
		c.progress(c.done, c.total)
	}
	return n, err
}
