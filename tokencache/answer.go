package tokencache

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// readAnswer reads a token server's answer (B19). A failure is a sentence that repeats nothing of the
// answer but the standard's own words.
func readAnswer(status int, body []byte) (t schema.Token, failure string) {
	failure = "answered " + strconv.Itoa(status)
	switch {
	case status >= 300 && status <= 399:
		return t, failure + ", a redirect, which is never followed"
	case status < 200 || status > 299:
		return t, failure + errorCode(body)
	case len(body) > answerCap:
		return t, failure + " with more than 64 KiB"
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return t, failure + " without a JSON object"
	}
	var access string
	if err := json.Unmarshal(fields["access_token"], &access); err != nil || access == "" {
		return t, failure + " without an access_token"
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

// errorCode is the answer's error when it is one of the standard's (RFC 6749 5.2), which can't hold a
// secret.
func errorCode(body []byte) string {
	var answer struct {
		Error string `json:"error"`
	}
	known := []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
	if json.Unmarshal(body, &answer) != nil || !slices.Contains(known, answer.Error) {
		return ""
	}
	return ": " + answer.Error
}
