#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# packaging/sbom.sh PROGRAM VERSION: what culprit is made of and uses, as SPDX 2.3 (JSON) on standard output.
#
# Versions are those that it was built with, as pkg-config tells them; what pkg-config does not know has none
# (NOASSERTION). The time is SOURCE_DATE_EPOCH, or that of the last commit: the same source gives the same text.
set -eu
program=$1 version=$2
cd "$(dirname "$0")/.."
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGES.md)}
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
sum=$(sha256sum "$program" | cut -d' ' -f1)

# name, pkg-config's name, licence, how it is used (a relationship of SPDX)
libraries='pcre2 libpcre2-8 BSD-3-Clause DYNAMIC_LINK
jansson jansson MIT DYNAMIC_LINK
libyaml yaml-0.1 MIT DYNAMIC_LINK
libiberty - LGPL-2.0-or-later STATIC_LINK
zlib zlib Zlib OPTIONAL_DEPENDENCY_OF
liblzma liblzma 0BSD OPTIONAL_DEPENDENCY_OF
bzip2 bzip2 bzip2-1.0.6 OPTIONAL_DEPENDENCY_OF
libzstd libzstd BSD-3-Clause OPTIONAL_DEPENDENCY_OF
libarchive libarchive BSD-2-Clause OPTIONAL_DEPENDENCY_OF
elfutils libdw LGPL-3.0-or-later OPTIONAL_DEPENDENCY_OF
capstone capstone BSD-3-Clause OPTIONAL_DEPENDENCY_OF
sqlite sqlite3 blessing OPTIONAL_DEPENDENCY_OF'

package() { # NAME VERSION LICENCE
	printf '    { "SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s", "downloadLocation": "NOASSERTION",\n' "$1" "$1" "$2"
	printf '      "licenseConcluded": "NOASSERTION", "licenseDeclared": "%s", "copyrightText": "NOASSERTION",' "$3"
}

printf '{\n  "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",\n'
printf '  "name": "culprit-%s", "documentNamespace": "urn:culprit:sbom:%s:%s",\n' "$version" "$version" "$sum"
printf '  "creationInfo": { "created": "%s", "creators": ["Tool: culprit-sbom"] },\n  "packages": [\n' "$created"
package culprit "$version" LGPL-2.1-or-later
printf ' "filesAnalyzed": false,\n      "checksums": [{ "algorithm": "SHA256", "checksumValue": "%s" }] }' "$sum"
while read -r name module licence _; do
	has=$(pkg-config --modversion "$module" 2>/dev/null || echo NOASSERTION)
	printf ',\n'
	package "$name" "$has" "$licence"
	printf ' "filesAnalyzed": false }'
done <<<"$libraries"
printf '\n  ],\n  "relationships": [\n'
printf '    { "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-culprit" }'
while read -r name _ _ how; do
	case $how in
	*_OF) from=$name to=culprit ;;
	*) from=culprit to=$name ;;
	esac
	printf ',\n    { "spdxElementId": "SPDXRef-%s", "relationshipType": "%s", "relatedSpdxElement": "SPDXRef-%s" }' "$from" "$how" "$to"
done <<<"$libraries"
printf '\n  ]\n}\n'
