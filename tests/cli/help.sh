#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Help, suggestions, version, completions in the shells that are here.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

# The commands below one, or of the program.
commands() { "$CULPRIT" "$@" --help | awk '/^(sub)?commands:$/ { on = 1; next } on && !/^  [a-z]/ { exit } on { print $1 }'; }

different='' n=0
for command in $(commands); do
	for below in '' $(commands "$command"); do
		# shellcheck disable=SC2086 # no word for none
		[ "$("$CULPRIT" help $command $below 2>&1)" = "$("$CULPRIT" $command $below --help 2>&1)" ] || different="$different $command $below,"
		n=$((n + 1))
	done
done
is 'culprit help COMMAND is COMMAND --help' '' "$different"
holds 'of many commands' test $n -ge 20

# What is so in each: -h is help, no line is wider than 80 columns, exit codes are told (of all but the help of groups).
strange='' wide='' silent=''
letters=$tmp/letters
for command in $(commands); do
	below=$(commands "$command")
	for sub in ${below:-''}; do
		# shellcheck disable=SC2086 # no word for none
		[ "$("$CULPRIT" $command $sub -h 2>&1)" = "$("$CULPRIT" $command $sub --help 2>&1)" ] || strange="$strange $command $sub,"
		"$CULPRIT" $command $sub --help | awk 'length > 80' | grep -q . && wide="$wide $command $sub,"
		case $command in
		parse | symbolize | match | dedup | watch | replay | doctor | corpus | patterns)
			"$CULPRIT" $command $sub --help | grep -q '^Exit status: ' || silent="$silent $command $sub," ;;
		esac
		"$CULPRIT" $command $sub --list-options | awk -F'\t' '$1 != "-" { print $1 " " $2 }' >>"$letters"
	done
done
is '-h is help in each command' '' "$strange"
is 'help fits into 80 columns' '' "$wide"
is 'help tells the exit status' '' "$silent"
# Letters that mean two things; none may be added.
is 'a letter means one thing' 'a against as
j jobs parallel
k keep kind vmlinux
n line-number name
r repo report repository
s src summary
t target title titles' "$(sort -u "$letters" | awk '{ all[$1] = all[$1] " " $2; n[$1]++ } END { for (l in all) if (n[l] > 1) print l all[l] }' | sort)"

run "$CULPRIT" help
is 'culprit help is culprit --help' "$("$CULPRIT" --help)" "$out"
run "$CULPRIT" help prase
is 'help for a mistyped command' 2 "$code"
has 'the command that was meant is told' "did you mean 'parse'?" "$err"
run "$CULPRIT" bisct
has 'a mistyped command: the one that was meant' "did you mean 'bisect'?" "$err"
run "$CULPRIT" bisect rum
has 'a mistyped subcommand: the one that was meant' "did you mean 'run'?" "$err"
run "$CULPRIT" parse --formt json
has 'a mistyped option: the one that was meant' "--format" "$err"

# Whatever is complained of is shown so that it cannot move a cursor or pass for a line of ours.
evil=$'no\e[31m\xff\nculprit: all is well' raw=''
is_raw() { # $err
	local LC_ALL=C
	[[ $err == *[$'\033\xff']* || $'\n'$err == *$'\nculprit: all'* ]]
}
for command in "$evil" 'corpus '"$evil" 'bisect '"$evil" 'patterns '"$evil"; do
	# shellcheck disable=SC2086 # a word of the command, then one of the name
	run "$CULPRIT" ${command%%"$evil"} "$evil" </dev/null
	case $err in *'no\x1b[31m\xff'*) ;; *) raw="$raw $command: not told," ;; esac
	[ "$code" -ge 2 ] && ! is_raw || raw="$raw $command,"
done
for command in $(commands); do
	for below in '' $(commands "$command"); do
		# A log that is not there yet is waited for.
		[ "$command" != watch ] || below=--once
		for argument in "$evil" "--$evil" "--no-such=$evil" "--patterns=$evil" "--vmlinux=$evil" "--config=$evil" "--corpus=$evil"; do
			# shellcheck disable=SC2086 # no word for none
			run "$CULPRIT" $command $below "$argument" </dev/null
			! is_raw || raw="$raw $command $below $argument,"
		done
	done
done
is 'no complaint shows bytes as they are' '' "$raw"

version=$("$CULPRIT" --version)
is 'the version' 1 "$(grep -cE '^culprit [0-9]+\.[0-9]+\.[0-9]+$' <<<"$version")"
is 'the identity of the patterns' 1 "$(grep -cE '^patterns [0-9a-f]{16}, [0-9]+ files built in$' <<<"$version")"
is 'the libraries' 1 "$(grep -cE '^libraries: PCRE2 [0-9.]+ .*, libyaml [0-9.]+, jansson [0-9.]+$' <<<"$version")"

# --- completions
for shell in bash zsh fish; do
	"$top/completions/generate.sh" "$CULPRIT" $shell >culprit.$shell
	is "completions for $shell" 0 $?
done

complete_bash() {
	bash -c '. ./culprit.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _culprit; printf "%s\n" "${COMPREPLY[@]}"' - "$@" | paste -sd' '
}
is 'bash: commands' 'parse patterns' "$(complete_bash culprit pa)"
is 'bash: subcommands' 'reset report' "$(complete_bash culprit bisect re)"
is 'bash: options' '--vmlinux' "$(complete_bash culprit parse --vm)"
is 'bash: options of subcommands' '--config' "$(complete_bash culprit bisect run --con)"
is 'bash: words of an option' 'json' "$(complete_bash culprit parse --format js)"
is 'bash: behind an equals sign' 'json' "$(complete_bash culprit parse --format = js)"
is 'bash: of a letter' 'json' "$(complete_bash culprit parse -f js)"
is 'bash: help' 'bisect' "$(complete_bash culprit help bis)"
mkdir -p a-folder && touch a-file
is 'bash: directories' 'a-folder' "$(complete_bash culprit parse --patterns a-)"
is 'bash: nothing for a number' '' "$(complete_bash culprit parse --jobs '')"

if command -v fish >/dev/null; then
	complete_fish() { HOME=$tmp fish -c "source culprit.fish; complete -C '$1'" 2>&1 | cut -f1 | paste -sd' '; }
	is 'fish: commands' 'parse patterns' "$(complete_fish 'culprit pa')"
	is 'fish: subcommands' 'report reset' "$(complete_fish 'culprit bisect re' | tr ' ' '\n' | sort | paste -sd' ')"
	is 'fish: options' '--vmlinux' "$(complete_fish 'culprit parse --vm')"
	is 'fish: options of subcommands' '--config' "$(complete_fish 'culprit bisect run --con')"
	is 'fish: words of an option' 'json' "$(complete_fish 'culprit parse --format js')"
else
	pass 'no fish here'
fi

if command -v zsh >/dev/null; then
	mkdir -p functions && cp culprit.zsh functions/_culprit
	# A terminal with an interactive shell in it: type, press tab, wait for what must come.
	cat >complete.zsh <<'END'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=($PWD/functions \$fpath); autoload -U compinit && compinit -u -D && echo READY''NOW"
zpty -r -m shell out '*READYNOW*'
zpty -n -w shell "$1"$'\t'
zpty -r -m shell out "*$2*" && print found
zpty -d shell
END
	complete_zsh() { timeout 60 env HOME="$tmp" TERM=dumb zsh -f complete.zsh "$1" "$2" 2>&1 | tail -n 1; }
	is 'zsh: commands' found "$(complete_zsh 'culprit bis' 'culprit bisect')"
	is 'zsh: subcommands' found "$(complete_zsh 'culprit bisect stat' 'bisect status')"
	is 'zsh: options' found "$(complete_zsh 'culprit parse --vml' 'parse --vmlinux')"
	is 'zsh: words of an option' found "$(complete_zsh 'culprit parse --format=js' '--format=json')"
else
	pass 'no zsh here'
fi
finish
