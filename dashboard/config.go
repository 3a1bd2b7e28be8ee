package dashboard

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/auth/signon"
	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/dashboard/media"
	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/dashboard/report"
	"github.com/campusgate/campusgate/dashboard/watch"
	"github.com/campusgate/campusgate/gateway/event"
)

// Config holds the dashboard's settings.
type Config struct {
	HTTP HTTPConfig `yaml:"http"`
	// DataDir is the folder of the database (dashboard.db). Required.
	DataDir string `yaml:"data_dir"`
	// AlarmRetention is how long closed alarms and their audit are kept, 30 days to 20 years.
	// Open alarms are never removed.
	AlarmRetention time.Duration `yaml:"alarm_retention"`
	// Alarms are the settings of the alarm desk.
	Alarms alarm.Config `yaml:"alarms"`
	// AdminPasswordFile holds the password of the account "admin", made when there is no
	// account at all. Empty: a password is made up and written to <data_dir>/admin-password.
	AdminPasswordFile string `yaml:"admin_password_file"`
	// Accounts are made, and kept, as written here. Others are left alone.
	Accounts []AccountConfig `yaml:"accounts"`
	Session  auth.Config     `yaml:"session"`
	// Passkeys says where people can log in with passkeys.
	Passkeys PasskeyConfig `yaml:"passkeys"`
	// OIDC lets people log in with the county's identity provider.
	OIDC signon.Config `yaml:"oidc"`
	Live live.Config   `yaml:"live"`
	// Notify says who is told about alarms, and how.
	Notify notify.Config `yaml:"notify"`
	// Guard is about the guards at the gates.
	Guard guard.Config `yaml:"guard"`
	// Media is the server of live pictures.
	Media media.Config `yaml:"media"`
	// Report is about the monthly reports.
	Report report.Config `yaml:"report"`
	// Watch notices what falls silent, this process included.
	Watch watch.Config `yaml:"watch"`
	// Limits are how often one caller may ask for what costs much.
	Limits api.Limits `yaml:"limits"`
	// Map names the files of the map.
	Map MapConfig `yaml:"map"`
}

// HTTPConfig says where and how to listen.
type HTTPConfig struct {
	// Addr is host:port; port 0 takes a free one.
	Addr string `yaml:"addr"`
	// CertFile and KeyFile turn on TLS (PEM). Both or neither.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// InsecureHTTP allows to listen beyond the loopback without TLS, for instance behind a
	// proxy that has it.
	InsecureHTTP bool `yaml:"insecure_http"`
	// BehindTLS marks cookies Secure although TLS ends in a proxy before this process.
	BehindTLS bool `yaml:"behind_tls"`
}

// AccountConfig is an account of the configuration.
type AccountConfig struct {
	Username string     `yaml:"username"` // 1 to 64 of a-z, 0-9, '-', '_'
	Name     event.Text `yaml:"name"`
	Role     auth.Role  `yaml:"role"`  // admin, operator, guard, inspector
	Scope    []string   `yaml:"scope"` // ids of sites, or "*"; empty sees nothing
	// PasswordFile holds the password, 8 to 256 bytes; a line break at its end is left out.
	PasswordFile string `yaml:"password_file"`
}

// DefaultConfig returns settings that lack only DataDir.
func DefaultConfig() Config {
	return Config{
		HTTP:           HTTPConfig{Addr: "127.0.0.1:8080"},
		AlarmRetention: 3 * 365 * 24 * time.Hour,
		Alarms:         alarm.DefaultConfig(),
		Session:        auth.DefaultConfig(),
		OIDC:           signon.DefaultConfig(),
		Live:           live.DefaultConfig(),
		Notify:         notify.DefaultConfig(),
		Guard:          guard.DefaultConfig(),
		Media:          media.DefaultConfig(),
		Watch:          watch.DefaultConfig(),
		Limits:         api.DefaultLimits(),
		Map:            DefaultMapConfig(),
	}
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	faults := []error{
		event.Under("session", c.Session.Validate()),
		event.Under("live", c.Live.Validate()),
		event.Under("alarms", c.Alarms.Validate()),
		event.Under("http", c.HTTP.Validate()),
		event.Under("notify", c.Notify.Validate()),
		event.Under("watch", c.Watch.Validate()),
		event.Under("guard", c.Guard.Validate()),
		event.Under("limits", c.Limits.Validate()),
		event.Under("map", c.Map.Validate()),
		event.Under("media", c.Media.Validate()),
		event.Under("passkeys", c.Passkeys.Validate()),
		event.Under("oidc", c.OIDC.Validate()),
	}
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	check(c.DataDir != "", "data_dir", `""`, "a folder")
	const day = 24 * time.Hour
	check(c.AlarmRetention >= 30*day && c.AlarmRetention <= 20*365*day, "alarm_retention", c.AlarmRetention, "720h to 175200h")
	if dog := c.Watch.Heartbeat.Watchdog; dog != "" {
		known := slices.ContainsFunc(c.Notify.Receivers, func(r channel.Config) bool { return r.Name == dog && r.Type == channel.Alertmanager })
		check(known, "watch.heartbeat.watchdog", fmt.Sprintf("%q", dog), "a receiver of notify, of type alertmanager")
	}
	for i, a := range c.Accounts {
		account := auth.Account{Username: a.Username, Role: a.Role, Scope: a.Scope}
		faults = append(faults, event.Under(fmt.Sprintf("accounts[%d]", i), account.Validate()))
		check(a.PasswordFile != "", fmt.Sprintf("accounts[%d].password_file", i), `""`, "a file")
	}
	return errors.Join(faults...)
}

// Validate returns every wrong setting.
func (c HTTPConfig) Validate() error {
	var faults []error
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		faults = append(faults, &event.Fault{Key: "addr", Value: fmt.Sprintf("%q", c.Addr), Want: "host:port"})
	} else if !c.tls() && !c.InsecureHTTP && !loopback(host) {
		faults = append(faults, &event.Fault{
			Key: "addr", Value: fmt.Sprintf("%q", c.Addr),
			Want: "a loopback address, or cert_file and key_file, or insecure_http: true",
		})
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		faults = append(faults, &event.Fault{Key: "key_file", Value: fmt.Sprintf("%q", c.KeyFile), Want: "cert_file and key_file, or neither"})
	}
	return errors.Join(faults...)
}

func (c HTTPConfig) tls() bool { return c.CertFile != "" && c.KeyFile != "" }

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (c Config) database() string { return filepath.Join(c.DataDir, "dashboard.db") }
