//go:build sabotage

package consumer

import "os"

var sabotage = os.Getenv("SABOTAGE")
