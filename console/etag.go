package console

import (
	"net/http"
	"strconv"
	"strings"
)

func etag(revision uint64) string { return `"` + strconv.FormatUint(revision, 10) + `"` }

// noneMatch reports whether If-None-Match names a tag: alone or in a list, as weak or as strong (RFC 9110).
func noneMatch(r *http.Request, tag string) bool {
	for one := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// match reads If-Match: a revision, or AnyRevision for *. present says that the header was there.
func match(r *http.Request) (revision uint64, present bool, err error) {
	header := strings.TrimSpace(r.Header.Get("If-Match"))
	switch header {
	case "":
		return AnyRevision, false, nil
	case "*":
		return AnyRevision, true, nil
	}
	revision, err = strconv.ParseUint(strings.Trim(header, `"`), 10, 64)
	if err != nil || revision == 0 || !strings.HasPrefix(header, `"`) {
		return 0, true, &refusal{http.StatusPreconditionFailed, "precondition-failed", "If-Match is not an ETag of this server", `send what ETag said, like "12", or *`}
	}
	return revision, true, nil
}

// required is match for a write that must not be made blindly.
func required(r *http.Request) (uint64, error) {
	revision, present, err := match(r)
	if err == nil && !present {
		err = &refusal{http.StatusPreconditionRequired, "precondition-required", "Say which revision this changes", `send If-Match with the ETag that was read, or If-Match: * to change whatever is stored`}
	}
	return revision, err
}
