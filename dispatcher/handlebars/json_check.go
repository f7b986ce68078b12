package handlebars

import "slices"

// jsonPlace is one place in a JSON text the output may have reached: the open brackets and
// what may come next.
type jsonPlace struct {
	open  string
	state jsonState
}

// maxPlaces bounds how many places are followed at once, maxVisits how often a node is met by
// one of them. A body whose conditions and loops make more is checked when it is rendered.
const (
	maxPlaces = 64
	maxVisits = 1 << 20
)

// jsonChecker follows all places the output of a body may have reached, through every
// branch, and refuses a token that fits none of them.
type jsonChecker struct {
	c       *compiler
	literal jsonToken // the token before, if no tag stands between; else jsonValue
	visits  int
	gaveUp  bool
}

func (c *compiler) checkJSON(nodes []node) *SyntaxError {
	k := jsonChecker{c: c, literal: jsonValue}
	places, err := k.nodes(nodes, []jsonPlace{{}})
	if err != nil || k.gaveUp {
		return err
	}
	for _, at := range places {
		if at.open == "" && (at.state == wantEnd || at.state == wantValue) {
			return nil
		}
	}
	return k.fault(len(c.source), places[0].state)
}

func (k *jsonChecker) fault(at int, state jsonState) *SyntaxError {
	return k.c.fault(at, "the body can't be JSON here: expected %s", jsonWants[state])
}

func (k *jsonChecker) nodes(nodes []node, places []jsonPlace) (_ []jsonPlace, err *SyntaxError) {
	for i := range nodes {
		n := &nodes[i]
		if k.visits += len(places); k.visits > maxVisits {
			k.gaveUp = true
			return places, nil
		}
		switch n.kind {
		case nodeJSON:
			if err := k.repeated(n, places[0]); err != nil {
				return nil, err
			}
			k.literal = n.token
			places, err = k.token(n.at, n.token, places)
		case nodePrint:
			k.literal = jsonValue
			if !n.quoted {
				places, err = k.token(n.at, jsonValue, places)
			}
		case nodeDo, nodeCapture:
		default:
			k.literal = jsonValue
			places, err = k.block(n, places)
			k.literal = jsonValue
		}
		if err != nil || k.gaveUp {
			return places, err
		}
	}
	return places, nil
}

// repeated refuses what only a condition may leave: a comma behind a comma or a bracket, and
// a colon without a value.
func (k *jsonChecker) repeated(n *node, at jsonPlace) *SyntaxError {
	ends := n.token == jsonComma || n.token == jsonCloseObject
	switch k.literal {
	case jsonKey, jsonColon:
		if ends {
			return k.fault(n.at, wantValue)
		}
	case jsonComma, jsonOpenObject, jsonOpenArray:
		if n.token == jsonComma {
			return k.fault(n.at, at.state)
		}
	}
	return nil
}

// token moves every place over a token and drops those it can't follow.
func (k *jsonChecker) token(at int, token jsonToken, places []jsonPlace) ([]jsonPlace, *SyntaxError) {
	var next []jsonPlace
	tooDeep := false
	for _, p := range places {
		var in byte
		if len(p.open) > 0 {
			in = p.open[len(p.open)-1]
		}
		state, ok := advance(p.state, in, token)
		if !ok {
			continue
		}
		p.state = state
		switch token {
		case jsonOpenObject:
			p.open += "{"
		case jsonOpenArray:
			p.open += "["
		case jsonCloseObject, jsonCloseArray:
			if p.open = p.open[:len(p.open)-1]; p.open == "" {
				p.state = wantEnd
			}
		}
		if len(p.open) > maxDepth {
			tooDeep = true
			continue
		}
		if !slices.Contains(next, p) {
			next = append(next, p)
		}
	}
	switch {
	case len(next) > 0:
		return next, nil
	case tooDeep:
		return nil, k.c.fault(at, "the body is nested deeper than %d levels", maxDepth)
	}
	return nil, k.fault(at, places[0].state)
}

// block follows both branches. A loop's body must also fit behind itself, until a round
// leads to no place that it did not start from.
func (k *jsonChecker) block(n *node, places []jsonPlace) ([]jsonPlace, *SyntaxError) {
	body, err := k.nodes(n.body, places)
	if err != nil || k.gaveUp {
		return nil, err
	}
	k.literal = jsonValue
	other, err := k.nodes(n.other, places)
	if err != nil || k.gaveUp {
		return nil, err
	}
	all, started := join(other, body), places
	for n.kind == nodeEach || n.kind == nodeSection {
		before := len(started)
		if started = join(started, body); len(started) == before || len(all) > maxPlaces {
			break
		}
		k.literal = jsonValue
		again, err := k.nodes(n.body, body)
		if err != nil && n.kind == nodeSection {
			break // it may never be a list
		}
		if err != nil {
			err.Message += "; each round of a loop must end with a comma, one too many does no harm"
		}
		if err != nil || k.gaveUp {
			return nil, err
		}
		all, body = join(all, again), again
	}
	k.gaveUp = len(all) > maxPlaces
	return all, nil
}

func join(a, b []jsonPlace) []jsonPlace {
	a = slices.Clone(a)
	for _, p := range b {
		if !slices.Contains(a, p) {
			a = append(a, p)
		}
	}
	return a
}
