package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

type testCmd struct {
	Files []string `arg:"" name:"FILE" help:"Tests like x_test.yaml, definitions that have one beside them, or folders."`
}

func (testCmd) Help() string {
	return `Examples:
  hookctl test welcome-crm_test.yaml
  hookctl test webhooks/

x_test.yaml tests the definitions in x.yaml beside it, without a network:
  cases:
    - name: a busy service is tried again
      step: {user: {email: pat@example.com, profile: {city: Bern}}}
      answers: [{status: 503}, {status: 200}]
      expect: {method: POST, body: '{"city":"Bern"}', outcome: continue, reason: delivered, attempts: 2}
A step may leave out its id, tile and workflowId, and the webhook where the file has only one. Calls
get the answers in turn, and the last one again and again; without any each gets a 200. What expect
leaves out is not compared; url, headers and body are the last call's, and method '' says that there
is none. A body that is not text is compared as JSON.`
}

func (c *testCmd) Run(s *session) error {
	files, err := c.find()
	if err != nil {
		return err
	}
	ran, bad := 0, 0
	var unread []error
	for _, file := range files {
		suite, err := s.readSuite(file)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		for _, tc := range suite.cases {
			ran++
			faults := suite.run(s.ctx, tc)
			if len(faults) == 0 {
				fmt.Fprintf(s.stdout, "ok    %s: %s\n", file, tc.Name)
				continue
			}
			bad++
			fmt.Fprintf(s.stdout, "FAIL  %s: %s\n        %s\n", file, tc.Name, strings.Join(faults, "\n        "))
		}
	}
	if bad > 0 {
		unread = append(unread, fmt.Errorf("%d of %d cases failed", bad, ran))
	}
	return errors.Join(unread...)
}

// find lists the test files that the arguments stand for.
func (c *testCmd) find() ([]string, error) {
	var files []string
	for _, path := range c.Files {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, testOf(path))
			continue
		}
		err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && (strings.HasSuffix(name, "_test.yaml") || strings.HasSuffix(name, "_test.yml")) {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, errors.New("there is no file named like x_test.yaml in what was given")
	}
	return files, nil
}

// testOf is the test beside a definition; a test stands for itself.
func testOf(path string) string {
	ext := filepath.Ext(path)
	base := strings.TrimSuffix(path, ext)
	return strings.TrimSuffix(base, "_test") + "_test" + ext
}

// definitionOf is the definition beside a test.
func definitionOf(test string) string {
	ext := filepath.Ext(test)
	return strings.TrimSuffix(strings.TrimSuffix(test, ext), "_test") + ext
}
