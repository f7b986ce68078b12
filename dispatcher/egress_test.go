package dispatcher_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
)

var quiet = log.New(io.Discard, "", 0)

func guarded(t *testing.T, e dispatcher.Egress) *dispatcher.Dispatcher {
	t.Helper()
	tr, err := e.Transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &dispatcher.Dispatcher{Transport: tr, AllowHTTP: true}
}

func TestPrivateAddressesAreRefusedAfterDNS(t *testing.T) {
	t.Parallel()
	d := guarded(t, dispatcher.Egress{})
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0",
		"[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "100.64.0.1", "[64:ff9b::7f00:1]", "224.0.0.1", "255.255.255.255",
	} {
		out := d.Dispatch(t.Context(), webhook("POST", "http://"+host+":9/", timeout(time.Second)), step("a@x.com", "", ""))
		if out.Verdict != schema.Refused || out.Reason != schema.ReasonBlockedAddress || !strings.Contains(out.Detail, "JOURNEYHOOK_EGRESS_ALLOW") {
			t.Errorf("C30: %s: %s %s", host, out.Reason, out.Detail)
		}
	}
}

func TestTheOperatorAllowsPrivateAddresses(t *testing.T) {
	t.Parallel()
	w := listen(t, nil)
	port := w.Listener.Addr().(*net.TCPAddr).Port
	for allow, hosts := range map[string][]string{
		"127.0.0.0/8": {"127.0.0.1"}, "127.0.0.1": {"127.0.0.1"}, "::ffff:127.0.0.1": {"127.0.0.1"}, "::ffff:127.0.0.0/104": {"127.0.0.1", "[::ffff:127.0.0.1]"}, "LOCALHOST": {"localhost", "ｌｏｃａｌｈｏｓｔ"}, "localhost.": {"localhost", "LocalHost"},
		"ｌｏｃａｌｈｏｓｔ.": {"localhost"}, // a host with the dot is not resolved everywhere; see the proxy's test
	} {
		d := guarded(t, dispatcher.Egress{Allow: []string{allow}})
		for _, host := range hosts {
			out := d.Dispatch(t.Context(), webhook("POST", "http://"+host+":"+itoa(port)), step("a@x.com", "", ""))
			expect(t, out, schema.Delivered, schema.ReasonDelivered, 200)
		}
	}
	d := guarded(t, dispatcher.Egress{Allow: []string{"localhost", "10.0.0.0/8"}})
	out := d.Dispatch(t.Context(), webhook("POST", w.URL), step("a@x.com", "", ""))
	expect(t, out, schema.Refused, schema.ReasonBlockedAddress, 0) // the name is allowed, not its address under another name
	for _, bad := range []string{"", ".", "10.0.0.0/99", "https://x", "a b", "ü..example", "a／b", "a..", "a..b", ".a"} {
		if _, err := (dispatcher.Egress{Allow: []string{bad}}).Transport(); err == nil || !strings.Contains(err.Error(), "JOURNEYHOOK_EGRESS_ALLOW") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestCallsGoThroughTheProxy(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 2)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.String() }))
	t.Cleanup(proxy.Close)
	u, _ := url.Parse(proxy.URL)
	d := guarded(t, dispatcher.Egress{Proxy: u})
	expect(t, d.Dispatch(t.Context(), webhook("GET", "http://api.example.com/x"), step("a@x.com", "", "")), schema.Delivered, schema.ReasonDelivered, 200)
	if url := <-asked; url != "http://api.example.com/x" {
		t.Errorf("the proxy was asked for %s", url)
	}
	for _, host := range []string{"10.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.01", "localhost", "api.LOCALHOST", "localhost.", "127.0.0.1.", "１２７.０.０.１", "１２７。１", "ｌｏｃａｌｈｏｓｔ", "api.ｌｏｃａｌｈｏｓｔ."} {
		out := d.Dispatch(t.Context(), webhook("GET", "http://"+host+"/x"), step("a@x.com", "", ""))
		if out.Reason != schema.ReasonBlockedAddress && out.Reason != schema.ReasonInvalidURL {
			t.Errorf("C30: %s: %s %s", host, out.Reason, out.Detail)
		}
	}
	for _, allow := range []string{"localhost", "LOCALHOST."} {
		d = guarded(t, dispatcher.Egress{Proxy: u, Allow: []string{allow}})
		for _, host := range []string{"localhost", "localhost."} {
			expect(t, d.Dispatch(t.Context(), webhook("GET", "http://"+host+"/x"), step("a@x.com", "", "")), schema.Delivered, schema.ReasonDelivered, 200)
			<-asked
		}
	}
	expect(t, d.Dispatch(t.Context(), webhook("GET", "http://bücher.example/x"), step("a@x.com", "", "")), schema.Delivered, schema.ReasonDelivered, 200)
	if url := <-asked; url != "http://xn--bcher-kva.example/x" {
		t.Errorf("the proxy was asked for %s", url)
	}
}
