# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# culprit symbolize --filter and --at, and a vmlinux that cannot be used, on a small "kernel"
# compiled here.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2
export XDG_CACHE_HOME=$tmp/cache
for tool in gcc nm objdump; do
	command -v $tool >/dev/null || { pass "skipped: no $tool"; finish; }
done
[ "$(uname -m)" = x86_64 ] || { pass "skipped: not x86-64"; finish; }

cat >core.c <<'END'
const char linux_banner[] = "Linux version 6.1.0-test (x@y) (gcc) #1 SMP\n";
volatile int state;
__attribute__((noinline)) void sink(int value) { state = value; }
static inline __attribute__((always_inline)) void middle(int value)
{
	sink(value);			/* core.c:6 */
	state++;
}
__attribute__((noinline)) int outer(int *value)
{
	state = 3;
	middle(4);			/* core.c:12 */
	*value = 77;			/* core.c:13 */
	return state;
}
void _start(void) { int i; outer(&i); }
END
flags='-O2 -g -fno-pie -fno-asynchronous-unwind-tables -fcf-protection=none -ffreestanding -fno-optimize-sibling-calls'
# shellcheck disable=SC2086 # flags
gcc $flags -mcmodel=kernel -nostdlib -static -no-pie -Wl,-Ttext=0xffffffff81000000 -Wl,--build-id=sha1 core.c -o vmlinux 2>/dev/null ||
	{ pass 'skipped: this compiler makes no such kernel'; finish; }
strip -g vmlinux -o stripped
read -r address size _ < <(nm -S vmlinux | awk '$4 == "outer" { print $1, $2 }')
returns=$(objdump -d --no-show-raw-insn vmlinux | grep -A40 -i "^$address <outer>:" |
	awk '/call/ { called = 1; next } called { sub(/:/, "", $1); print $1; exit }')
offset=$(printf '0x%x' $((0x$returns - 0x$address)))
outer=$(printf 'outer+%s/0x%x' "$offset" $((0x$size)))
with="$outer core.c:12"
inlined='middle core.c:6 [inline]'

# --- any text
cat >sheet.txt <<END
> On Monday somebody wrote:
> Call Trace:
>  $outer
>  ? $outer

[  12.3] sysrq: Show State
[  12.4]  ? $outer
no symbols here, 100% text	with a tab
RIP: 0010:outer+0x0/0x$size
END
run "$CULPRIT" symbolize --filter -k vmlinux sheet.txt
is 'a paste: frames get lines, the rest passes through' "> On Monday somebody wrote:
> Call Trace:
>  $inlined
>  $with
>  ? $with

[  12.3] sysrq: Show State
[  12.4]  ? $with
no symbols here, 100% text	with a tab" "$(sed '$d' <<<"$out")"
has 'a program counter' 'RIP: 0010:outer+0x0/0x'"$size"' core.c:' "$out"
is 'quietly' '0 ' "$code $err"
printf 'a\xff\x00\x1b[31m\r\nb' >bytes
holds 'other bytes are as they were, the end of the last line too' cmp bytes <("$CULPRIT" symbolize --filter -k vmlinux <bytes)
: >nothing
run "$CULPRIT" symbolize --filter -k vmlinux nothing
is 'nothing' '0 ' "$code $out$err"
gzip -c sheet.txt >sheet.gz
is 'compressed' "$("$CULPRIT" symbolize --filter -k vmlinux sheet.txt)" "$("$CULPRIT" symbolize --filter -k vmlinux sheet.gz)"
# more than a piece, and what is annotated twice
times 3000 sheet.txt >long
is 'long text: each frame' 9000 "$("$CULPRIT" symbolize --filter -k vmlinux long | grep -c "$with")"
is 'text with lines is left alone' "$("$CULPRIT" symbolize --filter -k vmlinux sheet.txt)" \
	"$("$CULPRIT" symbolize --filter -k vmlinux sheet.txt | "$CULPRIT" symbolize --filter -k vmlinux)"
# a console: what is there is written before the end comes
mkfifo pipe
"$CULPRIT" symbolize --filter -k vmlinux <pipe >live &
filter=$!
exec 9>pipe
printf ' %s\nhalf a li' "$outer" >&9
for ((i = 0; i < 600; i++)); do
	grep -q "$with" live && break
	sleep 0.1
done
is 'a console: whole lines, as they come' " $inlined
 $with" "$(cat live)"
exec 9>&-
wait "$filter"
is 'and the rest at the end' 'half a li' "$(tail -n 1 live)"

# --- places
run "$CULPRIT" symbolize -k vmlinux --at "outer+$offset"
has 'a place: its function' "outer+$offset/0x" "$out"
has 'a place: is no return address: what is done after the call' '
  middle core.c:7 [inline]
  outer core.c:12' "$out"
is 'a place: found' 0 "$code"
run "$CULPRIT" symbolize -k vmlinux --at "$outer" --at outer
is 'places: each' 2 "$(grep -c '^outer+' <<<"$out")"
run "$CULPRIT" symbolize -k vmlinux --at "0x$returns"
has 'an address' "outer+$offset/" "$out"
run "$CULPRIT" symbolize -k vmlinux --kernel-offset 0x1000000 --at "$(printf %x $((0x$returns + 0x1000000)))"
has 'an address of a kernel that was moved' "outer+$offset/" "$out"
run "$CULPRIT" symbolize -k vmlinux --at absent+0x1
is 'no such function' '2 culprit symbolize: no function absent in vmlinux' "$code $err"
run "$CULPRIT" symbolize -k vmlinux --at outer+0x1/0x999
is 'a function of another size' '2 culprit symbolize: outer has another size in vmlinux, or is shorter' "$code $err"
run "$CULPRIT" symbolize -k vmlinux --at 0xdead0000
is 'an address without function' 2 "$code"
for bad in '' 'two words' 'x+' 'x+0x1/' 'x+0x1/0xzz' '+0x1' '0x'; do
	run "$CULPRIT" symbolize -k vmlinux --at "$bad"
	is "no place: '$bad'" 2 "$code"
	has "no place, told: '$bad'" 'is no place' "$err"
done
run "$CULPRIT" symbolize -k vmlinux --at outer sheet.txt
is 'places and text exclude each other' 2 "$code"
run "$CULPRIT" symbolize -k vmlinux --filter -f json sheet.txt
is 'the filter writes text' 2 "$code"

# --- a vmlinux that cannot be used
printf '[ 1.0] BUG: kernel NULL pointer dereference, address: 0000000000000008\n[ 1.0] CPU: 0 PID: 7 Comm: x Not tainted 6.1.0-test #1\n[ 1.0] RIP: 0010:%s\n[ 1.0] Call Trace:\n[ 1.0]  %s\n' "$outer" "$outer" >log
run "$CULPRIT" symbolize -k vmlinux log
is 'a log of this kernel' 1 "$code"
echo garbage >garbage
sed 's/6\.1\.0-test/6.2.0-else/' log >other
for what in 'garbage log' 'stripped log' 'vmlinux other'; do
	# shellcheck disable=SC2086 # two words
	set -- $what
	run "$CULPRIT" symbolize -k "$1" "$2"
	is "unusable: $what" 3 "$code"
	has "unusable, with the report: $what" 'in outer' "$out"
	has "unusable, and why: $what" "$1" "$err"
done
run "$CULPRIT" symbolize -f json -k garbage log
is 'unusable: json, too' 3 "$code"
run "$CULPRIT" symbolize --filter -k garbage sheet.txt
is 'unusable: the filter passes all through' "3 $(cat sheet.txt)" "$code $out"
run "$CULPRIT" symbolize --at outer -k stripped
is 'unusable: places' 3 "$code"
run "$CULPRIT" symbolize --force -k vmlinux other
is 'unless forced' 1 "$code"
run "$CULPRIT" symbolize -k absent log
is 'one that is not there is an input error' 2 "$code"
finish
