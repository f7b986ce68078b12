package handlebars

// fuseJSON joins tokens that always follow each other, so that a member costs fewer of them:
// a key and the string that starts behind it, the end of a string and its comma.
func fuseJSON(nodes []node) []node {
	fused := nodes[:0]
	for i := range nodes {
		n := nodes[i]
		if n.block != nil && n.kind != nodeCapture {
			n.body, n.other = fuseJSON(n.body), fuseJSON(n.other)
		}
		if len(fused) > 0 && n.kind == nodeJSON {
			before := &fused[len(fused)-1]
			isJSON := before.kind == nodeJSON
			if isJSON && before.token == jsonKey && !before.opens && n.token == jsonStringStart {
				before.opens = true
				continue
			}
			if isJSON && before.token == jsonStringEnd && !before.comma && n.token == jsonComma {
				before.comma = true
				continue
			}
		}
		fused = append(fused, n)
	}
	return fused
}

// openKeys is what is known of an open bracket's keys while the nodes are read in order.
type openKeys struct {
	at     int // the opening token among the nodes
	keys   map[string]bool
	unsure bool // an expression or a block may add keys
}

// markKnown finds the objects whose keys are all written out, and refuses a key that stands
// twice in one. Rendering compares the keys of the others.
func (c *compiler) markKnown(nodes []node) *SyntaxError {
	var open []openKeys
	for i := range nodes {
		n := &nodes[i]
		if n.block != nil && n.kind != nodeCapture {
			if err := c.markKnown(n.body); err != nil {
				return err
			}
			if err := c.markKnown(n.other); err != nil {
				return err
			}
			if len(open) > 0 {
				open[len(open)-1].unsure = true
			}
			if !balanced(n.body) || !balanced(n.other) {
				return nil // brackets are closed where they were not opened
			}
		}
		if n.kind != nodeJSON {
			continue
		}
		switch n.token {
		case jsonOpenObject, jsonOpenArray:
			open = append(open, openKeys{at: i, keys: map[string]bool{}})
		case jsonCloseObject, jsonCloseArray:
			if len(open) == 0 {
				continue
			}
			last := open[len(open)-1]
			open = open[:len(open)-1]
			nodes[last.at].known = !last.unsure
		case jsonColon:
			if len(open) > 0 {
				open[len(open)-1].unsure = true
			}
		case jsonKey:
			if len(open) == 0 {
				continue
			}
			last := open[len(open)-1]
			if last.keys[n.text] {
				return c.fault(n.at, "the key %s stands in this object already", n.text[:len(n.text)-1])
			}
			last.keys[n.text] = true
		}
	}
	return nil
}

// balanced reports whether nodes close just the brackets they open.
func balanced(nodes []node) bool {
	depth := 0
	for i := range nodes {
		n := &nodes[i]
		if n.block != nil && n.kind != nodeCapture && (!balanced(n.body) || !balanced(n.other)) {
			return false
		}
		if n.kind != nodeJSON {
			continue
		}
		switch n.token {
		case jsonOpenObject, jsonOpenArray:
			depth++
		case jsonCloseObject, jsonCloseArray:
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}
