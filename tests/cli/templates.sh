#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# culprit bisect init --template, and culprit bisect try: with the templates of the checkout, and programs in
# place of the runners; tests/real boots kernels.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name a && git -C "$repo" config user.email a@example.org
for n in 1 2 3 4; do
	echo $n >"$repo/state.txt"
	git -C "$repo" add -A && git -C "$repo" commit -q -m "change $n"
	git -C "$repo" tag c$n
done

# Runners that need no kernel: the crash is there from c3 on.
mkdir -p 'run ners'
export CULPRIT_RUNNERS="$tmp/run ners"
cp -r "$top/src/runners/templates" 'run ners/'
cat >'run ners/kbuild' <<'EOF'
#!/bin/sh
printf '%s\n' "$@" >"$CULPRIT_BUILD/words"
grep -q broken "$CULPRIT_SOURCE/state.txt" && { echo "fs/x.c:1:1: error: expected ';' before '}' token"; exit 1; }
cp "$CULPRIT_SOURCE/state.txt" "$CULPRIT_ARTEFACTS/linux"
EOF
cat >'run ners/uml' <<'EOF'
#!/bin/sh
printf '%s\n' "$@" >"$CULPRIT_ARTEFACTS/words"
[ ! -e "$HOME/no-machine" ] || { echo 'culprit-run: failed: no machine'; exit 75; }
cat <<'EOT'
[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1
culprit-run: booted
culprit-run: workload started
EOT
[ "$(cat "$CULPRIT_ARTEFACTS/linux")" -lt 3 ] || cat <<'EOT'
[    1.000000] ------------[ cut here ]------------
[    1.000000] WARNING: CPU: 0 PID: 1 at fs/frob.c:12 frob_release+0x12/0x20
[    1.000000] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1
[    1.000000] Call Trace:
[    1.000000]  <TASK>
[    1.000000]  frob_release+0x12/0x20
[    1.000000]  do_one_initcall+0x12/0x20
[    1.000000]  </TASK>
[    1.000000] ---[ end trace 0000000000000000 ]---
EOT
[ -e "$HOME/cut-off" ] || echo 'culprit-run: finished'
EOF
chmod +x 'run ners'/kbuild 'run ners'/uml
export HOME=$tmp

# --- each template can be read, once two lines are filled in
for name in qemu uml virtme syzkaller; do
	run "$CULPRIT" bisect init -c "$name.yaml" -r "$repo" --template "$name" </dev/null
	is "$name: a file with two lines open" '0 2' "$code $(grep -cE 'to be filled in$|, "" \]' "$name.yaml")"
	has "$name: the lines are named" "commit that does not, or 'releases'
  workload: what triggers it" "$err"
	run "$CULPRIT" bisect try -c "$name.yaml"
	is "$name: an open line is wrong usage" 2 "$code"
	has "$name: with its place" "$name.yaml:" "$err"
	sed -i 's/^good: .*/good: c1/; s/, "" \]/, "a, b" ]/' "$name.yaml"
	run "$CULPRIT" bisect status -c "$name.yaml"
	has "$name: filled in, it can be read" 'no bisection was started here' "$err"
	run "$CULPRIT" doctor --for "$name"
	has "$name: doctor knows it" 'histories' "$out"
done
run "$CULPRIT" bisect init -c ssh.yaml -r "$repo" --template ssh --good c1 --workload 'modprobe frob' --host root@board \
	--console 'conserver-client board' --no-try </dev/null
run "$CULPRIT" bisect status -c ssh.yaml
has 'ssh: with its options, it can be read' 'no bisection was started here' "$err"

# --- options that do not go together
run "$CULPRIT" bisect init --template uml --run x </dev/null
has 'a template has its run command' 'a template has its own --run' "$err"
run "$CULPRIT" bisect init --workload x </dev/null
has 'a workload belongs to a template' '--workload is for --template' "$err"
run "$CULPRIT" bisect init --template uml --host x </dev/null
has 'a host belongs to ssh' '--host is for --template ssh' "$err"
run "$CULPRIT" bisect init --fragment x </dev/null
is 'a fragment belongs to a template' 2 "$code"
run env CULPRIT_RUNNERS="$tmp" "$CULPRIT" bisect init -c none.yaml -r "$repo" --template uml </dev/null
has 'without runners' 'holds no templates' "$err"
holds 'without runners nothing is written' test ! -e none.yaml

# --- what is missing stops it
run env PATH=/nothing "$CULPRIT" bisect init -c missing.yaml -r "$repo" --good c1 --template uml --workload x </dev/null
is 'a missing program: the file is written, nothing is tried' '1 yes' "$code $([ -e missing.yaml ] && [ ! -e .culprit/journal ] && echo yes)"
has 'a missing program is named' 'missing  flex' "$out"

# --- words reach kbuild and the runner as they are
echo CONFIG_FROB=y >'frob config'
init() { run "$CULPRIT" bisect init --force -r "$repo" --good c1 --bad c4 --template uml --no-try -t 'WARNING in frob_release' "$@" </dev/null; }
init --workload 'echo "a, b" > /x; # c' --fragment 'frob config'
run "$CULPRIT" bisect try
is 'try: the target showed' 0 "$code"
has 'try: the build is told' "built    $(git -C "$repo" rev-parse --short=12 c4) change 4" "$out"
has 'try: the verdict is told' ': target' "$out"
has 'try: the title is told' 'crash    WARNING in frob_release' "$out"
has 'try: the log is told' ".culprit/runs/000001.log" "$out"
has 'try: the end was seen' "finished 'culprit-run: finished' was printed" "$out"
is 'kbuild gets the fragments' "--arch um --defconfig allnoconfig --fragment $CULPRIT_RUNNERS/templates/uml.config --fragment $tmp/frob config" \
	"$(tr '\n' ' ' <.culprit/build/words | sed 's/ $//')"
is 'the runner gets the workload' '--workload echo "a, b" > /x; # c' "$(tr '\n' ' ' <.culprit/artefacts/*/words | sed 's/ $//')"

# --- a second try does not build again, and the bisection goes on from both
run "$CULPRIT" bisect try -q
is 'try again: no second build' '0 1' "$code $(find .culprit/builds -type f | wc -l)"
run "$CULPRIT" bisect run -q
is 'the bisection goes on from there' "0 culprit $(git -C "$repo" rev-parse c3)" "$code ${out##*$'\n'}"

# --- no crash, a machine that fails, a run that never ends, a commit that does not build
fresh() { rm -rf .culprit; init --workload x "$@"; }
fresh --bad c2
run "$CULPRIT" bisect try
is 'try: no crash' 4 "$code"
has 'try: no crash is advised about' 'one run says little' "$out"
fresh
touch no-machine
run "$CULPRIT" bisect try
rm no-machine
is 'try: the machine failed' 5 "$code"
has 'try: and the kernel is not blamed' 'nothing is said about the kernel' "$out"
fresh --bad c2
touch cut-off
run "$CULPRIT" bisect try
rm cut-off
is 'try: cut off' 4 "$code"
has 'try: cut off is told' "'culprit-run: finished' was not printed" "$out"
echo broken >"$repo/state.txt"
git -C "$repo" commit -qam 'does not build'
fresh --bad HEAD
run "$CULPRIT" bisect try
is 'try: does not build' 4 "$code"
has 'try: the error is told' "expected ';' before" "$out"
git -C "$repo" reset -q --hard c4

# --- a mark that the configuration does not know is proposed
fresh
sed -i '/finished:/d' culprit.yaml
run "$CULPRIT" bisect try
has 'the mark of the runners is proposed' 'finished: "culprit-run: finished"' "$out"

# --- init does all of it where nothing is missing
rm -rf .culprit culprit.yaml
if "$CULPRIT" doctor --for uml >/dev/null; then
	run "$CULPRIT" bisect init -r "$repo" --good c1 --bad c4 --template uml --workload x -t 'WARNING in frob_release' </dev/null
	is 'init builds and runs once' 0 "$code"
	has 'init tells what came of it' 'crash    WARNING in frob_release' "$out"
	has 'init does not begin by itself' "'culprit bisect run' begins the bisection" "$err"
	is 'one run only' 1 "$(find .culprit/runs -type f | wc -l)"
fi
finish
