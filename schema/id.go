package schema

// ValidID reports whether s can be a project, webhook or tile id: 1–64 of [A-Za-z0-9_-].
func ValidID(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && only(s, "_-")
}

// ValidStepID reports whether s can be a step id: 1–128 of [A-Za-z0-9._:-].
func ValidStepID(s string) bool {
	return len(s) >= 1 && len(s) <= 128 && only(s, "._:-")
}

func only(s, extra string) bool {
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			continue
		}
		if !containsByte(extra, c) {
			return false
		}
	}
	return true
}

func containsByte(s string, c byte) bool {
	for i := range len(s) {
		if s[i] == c {
			return true
		}
	}
	return false
}
