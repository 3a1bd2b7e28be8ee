package bench

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Report is what a run measured. Zero parts were not asked for.
type Report struct {
	Machine Machine   `json:"machine"`
	At      time.Time `json:"at"`
	// Ingest has one entry for each contender: campusgate, campusgate with the bus, telegraf.
	Ingest []Ingest `json:"ingest,omitempty"`
	// Ratio compares campusgate (without the bus, as Telegraf has none) to Telegraf.
	Ratio   *Ratio    `json:"ratio,omitempty"`
	Latency []Latency `json:"latency,omitempty"`
	Drain   *Drain    `json:"drain,omitempty"`
	FanOut  *FanOut   `json:"fan_out,omitempty"`
	StartUp *StartUp  `json:"start_up,omitempty"`
	History *History  `json:"history,omitempty"`
}

// Machine is where the run took place.
type Machine struct {
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	Go      string `json:"go"`
	Version string `json:"version"`
}

// Ingest is how fast a contender stored messages that waited at the broker, from the start
// of its process to the last message in InfluxDB.
type Ingest struct {
	Contender         string  `json:"contender"`
	Messages          int     `json:"messages"`
	Seconds           float64 `json:"seconds"`
	PerSecond         float64 `json:"per_second"`
	CPUSecondsMillion float64 `json:"cpu_seconds_per_million"`
	PeakMB            float64 `json:"peak_mb"`
}

// Ratio is campusgate's figure divided by Telegraf's.
type Ratio struct {
	Throughput float64 `json:"throughput"`
	CPU        float64 `json:"cpu"`
	Memory     float64 `json:"memory"`
}

// Latency is the time from the sending of a message at a set rate.
type Latency struct {
	Rate      int      `json:"rate"`
	Messages  int      `json:"messages"`
	InfluxDB  Quantile `json:"influxdb"`
	Websocket Quantile `json:"websocket"`
}

// Quantile sums up latencies in milliseconds.
type Quantile struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// Drain is how fast a backlog left the journal once InfluxDB was back.
type Drain struct {
	Events    int     `json:"events"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
	PeakMB    float64 `json:"peak_mb"`
}

// FanOut is the delivery of broadcasts to many websocket clients.
type FanOut struct {
	Clients   int      `json:"clients"`
	PerSecond int      `json:"broadcasts_per_second"`
	Expected  int      `json:"expected"`
	Delivered Quantile `json:"delivered"`
}

// StartUp is the time from the start of a process until it answers that it is ready.
type StartUp struct {
	GatewayMS   float64 `json:"gateway_ms"`
	DashboardMS float64 `json:"dashboard_ms"`
}

// quantile sorts the latencies.
func quantile(latencies []time.Duration) Quantile {
	if len(latencies) == 0 {
		return Quantile{}
	}
	slices.Sort(latencies)
	at := func(q float64) float64 {
		i := min(int(q*float64(len(latencies))), len(latencies)-1)
		return float64(latencies[i]) / float64(time.Millisecond)
	}
	return Quantile{Count: len(latencies), P50: at(0.50), P99: at(0.99), Max: at(1)}
}

// Print writes the report as a table for people.
func (r *Report) Print(w io.Writer) error {
	p := &printer{w: w}
	p.line("campusgate %s, %s, %d cores (%s), %s", r.Machine.Version, r.Machine.Go, r.Machine.Cores, r.Machine.CPU, r.At.Format(time.DateTime))
	if len(r.Ingest) > 0 {
		p.line("\nIngest: QoS 1, acknowledged after fsync, until the last message is in InfluxDB")
		p.line("  %-22s %10s %12s %20s %9s", "", "messages", "per second", "CPU s per million", "peak MB")
		for _, i := range r.Ingest {
			p.line("  %-22s %10d %12.0f %20.1f %9.0f", i.Contender, i.Messages, i.PerSecond, i.CPUSecondsMillion, i.PeakMB)
		}
	}
	if r.Ratio != nil {
		p.line("  campusgate to telegraf: %.1f times the messages a second, %.0f %% of the CPU, %.0f %% of the memory",
			r.Ratio.Throughput, 100*r.Ratio.CPU, 100*r.Ratio.Memory)
	}
	for i, l := range r.Latency {
		if i == 0 {
			p.line("\nLatency from publish, milliseconds")
			p.line("  %10s %10s %25s %25s", "rate/s", "messages", "InfluxDB p50 / p99", "websocket p50 / p99")
		}
		p.line("  %10d %10d %16.1f / %6.1f %16.1f / %6.1f", l.Rate, l.Messages, l.InfluxDB.P50, l.InfluxDB.P99, l.Websocket.P50, l.Websocket.P99)
	}
	if d := r.Drain; d != nil {
		p.line("\nDrain of a backlog of %d events: %.1f s, %.0f events a second, peak %.0f MB", d.Events, d.Seconds, d.PerSecond, d.PeakMB)
	}
	if f := r.FanOut; f != nil {
		p.line("\nFan-out: %d broadcasts a second to %d websockets: %d of %d delivered, p50 %.1f ms, p99 %.1f ms",
			f.PerSecond, f.Clients, f.Delivered.Count, f.Expected, f.Delivered.P50, f.Delivered.P99)
	}
	if s := r.StartUp; s != nil {
		p.line("\nStart-up until ready: gateway %.0f ms, dashboard %.0f ms", s.GatewayMS, s.DashboardMS)
	}
	if h := r.History; h != nil {
		p.line("\nGate log of a year, %d passages (loaded in %.0f s), pages of 100, milliseconds", h.Rows, h.LoadSeconds)
		p.line("  %-26s %8s %26s %26s %8s %8s %6s", "", "rows", "first page p50 / p99", "next page p50 / p99", "fastest", "CPU", "load")
		for _, q := range h.Questions {
			more := ""
			if q.Partial {
				more = "+"
			}
			p.line("  %-26s %8s %17.0f / %6.0f %17.0f / %6.0f %8.0f %8.0f %6.1f", q.Name, fmt.Sprint(q.Rows, more), q.First.P50, q.First.P99, q.Next.P50, q.Next.P99, q.FastestMS, q.CPUMS, q.Load)
		}
		p.line("  +: the page ended when its %v were spent and goes on from there", PageBudget)
	}
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
