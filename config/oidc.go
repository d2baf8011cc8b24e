package config

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"decnet/auth/oidc"
	"decnet/ent/user"
)

// OIDC is the provider where people may sign in, as it is set.
type OIDC struct {
	Issuer, ClientID, ClientSecretFile, PublicURL, Name string
	UsernameClaim, RolesClaim, DefaultRole              string
	Scopes, Roles                                       []string
}

func (o *OIDC) flags(f *pflag.FlagSet) {
	f.StringVar(&o.Issuer, "oidc-issuer", "", "OpenID Connect provider where people may sign in, such as https://id.example.org")
	f.StringVar(&o.ClientID, "oidc-client-id", "decnet", "what the provider knows this server as")
	f.StringVar(&o.ClientSecretFile, "oidc-client-secret-file", "", "file with the secret that it was given for this server (none: a public client)")
	f.StringVar(&o.PublicURL, "public-url", "", "where people reach this server, such as https://decnet.example.org: alerts link there, and an OpenID Connect provider sends them to /oidc/callback there")
	f.StringVar(&o.Name, "oidc-name", "single sign-on", "what the sign-in page calls the provider")
	f.StringSliceVar(&o.Scopes, "oidc-scopes", []string{"openid", "profile", "email"}, "what is asked of the provider")
	f.StringVar(&o.UsernameClaim, "oidc-username-claim", "preferred_username", "what of the provider's word is the user name (of an address, what stands before the @)")
	f.StringVar(&o.RolesClaim, "oidc-roles-claim", "groups", "what of the provider's word --oidc-roles looks at")
	f.StringSliceVar(&o.Roles, "oidc-roles", nil, "what its values are good for, the highest counts: soc-admins=ADMIN,soc=OPERATOR")
	f.StringVar(&o.DefaultRole, "oidc-default-role", "", "the role of those who have none of them (default: they are not let in)")
}

// isAddress tells whether a text is the address of something on the web.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Options are the provider's, or nil without one. The error is of what does not fit.
func (o *OIDC) Options() (*oidc.Options, error) {
	if o.Issuer == "" {
		return nil, nil
	}
	for flag, text := range map[string]string{"oidc-issuer": o.Issuer, "public-url": o.PublicURL} {
		if !isAddress(text) {
			return nil, fmt.Errorf("--%s is an address such as https://host.example.org, not %q", flag, text)
		}
	}
	out := &oidc.Options{
		Issuer: o.Issuer, ClientID: o.ClientID, PublicURL: o.PublicURL, Scopes: o.Scopes, Name: o.Name,
		UsernameClaim: o.UsernameClaim, RolesClaim: o.RolesClaim, Default: user.Role(o.DefaultRole), Roles: map[string]user.Role{},
	}
	for _, pair := range o.Roles {
		value, role, ok := strings.Cut(pair, "=")
		if !ok || user.RoleValidator(user.Role(role)) != nil {
			return nil, fmt.Errorf("--oidc-roles: %q is not VALUE=ROLE with one of VIEWER, OPERATOR, ADMIN", pair)
		}
		out.Roles[value] = user.Role(role)
	}
	if out.Default != "" && user.RoleValidator(out.Default) != nil {
		return nil, fmt.Errorf("--oidc-default-role is one of VIEWER, OPERATOR, ADMIN, not %q", o.DefaultRole)
	}
	if o.ClientSecretFile != "" {
		secret, err := os.ReadFile(o.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--oidc-client-secret-file: %w", err)
		}
		out.ClientSecret = strings.TrimSpace(string(secret))
	}
	return out, nil
}
