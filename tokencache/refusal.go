package tokencache

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/journeyhook/journeyhook/internal/redact"
	"github.com/journeyhook/journeyhook/schema"
)

// errorCodes are the standard's (RFC 6749 5.2, 4.1.2.1, RFC 8707), which hold no secret.
var errorCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"access_denied", "server_error", "temporarily_unavailable", "invalid_target",
}

// How much is told of a server's own words, in characters.
const (
	longestCode        = 64
	longestDescription = 200
)

// refusal is what an answer says of its error: ": invalid_client (the description)", or "" where there is none.
func refusal(fields map[string]json.RawMessage, cred schema.Credentials) string {
	code, description := said(fields["error"]), said(fields["error_description"])
	var inner map[string]json.RawMessage // some servers put an object there, which is not the standard's way
	if json.Unmarshal(fields["error"], &inner) == nil {
		code = cmp.Or(said(inner["code"]), said(inner["type"]), said(inner["status"]))
		description = cmp.Or(description, said(inner["message"]))
	}
	if !slices.Contains(errorCodes, code) {
		code = tell(code, longestCode, cred)
	}
	description = tell(description, longestDescription, cred)
	switch {
	case code == "" && description == "":
		return ""
	case code == "":
		return " (" + description + ")"
	case description == "":
		return ": " + code
	}
	return ": " + code + " (" + description + ")"
}

// said is a JSON text, or the digits of a number; "" for anything else.
func said(raw json.RawMessage) string {
	var text string
	var number json.Number
	if json.Unmarshal(raw, &text) != nil && json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return text
}

// tell is a server's text on one line, without the client's secrets, and so many characters long at most.
func tell(text string, longest int, cred schema.Credentials) string {
	const looked = 4 << 10 // bytes
	cut := len(text) > looked
	if cut {
		text = strings.ToValidUTF8(text[:looked], "")
	}
	text, _ = redact.Hide(text, cut, secretsOf(cred), nil)
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if all := []rune(text); len(all) > longest {
		text = string(all[:longest]) + "…"
	}
	return text
}

// leastParam is how long the value of a further parameter, or of one in the token URL, must be to be taken for a secret.
const leastParam = 8

// secretsOf lists what an answer must not repeat: what the client is known by, also as it stands in a request.
func secretsOf(cred schema.Credentials) []string {
	id, secret := cred.ClientID, cred.ClientSecret.Reveal()
	all := []string{secret, id, id + ":" + secret, encode(id) + ":" + encode(secret)}
	further := make([]string, 0, len(cred.Params))
	for _, p := range cred.Params {
		further = append(further, p.Value)
	}
	if _, query, ok := strings.Cut(cred.TokenURL, "?"); ok {
		further = append(further, strings.FieldsFunc(query, func(r rune) bool { return strings.ContainsRune("=&#", r) })...)
	}
	for _, value := range further {
		if len(value) >= leastParam {
			all = append(all, value)
		}
	}
	return all
}
