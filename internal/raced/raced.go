// Package raced tells tests whether the race detector is on, which makes them many times slower.
package raced

import (
	"runtime/debug"
	"slices"
)

// On reports whether the race detector is on.
func On() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
