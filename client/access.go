package client

import "context"

// ChangePassword changes one's own password, and ends one's other sign-ins.
func (c *Client) ChangePassword(ctx context.Context, current, next string) error {
	_, err := changePassword(ctx, transport{c}, current, next)
	return err
}

// Users lists everybody who may sign in. It takes the role ADMIN, as everything about users does.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	r, err := users(ctx, transport{c})
	if err != nil {
		return nil, err
	}
	return r.Users, nil
}

// CreateUser lets somebody sign in.
func (c *Client) CreateUser(ctx context.Context, in CreateUserInput) (*MadeUser, error) {
	r, err := createUser(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.CreateUser, nil
}

// UpdateUser changes what somebody may do.
func (c *Client) UpdateUser(ctx context.Context, in UpdateUserInput) (*ChangedUser, error) {
	r, err := updateUser(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.UpdateUser, nil
}

// DeleteUser deletes a user and ends all that they have open.
func (c *Client) DeleteUser(ctx context.Context, username string) error {
	_, err := deleteUser(ctx, transport{c}, username)
	return err
}

// Tokens lists one's own sign-ins and scripts' tokens, or as an administrator those of username.
func (c *Client) Tokens(ctx context.Context, username string) ([]Token, error) {
	r, err := tokens(ctx, transport{c}, Optional(username))
	if err != nil {
		return nil, err
	}
	return r.Tokens, nil
}

// CreateToken makes a token for a script. Its Secret is shown once.
func (c *Client) CreateToken(ctx context.Context, in CreateTokenInput) (*MadeToken, error) {
	r, err := createToken(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.CreateToken, nil
}

// EndToken ends a sign-in or a script's token.
func (c *Client) EndToken(ctx context.Context, id string) error {
	_, err := endToken(ctx, transport{c}, id)
	return err
}

// KnownSources lists the sources whose touches are expected, by network.
func (c *Client) KnownSources(ctx context.Context) ([]KnownSource, error) {
	r, err := knownSources(ctx, transport{c})
	if err != nil {
		return nil, err
	}
	return r.KnownSources, nil
}

// AddKnownSource says of an address or a network that its touches are expected. It takes the role OPERATOR, as RemoveKnownSource does.
func (c *Client) AddKnownSource(ctx context.Context, in AddKnownSourceInput) (*KnownSource, error) {
	r, err := addKnownSource(ctx, transport{c}, in)
	if err != nil {
		return nil, err
	}
	return &r.AddKnownSource.KnownSource, nil
}

// RemoveKnownSource takes that back.
func (c *Client) RemoveKnownSource(ctx context.Context, id string) error {
	_, err := removeKnownSource(ctx, transport{c}, id)
	return err
}

// Audit returns the newest entries of the audit trail, newest first: of everybody, or of one actor. It takes the role ADMIN.
func (c *Client) Audit(ctx context.Context, actor string, n int) ([]AuditEntry, error) {
	var where *AuditEntryWhereInput
	if actor != "" {
		where = &AuditEntryWhereInput{Actor: &actor}
	}
	r, err := auditLog(ctx, transport{c}, n, where)
	if err != nil {
		return nil, err
	}
	var out []AuditEntry
	for _, e := range r.AuditLog.Edges {
		if e != nil && e.Node != nil {
			out = append(out, *e.Node)
		}
	}
	return out, nil
}
