package handlebars

// jsonToken is a piece of a JSON body between which nothing but white space stands.
type jsonToken uint8

const (
	jsonOpenObject jsonToken = iota
	jsonOpenArray
	jsonCloseObject
	jsonCloseArray
	jsonComma
	jsonColon
	jsonScalar      // a number, true, false, null
	jsonString      // a whole string
	jsonKey         // a whole string and the colon behind it
	jsonStringStart // the quote before a string with expressions
	jsonStringText
	jsonStringEnd
	jsonValue // an expression outside of strings
)

// jsonState is what may come next in a JSON text.
type jsonState uint8

const (
	wantValue   jsonState = iota // a value: the body's or the one behind a colon
	wantElement                  // an element of an array, or its end
	wantKey                      // a key, or the end of the object
	wantColon
	wantComma // a comma, or the end of the array or object
	wantEnd
	inKey
	inText // in a string that is a value
)

var jsonWants = [...]string{
	wantValue:   "a value",
	wantElement: "a value or ']'",
	wantKey:     "a key in quotes or '}'",
	wantColon:   "':'",
	wantComma:   "',' or the closing bracket",
	wantEnd:     "nothing more",
	inKey:       "the end of the key",
	inText:      "the end of the text",
}

// after is the state behind a whole value; in is the bracket around it, 0 for none.
func after(in byte) jsonState {
	if in == 0 {
		return wantEnd
	}
	return wantComma
}

// jsonStep is what advance answers.
type jsonStep struct {
	next jsonState
	ok   bool
}

// jsonSteps are advance's answers by bracket, state and token.
var jsonSteps = func() (steps [3][inText + 1][jsonValue + 1]jsonStep) {
	for i, in := range [...]byte{0, '{', '['} {
		for state := range inText + 1 {
			for token := range jsonValue + 1 {
				next, ok := advance(state, in, token)
				steps[i][state][token] = jsonStep{next, ok}
			}
		}
	}
	return steps
}()

// bracketIndex is the index of jsonSteps for an open bracket.
func bracketIndex(in byte) int {
	switch in {
	case '{':
		return 1
	case '[':
		return 2
	}
	return 0
}

// advance is the grammar of JSON, and of the commas a condition may leave: one too many, in
// any place, and a colon without a value are nothing. in is the innermost open bracket. After
// a closing bracket the state is that behind a value, once the caller knows what is around.
func advance(state jsonState, in byte, token jsonToken) (next jsonState, ok bool) {
	value := state == wantValue || state == wantElement
	switch token {
	case jsonOpenObject:
		return wantKey, value
	case jsonOpenArray:
		return wantElement, value
	case jsonCloseObject:
		return wantComma, in == '{' && (state == wantKey || state == wantComma || state == wantValue)
	case jsonCloseArray:
		return wantComma, in == '[' && (state == wantElement || state == wantComma)
	case jsonComma:
		if in == '{' {
			return wantKey, state == wantComma || state == wantKey || state == wantValue
		}
		return wantElement, in == '[' && (state == wantComma || state == wantElement)
	case jsonColon:
		return wantValue, state == wantColon
	case jsonKey:
		return wantValue, state == wantKey
	case jsonString:
		if state == wantKey {
			return wantColon, true
		}
		return after(in), value
	case jsonScalar, jsonValue:
		return after(in), value
	case jsonStringStart:
		if state == wantKey {
			return inKey, true
		}
		return inText, value
	case jsonStringText:
		return state, state == inKey || state == inText
	}
	if state == inKey {
		return wantColon, true
	}
	return after(in), state == inText
}
