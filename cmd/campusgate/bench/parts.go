package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/ingest"
)

// mosquitto starts a Mosquitto that queues without bound, in memory, and lets as many
// messages be unacknowledged as a contender can hold.
func (b *bench) mosquitto(ctx context.Context) (*process, string, error) {
	program, err := findProgram("mosquitto")
	if err != nil {
		return nil, "", fmt.Errorf("%w: install it (Debian package mosquitto)", err)
	}
	name, dir, err := b.fresh("mosquitto")
	if err != nil {
		return nil, "", err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, "", err
	}
	port := addr[strings.LastIndexByte(addr, ':')+1:]
	file := filepath.Join(dir, "mosquitto.conf")
	text := "listener " + port + " 127.0.0.1\nallow_anonymous true\npersistence false\n" +
		"max_inflight_messages 20000\nmax_queued_messages 0\nmax_packet_size 2000000\nset_tcp_nodelay true\n" +
		"log_dest stderr\nlog_type subscribe\nlog_type error\nlog_type notice\nlog_type information\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, "", err
	}
	p, err := start(ctx, name, program, nil, "-c", file)
	if err != nil {
		return nil, "", err
	}
	err = p.waitFor(ctx, "mosquitto runs", 10*time.Millisecond, func() (bool, error) {
		return p.output.contains("running"), nil
	})
	return p, "tcp://" + addr, err
}

// gatewayConfig writes a configuration for a gateway and returns its file and the address
// of its health page.
func (b *bench) gatewayConfig(ctx context.Context, name, dir, mqtt, database, bus string) (file, http string, err error) {
	http, err = freeAddr(ctx)
	if err != nil {
		return "", "", err
	}
	uplink := "    enabled: false\n"
	if bus != "" {
		uplink = "    enabled: true\n    urls: [" + bus + "]\n"
	}
	text := "county: county.yaml\nlog:\n  level: warn\ngateway:\n  id: " + name + "\n  data_dir: " + dir + "\n  http: " + http + "\n" +
		"  ingest:\n    brokers:\n      - name: bench\n        url: " + mqtt + "\n        client_id: " + name + "\n" +
		"        subscriptions:\n          - {filter: \"campus/+/gate/+/access\", qos: 1, adapter: gate}\n" +
		"  influx:\n    url: " + b.meter.addr + "\n    database: " + database + "\n" +
		"  uplink:\n" + uplink
	if err := os.WriteFile(filepath.Join(dir, "county.yaml"), []byte("name: {zh: 压测, en: bench}\nsites: []\n"), 0o600); err != nil {
		return "", "", err
	}
	file = filepath.Join(dir, "campusgate.yaml")
	return file, "http://" + http, os.WriteFile(file, []byte(text), 0o600)
}

// gateway starts a gateway and waits until its subscription stands at the broker.
func (b *bench) gateway(ctx context.Context, file, name string, broker *process) (*process, error) {
	p, err := start(ctx, name, b.Program, nil, "gateway", "--config", file)
	if err != nil {
		return nil, err
	}
	return p, p.waitFor(ctx, "the gateway has subscribed", 5*time.Millisecond, subscribed(broker, name))
}

// subscribed is a condition: Mosquitto has logged a subscription of the client.
func subscribed(broker *process, client string) func() (bool, error) {
	return func() (bool, error) {
		return broker.output.contains(client + " 1 campus/"), broker.ended()
	}
}

// publisher connects a publisher with many messages in flight.
func (b *bench) publisher(ctx context.Context, mqtt string) (*ingest.Publisher, error) {
	b.serial++
	p, err := ingest.NewPublisher(ingest.PublisherConfig{
		Broker: ingest.BrokerConfig{Name: "bench", URL: mqtt, ClientID: fmt.Sprintf("publisher%d", b.serial)},
		Window: 5_000, Logger: zerolog.Nop(),
	})
	if err != nil {
		return nil, err
	}
	return p, p.Connected(ctx)
}

// load makes distinct gate messages of many devices. The device time is the moment of
// sending in nanoseconds, so that nothing overwrites anything and latency can be read off.
type load struct {
	seq     int
	last    time.Time
	topics  []string
	payload []byte
}

const loadDevices = 172 // two gates at each of 86 schools

func newLoad() *load {
	l := &load{}
	for i := range loadDevices {
		l.topics = append(l.topics, fmt.Sprintf("campus/s%03d/gate/g%d/access", i/2+1, i%2+1))
	}
	return l
}

// next returns a message that is valid until the next call. at must rise from call to call.
func (l *load) next(at time.Time) (topic string, payload []byte) {
	if !at.After(l.last) {
		at = l.last.Add(1)
	}
	l.last = at
	n := l.seq
	l.seq++
	l.payload = append(l.payload[:0], `{"ts":"`...)
	l.payload = at.UTC().AppendFormat(l.payload, "2006-01-02T15:04:05.000000000Z")
	l.payload = fmt.Appendf(l.payload, `","seq":%d,"direction":"in","person_kind":"staff","method":"card","result":"granted","person":"p-%05d","credential":"c-%05d","items_checked":true,"celsius":36.5}`,
		n/loadDevices+1, n%22000, n%22000)
	return l.topics[n%loadDevices], l.payload
}

// publish sends n messages as fast as the broker takes them.
func (l *load) publish(ctx context.Context, p *ingest.Publisher, n int) error {
	for range n {
		topic, payload := l.next(time.Now())
		if err := p.Send(ctx, topic, 1, false, payload, nil); err != nil {
			return err
		}
	}
	return p.Flush(ctx)
}

// publishAt sends at a set rate for a time; a message that could not be sent in time
// still carries the moment it was due.
func (l *load) publishAt(ctx context.Context, p *ingest.Publisher, rate int, d time.Duration) (int, error) {
	begin := time.Now()
	total := int(float64(rate) * d.Seconds())
	gap := time.Second / time.Duration(rate)
	for i := range total {
		due := begin.Add(time.Duration(i) * gap)
		if ahead := time.Until(due); ahead > time.Millisecond {
			select {
			case <-ctx.Done():
				return i, ctx.Err()
			case <-time.After(ahead):
			}
		}
		topic, payload := l.next(due)
		if err := p.Send(ctx, topic, 1, false, payload, nil); err != nil {
			return i, err
		}
	}
	return total, p.Flush(ctx)
}

// stored waits until the meter has counted n lines since base.
func (b *bench) stored(ctx context.Context, p *process, base int64, n int) (time.Time, error) {
	err := p.waitFor(ctx, fmt.Sprintf("%d messages are stored", n), 2*time.Millisecond, func() (bool, error) {
		return b.meter.lines.Load()-base >= int64(n), nil
	})
	return time.Now(), err
}
