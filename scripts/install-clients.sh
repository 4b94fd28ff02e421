#!/usr/bin/env bash
# Installs the programs the client suites drive: Debian's packages (as root), and current releases from PyPI into .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends awscli chromium curl fuse3 python3-venv rclone s3cmd

/usr/bin/python3 -m venv .venv
.venv/bin/pip install --quiet --upgrade 'awscli<2' boto3
.venv/bin/aws --version
.venv/bin/python -c 'import boto3; print("boto3", boto3.__version__)'
