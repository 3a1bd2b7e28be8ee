package onvifmqtt_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/onvifmqtt"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, onvifmqtt.New(), "axis/ACCC8E001122/event/tns:axis/VideoSource/Tampering",
		`{"topic":"onvif:VideoSource/axis:Tampering","timestamp":1795478398123,"message":{"source":{"channel":"1"},"key":{},"data":{"tampering":"1"}}}`)
}
