package main

import (
	"io"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
)

// newLog makes the process's one logger.
func newLog(w io.Writer, cfg config.Log) zerolog.Logger {
	level, err := zerolog.ParseLevel(cfg.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	if cfg.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: true}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}
