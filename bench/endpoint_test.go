package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestEndpoint(t *testing.T) {
	t.Parallel()
	e := &endpoint{times: map[string][]time.Time{}}
	call := func(path, token string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodPost, path, http.NoBody), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer "+token)
		e.ServeHTTP(w, r)
		return w
	}
	begun := time.Now()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(call("/token/30", "").Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 30*time.Millisecond {
		t.Errorf("a token after %s", took)
	}
	for _, c := range []struct {
		path, token string
		status      int
	}{
		{"/users/7/orders", "", 200}, {"/status/503", "", 503}, {"/timed/w7", "", 200}, {"/hang/0", "", 200},
		{"/secured/users/7/orders", "wrong", 401}, {"/secured/users/7/orders", answer.Token, 200}, {"/secured", answer.Token, 200},
		{"/_revoke", "", 200}, {"/secured", answer.Token, 401},
	} {
		if got := call(c.path, c.token).Code; got != c.status {
			t.Errorf("%s: %d, want %d", c.path, got, c.status)
		}
	}
	var tokens int
	if err := json.NewDecoder(call("/_tokens", "").Body).Decode(&tokens); err != nil || tokens != 1 {
		t.Errorf("%d token requests, %v", tokens, err)
	}
	times := map[string][]time.Time{}
	if err := json.NewDecoder(call("/_times", "").Body).Decode(&times); err != nil || len(times["w7"]) != 1 {
		t.Errorf("%v, %v", times, err)
	}
}
