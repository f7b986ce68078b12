// Package walljump gives tests times of a wall clock that has jumped.
package walljump

import (
	"fmt"
	"time"
	"unsafe"
)

// By is a time with a monotonic reading, as it would be if the wall clock had been set by d, whole seconds, before it was taken: only the wall
// clock's part is another one. It panics where a [time.Time] is laid out in another way than this package knows.
func By(t time.Time, d time.Duration) time.Time {
	jumped := t
	// The seconds of the wall clock stand above 30 bits of nanoseconds.
	(*struct{ wall uint64 })(unsafe.Pointer(&jumped)).wall += uint64(d/time.Second) << 30 //nolint:gosec // a test's only way
	if jumped.Sub(t) != 0 || jumped.Round(0).Sub(t.Round(0)) != d {
		panic(fmt.Sprintf("walljump: %s moved by %s is %s", t, d, jumped))
	}
	return jumped
}
