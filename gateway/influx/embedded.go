package influx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/influxdata/influxdb/coordinator"
	"github.com/influxdata/influxdb/models"
	"github.com/influxdata/influxdb/monitor"
	"github.com/influxdata/influxdb/query"
	"github.com/influxdata/influxdb/services/httpd"
	"github.com/influxdata/influxdb/services/meta"
	"github.com/influxdata/influxdb/services/precreator"
	"github.com/influxdata/influxdb/services/retention"
	"github.com/influxdata/influxdb/toml"
	"github.com/influxdata/influxdb/tsdb"
	"github.com/rs/zerolog"
	"go.uber.org/zap"

	// The storage engine and its indexes register themselves.
	_ "github.com/influxdata/influxdb/tsdb/engine"
	_ "github.com/influxdata/influxdb/tsdb/index"

	"github.com/campusgate/campusgate/gateway/event"
)

// EmbeddedVersion is the InfluxDB that Embedded runs, the last 1.x that is pure Go.
const EmbeddedVersion = "1.8.10"

// EmbeddedConfig are the settings of the embedded InfluxDB.
type EmbeddedConfig struct {
	// DataDir is its folder, made when missing. One process at a time.
	DataDir string `yaml:"data_dir"`
	// Addr is where it listens, loopback only; port 0 takes a free one.
	Addr string `yaml:"addr"`
	// Username and PasswordFile name its one (administrator) account. Without, every
	// program on this machine may read and write.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// CacheBytes bounds what a shard holds in memory and not yet in a data file, 1 MiB to
	// 16 GiB; beyond it writes are refused until the disk has caught up.
	CacheBytes int64 `yaml:"cache_bytes"`
	// SnapshotBytes is how much of it goes into a data file at once, 1 MiB to CacheBytes.
	SnapshotBytes int64 `yaml:"snapshot_bytes"`
	// SyncDelay lets writes wait for each other before the fsync that every write waits
	// for, 0 to 1s. A slow disk wants 10ms or more.
	SyncDelay time.Duration `yaml:"sync_delay"`
}

// DefaultEmbeddedConfig suits a small machine.
func DefaultEmbeddedConfig() EmbeddedConfig {
	return EmbeddedConfig{
		DataDir: "data/influxdb", Addr: "127.0.0.1:8086",
		CacheBytes: 256 << 20, SnapshotBytes: 16 << 20,
	}
}

// Validate returns every setting that is not allowed as *event.Fault.
func (c EmbeddedConfig) Validate() error {
	var faults []error
	if c.DataDir == "" {
		faults = append(faults, &event.Fault{Key: "data_dir", Value: "nothing", Want: "a folder"})
	}
	if !loopback(c.Addr) {
		faults = append(faults, &event.Fault{Key: "addr", Value: c.Addr, Want: "a loopback address with a port, such as 127.0.0.1:8086: InfluxDB 1.8 is too old for a network"})
	}
	if c.Username != "" && c.PasswordFile == "" {
		faults = append(faults, &event.Fault{Key: "password_file", Value: "nothing", Want: "a file, because username is set"})
	}
	return errors.Join(append(faults,
		between("cache_bytes", c.CacheBytes, 1<<20, 16<<30),
		between("snapshot_bytes", c.SnapshotBytes, 1<<20, c.CacheBytes),
		between("sync_delay", c.SyncDelay, 0, time.Second))...)
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Embedded is InfluxDB 1.8.10 in this process, put together from its packages: storage,
// metadata, query engine, HTTP API, retention, and nothing that listens elsewhere, phones
// home or profiles. Its own program (package cmd/influxd/run) opens a second, unguarded
// port for backups.
//
// It promises that a write answered with 204 has been fsynced.
type Embedded struct {
	config EmbeddedConfig
	log    zerolog.Logger

	mu     sync.Mutex
	state  event.Health
	parts  *parts
	server *http.Server
	served chan struct{} // closed when the server has returned
	addr   string
}

// NewEmbedded checks the settings; it opens nothing.
func NewEmbedded(c EmbeddedConfig, log zerolog.Logger) (*Embedded, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Embedded{config: c, log: log, state: event.Health{State: event.Stopped, Reason: "not started"}}, nil
}

// Start opens the folder and listens; it returns when queries and writes are answered.
// That takes as long as the last data files need to load: seconds for a county's year.
func (e *Embedded) Start(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.parts != nil {
		return errors.New("embedded InfluxDB: started twice")
	}
	p, err := openParts(e.config, zapTo(e.log))
	if err != nil {
		return fmt.Errorf("embedded InfluxDB: %w", err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", e.config.Addr)
	if err != nil {
		return fmt.Errorf("embedded InfluxDB: %w", errors.Join(err, p.close()))
	}
	server := &http.Server{Handler: guard(p.handler), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	served := make(chan struct{})
	e.parts, e.server, e.served, e.addr = p, server, served, listener.Addr().String()
	e.state = event.Health{State: event.OK}
	go func() {
		defer close(served)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			e.log.Error().Err(err).Msg("embedded InfluxDB stopped listening")
			e.setState(event.Failed, "stopped listening: "+err.Error())
		}
	}()
	return nil
}

// Stop lets running requests finish as long as ctx lasts, then closes the folder.
func (e *Embedded) Stop(ctx context.Context) error {
	e.mu.Lock()
	server, served, p := e.server, e.served, e.parts
	e.server, e.parts = nil, nil
	e.state = event.Health{State: event.Stopped}
	e.mu.Unlock()
	if server == nil {
		return nil
	}
	err := server.Shutdown(ctx)
	if err != nil {
		_ = server.Close()
	}
	<-served
	return errors.Join(err, p.close())
}

// Addr is host and port in use, empty before Start.
func (e *Embedded) Addr() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addr
}

// URL is the address for ServerConfig.URL, empty before Start.
func (e *Embedded) URL() string {
	addr := e.Addr()
	if addr == "" {
		return ""
	}
	return "http://" + addr
}

// Health says whether it serves.
func (e *Embedded) Health() event.Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

func (e *Embedded) setState(s event.HealthState, reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state = event.Health{State: s, Reason: reason}
}

// parts are the pieces of InfluxDB, opened together and closed in reverse.
type parts struct {
	handler http.Handler
	closers []func() error
}

func (p *parts) opened(closer func() error) { p.closers = append(p.closers, closer) }

func (p *parts) close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}

func openParts(c EmbeddedConfig, log *zap.Logger) (p *parts, err error) {
	p = &parts{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
			p = nil
		}
	}()
	for _, sub := range []string{"meta", "data", "wal"} {
		if err := os.MkdirAll(filepath.Join(c.DataDir, sub), 0o700); err != nil {
			return p, err
		}
	}
	unlock, err := lockFolder(filepath.Join(c.DataDir, "LOCK"))
	if err != nil {
		return p, fmt.Errorf("folder %s is in use by another process: %w", c.DataDir, err)
	}
	p.opened(unlock)

	metaConfig := meta.NewConfig()
	metaConfig.Dir, metaConfig.LoggingEnabled = filepath.Join(c.DataDir, "meta"), false
	metaClient := meta.NewClient(metaConfig)
	metaClient.WithLogger(log)
	if err := metaClient.Open(); err != nil {
		return p, fmt.Errorf("metadata: %w", err)
	}
	p.opened(metaClient.Close)
	if c.Username != "" {
		if err := setAccount(metaClient, c); err != nil {
			return p, err
		}
	}

	data := tsdb.NewConfig()
	data.Dir, data.WALDir = filepath.Join(c.DataDir, "data"), filepath.Join(c.DataDir, "wal")
	data.WALFsyncDelay = toml.Duration(c.SyncDelay)
	data.CacheMaxMemorySize, data.CacheSnapshotMemorySize = toml.Size(c.CacheBytes), toml.Size(c.SnapshotBytes)
	data.MaxConcurrentCompactions = 1 // it shares the machine with everything else
	data.ValidateKeys, data.QueryLogEnabled = true, false
	store := tsdb.NewStore(data.Dir)
	store.EngineOptions.Config = data
	store.EngineOptions.EngineVersion, store.EngineOptions.IndexVersion = data.Engine, data.Index
	store.WithLogger(log)
	if err := store.Open(); err != nil {
		return p, fmt.Errorf("storage: %w", err)
	}
	p.opened(store.Close)

	points := coordinator.NewPointsWriter()
	points.TSDBStore, points.MetaClient = store, metaClient
	points.WithLogger(log)
	if err := points.Open(); err != nil {
		return p, err
	}
	p.opened(points.Close)

	executor := query.NewExecutor()
	p.opened(executor.Close)
	watch := monitor.New(noStatistics{}, monitor.NewConfig()) // never opened: SHOW STATS wants one
	executor.StatementExecutor = &coordinator.StatementExecutor{
		MetaClient: metaClient, TaskManager: executor.TaskManager, TSDBStore: store,
		ShardMapper: &coordinator.LocalShardMapper{MetaClient: metaClient, TSDBStore: coordinator.LocalTSDBStore{Store: store}},
		Monitor:     watch, PointsWriter: points,
	}

	expire := retention.NewService(retention.NewConfig())
	expire.MetaClient, expire.TSDBStore = metaClient, store
	expire.WithLogger(log)
	if err := expire.Open(); err != nil {
		return p, err
	}
	p.opened(expire.Close)
	ahead := precreator.NewService(precreator.NewConfig())
	ahead.MetaClient = metaClient
	ahead.WithLogger(log)
	if err := ahead.Open(); err != nil {
		return p, err
	}
	p.opened(ahead.Close)

	web := httpd.NewConfig()
	web.LogEnabled, web.PprofEnabled, web.FluxEnabled = false, false, false
	web.AuthEnabled = c.Username != ""
	handler := httpd.NewHandler(web)
	handler.MetaClient, handler.QueryExecutor, handler.PointsWriter, handler.Monitor = metaClient, executor, points, watch
	handler.QueryAuthorizer, handler.WriteAuthorizer = meta.NewQueryAuthorizer(metaClient), meta.NewWriteAuthorizer(metaClient)
	handler.Version, handler.BuildType = EmbeddedVersion, "OSS"
	handler.Logger = log
	handler.Open()
	p.opened(func() error { handler.Close(); return nil })
	p.handler = handler
	return p, nil
}

// setAccount makes the one account, or gives it the password of the file.
func setAccount(m *meta.Client, c EmbeddedConfig) error {
	password, err := secret(c.PasswordFile)
	if err != nil {
		return fmt.Errorf("password_file: %w", err)
	}
	if user, err := m.User(c.Username); err == nil && user != nil {
		return m.UpdateUser(c.Username, password)
	}
	_, err = m.CreateUser(c.Username, password, true)
	return err
}

type noStatistics struct{}

func (noStatistics) Statistics(map[string]string) []models.Statistic { return nil }

// guard lets through what the gateway, the dashboard and Grafana need, asked for as a
// loopback address. A page in a browser on this machine gets nothing, neither by naming
// its own host (DNS rebinding) nor across origins.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ping", "/health", "/query", "/write", "/api/v2/write":
		default:
			http.NotFound(w, r)
			return
		}
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !loopback(net.JoinHostPort(host, "0")) || r.Header.Get("Origin") != "" {
			http.Error(w, "the embedded InfluxDB answers programs on this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
