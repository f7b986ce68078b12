package schema

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// stepKeys are keys that are hard to tell from ids, and any others.
func stepKeys() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := Step{
			ProjectID: rapid.SampledFrom([]string{"p", "1", "p-1", "_"}).Draw(t, "project"),
			ID:        rapid.OneOf(rapid.StringMatching(`[x:1]{1,9}`), rapid.StringMatching(`[A-Za-z0-9._:-]{1,128}`)).Draw(t, "step"),
		}
		if !ValidID(s.ProjectID) || !ValidStepID(s.ID) {
			t.Fatalf("%q is no key", s.Key())
		}
		return s.Key()
	})
}

func progresses() *rapid.Generator[Progress] {
	return rapid.Custom(func(t *rapid.T) Progress {
		return Progress{Attempt: rapid.IntRange(1, 12).Draw(t, "attempt"), Move: rapid.OneOf(rapid.IntRange(1, 12), rapid.IntRange(1, 1<<40)).Draw(t, "move")}
	})
}

func TestIDsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key, p := stepKeys().Draw(t, "key"), progresses().Draw(t, "progress")
		if got, move := CutMoveID(p.MoveID(key)); got != key || move != p.Move {
			t.Fatalf("the move %q reads as move %d of %q", p.MoveID(key), move, got)
		}
		if got, move := CutCopyID(p.CopyID(key)); got != key || move != p.Move {
			t.Fatalf("the copy %q reads as move %d of %q", p.CopyID(key), move, got)
		}
		if got, move := CutCopyID(IDInSteps(nil, key)); got != "" {
			t.Fatalf("a producer's %q reads as move %d of %q", key, move, got)
		}
		header := map[string][]string{}
		p.Write(header)
		if got := IDInSteps(header, p.MoveID(key)); got != p.CopyID(key) {
			t.Fatalf("an earlier version's copy %q is read as %q", p.MoveID(key), got)
		}
		if got := IDInSteps(header, p.CopyID(key)); got != p.CopyID(key) {
			t.Fatalf("the copy %q is read as %q", p.CopyID(key), got)
		}
	})
}

// In one stream no two messages share an id unless they are the same move, or the same step.
func TestIDsAreOfOneMessageOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		queue, steps := map[string]string{}, map[string]string{}
		note := func(ids map[string]string, id, what string) {
			if other, there := ids[id]; there && other != what {
				t.Fatalf("%q is the id of %s and of %s", id, other, what)
			}
			ids[id] = what
		}
		for _, key := range rapid.SliceOfN(stepKeys(), 1, 12).Draw(t, "keys") {
			p := progresses().Draw(t, "progress")
			place := " at attempt " + strconv.Itoa(p.Attempt) + ", move " + strconv.Itoa(p.Move)
			for _, one := range []string{key, p.MoveID(key)} { // a step may be called like another one's move
				note(queue, p.MoveID(one), one+place)
				note(steps, p.CopyID(one), one+place)
				note(steps, one, one+" itself")
			}
		}
	})
}
