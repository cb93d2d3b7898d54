#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/deps.sh build|check: what building (and testing) culprit needs and this
# machine has not, is installed with apt. Says what it does; does nothing where
# all is there. For Debian 12, Ubuntu 22.04 and later.
set -u

missing=

# command PROGRAM PACKAGE
command_from() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

# library PKG-CONFIG-NAME PACKAGE
library_from() { pkg-config --exists "$1" 2>/dev/null || missing="$missing $2"; }

command_from make make
command_from cc gcc
[ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
command_from pkg-config pkg-config
library_from libpcre2-8 libpcre2-dev
library_from jansson libjansson-dev
library_from yaml-0.1 libyaml-dev
library_from zlib zlib1g-dev
library_from liblzma liblzma-dev
library_from libzstd libzstd-dev
[ -e /usr/include/bzlib.h ] || missing="$missing libbz2-dev"
library_from libdw libdw-dev
library_from libelf libelf-dev
library_from capstone libcapstone-dev
library_from libseccomp libseccomp-dev
library_from sqlite3 libsqlite3-dev
[ -e /usr/include/libiberty/demangle.h ] || [ -e /usr/include/demangle.h ] || missing="$missing libiberty-dev"

case ${1:-check} in
build) ;;
check)
	library_from check check
	# opened by its name when an archive is read: a test does; no headers are needed
	ldconfig -p 2>/dev/null | grep -q 'libarchive\.so\.13' || missing="$missing libarchive-dev"
	command_from git git
	command_from mandoc mandoc
	command_from jq jq
	command_from strace strace
	command_from c++ g++
	command_from gzip gzip
	command_from bzip2 bzip2
	command_from xz xz-utils
	command_from zstd zstd
	command_from script bsdutils
	PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q 'libdebuginfod\.so\.1' || missing="$missing libdebuginfod1"
	for python in python3 /usr/bin/python3; do
		"$python" -c 'import jsonschema' 2>/dev/null && break
	done || missing="$missing python3-jsonschema"
	;;
*)
	echo "usage: tests/deps.sh build|check" >&2
	exit 2
	;;
esac

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "deps: please install what these packages of Debian hold:$missing" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	sudo=sudo
	if ! command -v sudo >/dev/null 2>&1; then
		echo "deps: please run as root: apt-get install$missing" >&2
		exit 1
	fi
fi
echo "deps: installing with apt:$missing"
# A machine that was never updated knows no packages; one that was need not wait.
install="env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends"
# shellcheck disable=SC2086 # words on purpose
$sudo $install $missing >/dev/null 2>&1 && exit 0
$sudo apt-get -o DPkg::Lock::Timeout=300 update -q >/dev/null || exit 1
# shellcheck disable=SC2086
$sudo $install $missing
