#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make install: what a program that uses the library finds.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$CULPRIT")
case $build in *-asan*)
	# The sanitizers' library would have to be loaded first.
	pass 'not with sanitizers'
	finish
	;;
esac
cd "$top" || exit 2
root=$tmp/root

install_to_root() {
	make -s install O="$build" PREFIX=/usr DESTDIR="$root" >"$tmp/log" 2>&1 || { cat "$tmp/log"; return 1; }
}
holds 'make install' install_to_root
is 'what is installed' 'usr/bin/culprit
usr/include/culprit.h
usr/lib/libculprit.a
usr/lib/libculprit.so
usr/lib/pkgconfig/culprit.pc
usr/share/culprit/culprit-bisect.schema.json
usr/share/culprit/culprit-db.schema.json
usr/share/culprit/culprit-dedup.schema.json
usr/share/culprit/culprit-report.schema.json
usr/share/culprit/culprit-watch.schema.json
usr/share/man/man1/culprit-corpus.1
usr/share/man/man1/culprit.1' "$(cd "$root" && find usr ! -type d | sort | grep -E 'bin/|include|\.so$|\.a$|\.pc$|schema|culprit\.1|corpus\.1')"
is 'the program runs from there' "$("$CULPRIT" --version)" "$("$root/usr/bin/culprit" --version)"

so=$root/usr/lib/libculprit.so
is 'the soname' 'libculprit.so.0' "$(readelf -d "$so" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')"
is 'nothing else is visible' '' "$(nm -D --defined-only "$so" | awk '$3 !~ /^culprit_/ { print $3 }')"
symbols=$(grep -v '^#' include/libculprit.symbols)
is 'the Debian package lists them' "$(sort <<<"$symbols")" \
	"$(sed -n 's/^ \(culprit_.*\)@Base .*/\1/p' packaging/debian/libculprit0.symbols | sort)"
is 'its functions are those of the list' "$symbols" "$(nm -D --defined-only "$so" | awk '$2 == "T" { print $3 }' | LC_ALL=C sort)"
is 'those of the static library, too' "$symbols" \
	"$(nm -g --defined-only "$root/usr/lib/libculprit.a" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort)"
declared=$(grep -A3 CULPRIT_PUBLIC "$root/usr/include/culprit.h" | grep -oE '\bculprit_[a-z_]+\(' | tr -d '(' | LC_ALL=C sort -u |
	grep -vxE 'culprit_(parser_(create|summary)|target_(judge|learn)|symbolizer_create)')
is 'the header declares all of them, and no others' "$symbols" "$declared"

# What stands in an attacker's way. Who builds with HARDENING= gets what was asked for.
if grep -q 'stack-protector' "$build/flags"; then
	for file in "$root/usr/bin/culprit" "$so"; do
		name=$(basename "$file")
		has "$name: symbols are bound at once" BIND_NOW "$(readelf -d "$file")"
		has "$name: and read-only then" GNU_RELRO "$(readelf -lW "$file")"
		has "$name: stacks are watched" __stack_chk_fail "$(nm -Du "$file")"
		has "$name: copies are checked" _chk@ "$(nm -Du "$file" | grep -v stack_chk)"
	done
	# Of the objects: the whole is marked where libc's start files are, too, which Debian's are not.
	case $(uname -m) in x86_64) has 'jumps land where they may' 'IBT, SHSTK' "$(readelf -nW "$build/obj/base/base.o")" ;; esac
fi

# Changed flags make anew, changed warnings do not; helpers can have another compiler.
object=$tmp/b/obj/base/version.o
make_object() { make O="$tmp/b" "$object" "$@" 2>&1 | grep -c ' CC '; }
is 'an object is made' 1 "$(make_object CFLAGS=-O1)"
is 'and not again' 0 "$(make_object CFLAGS=-O1)"
is 'with other flags it is' 1 "$(make_object CFLAGS=-O2)"
is 'with other preprocessor flags it is' 1 "$(make_object CFLAGS=-O2 CPPFLAGS=-DNOBODY_ASKS)"
is 'with warnings as errors it is not' 0 "$(make_object CFLAGS=-O2 CPPFLAGS=-DNOBODY_ASKS DEV=1)"
holds 'programs that run while building: another compiler' make -s O="$tmp/b" CC=false CC_FOR_BUILD=cc "$tmp/b/embed"
is 'and objects of their own' 'helper/base/base.o helper/pattern/yaml.o' "$(cd "$tmp/b" && echo helper/*/*.o)"

# Two parsers in two threads, one pattern set; the program of the header's own introduction.
cat >"$tmp/user.c" <<'END'
#include <culprit.h>
#include <pthread.h>
#include <stdio.h>

static struct culprit_patterns *patterns;

static void *parse(void *path)
{
	struct culprit_parser *parser;
	struct culprit_report *report;
	static _Thread_local char buf[777];
	FILE *in = fopen(path, "r");
	size_t n;

	if (!in || culprit_parser_create(patterns, NULL, &parser))
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0) {
		if (culprit_parser_feed(parser, buf, n))
			return NULL;
	}
	if (culprit_parser_finish(parser))
		return NULL;
	while ((report = culprit_parser_take(parser))) {
		puts(report->title);
		culprit_report_destroy(report);
	}
	culprit_parser_destroy(parser);
	fclose(in);
	return path;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	void *done;
	int bad = argc != 2 || culprit_patterns_load(NULL, 0, &patterns);

	for (int i = 0; i < 2; i++)
		bad |= pthread_create(&threads[i], NULL, parse, argv[1]);
	for (int i = 0; i < 2; i++)
		bad |= pthread_join(threads[i], &done) || !done;
	culprit_patterns_destroy(patterns);
	return bad;
}
END
"$CULPRIT" corpus show -l corpus/kasan/slab-out-of-bounds-read-x86 >"$tmp/log"
titles='KASAN: slab-out-of-bounds Read in kc_oob_read
KASAN: slab-out-of-bounds Read in kc_oob_read'
export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
# shellcheck disable=SC2046 # words on purpose
holds 'a program is built with the shared library' cc -Wall -Werror -o "$tmp/user" "$tmp/user.c" -pthread \
	$(pkg-config --cflags --libs culprit)
is 'it runs, in two threads' "$titles" "$(LD_LIBRARY_PATH=$root/usr/lib "$tmp/user" "$tmp/log")"
# shellcheck disable=SC2046
holds 'a program is built with the static library' cc -Wall -Werror -o "$tmp/user" "$tmp/user.c" \
	$(pkg-config --cflags culprit) "$root/usr/lib/libculprit.a" \
	$(pkg-config --static --libs culprit | sed 's/-lculprit//')
is 'it runs, too' "$titles" "$("$tmp/user" "$tmp/log")"

# The examples, as C and as C++, and what they say.
# shellcheck disable=SC2046
flags=$(pkg-config --cflags --libs culprit)
for example in titles follow match; do
	# shellcheck disable=SC2086
	holds "examples/$example.c is C" cc -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -pedantic -Werror \
		-o "$tmp/$example" "examples/$example.c" $flags
	# shellcheck disable=SC2086
	holds "examples/$example.c is C++" c++ -x c++ -std=c++11 -Wall -Wextra -Werror -o "$tmp/$example++" "examples/$example.c" -x none $flags
done
export LD_LIBRARY_PATH=$root/usr/lib
for titles in titles titles++; do
	is "$titles prints the title" 'KASAN: slab-out-of-bounds Read in kc_oob_read' "$("$tmp/$titles" <"$tmp/log")"
done
for match in match match++; do
	said=$("$tmp/$match" 'KASAN: slab-out-of-bounds Read in kc_oob_read' "$CULPRIT" <"$tmp/log" 2>/dev/null)
	is "$match: the target, and its exit code" 'target 1' "${said%% *} $?"
	has "$match: says why" 'title equal' "$said"
	has "$match: prints the report" 'BUG: KASAN: slab-out-of-bounds in kc_oob_read' "$said"
	is "$match: another bug" 0 "$("$tmp/$match" 'WARNING in nobody' <"$tmp/log" >/dev/null; echo $?)"
done
# The log's writer stays: the report is there before the log's end.
mkfifo "$tmp/console"
for follow in follow follow++; do
	"$tmp/$follow" <"$tmp/console" >"$tmp/followed" &
	exec 7>"$tmp/console"
	cat "$tmp/log" >&7
	until grep -q '^line [0-9]*: KASAN' "$tmp/followed" || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
	has "$follow tells while the log is open" ': KASAN: slab-out-of-bounds Read in kc_oob_read' "$(cat "$tmp/followed")"
	exec 7>&-
	holds "$follow ends with the log" wait $!
done

# The list of what is in it: all that the program is linked with or opens by name, and the same text each time.
rm -f "$build/culprit.spdx.json"
# With the user's paths of above, make would take the flags for others and build all anew.
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
holds 'make sbom' make -s sbom O="$build"
cp "$build/culprit.spdx.json" "$tmp/first" && rm "$build/culprit.spdx.json"
holds 'make sbom, again' make -s sbom O="$build"
holds 'the list is the same each time' cmp "$tmp/first" "$build/culprit.spdx.json"
is 'the list tells of this program' "$(sha256sum <"$build/culprit" | cut -d' ' -f1)" \
	"$(jq -r '.packages[0].checksums[0].checksumValue' "$tmp/first")"
is 'every part of the list is related to another' '' "$(jq -r '(.packages | map(.SPDXID)) -
	(.relationships | map(.spdxElementId, .relatedSpdxElement)) | .[]' "$tmp/first")"
opened=$(sed -n 's/^DYNLIB_TABLE(.*"\(lib[a-z0-9]*\)[.-].*/\1/p' src/*/*.c)
linked=$(readelf -d "$build/culprit" | sed -n 's/.*NEEDED.*\[\(lib[a-z0-9]*\)[.-].*/\1/p' | grep -vxE 'libc|libm')
missing='' n=0
for library in $opened $linked; do
	case $library in
	libpcre2) name=pcre2 ;; libjansson) name=jansson ;; libz) name=zlib ;; libbz2) name=bzip2 ;;
	libdw | libelf | libdebuginfod) name=elfutils ;; libcapstone) name=capstone ;;
	*) name=$library ;;
	esac
	n=$((n + 1))
	jq -e --arg name "$name" '.packages | any(.name == $name)' "$tmp/first" >/dev/null || missing="$missing $library"
done
# What is opened by its name is told by ELF notes (systemd.io/ELF_DLOPEN_METADATA), in program and library.
for file in culprit libculprit.so; do
	objcopy -O binary --only-section=.note.dlopen "$build/$file" "$tmp/notes"
	grep -ao '\[{[^]]*\]}\]' "$tmp/notes" >"$tmp/notes.json"
	is "$file: the notes' libraries are those that are opened" "$(sort -u <<<"$opened")" \
		"$(jq -r '.[] | select(.feature and .description and .priority) | .soname[] | sub("[-.].*"; "")' "$tmp/notes.json" | sort -u)"
	is "$file: each is told once" '' "$(jq -r '.[].soname[]' "$tmp/notes.json" | sort | uniq -d)"
	is "$file: type and owner" "$(jq -r '.[].feature' "$tmp/notes.json" | wc -l)" \
		"$(readelf -nW "$build/$file" 2>/dev/null | grep -o 'FDO [^(]*(0x407c0c0a)' | wc -l)"
done
is 'every library is in the list' '' "$missing"
holds 'of which there are several' test $n -ge 10

make -s uninstall O="$build" PREFIX=/usr DESTDIR="$root" >/dev/null 2>&1
is 'make uninstall leaves nothing' '' "$(find "$root" ! -type d)"
finish
