package tokencache

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/internal/charset"
	"github.com/journeyhook/journeyhook/internal/jsontext"
	"github.com/journeyhook/journeyhook/schema"
)

// readAnswer reads a token server's answer (B19). A failure is a sentence that repeats nothing of the
// answer but its error and what it says of that, without the client's secrets.
func readAnswer(status int, contentType string, body []byte, cred schema.Credentials) (t schema.Token, failure string) {
	failure = "answered " + strconv.Itoa(status)
	good := status >= 200 && status <= 299
	switch {
	case status >= 300 && status <= 399:
		return t, failure + ", a redirect, which is never followed"
	case len(body) > answerCap && good:
		return t, failure + " with more than 64 KiB"
	}
	text, err := charset.ToUTF8(contentType, body)
	if err != nil {
		text = body // what nobody asks for may be anything
	}
	fields := map[string]json.RawMessage{}
	err = json.Unmarshal(text, &fields)
	switch {
	case !good:
		return t, failure + refusal(fields, cred)
	case err != nil:
		return t, failure + " without a JSON object"
	}
	if raw := fields["access_token"]; !utf8.Valid(raw) || jsontext.Unpaired(raw) >= 0 {
		return t, failure + " with an access_token that is not text in the charset it declares"
	}
	var access string
	if err := json.Unmarshal(fields["access_token"], &access); err != nil || access == "" {
		return t, failure + " without an access_token" + refusal(fields, cred)
	}
	if strings.ContainsFunc(access, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return t, failure + " with control bytes in its access_token"
	}
	return schema.Token{Access: schema.NewSecret(access), ExpiresIn: readExpiry(fields["expires_in"])}, ""
}

// readExpiry reads whole seconds, also from text; 0 for anything else (C8).
func readExpiry(raw json.RawMessage) time.Duration {
	text := string(raw)
	var quoted string
	if json.Unmarshal(raw, &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, math.MaxInt64/int64(time.Second))) * time.Second
}
