package console

import (
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strings"
)

// routes adds the API. schema/openapi.yaml describes each of them; a test compares.
func (s *Server) routes(mux *http.ServeMux) {
	const project, hook = "/api/v1/projects/{project}", "/api/v1/projects/{project}/webhooks/{id}"
	routes := []route{
		{"GET /api/v1/me", Viewer, s.me},
		{"GET /api/v1/projects", Viewer, s.listProjects},
		{"GET /api/v1/caught", Admin, s.caught},
		{"GET " + project + "/webhooks", Viewer, s.listWebhooks},
		{"DELETE " + project + "/webhooks", Editor, s.deleteWebhooks},
		{"GET " + project + "/draft", Viewer, s.draft},
		{"POST " + project + "/validate", Viewer, s.validate},
		{"POST " + project + "/preview", Viewer, s.preview},
		{"POST " + project + "/test", Editor, s.testSend},
		{"GET " + project + "/attempts", Viewer, s.searching(s.listAttempts)},
		{"GET " + project + "/attempts/stream", Viewer, s.streamAttempts},
		{"GET " + project + "/results", Viewer, s.searching(s.listResults)},
		{"GET " + project + "/steps/{step}", Viewer, s.searching(s.explain)},
		{"GET " + project + "/notifications", Viewer, s.listNotifications},
		{"POST " + project + "/notifications/{notification}/acknowledge", Editor, s.acknowledge},
		{"GET " + project + "/audit", Admin, s.searching(s.listChanges)},
		{"GET " + hook, Viewer, s.getWebhook},
		{"PUT " + hook, Editor, s.putWebhook},
		{"PATCH " + hook, Editor, s.patchWebhook},
		{"DELETE " + hook, Editor, s.deleteWebhook},
		{"POST " + hook + "/copy", Editor, s.copyWebhook},
		{"GET " + hook + "/history", Viewer, s.history},
		{"POST " + hook + "/rollback", Editor, s.rollback},
		{"POST " + hook + "/pause", Editor, s.pause},
		{"POST " + hook + "/resume", Editor, s.resume},
		{"GET " + hook + "/tiles", Viewer, s.listTiles},
		{"GET " + hook + "/backlog", Viewer, s.backlog},
		{"GET " + hook + "/health", Viewer, s.health},
		{"POST " + hook + "/preview", Viewer, s.preview},
		{"POST " + hook + "/test", Editor, s.testSend},
		{"/api/", Viewer, nothingHere},
	}
	described := []route{{pattern: "GET /api"}, {pattern: "GET /api/openapi.yaml"}} // anybody's; see [Server.described]
	s.mount(mux, refuseProgram, append(routes, otherMethods(append(described, routes...))...))
}

func nothingHere(c *Call) error {
	return &refusal{http.StatusNotFound, "not-found", "There is nothing here", c.R.Method + " " + c.R.URL.Path + " is not in the API; see /api"}
}

// otherMethods answers, at each address, the methods that no route takes: 405, and which ones there are (RFC 9110).
func otherMethods(routes []route) []route {
	allowed := map[string][]string{}
	for _, r := range routes {
		if method, path, ok := strings.Cut(r.pattern, " "); ok {
			if allowed[path] = append(allowed[path], method); method == http.MethodGet {
				allowed[path] = append(allowed[path], http.MethodHead)
			}
		}
	}
	var others []route
	for path, methods := range allowed {
		slices.Sort(methods)
		allow := strings.Join(methods, ", ")
		others = append(others, route{path, Viewer, func(c *Call) error {
			c.W.Header().Set("Allow", allow)
			return &refusal{http.StatusMethodNotAllowed, "method-not-allowed", "This address does not take the method", c.R.Method + " is not possible here; there are " + allow}
		}})
	}
	return others
}

// exactPaths keeps an API's address as it was sent: one with an empty segment, or with . or .., is no other address, and
// a program is not redirected to one.
func (s *Server) exactPaths(next http.Handler) http.Handler {
	nothing := s.guard(Viewer, nothingHere, refuseProgram)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := r.URL.EscapedPath()
		clean := path.Clean(sent)
		if isAPI := strings.HasPrefix(sent, "/api/") || strings.HasPrefix(clean, "/api/"); isAPI && clean != strings.TrimSuffix(sent, "/") {
			nothing.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuseProgram answers whoever may not make a call, and every error, with a problem.
func refuseProgram(c *Call, p Problem) { writeProblem(c.W, p) }

// api is how the audit records say which way a change came.
const api = "api"

func answer(c *Call, status int, v any) error {
	c.W.Header().Set("Content-Type", "application/json")
	c.W.WriteHeader(status)
	_ = json.NewEncoder(c.W).Encode(v) // the client went away, nobody to tell
	return nil
}

func ok(c *Call, v any) error { return answer(c, http.StatusOK, v) }
