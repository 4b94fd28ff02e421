#!/usr/bin/env bash
# Installs what `npm run test:durability` needs (as root): a C compiler for its faulty disk, ext4's tools for its images.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends e2fsprogs gcc libc6-dev mount python3 util-linux
