package console

import (
	"errors"
	"html/template"
	"net/http"

	"github.com/journeyhook/journeyhook/schema"
)

var plainPage = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>journeyhook</title>
<main>
<h1>journeyhook</h1>
{{if .Message}}<p role="alert">{{.Message}}</p>{{end}}
{{if .Login}}<form method="post" action="/login"><label>Access token <input type="password" name="token" autocomplete="off" required></label> <button>Log in</button></form>
{{else}}<p>You are {{.Who.Name}}, {{.Who.Role}}.</p>
<ul>{{range .Projects}}<li><a href="/api/v1/projects/{{.ID}}/webhooks">{{.ID}}</a>: {{.Webhooks}} webhooks</li>{{end}}</ul>
{{if .Who.Session}}<form method="post" action="/logout"><button>Log out</button></form>{{end}}{{end}}
<p><a href="/api">The API</a></p>
</main></html>
`))

// pages adds what people see. Each page is an action behind [Server.Page].
func (s *Server) pages(mux *http.ServeMux) {
	mux.Handle("GET /{$}", s.Page(Viewer, s.showProjects, showProblem))
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) { showLogin(w, http.StatusOK, "") })
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		s.Logout(w, r)
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /api", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(schema.OpenAPI)
	})
	mux.HandleFunc("GET /api/openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(schema.OpenAPI)
	})
	mux.Handle("GET /api/json/", http.StripPrefix("/api/", http.FileServerFS(schema.JSONSchemas)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.Ops.Live.All(r.Context(), "-"); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
}

func (s *Server) showProjects(c *Call) error {
	projects, err := s.Ops.Projects(c.R.Context(), c.Who.Sees)
	if err != nil {
		return err
	}
	return plainPage.Execute(c.W, map[string]any{"Who": c.Who, "Projects": projects, "Login": false, "Message": ""})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	if !s.strangers.allow(s.client(r)) {
		showLogin(w, http.StatusTooManyRequests, "Too many tries. Wait a few seconds.")
		return
	}
	_, err := s.Login(w, r, r.PostFormValue("token"))
	switch {
	case errors.Is(err, ErrNoToken):
		showLogin(w, http.StatusUnauthorized, "This token is not valid. It may have been revoked or have expired.")
	case err != nil:
		s.Log.Error().Err(err).Msg("a login failed")
		showLogin(w, http.StatusInternalServerError, "Something went wrong here. Try again.")
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func showLogin(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	_ = plainPage.Execute(w, map[string]any{"Login": true, "Message": message})
}

func showProblem(c *Call, p Problem) {
	http.Error(c.W, p.Title+". "+p.Detail, p.Status)
}
