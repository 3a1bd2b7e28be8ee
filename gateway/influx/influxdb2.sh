#!/bin/sh
# Runs the contract tests of this package against a real InfluxDB 2.7 on a free loopback port.
#
# influxd comes from $INFLUXD, else from PATH, else it is built once into .cache/influxdb2 from its Go
# module. That takes Go, a C compiler and cargo, the two module mirrors, and 10 to 30 minutes on two
# cores. "influxdb2.sh build" stops after the build.
set -eu

VERSION=v2.7.12
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${CAMPUSGATE_CACHE:-$root/.cache}/influxdb2

fail() { echo "influxdb2: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || fail "cannot build influxd $VERSION: $1 is not on PATH ($2)"; }

# build_flux makes libflux.a, the Rust half of influxd.
build_flux() {
	[ -f "$cache/lib/libflux.a" ] && return
	need cargo "Rust's builder, for libflux"
	echo "influxdb2: building libflux (Rust) in $cache, log in $cache/libflux.log"
	rm -rf "$cache/flux"
	# The module cache is read-only and cargo writes beside its sources.
	cp -R "$flux_dir" "$cache/flux" && chmod -R u+w "$cache/flux"
	# The pinned toolchain of 2023 is not installed; newer compilers warn about more, and the
	# crates deny warnings.
	rm -f "$cache/flux/rust-toolchain.toml" "$cache/flux/rust-toolchain"
	(
		cd "$cache/flux/libflux"
		# The server is for tests: a quick build matters more than a small one.
		RUSTFLAGS="--cap-lints=warn" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
		CARGO_TARGET_DIR="$cache/target" \
			cargo rustc --locked --release -p flux --lib --crate-type staticlib
	) >"$cache/libflux.log" 2>&1 || { tail -n 40 "$cache/libflux.log" >&2; fail "libflux does not build"; }
	mkdir -p "$cache/lib"
	cp "$cache/target/release/libflux.a" "$cache/lib/libflux.a"
}

build() {
	need go "the Go tool chain"
	need cc "a C compiler, for cgo"
	mkdir -p "$cache/bin"
	[ -f "$cache/go.mod" ] || printf 'module influxd-build\n\ngo 1.23\n' >"$cache/go.mod"
	src_dir=$(cd "$cache" && GOFLAGS=-mod=mod go mod download -json "github.com/influxdata/influxdb/v2@$VERSION" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	[ -n "$src_dir" ] || fail "cannot download the Go module of influxd $VERSION"
	flux_version=$(sed -n 's|^\tgithub.com/influxdata/flux \(v[^ ]*\).*|\1|p' "$src_dir/go.mod")
	flux_dir=$(cd "$cache" && GOFLAGS=-mod=mod go mod download -json "github.com/influxdata/flux@$flux_version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	[ -n "$flux_dir" ] || fail "cannot download the Go module of flux $flux_version"
	build_flux

	# cgo asks pkg-config for "flux"; this answers, so that no pkg-config has to be installed.
	cat >"$cache/pkg-config" <<PC
#!/bin/sh
for word; do
	case \$word in
	--cflags) echo "-I$cache/flux/libflux/include" ;;
	--libs) echo "-L$cache/lib -lflux -ldl -lpthread -lm" ;;
	esac
done
PC
	chmod +x "$cache/pkg-config"

	echo "influxdb2: building influxd $VERSION (Go), log in $cache/influxd.log"
	rm -rf "$cache/influxdb"
	cp -R "$src_dir" "$cache/influxdb" && chmod -R u+w "$cache/influxdb"
	(
		cd "$cache/influxdb"
		# Without the tag "assets" there is no web page and nothing to generate first.
		PKG_CONFIG="$cache/pkg-config" CGO_ENABLED=1 GOFLAGS="-mod=mod -buildvcs=false -p=2" \
			go build -tags sqlite_foreign_keys,sqlite_json \
			-ldflags "-s -w -X main.version=$VERSION" -o "$cache/bin/influxd" ./cmd/influxd
	) >"$cache/influxd.log" 2>&1 || { tail -n 40 "$cache/influxd.log" >&2; fail "influxd does not build"; }
	# Sources and intermediate files are 2 GB; the program is all that is kept.
	chmod -R u+w "$cache/influxdb"
	rm -rf "$cache/influxdb" "$cache/flux" "$cache/target"
}

influxd=${INFLUXD:-}
[ -n "$influxd" ] || influxd=$(command -v influxd || true)
if [ -n "$influxd" ] && ! "$influxd" version 2>/dev/null | grep -q 'InfluxDB v\{0,1\}2\.'; then
	echo "influxdb2: $influxd is no InfluxDB 2; not used"
	influxd=
fi
if [ -z "$influxd" ]; then
	influxd=$cache/bin/influxd
	[ -x "$influxd" ] || build
fi
[ "${1:-}" != build ] || { echo "influxdb2: $influxd"; exit 0; }

need curl "asks the server whether it is up and sets it up"
work=$(mktemp -d)
server=
cleanup() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# A port below the system's range of outgoing ports; another is taken when it is in use.
try=0
while :; do
	port=$((20000 + ($$ + try * 37) % 10000))
	url=http://127.0.0.1:$port
	"$influxd" --bolt-path "$work/bolt" --sqlite-path "$work/sqlite" --engine-path "$work/engine" \
		--http-bind-address "127.0.0.1:$port" --reporting-disabled --log-level warn >"$work/log" 2>&1 &
	server=$!
	waited=0
	until curl -fs "$url/health" >/dev/null 2>&1; do
		kill -0 "$server" 2>/dev/null || break
		waited=$((waited + 1))
		[ "$waited" -lt 150 ] || { cat "$work/log" >&2; fail "influxd does not answer within 30 s"; }
		sleep 0.2
	done
	kill -0 "$server" 2>/dev/null && break
	server=
	try=$((try + 1))
	[ "$try" -lt 5 ] || { cat "$work/log" >&2; fail "influxd does not start"; }
done

token=contract-test-token
curl -fsS "$url/api/v2/setup" -H 'Content-Type: application/json' \
	-d "{\"username\":\"test\",\"password\":\"contract-test\",\"org\":\"campusgate\",\"bucket\":\"first\",\"token\":\"$token\"}" >/dev/null ||
	fail "influxd cannot be set up"
echo "influxdb2: $("$influxd" version | cut -d' ' -f1-2) at $url"

cd "$root"
CAMPUSGATE_TEST_INFLUX_URL=$url CAMPUSGATE_TEST_INFLUX_TOKEN=$token CAMPUSGATE_TEST_INFLUX_ORG=campusgate \
	go test -count=1 -run "TestContractServer|TestInfluxDB2" ${TESTFLAGS:-} ./gateway/influx/
