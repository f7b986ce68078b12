package schema

import (
	"strconv"
	"strings"
)

// Ids of messages say whose they are. In RETRIES and BACKLOG each is a move's. In STEPS they are producers' own, which are
// steps' keys, and copies': a step may be called as if it were another one's move there, but never like a copy.

// MoveID is the Nats-Msg-Id of a move to a lane or the backlog: <project>:<step>:<attempt>:<move>.
func (p Progress) MoveID(stepKey string) string { return p.id(stepKey, ":") }

// CutMoveID reads a move's id back; "" when it is none. Only numbers follow the step's key, which may have colons.
func CutMoveID(id string) (stepKey string, move int) {
	stepKey, p := cutID(id, ":")
	return stepKey, p.Move
}

// copyMark stands in no step's key.
const copyMark = "/"

// CopyID is the Nats-Msg-Id of a step that is stored once more in STEPS: <project>:<step>/<attempt>/<move>.
func (p Progress) CopyID(stepKey string) string { return p.id(stepKey, copyMark) }

// CutCopyID reads a copy's id back; "" when it is none, as a producer's.
func CutCopyID(id string) (stepKey string, move int) {
	stepKey, p := cutID(id, copyMark)
	return stepKey, p.Move
}

// IDInSteps is a message's id in STEPS. Workers before this version gave copies ids like those of moves, which a producer's
// may be, too; theirs also have a move's headers, and are turned into what they would be now.
func IDInSteps(header map[string][]string, id string) string {
	stepKey, p := cutID(id, ":")
	if stepKey == "" || p.Move == 0 || header[HeaderMove] == nil || number(header, HeaderMove) != p.Move || number(header, HeaderAttempt) != p.Attempt {
		return id
	}
	return p.CopyID(stepKey)
}

func (p Progress) id(stepKey, mark string) string {
	return stepKey + mark + strconv.Itoa(p.Attempt) + mark + strconv.Itoa(p.Move)
}

// cutID reads what id writes.
func cutID(id, mark string) (stepKey string, p Progress) {
	end := strings.LastIndex(id, mark)
	if end < 0 {
		return "", p
	}
	start := strings.LastIndex(id[:end], mark)
	if start < 0 {
		return "", p
	}
	var err error
	if p.Attempt, err = strconv.Atoi(id[start+1 : end]); err != nil {
		return "", Progress{}
	}
	if p.Move, err = strconv.Atoi(id[end+1:]); err != nil {
		return "", Progress{}
	}
	return id[:start], p
}
