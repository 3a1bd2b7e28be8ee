package adapters_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, adapters.Campus(), "campus/s012/gate/g1/access",
		`{"ts":"2026-11-24T07:59:59.123+08:00","seq":4022,"direction":"in","person_kind":"visitor","method":"qr","result":"granted","person":"v-771","registration":"r-20261124-17","escorted_by":"t-031","items_checked":true,"celsius":36.6}`)
}
