package journal

import (
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Errors a caller decides on.
var (
	// ErrStopped is returned by everything once Stop has begun, and before Start.
	ErrStopped = errors.New("journal is not running")
	// ErrUnavailable is wrapped by errors of commits that did not become durable because the
	// disk is full or failing. Nothing of the batch counts as stored; offer it again later.
	ErrUnavailable = errors.New("journal cannot store at present")
	// ErrNotFound is returned for a dead letter that is not (or no longer) there.
	ErrNotFound = errors.New("no such dead letter")
)

// Record is one entry of the journal: exactly one of Event and Anomaly is set. Seq is
// given by the journal and ignored in what is submitted.
type Record struct {
	Seq     uint64
	Event   *event.Event
	Anomaly *event.Anomaly
}

// Class returns the class that decides what a full journal drops first.
func (r Record) Class() event.Class {
	if r.Event != nil {
		return r.Event.Class()
	}
	return event.ClassAnomaly
}

// DeadLetter is a message or record that nothing could take, whole. ID is given by the
// journal; Time is set to the time of the commit when zero.
type DeadLetter struct {
	ID       uint64    `json:"id"`
	Time     time.Time `json:"time"`
	Broker   string    `json:"broker,omitempty"`
	Topic    string    `json:"topic,omitempty"`
	Adapter  string    `json:"adapter,omitempty"`
	Reason   string    `json:"reason"`
	QoS      byte      `json:"qos"`
	Retained bool      `json:"retained,omitempty"`
	Payload  []byte    `json:"payload"`
	// Source says which part gave it up: "decode", "influx" …
	Source string `json:"source"`
}

// Batch is stored whole or not at all. The journal keeps the events and anomalies in
// memory: nobody may change them after Submit.
type Batch struct {
	Records []Record
	Dead    []DeadLetter
}

// Lane says where a chunk comes from.
type Lane int

// The lanes of a consumer. Without LiveFirst everything is Live.
const (
	Live    Lane = 0
	Backlog Lane = 1
)

// String names the lane in metrics and messages.
func (l Lane) String() string {
	if l == Backlog {
		return "backlog"
	}
	return "live"
}

// ConsumerConfig describes a consumer.
type ConsumerConfig struct {
	// Name of the durable cursor, 1 to 64 of a-z, 0-9, '-' and '_'.
	Name string
	// Classes to read; empty reads all.
	Classes []event.Class
	// LiveFirst puts a long arrears aside as backlog and delivers new records before it.
	LiveFirst bool
	// LiveLimit is how many records a LiveFirst consumer may lag before its arrears become
	// backlog; 0 takes DefaultLiveLimit.
	LiveLimit int
}

// DefaultLiveLimit is the lag, in records, at which a LiveFirst consumer's arrears become
// backlog.
const DefaultLiveLimit = 50_000

// Tx is what a consumer stores together with its cursor.
type Tx struct {
	// Put and Delete change the consumer's state.
	Put    map[string][]byte
	Delete []string
	// Append adds records and Dead dead letters, as by Submit.
	Append []Record
	Dead   []DeadLetter
	// Sync makes Commit wait for the fsync. Append and Dead always do.
	Sync bool
}

// Drop tells of records given up because the journal is full.
type Drop struct {
	Time    time.Time
	Class   event.Class
	Records uint64
	Bytes   int64
	// Devices counts the records by device, for at most maxDropDevices devices; the rest is
	// under the zero key.
	Devices map[event.DeviceKey]uint64
	// First and Last bound the sequence numbers.
	First, Last uint64
	// Reason says which bound was reached.
	Reason string
}

// Stats is a picture of the journal.
type Stats struct {
	ID      string
	Head    uint64 // highest sequence number given
	Records int64  // stored, in all classes
	Bytes   int64  // of stored records, encoded
	// DiskBytes is what the folder occupies, with what is not yet reclaimed.
	DiskBytes int64
	DiskFree  int64
	ByClass   [event.NumClasses]ClassStats
	Queue     int // records that wait for a commit
	Tail      int // records in memory
	Dead      DeadStats
	Consumers []ConsumerStats
	// Appended counts records since Start.
	Appended uint64
	// GrowthBytesPerSecond is the mean of the last minute; negative when draining.
	GrowthBytesPerSecond float64
	// TimeToLoss is how long until records must be dropped at that rate; 0 when the journal
	// does not grow (and Dropping tells whether it is losing now).
	TimeToLoss time.Duration
	Dropping   bool
	// Dropped counts records given up, by class, since the folder was made.
	Dropped [event.NumClasses]uint64
	// DroppedByDevice counts since Start, bounded as in Drop.
	DroppedByDevice map[event.DeviceKey]uint64
	// Damaged counts places on disk that could not be read and were stepped over.
	Damaged uint64
	// Lost counts acknowledged records that were missing when the folder was opened.
	Lost uint64
	// SetAside is where a damaged folder, or the damaged files of one that goes on, are
	// kept; empty when there are none.
	SetAside string
}

// ClassStats is the stored part of one class.
type ClassStats struct {
	Records int64
	Bytes   int64
	Oldest  time.Time // when the oldest was stored, to about 10 s; zero when there is none
}

// DeadStats describes the dead letters.
type DeadStats struct {
	Count   int
	Bytes   int64
	Dropped uint64 // given up for newer ones since the folder was made
	Next    uint64 // ID of the next one
}

// ConsumerStats describes a consumer.
type ConsumerStats struct {
	Name     string
	Attached bool // taken by Consumer since Start
	Lanes    []LaneStats
	// Lag is the sum of the lanes.
	LagRecords  int64
	LagBytes    int64
	Oldest      time.Time // when its oldest uncommitted record was stored, to about 10 s; zero when none
	Outstanding int       // chunks delivered and not committed
	// Missed counts records that were dropped before this consumer read them, since Start.
	Missed uint64
}

// LaneStats describes one lane of a consumer.
type LaneStats struct {
	Lane       Lane
	Cursor     uint64 // everything in the lane up to here is committed
	Read       uint64 // everything up to here was delivered
	End        uint64 // the lane's last number at present
	LagRecords int64  // uncommitted
	LagBytes   int64
}
