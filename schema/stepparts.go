package schema

import (
	"bytes"
	"errors"

	"github.com/journeyhook/journeyhook/internal/jsontext"
)

// part is one of the members of a step that anyone here reads.
type part int

const (
	partID part = iota
	partProjectID
	partWorkflowID
	partWebhookID
	partReachedAt
	partTile
	partTileID
	partTileType
	partUser
	partEmail
	partUserID
	partProfile
	partTrigger
	partTriggerType
	partDataFields
	parts
)

// rawParts are the parts as they were written, nil for those that are not there.
type rawParts [parts][]byte

// object names the members of an object that are parts.
type object []struct {
	name   string
	part   part
	inside object
}

var (
	stepObject = object{
		{"id", partID, nil}, {"projectId", partProjectID, nil}, {"workflowId", partWorkflowID, nil},
		{"webhookId", partWebhookID, nil}, {"reachedAt", partReachedAt, nil},
		{"tile", partTile, tileObject}, {"user", partUser, userObject}, {"trigger", partTrigger, triggerObject},
	}
	tileObject    = object{{"id", partTileID, nil}, {"type", partTileType, nil}}
	userObject    = object{{"email", partEmail, nil}, {"userId", partUserID, nil}, {"profile", partProfile, nil}}
	triggerObject = object{{"type", partTriggerType, nil}, {"dataFields", partDataFields, nil}}
)

// maxStepDepth is how deep a step's JSON may nest. Templates read less; see their own limit.
const maxStepDepth = 10_000

// splitStep checks a step's JSON and finds its parts, in one pass.
func splitStep(data []byte) (raw rawParts, err error) {
	i := jsontext.Space(data, 0)
	var end int
	if i < len(data) && data[i] == '{' {
		end, err = raw.split(data, i, stepObject)
	} else if end, err = jsontext.Value(data, i, maxStepDepth); err == nil && data[i] != 'n' { // null counts as empty
		return raw, errors.New("it is " + kindOf(data[i:]))
	}
	if err == nil {
		err = jsontext.End(data, end)
	}
	return raw, err
}

// split finds the parts of the object at data[i]. Of members with equal keys the last one counts.
func (raw *rawParts) split(data []byte, i int, o object) (end int, err error) {
	return jsontext.Members(data, i, func(key, keyEnd, value int) (end int, err error) {
		name := data[key+1 : keyEnd-1]
		if bytes.IndexByte(name, '\\') >= 0 { // a key with escapes is the key that they spell
			decoded, _ := text(data[key:keyEnd])
			name = []byte(decoded)
		}
		for n := range o {
			if o[n].name != string(name) {
				continue
			}
			for _, inner := range o[n].inside {
				raw[inner.part] = nil
			}
			if o[n].inside != nil && value < len(data) && data[value] == '{' {
				end, err = raw.split(data, value, o[n].inside)
			} else {
				end, err = jsontext.Value(data, value, maxStepDepth)
			}
			if err == nil {
				raw[o[n].part] = data[value:end]
			}
			return end, err
		}
		return jsontext.Value(data, value, maxStepDepth)
	})
}
