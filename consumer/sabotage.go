//go:build !sabotage

package consumer

// sabotage names a guard that is taken away. Here none is, and the compiler leaves out what asks for it.
// A program built with -tags sabotage reads it from the variable SABOTAGE, so that a rehearsal of faults
// can show that it would see the guard missing.
const sabotage = ""
