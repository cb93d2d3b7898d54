/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF through libdw: a unit's line rows, and the intervals of its functions
 * and of the copies inlined into them.
 *
 *	DW_TAG_compile_unit  name "mm/slub.c"  ranges ...
 *	  DW_TAG_subprogram  name "kfree"  low_pc 0xffffffff812f2b00
 *	    DW_TAG_lexical_block
 *	      DW_TAG_inlined_subroutine  abstract_origin "virt_to_slab"
 *	                                 call_file "mm/slub.c"  call_line 4573  ranges ...
 *
 * becomes a unit with the place of kfree, when the unit is first touched, and
 * when kfree is: scopes [kfree], [virt_to_slab in kfree at mm/slub.c:4573] and
 * segments that say which of them is innermost from where on.
 *
 * libdw keeps what it has read until dwarf_end(): it is closed and opened again
 * after RECYCLE_ROWS line rows, which bounds memory in bulk work.
 *
 * Refuses what is over the bounds of debuginfo_internal.h: sibling chains that
 * do not go forward, nesting over DBG_MAX_DEPTH, more entries visited than the
 * section has bytes.  Whatever libdw calls malformed ends the reading of that
 * unit with what was read so far.
 */
#include "base/demangle.h"
#include "symbol/debuginfo_dwarf.h"

#define DWARF_FUNCTIONS(X) \
	X(dwarf_offdie) X(dwarf_dieoffset) X(dwarf_ranges) X(dwarf_getsrclines) X(dwarf_onesrcline) \
	X(dwarf_lineaddr) X(dwarf_lineno) X(dwarf_lineendsequence) X(dwarf_linesrc) X(dwarf_getsrcfiles) \
	X(dwarf_filesrc) X(dwarf_child) X(dwarf_siblingof) X(dwarf_tag) X(dwarf_diename) X(dwarf_attr) \
	X(dwarf_attr_integrate) X(dwarf_formstring) X(dwarf_formudata) X(dwarf_srclang) X(dwarf_cu_info) \
	X(dwarf_cu_getdwarf) X(dwarf_errmsg)
DYNLIB_TABLE(dw, DWARF_FUNCTIONS, "libdw.so.1", "libdw1");

#define RECYCLE_ROWS	(1u << 20)
#define MAX_STEPS	(64u << 20)	/* entries and ranges visited in a unit or function */

struct interval {
	uint64_t lo, hi;
	uint32_t scope;		/* index + 1 */
	uint32_t depth;
};

/* What is being made: a unit, or one of its functions. */
struct unit_builder {
	struct debuginfo *info;
	Dwarf_Die die;		/* of the unit */
	Dwarf_Die functions_die;	/* whose children are its functions: die, or that in the .dwo file */
	const uint32_t *files;		/* of a function's unit */
	size_t n_files;
	uint64_t bias, base;
	uint64_t steps;		/* entries and intervals that may still be visited */
	bool mangled;		/* the unit's language mangles names */
	const char *comp_dir;

	struct dbg_row *rows;
	size_t n_rows, cap_rows;
	struct dbg_scope *scopes;
	size_t n_scopes, cap_scopes;
	struct interval *intervals;
	size_t n_intervals, cap_intervals;
	struct dbg_segment *segments;
	size_t n_segments, cap_segments;
	struct dbg_function *functions;
	size_t n_functions, cap_functions;
};

static void deinit_unit(struct unit_builder *builder)
{
	free(builder->rows);
	free(builder->scopes);
	free(builder->intervals);
	free(builder->segments);
	free(builder->functions);
}

static struct culprit_error *convert_row(struct unit_builder *builder, Dwarf_Line *line, uint32_t off, bool end,
					 struct dbg_row *ret)
{
	const char *path = end ? NULL : dw.dwarf_linesrc(line, NULL, NULL);
	int number = 0;

	*ret = (struct dbg_row){ .off = off };
	if (!path)
		return NULL;
	dw.dwarf_lineno(line, &number);
	ret->line = number > 0 ? (uint32_t)number : 0;
	return dbg_remember_path(builder->info, builder->comp_dir, path, &ret->file);
}

static bool same_place(const struct dbg_row *a, const struct dbg_row *b)
{
	return a->file == b->file && a->line == b->line;
}

/*
 * Rows come sorted by address, ends of sequences before others; of those at one
 * address the last one counts.  But where a sequence ends and another one (of
 * a module's next section, say) begins, the former may have an empty row at its
 * end, and comes last where its sequence does: a row that repeats what the
 * ended sequence said is passed over where there is another one.
 */
static struct culprit_error *add_row(struct unit_builder *builder, const struct dbg_row *row, struct dbg_row *ended)
{
	struct dbg_row *last = builder->n_rows ? &builder->rows[builder->n_rows - 1] : NULL;

	if (last && last->off == row->off) {
		if (!(last->file && ended->off == row->off && same_place(ended, row)))
			*last = *row;
		return NULL;
	}
	if (last && !row->file)
		*ended = (struct dbg_row){ .off = row->off, .file = last->file, .line = last->line };
	if (last && same_place(last, row))
		return NULL;
	if (!dbg_make_room(&builder->rows, sizeof(*row), builder->n_rows, &builder->cap_rows))
		return &culprit_error_no_memory;
	builder->rows[builder->n_rows++] = *row;
	return NULL;
}

static struct culprit_error *read_rows(struct unit_builder *builder)
{
	struct dbg_row ended = { 0 };
	struct culprit_error *err = NULL;
	Dwarf_Lines *lines;
	size_t n;

	if (dw.dwarf_getsrclines(&builder->die, &lines, &n) != 0)
		return NULL;
	if (n > DBG_MAX_ROWS)
		return dbg_over(builder->info, "line rows");
	for (size_t i = 0; i < n && !err; i++) {
		Dwarf_Line *line = dw.dwarf_onesrcline(lines, i);
		struct dbg_row row;
		Dwarf_Addr addr;
		bool end = true;

		if (!line || dw.dwarf_lineaddr(line, &addr) || addr + builder->bias < builder->base ||
		    addr + builder->bias - builder->base > UINT32_MAX)
			continue;
		dw.dwarf_lineendsequence(line, &end);
		err = convert_row(builder, line, (uint32_t)(addr + builder->bias - builder->base), end, &row);
		if (!err)
			err = add_row(builder, &row, &ended);
	}
	builder->info->rows_read += n;
	return err;
}

static struct culprit_error *scope_name(struct unit_builder *builder, Dwarf_Die *die, uint32_t *ret)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	*ret = 0;
	if (builder->mangled) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		const char *plain;

		if (dw.dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) &&
		    (name = dw.dwarf_formstring(&attr)) && (plain = demangle(&arena, span_of(name))))
			return dbg_intern(builder->info, span_of(plain), ret);
	}
	name = dw.dwarf_diename(die);
	return name ? dbg_intern(builder->info, span_of(name), ret) : NULL;
}

static void scope_call(struct unit_builder *builder, Dwarf_Die *die, struct dbg_scope *scope)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (dw.dwarf_attr(die, DW_AT_call_line, &attr) && !dw.dwarf_formudata(&attr, &value) && value <= INT32_MAX)
		scope->call_line = (uint32_t)value;
	if (dw.dwarf_attr(die, DW_AT_call_file, &attr) && !dw.dwarf_formudata(&attr, &value) && value < builder->n_files)
		scope->call_file = builder->files[value];
}

/* The ranges of die as intervals of the thing called number; *ret_any: it has code. */
static struct culprit_error *add_intervals(struct unit_builder *builder, Dwarf_Die *die, uint32_t number, uint32_t depth,
					   bool *ret_any)
{
	Dwarf_Addr base, lo, hi;
	ptrdiff_t at = 0;

	*ret_any = false;
	while ((at = dw.dwarf_ranges(die, at, &base, &lo, &hi)) > 0) {
		if (!builder->steps--)
			return dbg_over(builder->info, "ranges in a unit");
		if (hi <= lo)
			continue;
		if (number >= DBG_MAX_SCOPES)
			return dbg_over(builder->info, "scopes in a unit");
		if (!dbg_make_room(&builder->intervals, sizeof(*builder->intervals), builder->n_intervals,
				   &builder->cap_intervals))
			return &culprit_error_no_memory;
		builder->intervals[builder->n_intervals++] = (struct interval){
			.lo = lo + builder->bias, .hi = hi + builder->bias, .scope = number, .depth = depth,
		};
		*ret_any = true;
	}
	return NULL;
}

/* If die has code, a function of the unit. */
static struct culprit_error *add_function(struct unit_builder *builder, Dwarf_Die *die, uint32_t depth)
{
	bool any;
	struct culprit_error *err = add_intervals(builder, die, (uint32_t)builder->n_functions + 1, depth, &any);

	if (err || !any)
		return err;
	if (!dbg_make_room(&builder->functions, sizeof(*builder->functions), builder->n_functions, &builder->cap_functions))
		return &culprit_error_no_memory;
	builder->functions[builder->n_functions++] = (struct dbg_function){ .die_off = dw.dwarf_dieoffset(die) };
	return NULL;
}

/*
 * If die has code, a scope and its intervals.  *ret is the scope's number (index + 1), or
 * parent where it has no code.
 */
static struct culprit_error *add_scope(struct unit_builder *builder, Dwarf_Die *die, uint32_t parent, uint32_t depth,
				       uint32_t *ret)
{
	struct dbg_scope scope = { .parent = parent };
	bool any;
	struct culprit_error *err = add_intervals(builder, die, (uint32_t)builder->n_scopes + 1, depth, &any);

	*ret = parent;
	if (err || !any)
		return err;
	err = scope_name(builder, die, &scope.name);
	if (err)
		return err;
	if (parent)
		scope_call(builder, die, &scope);
	if (!dbg_make_room(&builder->scopes, sizeof(scope), builder->n_scopes, &builder->cap_scopes))
		return &culprit_error_no_memory;
	builder->scopes[builder->n_scopes++] = scope;
	*ret = (uint32_t)builder->n_scopes;
	return NULL;
}

enum visit { SKIP, DESCEND, FUNCTION, INLINED };

static enum visit how_to_visit(int tag)
{
	switch (tag) {
	case DW_TAG_subprogram:
		return FUNCTION;
	case DW_TAG_inlined_subroutine:
		return INLINED;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_with_stmt:
	case DW_TAG_namespace:
	case DW_TAG_module:
		return DESCEND;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
		return DESCEND;		/* methods of local and generic types; see visit_unit() */
	default:
		return SKIP;
	}
}

/* C keeps functions out of types, and kernels have a great many types. */
static bool worth_a_visit(const struct unit_builder *builder, int tag)
{
	return builder->mangled || (tag != DW_TAG_class_type && tag != DW_TAG_structure_type);
}

/*
 * What to do with an entry below a unit (scope 0) or a function: *ret_scope is that of its children.  True: they are
 * to be visited.  In C no function stands inside of another one; a nested one of GNU C is left out.
 */
static struct culprit_error *visit_entry(struct unit_builder *builder, Dwarf_Die *die, uint32_t depth, uint32_t scope,
					 uint32_t *ret_scope, bool *ret_below)
{
	int tag = dw.dwarf_tag(die);
	enum visit how = how_to_visit(tag);
	struct culprit_error *err = NULL;

	*ret_scope = scope;
	*ret_below = how == DESCEND && worth_a_visit(builder, tag);
	if (how == FUNCTION && !scope) {
		err = add_function(builder, die, depth);
		*ret_below = builder->mangled;
	} else if (how == INLINED && scope) {
		err = add_scope(builder, die, scope, depth, ret_scope);
		*ret_below = *ret_scope != scope;
	}
	return err;
}

/*
 * All below root, depth first and without recursion.  scope 0: root is a unit,
 * and its functions are wanted; otherwise it is the function of that scope.  An
 * entry that goes backwards, as hostile sibling references do, ends the visit.
 */
static struct culprit_error *visit(struct unit_builder *builder, Dwarf_Die *root, uint32_t scope)
{
	struct {
		Dwarf_Die die;
		uint32_t scope;		/* around it */
	} stack[DBG_MAX_DEPTH];
	size_t depth = 0;
	Dwarf_Die next;

	if (dw.dwarf_child(root, &stack[0].die) != 0)
		return NULL;
	stack[0].scope = scope;
	for (;;) {
		Dwarf_Die *die = &stack[depth].die;
		struct culprit_error *err;
		uint32_t inner;
		bool below;

		if (!builder->steps--)
			return dbg_over(builder->info, "entries in a unit");
		err = visit_entry(builder, die, (uint32_t)depth + 1, stack[depth].scope, &inner, &below);
		if (err)
			return err;
		if (below && depth + 1 < DBG_MAX_DEPTH && dw.dwarf_child(die, &next) == 0 &&
		    dw.dwarf_dieoffset(&next) > dw.dwarf_dieoffset(die)) {
			depth++;
			stack[depth].die = next;
			stack[depth].scope = inner;
			continue;
		}
		while (dw.dwarf_siblingof(&stack[depth].die, &next) != 0 ||
		       dw.dwarf_dieoffset(&next) <= dw.dwarf_dieoffset(&stack[depth].die)) {
			if (!depth--)
				return NULL;
		}
		stack[depth].die = next;
	}
}

static int compare_intervals(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->scope < y->scope ? -1 : x->scope > y->scope;
}

static bool add_segment(struct unit_builder *builder, uint64_t addr, uint32_t scope)
{
	struct dbg_segment *last = builder->n_segments ? &builder->segments[builder->n_segments - 1] : NULL;
	uint32_t off;

	if (addr < builder->base || addr - builder->base > UINT32_MAX)
		return true;
	off = (uint32_t)(addr - builder->base);
	if (last && last->off == off) {
		last->scope = scope;
		return true;
	}
	if (last && last->scope == scope)
		return true;
	if (!dbg_make_room(&builder->segments, sizeof(*last), builder->n_segments, &builder->cap_segments))
		return false;
	builder->segments[builder->n_segments++] = (struct dbg_segment){ .off = off, .scope = scope };
	return true;
}

/*
 * Intervals to segments: sweep upwards, the open intervals on a stack.  An
 * interval that sticks out of the one around it is cut there.
 */
static struct culprit_error *make_segments(struct unit_builder *builder)
{
	struct interval open[DBG_MAX_DEPTH + 1];
	size_t n = 0;

	if (builder->n_intervals)
		qsort(builder->intervals, builder->n_intervals, sizeof(*builder->intervals), compare_intervals);
	for (size_t i = 0; i <= builder->n_intervals; i++) {
		struct interval next = { .lo = UINT64_MAX };

		if (i < builder->n_intervals)
			next = builder->intervals[i];
		while (n && open[n - 1].hi <= next.lo) {
			uint64_t end = open[--n].hi;

			if (!add_segment(builder, end, n ? open[n - 1].scope : 0))
				return &culprit_error_no_memory;
		}
		if (i == builder->n_intervals)
			break;
		if (n && next.hi > open[n - 1].hi)
			next.hi = open[n - 1].hi;
		if (n == countof(open))
			continue;
		open[n++] = next;
		if (!add_segment(builder, next.lo, next.scope))
			return &culprit_error_no_memory;
	}
	return NULL;
}

/* Two arrays in one allocation, with room for more bytes. */
static void *join_arrays(const void *a, size_t a_bytes, const void *b, size_t b_bytes, size_t more)
{
	uint8_t *both = malloc(a_bytes + b_bytes + more + 1);

	if (both && a_bytes)
		memcpy(both, a, a_bytes);
	if (both && b_bytes)
		memcpy(both + a_bytes, b, b_bytes);
	return both;
}

/* The paths of the files that inlined functions are called from, by number. */
static struct culprit_error *read_files(struct unit_builder *builder, Dwarf_Files *files, size_t n, uint32_t *ret)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < n && !err; i++) {
		const char *path = dw.dwarf_filesrc(files, i, NULL, NULL);

		ret[i] = 0;
		if (path)
			err = dbg_remember_path(builder->info, builder->comp_dir, path, &ret[i]);
	}
	return err;
}

static struct culprit_error *keep_unit(struct unit_builder *builder, struct dbg_unit *unit)
{
	size_t rows = builder->n_rows * sizeof(*builder->rows);
	size_t places = builder->n_segments * sizeof(*builder->segments), n_files = 0;
	_cleanup_(freep) uint8_t *lines = NULL;
	struct culprit_error *err;
	Dwarf_Files *files;

	if (dw.dwarf_getsrcfiles(&builder->functions_die, &files, &n_files) != 0)
		n_files = 0;
	if (n_files > DBG_MAX_ROWS)
		return dbg_over(builder->info, "files in a unit");
	lines = join_arrays(builder->rows, rows, builder->segments, places, n_files * sizeof(uint32_t));
	if (!lines)
		return &culprit_error_no_memory;
	err = read_files(builder, files, n_files, (uint32_t *)(void *)(lines + rows + places));
	if (err)
		return err;
	unit->rows = (void *)lines;
	unit->places = (void *)(lines + rows);
	unit->files = (void *)(lines + rows + places);
	unit->n_files = (uint32_t)n_files;
	lines = NULL;
	unit->functions = no_free_ptr(builder->functions);
	unit->n_rows = (uint32_t)builder->n_rows;
	unit->n_places = (uint32_t)builder->n_segments;
	unit->n_functions = (uint32_t)builder->n_functions;
	unit->base = builder->base;
	unit->loaded = unit->owned = true;
	builder->info->grown = true;
	return NULL;
}

static struct culprit_error *keep_function(struct unit_builder *builder, struct dbg_function *function)
{
	size_t segments = builder->n_segments * sizeof(*builder->segments);
	uint8_t *both = join_arrays(builder->segments, segments, builder->scopes, builder->n_scopes * sizeof(*builder->scopes), 0);

	if (!both)
		return &culprit_error_no_memory;
	function->segments = (void *)both;
	function->scopes = (void *)(both + segments);
	function->n_segments = (uint32_t)builder->n_segments;
	function->n_scopes = (uint32_t)builder->n_scopes;
	function->loaded = function->owned = true;
	builder->info->grown = true;
	return NULL;
}

static bool language_mangles(int language)
{
	switch (language) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_Mips_Assembler:
		return false;
	default:
		return true;
	}
}

/* The DIE whose children are the unit's functions: of a skeleton, that in the .dwo file. */
static Dwarf_Die functions_die(const struct unit_builder *builder)
{
	Dwarf_Die die = builder->die, split;
	uint8_t type;

	memset(&split, 0, sizeof(split));
	if (!dw.dwarf_cu_info(die.cu, NULL, &type, NULL, &split, NULL, NULL, NULL) && type == DW_UT_skeleton && split.cu)
		return split;
	return die;
}

/* What is asked of the unit for its lines and its functions alike. */
static struct culprit_error *open_unit(struct unit_builder *builder, uint64_t die_off)
{
	Dwarf_Attribute attr;
	struct culprit_error *err;
	Dwarf *dwarf;

	err = dbg_get_dwarf(&dw_lib, builder->info, &dwarf, &builder->bias);
	if (err)
		return err;
	if (!dw.dwarf_offdie(dwarf, die_off, &builder->die))
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: no unit at 0x%llx: %s", builder->info->path,
					    (unsigned long long)die_off, dw.dwarf_errmsg(-1));
	if (dw.dwarf_attr(&builder->die, DW_AT_comp_dir, &attr))
		builder->comp_dir = dw.dwarf_formstring(&attr);
	builder->functions_die = functions_die(builder);
	builder->mangled = language_mangles(dw.dwarf_srclang(&builder->functions_die));
	return NULL;
}

struct culprit_error *dbg_load_unit(struct debuginfo *info, uint32_t number)
{
	_cleanup_(deinit_unit) struct unit_builder builder = { .info = info, .steps = MAX_STEPS, .base = UINT64_MAX };
	struct dbg_unit *unit = &info->units[number];
	struct culprit_error *err;

	if (info->rows_read > RECYCLE_ROWS) {
		dbg_recycle_live(info);
		info->rows_read = 0;
	}
	for (uint32_t i = 0; i < info->n_ranges; i++) {
		if (info->ranges[i].unit == number && info->ranges[i].lo < builder.base)
			builder.base = info->ranges[i].lo;
	}
	err = open_unit(&builder, unit->die_off);
	if (!err)
		err = read_rows(&builder);
	if (!err)
		err = visit(&builder, &builder.functions_die, 0);
	if (!err)
		err = make_segments(&builder);
	return err ? err : keep_unit(&builder, unit);
}

struct culprit_error *dbg_load_function(struct debuginfo *info, const struct dbg_unit *unit, struct dbg_function *function)
{
	_cleanup_(deinit_unit) struct unit_builder builder = { .info = info, .steps = MAX_STEPS, .base = unit->base,
							 .files = unit->files, .n_files = unit->n_files };
	struct culprit_error *err = open_unit(&builder, unit->die_off);
	uint32_t scope = 0;
	Dwarf_Die die;

	if (err)
		return err;
	if (!dw.dwarf_offdie(dw.dwarf_cu_getdwarf(builder.functions_die.cu), function->die_off, &die))
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: no function at 0x%llx: %s", info->path,
					    (unsigned long long)function->die_off, dw.dwarf_errmsg(-1));
	err = add_scope(&builder, &die, 0, 0, &scope);
	if (!err && scope)
		err = visit(&builder, &die, scope);
	if (!err)
		err = make_segments(&builder);
	return err ? err : keep_function(&builder, function);
}
