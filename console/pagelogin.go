package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

const loginPath = "/login"

// loginForm is what the login page shows.
type loginForm struct {
	Message string // why the last try failed
	To      string // the page that was asked for
}

// login begins a session. Whoever has a token is let in however many others have none.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	_, err := s.Login(w, r, r.PostFormValue("token"))
	switch {
	case errors.Is(err, ErrNoToken) && !s.strangers.allow(s.client(r)):
		s.showLogin(w, r, http.StatusTooManyRequests, "Too many tries. Wait a few seconds.")
	case errors.Is(err, ErrNoToken):
		s.showLogin(w, r, http.StatusUnauthorized, "This token is not valid. It may have been revoked or have expired.")
	case err != nil:
		s.Log.Error().Err(err).Msg("a login failed")
		s.showLogin(w, r, http.StatusInternalServerError, "Something went wrong here. Try again.")
	default:
		http.Redirect(w, r, ownPath(r.PostFormValue("to")), http.StatusSeeOther) //nolint:gosec // a path of this server
	}
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request, status int, message string) {
	data := loginForm{Message: message, To: ownPath(r.FormValue("to"))}
	if err := s.write(&Call{W: w, R: r}, status, "login", "frame", view{Title: "Log in", Data: data}); err != nil {
		s.Log.Error().Err(err).Msg("the login page could not be shown")
	}
}

// refusePerson sends whoever is not logged in to the login page, and shows every other error. A page's script
// is told, so that nothing typed there is lost.
func (s *Server) refusePerson(c *Call, p Problem) {
	if p.Status != http.StatusUnauthorized {
		s.showProblem(c, p)
		return
	}
	if wantsJSON(c) {
		p.Title, p.Detail = "You are no longer logged in", "Log in in another tab, then try again here."
		writeProblem(c.W, p)
		return
	}
	path := loginPath
	if to := ownPath(c.R.URL.RequestURI()); c.R.Method == http.MethodGet && to != "/" {
		path += "?to=" + url.QueryEscape(to)
	}
	http.Redirect(c.W, c.R, path, http.StatusSeeOther)
}

// ownPath is a path of this server, and the first page in place of anything else.
func ownPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, "\\") {
		return "/"
	}
	return to
}
