package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

//go:embed ui
var uiFiles embed.FS

// view is what the frame around every page shows. Data is the page's own.
type view struct {
	Title   string
	Here    string // the part of the project that is open, as in the frame's links
	Project string
	Who     Principal
	Edits   bool   // whoever asks may change webhooks
	Admin   bool   // whoever asks may read the audit records
	Dev     bool   // there is a request catcher
	Done    string // what was just done, in words
	Data    any
}

// uiHash names a version of the files that pages load, so that browsers may keep them.
var uiHash = sync.OnceValue(func() string {
	h := sha256.New()
	_ = fs.WalkDir(uiFiles, "ui", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			data, _ := uiFiles.ReadFile(path) // the files are part of the program
			h.Write(data)
		}
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:6])
})

// uiPages is a template for each page: the frame, the shared parts, and the page's own file.
var uiPages = sync.OnceValue(func() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(wordFuncs).ParseFS(uiFiles, "ui/frame.html", "ui/parts.html", "ui/trypanel.html"))
	pages := map[string]*template.Template{}
	for _, name := range []string{"login", "projects", "problem", "list", "delete", "copy", "form", "details", "notices", "steps", "changes", "catcher"} {
		pages[name] = template.Must(template.Must(base.Clone()).ParseFS(uiFiles, "ui/"+name+".html"))
	}
	return pages
})

// show answers with a page. It is written whole or not at all.
func (s *Server) show(c *Call, status int, page string, v view) error {
	v.Who, v.Project, v.Dev = c.Who, c.Project, s.Ops.Catcher != nil
	v.Edits, v.Admin = c.Who.May(Editor, c.Project), c.Who.May(Admin, c.Project)
	if v.Done == "" {
		v.Done = told(c.R.URL.Query())
	}
	return s.write(c, status, page, "frame", v)
}

// part answers with one named part of a page, which the page's script puts in place.
func (s *Server) part(c *Call, page, name string, data any) error {
	return s.write(c, http.StatusOK, page, name, data)
}

func (s *Server) write(c *Call, status int, page, name string, data any) error {
	text, err := rendered(page, name, data)
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.W.WriteHeader(status)
	_, _ = c.W.Write(text) // the client went away, nobody to tell
	return nil
}

func rendered(page, name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := uiPages()[page].ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}

// assets are the stylesheet and the scripts. Their addresses hold a hash, so they may be kept for ever.
func (s *Server) assets(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("hash") == uiHash() {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	data, err := uiFiles.ReadFile("ui/" + r.PathValue("file"))
	if err != nil || bytes.HasSuffix([]byte(r.PathValue("file")), []byte(".html")) {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, r.PathValue("file"), time.Time{}, bytes.NewReader(data))
}

// told says what was just done, and of a copy what it lacks.
func told(query url.Values) string {
	var lacks []string
	for _, m := range query["missing"] {
		if words, ok := lackWords[m]; ok {
			lacks = append(lacks, words)
		}
	}
	words := doneWords[query.Get("done")]
	if len(lacks) > 0 {
		words += " It is paused. Fill in " + strings.Join(lacks, " and ") + ", save, and resume it."
	}
	return words
}

// lackWords is what a copy lacks; see [schema.Webhook] for the fields.
var lackWords = map[string]string{ //nolint:gosec // words about credentials, and none
	"auth":            "its authentication",
	"headers":         "the values of its secret headers",
	"signing.secrets": "its signing secrets",
}

// doneWords is what a page says after something was done; addresses carry only the key.
var doneWords = map[string]string{
	"created":      "Created. The next step that reaches it makes this call.",
	"saved":        "Saved. Workers use the new revision from now on.",
	"same":         "Nothing was different, so nothing was written.",
	"copied":       "Copied.",
	"deleted":      "Deleted. Their revisions are kept, and each can be restored.",
	"paused":       "Paused. Steps wait in the backlog; nobody exits.",
	"resumed":      "Resumed. Waiting steps are attempted now.",
	"restored":     "Restored. The earlier revision is the newest one again.",
	"acknowledged": "Acknowledged. It shows up again if it happens again.",
}
