#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# completions/generate.sh CULPRIT bash|zsh|fish: the completions of a shell, made of the
# program's own tables: its commands as --help lists them, their options (--list-options).
set -eu
culprit=$1 shell=$2

# commands COMMAND...: "name<tab>summary" of the commands below one, or of all
commands() {
	"$culprit" "$@" --help | awk '
		/^(sub)?commands:$/ { on = 1; next }
		on && !/^  [a-z]/ { exit }
		on { name = $1; sub(/^  [a-z-]+ +/, ""); sub(/^\[[^]]*\] +/, ""); print name "\t" $0 }'
}

# "C path name summary" and "O path letter name value words help", with tabs; path is "bisect run", "-" the program.
tables() {
	local name summary below rest
	while IFS=$'\t' read -r name summary; do
		printf 'C\t-\t%s\t%s\n' "$name" "$summary"
		below=$(commands "$name")
		if [ -z "$below" ]; then
			"$culprit" "$name" --list-options | sed "s/^/O\t$name\t/"
			continue
		fi
		while IFS=$'\t' read -r sub rest; do
			printf 'C\t%s\t%s\t%s\n' "$name" "$sub" "$rest"
			"$culprit" "$name" "$sub" --list-options | sed "s/^/O\t$name $sub\t/"
		done <<<"$below"
	done < <(commands)
}

tables | awk -F'\t' -v shell="$shell" '
function is_dir(value) { return value ~ /DIR/ }
function is_file(value) { return value ~ /FILE|LOG|VMLINUX|PATH|CASE/ }
function q(text) { gsub(/\047/, "\047\\\047\047", text); return "\047" text "\047" }
function zsh_text(text) { gsub(/\\/, "\\\\", text); gsub(/\[/, "\\[", text); gsub(/\]/, "\\]", text); gsub(/:/, "\\:", text); return text }

$1 == "C" { if (!($2 in below)) parents[++n_parents] = $2; below[$2] = below[$2] " " $3; summary[$2, $3] = $4 }
$1 == "O" {
	if (!($2 in n)) paths[++n_paths] = $2
	i = ++n[$2]
	letter[$2, i] = $3; name[$2, i] = $4; value[$2, i] = $5; words[$2, i] = $6 == "-" ? "" : $6; help[$2, i] = $7
}

function bash(    p, i, k, path, all, names, cases, act) {
	print "# bash completion for culprit, made by completions/generate.sh"
	print "_culprit()\n{"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path=- word i"
	print "\tif [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi"
	print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\tword=${COMP_WORDS[i]}\n\t\tcase \"$path/$word\" in"
	for (p = 1; p <= n_parents; p++) {
		k = split(below[parents[p]], all, " ")
		for (i = 1; i <= k; i++)
			print "\t\t" q(parents[p] "/" all[i]) ") path=" q(parents[p] == "-" ? all[i] : parents[p] " " all[i]) " ;;"
	}
	print "\t\tesac\n\tdone\n\tCOMPREPLY=()\n\tcase \"$path:$prev\" in"
	for (p = 1; p <= n_paths; p++) {
		path = paths[p]
		for (i = 1; i <= n[path]; i++) {
			if (value[path, i] == "-" || value[path, i] ~ /^\[/) continue
			names = q(path ":--" name[path, i]) (letter[path, i] == "-" ? "" : " | " q(path ":-" letter[path, i]))
			act = words[path, i] != "" ? "-W " q(words[path, i]) : is_dir(value[path, i]) ? "-d" : is_file(value[path, i]) ? "-f" : ""
			print "\t" names ") " (act == "" ? "" : "mapfile -t COMPREPLY < <(compgen " act " -- \"$cur\"); ") "return ;;"
		}
	}
	print "\tesac\n\tcase $path in"
	for (p = 1; p <= n_parents; p++)
		print "\t" q(parents[p]) ") mapfile -t COMPREPLY < <(compgen -W " q(substr(below[parents[p]], 2) (parents[p] == "-" ? " help --help --version" : " --help")) " -- \"$cur\"); return ;;"
	for (p = 1; p <= n_paths; p++) {
		path = paths[p]; names = ""
		for (i = 1; i <= n[path]; i++)
			names = names " --" name[path, i] (letter[path, i] == "-" ? "" : " -" letter[path, i])
		print "\t" q(path) ") [[ $cur != -* ]] || mapfile -t COMPREPLY < <(compgen -W " q(substr(names, 2)) " -- \"$cur\") ;;"
	}
	print "\tesac\n}\ncomplete -o default -F _culprit culprit"
}

function zsh_options(path,    i, spec, tail, both) {
	for (i = 1; i <= n[path]; i++) {
		tail = ""
		if (value[path, i] != "-" && value[path, i] !~ /^\[/)
			tail = ":" zsh_text(value[path, i]) ":" (words[path, i] != "" ? "(" words[path, i] ")" : is_dir(value[path, i]) ? "_files -/" : is_file(value[path, i]) ? "_files" : " ")
		spec = "[" zsh_text(help[path, i]) "]" tail
		both = "--" name[path, i] (tail == "" ? "" : "=")
		print "\t\t" q("*" both spec) " \\"
		if (letter[path, i] != "-")
			print "\t\t" q("*-" letter[path, i] (tail == "" ? "" : "+") spec) " \\"
	}
	print "\t\t" q("*:file:_files")
}

function zsh_function(path) { gsub(/ /, "_", path); return path == "-" ? "_culprit" : "_culprit_" path }

function zsh(    p, i, k, all, path) {
	print "#compdef culprit\n# zsh completion for culprit, made by completions/generate.sh\n"
	for (p = 1; p <= n_paths; p++) {
		print zsh_function(paths[p]) "()\n{\n\t_arguments -s \\"
		zsh_options(paths[p])
		print "}\n"
	}
	for (p = n_parents; p >= 1; p--) {
		path = parents[p]
		k = split(below[path], all, " ")
		print zsh_function(path) "()\n{\n\tlocal context state line\n\tlocal -a names=("
		for (i = 1; i <= k; i++) print "\t\t" q(all[i] ":" zsh_text(summary[path, all[i]]))
		print "\t)\n\t_arguments -C " q("1:command:->command") " " q("*::argument:->argument")
		print "\tcase $state in\n\tcommand) _describe command names ;;\n\targument)\n\t\tcase $line[1] in"
		for (i = 1; i <= k; i++) print "\t\t" all[i] ") " zsh_function(path == "-" ? all[i] : path " " all[i]) " ;;"
		print "\t\tesac ;;\n\tesac\n}\n"
	}
	print "_culprit \"$@\""
}

function fish(    p, i, k, all, path, cond, parts) {
	print "# fish completion for culprit, made by completions/generate.sh"
	for (p = 1; p <= n_parents; p++) {
		path = parents[p]
		k = split(below[path], all, " ")
		cond = path == "-" ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " path "; and not __fish_seen_subcommand_from" below[path]
		for (i = 1; i <= k; i++)
			print "complete -c culprit -f -n " q(cond) " -a " all[i] " -d " q(summary[path, all[i]])
	}
	for (p = 1; p <= n_paths; p++) {
		path = paths[p]
		split(path, parts, " ")
		cond = "__fish_seen_subcommand_from " parts[1] (path ~ / / ? "; and __fish_seen_subcommand_from " parts[2] : "")
		for (i = 1; i <= n[path]; i++)
			print "complete -c culprit -n " q(cond) " -l " name[path, i] (letter[path, i] == "-" ? "" : " -s " letter[path, i]) \
				(value[path, i] == "-" || value[path, i] ~ /^\[/ ? "" : words[path, i] != "" ? " -x -a " q(words[path, i]) : \
				 is_dir(value[path, i]) ? " -x -a \047(__fish_complete_directories)\047" : is_file(value[path, i]) ? " -r" : " -x") \
				" -d " q(help[path, i])
	}
}

END {
	if (!n_paths) { print "generate.sh: the program lists no options" > "/dev/stderr"; exit 1 }
	if (shell == "bash") bash()
	else if (shell == "zsh") zsh()
	else if (shell == "fish") fish()
	else exit 2
}'
