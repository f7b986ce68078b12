// Package schema holds the words every other package speaks: steps, webhooks, outcomes, results, and
// the names of streams and subjects they travel on.
//
// It is the ground floor: it imports nothing of the project and does no input or output. What it
// accepts is what schema/json says, and a test holds the two together.
package schema

import (
	"embed"
	"encoding/json"
	"regexp"
	"sync"
)

// JSONSchemas holds one JSON Schema per message (json/step.json, json/result.json, …) and is what
// asyncapi.yaml refers to.
//
//go:embed json/*.json
var JSONSchemas embed.FS

// AsyncAPI is the AsyncAPI 3.0 document of every stream the workers read and write.
//
//go:embed asyncapi.yaml
var AsyncAPI []byte

// OpenAPI is the OpenAPI 3.1 document of the console's JSON API; it refers to JSONSchemas too.
//
//go:embed openapi.yaml
var OpenAPI []byte

// OpenAPIWhole is OpenAPI with the JSON Schemas in it, for programs that read one file.
var OpenAPIWhole = sync.OnceValue(func() []byte {
	return toSchema.ReplaceAllFunc(OpenAPI, func(ref []byte) []byte {
		raw, err := JSONSchemas.ReadFile(string(toSchema.FindSubmatch(ref)[1]))
		var doc map[string]any
		if err == nil {
			err = json.Unmarshal(raw, &doc)
		}
		if err != nil {
			panic(err) // the files are part of the program
		}
		delete(doc, "$schema")
		delete(doc, "$id")
		whole, _ := json.Marshal(doc) // has just been read
		return whole                  // JSON is YAML
	})
})

var toSchema = regexp.MustCompile(`\{\$ref: (json/[a-z-]+\.json)\}`)
