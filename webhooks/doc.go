// Package webhooks keeps webhook definitions: stored in a KV bucket, read from files, and live in every
// worker's memory.
//
// A definition in the bucket has passed every check and holds no readable secret: each is sealed for its
// project, webhook and field, so that its ciphertext opens nowhere else. Writes compare and set, so no
// edit is lost to another one.
package webhooks
