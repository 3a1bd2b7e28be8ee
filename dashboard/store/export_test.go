package store

import "path"

// Migration returns the SQL of a migration.
func Migration(version int) (string, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return "", err
	}
	text, err := migrations.ReadFile(path.Join("migrations", files[version-1].Name()))
	return string(text), err
}
