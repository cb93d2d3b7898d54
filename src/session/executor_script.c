/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is written into each script, after the variables of this job:
 *
 *	_f='/srv/hunt/.culprit/jobs/run-000012'
 *	_limit=1800.000
 *
 * The shell cannot tell a command that was killed by signal 9 from one that gave
 * 137 itself; both are told as killed.  What the command leaves running ends with
 * its process group; what leaves the group ends where the queue ends it.  Where the
 * console is gone, nobody knows what it said: there is no end then.
 */
#include "session/executor_script.h"

/* The machine's own clock, which only goes forward, and only differences of it. */
static const char head[] =
	"[ -d \"$_f\" ] && [ ! -e \"$_f/cancelled\" ] || exit 0\n"
	"mkdir \"$_f/begun\" 2>/dev/null || { : >\"$_f/again\"; exit 0; }\n"
	"_up() { read -r _now _ </proc/uptime; _now=${_now%.*}${_now#*.}; }\n"
	"_tell() {\n"
	"	_up\n"
	"	_size=0\n"
	"	if [ -e \"$_f/console\" ]; then _size=$(($(wc -c <\"$_f/console\"))); elif [ $1 != never ]; then exit 0; fi\n"
	"	echo \"$1 $2 $((_now - _from)) $_size\" >\"$_f/end.new\" && mv \"$_f/end.new\" \"$_f/end\"\n"
	"	exit 0\n"
	"}\n"
	"_up\n"
	"_from=$_now\n"
	"cd \"$_directory\" 2>/dev/null || _tell never 2\n"
	"timeout -k 2 \"$_limit\" env";

/* Behind the environment; the words of the command follow. */
static const char middle[] = " \\\n	sh -c '\"$@\"; echo $? >\"$0/code\"' \"$_f\"";

static const char tail[] =
	" >\"$_f/console\" 2>&1 </dev/null &\n"
	"_job=$!\n"
	"echo $_job >\"$_f/pid\"\n"
	"while sleep 1; do\n"
	"	[ -d \"$_f\" ] && [ ! -e \"$_f/cancelled\" ] && continue\n"
	"	kill -s TERM -- -$_job\n"
	"	sleep 2\n"
	"	kill -s KILL -- -$_job\n"
	"	break\n"
	"done >/dev/null 2>&1 &\n"
	"_watch=$!\n"
	"wait $_job\n"
	"_code=$?\n"
	"{ kill $_watch; kill -s KILL -- -$_job; } 2>/dev/null\n"
	"[ -d \"$_f\" ] || exit 0\n"
	"if [ -s \"$_f/code\" ]; then\n"
	"	read -r _code <\"$_f/code\"\n"
	"elif [ -e \"$_f/cancelled\" ]; then\n"
	"	_tell cancelled 0\n"
	"else\n"
	"	_up\n"
	"	_whole=${_limit%.*}\n"
	"	[ $_code -ne 124 ] && { [ $_whole -eq 0 ] || [ $(((_now - _from) / 100)) -lt $_whole ]; } || _tell deadline 0\n"
	"fi\n"
	"[ $_code -le 128 ] || _tell signalled $((_code - 128))\n"
	"_tell exited $_code\n";

bool job_script_quote(const char *text, struct buf *ret)
{
	if (!buf_add_char(ret, '\''))
		return false;
	for (; *text; text++) {
		if (*text == '\'' ? !buf_add_str(ret, "'\\''") : !buf_add_char(ret, *text))
			return false;
	}
	return buf_add_char(ret, '\'');
}

static bool assign(const char *name, const char *value, struct buf *ret)
{
	return buf_printf(ret, "%s=", name) && job_script_quote(value, ret) && buf_add_char(ret, '\n');
}

static bool add_word(const char *text, struct buf *ret)
{
	return buf_add_str(ret, " \\\n	") && job_script_quote(text, ret);
}

/* env takes what has to go before what is set. */
static bool add_environment(const char *const *changes, struct buf *ret)
{
	bool ok = true;

	for (size_t i = 0; changes && changes[i] && ok; i++)
		ok = strchr(changes[i], '=') || (buf_add_str(ret, " -u") && add_word(changes[i], ret));
	for (size_t i = 0; changes && changes[i] && ok; i++)
		ok = !strchr(changes[i], '=') || add_word(changes[i], ret);
	return ok;
}

struct culprit_error *job_script_format(const struct job_spec *spec, const char *folder, struct buf *ret)
{
	const struct process_spec *p = &spec->process;
	bool ok = buf_printf(ret, "#!/bin/sh\n# %s\n", spec->name) && assign("_f", folder, ret) &&
		  assign("_directory", p->directory ? p->directory : "/", ret) &&
		  buf_printf(ret, "_limit=%lld.%03lld\n", (long long)p->timeout_ms / 1000, (long long)p->timeout_ms % 1000) &&
		  buf_add_str(ret, head) && add_environment(p->env, ret) && buf_add_str(ret, middle);

	for (size_t i = 0; ok && p->argv[i]; i++)
		ok = add_word(p->argv[i], ret);
	return ok && buf_add_str(ret, tail) ? NULL : &culprit_error_no_memory;
}

/* ------------------------------------------------------------------ end */

static bool take_number(struct span *rest, uint64_t *ret)
{
	size_t len;

	while (rest->len && *rest->ptr == ' ') {
		rest->ptr++;
		rest->len--;
	}
	if (!parse_u64(*rest, ret, &len))
		return false;
	rest->ptr += len;
	rest->len -= len;
	return true;
}

bool job_script_parse_end(struct span line, struct job_result *ret, uint64_t *ret_bytes)
{
	static const struct { const char *word; enum process_outcome outcome; } words[] = {
		{ "exited ", PROCESS_EXITED }, { "signalled ", PROCESS_SIGNALLED }, { "deadline ", PROCESS_DEADLINE },
		{ "cancelled ", PROCESS_CANCELLED }, { "never ", PROCESS_NEVER_STARTED },
	};
	uint64_t value, hundredths;

	for (size_t i = 0; i < countof(words); i++) {
		struct span rest = line;
		size_t len = strlen(words[i].word);

		if (line.len < len || memcmp(line.ptr, words[i].word, len) != 0)
			continue;
		rest.ptr += len;
		rest.len -= len;
		if (!take_number(&rest, &value) || !take_number(&rest, &hundredths) || !take_number(&rest, ret_bytes) ||
		    !rest.len || *rest.ptr != '\n' || value > 255 || hundredths > (uint64_t)INT64_MAX / 10000)
			return false;
		*ret = (struct job_result){ .outcome = words[i].outcome, .value = (int)value,
					    .elapsed_us = (int64_t)hundredths * 10000 };
		return true;
	}
	return false;
}
