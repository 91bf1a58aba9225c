#!/usr/bin/env bash
# Installs what the tests talk to and is missing on this machine: net-snmp (real agents), iproute2
# and nftables (networks of namespaces, and loss in them), strace (a kernel that answers with errors),
# iperf3 (traffic that fills a link), a C compiler for the race detector, and a real InfluxDB below
# .cache/bin. Does nothing, and needs no root, when all of it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The newest InfluxDB that builds without C or Rust, and the oldest line bothends promises to
# write to.
influxd_version=v1.8.10
influxd=$PWD/.cache/bin/influxd

# Networks, mirrors and the lock of the package manager have bad minutes: four tries within two.
retry() {
	local wait
	for wait in 5 20 60; do
		"$@" && return
		echo "trying again in $wait s: $*" >&2
		sleep "$wait"
	done
	"$@"
}

# One row per tool: the command the tests call and the Debian package that brings it.
tools=(
	"snmpd snmpd"
	"snmpget snmp"
	"ip iproute2"
	"nft nftables"
	"strace strace"
	"iperf3 iperf3"
	"gcc gcc"
)

missing=()
for row in "${tools[@]}"; do
	read -r command package <<<"$row"
	# Daemons live in folders that are not on everybody's PATH.
	PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || missing+=("$package")
done
if [ ! -e /usr/include/stdlib.h ]; then
	missing+=(libc6-dev)
fi

if [ ${#missing[@]} -gt 0 ]; then
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		echo "the tests need these Debian packages: ${missing[*]}" >&2
		echo "install them, or run this as root where apt-get is" >&2
		exit 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	# Others on this machine may hold the lock.
	wait_for_lock=(-o DPkg::Lock::Timeout=300)
	# An update whose downloads fail ends well unless it is told otherwise.
	retry apt-get "${wait_for_lock[@]}" -o APT::Update::Error-Mode=any update -qq ||
		echo "the lists of packages may be old" >&2
	retry apt-get "${wait_for_lock[@]}" -o Acquire::Retries=3 install -y -qq --no-install-recommends "${missing[@]}"
fi

# The binary itself does not know its version, but the go command reads it from the build info.
if ! go version -m "$influxd" 2>/dev/null | grep -q "influxdata/influxdb[[:space:]]$influxd_version"; then
	echo "building influxd $influxd_version into .cache/bin (about two minutes, once)"
	# The build is not of this module, so flags meant for it (-mod, -modfile) must not reach it.
	GOFLAGS='' GOBIN=$(dirname "$influxd") CGO_ENABLED=0 \
		retry go install "github.com/influxdata/influxdb/cmd/influxd@$influxd_version"
fi
