package schema

import (
	"strconv"
	"time"

	"github.com/journeyhook/journeyhook/internal/jsontext"
)

// AppendJSON appends the result as encoding/json would write it, at a fraction of the cost: one is written
// for every step.
func (r *Result) AppendJSON(dst []byte) []byte {
	w := jsontext.Writer{Out: append(dst, '{')}
	w.Text("stepId", r.StepID)
	w.Text("projectId", r.ProjectID)
	w.Int("workflowId", r.WorkflowID)
	w.Text("tileId", r.TileID)
	w.Text("webhookId", r.WebhookID)
	w.Key("user")
	w.Out = append(w.Out, '{')
	w.Text("email", r.User.Email)
	optional(&w, "userId", r.User.UserID)
	w.Out = append(w.Out, '}')
	w.Text("outcome", string(r.Outcome))
	w.Text("reason", string(r.Reason))
	w.Int("status", int64(r.Status))
	w.Int("attempts", int64(r.Attempts))
	revision(&w, r.Revision)
	optional(&w, "detail", r.Detail)
	moment(&w, "finishedAt", r.FinishedAt)
	return append(w.Out, '}')
}

// AppendJSON appends the attempt likewise.
func (a *Attempt) AppendJSON(dst []byte) []byte {
	w := jsontext.Writer{Out: append(dst, '{')}
	w.Text("stepId", a.StepID)
	w.Text("projectId", a.ProjectID)
	w.Text("webhookId", a.WebhookID)
	revision(&w, a.Revision)
	w.Int("attempt", int64(a.Attempt))
	w.Int("tokenRefreshes", int64(a.TokenRefreshes))
	w.Text("method", a.Method)
	w.Text("url", a.URL)
	w.Int("status", int64(a.Status))
	w.Text("reason", string(a.Reason))
	w.Text("next", string(a.Next))
	w.Int("waitMs", a.WaitMS)
	w.Float("tookMs", a.TookMS)
	w.Float("dnsMs", a.DNSMS)
	w.Float("connectMs", a.ConnectMS)
	w.Float("tlsMs", a.TLSMS)
	w.Float("firstByteMs", a.FirstByteMS)
	w.Int("requestBytes", a.RequestBytes)
	w.Int("responseBytes", a.ResponseBytes)
	optional(&w, "responseSnippet", a.ResponseSnippet)
	optional(&w, "requestBody", a.RequestBody)
	optional(&w, "detail", a.Detail)
	w.Text("worker", a.Worker)
	moment(&w, "at", a.At)
	return append(w.Out, '}')
}

func optional(w *jsontext.Writer, key, value string) {
	if value != "" {
		w.Text(key, value)
	}
}

func revision(w *jsontext.Writer, n uint64) {
	w.Key("revision")
	w.Out = strconv.AppendUint(w.Out, n, 10)
}

func moment(w *jsontext.Writer, key string, at time.Time) {
	w.Key(key)
	w.Out = append(w.Out, '"')
	w.Out = append(at.AppendFormat(w.Out, time.RFC3339Nano), '"')
}
