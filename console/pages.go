package console

import (
	"net/http"
	"net/url"

	"github.com/journeyhook/journeyhook/schema"
)

// pages adds what people see. What changes something is a POST of a form, and works without script.
func (s *Server) pages(mux *http.ServeMux) {
	const project, hook = "/projects/{project}", "/projects/{project}/webhooks/{id}"
	s.mount(mux, s.refusePerson, []route{
		{"GET /{$}", Viewer, s.projectsPage},
		{"GET /start", Editor, s.start},
		{"GET /catcher", Admin, s.catcherPage},
		{"GET " + project, Viewer, s.listPage},
		{"GET " + project + "/new", Editor, s.newPage},
		{"POST " + project + "/new", Editor, s.submitForm},
		{"GET " + project + "/guide", Editor, s.guide},
		{"GET " + project + "/delete", Editor, s.deletePage},
		{"POST " + project + "/delete", Editor, s.deleteSelected},
		{"GET " + project + "/notifications", Viewer, s.noticesPage},
		{"GET " + project + "/notifications/open", Viewer, s.openNotices},
		{"POST " + project + "/notifications/{notification}", Editor, s.acknowledgeNotice},
		{"GET " + project + "/steps", Viewer, s.stepsPage},
		{"GET " + project + "/changes", Admin, s.changesPage},
		{"GET " + hook, Viewer, s.detailsPage},
		{"GET " + hook + "/pulse", Viewer, s.pulse},
		{"GET " + hook + "/edit", Editor, s.editPage},
		{"POST " + hook + "/edit", Editor, s.submitForm},
		{"GET " + hook + "/copy", Editor, s.copyPage},
		{"POST " + hook + "/copy", Editor, s.submitCopy},
		{"POST " + hook + "/state", Editor, s.submitState},
		{"POST " + hook + "/rollback", Editor, s.submitRollback},
		{"POST " + hook + "/try", Viewer, s.try},
	})
	mux.HandleFunc("GET /ui/{hash}/{file}", s.assets)
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) { s.showLogin(w, r, http.StatusOK, "") })
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		s.Logout(w, r)
		http.Redirect(w, r, loginPath, http.StatusSeeOther)
	})
	s.described(mux)
}

// described is what says how the API works, and whether the server does.
func (s *Server) described(mux *http.ServeMux) {
	mux.HandleFunc("GET /api", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(schema.OpenAPI)
	})
	mux.HandleFunc("GET /api/openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(schema.OpenAPIWhole())
	})
	mux.Handle("GET /api/json/", http.StripPrefix("/api/", http.FileServerFS(schema.JSONSchemas)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !s.Ops.JS.Conn().IsConnected() {
			http.Error(w, "NATS: not connected", http.StatusServiceUnavailable)
			return
		}
		if _, err := s.Ops.Live.All(r.Context(), "-"); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
}

// viaConsole is how the audit records say which way a change came.
const viaConsole = "console"

// showProblem is the page that says what went wrong.
func (s *Server) showProblem(c *Call, p Problem) {
	if wantsJSON(c) {
		writeProblem(c.W, p)
		return
	}
	project := c.Project
	if !schema.ValidID(project) || !c.Who.Sees(project) {
		project = ""
	}
	shown := *c
	shown.Project = project
	if err := s.show(&shown, p.Status, "problem", view{Title: p.Title, Data: p}); err != nil {
		s.Log.Error().Err(err).Msg("a problem could not be shown")
	}
}

// wantsJSON reports whether a page's script asks, and not a browser for a page.
func wantsJSON(c *Call) bool { return c.R.Header.Get("Accept") == "application/json" }

// see sends the browser on after something was done.
func see(c *Call, path, done string) error {
	if done != "" {
		path += "?done=" + url.QueryEscape(done)
	}
	http.Redirect(c.W, c.R, path, http.StatusSeeOther)
	return nil
}

func (s *Server) projectsPage(c *Call) error {
	projects, err := s.Ops.Projects(c.R.Context(), c.Who.Sees)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "projects", view{Title: "Projects", Data: projects})
}

// start opens the form in a project that has no webhook yet.
func (s *Server) start(c *Call) error {
	project := c.R.URL.Query().Get("project")
	if !schema.ValidID(project) {
		return &refusal{http.StatusBadRequest, "bad-request", "This can't be a project's id", "use 1 to 64 of A-Z a-z 0-9 _ -"}
	}
	return see(c, "/projects/"+project+"/new", "")
}
