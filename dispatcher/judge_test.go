package dispatcher

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"120":                           2 * time.Minute,
		" 7 ":                           7 * time.Second,
		"0":                             0,
		"99999":                         time.Hour,
		"99999999999999999999999":       time.Hour,
		"-5":                            0,
		"1.5":                           0,
		"soon":                          0,
		"Mon, 23 Nov 2026 12:10:00 GMT": 10 * time.Minute,
		"Mon, 23 Nov 2026 11:00:00 GMT": 0,
		"Tue, 24 Nov 2026 12:00:00 GMT": time.Hour,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestOnly429And503MayAskToWait(t *testing.T) {
	t.Parallel()
	hook := schema.NewWebhook()
	deaf := schema.NewWebhook()
	deaf.Retry.HonorRetryAfter = false
	for status, want := range map[int]time.Duration{429: time.Minute, 503: time.Minute, 502: 0, 504: 0} {
		a := answer{status: status, retryAfter: "60"}
		if got := judge(hook, schema.CallWebhook, a, time.Now()).RetryAfter; got != want {
			t.Errorf("C21: %d: %s, want %s", status, got, want)
		}
		if got := judge(deaf, schema.CallWebhook, a, time.Now()).RetryAfter; got != 0 {
			t.Errorf("C21: %d, turned off: %s", status, got)
		}
	}
}

func TestProfileAnswers(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + `1` + strings.Repeat(`}`, n) }
	lists := func(n int, inner string) string { return strings.Repeat(`[`, n) + inner + strings.Repeat(`]`, n) }
	for name, c := range map[string]struct {
		answer  answer
		verdict schema.Verdict
		reason  schema.Reason
		fields  string
		ignored int
	}{
		"B38: an object":                       {answer{body: []byte(`{"firstName":"Test","lastName":"User"}`)}, schema.Delivered, schema.ReasonDelivered, `{"firstName":"Test","lastName":"User"}`, 0},
		"C24: email and userId are ignored":    {answer{body: []byte(` {"email":"x","a":{"email":1},"userId":null} `)}, schema.Delivered, schema.ReasonDelivered, `{"a":{"email":1}}`, 2},
		"an empty object":                      {answer{body: []byte(`{}`)}, schema.Delivered, schema.ReasonDelivered, `{}`, 0},
		"a byte order mark before it":          {answer{body: []byte("\xef\xbb\xbf{\"a\":1}")}, schema.Delivered, schema.ReasonDelivered, `{"a":1}`, 0},
		"duplicate keys: the last one wins":    {answer{body: []byte(`{"a":1,"b":2,"a":3}`)}, schema.Delivered, schema.ReasonDelivered, `{"a":3,"b":2}`, 0},
		"C51: in the charset it declares":      {answer{contentType: "application/json; charset=ISO-8859-1", body: []byte("{\"city\":\"Z\xfcrich\"}")}, schema.Delivered, schema.ReasonDelivered, `{"city":"Zürich"}`, 0},
		"C51: in UTF-16":                       {answer{body: []byte("\xff\xfe{\x00\"\x00\xfc\x00\"\x00:\x001\x00}\x00")}, schema.Delivered, schema.ReasonDelivered, `{"ü":1}`, 0},
		"C51: no UTF-8":                        {answer{contentType: "application/json", body: []byte("{\"city\":\"Z\xfcrich\"}")}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C51: an unknown charset":              {answer{contentType: "application/json; charset=klingon", body: []byte("{\"city\":\"Z\xfcrich\"}")}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C51: a key that is no UTF-8":          {answer{body: []byte("{\"\xff\":1}")}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C51: half a surrogate pair":           {answer{body: []byte(`{"a":{"b":["\ud83d"]}}`)}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C51: half a pair in a key":            {answer{body: []byte(`{"\udc00":1}`)}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C51: a whole surrogate pair":          {answer{body: []byte(`{"a":"\ud83d\ude00 \\ud83d"}`)}, schema.Delivered, schema.ReasonDelivered, `{"a":"\ud83d\ude00 \\ud83d"}`, 0},
		"C51: an U+FFFD of its own":            {answer{body: []byte(`{"a":"\ufffd�"}`)}, schema.Delivered, schema.ReasonDelivered, `{"a":"\ufffd�"}`, 0},
		"digits are kept":                      {answer{body: []byte(`{"a":12345678901234567890.10}`)}, schema.Delivered, schema.ReasonDelivered, `{"a":12345678901234567890.10}`, 0},
		"depth 32":                             {answer{body: []byte(deep(32))}, schema.Delivered, schema.ReasonDelivered, deep(32), 0},
		"C3: an error page with many brackets": {answer{body: []byte("<style>" + strings.Repeat("{[", 50))}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C24: depth 33":                        {answer{body: []byte(deep(33))}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
		"C24: depth 10,001":                    {answer{body: []byte(deep(10_001))}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
		"C24: as deep as fits":                 {answer{body: []byte(lists(128<<10, ""))}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
		"C24: deep twice":                      {answer{body: []byte(`{"a":` + lists(20_000, `"]"`) + `,"b":` + lists(20_000, "{}") + `}`)}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
		"C3: deep and cut short":               {answer{body: []byte(lists(20_000, "")[:39_999])}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: deep and wrong in the middle":     {answer{body: []byte(lists(12_000, `1 2`))}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: deep and closed by another":       {answer{body: []byte(lists(12_000, `[}`))}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: a list behind a number":           {answer{body: []byte(lists(4_999, `1`+lists(6_000, "")))}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: deep and closed too often":        {answer{body: []byte(lists(12_000, "") + `]`)}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"brackets in text are no depth":        {answer{body: []byte(`{"a":"` + strings.Repeat(`[{\"`, 50) + `"}`)}, schema.Delivered, schema.ReasonDelivered, `{"a":"` + strings.Repeat(`[{\"`, 50) + `"}`, 0},
		"B41: a list":                          {answer{body: []byte(`[1]`)}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
		"B41: text":                            {answer{body: []byte(`"x"`)}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
		"B41: null":                            {answer{body: []byte(`null`)}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
		"B53: HTML":                            {answer{body: []byte(`<html>`)}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: empty":                            {answer{body: nil}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: cut short":                        {answer{body: []byte(`{"a":`)}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: two values":                       {answer{body: []byte(`{} {}`)}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C3: the connection broke inside it":   {answer{body: []byte(`{"a":`), err: io.ErrUnexpectedEOF}, schema.Failed, schema.ReasonUnparsable, "", 0},
		"C20: it did not end in time":          {answer{body: []byte(`{"a":`), err: context.DeadlineExceeded}, schema.Failed, schema.ReasonTimeout, "", 0},
		"C24: larger than 256 KiB":             {answer{body: []byte(`{"a":"` + strings.Repeat("x", 256<<10) + `"}`)}, schema.Refused, schema.ReasonInvalidResponse, "", 0},
	} {
		c.answer.status = 200
		out := judge(schema.NewWebhook(), schema.UserProfile, c.answer, time.Now())
		if out.Verdict != c.verdict || out.Reason != c.reason || out.Status != 200 || string(out.Fields) != c.fields || len(out.Ignored) != c.ignored {
			t.Errorf("%s: %d %s %d %.80q ignored %v", name, out.Verdict, out.Reason, out.Status, out.Fields, out.Ignored)
		}
		if (out.Verdict == schema.Delivered) == (out.Detail != "") {
			t.Errorf("%s: detail %q", name, out.Detail)
		}
	}
}

func TestAnUnlistedSuccessSaysHowToAllowIt(t *testing.T) {
	t.Parallel()
	out := judge(schema.NewWebhook(), schema.CallWebhook, answer{status: http.StatusCreated}, time.Now())
	if out.Reason != schema.ReasonStatus || !strings.Contains(out.Detail, `add "201" or "2xx" to its success list`) {
		t.Errorf("C1: %s: %s", out.Reason, out.Detail)
	}
}

func TestSnippetsMaskSecretsInEveryFormAnEndpointMayEcho(t *testing.T) {
	t.Parallel()
	secrets := []string{`p@ss "word"`, "tok/en+1", "dXNlcjpwYXNzd29yZA=="}
	text := `{"a":"p@ss \"word\"","b":"p%40ss+%22word%22","c":"tok/en+1 tok%2Fen%2B1","d":"user:password","e":"dXNlcjpwYXNzd29yZA","f":"dG9rL2VuKzE=","kept":"yes"}`
	got := snippet([]byte(text+strings.Repeat("é", 2000)), false, secrets, nil)
	for _, s := range []string{"ss", "tok", "user:", "dXNl", "dG9r"} {
		if strings.Contains(got, s) {
			t.Errorf("%q is still there: %s", s, got[:200])
		}
	}
	if !strings.Contains(got, `"kept":"yes"`) || len(got) > 1024 || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestUnknownFaultsAreRetried(t *testing.T) {
	t.Parallel()
	out := judge(schema.NewWebhook(), schema.CallWebhook, answer{err: errors.New("never seen before, with pat@example.com in it")}, time.Now())
	if out.Verdict != schema.Failed || strings.Contains(out.Detail, "pat@") {
		t.Errorf("%+v", out)
	}
}
