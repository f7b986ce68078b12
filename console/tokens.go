package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// Role is what a principal may do. Each one may also do what those before it may.
type Role string

// The roles.
const (
	Viewer Role = "viewer" // read, validate and preview
	Editor Role = "editor" // change webhooks, test sends, acknowledge notifications
	Admin  Role = "admin"  // read the audit records
)

// Roles are the roles, least first.
var Roles = []Role{Viewer, Editor, Admin}

// Allows reports whether a role may do what needs another.
func (r Role) Allows(needed Role) bool {
	have := slices.Index(Roles, r)
	return have >= 0 && have >= slices.Index(Roles, needed)
}

// ErrNoToken says that a token is not one, was revoked, or has expired.
var ErrNoToken = errors.New("the token is not valid; it may have been revoked or have expired")

// Token is what is stored of an access token: who it is for and what it may do, never the token itself.
type Token struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Role      Role      `json:"role"`
	Projects  []string  `json:"projects"` // empty is all
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"` // zero is never
}

// storedToken is a token with the hash that tells the right secret. The secret has 256 random bits, so a
// plain SHA-256 can't be turned round by guessing.
type storedToken struct {
	Token
	Hash string `json:"hash"` // SHA-256 of the secret, hex
}

const tokenPrefix = "jhk_"

// Tokens are the access tokens that an operator made.
type Tokens struct {
	KV jetstream.KeyValue // of schema.Names.TokensBucket
}

// create stores a token and returns its text, which can't be had again.
func (t *Tokens) create(ctx context.Context, token Token) (Token, string, error) {
	random := make([]byte, 32+6)
	_, _ = rand.Read(random) // never fails
	token.ID, token.CreatedAt = hex.EncodeToString(random[32:]), time.Now().UTC()
	if token.Projects == nil {
		token.Projects = []string{}
	}
	secret := base64.RawURLEncoding.EncodeToString(random[:32])
	data, err := json.Marshal(storedToken{token, hashOf(secret)})
	if err != nil {
		return token, "", fmt.Errorf("console: write a token as JSON: %w", err)
	}
	if _, err := t.KV.Create(ctx, token.ID, data); err != nil {
		return token, "", fmt.Errorf("console: store a token: %w", err)
	}
	return token, tokenPrefix + token.ID + "_" + secret, nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Check is the token that a text stands for; ErrNoToken when there is none (any more).
func (t *Tokens) Check(ctx context.Context, text string) (Token, error) {
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	id, secret, ok2 := strings.Cut(rest, "_")
	if !ok || !ok2 {
		return Token{}, ErrNoToken
	}
	stored, err := t.get(ctx, id)
	if err != nil {
		return Token{}, err
	}
	if subtle.ConstantTimeCompare([]byte(stored.Hash), []byte(hashOf(secret))) != 1 {
		return Token{}, ErrNoToken
	}
	return stored.Token, nil
}

// ByID is a token that still is valid; ErrNoToken otherwise.
func (t *Tokens) ByID(ctx context.Context, id string) (Token, error) {
	stored, err := t.get(ctx, id)
	return stored.Token, err
}

func (t *Tokens) get(ctx context.Context, id string) (storedToken, error) {
	var stored storedToken
	if raw, err := hex.DecodeString(id); err != nil || len(raw) != 6 {
		return stored, ErrNoToken
	}
	entry, err := t.KV.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return stored, ErrNoToken
	}
	if err != nil {
		return stored, fmt.Errorf("console: read a token: %w", err)
	}
	if json.Unmarshal(entry.Value(), &stored) != nil || stored.ID != id {
		return storedToken{}, ErrNoToken // what is stored lets nobody in, and can be revoked
	}
	if !stored.ExpiresAt.IsZero() && !time.Now().Before(stored.ExpiresAt) {
		return storedToken{}, ErrNoToken
	}
	return stored, nil
}

// List is every token, oldest first.
func (t *Tokens) List(ctx context.Context) ([]Token, error) {
	all := []Token{}
	keys, err := t.KV.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("console: list tokens: %w", err)
	}
	for _, id := range keys {
		entry, err := t.KV.Get(ctx, id)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // revoked meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("console: list tokens: %w", err)
		}
		var stored storedToken
		if json.Unmarshal(entry.Value(), &stored) != nil || stored.ID != id {
			stored = storedToken{Token: Token{ID: id, Name: "(can't be read; revoke it)", Projects: []string{}, CreatedAt: entry.Created()}}
		}
		all = append(all, stored.Token)
	}
	slices.SortFunc(all, func(a, b Token) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return all, nil
}

// CreateToken makes a token and returns its text, which is shown this once.
func (o *Operations) CreateToken(ctx context.Context, by Actor, token Token) (Token, string, error) {
	var fs schema.Faults
	if strings.TrimSpace(token.Name) == "" || len(token.Name) > 100 || strings.ContainsFunc(token.Name, func(r rune) bool { return r < ' ' }) {
		fs.Add("name", "must say in 1 to 100 bytes of one line who or what the token is for")
	}
	if !slices.Contains(Roles, token.Role) {
		fs.Add("role", "%q is not known; use viewer, editor or admin", token.Role)
	}
	for _, p := range token.Projects {
		if !schema.ValidID(p) {
			fs.Add("projects", "%q can't be a project", p)
		}
	}
	if err := fs.Err(); err != nil {
		return Token{}, "", err
	}
	token.CreatedBy = by.Name
	token, text, err := o.Tokens.create(ctx, token)
	if err != nil {
		return Token{}, "", err
	}
	o.record(ctx, by, schema.Change{Action: schema.ActionTokenCreate, Detail: token.describe()})
	return token, text, nil
}

func (t *Token) describe() string {
	projects := "all projects"
	if len(t.Projects) > 0 {
		projects = strings.Join(t.Projects, ", ")
	}
	return fmt.Sprintf("%s %q, %s of %s", t.ID, t.Name, t.Role, projects)
}

// RevokeToken ends a token, and with it every session that was begun with it; ErrNoToken when there is none.
func (o *Operations) RevokeToken(ctx context.Context, by Actor, id string) error {
	token, err := o.Tokens.ByID(ctx, id)
	if err != nil && !errors.Is(err, ErrNoToken) {
		return err
	}
	if err != nil { // an expired one is there all the same
		if _, err := o.Tokens.KV.Get(ctx, id); err != nil {
			return ErrNoToken
		}
		token.ID = id
	}
	if err := o.Tokens.KV.Delete(ctx, id); err != nil {
		return fmt.Errorf("console: revoke token %s: %w", id, err)
	}
	o.record(ctx, by, schema.Change{Action: schema.ActionTokenRevoke, Detail: token.describe()})
	return nil
}
