package config

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
)

var update = flag.Bool("update", false, "write configs/campusgate.yaml anew")

// shared marks a field whose comment stands at the field above it.
const shared = "\x01"

const referenceHead = `# Every setting of campusgate with its default, unit and range.
#
# Made from the program's own documentation (go test ./cmd/campusgate/config -update); a
# test holds it equal to the defaults. Copy what you change into a file of your own; see
# configs/examples. A key that is not here is refused. Scalars can be set by environment
# variables, for instance CAMPUSGATE_GATEWAY_JOURNAL_MAX_BYTES=1073741824. Lists that are
# empty by default show, commented out, what an item may hold. Secrets stand in files of
# their own, named here by their paths.
`

// TestReferenceConfigEqualsDefaults holds the reference file: it documents every key, with
// the text that stands beside the key in the code, and reads as the defaults.
func TestReferenceConfigEqualsDefaults(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	file := filepath.Join(root, "configs", "campusgate.yaml")
	r := reference{docs: fieldDocs(t, root)}
	r.b.WriteString(referenceHead)
	r.walk(reflect.ValueOf(Default()), 0, "")
	for _, missing := range r.undocumented {
		t.Errorf("%s has no comment in the code", missing)
	}
	if *update {
		if err := os.WriteFile(file, []byte(r.b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != r.b.String() {
		t.Error("configs/campusgate.yaml is not what the code says: run go test ./cmd/campusgate/config -update")
	}
	got := Config{}
	if err := LoadYAML(file, &got); err != nil {
		t.Fatal(err)
	}
	if !sameSettings(reflect.ValueOf(got), reflect.ValueOf(Default())) {
		t.Error("the reference file does not read as the defaults")
	}
}

// sameSettings compares as DeepEqual, but takes an empty list or map for none.
func sameSettings(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() && !sameSettings(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Map:
		if a.Len() == 0 && b.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// reference writes the file.
type reference struct {
	b            strings.Builder
	docs         map[string]string
	undocumented []string
}

func (r *reference) walk(v reflect.Value, depth int, prefix string) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") {
			r.walk(v.Field(i), depth, prefix)
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		pad := prefix + strings.Repeat("  ", depth)
		doc := r.doc(t, f)
		if depth == 0 && prefix == "" {
			r.b.WriteString("\n")
		}
		for _, line := range wrap(keysForNames(t, doc), 98-len(pad)) {
			fmt.Fprintf(&r.b, "%s# %s\n", pad, line)
		}
		if t == reflect.TypeFor[detect.Config]() {
			r.detect(name, pad)
		}
		r.field(name, f.Type, v.Field(i), depth, prefix, pad)
	}
}

// keysForNames writes the keys of the file where the code's comments say names of fields.
func keysForNames(t reflect.Type, doc string) string {
	for i := range t.NumField() {
		f := t.Field(i)
		if key, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); key != "" {
			doc = regexp.MustCompile(`\b`+f.Name+`\b`).ReplaceAllString(doc, key)
		}
	}
	return doc
}

// detect lists what the maps of the detectors' settings may hold.
func (r *reference) detect(name, pad string) {
	switch name {
	case "limits":
		for _, l := range detect.Limits() {
			fmt.Fprintf(&r.b, "%s#   %s: %g  # %g to %g %s; %s\n", pad, l.Name, l.Default, l.Min, l.Max, l.Unit, l.Doc)
		}
	case "rules":
		for _, line := range wrap("The rules are "+strings.Join(detect.Rules(), ", ")+".", 98-len(pad)) {
			fmt.Fprintf(&r.b, "%s# %s\n", pad, line)
		}
	}
}

func (r *reference) field(name string, t reflect.Type, v reflect.Value, depth int, prefix, pad string) {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		fmt.Fprintf(&r.b, "%s%s: %s\n", pad, name, duration(time.Duration(v.Int())))
	case t.Kind() == reflect.Struct:
		fmt.Fprintf(&r.b, "%s%s:\n", pad, name)
		r.walk(v, depth+1, prefix)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		fmt.Fprintf(&r.b, "%s%s: []\n", pad, name)
		item := reference{docs: r.docs}
		item.walk(reflect.New(t.Elem()).Elem(), 0, "\x00")
		r.undocumented = append(r.undocumented, item.undocumented...)
		first := true
		for line := range strings.Lines(item.b.String()) {
			line = strings.TrimPrefix(strings.ReplaceAll(line, "\x00", ""), "\n")
			lead := "    "
			if first {
				lead, first = "  - ", false
			}
			fmt.Fprintf(&r.b, "%s#%s%s", strings.TrimSuffix(pad, "# "), lead, line)
		}
	case t.Kind() == reflect.Slice:
		words := make([]string, v.Len())
		for i := range words {
			words[i] = fmt.Sprintf("%q", v.Index(i).String())
		}
		fmt.Fprintf(&r.b, "%s%s: [%s]\n", pad, name, strings.Join(words, ", "))
	case t.Kind() == reflect.Map:
		fmt.Fprintf(&r.b, "%s%s: {}\n", pad, name)
	case t.Kind() == reflect.String:
		fmt.Fprintf(&r.b, "%s%s: %q\n", pad, name, v.String())
	default:
		fmt.Fprintf(&r.b, "%s%s: %v\n", pad, name, v.Interface())
	}
}

// duration drops what time.Duration prints for nothing: 15m instead of 15m0s.
func duration(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if s == "" || s == "-" || strings.HasSuffix(s, "h0m") || strings.HasSuffix(s, "m") && strings.HasSuffix(d.String(), "m0s") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "" || s[len(s)-1] >= '0' && s[len(s)-1] <= '9' {
		return d.String()
	}
	return s
}

func (r *reference) doc(t reflect.Type, f reflect.StructField) string {
	doc := r.docs[t.PkgPath()+"."+t.Name()+"."+f.Name]
	if doc == "" {
		f := f.Type
		for f.Kind() == reflect.Slice {
			f = f.Elem()
		}
		doc = r.docs[f.PkgPath()+"."+f.Name()]
	}
	if doc == shared && f.Type.Kind() != reflect.Struct {
		return ""
	}
	if doc == "" || doc == shared {
		doc = r.docs[f.Type.PkgPath()+"."+f.Type.Name()]
	}
	if doc == "" {
		r.undocumented = append(r.undocumented, t.String()+"."+f.Name)
	}
	return doc
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// fieldDocs reads the comments of all struct fields and types below root: "path.Type.Field"
// and "path.Type". A field without one shares that of the field right above it.
func fieldDocs(t *testing.T, root string) map[string]string {
	t.Helper()
	docs := map[string]string{}
	const module = "github.com/campusgate/campusgate/"
	for _, top := range []string{"gateway", "dashboard", "cmd", "adapters"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			collectDocs(docs, module+filepath.ToSlash(rel), file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

func collectDocs(docs map[string]string, path string, file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			ts, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			st, ok := ts.Type.(*ast.StructType)
			if !ok {
				continue
			}
			name := path + "." + ts.Name.Name
			docs[name] = gen.Doc.Text() + ts.Doc.Text()
			last := ""
			for _, f := range st.Fields.List {
				text := f.Doc.Text() + f.Comment.Text()
				if text != "" {
					last = text
				}
				for _, id := range f.Names {
					docs[name+"."+id.Name] = text
					if text == "" {
						docs[name+"."+id.Name] = shared
						if last == "" || f.Tag == nil {
							docs[name+"."+id.Name] = ""
						}
					}
				}
			}
		}
	}
}
