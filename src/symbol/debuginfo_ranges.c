/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which unit has an address: .debug_aranges where that tells, else the ranges
 * of every unit's own DIE.
 *
 *	[0xffffffff812f2b00, 0xffffffff812f9a40)	the unit at 0x8f3a21 of .debug_info
 *
 * Refuses more units or ranges than debuginfo_internal.h allows.
 */
#include "symbol/debuginfo_dwarf.h"

#define DWARF_FUNCTIONS(X) \
	X(dwarf_getaranges) X(dwarf_onearange) X(dwarf_getarangeinfo) X(dwarf_get_units) X(dwarf_dieoffset) \
	X(dwarf_ranges)
DYNLIB_TABLE(dw, DWARF_FUNCTIONS, "libdw.so.1", "libdw1");

struct range_builder {
	struct debuginfo *info;
	struct dbg_range *ranges;	/* .unit counts in the order of sight until units are sorted */
	uint64_t *offsets;		/* of each range's unit */
	size_t n, cap_ranges, cap_offsets;
};

static void deinit_ranges(struct range_builder *builder)
{
	free(builder->ranges);
	free(builder->offsets);
}

static struct culprit_error *add_range(struct range_builder *builder, uint64_t lo, uint64_t hi, uint64_t die_off)
{
	if (hi <= lo)
		return NULL;
	if (builder->n >= DBG_MAX_RANGES)
		return dbg_over(builder->info, "address ranges");
	if (!dbg_make_room(&builder->ranges, sizeof(*builder->ranges), builder->n, &builder->cap_ranges) ||
	    !dbg_make_room(&builder->offsets, sizeof(*builder->offsets), builder->n, &builder->cap_offsets))
		return &culprit_error_no_memory;
	builder->ranges[builder->n] = (struct dbg_range){ .lo = lo, .hi = hi };
	builder->offsets[builder->n++] = die_off;
	return NULL;
}

/* All of .debug_aranges: small, and already sorted by unit. */
static struct culprit_error *read_aranges(struct range_builder *builder, Dwarf *dwarf, uint64_t bias)
{
	struct culprit_error *err = NULL;
	Dwarf_Aranges *aranges;
	size_t n;

	if (dw.dwarf_getaranges(dwarf, &aranges, &n) != 0)
		return NULL;
	for (size_t i = 0; i < n && !err; i++) {
		Dwarf_Arange *arange = dw.dwarf_onearange(aranges, i);
		Dwarf_Addr start;
		Dwarf_Word len;
		Dwarf_Off off;

		if (arange && !dw.dwarf_getarangeinfo(arange, &start, &len, &off))
			err = add_range(builder, start + bias, start + bias + len, off);
	}
	return err;
}

/* The ranges of every unit's DIE, for files without (all of) .debug_aranges. */
static struct culprit_error *read_unit_ranges(struct range_builder *builder, Dwarf *dwarf, uint64_t bias)
{
	struct culprit_error *err = NULL;
	Dwarf_CU *cu = NULL, *next;
	Dwarf_Die die;
	uint8_t type;
	size_t units = 0;

	while (!err && dw.dwarf_get_units(dwarf, cu, &next, NULL, &type, &die, NULL) == 0) {
		Dwarf_Addr base, start, end;
		ptrdiff_t at = 0;

		cu = next;
		if (++units > DBG_MAX_UNITS)
			return dbg_over(builder->info, "units");
		if (type != DW_UT_compile && type != DW_UT_skeleton)
			continue;
		while (!err && (at = dw.dwarf_ranges(&die, at, &base, &start, &end)) > 0)
			err = add_range(builder, start + bias, end + bias, dw.dwarf_dieoffset(&die));
	}
	return err;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct dbg_range *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->hi < y->hi ? -1 : x->hi > y->hi;
}

static uint32_t unit_of_offset(const struct dbg_unit *units, uint32_t n, uint64_t die_off)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (units[mid].die_off < die_off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* One unit per distinct offset; what was loaded of the former units goes over to them. */
static struct culprit_error *make_units(struct range_builder *builder, struct dbg_unit **ret, uint32_t *ret_n)
{
	struct debuginfo *info = builder->info;
	_cleanup_(freep) uint64_t *sorted = malloc((builder->n + info->n_units + 1) * sizeof(*sorted));
	struct dbg_unit *units;
	size_t n = 0, m = 0;

	if (!sorted)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < builder->n; i++)
		sorted[n++] = builder->offsets[i];
	for (uint32_t i = 0; i < info->n_units; i++)
		sorted[n++] = info->units[i].die_off;
	qsort(sorted, n, sizeof(*sorted), compare_u64);
	for (size_t i = 0; i < n; i++) {
		if (!i || sorted[i] != sorted[i - 1])
			sorted[m++] = sorted[i];
	}
	if (m > DBG_MAX_UNITS)
		return dbg_over(info, "units");
	units = calloc(m + 1, sizeof(*units));
	if (!units)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < m; i++)
		units[i].die_off = sorted[i];
	for (uint32_t i = 0; i < info->n_units; i++)
		units[unit_of_offset(units, (uint32_t)m, info->units[i].die_off)] = info->units[i];
	*ret = units;
	*ret_n = (uint32_t)m;
	return NULL;
}

struct culprit_error *dbg_load_ranges(struct debuginfo *info, bool complete)
{
	_cleanup_(deinit_ranges) struct range_builder builder = { .info = info };
	struct culprit_error *err;
	struct dbg_unit *units;
	uint64_t bias;
	uint32_t n;
	Dwarf *dwarf;

	err = dbg_get_dwarf(&dw_lib, info, &dwarf, &bias);
	if (!err)
		err = complete ? read_unit_ranges(&builder, dwarf, bias) : read_aranges(&builder, dwarf, bias);
	for (uint32_t i = 0; complete && !err && i < info->n_ranges; i++) {
		const struct dbg_range *range = &info->ranges[i];

		if (range->unit < info->n_units && dbg_check(info, range, sizeof(*range)))
			err = add_range(&builder, range->lo, range->hi, info->units[range->unit].die_off);
	}
	if (!err)
		err = make_units(&builder, &units, &n);
	if (err)
		return err;
	for (size_t i = 0; i < builder.n; i++)
		builder.ranges[i].unit = unit_of_offset(units, n, builder.offsets[i]);
	if (builder.n)
		qsort(builder.ranges, builder.n, sizeof(*builder.ranges), compare_ranges);
	free(info->units);
	info->units = units;
	info->n_units = n;
	if (info->ranges_owned)
		free(info->ranges);
	info->ranges = no_free_ptr(builder.ranges);
	info->n_ranges = (uint32_t)builder.n;
	info->ranges_owned = true;
	info->ranges_complete = complete;
	info->grown = true;
	return NULL;
}
