package webhooks

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/journeyhook/journeyhook/schema"
)

// FileFault is one thing wrong in a file.
type FileFault struct {
	File    string
	Line    int
	Column  int
	Path    string // dotted, "" for the document as a whole
	Message string

	FieldLine, FieldColumn int // in the field's own text, such as a template's; 0 where that is not known
}

func (f FileFault) String() string {
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, schema.Fault{Path: f.Path, Message: f.Message})
}

// FileFaults is everything wrong in the files read, one to a line.
type FileFaults []FileFault

func (fs FileFaults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// ReadFiles reads the definitions in a file, or in every .yaml, .yml and .json file of a folder, except
// for those named like x_test.yaml. See [Parse].
func ReadFiles(path string, check func(*schema.Webhook) error) ([]*schema.Webhook, error) {
	names, err := find(path)
	if err != nil {
		return nil, err
	}
	r := reader{check: check, first: map[string]string{}}
	for _, name := range names {
		data, err := os.ReadFile(name) //nolint:gosec // reading the files the operator names is the point
		if err != nil {
			return nil, fmt.Errorf("webhooks: %w", err)
		}
		r.read(name, data)
	}
	return r.result()
}

// find lists the files a path stands for.
func find(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var names []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		ext := filepath.Ext(name)
		isTest := strings.HasSuffix(strings.TrimSuffix(name, ext), "_test")
		if err == nil && !entry.IsDir() && !isTest && slices.Contains([]string{".yaml", ".yml", ".json"}, ext) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("webhooks: no .yaml, .yml or .json file in %s", path)
	}
	return names, nil
}

// Parse reads definitions from YAML (any number of documents) or JSON (one, or a list). Its destination
// fills in what a document leaves out, an unknown key is refused, and check, which may be nil, is asked
// after the checks of this package. A [FileFaults] error holds every fault of every document.
func Parse(file string, data []byte, check func(*schema.Webhook) error) ([]*schema.Webhook, error) {
	r := reader{check: check, first: map[string]string{}}
	r.read(file, data)
	return r.result()
}

// reader collects definitions and faults over files.
type reader struct {
	check  func(*schema.Webhook) error
	all    []*schema.Webhook
	faults FileFaults
	first  map[string]string // where each webhook was defined first
}

func (r *reader) result() ([]*schema.Webhook, error) {
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return r.all, nil
}

func (r *reader) read(file string, data []byte) {
	if before, is := untilNotUTF8(data); is { // the parser would replace it (C51)
		line, column := bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')
		r.faults = append(r.faults, FileFault{File: file, Line: line, Column: column, Message: "this is not UTF-8; save the file as UTF-8"})
		return
	}
	found := false
	for _, part := range split(data) {
		parsed, err := parser.ParseBytes(part.text, 0)
		if err != nil {
			r.faults = append(r.faults, syntaxFault(file, part.line, err))
			found = true
			continue
		}
		for _, doc := range parsed.Docs {
			for _, node := range definitions(doc.Body) {
				r.define(&document{file: file, json: json.Valid(part.text), offset: part.line, writesFFFD: writesFFFD(part.text), places: map[string]spot{}}, node)
				found = true
			}
		}
	}
	if !found {
		r.faults = append(r.faults, FileFault{File: file, Line: 1, Column: 1, Message: "there is no webhook in it"})
	}
}

// untilNotUTF8 is what stands before the first byte that begins no character, if there is one.
func untilNotUTF8(data []byte) (before []byte, is bool) {
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return data[:at], true
		}
		at += size
	}
	return nil, false
}

// definitions are the elements of a list, or the one definition a document is.
func definitions(body ast.Node) []ast.Node {
	if list, ok := body.(*ast.SequenceNode); ok {
		return list.Values
	}
	if _, comment := body.(*ast.CommentGroupNode); body == nil || comment {
		return nil
	}
	return []ast.Node{body}
}

func (r *reader) define(d *document, node ast.Node) {
	w := d.decode(node)
	unread := slices.Clone(d.faults) // the rules are asked about the other fields
	if len(unread) == 0 {
		where := fmt.Sprintf("%s:%d", d.file, d.at("id").line)
		if before, twice := r.first[w.Key()]; twice {
			d.add("id", "%s is defined at %s already", w.Key(), before)
		}
		r.first[w.Key()] = where
	}
	var faults schema.Faults
	if errors.As(checked(w, r.check), &faults) {
		for _, f := range faults {
			if unread.about(f.Path) {
				continue
			}
			d.add(f.Path, "%s", f.Message)
			last := &d.faults[len(d.faults)-1]
			last.FieldLine, last.FieldColumn = f.Line, f.Column
		}
	}
	d.addUnsaid()
	slices.SortStableFunc(d.faults, func(a, b FileFault) int { return cmp.Compare(a.Line, b.Line) })
	r.faults = append(r.faults, d.faults...)
	r.all = append(r.all, w)
}

// about reports whether something is wrong with a field already, or with what holds it; also with its name,
// where that is written in another letter case.
func (fs FileFaults) about(path string) bool {
	spelt := func(path string) string { return strings.ToLower(strings.ReplaceAll(path, "_", "")) }
	return slices.ContainsFunc(fs, func(f FileFault) bool {
		rest, within := strings.CutPrefix(spelt(path), spelt(f.Path))
		return within && (f.Path == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// syntaxFault leaves out the piece of the file that the parser would quote, since secrets may stand there.
func syntaxFault(file string, offset int, err error) FileFault {
	f := FileFault{File: file, Line: offset + 1, Column: 1, Message: "this is neither YAML nor JSON"}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		f.Message = schema.Visible(syntax.GetMessage())
		if token := syntax.GetToken(); token != nil {
			f.Line, f.Column = offset+token.Position.Line, token.Position.Column
		}
	}
	return f
}

// part is one document of a file.
type part struct {
	text []byte
	line int // lines before it
}

// split cuts a file at its document markers, which can only stand at the start of a line.
func split(data []byte) []part {
	var parts []part
	lines := unmarked(data)
	begin := 0
	for i, line := range lines {
		if rest, marker := cutMarker(line); marker {
			parts = append(parts, part{[]byte(strings.Join(lines[begin:i], "")), begin})
			lines[i] = "   " + rest
			begin = i
		}
	}
	return append(parts, part{[]byte(strings.Join(lines[begin:], "")), begin})
}

// Content is a file's text without the byte order marks before its documents (C51).
func Content(data []byte) []byte { return []byte(strings.Join(unmarked(data), "")) }

// unmarked is the lines of a file without byte order marks.
func unmarked(data []byte) []string {
	lines := strings.SplitAfter(string(data), "\n")
	before := true // nothing of a document but comments stands above
	for i, line := range lines {
		if bare := strings.TrimPrefix(line, "\ufeff"); before || strings.HasPrefix(bare, "---") {
			line, lines[i] = bare, bare
		}
		_, marker := cutMarker(line)
		text := strings.TrimRight(line, " \t\r\n")
		before = marker || text == "..." || before && (text == "" || text[0] == '#')
	}
	return lines
}

// cutMarker is what follows a document marker on its line.
func cutMarker(line string) (rest string, is bool) {
	rest, is = strings.CutPrefix(line, "---")
	return rest, is && (rest == "" || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}
