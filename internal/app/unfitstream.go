package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// unfitStream is what a stream that is there lacks. Guarantees rest on those that steps, results and profile updates are in.
func unfitStream(s Stores, have, want jetstream.StreamConfig) []unfit {
	n := s.Names()
	_, rests := core(n)[want.Name]
	rests = rests || want.Name == n.Profiles()
	var all []unfit
	add := func(breaks bool, setting string, is, must any, why, remedy string) {
		all = append(all, unfit{"stream " + want.Name, setting, is, must, why, remedy, breaks && rests})
	}
	edit := "change it with: nats stream edit " + want.Name + " "
	anew := "NATS can't change it: remove the stream and make it as hookctl streams prints it"
	queue := want.Retention == jetstream.WorkQueuePolicy
	if have.Retention != want.Retention {
		why := "since readers would miss what another one has read"
		if queue {
			why = "since what is done would stay, and limits or other readers decide what goes"
		}
		add(true, "retention", named(have.Retention), named(want.Retention), why, anew)
	}
	if have.Storage != want.Storage {
		add(true, "storage", named(have.Storage), named(want.Storage), "since a restart of NATS would lose what is in it", anew)
	}
	if have.NoAck {
		add(true, "no_ack", true, false, "since nobody would know what was stored", edit+"--ack")
	}
	if have.Duplicates < 2*ackWait {
		add(true, "duplicate_window", have.Duplicates, fmt.Sprint("at least ", 2*ackWait), "since a publish that is repeated after a crash would be stored twice", edit+"--dupe-window "+s.DuplicateWindow.String())
	}
	if queue && drops(have) {
		add(true, "max_age, max_msgs, max_bytes, max_msgs_per_subject, discard", limitsOf(have), "without an age, and without sizes unless discard is new",
			"since steps that still wait would be removed and have no result", edit+"--max-age -1 --max-msgs -1 --max-bytes -1 --max-msgs-per-subject -1")
	}
	if want.MaxConsumers > 0 && have.MaxConsumers < want.MaxConsumers {
		add(false, "max_consumers", have.MaxConsumers, want.MaxConsumers, "since more webhooks with a backlog than that wait for their turns", edit+"--max-consumers "+fmt.Sprint(want.MaxConsumers))
	}
	for _, need := range addresses(n, want) {
		if slices.ContainsFunc(have.Subjects, func(h string) bool { return covers(h, need) }) {
			continue
		}
		some := slices.ContainsFunc(have.Subjects, func(h string) bool { return covers(need, h) })
		why := "since nothing could be stored under it"
		if some {
			why = "since only some of it could be stored"
		}
		add(!some, "subjects", have.Subjects, "wide enough for "+need, why, edit+"--subjects "+strings.Join(want.Subjects, ","))
	}
	return all
}

func limitsOf(c jetstream.StreamConfig) string {
	return fmt.Sprintf("%s, %d, %d, %d, %s", c.MaxAge, c.MaxMsgs, c.MaxBytes, c.MaxMsgsPerSubject, c.Discard)
}

// addresses are the subjects that are published to in a stream: a project and what follows have one part each.
func addresses(n schema.Names, c jetstream.StreamConfig) []string {
	switch c.Name {
	case n.Steps():
		return []string{n.StepSubject("*", "*")}
	case n.Results():
		return []string{n.ResultSubject("*", 0, schema.Continue), n.ResultSubject("*", 0, schema.Exit)}
	case n.Attempts():
		return []string{n.AttemptSubject("*", "*")}
	}
	return c.Subjects
}

// covers reports whether a subject with wildcards takes in all of another one.
func covers(wide, narrow string) bool {
	w, n := strings.Split(wide, "."), strings.Split(narrow, ".")
	for i, token := range w {
		switch {
		case i >= len(n):
			return false
		case token == ">":
			return true
		case n[i] == ">", token != "*" && token != n[i]:
			return false
		}
	}
	return len(w) == len(n)
}
