/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a report or a title to what two runs can be compared by.
 *
 *	KASAN: use-after-free Write in fsnotify_detach_connector_from_object
 *
 * gives the class (by the rules), the guilty function (what stands behind the
 * last " in ", where the report does not say) and no stacks.  A report adds
 * its stacks, without machinery and from the guilty function on, and details
 * of its text.  Line numbers, addresses, registers and times are left out:
 * they differ between two runs of one bug.
 */
#include "match/symptom.h"

/* ------------------------------------------------------------- titles */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       c == '$' || c == ':' || c == '<' || c == '>';
}

static struct culprit_error *set_frame(const struct match_rules *rules, struct arena *arena, struct span name,
				       const char **ret)
{
	char *copy;

	if (!name.len)
		return NULL;
	copy = arena_dup(arena, name);
	if (!copy)
		return &culprit_error_no_memory;
	if (!strcmp(copy, "corrupted"))
		return NULL;
	*ret = rules_plain_name(rules, arena, copy);
	return *ret ? NULL : &culprit_error_no_memory;
}

static struct span name_at(const char *text)
{
	size_t len = 0;

	while (is_name_char(text[len]))
		len++;
	return (struct span){ text, len };
}

/* "BUG: failure at FILE:LINE/FUNCTION()!": BUG() of architectures that have none of their own */
static struct span name_before_call(const char *title)
{
	const char *end = strstr(title, "()!");
	size_t len = 0;

	while (end && end - len > title && is_name_char(end[-(ptrdiff_t)len - 1]))
		len++;
	return (struct span){ end ? end - len : title, len };
}

/* "... in FUNCTION", "... in A / B" */
static struct culprit_error *frames_of_title(const struct match_rules *rules, struct arena *arena,
					     struct symptom *symptom)
{
	const char *at = NULL, *next = symptom->title;
	struct culprit_error *err;
	struct span name;

	while ((next = strstr(next, " in ")))
		at = next += 4;
	if (!at)
		return set_frame(rules, arena, name_before_call(symptom->title), &symptom->frame);
	name = name_at(at);
	err = set_frame(rules, arena, name, &symptom->frame);
	if (!err && !strncmp(name.ptr + name.len, " / ", 3))
		err = set_frame(rules, arena, name_at(name.ptr + name.len + 3), &symptom->frame_other);
	return err;
}

struct culprit_error *symptom_from_title(const struct match_rules *rules, struct arena *arena, const char *title,
					 struct symptom *ret)
{
	struct symptom symptom = { 0 };
	struct culprit_error *err;

	symptom.title = arena_dup(arena, span_of(title));
	if (!symptom.title)
		return &culprit_error_no_memory;
	symptom.class = rules_class_of_title(rules, symptom.title);
	symptom.vague = rules_title_is_vague(rules, symptom.title);
	err = frames_of_title(rules, arena, &symptom);
	if (!err)
		*ret = symptom;
	return err;
}

bool symptom_has_title(const struct symptom *symptom, const char *title)
{
	if (!strcmp(symptom->title, title))
		return true;
	for (size_t i = 0; i < symptom->n_alts; i++) {
		if (!strcmp(symptom->alts[i], title))
			return true;
	}
	return false;
}

bool symptom_titles_intersect(const struct symptom *a, const struct symptom *b)
{
	if (symptom_has_title(b, a->title))
		return true;
	for (size_t i = 0; i < a->n_alts; i++) {
		if (symptom_has_title(b, a->alts[i]))
			return true;
	}
	return false;
}

bool symptom_is_bare(const struct symptom *symptom)
{
	return !symptom->access.n && !symptom->allocated.n && !symptom->freed.n && !symptom->n_others &&
	       !symptom->n_details;
}

/* -------------------------------------------------------------- stacks */

static struct culprit_error *make_frame(const struct match_rules *rules, struct arena *arena,
					const struct culprit_frame *from, struct symptom_frame *ret)
{
	struct symptom_frame frame = { 0 };

	frame.function = rules_plain_name(rules, arena, from->function);
	if (!frame.function)
		return &culprit_error_no_memory;
	frame.weight = rules_frame_weight(rules, frame.function);
	if (from->module && !(frame.module = arena_dup(arena, span_of(from->module))))
		return &culprit_error_no_memory;
	if (from->file && !(frame.file = arena_dup(arena, span_of(from->file))))
		return &culprit_error_no_memory;
	if (from->flags & CULPRIT_FRAME_HAS_OFFSET && !(from->flags & CULPRIT_FRAME_INLINE)) {
		frame.offset = from->offset;
		frame.size = from->size;
	}
	*ret = frame;
	return NULL;
}

/* Where the frames worth comparing begin and end: see interrupt-entries in the rules. */
static void bound_stack(const struct match_rules *rules, const struct culprit_stack *stack, bool victim,
			size_t *ret_from, size_t *ret_to)
{
	bool seen = false;

	*ret_from = 0;
	*ret_to = stack->n_frames;
	for (size_t i = 0; i < stack->n_frames; i++) {
		const char *function = stack->frames[i].function;

		if (!function || (stack->frames[i].flags & CULPRIT_FRAME_UNRELIABLE))
			continue;
		if (!rules_is_interrupt_entry(rules, function)) {
			seen = seen || rules_frame_weight(rules, function) >= RULES_FRAME_TELLS;
			continue;
		}
		if (victim) {
			/* the interrupted code, but only where some of it follows */
			if (!seen && i + 1 < stack->n_frames)
				*ret_from = i + 1;
		} else if (seen) {
			*ret_to = i;
			return;
		}
	}
}

static bool stack_is_unreliable(const struct culprit_stack *stack)
{
	for (size_t i = 0; i < stack->n_frames; i++) {
		if (stack->frames[i].function && !(stack->frames[i].flags & CULPRIT_FRAME_UNRELIABLE))
			return false;
	}
	return true;
}

static bool seen_before(const struct symptom_frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (frames[i].size && frames[i].offset == frames[n].offset && frames[i].size == frames[n].size &&
		    !strcmp(frames[i].function, frames[n].function))
			return true;
	}
	return false;
}

/* first: a frame to put on top (the faulting instruction), or NULL. */
static struct culprit_error *make_stack(const struct match_rules *rules, struct arena *arena,
					const struct culprit_stack *stack, const struct culprit_frame *first,
					bool victim, struct symptom_stack *ret)
{
	bool keep_unreliable = stack && stack_is_unreliable(stack);
	size_t from = 0, to = 0, n = 0;
	struct symptom_frame *frames;

	frames = arena_array(arena, SYMPTOM_MAX_FRAMES, sizeof(*frames));
	if (!frames)
		return &culprit_error_no_memory;
	if (stack)
		bound_stack(rules, stack, victim, &from, &to);
	for (size_t i = from; (i < to || first) && n < SYMPTOM_MAX_FRAMES;) {
		const struct culprit_frame *frame = first ? first : &stack->frames[i];
		struct culprit_error *err;

		if (first)
			first = NULL;
		else
			i++;
		if (!frame->function || (!keep_unreliable && (frame->flags & CULPRIT_FRAME_UNRELIABLE)))
			continue;
		/* Nothing returns to the start of a function: a stack that was only scanned (riscv, no frame pointers). */
		if (n && frame->flags & CULPRIT_FRAME_HAS_OFFSET && !frame->offset && !(frame->flags & CULPRIT_FRAME_INLINE))
			continue;
		err = make_frame(rules, arena, frame, &frames[n]);
		if (err)
			return err;
		/* machinery; and the faulting function again on top of the call trace */
		if (frames[n].weight <= 0 || (n == 1 && !strcmp(frames[0].function, frames[1].function)))
			continue;
		/* recursion, or a stack that was scanned in circles: once is enough to compare */
		if (seen_before(frames, n))
			continue;
		n++;
	}
	*ret = (struct symptom_stack){ frames, n };
	return NULL;
}

static bool stack_has(const struct match_rules *rules, const struct culprit_stack *stack, const char *function)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	bool keep_unreliable = stack_is_unreliable(stack);
	const char *plain = rules_plain_name(rules, &arena, function);

	for (size_t i = 0; plain && i < stack->n_frames && i < 4 * SYMPTOM_MAX_FRAMES; i++) {
		const struct culprit_frame *frame = &stack->frames[i];
		const char *name;

		if (!frame->function || (!keep_unreliable && (frame->flags & CULPRIT_FRAME_UNRELIABLE)))
			continue;
		name = rules_plain_name(rules, &arena, frame->function);
		if (name && !strcmp(name, plain))
			return true;
	}
	return false;
}

static bool stack_names_something(const struct culprit_stack *stack)
{
	for (size_t i = 0; i < stack->n_frames; i++) {
		if (stack->frames[i].function)
			return true;
	}
	return false;
}

static bool is_access_role(enum culprit_role role)
{
	return role == CULPRIT_ROLE_CALL_TRACE || role == CULPRIT_ROLE_RACE_ACCESS || role == CULPRIT_ROLE_LEAK;
}

/* The stack that the title is about: the first that holds the guilty function, else the first there is. */
static const struct culprit_stack *choose_access(const struct match_rules *rules,
						 const struct culprit_report *report, const char *guilty)
{
	const struct culprit_stack *first = NULL, *other = NULL;

	for (size_t i = 0; i < report->n_stacks; i++) {
		const struct culprit_stack *stack = &report->stacks[i];

		if (!stack_names_something(stack))
			continue;
		if (is_access_role(stack->role)) {
			if (guilty && stack_has(rules, stack, guilty))
				return stack;
			if (!first)
				first = stack;
		} else if (stack->role == CULPRIT_ROLE_OTHER_TASK && guilty && !other &&
			   stack_has(rules, stack, guilty)) {
			other = stack;
		}
	}
	if (other)
		return other;
	for (size_t i = 0; !first && i < report->n_stacks; i++) {
		enum culprit_role role = report->stacks[i].role;

		if (role == CULPRIT_ROLE_OTHER_TASK && stack_names_something(&report->stacks[i]))
			first = &report->stacks[i];
	}
	return first;
}

static const struct culprit_stack *find_role(const struct culprit_report *report, enum culprit_role role)
{
	for (size_t i = 0; i < report->n_stacks; i++) {
		if (report->stacks[i].role == role && stack_names_something(&report->stacks[i]))
			return &report->stacks[i];
	}
	return NULL;
}

/* The faulting instruction, where the call trace chosen does not have it already. */
static const struct culprit_frame *faulting_frame(const struct match_rules *rules, const struct culprit_report *report,
						  const struct culprit_stack *access)
{
	const struct culprit_stack *pc = find_role(report, CULPRIT_ROLE_PC);
	const struct culprit_frame *frame = NULL;

	for (size_t i = 0; pc && !frame && i < pc->n_frames; i++) {
		if (pc->frames[i].function)
			frame = &pc->frames[i];
	}
	/* The registers of a stack's bottom (those of the system call) and of other tasks are not the fault's. */
	if (!frame || (access && access->role != CULPRIT_ROLE_CALL_TRACE))
		return NULL;
	if (access && stack_has(rules, access, frame->function))
		return NULL;
	return frame;
}

static struct culprit_error *make_stacks(const struct match_rules *rules, struct arena *arena,
					 const struct culprit_report *report, struct symptom *symptom)
{
	bool victim = symptom->class && symptom->class->victim;
	const struct culprit_stack *access = choose_access(rules, report, symptom->frame);
	const struct culprit_stack *allocated = find_role(report, CULPRIT_ROLE_ALLOCATED);
	const struct culprit_stack *freed = find_role(report, CULPRIT_ROLE_FREED);
	struct culprit_error *err;

	err = make_stack(rules, arena, access, faulting_frame(rules, report, access), victim, &symptom->access);
	if (!err && allocated)
		err = make_stack(rules, arena, allocated, NULL, false, &symptom->allocated);
	if (!err && freed)
		err = make_stack(rules, arena, freed, NULL, false, &symptom->freed);
	if (err)
		return err;
	symptom->others = arena_array(arena, SYMPTOM_MAX_OTHERS, sizeof(*symptom->others));
	if (!symptom->others)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < report->n_stacks && symptom->n_others < SYMPTOM_MAX_OTHERS; i++) {
		const struct culprit_stack *stack = &report->stacks[i];

		if (stack == access || stack == allocated || stack == freed || stack->role == CULPRIT_ROLE_PC ||
		    stack->role == CULPRIT_ROLE_LINK_REGISTER || !stack_names_something(stack))
			continue;
		err = make_stack(rules, arena, stack, NULL, victim, &symptom->others[symptom->n_others]);
		if (err)
			return err;
		if (symptom->others[symptom->n_others].n)
			symptom->n_others++;
	}
	return NULL;
}

/* ------------------------------------------------------------- details */

/* "sb_writers#3", "&mm->mmap_lock/1": counters of lock classes are not the lock's name. */
static struct span trim_value(struct span value)
{
	value = span_trim(value);
	for (size_t i = 1; i < value.len; i++) {
		bool digits = i + 1 < value.len && value.ptr[i + 1] >= '0' && value.ptr[i + 1] <= '9';

		if ((value.ptr[i] == '#' || value.ptr[i] == '/') && digits)
			value.len = i;
	}
	return value;
}

static struct culprit_error *add_detail(struct arena *arena, struct symptom *symptom, size_t rule, struct span value)
{
	char *copy;

	value = trim_value(value);
	if (!value.len || value.len > 128 || symptom->n_details == SYMPTOM_MAX_DETAILS)
		return NULL;
	for (size_t i = 0; i < symptom->n_details; i++) {
		if (symptom->details[i].rule == rule && span_equal(span_of(symptom->details[i].value), value))
			return NULL;
	}
	copy = arena_dup(arena, value);
	if (!copy)
		return &culprit_error_no_memory;
	symptom->details[symptom->n_details++] = (struct symptom_detail){ rule, copy };
	return NULL;
}

static struct culprit_error *find_detail(const struct match_rules *rules, struct arena *arena, size_t index,
					 struct span text, struct symptom *symptom)
{
	const struct detail_rule *rule = rules_detail(rules, index);
	size_t before = symptom->n_details;

	while (symptom->n_details - before < rule->most) {
		ptrdiff_t at = span_find(text, span_of(rule->before)), end;
		struct culprit_error *err;
		struct span line;

		if (at < 0)
			break;
		text = span_skip(text, (size_t)at + strlen(rule->before));
		end = span_find(text, SPAN("\n"));
		line = (struct span){ text.ptr, end < 0 ? text.len : (size_t)end };
		end = rule->behind[0] ? span_find(line, span_of(rule->behind)) : (ptrdiff_t)line.len;
		if (end < 0)
			continue;
		err = add_detail(arena, symptom, index, (struct span){ line.ptr, (size_t)end });
		if (err)
			return err;
		if (symptom->n_details == SYMPTOM_MAX_DETAILS)
			break;
	}
	return NULL;
}

static struct culprit_error *make_details(const struct match_rules *rules, struct arena *arena,
					  const struct culprit_report *report, struct symptom *symptom)
{
	struct span text = { report->text, report->text ? report->text_len : 0 };

	symptom->details = arena_array(arena, SYMPTOM_MAX_DETAILS, sizeof(*symptom->details));
	if (!symptom->details)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < rules_n_details(rules); i++) {
		struct culprit_error *err = NULL;

		if (rules_detail_applies(rules_detail(rules, i), symptom->class))
			err = find_detail(rules, arena, i, text, symptom);
		if (err)
			return err;
	}
	return NULL;
}

/* ------------------------------------------------------------- reports */

/* "syz-executor.3", "kworker/u8:2", "syz.5.7376": the counters go. */
static struct culprit_error *make_task(struct arena *arena, const char *comm, const char **ret)
{
	size_t len = strcspn(comm, "/:.[");

	while (len && ((comm[len - 1] >= '0' && comm[len - 1] <= '9') || comm[len - 1] == '-'))
		len--;
	*ret = len ? arena_dup(arena, (struct span){ comm, len }) : NULL;
	return !len || *ret ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *copy_alts(struct arena *arena, const char *const *alts, size_t n, struct symptom *symptom)
{
	const char **copy;

	if (n > SYMPTOM_MAX_ALTS)
		n = SYMPTOM_MAX_ALTS;
	copy = arena_array(arena, n + 1, sizeof(*copy));
	if (!copy)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < n; i++) {
		copy[i] = arena_dup(arena, span_of(alts[i]));
		if (!copy[i])
			return &culprit_error_no_memory;
	}
	symptom->alts = copy;
	symptom->n_alts = n;
	return NULL;
}

struct culprit_error *symptom_from_report(const struct match_rules *rules, struct arena *arena,
					  const struct culprit_report *report, struct symptom *ret)
{
	struct symptom symptom;
	struct culprit_error *err;

	err = symptom_from_title(rules, arena, report->title, &symptom);
	if (!err)
		err = copy_alts(arena, report->alt_titles, report->n_alt_titles, &symptom);
	if (!err && !symptom.frame && report->frame)
		err = set_frame(rules, arena, span_of(report->frame), &symptom.frame);
	symptom.torn = report->corrupted || report->truncated;
	if (!err)
		err = make_stacks(rules, arena, report, &symptom);
	if (!err)
		err = make_details(rules, arena, report, &symptom);
	if (!err && report->task)
		err = make_task(arena, report->task, &symptom.task);
	if (!err && report->kernel_version) {
		symptom.kernel_version = arena_dup(arena, span_of(report->kernel_version));
		err = symptom.kernel_version ? NULL : &culprit_error_no_memory;
	}
	if (!err)
		*ret = symptom;
	return err;
}

/* -------------------------------------------------------------- copies */

static const char *dup_or_null(struct arena *arena, const char *text, bool *ok)
{
	const char *copy = text ? arena_dup(arena, span_of(text)) : NULL;

	*ok = *ok && (copy || !text);
	return copy;
}

static bool copy_stack(struct arena *arena, const struct symptom_stack *stack, struct symptom_stack *ret)
{
	bool ok = true;

	ret->frames = arena_array(arena, stack->n + 1, sizeof(*ret->frames));
	if (!ret->frames)
		return false;
	ret->n = stack->n;
	for (size_t i = 0; i < stack->n; i++) {
		ret->frames[i] = stack->frames[i];
		ret->frames[i].function = dup_or_null(arena, stack->frames[i].function, &ok);
		ret->frames[i].module = dup_or_null(arena, stack->frames[i].module, &ok);
		ret->frames[i].file = dup_or_null(arena, stack->frames[i].file, &ok);
	}
	return ok;
}

struct culprit_error *symptom_copy(struct arena *arena, const struct symptom *symptom, struct symptom *ret)
{
	struct symptom copy = *symptom;
	struct culprit_error *err;
	bool ok = true;

	err = copy_alts(arena, symptom->alts, symptom->n_alts, &copy);
	if (err)
		return err;
	copy.title = dup_or_null(arena, symptom->title, &ok);
	copy.frame = dup_or_null(arena, symptom->frame, &ok);
	copy.frame_other = dup_or_null(arena, symptom->frame_other, &ok);
	copy.task = dup_or_null(arena, symptom->task, &ok);
	copy.kernel_version = dup_or_null(arena, symptom->kernel_version, &ok);
	ok = ok && copy_stack(arena, &symptom->access, &copy.access) &&
	     copy_stack(arena, &symptom->allocated, &copy.allocated) && copy_stack(arena, &symptom->freed, &copy.freed);
	copy.others = arena_array(arena, symptom->n_others + 1, sizeof(*copy.others));
	copy.details = arena_array(arena, symptom->n_details + 1, sizeof(*copy.details));
	ok = ok && copy.others && copy.details;
	for (size_t i = 0; ok && i < symptom->n_others; i++)
		ok = copy_stack(arena, &symptom->others[i], &copy.others[i]);
	for (size_t i = 0; ok && i < symptom->n_details; i++) {
		copy.details[i] = symptom->details[i];
		copy.details[i].value = dup_or_null(arena, symptom->details[i].value, &ok);
	}
	if (!ok)
		return &culprit_error_no_memory;
	*ret = copy;
	return NULL;
}

/* -------------------------------------------------------- frames as text */

bool symptom_frame_format(const struct symptom_frame *frame, struct buf *ret)
{
	if (!buf_add_str(ret, frame->function))
		return false;
	if (frame->size && !buf_printf(ret, "+0x%llx/0x%llx", (unsigned long long)frame->offset,
				       (unsigned long long)frame->size))
		return false;
	if (frame->module && !buf_printf(ret, " [%s]", frame->module))
		return false;
	return !frame->file || buf_printf(ret, " %s", frame->file);
}

/* "+0x1c/0x40" at the start of text; 0 when it is not there. */
static size_t parse_offset(const char *text, struct symptom_frame *frame)
{
	uint64_t offset, size;
	size_t len, more;

	if (text[0] != '+' || !parse_hex64(span_of(text + 1), &offset, &len) || text[1 + len] != '/' ||
	    !parse_hex64(span_of(text + len + 2), &size, &more))
		return 0;
	frame->offset = offset;
	frame->size = size;
	return len + more + 2;
}

struct culprit_error *symptom_frame_parse(const struct match_rules *rules, struct arena *arena, const char *text,
					  struct symptom_frame *ret)
{
	size_t len = strcspn(text, "+ ");
	struct symptom_frame frame = { 0 };
	char *name = arena_dup(arena, (struct span){ text, len });

	if (!name)
		return &culprit_error_no_memory;
	frame.function = rules_plain_name(rules, arena, name);
	if (!frame.function)
		return &culprit_error_no_memory;
	frame.weight = rules_frame_weight(rules, frame.function);
	text += len;
	text += parse_offset(text, &frame);
	text += strspn(text, " ");
	if (text[0] == '[') {
		len = strcspn(text, "]");
		frame.module = arena_dup(arena, (struct span){ text + 1, len - 1 });
		if (!frame.module)
			return &culprit_error_no_memory;
		text += len + (text[len] == ']');
		text += strspn(text, " ");
	}
	if (text[0] && !(frame.file = arena_dup(arena, span_of(text))))
		return &culprit_error_no_memory;
	*ret = frame;
	return NULL;
}
