#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which options of a kernel's configuration a crash needs: `find: config` and `config.minimise`. The "kernel" is a
# source with Kconfig files, built by a script that turns off what lacks its dependency, as olddefconfig does.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
hunting_ground
mkdir -p "$repo/drivers" "$repo/fs"
cat >"$repo/drivers/Kconfig" <<'EOT'
menu "Drivers"
	depends on BUS

config FROB
	bool "Frob"
	depends on KASAN && (OLD || NEW)
	help
	  This is the frob driver.

	  if you say Y, it depends on UNUSED_A
endmenu

if UNUSED_B
config GADGET
	bool "Gadget"
endif
EOT
printf 'config BUS\n\tbool "Bus"\nconfig KASAN\n\tbool\nconfig NET\n\tbool\nconfig NET_FROB\n\tbool\n\tdepends on NET\n' >"$repo/fs/Kconfig.base"
c 1 fine && c 2 fine && c 3 fine && c 4 bug && c 5 bug && c 6 bug

# 60 options; the bug needs FROB, which needs BUS and KASAN; SIZE has to be 64
{
	echo '# Linux/x86 6.1.0 Kernel Configuration'
	for i in $(seq 20); do echo "CONFIG_EARLY_$i=y"; done
	printf 'CONFIG_FROB=y\nCONFIG_UNUSED_A=y\nCONFIG_UNUSED_B=y\nCONFIG_GADGET=y\nCONFIG_NET=y\nCONFIG_NET_FROB=m\nCONFIG_SIZE=64\n'
	printf 'CONFIG_TEXT="a \\"b\\" = c"\nCONFIG_BUS=y\n# CONFIG_QUIET is not set\nCONFIG_KASAN=y\nCONFIG_64BIT=y\n'
	for i in $(seq 20); do echo "CONFIG_LATE_$i=y"; done
} >failing.config
printf '# CONFIG_BUS is not set\nCONFIG_64BIT=y\nCONFIG_SIZE=8\nCONFIG_QUIET=y\n# CONFIG_LATE_1 is not set\n' >working.config

cat >build.sh <<'EOF'
# build.sh: what olddefconfig would leave, and an image by that
[ -n "${CULPRIT_CONFIG:-}" ] || { echo 'no configuration'; exit 1; }
has() { grep -qx "CONFIG_$1=[ym0-9]*" "$CULPRIT_CONFIG"; }
frob=n
has BUS && has KASAN && has FROB && frob=y
# All but the names of the source's state: what differs in the image is what the bug is about, and EARLY_7.
{ echo "frob=$frob"; grep -x 'CONFIG_SIZE=.*\|CONFIG_EARLY_7=y' "$CULPRIT_CONFIG"; } >"$CULPRIT_ARTEFACTS/image"
cp state "$CULPRIT_ARTEFACTS/source-state"
echo "$CULPRIT_CHANGE $CULPRIT_COMMIT" >>"${CULPRIT_BUILD%/*}.builds"
if [ "$(cat state)" = bug ] && [ $frob = y ] && grep -qx CONFIG_SIZE=64 "$CULPRIT_CONFIG"; then echo bug; else echo fine; fi >"$CULPRIT_ARTEFACTS/state"
cat "$CULPRIT_ARTEFACTS/image" "$CULPRIT_ARTEFACTS/state" | tr '\n' ' ' >"$CULPRIT_SIGNATURE"
! has BROKEN
EOF
build_command="sh $tmp/build.sh"

# options NAME FIND MORE: NAME.yaml for a hunt at 6
options() {
	config "$1" 6 1 "config: { failing: $tmp/failing.config, working: $tmp/working.config$3 }
find: $2"
	[ "$2" != config ] || sed -i '/^good:/d' "$1.yaml"
}
needed='CONFIG_FROB=y CONFIG_SIZE=64 CONFIG_BUS=y CONFIG_KASAN=y'
short() { rev "$1" | cut -c 1-12; }
listed() { sed -n 's/^  \(CONFIG_.*\|# CONFIG.*\)/\1/p' <<<"$1" | tr '\n' ' ' | sed 's/ $//'; }

options alone config ''
run "$CULPRIT" bisect run -c alone.yaml
is 'options are found' 0 "$code"
is 'what the target needs, with what that depends on, and nothing else' "$needed" "$(listed "$out")"
has 'of how many' 'needs 4 of the 51 options that differ' "$out"
has 'progress is told' 'options show it' "$err"
is 'the last line names the configuration' config "$(tail -n 1 <<<"$out" | cut -d ' ' -f 1)"
found=$(tail -n 1 <<<"$out" | cut -d ' ' -f 2)
holds 'which is there' test -s "$found"
has 'it is the other one with what is needed' 'CONFIG_SIZE=64' "$(cat "$found")"
has 'what is not needed is said to be off' '# CONFIG_EARLY_7 is not set' "$(cat "$found")"
has 'what is on in the other stays on' 'CONFIG_QUIET=y' "$(cat "$found")"
is 'only the bad commit is built' "$(rev 6)" "$(cut -d ' ' -f 3 alone.builds | sort -u)"
builds=$(wc -l <alone.builds)
holds "halving needs few builds ($builds)" test "$builds" -le 35

run "$CULPRIT" bisect run -c alone.yaml
is 'asked again, the answer is the same' "$needed" "$(listed "$out")"
is 'and nothing is built for it' "$builds" "$(wc -l <alone.builds)"
run "$CULPRIT" bisect report -c alone.yaml
is 'the report lists them' "$needed" "$(listed "$out")"
run "$CULPRIT" bisect report --format json -c alone.yaml
is 'in JSON, too' "$needed" "$(jq -r '.options | join(" ")' <<<"$out")"
is 'JSON says what it is' 'bisect-options options 51' "$(jq -r '"\(.object) \(.answer) \(.of)"' <<<"$out")"
run "$CULPRIT" bisect report --format mail -c alone.yaml
is 'nobody is blamed by mail' 2 "$code"
run "$CULPRIT" bisect status -c alone.yaml
has 'status says what is hunted' 'the options it needs' "$out"
has 'status says what was found' '4 of 51' "$out"
run "$CULPRIT" bisect status --format json -c alone.yaml
is 'status for programs' options "$(jq -r .state <<<"$out")"
run "$CULPRIT" bisect log -c alone.yaml
has 'the log names configurations' "[config " "$out"
run "$CULPRIT" bisect explain -c alone.yaml 6
is 'the commit can be asked about' 0 "$code"

# --- killed at many moments: the same answer
options killed config ''
for i in 1 2 3 4 5 6 7 8; do
	timeout -s KILL "0.$((i * 7 % 10 + 1))" "$CULPRIT" bisect run -q -c killed.yaml >/dev/null 2>&1 # a moment, not an event
done
hunt killed
is 'killed eight times, the answer is the same' "$needed" "$(listed "$out")"
is 'and the configuration' "$(basename "$found")" "$(basename "${last#config }")"
is 'no draft of a configuration is left' '' "$(find killed/configs -name '*.new')"

# --- before a bisection
options before cause ', minimise: true'
hunt before
is 'after the options, the commit' "culprit $(rev 4)" "$last"
is 'the culprit is built with the smallest configuration' 'frob=y CONFIG_SIZE=64' "$(tr '\n' ' ' <"before/artefacts/$(rev 4)/image" | sed 's/ $//')"
run "$CULPRIT" bisect report -c before.yaml
has 'at last the culprit is looked at with all options' "With all options of the configuration, $(short 4) shows the target: it showed in " "$out"
has 'and its parent' "With all options of the configuration, $(short 3) does not show the target: it showed in 0 of" "$out"
run "$CULPRIT" bisect report --format json -c before.yaml
is 'in JSON, too' 2 "$(jq '[.checks[] | select(startswith("With all options"))] | length' <<<"$out")"
has 'it was built with all of them' 'CONFIG_EARLY_7=y' "$(cat "before/configs/$(sed -n "s/.*\"kconfig\".*//; s/^.* check .*commit=$(rev 4) .*changed=\([0-9a-f]*\).*/\1/p" before/journal | tail -n 1)")"
run "$CULPRIT" bisect log -c before.yaml
holds 'the log has the check' grep -qE "^check $(short 4) \[config [0-9a-f]+\] confirms" <<<"$out"
n=$(wc -l <before.builds)
hunt before
is 'asked again, nothing is built' "$n" "$(wc -l <before.builds)"

options unchecked cause ', minimise: true'
sed -i 's/^verify: .*/verify: { revert: false, cherry-pick: false, config: false }/' unchecked.yaml
hunt unchecked
is 'without that check the answer is the same' "culprit $(rev 4)" "$last"
is 'and nothing is built with all options but the bad commit' "$(rev 6)" "$(sed -n 's/^config [0-9a-f]* //p' unchecked.builds | sort -u)"

# --- another option brings the target, too, at each commit: what was found with the smallest configuration does not hold with all
sed 's/^if \[ /if has LATE_3 || [ /' build.sh >elsewhere.sh
build_command="sh $tmp/elsewhere.sh"
options doubtful cause ', minimise: true'
hunt doubtful
is 'doubtful: the commit is named all the same' "culprit $(rev 4)" "$last"
has 'doubtful: what speaks against it is said' "Doubtful: with all options, $(short 3) shows the target" "$out"
build_command="sh $tmp/build.sh"

# --- without minimise: the failing one is what the build is told
options plain cause ''
hunt plain
is 'without minimise the commit is found with all options' "culprit $(rev 4)" "$last"
has 'which are all there' 'CONFIG_EARLY_7=y' "$(cat "plain/artefacts/$(rev 4)/image")"
echo CONFIG_MORE=y >>failing.config
run "$CULPRIT" bisect run -q -c plain.yaml
has 'a configuration that changed since is noticed' 'failing.config changed since evidence was taken' "$err"
sed -i '$d' failing.config

# --- what cannot be answered
options same config ''
sed -i "s#working: [^ ,}]*#working: $tmp/failing.config#" same.yaml
hunt same
is 'two equal files: it shows with the other, too' 0 "$code"
has 'and that is said' 'none of the 0 options' "$out"
sed 's/CONFIG_SIZE=64/CONFIG_SIZE=32/' failing.config >harmless.config
options never config ''
sed -i "s#failing: [^ ,}]*#failing: $tmp/harmless.config#; \$a baseline-runs: 5" never.yaml
hunt never
is 'where it never shows there is no answer' 4 "$code"
has 'and why' 'did not show' "$out"
sed '$a CONFIG_BROKEN=y' failing.config >broken.config
options broken config ''
sed -i "s#failing: [^ ,}]*#failing: $tmp/broken.config#" broken.yaml
hunt broken
is 'where it does not build there is none either' 4 "$code"

# --- a machine that fails: it is waited for, and no option is blamed
cat >sometimes.sh <<EOF
n=\$(cat $tmp/n 2>/dev/null || echo 0)
echo \$((n + 1)) >$tmp/n
[ \$((n % 4)) -ne 2 ] || { echo 'qemu: could not open disk'; exit 75; }
. $tmp/kernel.sh
EOF
run_command="sh $tmp/sometimes.sh"
options flaky config ''
hunt flaky
is 'one failure of the machine in four changes nothing' "$needed" "$(listed "$out")"
# A configuration that takes the machine away each time cannot be tested; others tell that it is not the machine.
cat >takes.sh <<EOF
if grep -q frob=n "\$CULPRIT_ARTEFACTS/image"; then echo 'qemu: gone'; exit 75; fi
. $tmp/kernel.sh
EOF
run_command="sh $tmp/takes.sh"
options gone config ''
sed -i '$a infra-pause: 0s' gone.yaml
hunt gone
is 'sets that take the machine away are passed over' 0 "$code"
has 'the answer shows the target' 'CONFIG_FROB=y' "$(listed "$out")"

# --- written by init
run "$CULPRIT" bisect init -c written.yaml -r "$repo" --bad 6 --find config -t 'BUG: unable to handle kernel paging request in frob_release' \
	--failing failing.config --working working.config --build "sh $tmp/build.sh" --run ". $tmp/kernel.sh"
is 'init writes it' 0 "$code"
has 'init: whole paths' "failing: \"$tmp/failing.config\"" "$(cat written.yaml)"
is 'init: no good commit' '' "$(grep '^good' written.yaml)"
sed -i '$a state: written' written.yaml
hunt written
is 'init: and it finds the same' "$needed" "$(listed "$out")"
run "$CULPRIT" bisect init -c both.yaml -r "$repo" --bad 6 --good 1 --failing failing.config --working working.config --build "sh $tmp/build.sh" --run true
is 'init: for a cause' 0 "$code"
has 'init: the options are found first' 'minimise: true' "$(cat both.yaml)"
refused() {
	run "$CULPRIT" bisect init -c refused.yaml -r "$repo" --bad 6 --run true "${@:3}"
	is "init: $1: exit code" 2 "$code"
	has "init: $1: why" "$2" "$err"
}
refused 'no file' '--find config needs --failing, a .config with which the bad commit shows the target' --find config
refused 'one file' '--failing needs --working, a .config with which the bad commit does not show the target' --failing failing.config --good 1
refused 'a good commit' 'leave --good out' --find config --good 1 --failing failing.config --working working.config

# --- wrong configurations are told
wrong() {
	run "$CULPRIT" bisect run -q -c "$2"
	is "$1: exit code" 2 "$code"
	has "$1: why" "$3" "$err"
}
options w1 config ''
sed -i 's/^find:/good: 1\nfind:/' w1.yaml
wrong 'a good commit is of no use' w1.yaml "leave 'good' out"
options w2 config ''
sed -i 's/, working: [^ }]*//' w2.yaml
wrong 'one file alone' w2.yaml "'config.working'"
options w3 config ''
sed -i 's#failing: [^ ,}]*#failing: /nowhere#' w3.yaml
run "$CULPRIT" bisect run -q -c w3.yaml
has 'a file that is not there' 'cannot read /nowhere' "$err"
finish
