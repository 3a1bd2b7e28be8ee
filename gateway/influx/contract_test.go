package influx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/influx"
)

// server is an InfluxDB that the contract is checked against.
type server struct {
	config influx.ServerConfig // without database
	token  string
	prefix string // of databases
}

// TestContractEmbedded and TestContractServer say what the gateway and the dashboard rely
// on, of whichever InfluxDB is used.
func TestContractEmbedded(t *testing.T) {
	t.Parallel()
	e := startEmbedded(t, t.TempDir(), nil)
	c := influx.DefaultServerConfig()
	c.URL = e.URL()
	contract(t, server{config: c, prefix: "contract"})
}

// TestContractServer checks the server that CAMPUSGATE_TEST_INFLUX_URL names, with
// CAMPUSGATE_TEST_INFLUX_TOKEN, _ORG and _DATABASE (the begin of the names of databases or
// buckets, which are removed at the end).
func TestContractServer(t *testing.T) {
	t.Parallel()
	c := influx.DefaultServerConfig()
	c.URL = os.Getenv("CAMPUSGATE_TEST_INFLUX_URL")
	if c.URL == "" {
		t.Skip("CAMPUSGATE_TEST_INFLUX_URL names no server")
	}
	s := server{config: c, token: os.Getenv("CAMPUSGATE_TEST_INFLUX_TOKEN"), prefix: os.Getenv("CAMPUSGATE_TEST_INFLUX_DATABASE")}
	if s.prefix == "" {
		s.prefix = "campusgate_test"
	}
	if org := os.Getenv("CAMPUSGATE_TEST_INFLUX_ORG"); org != "" {
		s.config.Org = org
	}
	if s.token != "" {
		s.config.TokenFile = filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(s.config.TokenFile, []byte(s.token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	contract(t, s)
}

func contract(t *testing.T, s server) {
	r, err := influx.NewReader(s.reader("none"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	version, err := r.Ping(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("InfluxDB %s", version)
	for name, check := range map[string]func(*testing.T, server){
		"every type comes back":         checkRoundTrip,
		"writing twice is writing once": checkIdempotent,
		"pages are complete":            checkPages,
		"series keep gaps and extremes": checkSeries,
		"filters are literal":           checkFilters,
		"status time line":              checkStatus,
		"anomalies":                     checkAnomalies,
		"retention":                     checkRetention,
		"one bad line":                  checkPoison,
		"long answers":                  checkLong,
		"no database":                   checkNoDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, s)
		})
	}
}

// database names a fresh database for one check.
func (s server) database(t *testing.T) string {
	name := s.prefix + "_" + fmt.Sprint(time.Now().UnixNano())
	t.Cleanup(func() { s.drop(t, name) })
	return name
}

func (s server) header() map[string]string {
	if s.token == "" {
		return nil
	}
	return map[string]string{"Authorization": "Token " + s.token}
}

// drop removes what a check made: the database of 1.x, the buckets of 2.x.
func (s server) drop(t *testing.T, name string) {
	fetch(t, "POST", s.config.URL+"/query?q="+url.QueryEscape(`DROP DATABASE "`+name+`"`), "", s.header())
	_, body := fetch(t, "GET", s.config.URL+"/api/v2/buckets?limit=100&org="+url.QueryEscape(s.config.Org), "", s.header())
	var found struct{ Buckets []struct{ ID, Name string } }
	if json.Unmarshal([]byte(body), &found) != nil {
		return // 1.x
	}
	for _, b := range found.Buckets {
		if b.Name == name || strings.HasPrefix(b.Name, name+"/") {
			fetch(t, "DELETE", s.config.URL+"/api/v2/buckets/"+b.ID, "", s.header())
		}
	}
}

func (s server) server(database string) influx.ServerConfig {
	c := s.config
	c.Database = database
	return c
}

func (s server) reader(database string) influx.ReaderConfig {
	c := influx.DefaultReaderConfig()
	c.ServerConfig = s.server(database)
	return c
}

func (s server) writer(database string) influx.WriterConfig {
	c := influx.DefaultWriterConfig()
	c.ServerConfig = s.server(database)
	c.RetryMin, c.RetryMax = 10*time.Millisecond, 100*time.Millisecond
	return c
}

// pair is a running writer with its source and a reader on the same database.
type pair struct {
	*influx.Writer
	src *memory
	r   *influx.Reader
}

func start(tb testing.TB, w influx.WriterConfig, r influx.ReaderConfig) pair {
	tb.Helper()
	src := newMemory()
	writer, err := influx.NewWriter(w, influx.WriterDeps{Sources: []influx.Source{src}, Log: zerolog.New(zerolog.NewTestWriter(tb))})
	if err != nil {
		tb.Fatal(err)
	}
	reader, err := influx.NewReader(r)
	if err != nil {
		tb.Fatal(err)
	}
	if err := writer.Start(context.Background()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, writer); reader.Close() })
	return pair{writer, src, reader}
}

func (s server) start(t *testing.T) (pair, string) {
	db := s.database(t)
	return start(t, s.writer(db), s.reader(db)), db
}
