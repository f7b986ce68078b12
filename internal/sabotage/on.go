//go:build sabotage

package sabotage

import "os"

// Guard names the guard that is taken away.
var Guard = os.Getenv("SABOTAGE")
