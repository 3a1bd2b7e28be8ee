package adapters_test

import (
	"flag"
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters"
)

//nolint:gochecknoglobals // the flag of a test
var updateCatalogue = flag.Bool("update-catalogue", false, "write configs/adapters.md anew")

const catalogueHead = `# The adapters

Made from the adapters' own documentation and cases by
` + "`go test ./adapters -run TestCatalogue -update-catalogue`" + `; a test holds it equal to them. A subscription
names an adapter by its name; a case is a folder with a message and the events that it gives. See what an
adapter makes of a message of yours with ` + "`campusgate check --adapter NAME --sample FILE`" + `.
`

// TestCatalogue holds configs/adapters.md equal to what the adapters say of themselves.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	folders := adapterFolders(t)
	var b strings.Builder
	b.WriteString(catalogueHead)
	b.WriteString("\n| adapter | reads | cases |\n|---|---|---|\n")
	for _, d := range adapters.All() {
		f, ok := folders[d.Name()]
		if !ok {
			continue // campus is all of our own devices' adapters
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %d |\n", d.Name(), d.Name(), strings.ReplaceAll(f.synopsis, "|", "\\|"), len(f.cases))
	}
	for _, d := range adapters.All() {
		f, ok := folders[d.Name()]
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", d.Name(), f.text)
		if len(f.cases) > 0 {
			fmt.Fprintf(&b, "\nCases: %s.\n", strings.Join(f.cases, ", "))
		}
	}
	writeMappings(t, &b, folders["mapping"].text)
	file := filepath.Join("..", "configs", "adapters.md")
	if *updateCatalogue {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Error("configs/adapters.md is not what the adapters say: run go test ./adapters -run TestCatalogue -update-catalogue")
	}
}

// writeMappings tells how payloads that no adapter knows are taken in, with every example.
func writeMappings(t *testing.T, b *strings.Builder, text string) {
	t.Helper()
	fmt.Fprintf(b, "\n## mappings\n\nWhat no adapter knows is described under `mappings` in the configuration, whose keys "+
		"[campusgate.yaml](campusgate.yaml) explains; each mapping is an adapter of its own name.\n\n```text\n%s```\n", text)
	examples, err := filepath.Glob("mapping/testdata/configs/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range examples {
		example, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "\n```yaml\n%s```\n", example)
	}
}

type adapterFolder struct {
	synopsis, text string
	cases          []string
}

// adapterFolders reads the documentation and the cases of every folder, by the package's name.
func adapterFolders(t *testing.T) map[string]adapterFolder {
	t.Helper()
	files, err := filepath.Glob("*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]adapterFolder{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Dir(file)
		var cases []string
		err = filepath.WalkDir(filepath.Join(folder, "testdata"), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Name() == "topic.txt" {
				cases = append(cases, filepath.Base(filepath.Dir(path)))
			}
			return nil // a folder without cases has none to list
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(cases)
		text := parsed.Doc.Text()
		folders[parsed.Name.Name] = adapterFolder{
			synopsis: strings.TrimPrefix(new(doc.Package).Synopsis(text), "Package "+parsed.Name.Name+" "), text: text, cases: cases,
		}
	}
	return folders
}
