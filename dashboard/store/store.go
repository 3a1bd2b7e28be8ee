package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an open database. It is safe for concurrent use.
type Store struct {
	write *sql.DB // one connection: writers queue here and not in SQLite's busy handler
	read  *sql.DB
	hot   map[string]*sql.Stmt // of the writer, by text
}

// Open opens the file, makes it when it is missing, and brings its schema up to date.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of database: %w", err)
	}
	s := &Store{}
	var err error
	if s.write, err = sql.Open("sqlite", dsn(path, "immediate")); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), s.write.Close())
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), s.write.Close())
	}
	// Names of guards and hashes are inside.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", dsn(path, "deferred")+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(max(4, runtime.NumCPU()))
	return s, nil
}

func dsn(path, lock string) string {
	q := url.Values{"_txlock": {lock}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Close closes the database. No call may be running.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.unprepare(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ask database: %w", err)
	}
	return nil
}

// migrate applies the migrations that the file has not seen, each in a transaction.
func (s *Store) migrate(ctx context.Context) error {
	if _, err := s.write.ExecContext(ctx,
		"CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)"); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	have, last, err := s.applied(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return err
	}
	newest := 0
	for _, f := range files {
		version, err := strconv.Atoi(strings.SplitN(f.Name(), "_", 2)[0])
		if err != nil {
			return fmt.Errorf("migration %q has no number", f.Name())
		}
		newest = version
		if have[version] {
			continue
		}
		text, err := migrations.ReadFile("migrations/" + f.Name())
		if err != nil {
			return err
		}
		err = s.tx(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return err
			}
			if step := afterMigration(version); step != nil {
				if err := step(ctx, tx); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO schema_migration (version, applied_at) VALUES (?, ?)", version, time.Now().UnixNano())
			return err
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", f.Name(), err)
		}
	}
	if last > newest {
		return fmt.Errorf("its schema is version %d, this program knows up to %d: use a newer program", last, newest)
	}
	return nil
}

// applied returns which migrations the file has seen, and the last of them. One with a
// smaller number may come later: they are written side by side.
func (s *Store) applied(ctx context.Context) (have map[int]bool, last int, err error) {
	rows, err := s.write.QueryContext(ctx, "SELECT version FROM schema_migration")
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = rows.Close() }() // Err says it
	have = map[int]bool{}
	for rows.Next() {
		var version int
		if err := rows.Scan(&version); err != nil {
			return nil, 0, err
		}
		have[version], last = true, max(last, version)
	}
	return have, last, rows.Err()
}

// afterMigration returns what a migration needs beyond SQL, in the same transaction.
func afterMigration(version int) func(context.Context, *sql.Tx) error {
	if version == 2 {
		return func(ctx context.Context, tx *sql.Tx) error { return errors.Join(seal(ctx, tx), judge(ctx, tx)) }
	}
	return nil
}

func (s *Store) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // the error of fn is the one to tell
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func nanos(t *time.Time) sql.NullInt64 {
	if t == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: t.UnixNano(), Valid: true}
}

func timeOf(ns int64) time.Time { return time.Unix(0, ns).UTC() }

func timePtr(ns sql.NullInt64) *time.Time {
	if !ns.Valid {
		return nil
	}
	t := timeOf(ns.Int64)
	return &t
}
