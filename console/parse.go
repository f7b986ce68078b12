package console

import (
	"bytes"
	"fmt"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	maxNesting = 500 // of a definition's text; far more than one has
	maxFaults  = 100 // that one answer lists
)

// parse reads definitions that anybody may have written: nesting that a parser would drown in is refused
// before it begins.
func (o *Operations) parse(text []byte) ([]*schema.Webhook, []Fault) {
	if nesting(text) > maxNesting {
		return nil, []Fault{{Message: "is nested too deeply", Line: 1, Column: 1}}
	}
	all, faults := o.Parse(text)
	if more := len(faults) - maxFaults; more > 0 {
		faults = append(faults[:maxFaults:maxFaults], Fault{Message: fmt.Sprintf("%d more faults are not listed", more)})
	}
	return all, faults
}

// nesting is how deep a text may be for a parser of JSON or YAML, if not less: brackets, and the list
// and key markers that begin a line. Brackets in texts count too, where they are rarely unbalanced.
func nesting(text []byte) int {
	deepest, open := 0, 0
	for line := range bytes.Lines(text) {
		markers, beginning := 0, true
		for i, c := range line {
			switch c {
			case '[', '{':
				open++
				beginning = false
			case ']', '}':
				open = max(open-1, 0)
				beginning = false
			case '-', '?':
				if beginning && i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t') {
					markers++
				}
			case ' ', '\t':
			default:
				beginning = false
			}
			deepest = max(deepest, open+markers)
		}
	}
	return deepest
}
