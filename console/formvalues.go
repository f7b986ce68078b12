package console

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/schema"
)

// formValues is a definition as a form's fields: the other way round than readForm. Secrets must be
// masked.
func formValues(w *schema.Webhook) url.Values {
	v := url.Values{}
	put := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	flag := func(name string, on bool) {
		if on {
			v.Set(name, "on")
		}
	}
	pairs := func(list string, all []schema.Pair) {
		for i, p := range all {
			v.Set(fmt.Sprintf("%s.%d.name", list, i), p.Name)
			v.Set(fmt.Sprintf("%s.%d.value", list, i), p.Value)
		}
	}
	put("name", w.Name)
	put("id", w.ID)
	put("destination", w.Destination)
	put("method", w.Method)
	put("endpoint", w.Endpoint)
	put("state", string(w.State))
	flag("allowDynamicHost", w.AllowDynamicHost)
	put("auth.type", string(w.Auth.Type))
	put("auth.token", w.Auth.Token.String())
	put("auth.clientId", w.Auth.ClientID)
	put("auth.clientSecret", w.Auth.ClientSecret.String())
	put("auth.tokenUrl", w.Auth.TokenURL)
	put("auth.scope", w.Auth.Scope)
	put("auth.audience", w.Auth.Audience)
	put("auth.clientAuth", w.Auth.ClientAuth)
	flag("auth.honorExpiresIn", w.Auth.HonorExpiresIn)
	pairs("auth.params", w.Auth.Params)
	for i, h := range w.Headers {
		row := "headers." + strconv.Itoa(i)
		v.Set(row+".name", h.Name)
		v.Set(row+".value", h.Value.String())
		if !h.Secret {
			v.Set(row+".value", h.Value.Text())
		}
		flag(row+".secret", h.Secret)
	}
	put("body.type", string(w.Body.Type))
	put("body.json", w.Body.JSON)
	for i, name := range w.Body.UserFields {
		v.Set("body.userFields."+strconv.Itoa(i), name)
	}
	pairs("body.form", w.Body.Form)
	flag("body.includeEmailAndWorkflowId", w.Body.IncludeEmailAndWorkflowID)
	flag("body.includeTriggerData", w.Body.IncludeTriggerData)
	var success []string
	for _, status := range w.Success {
		success = append(success, status.String())
	}
	put("success", strings.Join(success, ", "))
	put("retry.statuses", strings.Trim(strings.ReplaceAll(fmt.Sprint(w.Retry.Statuses), " ", ", "), "[]"))
	put("retry.delay", w.Retry.Delay.String())
	put("retry.max", strconv.Itoa(w.Retry.Max))
	flag("retry.honorRetryAfter", w.Retry.HonorRetryAfter)
	put("timeout", w.Timeout.String())
	put("limits.rate", strconv.FormatFloat(w.Limits.Rate, 'f', -1, 64))
	put("limits.concurrency", strconv.Itoa(w.Limits.Concurrency))
	for i, s := range w.Signing.Secrets {
		v.Set("signing.secrets."+strconv.Itoa(i), s.String())
	}
	flag("log.bodies", w.Log.Bodies)
	return v
}

// withoutSecrets is what may be shown again of what was sent: a typed secret never is, and has to be
// typed again. forgot says that there was one.
func withoutSecrets(v url.Values) (shown url.Values, forgot bool) {
	shown = url.Values{}
	for name, values := range v {
		shown[name] = slices.Clone(values)
	}
	for name := range shown {
		value := shown.Get(name)
		if value == "" || value == schema.Masked || !secretField(v, name) {
			continue
		}
		shown.Set(name, "")
		forgot = true
	}
	return shown, forgot
}

func secretField(v url.Values, name string) bool {
	if name == "auth.token" || name == "auth.clientSecret" || strings.HasPrefix(name, "signing.secrets.") {
		return true
	}
	row, ok := strings.CutSuffix(name, ".value")
	return ok && strings.HasPrefix(name, "headers.") && v.Has(row+".secret")
}
