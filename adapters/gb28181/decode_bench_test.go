package gb28181_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, gb28181.New(), "gb28181/33018511001180000007/keepalive",
		"<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>812</SN>\r\n"+
			"<DeviceID>33018511001180000007</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n")
}
