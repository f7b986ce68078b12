package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// browser is one Chromium for all tests; each page has a profile of its own.
var browser struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func chromium() (context.Context, error) {
	browser.once.Do(func() {
		path, err := exec.LookPath("chromium")
		if err != nil {
			browser.err = errors.New("chromium is not installed; make tools installs it on Debian")
			return
		}
		dir, err := os.MkdirTemp("", "journeyhook-chromium-")
		if err != nil {
			browser.err = err
			return
		}
		ctx, stopped := chromedp.NewExecAllocator(context.Background(),
			chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
			chromedp.Flag("headless", "new"), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true),
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
			chromedp.WSURLReadTimeout(30*time.Second))
		var closed context.CancelFunc
		browser.ctx, closed = chromedp.NewContext(ctx)
		browser.stop = func() {
			_ = chromedp.Cancel(browser.ctx)
			closed()
			stopped()
			_ = os.RemoveAll(dir)
		}
		browser.err = chromedp.Run(browser.ctx)
	})
	return browser.ctx, browser.err
}

// tab is a page that somebody looks at.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	name string // of its screenshots: the width and the scheme

	judged bool // checked with axe-core; what it finds depends on the width or on the scheme, never on both

	asked   atomic.Int64 // whether what was typed may be lost
	answers sync.WaitGroup

	mu    sync.Mutex
	wrong []string // what the page's console said, and requests to other hosts
}

// screen is what somebody looks at a page with.
type screen struct {
	width  int64
	scheme string
}

func (s screen) String() string { return fmt.Sprintf("%d-%s", s.width, s.scheme) }

// newTab opens a page in a profile of its own. Without chromium the test is skipped, but not in CI.
func newTab(t *testing.T, base string, s screen) *tab {
	t.Helper()
	parent, err := chromium()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	window, err := newWindow(parent)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(parent, chromedp.WithTargetID(window))
	t.Cleanup(stop)
	if err := chromedp.Run(ctx); err != nil { // the first run's context is the window's
		t.Fatal(err)
	}
	p := &tab{t: t, ctx: ctx, base: base, name: s.String(), judged: s.width < 500 == (s.scheme == "dark")}
	chromedp.ListenTarget(ctx, p.hear)
	p.do(network.Enable(), log.Enable(),
		emulation.SetDeviceMetricsOverride(s.width, 900, 1, s.width < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
	t.Cleanup(func() {
		p.answers.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, what := range p.wrong {
			t.Error(what)
		}
	})
	return p
}

// newWindow opens a window with a profile of its own. A tab of a shared one would be hidden behind others.
func newWindow(parent context.Context) (target.ID, error) {
	ctx := cdp.WithExecutor(parent, chromedp.FromContext(parent).Browser)
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(ctx)
	if err != nil {
		return "", err
	}
	return target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(ctx)
}

// hear notes what must not happen on any page.
func (p *tab) hear(event any) {
	note := func(format string, args ...any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		note("a script failed: %s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError && e.Entry.Source == log.SourceSecurity {
			note("the page broke its own policy: %s", e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, p.base) && !strings.HasPrefix(e.Request.URL, "data:") {
			note("a request to another host: %s", e.Request.URL)
		}
	case *page.EventJavascriptDialogOpening:
		if e.Type != page.DialogTypeBeforeunload {
			note("a dialog: %s", e.Message)
		}
		p.asked.Add(1)
		p.answers.Go(func() { _ = chromedp.Run(p.ctx, page.HandleJavaScriptDialog(true)) })
	}
}

func (p *tab) do(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.shot("failed")
		var body string
		_ = chromedp.Run(p.ctx, chromedp.Evaluate(`location.href + "\n" + document.body?.innerText`, &body))
		p.t.Fatalf("%s: %v\n%s", p.name, err, body)
	}
}

func (p *tab) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// click clicks what can be clicked and is called so, as a mouse does.
func (p *tab) click(name string) {
	p.t.Helper()
	q := quoted(name)
	p.do(chromedp.Click(`(//button|//a|//summary|//label)[not(@hidden)][normalize-space(.)=`+q+` or @aria-label=`+q+` or (self::button and starts-with(@aria-label,`+q+`)) or ((self::summary or self::a[@data-open]) and starts-with(normalize-space(.),`+q+`))]`, chromedp.NodeVisible))
}

// leave is a click that opens another page.
func (p *tab) leave(name, expect string) {
	p.t.Helper()
	p.click(name)
	p.see(expect)
}

// fill writes into the field with a label, over what is there: at once, as if it was pasted.
func (p *tab) fill(label, text string) {
	p.t.Helper()
	p.fillIn(labelled(label), text)
}

func (p *tab) fillIn(xpath, text string) {
	p.t.Helper()
	p.do(chromedp.WaitVisible(xpath), chromedp.Focus(xpath), chromedp.Evaluate(`document.activeElement.select()`, nil))
	if text == "" {
		p.do(chromedp.KeyEvent("\b"))
		return
	}
	p.do(input.InsertText(text))
}

func labelled(label string) string {
	q := quoted(label)
	return `//*[@id=//label[normalize-space(.)=` + q + `]/@for or @aria-label=` + q + `][last()]`
}

func quoted(s string) string { return `"` + s + `"` }

// see waits until a text is on the page, in what people can see.
func (p *tab) see(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.wait(fmt.Sprintf("%q", text), fmt.Sprintf(`document.readyState !== "loading" && document.body && document.body.innerText.replace(/\s+/g, " ").includes(%s)`, jsText(text)))
	}
}

// gone waits until a text is not on the page any more.
func (p *tab) gone(text string) {
	p.t.Helper()
	p.wait("no "+text, fmt.Sprintf(`!document.body.innerText.includes(%s)`, jsText(text)))
}

func (p *tab) wait(what, condition string) {
	p.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		var is bool
		err := chromedp.Run(p.ctx, chromedp.Evaluate(condition, &is))
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			p.shot("failed")
			var body string
			_ = chromedp.Run(p.ctx, chromedp.Evaluate(`location.href + "\n" + document.body?.innerText`, &body))
			p.t.Fatalf("%s: waited in vain for %s: %v\n%s", p.name, what, err, body)
		}
		time.Sleep(40 * time.Millisecond)
	}
}

func jsText(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

func (p *tab) html() string {
	p.t.Helper()
	var text string
	p.do(chromedp.Evaluate(`document.documentElement.outerHTML`, &text))
	return text
}

// shot keeps a picture of the page where SHOTS names a folder.
func (p *tab) shot(name string) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(p.ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		p.t.Logf("%s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+"-"+p.name+".png"), png, 0o600); err != nil {
		p.t.Error(err)
	}
}

// axe is axe-core, which make tools fetches; it is nobody's to commit here.
var axe = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile(filepath.Join("..", ".tools", "axe-core", "axe.min.js"))
	return string(text), err
})

// check is for every page: it is usable with a screen reader, it fits the screen, and it is kept in a picture.
func (p *tab) check(name string) {
	p.t.Helper()
	p.shot(name)
	var wide string
	p.do(chromedp.Evaluate(`(() => { const w = document.documentElement.clientWidth;
		return document.documentElement.scrollWidth <= w ? "" : [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > w + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join("\n") || "something"; })()`, &wide))
	if wide != "" {
		p.t.Errorf("%s at %s is wider than the screen: %s", name, p.name, wide)
	}
	if !p.judged {
		return
	}
	script, err := axe()
	if err != nil {
		if os.Getenv("CI") != "" {
			p.t.Fatalf("axe-core is not there; make tools fetches it: %v", err)
		}
		p.t.Log("not checked with axe-core, which make tools fetches")
		return
	}
	var found []string
	p.do(chromedp.Evaluate(script+`;0`, nil), chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"], preload: false, iframes: false, elementRef: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}).then(r =>
		r.violations.filter(v => ["serious", "critical"].includes(v.impact)).flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`,
		&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	for _, f := range found {
		p.t.Errorf("%s at %s: %s", name, p.name, f)
	}
}
