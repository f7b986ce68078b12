package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/schema"
)

// wordFuncs are what the pages' templates can call.
var wordFuncs = template.FuncMap{
	"asset":   func(file string) string { return "/ui/" + uiHash() + "/" + file },
	"hook":    hookPath,
	"ms":      milliseconds,
	"stamp":   func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"clock":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"until":   func(t time.Time) string { return schema.Duration(max(0, time.Until(t).Round(time.Second))).String() },
	"reason":  func(r schema.Reason) string { return r.Meaning().What },
	"advice":  func(r schema.Reason) string { return r.Meaning().Mend },
	"kind":    kindWords,
	"pretty":  pretty,
	"value":   diffValue,
	"service": service,
	"says":    sentence,
	"reasons": reasonsByName,
	"health":  healthOf,
	"wait":    func(ms int64) string { return schema.Duration(time.Duration(ms) * time.Millisecond).String() },
	"plural": func(n any, one, many string) string {
		if text := fmt.Sprint(n); text != "1" {
			return text + " " + many
		}
		return "1 " + one
	},
}

func hookPath(project, id string) string { return "/projects/" + project + "/webhooks/" + id }

func milliseconds(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.0f s", ms/1000)
	case ms >= 1000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 10:
		return fmt.Sprintf("%.0f ms", ms)
	default:
		return fmt.Sprintf("%.1f ms", ms)
	}
}

// pretty indents JSON; other text stays as it is.
func pretty(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// sentence is a detail as one reads it alone. A name that it begins with stays as it is written.
func sentence(detail string) string {
	if detail == "" {
		return ""
	}
	if first, _, _ := strings.Cut(detail, " "); !strings.ContainsAny(first, ".:/_-") {
		r, size := utf8.DecodeRuneInString(detail)
		detail = string(unicode.ToUpper(r)) + detail[size:]
	}
	if strings.HasSuffix(detail, ".") {
		return detail
	}
	return detail + "."
}

func diffValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return v
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// service is a destination's name as people write it.
func service(destination string) string {
	return strings.ToUpper(destination[:min(1, len(destination))]) + destination[min(1, len(destination)):]
}

// reasonsByName lets a page's script say what the pages say.
func reasonsByName() (string, error) {
	all := map[schema.Reason]string{}
	for _, m := range schema.Reasons {
		all[m.Reason] = m.What
	}
	raw, err := json.Marshal(all)
	return string(raw), err
}

// kindWords says what a notification is about.
func kindWords(k schema.Kind) string {
	if words, ok := kinds[k]; ok {
		return words
	}
	return string(k)
}

var kinds = map[schema.Kind]string{
	schema.KindWebhookFailing:     "Users exit at this webhook",
	schema.KindTokenRejectedEarly: "A token was refused before it expired",
	schema.KindTokenFailed:        "No token could be fetched",
	schema.KindWebhookMissing:     "A tile uses a webhook that does not exist",
	schema.KindWebhookInvalid:     "The webhook can't be used",
	schema.KindBacklogGrowing:     "Steps pile up",
	schema.KindUnreadableStep:     "A step could not be read",
}

// Condition is how a webhook does, as a dot shows it.
type Condition struct {
	Class string // of the dot: none, good, fair or bad
	Words string
}

// healthOf judges the last hour: one exit in ten attempts is bad, any exit or retry is worth a look.
func healthOf(c Counts) Condition {
	all := c.Continue + c.Retry + c.Exit
	switch {
	case all == 0:
		return Condition{"none", "No attempts in the last hour"}
	case c.Exit*10 >= all:
		return Condition{"bad", "Users exit"}
	case c.Exit+c.Retry > 0:
		return Condition{"fair", "Some attempts fail"}
	default:
		return Condition{"good", "All is well"}
	}
}
