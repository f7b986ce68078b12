// Command client uses the API through what oapi-codegen makes of its description; client.gen.go is made beside it.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run creates, reads, lists, copies, pauses and deletes a webhook.
func run(ctx context.Context, url, token string) error {
	c, err := NewClientWithResponses(url, WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	if err != nil {
		return err
	}
	hook := Webhook{Project: "acme", Id: "generated", Name: "By a generated client", Method: "POST", Endpoint: "https://api.example.com/"}
	isNew := PutWebhookParamsIfNoneMatch("*")
	put, err := c.PutWebhookWithResponse(ctx, "acme", "generated", &PutWebhookParams{IfNoneMatch: &isNew}, hook)
	if err != nil || put.JSON201 == nil || !put.JSON201.Changed {
		return fmt.Errorf("put: %v, %s", err, put.Body)
	}
	get, err := c.GetWebhookWithResponse(ctx, "acme", "generated", nil)
	if err != nil || get.JSON200 == nil || get.JSON200.Name != hook.Name {
		return fmt.Errorf("get: %v, %s", err, get.Body)
	}
	tag := get.HTTPResponse.Header.Get("ETag")
	again, err := c.GetWebhookWithResponse(ctx, "acme", "generated", &GetWebhookParams{IfNoneMatch: &tag})
	if err != nil || again.StatusCode() != http.StatusNotModified {
		return fmt.Errorf("get again: %v, %s", err, again.Status())
	}
	list, err := c.ListWebhooksWithResponse(ctx, "acme", nil)
	if err != nil || list.JSON200 == nil || len(list.JSON200.Items) != 1 || list.JSON200.Items[0].Id != "generated" {
		return fmt.Errorf("list: %v, %s", err, list.Body)
	}
	copied, err := c.CopyWebhookWithResponse(ctx, "acme", "generated", CopyWebhookJSONRequestBody{Id: "second"})
	if err != nil || copied.JSON201 == nil {
		return fmt.Errorf("copy: %v, %s", err, copied.Body)
	}
	paused, err := c.PauseWebhookWithResponse(ctx, "acme", "second", nil)
	if err != nil || paused.JSON200 == nil {
		return fmt.Errorf("pause: %v, %s", err, paused.Body)
	}
	bad, err := c.PutWebhookWithResponse(ctx, "acme", "generated", &PutWebhookParams{IfMatch: &tag}, Webhook{Project: "acme", Id: "generated"})
	if err != nil || bad.ApplicationproblemJSONDefault == nil || bad.ApplicationproblemJSONDefault.Errors == nil {
		return fmt.Errorf("a bad put: %v, %s", err, bad.Body)
	}
	gone, err := c.DeleteWebhooksWithResponse(ctx, "acme", &DeleteWebhooksParams{Id: []string{"generated", "second"}})
	if err != nil || gone.JSON200 == nil || len(gone.JSON200.Items) != 2 || !gone.JSON200.Items[0].Deleted || !gone.JSON200.Items[1].Deleted {
		return fmt.Errorf("delete: %v, %s", err, gone.Body)
	}
	return nil
}
