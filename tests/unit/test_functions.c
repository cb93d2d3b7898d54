/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What functions are: words in their names, and the table that is built in. */
#include <check.h>

#include "pattern/pattern.h"
#include "suite.h"

static struct culprit_patterns *load(const char *yaml)
{
	struct yaml_doc **docs = calloc(1, sizeof(struct yaml_doc *));
	struct culprit_patterns *set;
	struct culprit_error *err;

	ck_assert_ptr_nonnull(docs);
	err = yaml_parse(span_of(yaml), "a.yaml", &docs[0]);
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	err = pattern_set_from_docs(docs, 1, &set);
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	return set;
}

static bool has_role(const struct culprit_patterns *set, const char *name, const char *role)
{
	ptrdiff_t i = functions_find_role(&set->functions, role);

	ck_assert_msg(i >= 0, "no role %s", role);
	return role_set_has(functions_roles_of(&set->functions, span_of(name)), (size_t)i);
}

START_TEST(words_stand_where_they_are_said_to)
{
	struct culprit_patterns *set = load("functions:\n"
		"  lock: { anywhere: [spin_lock], starts: [mutex_], ends: [_trap], exact: [down], but: [spin_lockup_test] }\n");

	ck_assert(has_role(set, "spin_lock", "lock"));
	ck_assert(has_role(set, "hwspin_lock_free", "lock"));
	ck_assert(!has_role(set, "spin_loc", "lock"));
	ck_assert(has_role(set, "mutex_lock", "lock"));
	ck_assert(!has_role(set, "ww_mutex_lock", "lock"));
	ck_assert(has_role(set, "do_trap", "lock"));
	ck_assert(!has_role(set, "do_trap_no_signal", "lock"));
	ck_assert(has_role(set, "down", "lock"));
	ck_assert(!has_role(set, "down_all", "lock"));
	ck_assert(!has_role(set, "countdown", "lock"));
	ck_assert(!has_role(set, "spin_lockup_test", "lock"));
	ck_assert(!has_role(set, "", "lock"));
	culprit_patterns_destroy(set);
}
END_TEST

START_TEST(underscores_in_front_begin_no_name)
{
	struct culprit_patterns *set = load("functions:\n  wait: { begins: [msleep_], but: [msleep_not] }\n");

	ck_assert(has_role(set, "msleep_long", "wait"));
	ck_assert(has_role(set, "__msleep_long", "wait"));
	ck_assert(!has_role(set, "do_msleep_long", "wait"));
	ck_assert(!has_role(set, "__msleep", "wait"));
	ck_assert(!has_role(set, "msleep_not", "wait"));
	ck_assert(!has_role(set, "__", "wait"));
	culprit_patterns_destroy(set);
}
END_TEST

START_TEST(a_name_has_all_its_roles)
{
	struct culprit_patterns *set = load("functions:\n  a: { anywhere: [xy] }\n  b: { ends: [yz] }\n  c: { exact: [xyz] }\n"
					    "  d: { starts: [yz] }\n");

	ck_assert_uint_eq(functions_roles_of(&set->functions, SPAN("xyz")).bits[0], 7);
	culprit_patterns_destroy(set);
}
END_TEST

START_TEST(own_roles_are_of_words_in_front)
{
	struct culprit_patterns *set = load("functions:\n  a: { anywhere: [list_add], ends: [_trap], exact: [down], but: [list_add_not] }\n");
	static const struct { const char *name; bool own; } cases[] = {
		{ "list_add_tail", true }, { "__list_add_valid", true }, { "down", true }, { "_trap", true },
		{ "test_list_add", false }, { "do_trap", false }, { "_x_list_add", false }, { "__down", false },
		{ "list_add_not", false }, { "list_ad", false }, { "___", false }, { "", false },
	};

	for (size_t i = 0; i < countof(cases); i++)
		ck_assert_msg(role_set_has(functions_own_roles_of(&set->functions, span_of(cases[i].name)), 0) == cases[i].own, "%s",
			      cases[i].name);
	culprit_patterns_destroy(set);
}
END_TEST

START_TEST(later_words_are_added_or_replace)
{
	struct culprit_patterns *set = load("functions:\n  a: { anywhere: [one] }\n  b: { anywhere: [two] }\n"
					    "  c: { anywhere: [three] }\n");
	struct yaml_doc **docs = calloc(2, sizeof(struct yaml_doc *));

	culprit_patterns_destroy(set);
	ck_assert_ptr_nonnull(docs);
	ck_assert(!yaml_parse(SPAN("functions: { a: { anywhere: [one] }, b: { anywhere: [two] } }\n"), "a.yaml", &docs[0]));
	ck_assert(!yaml_parse(SPAN("functions: { a: { anywhere: [more] }, b: { replace: true, anywhere: [less] } }\n"), "b.yaml",
			      &docs[1]));
	ck_assert(!pattern_set_from_docs(docs, 2, &set));
	ck_assert(has_role(set, "one", "a"));
	ck_assert(has_role(set, "more", "a"));
	ck_assert(has_role(set, "less", "b"));
	ck_assert(!has_role(set, "two", "b"));
	culprit_patterns_destroy(set);
}
END_TEST

/* Words of detectors and counts in names of drivers and file systems are no reason to pass over them. */
static const char *const guilty_everywhere[] = {
	"xfs_refcount_adjust_extents", "ocfs2_get_refcount_rec", "module_refcount", "lkdtm_usercopy_heap_size_to",
	"kfence_init_pool", "test_ubsan_exit", "iov_iter_advance", "exc_nmi", "rwsem_owner", "vfree", "xa_load",
	"lock_sock_nested", "ext4_readdir", "batadv_iv_ogm_schedule_buff", "skb_put", "synchronize_rcu", "usb_bulk_msg",
};

static const char *const generic_everywhere[] = {
	"__local_bh_enable_ip", "__filemap_get_folio", "neigh_del_timer", "unregister_netdevice_many", "vfs_parse_fs_string",
	"kasan_report", "_raw_spin_lock_irqsave", "__mutex_lock", "refcount_warn_saturate", "kfree", "memcpy", "_copy_from_user",
	"kobject_add", "dev_err", "bcma_host_soc_read32_readl", "crc32c_le", "rb_erase", "usb_submit_urb", "atomic_inc",
};

START_TEST(the_table_knows_whom_to_blame)
{
	struct culprit_patterns *set;

	ck_assert(!culprit_patterns_load(NULL, 0, &set));
	for (size_t i = 0; i < countof(guilty_everywhere); i++)
		ck_assert_msg(!glob_list_match(&set->skip, span_of(guilty_everywhere[i])), "%s", guilty_everywhere[i]);
	for (size_t i = 0; i < countof(generic_everywhere); i++)
		ck_assert_msg(glob_list_match(&set->skip, span_of(generic_everywhere[i])), "%s", generic_everywhere[i]);
	for (size_t i = 0; i < set->functions.n_roles; i++)
		ck_assert_msg(set->functions.roles[i].why != NULL, "%s has no reason", set->functions.roles[i].name);
	culprit_patterns_destroy(set);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("functions");
	TCase *tc = tcase_create("functions");

	tcase_add_test(tc, words_stand_where_they_are_said_to);
	tcase_add_test(tc, underscores_in_front_begin_no_name);

	tcase_add_test(tc, underscores_in_front_begin_no_name);
	tcase_add_test(tc, a_name_has_all_its_roles);
	tcase_add_test(tc, own_roles_are_of_words_in_front);
	tcase_add_test(tc, later_words_are_added_or_replace);
	tcase_add_test(tc, the_table_knows_whom_to_blame);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return run_suite(make_suite());
}
