package probe

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
	"github.com/campusgate/campusgate/gateway/event"
)

// The checks.
const (
	Online    = "online"
	Image     = event.CheckImage
	Recording = event.CheckRecording
)

// Config is the listener's section of the configuration.
type Config struct {
	// Targets are the cameras.
	Targets []Target `yaml:"targets"`
	// TargetsFile has further ones: YAML (a list as above) or CSV with a header line of the
	// same names, checks separated by spaces. A wrong line is left out and reported.
	TargetsFile string `yaml:"targets_file"`
	// CredentialsFile has lines "<name> <user> <password>" for the targets to name; '#'
	// begins a comment line.
	CredentialsFile string `yaml:"credentials_file"`
	// Online is whether a camera answers.
	Online Check `yaml:"online"`
	// Image is whether its picture is usable.
	Image Check `yaml:"image"`
	// Recording is whether it is recorded.
	Recording Check `yaml:"recording"`
	// Jitter moves each check by up to this share of its interval, either way; 0.1, 0 to 0.5.
	Jitter float64 `yaml:"jitter"`
	// Concurrency is how many checks run at once; 256, 1 to 1000. 2,000 cameras behind a cut
	// network, each waited for 10s once a minute, need 330.
	Concurrency int `yaml:"concurrency"`
	// PerSecond is how many checks may begin each second; 50, 0.01 to 1000. 2,000 cameras
	// asked once a minute need 34.
	PerSecond float64 `yaml:"per_second"`
	// PerHost is how many checks may meet one host at once; 1, 1 to 100. A recorder stands
	// for all its channels.
	PerHost int `yaml:"per_host"`
	// Attempts is how often a camera is asked before it is called down; 2, 1 to 5.
	Attempts int `yaml:"attempts"`
	// MaxClockSkew is how far a camera's clock may be off before it is degraded; 1m, 1s to
	// 24h.
	MaxClockSkew time.Duration `yaml:"max_clock_skew"`
	// UTCOffset is the zone of days, hours and recorders' clocks; 8h, -12h to 14h.
	UTCOffset time.Duration `yaml:"utc_offset"`
	// Recorded is what should be recorded.
	Recorded recording.Rules `yaml:"recorded"`
	// Decoders is how many pictures are decoded at once; 2, 1 to 64. Each may take 15 bytes
	// for each pixel.
	Decoders int `yaml:"decoders"`
	// MaxPixels is the largest picture that is decoded; 16777216, 10000 to 67108864.
	MaxPixels int `yaml:"max_pixels"`
	// EvidenceDir keeps pictures of faults; empty keeps none.
	EvidenceDir string `yaml:"evidence_dir"`
	// EvidenceMaxBytes bounds them together, the oldest go first; 1073741824, 1 MiB to 1 TiB.
	EvidenceMaxBytes int64 `yaml:"evidence_max_bytes"`
	// EvidenceDays is how long they are kept; 30, 1 to 3650.
	EvidenceDays int `yaml:"evidence_days"`
	// Diagnosis sets from which score on a picture is bad.
	Diagnosis diagnosis.Config `yaml:"diagnosis"`
}

// Check is how often something is asked and how long that may take.
type Check struct {
	// Interval is how often; 5s to 24h.
	Interval time.Duration `yaml:"interval"`
	// Timeout is how long one try may take; 100ms to 5m, at most the interval.
	Timeout time.Duration `yaml:"timeout"`
}

// Target is one camera.
type Target struct {
	// Site and Device are its names in the registry.
	Site   event.SiteID   `yaml:"site"`
	Device event.DeviceID `yaml:"device"`
	// RTSP is the address of its stream: rtsp:// or rtsps://. No address holds a password.
	RTSP string `yaml:"rtsp"`
	// ONVIF is the address of its device service: http:// or https://.
	ONVIF string `yaml:"onvif"`
	// Snapshot is the address of a picture: http:// or https://.
	Snapshot string `yaml:"snapshot"`
	// Recorder is the address of the Hikvision recorder (or camera) that stores it:
	// http://host or https://host.
	Recorder string `yaml:"recorder"`
	// Track is the recorder's number of the channel and stream; 101 when 0. Channel 17's
	// main stream is 1701.
	Track int `yaml:"track"`
	// RecorderUTC is for a recorder that means the Z of its times; most write local time.
	RecorderUTC bool `yaml:"recorder_utc"`
	// Credentials is a name of credentials_file.
	Credentials string `yaml:"credentials"`
	// User and PasswordFile, a file with the password alone, are for a camera of its own.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// Checks are those of online, image and recording to make; none is all that the
	// addresses allow.
	Checks []string `yaml:"checks"`
	// InsecureTLS takes any certificate: cameras make their own.
	InsecureTLS bool `yaml:"insecure_tls"`
}

// MaxTargets is how many cameras there may be.
const MaxTargets = 100_000

// DefaultConfig has every default; there are no targets.
func DefaultConfig() Config {
	return Config{
		Online:    Check{Interval: time.Minute, Timeout: 10 * time.Second},
		Image:     Check{Interval: 10 * time.Minute, Timeout: 20 * time.Second},
		Recording: Check{Interval: 30 * time.Minute, Timeout: time.Minute},
		Jitter:    0.1, Concurrency: 256, PerSecond: 50, PerHost: 1, Attempts: 2, MaxClockSkew: time.Minute,
		UTCOffset: 8 * time.Hour, Recorded: recording.DefaultRules(), Decoders: 2, MaxPixels: 1 << 24,
		EvidenceMaxBytes: 1 << 30, EvidenceDays: 30, Diagnosis: diagnosis.DefaultConfig(),
	}
}

// Validate returns every setting that is not allowed.
func (c Config) Validate() error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	within := func(key string, d, low, high time.Duration) {
		fault(d >= low && d <= high, key, d, low.String()+" to "+high.String())
	}
	share := func(key string, v, low, high float64) {
		fault(v >= low && v <= high, key, v, fmt.Sprintf("%v to %v", low, high))
	}
	count := func(key string, v, low, high int64) {
		fault(v >= low && v <= high, key, v, fmt.Sprintf("%d to %d", low, high))
	}
	for name, check := range map[string]Check{Online: c.Online, Image: c.Image, Recording: c.Recording} {
		within(name+".interval", check.Interval, 5*time.Second, 24*time.Hour)
		within(name+".timeout", check.Timeout, 100*time.Millisecond, 5*time.Minute)
		fault(check.Timeout <= check.Interval, name+".timeout", check.Timeout, "at most the interval, "+check.Interval.String())
	}
	share("jitter", c.Jitter, 0, 0.5)
	count("concurrency", int64(c.Concurrency), 1, 1000)
	share("per_second", c.PerSecond, 0.01, 1000)
	count("per_host", int64(c.PerHost), 1, 100)
	count("attempts", int64(c.Attempts), 1, 5)
	within("max_clock_skew", c.MaxClockSkew, time.Second, 24*time.Hour)
	within("utc_offset", c.UTCOffset, -12*time.Hour, 14*time.Hour)
	faults = append(faults, event.Under("recorded", c.Recorded.Validate()))
	count("decoders", int64(c.Decoders), 1, 64)
	count("max_pixels", int64(c.MaxPixels), 10_000, 1<<26)
	count("evidence_max_bytes", c.EvidenceMaxBytes, 1<<20, 1<<40)
	count("evidence_days", int64(c.EvidenceDays), 1, 3650)
	faults = append(faults, event.Under("diagnosis", c.Diagnosis.Validate()))
	count("targets", int64(len(c.Targets)), 0, MaxTargets)
	fault(len(c.Targets) > 0 || c.TargetsFile != "", "targets", "none", "one or more, or a targets_file")
	seen := map[event.DeviceKey]bool{}
	for i, t := range c.Targets {
		faults = append(faults, event.Under(fmt.Sprintf("targets[%d]", i), t.validate(c.CredentialsFile != "")))
		key := event.DeviceKey{Site: t.Site, Device: t.Device}
		fault(!seen[key], fmt.Sprintf("targets[%d].device", i), t.Device, "a device that no other target is")
		seen[key] = true
	}
	return errors.Join(faults...)
}

// validate returns every fault of one camera; no fault quotes an address that may hold a
// password.
func (t Target) validate(named bool) error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	fault(event.ValidName(string(t.Site)), "site", fmt.Sprintf("%.80q", t.Site), "1 to 64 of a-z, 0-9, '-', '_'")
	fault(event.ValidName(string(t.Device)), "device", fmt.Sprintf("%.80q", t.Device), "1 to 64 of a-z, 0-9, '-', '_'")
	for _, a := range []struct{ key, value, one, two string }{
		{"rtsp", t.RTSP, "rtsp", "rtsps"},
		{"onvif", t.ONVIF, "http", "https"},
		{"snapshot", t.Snapshot, "http", "https"},
		{"recorder", t.Recorder, "http", "https"},
	} {
		if a.value == "" {
			continue
		}
		u, err := url.Parse(a.value)
		ok := err == nil && (u.Scheme == a.one || u.Scheme == a.two) && u.Hostname() != "" && u.User == nil && len(a.value) <= 1024
		fault(ok, a.key, "this address", a.one+"://host/… or "+a.two+"://host/…, without user and password")
	}
	fault(t.Track >= 0 && t.Track <= 100_000, "track", t.Track, "0 to 100000")
	fault(t.Credentials == "" || named, "credentials", fmt.Sprintf("%.80q", t.Credentials), "nothing, since there is no credentials_file")
	fault(t.Credentials == "" || t.User == "", "user", fmt.Sprintf("%.80q", t.User), "nothing where credentials are named")
	fault((t.User == "") == (t.PasswordFile == ""), "password_file", fmt.Sprintf("%.80q", t.PasswordFile), "a file with user, nothing without")
	possible := t.possible()
	fault(len(possible) > 0, "rtsp", "nothing", "one address or more of rtsp, onvif, snapshot, recorder")
	for _, c := range t.Checks {
		fault(slices.Contains(possible, c), "checks", fmt.Sprintf("%.80q", c), "online (with rtsp, onvif or snapshot), image (with snapshot), recording (with recorder)")
	}
	return errors.Join(faults...)
}

// possible are the checks that the addresses allow.
func (t Target) possible() []string {
	var out []string
	if t.RTSP != "" || t.ONVIF != "" || t.Snapshot != "" {
		out = append(out, Online)
	}
	if t.Snapshot != "" {
		out = append(out, Image)
	}
	if t.Recorder != "" {
		out = append(out, Recording)
	}
	return out
}
