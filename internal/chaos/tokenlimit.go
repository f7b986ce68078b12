package main

import (
	"slices"
	"time"
)

// tokenSettles is how long after a fault workers may still act on it: they leave Redis alone for two seconds after a
// failure, and see a revocation with their next call.
const tokenSettles = 5 * time.Second

// tokenLimit is how many token requests the faults can explain. Workers share a token through Redis and keep it in
// memory, so a revocation costs one request. While Redis is hurt each worker asks for itself, and what Redis was not
// told or has forgotten, the next worker that starts asks for once.
func tokenLimit(faults []Fault, workers int) int {
	most := 1
	for _, f := range faults {
		switch f.Kind {
		case TokenRevoke:
			most++
			if near(faults, f, Kind.hurtsRedis) {
				most += workers - 1
			}
			if near(faults, f, func(k Kind) bool { return k == WorkerKill || k == WorkerStop || k == WorkerNap }) {
				most++ // one may have been hit as it asked
			}
		case WorkerKill, WorkerTerm, WorkerUpgrade:
			if near(faults, f, Kind.hurtsRedis) {
				most++
			}
		case RedisRestart, RedisAway:
			most++
		default:
			if f.Kind.hurtsRedis() && near(faults, f, func(k Kind) bool { return k == TokenRevoke }) {
				most++
			}
		}
	}
	return most
}

// near reports whether a fault of some kind acts at the same time.
func near(faults []Fault, f Fault, kind func(Kind) bool) bool {
	return slices.ContainsFunc(faults, func(other Fault) bool {
		return kind(other.Kind) && overlap(f.From, f.settled(), other.From, other.settled())
	})
}

// settled is when a fault has no effect any more.
func (f Fault) settled() time.Time { return f.Until.Add(f.Recovered + tokenSettles) }

func (k Kind) hurtsRedis() bool {
	switch k {
	case RedisRestart, RedisAway, RedisFull, RedisReadonly, RedisSlow, LinkRedis, LinkRedisOne:
		return true
	}
	return false
}
