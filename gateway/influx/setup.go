package influx

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	http2 "github.com/influxdata/influxdb-client-go/v2/api/http"
)

// RightsError says that the server has not got what is needed and we may not make it, and
// what somebody who may has to do.
type RightsError struct {
	Missing string // for instance `database "campusgate"`
	Advice  string
	Err     error // the server's refusal
}

func (e *RightsError) Error() string {
	return fmt.Sprintf("%s is missing at InfluxDB and this account may not create it (%v): %s", e.Missing, e.Err, e.Advice)
}

func (e *RightsError) Unwrap() error { return e.Err }

// setUp finds out which InfluxDB answers and makes what is missing: on 1.x the database
// and a retention policy for each measurement with a retention of its own, on 2.x the
// buckets, their retention, and the mapping that lets InfluxQL see them. It may be called
// at any time, and changes nothing that is as configured. done names what it made.
func (c *client) setUp(ctx context.Context, create bool) (version string, done []string, err error) {
	version, err = c.version(ctx)
	if err != nil || !create {
		return version, nil, err
	}
	switch {
	case strings.HasPrefix(version, "1."):
		done, err = c.setUp1(ctx)
	case strings.HasPrefix(version, "2."):
		done, err = c.setUp2(ctx)
	}
	// 3.x makes databases at the first write and has no buckets.
	return version, done, err
}

// version is the server's own, without "v": every 1.x and 2.x says it in each answer.
func (c *client) version(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath("ping").String(), nil)
	if err != nil {
		return "", err
	}
	resp, err := c.http.DoHTTPRequestWithResponse(req, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	version := strings.TrimPrefix(resp.Header.Get("X-Influxdb-Version"), "v")
	if version == "" {
		return "", fmt.Errorf("%s answers %s to /ping and names no InfluxDB version", c.base.Redacted(), resp.Status)
	}
	return version, nil
}

// refused tells a lack of rights from every other failure. 1.x says it inside of a 200.
func refused(err error) bool {
	var answer *http2.Error
	if errors.As(err, &answer) {
		return answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden
	}
	var said *QueryError
	return errors.As(err, &said) && (strings.Contains(said.Message, "not authorized") || strings.Contains(said.Message, "requires admin"))
}

// policy is a retention policy of 1.x.
type policy struct {
	name  string
	keep  time.Duration
	usual bool // the database's default
}

func (c *client) setUp1(ctx context.Context) (done []string, err error) {
	db := c.config.Database
	before, err := c.policies(ctx)
	if err == nil && before == nil || refused(err) { // refused: perhaps because there is no database
		if err := c.statement(ctx, fmt.Sprintf(`CREATE DATABASE "%s"`, db)); err != nil {
			return nil, c.without(err, fmt.Sprintf("database %q", db), fmt.Sprintf(`an administrator runs CREATE DATABASE "%s" and grants ALL on it to this account`, db))
		}
		done = append(done, fmt.Sprintf("database %q", db))
		before, err = c.policies(ctx)
	}
	if err != nil {
		return done, c.without(err, fmt.Sprintf("right to see the retention of database %q", db), "an administrator grants ALL on it, or set-up is switched off (setup: false)")
	}
	for _, name := range c.config.retained() {
		keep := c.config.Retention[name]
		i := slices.IndexFunc(before, func(p policy) bool { return p.name == name || name == defaultRetention && p.usual })
		var text string
		switch {
		case i >= 0 && before[i].keep == keep:
			continue
		case i >= 0:
			text = fmt.Sprintf(`ALTER RETENTION POLICY "%s" ON "%s" DURATION %s SHARD DURATION %s`, before[i].name, db, inSeconds(keep), inSeconds(shardSpan(keep)))
		case name == defaultRetention:
			text = fmt.Sprintf(`CREATE RETENTION POLICY "autogen" ON "%s" DURATION %s REPLICATION 1 SHARD DURATION %s DEFAULT`, db, inSeconds(keep), inSeconds(shardSpan(keep)))
		default:
			text = fmt.Sprintf(`CREATE RETENTION POLICY "%s" ON "%s" DURATION %s REPLICATION 1 SHARD DURATION %s`, name, db, inSeconds(keep), inSeconds(shardSpan(keep)))
		}
		if err := c.statement(ctx, text); err != nil {
			return done, c.without(err, fmt.Sprintf("retention of %s", name), "an administrator runs "+text)
		}
		done = append(done, fmt.Sprintf("retention of %s: %s", name, forHow(keep)))
	}
	return done, nil
}

// without turns a lack of rights into a RightsError and leaves other errors alone.
func (c *client) without(err error, what, advice string) error {
	if refused(err) {
		return &RightsError{Missing: what, Advice: advice, Err: err}
	}
	return err
}

// policies lists the retention policies of the database, nil when there is no database.
func (c *client) policies(ctx context.Context) ([]policy, error) {
	var out []policy
	err := c.query(ctx, "", fmt.Sprintf(`SHOW RETENTION POLICIES ON "%s"`, c.config.Database), nil, func(r *resultRow) error {
		keep, err := time.ParseDuration(r.text("duration"))
		usual, _ := r.boolean("default")
		out = append(out, policy{r.text("name"), keep, usual})
		return err
	})
	var said *QueryError
	if errors.As(err, &said) && strings.Contains(said.Message, "database not found") {
		return nil, nil
	}
	return out, err
}

func (c *client) statement(ctx context.Context, text string) error {
	return c.query(ctx, "", text, nil, func(*resultRow) error { return nil })
}

// retained lists the keys of Retention in a fixed order.
func (c ServerConfig) retained() []string {
	var out []string
	for _, name := range append([]string{defaultRetention}, Measurements()...) {
		if _, ok := c.Retention[name]; ok {
			out = append(out, name)
		}
	}
	return out
}

func inSeconds(d time.Duration) string {
	if d == 0 {
		return "INF"
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

func forHow(d time.Duration) string {
	if d == 0 {
		return "for ever"
	}
	return d.String()
}

// shardSpan is InfluxDB's own choice for a retention; it must be said when one is changed.
func shardSpan(keep time.Duration) time.Duration {
	const day = 24 * time.Hour
	switch {
	case keep == 0 || keep > 180*day:
		return 7 * day
	case keep < 2*day:
		return time.Hour
	}
	return day
}

// bucket2 and mapping2 are what the API of 2.x sends and takes.
type bucket2 struct {
	ID    string  `json:"id,omitempty"`
	OrgID string  `json:"orgID,omitempty"`
	Name  string  `json:"name,omitempty"`
	Rules []rule2 `json:"retentionRules"`
}

type rule2 struct {
	Type         string `json:"type"`
	EverySeconds int64  `json:"everySeconds"`
}

type mapping2 struct {
	Database string `json:"database"`
	Policy   string `json:"retention_policy"`
	Default  bool   `json:"default"`
	Org      string `json:"org,omitempty"`
	BucketID string `json:"bucketID"`
	Virtual  bool   `json:"virtual,omitempty"`
}

func (c *client) setUp2(ctx context.Context) (done []string, err error) {
	for _, name := range c.config.buckets() {
		made, err := c.setUpBucket(ctx, name)
		done = append(done, made...)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// organization looks up the id, which only making a bucket needs: a token for one bucket
// need not see its organization.
func (c *client) organization(ctx context.Context) (id string, err error) {
	var found struct {
		Orgs []struct {
			ID string `json:"id"`
		} `json:"orgs"`
	}
	err = c.api(ctx, http.MethodGet, "api/v2/orgs", url.Values{"org": {c.config.Org}}, nil, &found)
	if v, words, _ := judge(err); v == missing || v == denied || err == nil && len(found.Orgs) == 0 {
		words = cmp.Or(words, "the list is empty")
		return "", fmt.Errorf("organization %q is not there, or not for this token (%s)", c.config.Org, words)
	}
	if err != nil {
		return "", err
	}
	return found.Orgs[0].ID, nil
}

// buckets lists "default" for the database's own, and the measurements that have one.
func (c ServerConfig) buckets() []string {
	out := []string{defaultRetention}
	for _, name := range c.retained() {
		if name != defaultRetention {
			out = append(out, name)
		}
	}
	return out
}

// setUpBucket makes the bucket of a measurement (or the default), its retention and its
// mapping.
func (c *client) setUpBucket(ctx context.Context, measurement string) (done []string, err error) {
	name, rp := c.config.bucket(measurement), measurement
	if measurement == defaultRetention {
		name, rp = c.config.Database, "autogen"
	}
	keep, configured := c.config.Retention[measurement]
	rules := []rule2{{Type: "expire", EverySeconds: int64(keep / time.Second)}}
	advice := fmt.Sprintf("somebody with an all-access token makes the bucket %q, or gives this token write access to the organization's buckets", name)

	var found struct {
		Buckets []bucket2 `json:"buckets"`
	}
	err = c.api(ctx, http.MethodGet, "api/v2/buckets", url.Values{"org": {c.config.Org}, "name": {name}}, nil, &found)
	if v, _, _ := judge(err); err != nil && v != missing {
		return nil, c.without(err, fmt.Sprintf("right to see bucket %q", name), advice)
	}
	var b bucket2
	if len(found.Buckets) == 0 {
		org, err := c.organization(ctx)
		if err != nil {
			return nil, &RightsError{Missing: fmt.Sprintf("bucket %q", name), Advice: advice, Err: err}
		}
		err = c.api(ctx, http.MethodPost, "api/v2/buckets", nil, bucket2{OrgID: org, Name: name, Rules: rules}, &b)
		if err != nil {
			return nil, c.without(err, fmt.Sprintf("bucket %q", name), advice)
		}
		done = append(done, fmt.Sprintf("bucket %q, kept %s", name, forHow(keep)))
	} else {
		b = found.Buckets[0]
		if configured && b.keep() != keep {
			if err := c.api(ctx, http.MethodPatch, "api/v2/buckets/"+b.ID, nil, bucket2{Rules: rules}, nil); err != nil {
				return nil, c.without(err, fmt.Sprintf("retention of bucket %q", name), fmt.Sprintf("somebody with an all-access token sets it to %s", forHow(keep)))
			}
			done = append(done, fmt.Sprintf("retention of bucket %q: %s", name, forHow(keep)))
		}
	}

	var mapped struct {
		Content []mapping2 `json:"content"`
	}
	err = c.api(ctx, http.MethodGet, "api/v2/dbrps", url.Values{"org": {c.config.Org}, "db": {c.config.Database}, "rp": {rp}}, nil, &mapped)
	want := mapping2{Database: c.config.Database, Policy: rp, Default: rp == "autogen", Org: c.config.Org, BucketID: b.ID}
	// A virtual mapping follows from the bucket's name and works, but ends with a rename.
	virtual := false
	for _, m := range mapped.Content {
		if m.BucketID == b.ID && !m.Virtual {
			return done, nil
		}
		virtual = virtual || m.BucketID == b.ID
	}
	if err == nil {
		err = c.api(ctx, http.MethodPost, "api/v2/dbrps", nil, want, nil)
	}
	if err != nil {
		if virtual && refused(err) {
			return done, nil
		}
		return done, c.without(err, fmt.Sprintf("InfluxQL mapping of bucket %q", name),
			fmt.Sprintf("somebody with an all-access token runs: influx v1 dbrp create --db %s --rp %s --bucket-id %s", c.config.Database, rp, b.ID))
	}
	return append(done, fmt.Sprintf("InfluxQL mapping of bucket %q", name)), nil
}

func (b bucket2) keep() time.Duration {
	for _, r := range b.Rules {
		if r.Type == "expire" {
			return time.Duration(r.EverySeconds) * time.Second
		}
	}
	return 0
}

// api sends and takes JSON.
func (c *client) api(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body io.Reader
	contentType := ""
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body, contentType = bytes.NewReader(b), "application/json"
	}
	return c.do(ctx, method, path, query, contentType, body, func(r io.Reader) error {
		if out == nil {
			return nil
		}
		return json.NewDecoder(io.LimitReader(r, 16<<20)).Decode(out)
	})
}
