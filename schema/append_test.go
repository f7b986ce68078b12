package schema_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/journeyhook/journeyhook/schema"
)

// TestAppendJSON holds what is written by hand against encoding/json, whatever fields there are.
func TestAppendJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var result schema.Result
		fill(t, reflect.ValueOf(&result).Elem())
		same(t, result.AppendJSON([]byte("x")), result)
		var attempt schema.Attempt
		fill(t, reflect.ValueOf(&attempt).Elem())
		same(t, attempt.AppendJSON([]byte("x")), attempt)
	})
}

// fill draws a value for every field.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "text"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "number"))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "number"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(0, 1e9).Draw(t, "number"))
	case reflect.Struct:
		if _, isTime := v.Interface().(time.Time); isTime {
			at := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
			v.Set(reflect.ValueOf(at.UTC()))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("no value for a %s", v.Kind())
	}
}

func same(t *rapid.T, got []byte, value any) {
	t.Helper()
	want, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != 'x' {
		t.Fatal("what was there is gone")
	}
	var a, b map[string]any
	if err := json.Unmarshal(got[1:], &a); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Fatal(diff)
	}
}
