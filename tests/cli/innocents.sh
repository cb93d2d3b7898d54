#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who is found guilty among all functions of XFS, OCFS2 and LKDTM in Linux 6.1 (tests/conventions/functions-6.1)?
# Their names are full of the words of the kernel's helpers (xfs_refcount_..., lkdtm_SLAB_..., ocfs2_lock_res_...), and
# a crash in them is theirs. Passed over are only those below, where the community's convention takes a part of a name
# for the helper; each has its word here.
. "$(dirname "$0")/lib.sh"

# A word of the convention, then the functions that have it.
innocent=$(
	while read -r _ functions; do tr ' ' '\n' <<<"$functions"; done <<-'END'
	printk __mlog_printk __xfs_printk xfs_printk_level
	set_bit byte_set_bit ocfs2_node_map_set_bit ocfs2_block_group_set_bits
	test_bit byte_test_bit ocfs2_node_map_test_bit
	clear_bit ocfs2_node_map_clear_bit ocfs2_block_group_clear_bits ocfs2_block_group_find_clear_bits
	clear_bit ocfs2_local_alloc_find_clear_bits
	alloc_page dlm_alloc_pagevec xfs_buf_alloc_pages
	malloc inject_kmalloc_slb_multihit inject_vmalloc_slb_multihit ocfs2_dx_dir_kmalloc_leaves
	slab_ do_usercopy_slab_size do_usercopy_slab_whitelist
	pointer dlm_list_num_to_pointer ocfs2_xa_block_offset_pointer ocfs2_xa_bucket_offset_pointer ocfs2_xa_offset_pointer
	string ocfs2_blkno_stringify stringify_lockname stringify_nodemap
	lock_release dlm_lock_release
	mark_lock dlm_mark_lockres_migrating ocfs2_mark_lockres_freeing
	lockdep xfs_lockdep_subclass_ok
	read_lock o2hb_callback_read_lock ocfs2_read_locked_inode
	read_unlock o2hb_callback_read_unlock
	list_add xfs_mount_list_add
	list_del xfs_buf_list_del xfs_mount_list_del
	queue_work o2net_sc_queue_work xfs_inodegc_want_queue_work
	flush_work xfs_inodegc_want_flush_work
	destroy_workqueue xfs_destroy_workqueues
	panic xfs_panic_mask_proc_handler
	END
)

functions=$top/tests/conventions/functions-6.1
is "the names are there" 5051 "$(wc -l <"$functions")"
# a report of a task of its own for each: it stopped there, and zz_caller called it
awk '{
	p = sprintf("[  100.000000][T%d] ", 1000 + NR)
	print p "BUG: kernel NULL pointer dereference, address: 0000000000000058"
	print p "Oops: 0002 [#1] SMP PTI"
	print p "CPU: 1 PID: " 1000 + NR " Comm: a.out Not tainted 6.1.0 #1"
	print p "RIP: 0010:" $1 "+0x2b/0x1c0"
	print p "Call Trace:"
	print p " zz_caller+0x2b/0x1c0"
	print p " do_syscall_64+0x35/0x80"
	print p "---[ end trace 0000000000000000 ]---"
}' "$functions" >"$tmp/log"
"$CULPRIT" parse --format json "$tmp/log" | sed -n 's/.*"title":"[^"]* in \([A-Za-z0-9_]*\)".*/\1/p' >"$tmp/guilty"
is "each of them has a report" 5051 "$(wc -l <"$tmp/guilty")"
is "nobody but the function or its caller is named" "" \
	"$(paste "$functions" "$tmp/guilty" | awk '$1 != $2 && $2 != "zz_caller"')"
is "passed over is who has a helper's word" "$(sort <<<"$innocent")" \
	"$(paste "$functions" "$tmp/guilty" | awk '$1 != $2 { print $1 }' | sort)"
finish
