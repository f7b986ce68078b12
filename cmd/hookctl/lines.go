package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// resultLine is a result on one line for people.
func resultLine(r schema.Result) string {
	line := fmt.Sprintf("%s  %-8s  %-17s  status %-3d  attempts %d  %s/%s  step %s",
		r.FinishedAt.Format(time.TimeOnly), r.Outcome, r.Reason, r.Status, r.Attempts, r.ProjectID, r.WebhookID, r.StepID)
	return withDetail(line, r.Detail)
}

func attemptLine(a schema.Attempt) string {
	line := fmt.Sprintf("%s  attempt %d  %-8s  %-17s  status %-3d  %7.1f ms  %s/%s  %s %s  step %s",
		a.At.Format(time.TimeOnly), a.Attempt, a.Next, a.Reason, a.Status, a.TookMS, a.ProjectID, a.WebhookID, a.Method, a.URL, a.StepID)
	if a.WaitMS > 0 {
		line += fmt.Sprintf("  again in %s", time.Duration(a.WaitMS)*time.Millisecond)
	}
	return withDetail(line, a.Detail)
}

func notificationLine(n schema.Notification) string {
	line := fmt.Sprintf("%s  %-20s  %-17s  status %-3d  %d×  %s/%s",
		n.LastAt.Format(time.TimeOnly), n.Kind, n.Reason, n.Status, n.Count, n.ProjectID, n.WebhookID)
	return withDetail(line, n.Sample.Detail)
}

func withDetail(line, detail string) string {
	if detail == "" {
		return line
	}
	return line + "\n          " + strings.TrimSpace(detail)
}
