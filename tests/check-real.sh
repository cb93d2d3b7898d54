#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/check-real.sh [VMLINUX]: compare 10,000 random addresses of a real kernel
# with llvm-symbolizer and addr2line: function, file, line of every inlined frame.
# Without VMLINUX, Debian's linux-image-amd64-dbg is fetched by apt (850 MB) into
# $CULPRIT_REAL (default: build/real). Not for CI.
set -u
cd "$(dirname "$0")/.." || exit 2
lookup=${O:-build}/bench/lookup
[ -x "$lookup" ] || make "$lookup" || exit 2
vmlinux=${1:-}
if [ -z "$vmlinux" ]; then
	dir=${CULPRIT_REAL:-build/real}
	mkdir -p "$dir"
	if ! ls "$dir"/usr/lib/debug/boot/vmlinux-* >/dev/null 2>&1; then
		package=$(apt-cache depends linux-image-amd64-dbg | awk '/Depends: linux-image/ { print $2; exit }')
		(cd "$dir" && apt-get download "$package" && dpkg-deb --fsys-tarfile "$package"_*.deb |
			tar x --wildcards './usr/lib/debug/boot/*' './usr/lib/debug/lib/modules/*/kernel/fs/ext4/*') || exit 2
	fi
	vmlinux=$(ls "$dir"/usr/lib/debug/boot/vmlinux-* | head -n 1)
fi
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
text=$(nm "$vmlinux" | awk '$3 == "_stext" || $3 == "_etext" { print $1 }' | sort | tr '\n' ' ')
perl -e 'no warnings; srand(1); my ($lo, $hi) = map { hex } @ARGV;
	printf "0x%x\n", $lo + int(rand($hi - $lo)) for 1 .. 10000' $text >"$tmp/addresses" || exit 2
"$lookup" "$vmlinux" <"$tmp/addresses" >"$tmp/ours" || exit 1
llvm-symbolizer --obj="$vmlinux" <"$tmp/addresses" | sed -E 's/^(.*:[0-9]+):[0-9]+$/\1/' >"$tmp/llvm"
# addr2line: address lines begin an answer, "(discriminator N)" goes, ? is 0
addr2line -afi -e "$vmlinux" <"$tmp/addresses" |
	sed -E 's/ \(discriminator [0-9]+\)$//; s/:\?$/:0/; s/^0x[0-9a-f]+$//' | sed 1d >"$tmp/binutils"

cat >"$tmp/compare.pl" <<'END'
my ($name, @files) = @ARGV;
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
			$reason //= "function" if $o[$k][0] ne $t[$k][0];
		}
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
exit($same < 0.995 * @$ours);
END
perl "$tmp/compare.pl" llvm-symbolizer "$tmp/ours" "$tmp/llvm"
bad=$?
perl "$tmp/compare.pl" addr2line "$tmp/ours" "$tmp/binutils" || bad=1
exit $bad
