#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/bench/make-report.sh VMLINUX: a KASAN report of 36 frames (use, allocation
# and release of an object) with functions of that kernel, as bench-symbolize.sh
# wants it. Offsets are half of each function's size.
set -u
nm -S "$1" | perl -e '
my @use = qw(skb_release_data kfree_skb_reason __sk_flush_backlog tcp_sendmsg_locked tcp_sendmsg inet_sendmsg sock_sendmsg
	____sys_sendmsg ___sys_sendmsg __sys_sendmsg __x64_sys_sendmsg do_syscall_64);
my @made = qw(kmem_cache_alloc_node kmalloc_reserve __alloc_skb alloc_skb_with_frags sock_alloc_send_pskb
	unix_stream_sendmsg sock_write_iter vfs_write ksys_write __x64_sys_write do_syscall_64 ret_from_fork);
my @gone = qw(kmem_cache_free skb_free_head kfree_skb_partial tcp_rcv_established tcp_v4_do_rcv __release_sock release_sock
	tcp_recvmsg inet_recvmsg sock_recvmsg __sys_recvfrom do_syscall_64);
my %size;
while (<>) { $size{$2} //= hex $1 if m{^\S+ (\S+) [tT] (\S+)$} }
sub say_it { print "[    9.123456][ T4242] $_\n" for @_ }
sub place { my $f = shift; die "no $f\n" unless $size{$f}; sprintf "%s+0x%x/0x%x", $f, $size{$f} / 2, $size{$f} }
say_it("=" x 66, "BUG: KASAN: use-after-free in " . place($use[0]), "Read of size 8 at addr ffff888003f0b238 by task poc/4242",
	"", "CPU: 0 PID: 4242 Comm: poc Not tainted #1", "Call Trace:", " <TASK>", (map { " " . place($_) } @use), " </TASK>",
	"", "Allocated by task 4242:", (map { " " . place($_) } @made),
	"", "Freed by task 4242:", (map { " " . place($_) } @gone),
	"", "The buggy address belongs to the object at ffff888003f0b200", " which belongs to the cache skbuff_head_cache of size 232",
	"=" x 66);
'
