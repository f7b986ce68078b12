package dispatcher

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// sign adds the Standard Webhooks headers: one signature per secret, several while rotating.
func sign(h http.Header, secrets []schema.Secret, id string, at time.Time, body []byte) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	content := append([]byte(id+"."+timestamp+"."), body...)
	signatures := make([]string, 0, len(secrets))
	for _, s := range secrets {
		if sig := signature(s.Reveal(), content); sig != "" {
			signatures = append(signatures, sig)
		}
	}
	h["Webhook-Id"] = []string{id}
	h["Webhook-Timestamp"] = []string{timestamp}
	h["Webhook-Signature"] = []string{strings.Join(signatures, " ")}
}

func signature(secret string, content []byte) string {
	kind, text, _ := strings.Cut(secret, "_")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "" // refused at save
	}
	if kind == "whsk" {
		if len(key) == ed25519.SeedSize {
			key = ed25519.NewKeyFromSeed(key)
		}
		return "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(key, content))
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(content)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
