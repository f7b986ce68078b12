package dispatcher_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/schema"
)

const promotion = `{"promotionId":123,"color":"red"}`

const pat = `{"firstName":"Pat","city":"San Francisco","state":"California","plan":null,"tags":["a","b"],"email":"other@example.com","big":12345678901234567890}`

// What each definition puts on the wire, byte for byte.
func TestRequests(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	for name, c := range map[string]struct {
		method, path string
		edit         []func(*schema.Webhook)
		step         *schema.Step
		wantURI      string
		wantBody     string
	}{
		"B35: dataFields, then email and workflowId": {
			"POST", "/hook", []func(*schema.Webhook){body(schema.Body{IncludeEmailAndWorkflowID: true})},
			step("test.user@example.com", "", promotion),
			"/hook", `{"promotionId":123,"color":"red","email":"test.user@example.com","workflowId":12345}`,
		},
		"B36: user fields, then dataFields": {
			"PUT", "/hook", []func(*schema.Webhook){body(schema.Body{UserFields: []string{"city", "state"}})},
			step("user@example.com", pat, promotion),
			"/hook", `{"city":"San Francisco","state":"California","promotionId":123,"color":"red"}`,
		},
		"B37: a profile tile's email is appended with its @": {
			"GET", "/webhook/endpoint", nil, profileTile(step("user@example.com", "", promotion)),
			"/webhook/endpoint?email=user@example.com", "",
		},
		"C25: everything else of the email is encoded, before the fragment, after the query": {
			"GET", "/p?a=1#f", nil, profileTile(step("a+b c@x.com", "", "")), "/p?a=1&email=a%2Bb%20c@x.com", "",
		},
		"C25: it is encoded as urlEncode does it, but for the @": {
			"GET", "/p?a={{email}}", nil, profileTile(step("o~k*'%+ _-.ü@x.com", "", "")),
			"/p?a=o%7Ek*%27%25%2B%20_-.%C3%BC%40x.com&email=o%7Ek*%27%25%2B%20_-.%C3%BC@x.com", "",
		},
		"C51: half of a surrogate pair stays what it is in JSON": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{JSON: `{"a":"{{x}}"}`, UserFields: []string{"y"}})},
			step("a@x.com", `{"x":"a\ud83d","y":"\udc00"}`, `{"z\ud800":["\ud800"]}`),
			"/", `{"a":"a\ud83d","y":"\udc00","z\ud800":["\ud800"]}`,
		},
		"C25: an email of the author's own stays alone": {
			"GET", "/p?email={{city}}", nil, profileTile(step("a@x.com", pat, "")), "/p?email=San%20Francisco", "",
		},
		"C25: a dropped email of the author's own is made good": {
			"GET", "/p?email={{nobody}}", nil, profileTile(step("a@x.com", pat, "")), "/p?email=a@x.com", "",
		},
		"C25: an email that data puts into the query counts for nothing": {
			"GET", "/p?a={{{q}}}", nil, profileTile(step("a@x.com", `{"q":"1&email=evil@x.com"}`, "")), "/p?a=1&email=evil@x.com&email=a@x.com", "",
		},
		"C25: nor one that data spells otherwise": {
			"GET", "/p?{{{q}}}", nil, profileTile(step("a@x.com", `{"q":"%65mail=evil&%45"}`, "")), "/p?%65mail=evil&%45&email=a@x.com", "",
		},
		"C25: nor a query that data begins": {
			"GET", "/p{{{q}}}", nil, profileTile(step("a@x.com", `{"q":"?email=evil"}`, "")), "/p?email=evil&email=a@x.com", "",
		},
		"C25: nor a name that data is a part of": {
			"GET", "/p?{{q}}mail=1", nil, profileTile(step("a@x.com", `{"q":"e"}`, "")), "/p?email=1&email=a@x.com", "",
		},
		"C25: nor the end of a name": {
			"GET", "/p?emai{{q}}=1", nil, profileTile(step("a@x.com", `{"q":"l"}`, "")), "/p?email=1&email=a@x.com", "",
		},
		"C25: nor a pair that data begins": {
			"GET", "/p?a={{{q}}}email=1", nil, profileTile(step("a@x.com", `{"q":"1&"}`, "")), "/p?a=1&email=1&email=a@x.com", "",
		},
		"C25: nor a name that data ends": {
			"GET", "/p?email{{{q}}}", nil, profileTile(step("a@x.com", `{"q":"=evil"}`, "")), "/p?email=evil&email=a@x.com", "",
		},
		"C25: the author's own, moved into the fragment by data, is made good": {
			"GET", "/p?a={{{q}}}&email={{email}}", nil, profileTile(step("a@x.com", `{"q":"1#"}`, "")), "/p?a=1&email=a@x.com", "",
		},
		"C25: the author's own, moved into another value by data, is made good": {
			"GET", "/p{{{q}}}?email={{email}}", nil, profileTile(step("a@x.com", `{"q":"?b=1"}`, "")), "/p?b=1?email=a%40x.com&email=a@x.com", "",
		},
		"C25: the author's own, percent-encoded, stays alone": {
			"GET", "/p?a={{{q}}}&%65mail=own", nil, profileTile(step("a@x.com", `{"q":"1&email=evil"}`, "")), "/p?a=1&email=evil&%65mail=own", "",
		},
		"C25: the author's own without a value stays alone": {
			"GET", "/p?email&a={{q}}", nil, profileTile(step("a@x.com", `{"q":"1"}`, "")), "/p?email&a=1", "",
		},
		"C25: the author's own in a condition stays alone": {
			"GET", "/p?{{#if q}}email=own{{/if}}", nil, profileTile(step("a@x.com", `{"q":"1"}`, "")), "/p?email=own", "",
		},
		"C25: a condition that does not hold": {
			"GET", "/p?{{#if nobody}}email=own{{/if}}&a={{q}}", nil, profileTile(step("a@x.com", `{"q":"1"}`, "")), "/p?a=1&email=a@x.com", "",
		},
		"C25: an email in the author's fragment is none": {
			"GET", "/p?a={{q}}#email=1", nil, profileTile(step("a@x.com", `{"q":"1"}`, "")), "/p?a=1&email=a@x.com", "",
		},
		"C25: an email in the author's path is none": {
			"GET", "/email=1/p?a={{q}}", nil, profileTile(step("a@x.com", `{"q":"1"}`, "")), "/email=1/p?a=1&email=a@x.com", "",
		},
		"C25: names differ by letter case": {
			"GET", "/p?Email={{q}}", nil, profileTile(step("a@x.com", `{"q":"1"}`, "")), "/p?Email=1&email=a@x.com", "",
		},
		"C12: the written body wins over user fields, those over email, that over dataFields": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{JSON: `{"city":"written","x":1}`, UserFields: []string{"city", "state", "workflowId"}, IncludeEmailAndWorkflowID: true})},
			step("a@x.com", `{"city":"p","state":"CA","workflowId":7}`, `{"x":2,"email":"trigger@x.com","workflowId":1,"state":"TX","y":3}`),
			"/", `{"city":"written","x":1,"state":"CA","workflowId":7,"y":3,"email":"a@x.com"}`,
		},
		"C12: a user field is the trigger's where the profile has none, and absent ones are left out": {
			"POST", "/", []func(*schema.Webhook){noTriggerData, body(schema.Body{UserFields: []string{"color", "city", "nobody"}})},
			step("a@x.com", pat, promotion), "/", `{"color":"red","city":"San Francisco"}`,
		},
		"C15: a user field that is null is sent, types and digits are kept": {
			"POST", "/", []func(*schema.Webhook){noTriggerData, body(schema.Body{UserFields: []string{"plan", "tags", "big", "email", "userId"}})},
			step("a@x.com", pat, ""), "/", `{"plan":null,"tags":["a","b"],"big":12345678901234567890,"email":"a@x.com","userId":"u_1"}`,
		},
		"B30, B31: the trigger wins in templates, a missing field leaves its member out": {
			"POST", "/", []func(*schema.Webhook){noTriggerData, body(schema.Body{JSON: `{"c":"{{color}}","n":"{{firstName}}","m":"{{nobody}}","p":"{{profile.city}}"}`})},
			step("a@x.com", pat, `{"color":"red","firstName":"Trigger","city":"T"}`), "/", `{"c":"red","n":"Trigger","p":"San Francisco"}`,
		},
		"C11: a POST with nothing to send sends {}": {
			"POST", "/", nil, step("a@x.com", pat, ""), "/", `{}`,
		},
		"C46: a written body that renders to nothing counts as {}": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{JSON: `{{nobody}}`})}, step("a@x.com", pat, promotion), "/", promotion,
		},
		"C11: written JSON that is not an object is sent as it is": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{JSON: ` [ {{big}}, "{{city}}" ] `})}, step("a@x.com", pat, promotion), "/", `[12345678901234567890,"San Francisco"]`,
		},
		"C11: a DELETE has no body by itself":    {"DELETE", "/x", nil, step("a@x.com", pat, promotion), "/x", ""},
		"C11: a DELETE with user fields has one": {"DELETE", "/x", []func(*schema.Webhook){body(schema.Body{UserFields: []string{"city"}})}, step("a@x.com", pat, promotion), "/x", `{"city":"San Francisco","promotionId":123,"color":"red"}`},
		"C11: a GET has no body":                 {"GET", "/x", []func(*schema.Webhook){body(schema.Body{JSON: `{"a":1}`, IncludeEmailAndWorkflowID: true})}, step("a@x.com", pat, promotion), "/x", ""},
		"PATCH has one":                          {"PATCH", "/x", nil, step("a@x.com", pat, promotion), "/x", promotion},
		"C11: includeTriggerData off":            {"POST", "/x", []func(*schema.Webhook){noTriggerData}, step("a@x.com", pat, promotion), "/x", `{}`},
		"B13, C35: form pairs as a browser writes them, missing ones left out": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{Type: schema.BodyURLEncoded, IncludeEmailAndWorkflowID: true, Form: []schema.Pair{
				{Name: "first name", Value: "{{firstName}}"}, {Name: "m", Value: "{{nobody}}"}, {Name: "t", Value: "O'Brien & Söhne *-._~ 1+1"}, {Name: "empty", Value: ""},
			}})},
			step("a+b@x.com", pat, promotion), "/", `first+name=Pat&t=O%27Brien+%26+S%C3%B6hne+*-._%7E+1%2B1&empty=&email=a%2Bb%40x.com&workflowId=12345`,
		},
		"C35: data names no pair": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{Type: schema.BodyURLEncoded, Form: []schema.Pair{{Name: "a", Value: "{{{q}}}"}}, IncludeEmailAndWorkflowID: true})},
			step("a@x.com", `{"q":"1&email=evil"}`, ""), "/", "a=1%26email%3Devil&email=a%40x.com&workflowId=12345",
		},
		"C35: the include-option adds nothing a pair already names": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{Type: schema.BodyURLEncoded, IncludeEmailAndWorkflowID: true, Form: []schema.Pair{{Name: "email", Value: "{{nobody}}"}}})},
			step("a@x.com", pat, promotion), "/", `workflowId=12345`,
		},
		"a form with nothing in it": {
			"POST", "/", []func(*schema.Webhook){body(schema.Body{Type: schema.BodyURLEncoded, Form: []schema.Pair{{Name: "a", Value: "{{nobody}}"}}})}, step("a@x.com", pat, ""), "/", "",
		},
		"B5, B6: values in the URL are encoded once": {
			"GET", "/u?a={{#urlEncode}}{{firstName}} & co{{/urlEncode}}&b={{city}}", nil, step("a@x.com", pat, ""), "/u?a=Pat%20%26%20co&b=San%20Francisco", "",
		},
		"nothing is HTML-escaped": {
			"POST", "/", []func(*schema.Webhook){noTriggerData, body(schema.Body{JSON: `{"n":"{{n}}"}`})}, step("a@x.com", `{"n":"O'Brien <b>&\"</b>"}`, ""), "/", `{"n":"O'Brien <b>&\"</b>"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := listen(t, nil)
			out := d.Dispatch(t.Context(), webhook(c.method, w.URL+c.path, c.edit...), c.step)
			if c.step.Tile.Type == schema.CallWebhook {
				expect(t, out, schema.Delivered, schema.ReasonDelivered, 200)
			}
			got := w.only(t)
			if diff := cmp.Diff([]string{c.method, c.wantURI, c.wantBody}, []string{got.method, got.uri, got.body}); diff != "" {
				t.Error(diff)
			}
			if te := got.header.Get("Transfer-Encoding"); te != "" {
				t.Errorf("Transfer-Encoding %q", te)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	w := listen(t, nil)
	s := step("a@x.com", `{"plan":"gold","note":"a\r\nX-Evil: 1"}`, "")
	s.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	d.Dispatch(t.Context(), webhook("POST", w.URL, headers(
		header("X-Plan", "{{plan}}"), header("x-missing", "{{nobody}}"), header("X-Note", "{{note}}"), header("X-Text", "to {{nobody}}"),
		schema.Header{Name: "X-Api-Key", Value: schema.SecretValue("abc"), Secret: true},
	)), s)
	h := w.only(t).header
	for name, want := range map[string]string{
		"X-Plan": "gold", "X-Note": "a X-Evil: 1", "X-Text": "to", "X-Api-Key": "abc",
		"User-Agent": "journeyhook/test", "Idempotency-Key": "acme:s1", "Content-Type": "application/json", "Authorization": "",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, there := h["X-Missing"]; there {
		t.Error("a header that is nothing but a missing field was sent")
	}
	if tp := h.Get("Traceparent"); !strings.HasPrefix(tp, "00-0af7651916cd43dd8448eb211c80319c-") || strings.Contains(tp, "b7ad6b7169203331") || !strings.HasSuffix(tp, "-01") {
		t.Errorf("traceparent %q is not the same trace with our own span", tp)
	}
}

func TestTheAuthorsContentTypeAndUserAgentWin(t *testing.T) {
	t.Parallel()
	w := listen(t, nil)
	newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL, headers(header("content-type", "application/vnd.api+json"), header("user-agent", "mine"))), step("a@x.com", "", ""))
	h := w.only(t).header
	if h.Get("Content-Type") != "application/vnd.api+json" || h.Get("User-Agent") != "mine" || len(h["Content-Type"]) != 1 {
		t.Errorf("%v", h)
	}
}

func TestATraceIsMadeWhereThereIsNone(t *testing.T) {
	t.Parallel()
	w := listen(t, nil)
	d := newDispatcher(t)
	for _, bad := range []string{"", "nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"} {
		s := step("a@x.com", "", "")
		s.Traceparent = bad
		d.Dispatch(t.Context(), webhook("POST", w.URL), s)
	}
	for _, c := range w.seen() {
		if tp := c.header.Get("Traceparent"); len(tp) != 55 || strings.Contains(tp, strings.Repeat("0", 16)) {
			t.Errorf("traceparent %q", tp)
		}
	}
}

// C53: flags are bits, and what belongs to the trace is carried on.
func TestATraceIsCarriedOn(t *testing.T) {
	t.Parallel()
	const ids = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"
	for came, want := range map[string]string{"00-" + ids + "-03": "-03", "00-" + ids + "-00": "-00", "00-" + ids + "-ff": "-03", "01-" + ids + "-01-more": "-01"} {
		w := listen(t, nil)
		s := step("a@x.com", "", "")
		s.Traceparent, s.Tracestate, s.Baggage = came, "vendor=1,other=2", "tenant=acme"
		newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL), s)
		h := w.only(t).header
		if tp := h.Get("Traceparent"); !strings.HasPrefix(tp, "00-0af7651916cd43dd8448eb211c80319c-") || strings.Contains(tp, "b7ad6b7169203331") || !strings.HasSuffix(tp, want) {
			t.Errorf("%s: %s", came, tp)
		}
		if h.Get("Tracestate") != s.Tracestate || h.Get("Baggage") != s.Baggage {
			t.Errorf("%s: %v", came, h)
		}
	}
	w := listen(t, nil)
	s := step("a@x.com", "", "")
	s.Baggage = "tenant=acme"
	newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL, headers(header("baggage", "mine=1"))), s)
	if h := w.only(t).header; h.Get("Baggage") != "mine=1" || len(h["Baggage"]) != 1 || len(h["Tracestate"]) > 0 {
		t.Errorf("%v", h)
	}
}

func TestAStepWithoutATraceHasOneForAllItsAttempts(t *testing.T) {
	t.Parallel()
	w := listen(t, nil)
	for _, id := range []string{"s1", "s1", "s2"} {
		s := step("a@x.com", "", "")
		s.ID = id
		newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL), s)
	}
	var traces, spans []string
	for _, c := range w.seen() {
		tp := c.header.Get("Traceparent")
		if !strings.HasSuffix(tp, "-00") {
			t.Errorf("C53: %s is sampled", tp)
		}
		traces, spans = append(traces, tp[3:35]), append(spans, tp[36:52])
	}
	if traces[0] != traces[1] || traces[0] == traces[2] || spans[0] == spans[1] {
		t.Errorf("C53: traces %v, spans %v", traces, spans)
	}
}

func TestBasicSendsTheTokenVerbatim(t *testing.T) {
	t.Parallel()
	w := listen(t, nil)
	newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL, func(w *schema.Webhook) {
		w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret("not:encoded {{city}}")}
	}), step("a@x.com", pat, ""))
	if got := w.only(t).header.Get("Authorization"); got != "Basic not:encoded {{city}}" {
		t.Errorf("B16: %q", got)
	}
}

// Faults of rendering end without a call.
func TestUnsendable(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	for name, c := range map[string]struct {
		method, endpoint string
		edit             []func(*schema.Webhook)
		step             *schema.Step
		reason           schema.Reason
		detail           string
	}{
		"C14: a missing path segment":            {"GET", "/users/{{nobody}}", nil, step("a@x.com", pat, ""), schema.ReasonRenderFailed, "nobody"},
		"C40: a segment of dots":                 {"GET", "/users/{{d}}/x", nil, step("a@x.com", `{"d":".."}`, ""), schema.ReasonRenderFailed, ""},
		"B7: an API key made by rendering":       {"GET", "/x?{{k}}=1", nil, step("a@x.com", `{"k":"Api-Key"}`, ""), schema.ReasonInvalidURL, "API key"},
		"C36: percent-encoded and in capitals":   {"GET", "/x?a=1&ACCESS%5Ftoken=1", nil, step("a@x.com", "", ""), schema.ReasonInvalidURL, "access_token"},
		"C51: half of a surrogate pair in a URL": {"GET", "/x?a={{a}}", nil, step("a@x.com", `{"a":"\ud83d"}`, ""), schema.ReasonRenderFailed, "half of a surrogate pair"},
		"C51: one in a form":                     {"POST", "/", []func(*schema.Webhook){body(schema.Body{Type: schema.BodyURLEncoded, Form: []schema.Pair{{Name: "a", Value: "{{a}}"}}})}, step("a@x.com", `{"a":"\ud83d"}`, ""), schema.ReasonRenderFailed, "half of a surrogate pair"},
		"skip":                                   {"POST", "/", []func(*schema.Webhook){body(schema.Body{JSON: `{{#if plan}}{}{{else}}{{skip "no plan"}}{{/if}}`})}, step("a@x.com", pat, ""), schema.ReasonSkipped, "no plan"},
		"C17: a header over 8 KiB":               {"POST", "/", []func(*schema.Webhook){headers(header("X-A", "{{long}}"))}, step("a@x.com", `{"long":"`+strings.Repeat("x", 9000)+`"}`, ""), schema.ReasonRenderFailed, ""},
		"a profile tile on a POST webhook":       {"POST", "/", nil, profileTile(step("a@x.com", pat, "")), schema.ReasonInvalidWebhook, "GET"},
		"a template that does not compile":       {"POST", "/{{", nil, step("a@x.com", pat, ""), schema.ReasonInvalidWebhook, "endpoint: line 1"},
		"an email in a profile that is too deep": {"POST", "/", nil, step("a@x.com", strings.Repeat(`{"a":`, 100)+"1"+strings.Repeat("}", 100), ""), schema.ReasonRenderFailed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := listen(t, nil)
			out := d.Dispatch(t.Context(), webhook(c.method, w.URL+c.endpoint, c.edit...), c.step)
			expect(t, out, schema.Refused, c.reason, 0)
			contains(t, "detail", out.Detail, c.detail)
			if calls := w.seen(); len(calls) > 0 {
				t.Errorf("it was called: %+v", calls)
			}
		})
	}
}

func TestAWebhookWithAFaultIsInvalid(t *testing.T) {
	t.Parallel()
	w := listen(t, nil)
	hook := webhook("POST", w.URL)
	hook.Fault = "the stored definition can't be read"
	expect(t, newDispatcher(t).Dispatch(t.Context(), hook, step("a@x.com", "", "")), schema.Refused, schema.ReasonInvalidWebhook, 0)
}

func TestSchemesAndPorts(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	strict := newDispatcher(t)
	strict.AllowHTTP = false
	open := func(w *schema.Webhook) { w.AllowDynamicHost = true }
	s := step("a@x.com", `{"u":"ftp://x.example.com/","h":"a b","user":"https://u:p@example.com/","port":"99999"}`, "")
	for _, endpoint := range []string{"https://{{h}}.example.com/", "{{{u}}}", "{{{user}}}", "https://example.com:{{port}}/"} {
		out := d.Dispatch(t.Context(), webhook("GET", endpoint, open), s)
		if out.Verdict != schema.Refused || out.Reason != schema.ReasonInvalidURL {
			t.Errorf("C18: %s: %s %s", endpoint, out.Reason, out.Detail)
		}
	}
	out := strict.Dispatch(t.Context(), webhook("GET", "http://example.com/"), s)
	expect(t, out, schema.Refused, schema.ReasonInvalidURL, 0)
	contains(t, "detail", out.Detail, "EGRESS_ALLOW_HTTP")
}

func TestAMissingValueDoesNotDropOurOwnHeaders(t *testing.T) {
	t.Parallel()
	w := listen(t, nil)
	newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL, headers(header("Content-Type", "{{nobody}}"), header("User-Agent", "{{nobody}}"))), step("a@x.com", "", ""))
	if h := w.only(t).header; h.Get("Content-Type") != "application/json" || h.Get("User-Agent") != "journeyhook/test" {
		t.Errorf("%v", h)
	}
}

func TestSkipReasonsHoldNoData(t *testing.T) {
	t.Parallel()
	out := newDispatcher(t).Dispatch(t.Context(), webhook("POST", "http://127.0.0.1:9", body(schema.Body{JSON: `{{skip email}}`})), step("a@x.com", "", ""))
	if expect(t, out, schema.Refused, schema.ReasonSkipped, 0); strings.Contains(out.Detail, "a@x.com") {
		t.Errorf("the detail shows data: %s", out.Detail)
	}
}

func TestLoggedURLsHideWhatExpressionsPutThere(t *testing.T) {
	t.Parallel()
	w := listen(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{}`)) })
	out := newDispatcher(t).Dispatch(t.Context(), webhook("GET", w.URL+"/users/{{firstName}}?work_email={{city}}&fixed=1"), profileTile(step("pat@x.com", pat, "")))
	if want := w.URL + "/users/…?work_email=…&fixed=1&email=…"; out.Call.URL != want {
		t.Errorf("logged %q, want %q", out.Call.URL, want)
	}
}
