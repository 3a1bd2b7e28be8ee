// Package web holds the browser application of the command centre and serves it.
//
//	src/ (TypeScript, Svelte) ──npm run build──▶ dist/ ──go:embed──▶ Handler ──▶ browsers
//
// dist is committed, so that building the program needs no Node; CI proves that it equals
// a rebuild. What Handler promises: the pages run under a strict Content-Security-Policy
// and load nothing from elsewhere; files with a hash in their name may be kept for ever,
// the index never; a path of a page ("/alarms/4f2a") answers with the index, a path of
// the API or of a missing file never does.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Policy is the Content-Security-Policy of every page. Inline styles are allowed because
// rows are placed by style attributes; scripts come from our own files only.
const Policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; connect-src 'self'; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// gzipMin is the size in bytes below which compressing a file gains nothing.
const gzipMin = 512

// file is one file of the build, ready to be sent.
type file struct {
	plain, zipped   []byte // zipped is nil where it is no smaller
	contentType     string
	tag, tagZipped  string
	forever, exists bool
}

// Handler serves the application. It compresses the files once, when it is called, and
// holds them in memory (about half a megabyte).
func Handler() http.Handler {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(fmt.Sprintf("web: the embedded folder is gone: %v", err)) // impossible: checked by the compiler
	}
	return HandlerFS(root)
}

// HandlerFS is Handler for the build in another file system, for tests and for work on
// the pages.
func HandlerFS(root fs.FS) http.Handler {
	files := make(map[string]file)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		files["/"+name] = prepare(name, body)
		return nil
	})
	index := files["/index.html"]
	delete(files, "/index.html")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		clean := path.Clean("/" + r.URL.Path)
		found := files[clean]
		if !found.exists && isPage(clean) {
			found = index
			if err != nil || !index.exists {
				http.Error(w, "the web application was not built into this program", http.StatusServiceUnavailable)
				return
			}
		}
		if !found.exists {
			http.NotFound(w, r)
			return
		}
		found.send(w, r)
	})
}

// isPage tells a path of the application's own pages from one of a file or of the API.
func isPage(clean string) bool {
	for _, prefix := range []string{"/api", "/assets", "/metrics", "/healthz", "/readyz"} {
		if clean == prefix || strings.HasPrefix(clean, prefix+"/") {
			return false
		}
	}
	return path.Ext(clean) == "" || clean == "/index.html"
}

func prepare(name string, body []byte) file {
	f := file{plain: body, exists: true, forever: strings.HasPrefix(name, "assets/")}
	f.contentType = mime.TypeByExtension(path.Ext(name))
	// Machines differ in their tables of types; these decide whether a page runs at all.
	switch path.Ext(name) {
	case ".html":
		f.contentType = "text/html; charset=utf-8"
	case ".js":
		f.contentType = "text/javascript; charset=utf-8"
	case ".css":
		f.contentType = "text/css; charset=utf-8"
	case "":
		f.contentType = "application/octet-stream"
	}
	sum := sha256.Sum256(body)
	f.tag = `"` + hex.EncodeToString(sum[:8]) + `"`
	f.tagZipped = `"` + hex.EncodeToString(sum[:8]) + `-gzip"`
	if len(body) < gzipMin {
		return f
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	_, _ = z.Write(body)                                  // a bytes.Buffer takes all
	if z.Close() == nil && b.Len() < len(body) {
		f.zipped = b.Bytes()
	}
	return f
}

func (f file) send(w http.ResponseWriter, r *http.Request) {
	body, tag := f.plain, f.tag
	h := w.Header()
	if f.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			body, tag = f.zipped, f.tagZipped
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Content-Security-Policy", Policy)
	h.Set("ETag", tag)
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-store")
	}
	if f.forever && r.Header.Get("If-None-Match") == tag {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // a browser that has gone away is no fault of ours
	}
}

// acceptsGzip reads an Accept-Encoding header: gzip or * is named and not refused by q=0.
func acceptsGzip(header string) bool {
	accepts := false
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		refused := false
		if q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			weight, err := strconv.ParseFloat(q, 64)
			refused = err == nil && weight == 0
		}
		if coding == "gzip" {
			return !refused // the named coding outranks the star
		}
		accepts = !refused
	}
	return accepts
}
