#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-symbols.sh [VMLINUX [MODULES]]: compare 10,000 random addresses of a real
# kernel, and 10,000 random places (function, offset, size) in 100 of the modules
# below MODULES, with llvm-symbolizer and addr2line: function, file, line of every
# inlined frame.
# Without VMLINUX, Debian's linux-image-amd64-dbg is fetched by apt (850 MB) into
# $CULPRIT_REAL (default: build/real). Not for CI.
set -u
cd "$(dirname "$0")/.." || exit 2
lookup=${O:-build}/bench/lookup
[ -x "$lookup" ] || make "$lookup" || exit 2
vmlinux=${1:-} modules=${2:-}
if [ -z "$vmlinux" ]; then
	dir=${CULPRIT_REAL:-build/real}
	mkdir -p "$dir"
	if ! ls "$dir"/usr/lib/debug/boot/vmlinux-* >/dev/null 2>&1; then
		package=$(apt-cache depends linux-image-amd64-dbg | awk '/Depends: linux-image/ { print $2; exit }')
		(cd "$dir" && apt-get download "$package" && dpkg-deb --fsys-tarfile "$package"_*.deb |
			tar x --wildcards './usr/lib/debug/boot/*' './usr/lib/debug/lib/modules/*/kernel/fs/*' \
				'./usr/lib/debug/lib/modules/*/kernel/net/*') || exit 2
	fi
	vmlinux=$(ls "$dir"/usr/lib/debug/boot/vmlinux-* | head -n 1)
	modules=$dir/usr/lib/debug/lib/modules
fi
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
text=$(nm "$vmlinux" | awk '$3 == "_stext" || $3 == "_etext" { print $1 }' | sort | tr '\n' ' ')
perl -e 'no warnings; srand(1); my ($lo, $hi) = map { hex } @ARGV;
	printf "0x%x\n", $lo + int(rand($hi - $lo)) for 1 .. 10000' $text >"$tmp/addresses" || exit 2

# what the peers print, in our form
from_llvm() { sed -E 's/^(.*:[0-9]+):[0-9]+$/\1/'; }
# addr2line: address lines begin an answer, "(discriminator N)" goes, ? is 0
from_addr2line() { sed -E 's/ \(discriminator [0-9]+\)$//; s/:\?$/:0/; s/^0x[0-9a-f]+$//' | sed 1d; }

"$lookup" "$vmlinux" <"$tmp/addresses" >"$tmp/ours" || exit 1
llvm-symbolizer --obj="$vmlinux" <"$tmp/addresses" | from_llvm >"$tmp/llvm"
addr2line -afi -e "$vmlinux" <"$tmp/addresses" | from_addr2line >"$tmp/binutils"

# A module's sections all begin at 0, which confuses the peers: they get it linked as if it were a program.
if [ -n "$modules" ]; then
	find "$modules" -name '*.ko' | LC_ALL=C sort | perl -e 'srand(1); my @all = <STDIN>;
		for (1 .. 100) { last unless @all; print splice @all, int(rand(@all)), 1 }' >"$tmp/modules"
	while read -r module; do
		ld --noinhibit-exec --unresolved-symbols=ignore-all -e 0 -o "$tmp/linked" "$module" 2>/dev/null
		readelf -sW "$tmp/linked" | perl -e 'srand(2); my (%count, %at, @functions);
			while (<STDIN>) { my @f = split; next unless @f == 8 && $f[3] eq "FUNC" && $f[6] ne "UND"; $count{$f[7]}++; push @{ $at{hex $f[1]} }, $f[7];
				my $size = $f[2] =~ /^0x/ ? hex $f[2] : $f[2]; push @functions, [hex $f[1], $size, $f[7]] if $size }
			@functions = grep { $count{$_->[2]} == 1 } @functions or exit;
			for (1 .. 100) { my ($at, $size, $name) = @{ $functions[rand @functions] }; my $off = int rand $size;
				printf "0x%x %s+0x%x/0x%x @{ $at{$at} }\n", $at + $off, $name, $off, $size }' >"$tmp/places"
		[ -s "$tmp/places" ] || continue
		cut -d' ' -f3- "$tmp/places" >>"$tmp/names.ko"
		cut -d' ' -f2 "$tmp/places" | "$lookup" "$module" >>"$tmp/ours.ko" || exit 1
		cut -d' ' -f1 "$tmp/places" | llvm-symbolizer --obj="$tmp/linked" | from_llvm >>"$tmp/llvm.ko"
		cut -d' ' -f1 "$tmp/places" | addr2line -afi -e "$tmp/linked" | from_addr2line >>"$tmp/binutils.ko"
		echo >>"$tmp/binutils.ko"
	done <"$tmp/modules"
fi

cat >"$tmp/compare.pl" <<'END'
my ($name, @files) = @ARGV;
# names of each place's function in the symbol table, where more than one may stand at its address
my @aliases;
if (@files > 3) { open my $f, "<", pop @files or die; @aliases = map { { map { $_ => 1 } split } } <$f> }
# addr2line takes the file that includes another for that one: where only the file differs and the third agrees with us
my $referee = @files > 2 ? pop @files : undef;
if ($referee) { local $/ = ""; open my $f, "<", $referee or die; $referee = [<$f>] }
my $explained = 0;
my ($ours, $theirs) = map { local $/ = ""; open my $f, "<", $_ or die; [<$f>] } @files;
my ($same, $nowhere, %why) = (0, 0);
sub frames { my @l = split /\n/, shift; map { [$l[2 * $_], $l[2 * $_ + 1] // "??:0"] } 0 .. $#l / 2 }
sub plain { my $p = shift; $p =~ s{^.*?/build_amd64_[^/]*/}{}; $p =~ s{/\./}{/}g; $p =~ s{//+}{/}g; 1 while $p =~ s{[^/.]+/\.\./}{}; $p }
sub same_place { my ($a, $b) = map { plain($_) } @_; $a eq $b || $a =~ m{/\Q$b\E$} || $b =~ m{/\Q$a\E$} }
for my $i (0 .. $#$ours) {
	my @o = frames($ours->[$i]);
	my @t = frames($theirs->[$i] // "");
	my $reason;
	# padding between sections: no debug information says anything, names are the symbol table's business
	if (@o == 1 && @t == 1 && $o[0][1] eq "??:0" && $t[0][1] =~ /^\?\?/) { $nowhere++; $same++; next }
	if (@o != @t) {
		$reason = "number of inlined frames";
	} else {
		for my $k (0 .. $#o) {
			if (!same_place($o[$k][1], $t[$k][1])) {
				$reason = $t[$k][1] =~ /^\?\?/ ? "the other knows no place" : $o[$k][1] =~ /^\?\?/ ? "we know no place" :
					$o[$k][1] =~ /:0$/ || $t[$k][1] =~ /:0$/ ? "line 0" : "place";
				last;
			}
			# the symbol table's name has the compiler's suffix; padding has none in DWARF
			next if $k == $#o && ($t[$k][0] eq "??" || $t[$k][0] =~ /^\Q$o[$k][0]\E\./ || $o[$k][0] =~ /^\Q$t[$k][0]\E\./);
			next if $k == $#o && $aliases[$i]{ $o[$k][0] } && $aliases[$i]{ $t[$k][0] };
			$reason //= "function" if $o[$k][0] ne $t[$k][0];
		}
	}
	if ($reason && $reason eq "place" && $referee && @o == @t && !grep { ($o[$_][1] =~ /:(\d+)$/)[0] ne ($t[$_][1] =~ /:(\d+)$/)[0] } 0 .. $#o) {
		my @r = frames($referee->[$i] // "");
		if (@r == @o && !grep { !same_place($o[$_][1], $r[$_][1]) } 0 .. $#o) { $reason = "only the file, and the third agrees with us"; $explained++ }
	}
	$same++, next unless $reason;
	push @{ $why{$reason} }, $i;
}
printf "%s: %d of %d agree (%.2f %%); %d of them have no source for either\n", $name, $same, scalar @$ours,
	100 * $same / @$ours, $nowhere;
for my $reason (sort keys %why) {
	printf "  %5d  %s\n", scalar @{ $why{$reason} }, $reason;
	for my $i (@{ $why{$reason} }[0 .. ($#{ $why{$reason} } < 2 ? $#{ $why{$reason} } : 2)]) {
		print "         ours:   ", join(" < ", map { "@$_" } frames($ours->[$i])), "\n";
		print "         theirs: ", join(" < ", map { "@$_" } frames($theirs->[$i])), "\n";
	}
}
exit($same + $explained < 0.995 * @$ours);
END
perl "$tmp/compare.pl" llvm-symbolizer "$tmp/ours" "$tmp/llvm"
bad=$?
perl "$tmp/compare.pl" addr2line "$tmp/ours" "$tmp/binutils" "$tmp/llvm" || bad=1
if [ -n "$modules" ]; then
	perl "$tmp/compare.pl" "modules: llvm-symbolizer" "$tmp/ours.ko" "$tmp/llvm.ko" "$tmp/binutils.ko" "$tmp/names.ko" || bad=1
	perl "$tmp/compare.pl" "modules: addr2line" "$tmp/ours.ko" "$tmp/binutils.ko" "$tmp/llvm.ko" "$tmp/names.ko" || bad=1
fi
exit $bad
