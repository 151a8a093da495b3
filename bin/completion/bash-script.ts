import type { CompletedCommand } from "./completed-command.ts";
import { exportPlaces, functionName, quoted } from "./shell-text.ts";

/**
 * The completion of bash, also of version 3.2. Bash splits words at `=`, so that `--dialect=ex` are three of them. Of several
 * values with commas between them the last is completed.
 *
 * Names of exports come from the folder that somebody is in. `compgen -W` would run the commands in them, and so would the command
 * line, so they are compared as they are, and quoted unless bash does that itself, as for names of files.
 */
export function bashScript(program: string, commands: readonly CompletedCommand[]): string {
  const name = functionName(program);
  return `${name}_exports() {
  local config=() index
  for ((index = 2; index < COMP_CWORD; index += 1)); do
    if [ "\${COMP_WORDS[index]}" = --config ]; then config=(--config "\${COMP_WORDS[index + 1]}"); fi
  done
  ${program} completion bash --exports "\${config[@]}" 2>/dev/null
}
${name}_offer() {
  local word typed
  while IFS= read -r word; do
    printf -v typed %q "$word"
    if [ -z "$word" ] || [[ "$word" != "$current"* && "$typed" != "$current"* ]]; then continue; fi
    if [ "$2" = quoted ]; then COMPREPLY+=("$before$typed"); else COMPREPLY+=("$before$word"); fi
  done <<< "$1"
}
${name}() {
  local form=quoted current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words="" before=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    ${name}_offer ${list(commands.map((command) => command.name))} quoted
    return
  fi
  if [ "$current" = "=" ]; then current=""
  elif [ "$previous" = "=" ]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$command $previous" in
${commands.flatMap(valueCases).join("\n")}
    *)
  case "$current" in
    -*) case "$command" in
${commands.map((command) => `      ${quoted(command.name)}) words=${list(command.flags.map(({ long }) => long))} ;;`).join("\n")}
    esac ;;
    *) case "$command" in
${commands.flatMap(argumentCase).join("\n")}
      ${exportPlaces.command}) words="$(${name}_exports)" ;;
    esac ;;
  esac ;;
  esac
  if [ "$command" = ${exportPlaces.command} ] && [ "\${current#-}" = "$current" ] && [ "\${previous#-}" = "$previous" ] && [ -n "$words" ]; then
    words+=$'\\n'"$(compgen -f -- "$current")"
    if compopt -o filenames 2>/dev/null; then form=plain; fi
  else
    case "$current" in *,*) before="\${current%,*},"; current="\${current##*,}" ;; esac
  fi
  ${name}_offer "$words" "$form"
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -o default -F ${name} ${program}
`;

  function valueCases({ name: command, flags }: CompletedCommand): readonly string[] {
    return flags
      .filter((flag) => flag.takesValue)
      .map(({ long, short, values }) => {
        const places = [long, short]
          .filter((form) => form !== "")
          .map((form) => quoted(`${command} ${form}`));
        const isExport = exportPlaces.flags.some((flag) => flag === long);
        return `    ${places.join("|")}) words=${isExport ? `"$(${name}_exports)"` : list(values)} ;;`;
      });
  }
}

function argumentCase({ name, values }: CompletedCommand): readonly string[] {
  return values.length === 0 ? [] : [`      ${quoted(name)}) words=${list(values)} ;;`];
}

/** A list of words, one a line, since a line break is what separates them. */
function list(words: readonly string[]): string {
  return `$${quoted(words.join("\n")).replaceAll("\n", String.raw`\n`)}`;
}
