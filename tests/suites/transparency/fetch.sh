#!/bin/sh
# Fetches a Debian source package into the folder $1. The lists of source packages are its own:
# the machine's may lack them.
set -eu
mkdir -p lists cache
. /etc/os-release
echo "deb-src http://deb.debian.org/debian $VERSION_CODENAME main" >sources.list
apt() {
	apt-get -q -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=- \
		-o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" \
		-o APT::Sandbox::User="$(id -un)" "$@"
}
apt update
apt --download-only source "$1"
dpkg-source --no-check -x "$1"_*.dsc "$1"
rm -rf lists cache
