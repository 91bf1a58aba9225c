#!/usr/bin/env bash
# Puts the programs that bothends is measured against below .cache/peers: Telegraf, built from the
# Go module proxy, and Debian's snmp_exporter, unpacked from its package rather than installed, so
# that no service starts and no root is needed. Does nothing when they are there. What cannot be had
# here is told, and left out of the measurement.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

telegraf_version=v1.37.2
# Only the plugins of the measurement: the whole of Telegraf needs ten times the time and the disk.
telegraf_tags=custom,inputs.snmp,outputs.file,parsers.influx,serializers.influx
peers=$PWD/.cache/peers
mkdir -p "$peers"

if ! go version -m "$peers/telegraf" 2>/dev/null | grep -q "influxdata/telegraf[[:space:]]$telegraf_version"; then
	echo "building telegraf $telegraf_version into .cache/peers (about a minute, once)" >&2
	# The build is not of this module, so flags meant for it (-mod, -modfile) must not reach it.
	GOFLAGS='' GOBIN=$peers CGO_ENABLED=0 \
		go install -tags "$telegraf_tags" "github.com/influxdata/telegraf/cmd/telegraf@$telegraf_version" ||
		echo "telegraf cannot be built here" >&2
fi

unpack_exporter() {
	local dir
	dir=$(mktemp -d)
	# apt-get gives up its rights for the download; it has to be able to write there.
	chmod 755 "$dir"
	[ "$(id -u)" -ne 0 ] || ! getent passwd _apt >/dev/null || chown _apt "$dir"
	(cd "$dir" && { apt-get -o Acquire::Retries=3 download -qq prometheus-snmp-exporter ||
		{ apt-get update -qq && apt-get -o Acquire::Retries=3 download -qq prometheus-snmp-exporter; }; }) &&
		dpkg-deb -x "$dir"/*.deb "$dir/root" &&
		mv "$dir/root/usr/bin/prometheus-snmp-exporter" "$peers/snmp_exporter"
	local said=$?
	rm -rf "$dir"
	return $said
}

if [ ! -x "$peers/snmp_exporter" ]; then
	if ! command -v apt-get >/dev/null || ! unpack_exporter; then
		echo "Debian's prometheus-snmp-exporter cannot be had here" >&2
	fi
fi
