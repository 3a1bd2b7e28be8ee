package influx

import (
	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapTo hands InfluxDB's warnings and errors to our log. It says most things as "info",
// even each query and shard; those are left out.
func zapTo(log zerolog.Logger) *zap.Logger {
	return zap.New(&zapCore{log: log.With().Str("component", "influxdb").Logger()})
}

type zapCore struct {
	log    zerolog.Logger
	fields []zapcore.Field
}

func (c *zapCore) Enabled(level zapcore.Level) bool { return level >= zapcore.WarnLevel }

func (c *zapCore) With(fields []zapcore.Field) zapcore.Core {
	return &zapCore{log: c.log, fields: append(c.fields[:len(c.fields):len(c.fields)], fields...)}
}

func (c *zapCore) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(entry.Level) {
		return checked.AddCore(entry, c)
	}
	return checked
}

func (c *zapCore) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	encoder := zapcore.NewMapObjectEncoder()
	for _, f := range append(c.fields[:len(c.fields):len(c.fields)], fields...) {
		f.AddTo(encoder)
	}
	line := c.log.Warn()
	if entry.Level > zapcore.WarnLevel {
		line = c.log.Error()
	}
	line.Fields(encoder.Fields).Msgf("%q", entry.Message)
	return nil
}

func (c *zapCore) Sync() error { return nil }
