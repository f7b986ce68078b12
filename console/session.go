package console

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// sessionTime is how long a login lasts.
const sessionTime = 12 * time.Hour

// SessionKeys derives the keys that sign sessions from the secret keys: the first signs, all are
// believed. Without any there is a random one, so that sessions end with the process.
func SessionKeys(secrets []string) ([][]byte, error) {
	if len(secrets) == 0 {
		key := make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails
		return [][]byte{key}, nil
	}
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "journeyhook console session", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("console: derive a session key: %w", err)
		}
		keys[i] = key
	}
	return keys, nil
}

// session is what the cookie says: which token it was begun with, and until when it lasts. The token is
// looked up at every request, so a revoked one ends its sessions.
type session struct {
	Token   string `json:"t"`
	Expires int64  `json:"e"`
}

func (s *Server) sign(v session) string {
	raw, err := json.Marshal(v)
	if err != nil { // a text and a number can always be written
		return ""
	}
	payload := base64.RawURLEncoding.EncodeToString(raw)
	return payload + "." + base64.RawURLEncoding.EncodeToString(mac(s.SessionKeys[0], payload))
}

func mac(key []byte, payload string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(payload))
	return h.Sum(nil)
}

func (s *Server) verify(cookie string) (session, bool) {
	var v session
	payload, signature, _ := strings.Cut(cookie, ".")
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return v, false
	}
	for _, key := range s.SessionKeys {
		if !hmac.Equal(given, mac(key, payload)) {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(payload)
		return v, err == nil && json.Unmarshal(raw, &v) == nil && time.Now().Unix() < v.Expires
	}
	return v, false
}

// secure reports whether the browser is on https, as far as can be known.
func (s *Server) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(s.PublicURL, "https://") ||
		s.fromProxy(r) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// cookieName has the prefix that keeps other hosts and plain http from setting it, where it can have it.
func (s *Server) cookieName(r *http.Request) string {
	if s.secure(r) {
		return "__Host-journeyhook"
	}
	return "journeyhook"
}

func (s *Server) bySession(r *http.Request) (Principal, error) {
	cookie, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return Principal{}, errAnonymous
	}
	v, ok := s.verify(cookie.Value)
	if !ok {
		return Principal{}, errAnonymous
	}
	token, err := s.Ops.Tokens.ByID(r.Context(), v.Token)
	if errors.Is(err, ErrNoToken) {
		return Principal{}, errAnonymous // the token was revoked: nobody is guessing
	}
	if err != nil {
		return Principal{}, err
	}
	return token.principal(true), nil
}

// Login begins a browser session with a token; ErrNoToken when it is none.
func (s *Server) Login(w http.ResponseWriter, r *http.Request, text string) (Principal, error) {
	token, err := s.Ops.Tokens.Check(r.Context(), strings.TrimSpace(text))
	if err != nil {
		return Principal{}, err
	}
	ends := time.Now().Add(sessionTime)
	if !token.ExpiresAt.IsZero() && token.ExpiresAt.Before(ends) {
		ends = token.ExpiresAt
	}
	s.setCookie(w, r, s.sign(session{token.ID, ends.Unix()}), ends)
	return token.principal(true), nil
}

// Logout ends the browser's session.
func (s *Server) Logout(w http.ResponseWriter, r *http.Request) {
	s.setCookie(w, r, "", time.Unix(1, 0))
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, value string, ends time.Time) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure on https only: a laptop's console has none
		Name: s.cookieName(r), Value: value, Path: "/", Expires: ends, HttpOnly: true, Secure: s.secure(r), SameSite: http.SameSiteLaxMode,
	})
}
