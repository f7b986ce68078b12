package handlebars

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
)

var digestHelpers = map[string]*helper{
	"base64":     textHelper("base64 x", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }),
	"hexEncode":  textHelper("hexEncode x", func(s string) string { return hex.EncodeToString([]byte(s)) }),
	"md5":        digestHelper("md5", md5.New),
	"sha1":       digestHelper("sha1", sha1.New),
	"sha256":     digestHelper("sha256", sha256.New),
	"hmacSHA1":   keyedHelper("hmacSHA1", sha1.New),
	"hmacSHA256": keyedHelper("hmacSHA256", sha256.New),
}

func digestHelper(name string, start func() hash.Hash) *helper {
	return &helper{usage: name + " x", min: 1, max: 1, named: []string{"encoding"}, run: func(x *exec, e *expr, args []value) value {
		h := start()
		h.Write([]byte(x.textOf(args[0])))
		return x.digest(e, h)
	}, prepare: prepareDigest}
}

func keyedHelper(name string, start func() hash.Hash) *helper {
	return &helper{usage: name + " x key", min: 2, max: 2, named: []string{"encoding"}, run: func(x *exec, e *expr, args []value) value {
		h := hmac.New(start, []byte(x.textOf(args[1])))
		h.Write([]byte(x.textOf(args[0])))
		return x.digest(e, h)
	}, prepare: prepareDigest}
}

func prepareDigest(_ *compiler, e *expr) string {
	if a := e.namedArg("encoding"); a != nil && a.kind == exprLiteral && a.value.text != "hex" && a.value.text != "base64" {
		return e.name + ": " + encodings
	}
	return ""
}

const encodings = "encoding must be \"hex\" or \"base64\""

// digest writes a sum in hex, or as encoding="base64" asks.
func (x *exec) digest(e *expr, h hash.Hash) value {
	switch x.textOf(x.option(e, "encoding")) {
	case "", "hex":
		return textValue(hex.EncodeToString(h.Sum(nil)))
	case "base64":
		return textValue(base64.StdEncoding.EncodeToString(h.Sum(nil)))
	}
	return x.broken(e, encodings)
}
