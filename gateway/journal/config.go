package journal

import (
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config holds the journal's settings.
type Config struct {
	// Dir is the journal's folder. It is made when missing; one process at a time owns it.
	Dir string `yaml:"dir"`
	// MaxBytes bounds the stored records, in bytes; 64 MiB or more. At 95 % of it the
	// oldest records of the least important class go first.
	MaxBytes int64 `yaml:"max_bytes"`
	// MinFreeDisk is the space to leave free on the folder's disk, in bytes; 0 leaves none.
	// On disks smaller than 20 times this, 5 % of the disk is left free instead. Below it
	// records go as at MaxBytes; below a quarter of it nothing more is taken.
	MinFreeDisk int64 `yaml:"min_free_disk"`
	// QueueRecords bounds the records that wait for a commit; 1 or more. Submit blocks when
	// it is reached.
	QueueRecords int `yaml:"queue_records"`
	// QueueBytes bounds the encoded bytes that wait for a commit; 64 KiB or more.
	QueueBytes int64 `yaml:"queue_bytes"`
	// TailRecords bounds the newest records kept in memory for consumers that keep up; 1 or more.
	TailRecords int `yaml:"tail_records"`
	// TailBytes bounds the approximate memory of those records, in bytes; 64 KiB or more.
	TailBytes int64 `yaml:"tail_bytes"`
	// MaxLinger is the longest wait for more records before a commit under load; 0 (never
	// wait) to 1s. A commit on an idle journal never waits.
	MaxLinger time.Duration `yaml:"max_linger"`
	// MaxDeadLetters bounds the dead letters kept, in number; 1 or more. The oldest go first.
	MaxDeadLetters int `yaml:"max_dead_letters"`
	// MaxDeadLetterBytes bounds the dead letters kept, in bytes; 1 MiB or more.
	MaxDeadLetterBytes int64 `yaml:"max_dead_letter_bytes"`
	// MemtableBytes is the size of one of the store's write buffers; 1 MiB to 256 MiB. Up to
	// three are held.
	MemtableBytes int64 `yaml:"memtable_bytes"`
	// CacheBytes is the size of the store's block cache; 1 MiB or more.
	CacheBytes int64 `yaml:"cache_bytes"`
}

const (
	kib = int64(1) << 10
	mib = int64(1) << 20
	gib = int64(1) << 30
)

// DefaultConfig returns the settings for a gateway with 8 GiB to spare. Dir is empty.
func DefaultConfig() Config {
	return Config{
		MaxBytes:           8 * gib,
		MinFreeDisk:        1 * gib,
		QueueRecords:       16_384,
		QueueBytes:         4 * mib,
		TailRecords:        32_768,
		TailBytes:          16 * mib,
		MaxLinger:          4 * time.Millisecond,
		MaxDeadLetters:     100_000,
		MaxDeadLetterBytes: 1 * gib,
		MemtableBytes:      4 * mib,
		CacheBytes:         2 * mib,
	}
}

// Validate returns every wrong setting, each as *event.Fault.
func (c Config) Validate() error {
	var faults []error
	bad := func(key string, value any, want string) {
		faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
	}
	if c.Dir == "" {
		bad("dir", `""`, "the path of a folder")
	}
	if c.MaxBytes < 64*mib {
		bad("max_bytes", c.MaxBytes, "67108864 (64 MiB) or more")
	}
	if c.MinFreeDisk < 0 {
		bad("min_free_disk", c.MinFreeDisk, "0 or more")
	}
	if c.QueueRecords < 1 {
		bad("queue_records", c.QueueRecords, "1 or more")
	}
	if c.QueueBytes < 64*kib {
		bad("queue_bytes", c.QueueBytes, "65536 (64 KiB) or more")
	}
	if c.TailRecords < 1 {
		bad("tail_records", c.TailRecords, "1 or more")
	}
	if c.TailBytes < 64*kib {
		bad("tail_bytes", c.TailBytes, "65536 (64 KiB) or more")
	}
	if c.MaxLinger < 0 || c.MaxLinger > time.Second {
		bad("max_linger", c.MaxLinger, "0s to 1s")
	}
	if c.MaxDeadLetters < 1 {
		bad("max_dead_letters", c.MaxDeadLetters, "1 or more")
	}
	if c.MaxDeadLetterBytes < mib {
		bad("max_dead_letter_bytes", c.MaxDeadLetterBytes, "1048576 (1 MiB) or more")
	}
	if c.MemtableBytes < mib || c.MemtableBytes > 256*mib {
		bad("memtable_bytes", c.MemtableBytes, "1048576 (1 MiB) to 268435456 (256 MiB)")
	}
	if c.CacheBytes < mib {
		bad("cache_bytes", c.CacheBytes, "1048576 (1 MiB) or more")
	}
	return errors.Join(faults...)
}
